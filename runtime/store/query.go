package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
)

// where returns the condition of a filter: which rows may hold an object that has the
// value. It depends on the model of the document, since the attribute may have had
// another name or form. It holds for every row that matches, and the filter itself
// drops the others. An empty condition means every row.
func (s *Store) where(d *eso.Definition, attribute string, value any) (string, []any) {
	type alternative struct {
		names       []string // nil: every document
		first, last int
	}
	oldest, newest := max(d.Oldest, 1), len(d.Models)
	var alternatives []alternative
	for n := oldest; n <= newest; n++ {
		names := namesAt(d, attribute, n)
		if slices.ContainsFunc(names, func(name string) bool { return !comparableInDatabase(name, value) }) {
			names = nil
		}
		last := len(alternatives) - 1
		if last >= 0 && slices.Equal(alternatives[last].names, names) && (alternatives[last].names == nil) == (names == nil) {
			alternatives[last].last = n
		} else {
			alternatives = append(alternatives, alternative{names, n, n})
		}
	}
	if !slices.ContainsFunc(alternatives, func(a alternative) bool { return a.names != nil }) {
		return "", nil
	}
	// Models below the oldest and above the newest are treated like these.
	var conditions []string
	var args []any
	for i, a := range alternatives {
		var all []string
		if i > 0 {
			all, args = append(all, "model >= ?"), append(args, a.first)
		}
		if i < len(alternatives)-1 {
			all, args = append(all, "model <= ?"), append(args, a.last)
		}
		var either []string
		for _, name := range a.names {
			condition, values := s.dialect.equal(name, value)
			either, args = append(either, condition), append(args, values...)
		}
		if len(either) > 0 {
			all = append(all, "("+strings.Join(either, " OR ")+")")
		}
		conditions = append(conditions, "("+strings.Join(all, " AND ")+")")
	}
	return "(" + strings.Join(conditions, " OR ") + ")", args
}

// namesAt returns the names under which a document of a known model may hold an
// attribute of the write model as a plain value in the same form: mostly one. It
// returns nil if only opening the document can answer that: there is a conversion, a
// computed value or a backfill between the models, or the attribute is a secret at that
// model.
func namesAt(d *eso.Definition, attribute string, number int) []string {
	names := []string{attribute}
	name := attribute
	for n := d.Write; n > number; n-- { // back to an older model
		m := &d.Models[n-1]
		if made(m, name) {
			return nil
		}
		before, kept := m.Before(name)
		if !kept || converts(m, name) {
			return nil
		}
		if before != name {
			name = before
			names = append(names, name)
		}
	}
	for n := d.Write + 1; n <= number; n++ { // on to an announced one
		m := &d.Models[n-1]
		now, kept := m.After(name)
		if !kept || converts(m, now) {
			return nil
		}
		if now != name {
			name = now
			names = append(names, name)
		}
	}
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(d.Models[number-1].Encrypted, name) }) {
		return nil
	}
	return names
}

// converts reports whether the step to a model converts an attribute, which it
// calls name.
func converts(m *eso.Model, name string) bool {
	return slices.ContainsFunc(m.Renamed, func(r eso.Rename) bool { return r.New == name && (r.Up != nil || r.Down != nil) })
}

// made reports whether the step to a model makes the value of an attribute.
func made(m *eso.Model, name string) bool {
	return slices.ContainsFunc(m.Computed, func(c eso.Compute) bool { return c.Name == name }) ||
		slices.ContainsFunc(m.Backfill, func(b eso.Backfill) bool { return b.Name == name })
}

// comparableInDatabase reports whether every database can compare an attribute with a
// value: the name needs no escaping in a path, and the value is held exactly.
func comparableInDatabase(name string, value any) bool {
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-. ", c)) {
			return false
		}
	}
	switch v := value.(type) {
	case string:
		return utf8.ValidString(v) && strings.IndexByte(v, 0) < 0
	case bool:
		return true
	case int64:
		return v > -1<<53 && v < 1<<53 // a fraction of 0 may be written behind it, which makes it a double
	}
	return false
}
