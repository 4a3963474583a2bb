package store

import eso "github.com/esogen/esogen/runtime"

// Statements are those that create the tables.
func Statements(d Dialect) []string { return dialects[d].schema }

// Condition is the query of Find for the objects of which an attribute has a
// value.
func Condition(dialect Dialect, d *eso.Definition, attribute string, value any) (string, []any) {
	s := search{table: table{&Store{dialect: dialects[dialect]}, d}, limit: 10}
	s.and(s.store.where(d, attribute, value))
	return s.query(columns)
}
