package rollout

import (
	"encoding/json"
	"strings"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// What generated code does with nested values, from a declaration instead of
// code that was made of it: the same calls of the runtime's decoder and writer,
// with the source that each struct keeps. What stands below the line is also
// part of the tests that WriteTraceTest writes; it needs nothing of this package.

// ---

// shape is the declaration of a value.
type shape struct {
	kind  string
	null  bool
	elem  *shape // of lists and maps
	parts []part // of structs
}

// part is a member of a struct.
type part struct {
	name     string
	optional bool
	shape
}

// structure is a nested struct of generated code. A part that is not there is
// nil in an optional field and zero in a required one.
type structure struct {
	source eso.Source
	parts  map[string]any
}

// parse reads a value as generated code does.
func (s *shape) parse(text string) (v any, err error) {
	err = eso.Unmarshal([]byte(`{"value":`+text+`}`), func(d *eso.Decoder) {
		d.Object()
		for d.Member() {
			v = s.read(d)
		}
	})
	return v, err
}

func (s *shape) read(d *eso.Decoder) any {
	if s.null && d.Null() {
		return nil
	}
	switch s.kind {
	case "bool":
		return d.Bool()
	case "int":
		return d.Int()
	case "number":
		return d.Number()
	case "timestamp":
		return d.Time()
	case "duration":
		return d.Duration()
	case "bytes":
		return d.Bytes()
	case "json":
		return d.JSON()
	case "list":
		return eso.ReadList(d, s.elem.read)
	case "map":
		return eso.ReadMap(d, s.elem.read)
	case "struct":
		return s.readStructure(d)
	default:
		return d.String()
	}
}

func (s *shape) readStructure(d *eso.Decoder) *structure {
	v := &structure{parts: map[string]any{}}
	d.Object()
	for d.Member() {
		i := s.index(d.Name())
		if i < 0 {
			d.Unknown()
			continue
		}
		d.Once(uint(i))
		v.parts[s.parts[i].name] = s.parts[i].read(d)
	}
	v.source = d.Source()
	return v
}

func (s *shape) index(name string) int {
	for i := range s.parts {
		if s.parts[i].name == name {
			return i
		}
	}
	return -1
}

func (s *shape) write(w *eso.Writer, v any) bool {
	if s.null {
		return eso.WriteNull(w, eso.Null[any]{V: v, Valid: v != nil}, s.writeValue)
	}
	return s.writeValue(w, v)
}

func (s *shape) writeValue(w *eso.Writer, v any) bool {
	switch v := v.(type) {
	case bool:
		return w.Bool(v)
	case int64:
		return w.Int64(v)
	case float64:
		return w.Number(v)
	case time.Time:
		return w.Time(v)
	case time.Duration:
		return w.Duration(v)
	case []byte:
		return w.Bytes(v)
	case eso.JSON:
		return w.JSON(v)
	case []any:
		return eso.WriteList(w, v, s.elem.write)
	case map[string]any:
		return eso.WriteMap(w, v, s.elem.write)
	case *structure:
		return s.writeStructure(w, v)
	default:
		return w.String(v.(string))
	}
}

func (s *shape) writeStructure(w *eso.Writer, v *structure) bool {
	w.Begin(v.source)
	for i := range s.parts {
		p := &s.parts[i]
		switch value, ok := v.parts[p.name]; {
		case ok && p.optional:
			eso.WriteOptional(w, p.name, &value, p.write)
		case p.optional:
			w.Absent(p.name)
		case ok:
			p.write(w.Member(p.name), value)
		default:
			p.write(w.Member(p.name), p.zero())
		}
	}
	return w.End()
}

// zero is the zero value of the Go type.
func (s *shape) zero() any {
	switch s.kind {
	case "bool":
		return false
	case "int":
		return int64(0)
	case "number":
		return 0.0
	case "timestamp":
		return time.Time{}
	case "duration":
		return time.Duration(0)
	case "bytes":
		return []byte(nil)
	case "json":
		return eso.JSON("")
	case "list":
		return []any(nil)
	case "map":
		return map[string]any(nil)
	case "struct":
		return &structure{}
	}
	return ""
}

// hop is a step on the way into a value: a part or a name of a map, or an item of
// a list.
type hop struct {
	name string
	item int
}

// edit puts a new value, whose JSON text is given, at the end of a way into a
// value, or takes away what is there. It is new all through: it keeps no source.
func (s *shape) edit(v any, way []hop, text string) (any, error) {
	if len(way) == 0 {
		fresh, err := s.parse(text)
		forget(fresh)
		return fresh, err
	}
	at, rest := way[0], way[1:]
	var err error
	switch v := v.(type) {
	case *structure:
		if text == "" && len(rest) == 0 {
			delete(v.parts, at.name)
			return v, nil
		}
		v.parts[at.name], err = s.parts[s.index(at.name)].edit(v.parts[at.name], rest, text)
	case map[string]any:
		v[at.name], err = s.elem.edit(v[at.name], rest, text)
	case []any:
		v[at.item], err = s.elem.edit(v[at.item], rest, text)
	}
	return v, err
}

// forget takes the sources out of a value.
func forget(v any) {
	switch v := v.(type) {
	case *structure:
		v.source = eso.Source{}
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

// known leaves of a decoded value what the declaration has a name for: what the
// Go type shows.
func (s *shape) known(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		if s.kind != "struct" && s.kind != "map" {
			return tree
		}
		out := map[string]any{}
		for name, value := range tree {
			if s.kind == "map" {
				out[name] = s.elem.known(value)
			} else if i := s.index(name); i >= 0 {
				out[name] = s.parts[i].known(value)
			}
		}
		return out
	case []any:
		if s.kind != "list" {
			return tree
		}
		out := make([]any, len(tree))
		for i := range tree {
			out[i] = s.elem.known(tree[i])
		}
		return out
	}
	return tree
}

// missing returns the way to a part that the declaration requires and a decoded
// value lacks, or nil. Go shows the zero value there.
func (s *shape) missing(tree any) []hop {
	switch tree := tree.(type) {
	case map[string]any:
		for i := range s.parts {
			p := &s.parts[i]
			value, ok := tree[p.name]
			if !ok && !p.optional {
				return []hop{{name: p.name}}
			}
			if below := p.missing(value); below != nil {
				return append([]hop{{name: p.name}}, below...)
			}
		}
		if s.kind == "map" {
			for name, value := range tree {
				if below := s.elem.missing(value); below != nil {
					return append([]hop{{name: name}}, below...)
				}
			}
		}
	case []any:
		for i, item := range tree {
			if s.kind != "list" {
				break
			}
			if below := s.elem.missing(item); below != nil {
				return append([]hop{{item: i}}, below...)
			}
		}
	}
	return nil
}

// decode and encode work on JSON by other means than those of the runtime that
// are under trial. Names come out sorted, so that equal values are equal texts.
func decode(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err) // it is a sample, or the runtime wrote it
	}
	return v
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was decoded can be encoded
	}
	return string(text)
}
