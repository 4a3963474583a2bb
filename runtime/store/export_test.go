package store

import eso "github.com/esogen/esogen/runtime"

// Statements are those that create the tables.
func Statements(d Dialect) []string {
	var statements []string
	for _, text := range dialects[d].schema {
		statements = append(statements, dialects[d].statement(text, ""))
	}
	return statements
}

// Condition is the query of Find for the objects of which an attribute has a
// value.
func Condition(dialect Dialect, d *eso.Definition, attribute string, value any) (string, []any) {
	store := &Store{dialect: dialects[dialect]}
	store.schema.Store(new(""))
	s := search{typed: typed{store, d}, columns: "{columns}", limit: 10}
	s.and(s.store.where(d, attribute, value))
	return s.query()
}

// Statement is a statement with words in braces as a database takes it.
func Statement(d Dialect, text string) string { return dialects[d].statement(text, "") }
