package jsonl

import (
	"encoding/json"
	"fmt"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// Stored is the object that a line holds, as a store takes it.
type Stored struct {
	Ref        eso.Ref  // what is known of it, if there is an error
	Namespaces []string // of an object of the kind multiple that lives in several, or in all
	Document   eso.Document
	Referring  bool // the object has references to others, which a store has no place for
}

// ParseStored returns the object of a line, nil for the summary of an export.
// known finds the definition of a type, nil if there is none: then the error wraps
// [eso.ErrType]. No error holds a value.
func ParseStored(text []byte, known func(typeName string) *eso.Definition) (*Stored, error) {
	line, err := ParseLine(withoutMark(text))
	if err != nil {
		return &Stored{}, fmt.Errorf("%w: %w", eso.ErrMalformed, err)
	}
	if line.hit == nil && isSummary(&line.object) {
		return nil, nil
	}
	s := &Stored{}
	if line.err != nil {
		return s, line.err
	}
	if _, failed := line.outer().get("error"); failed {
		return s, fmt.Errorf("%w: the line has failed in an earlier run, and lacks its secrets", eso.ErrMalformed)
	}
	name, err := line.text("type")
	switch {
	case err != nil:
		return s, err
	case name == "":
		return s, line.noType()
	}
	s.Ref.Type = name
	d := known(name)
	if d == nil {
		return s, fmt.Errorf("%w: no spec declares %.200q", eso.ErrType, name)
	}
	var references []json.RawMessage
	if raw, ok := line.get("references"); ok && json.Unmarshal([]byte(raw), &references) == nil {
		s.Referring = len(references) > 0
	}
	s.Document, err = line.document(d)
	s.Ref.ID = s.Document.Ref.ID
	if err != nil {
		return s, err
	}
	m := &d.Models[min(s.Document.Model, len(d.Models))-1]
	if s.Document.Ref.Namespace, s.Namespaces, err = line.home(m); err != nil {
		return s, err
	}
	s.Ref = s.Document.Ref
	return s, nil
}

// home returns the namespace that an object lives in, whether or not its seal binds
// it, and the list of them if there are several.
func (l *Line) home(m *eso.Model) (string, []string, error) {
	switch m.Namespaces {
	case eso.Agnostic:
		return "", nil, nil
	case eso.Single:
		name, err := l.namespace(m)
		return name, nil, err
	case eso.MultipleIsolated:
		native := *m
		native.Format = eso.Native // which binds it
		name, err := l.namespace(&native)
		return name, nil, err
	}
	names, err := l.namespaces()
	if err != nil {
		return "", nil, err
	}
	if _, ok := l.get("namespaces"); !ok {
		name, err := l.text("namespace")
		return name, nil, err
	}
	first := slices.IndexFunc(names, func(name string) bool { return name != "*" })
	switch {
	case len(names) == 1 && first == 0:
		return names[0], nil, nil
	case first < 0:
		return "", names, nil
	}
	return names[first], names, nil
}
