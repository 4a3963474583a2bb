package esotest

import (
	"encoding/json"
	"fmt"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// Shape is the Go type of an attribute, or of a part of one, as a value instead
// of code: it makes the calls of the runtime that generated code makes.
type Shape struct {
	Kind     string // "string", "bool", "int64", "number", "timestamp", "duration", "bytes", "json", "list", "map" or "struct"
	Nullable bool
	Elem     *Shape // of lists and maps
	Parts    []Part // of structs
}

// Part is a member of a struct.
type Part struct {
	Name     string
	Optional bool
	Shape
}

// Path leads into a nested value.
type Path []Hop

// Hop is a step of a path: a part or a name of a map, or an item of a list.
type Hop struct {
	Name string
	Item int
}

// structure is a nested struct of generated code. A part that is not there is
// nil in an optional field and zero in a required one.
type structure struct {
	source esoimpl.Source
	parts  map[string]any
}

// scalar is a kind of values without parts: its methods of the runtime, and the
// zero value of its Go type.
type scalar struct {
	read  func(*esoimpl.Reader) any
	write func(*esoimpl.Writer, any) bool
	zero  any
}

func scalarOf[T any](read func(*esoimpl.Reader) T, write func(*esoimpl.Writer, T) bool) scalar {
	var zero T
	return scalar{
		read:  func(d *esoimpl.Reader) any { return read(d) },
		write: func(w *esoimpl.Writer, v any) bool { return write(w, v.(T)) },
		zero:  zero,
	}
}

var scalars = map[string]scalar{
	"string":    scalarOf((*esoimpl.Reader).String, (*esoimpl.Writer).String),
	"bool":      scalarOf((*esoimpl.Reader).Bool, (*esoimpl.Writer).Bool),
	"int64":     scalarOf((*esoimpl.Reader).Int, (*esoimpl.Writer).Int64),
	"number":    scalarOf((*esoimpl.Reader).Number, (*esoimpl.Writer).Number),
	"timestamp": scalarOf((*esoimpl.Reader).Time, (*esoimpl.Writer).Time),
	"duration":  scalarOf((*esoimpl.Reader).Duration, (*esoimpl.Writer).Duration),
	"bytes":     scalarOf((*esoimpl.Reader).Bytes, (*esoimpl.Writer).Bytes),
	"decimal":   scalarOf((*esoimpl.Reader).Decimal, (*esoimpl.Writer).Decimal),
	"json":      scalarOf((*esoimpl.Reader).JSON, (*esoimpl.Writer).JSON),
}

// scalar panics on a kind that is not in the table: a shape is written by hand
// or by esogen, never read.
func (s *Shape) scalar() scalar {
	k, ok := scalars[s.Kind]
	if !ok {
		panic(fmt.Sprintf("esotest: there is no kind %q of attributes", s.Kind))
	}
	return k
}

// nested reports whether there is a struct in the value.
func (s *Shape) nested() bool { return s.Kind == "struct" || s.Elem != nil && s.Elem.nested() }

// Reads reports whether generated code reads a JSON text.
func (s *Shape) Reads(text string) bool {
	_, err := s.parse(text)
	return err == nil
}

func (s *Shape) parse(text string) (v any, err error) {
	err = esoimpl.Unmarshal([]byte(`{"value":`+text+`}`), func(d *esoimpl.Reader) {
		d.Object()
		for d.Member() {
			v = s.read(d)
		}
	})
	return v, err
}

func (s *Shape) read(d *esoimpl.Reader) any {
	if s.Nullable && d.Null() {
		return nil
	}
	switch s.Kind {
	case "list":
		return esoimpl.ReadList(d, s.Elem.read)
	case "map":
		return esoimpl.ReadMap(d, s.Elem.read)
	case "struct":
		return s.readStructure(d)
	}
	return s.scalar().read(d)
}

func (s *Shape) readStructure(d *esoimpl.Reader) *structure {
	v := &structure{parts: map[string]any{}}
	d.Object()
	for d.Member() {
		i := s.index(d.Name())
		if i < 0 {
			d.Unknown()
			continue
		}
		d.Once(uint(i))
		v.parts[s.Parts[i].Name] = s.Parts[i].read(d)
	}
	v.source = d.Source()
	return v
}

func (s *Shape) index(name string) int {
	for i := range s.Parts {
		if s.Parts[i].Name == name {
			return i
		}
	}
	return -1
}

func (s *Shape) write(w *esoimpl.Writer, v any) bool {
	if s.Nullable {
		return esoimpl.WriteNull(w, eso.Null[any]{V: v, Valid: v != nil}, s.writeValue)
	}
	return s.writeValue(w, v)
}

func (s *Shape) writeValue(w *esoimpl.Writer, v any) bool {
	switch v := v.(type) {
	case []any:
		return esoimpl.WriteList(w, v, s.Elem.write)
	case map[string]any:
		return esoimpl.WriteMap(w, v, s.Elem.write)
	case *structure:
		return s.writeStructure(w, v)
	}
	return s.scalar().write(w, v)
}

func (s *Shape) writeStructure(w *esoimpl.Writer, v *structure) bool {
	w.Begin(v.source)
	for i := range s.Parts {
		p := &s.Parts[i]
		switch value, ok := v.parts[p.Name]; {
		case ok && p.Optional:
			esoimpl.WriteOptional(w, p.Name, &value, p.write)
		case p.Optional:
			w.Absent(p.Name)
		case ok:
			p.write(w.Member(p.Name), value)
		default:
			p.write(w.Member(p.Name), p.zero())
		}
	}
	return w.End()
}

// zero returns the zero value of the Go type.
func (s *Shape) zero() any {
	switch s.Kind {
	case "list":
		return []any(nil)
	case "map":
		return map[string]any(nil)
	case "struct":
		return &structure{}
	}
	return s.scalar().zero
}

// set gives the part of a value at the end of a path a new value, as a JSON
// text, or removes what is there. The new value keeps nothing of the old one.
func (s *Shape) set(v any, path Path, text string) (any, error) {
	if len(path) == 0 {
		fresh, err := s.parse(text)
		forget(fresh)
		return fresh, err
	}
	at, rest := path[0], path[1:]
	var err error
	switch v := v.(type) {
	case *structure:
		if text == "" && len(rest) == 0 {
			delete(v.parts, at.Name)
			return v, nil
		}
		v.parts[at.Name], err = s.Parts[s.index(at.Name)].set(v.parts[at.Name], rest, text)
	case map[string]any:
		v[at.Name], err = s.Elem.set(v[at.Name], rest, text)
	case []any:
		v[at.Item], err = s.Elem.set(v[at.Item], rest, text)
	}
	return v, err
}

// forget removes the sources from a value.
func forget(v any) {
	switch v := v.(type) {
	case *structure:
		v.source = esoimpl.Source{}
		for _, part := range v.parts {
			forget(part)
		}
	case map[string]any:
		for _, value := range v {
			forget(value)
		}
	case []any:
		for _, item := range v {
			forget(item)
		}
	}
}

// Shown returns what the Go type shows of a JSON text: the names that it
// declares, sorted.
func (s *Shape) Shown(text string) string {
	shown, err := json.Marshal(s.shown(value([]byte(text))))
	if err != nil {
		return ""
	}
	return string(shown)
}

func (s *Shape) shown(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		if s.Kind != "struct" && s.Kind != "map" {
			return tree
		}
		out := map[string]any{}
		for name, value := range tree {
			if s.Kind == "map" {
				out[name] = s.Elem.shown(value)
			} else if i := s.index(name); i >= 0 {
				out[name] = s.Parts[i].shown(value)
			}
		}
		return out
	case []any:
		if s.Kind != "list" {
			return tree
		}
		out := make([]any, len(tree))
		for i := range tree {
			out[i] = s.Elem.shown(tree[i])
		}
		return out
	}
	return tree
}

// Missing returns the path to a part that the Go type requires and a JSON text
// lacks, or nil. Go shows the zero value there.
func (s *Shape) Missing(text string) Path { return s.missing(value([]byte(text))) }

func (s *Shape) missing(tree any) Path {
	switch tree := tree.(type) {
	case map[string]any:
		for i := range s.Parts {
			p := &s.Parts[i]
			value, ok := tree[p.Name]
			if !ok && !p.Optional {
				return Path{{Name: p.Name}}
			}
			if below := p.missing(value); below != nil {
				return append(Path{{Name: p.Name}}, below...)
			}
		}
		if s.Kind == "map" {
			for name, value := range tree {
				if below := s.Elem.missing(value); below != nil {
					return append(Path{{Name: name}}, below...)
				}
			}
		}
	case []any:
		for i, item := range tree {
			if s.Kind != "list" {
				break
			}
			if below := s.Elem.missing(item); below != nil {
				return append(Path{{Item: i}}, below...)
			}
		}
	}
	return nil
}
