package store

import (
	"maps"
	"slices"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Dialects returns all of them.
func Dialects() []Dialect { return slices.Sorted(maps.Keys(dialects)) }

// Statements returns those that create the tables.
func Statements(d Dialect) []string {
	var statements []string
	for _, text := range dialects[d].schema {
		statements = append(statements, dialects[d].statement(text, ""))
	}
	return statements
}

// Condition returns the query of Find for the objects with a value of an attribute.
func Condition(dialect Dialect, d *eso.Definition, attribute string, value any) (string, []any) {
	store := &Store{dialect: dialects[dialect]}
	store.schema.Store(new(""))
	s := search{typed: typed{store, d}, columns: "{columns}", limit: 10}
	s.and(s.store.where(d, attribute, value))
	return s.query()
}

// Statement renders a statement for a database.
func Statement(d Dialect, text string) string { return dialects[d].statement(text, "") }

// LooksAgain has a Store look at the notes of objects with its next CheckKeys.
func (s *Store) LooksAgain() {
	s.canary.mu.Lock()
	defer s.canary.mu.Unlock()
	s.canary.look.at = s.canary.look.at.Add(-s.canary.look.good)
}

// LookGood is for how long the last look need not be repeated.
func (s *Store) LookGood() time.Duration { return s.canary.look.good }
