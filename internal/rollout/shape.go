package rollout

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/runtime/esotest"
)

// shapeOf reduces a declaration to what a Go type can tell apart when it reads.
// Enums, bounds and patterns are left out: reads do not enforce them, and a write
// checks only what it changes, so no document ever depends on them.
func shapeOf(v definition.Value) definition.Value {
	s := definition.Value{Kind: v.Kind.ReadAs(), Nullable: v.Nullable && v.Kind != definition.JSON}
	if v.Elem != nil {
		elem := shapeOf(*v.Elem)
		s.Elem = &elem
	}
	for _, f := range v.Fields {
		s.Fields = append(s.Fields, definition.Attribute{Name: f.Name, Optional: f.Optional, Value: shapeOf(f.Value)})
	}
	slices.SortFunc(s.Fields, func(a, b definition.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// sampler writes ordinary values, and a given one for the kind json.
type sampler struct{ any string }

func (s sampler) text(v definition.Value, n int) string {
	switch v.Kind {
	case definition.List:
		return "[" + s.text(elem(v), n) + "]"
	case definition.Map:
		return `{"key":` + s.text(elem(v), n) + "}"
	case definition.Struct:
		text := "{"
		for _, f := range v.Fields {
			if len(text) > 1 {
				text += ","
			}
			text += fmt.Sprintf("%q:%s", f.Name, s.text(f.Value, n))
		}
		return text + "}"
	}
	if v.Kind == definition.JSON && s.any != "" {
		return s.any
	}
	return v.Kind.Info().Sample(n)
}

// elem returns the declaration of the items of a list or map. If there is none, they
// may be anything.
func elem(v definition.Value) definition.Value {
	if v.Elem == nil {
		return definition.Value{Kind: definition.JSON}
	}
	return *v.Elem
}

// goType returns the Go type of a declaration.
func goType(v definition.Value) esotest.Shape {
	s := esotest.Shape{Kind: string(v.Kind.ReadAs()), Nullable: v.Nullable}
	if v.Kind == definition.List || v.Kind == definition.Map {
		items := goType(elem(v))
		s.Elem = &items
	}
	for _, f := range v.Fields {
		s.Parts = append(s.Parts, esotest.Part{Name: f.Name, Optional: f.Optional, Shape: goType(f.Value)})
	}
	return s
}

// reads reports whether the Go type of a declaration reads a text.
func reads(v definition.Value, text string) bool {
	s := goType(v)
	return s.Reads(text)
}

// writable reports whether a release with the Go type own may write a text: the
// type knows every name in it, and all declarations in narrow accept it.
func writable(own definition.Value, narrow []definition.Value, text string) bool {
	for _, v := range narrow {
		if definition.Accept(v, text) != nil {
			return false
		}
	}
	s := goType(own)
	return s.Reads(text) && (!structured(own) || s.Shown(text) == canonical(text))
}

// What a nested value should be is computed on its JSON text, without the code of
// the runtime, which is under test.

// decode parses a text that is known to be JSON.
func decode(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err) // it is a sample, or the runtime wrote it
	}
	return v
}

// encode sorts names, so that equal values have equal texts.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was decoded can be encoded
	}
	return string(text)
}

// canonical returns one text for all texts of a value.
func canonical(text string) string { return encode(decode(text)) }

// edited returns a text with another value at the end of a path into it, or with
// none.
func edited(text string, path esotest.Path, value string) string {
	return encode(editTree(decode(text), path, value))
}

func editTree(v any, path esotest.Path, value string) any {
	if len(path) == 0 {
		return decode(value)
	}
	at, rest := path[0], path[1:]
	switch v := v.(type) {
	case map[string]any:
		if value == "" && len(rest) == 0 {
			delete(v, at.Name)
		} else {
			v[at.Name] = editTree(v[at.Name], rest, value)
		}
	case []any:
		v[at.Item] = editTree(v[at.Item], rest, value)
	}
	return v
}

// pathString writes a path into an attribute for a person.
func pathString(path esotest.Path) string {
	var b strings.Builder
	for _, h := range path {
		if h.Name != "" {
			b.WriteString("." + h.Name)
		} else {
			fmt.Fprintf(&b, "[%d]", h.Item)
		}
	}
	return b.String()
}
