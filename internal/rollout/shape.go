package rollout

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// shapeOf reduces a declaration to what the Go type of a release can tell
// apart when it reads. Enums, bounds and patterns are left out: reads do not
// enforce them, and a write checks only what it changes, so no document ever
// depends on them.
func shapeOf(v definition.Value) definition.Value {
	s := definition.Value{Kind: v.Kind, Nullable: v.Nullable && v.Kind != definition.JSON}
	switch v.Kind {
	case definition.UUID:
		s.Kind = definition.String
	case definition.Int:
		s.Kind = definition.Int64
	}
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

// sampler writes ordinary values; where any value may stand, a given one.
type sampler struct{ any string }

func (s sampler) text(v definition.Value, n int) string {
	switch v.Kind {
	case definition.Bool:
		return []string{"true", "false"}[n%2]
	case definition.Int, definition.Int64:
		return fmt.Sprint(n + 1)
	case definition.Number:
		return fmt.Sprintf("%d.5", n+1)
	case definition.Timestamp:
		return fmt.Sprintf(`"2026-01-%02dT00:00:00.000Z"`, n%28+1)
	case definition.Duration:
		return fmt.Sprintf(`"%dh0m0s"`, n+1)
	case definition.Bytes:
		return strconv.Quote(base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "bytes %d", n+1)))
	case definition.JSON:
		if s.any != "" {
			return s.any
		}
		return fmt.Sprintf(`{"any":%d}`, n+1)
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
	default:
		return fmt.Sprintf(`"value %d"`, n+1)
	}
}

// elem returns the shape of the items of a list or map: anything, where none is
// declared.
func elem(v definition.Value) definition.Value {
	if v.Elem == nil {
		return definition.Value{Kind: definition.JSON}
	}
	return *v.Elem
}

// literal writes the shape as Go.
func (s *shape) literal() string {
	text := fmt.Sprintf("shape{kind: %q", s.kind)
	if s.null {
		text += ", null: true"
	}
	if s.elem != nil {
		text += ", elem: &" + s.elem.literal()
	}
	if len(s.parts) > 0 {
		text += ", parts: []part{"
		for i := range s.parts {
			text += fmt.Sprintf("{%q, %t, %s}, ", s.parts[i].name, s.parts[i].optional, s.parts[i].shape.literal())
		}
		text += "}"
	}
	return text + "}"
}

// newShape makes a declaration what generated code makes of it.
func newShape(v definition.Value) shape {
	s := shape{kind: string(v.Kind), null: v.Nullable}
	switch v.Kind {
	case definition.Int64:
		s.kind = string(definition.Int)
	case definition.List, definition.Map:
		items := newShape(elem(v))
		s.elem = &items
	}
	for _, f := range v.Fields {
		s.parts = append(s.parts, part{name: f.Name, optional: f.Optional, shape: newShape(f.Value)})
	}
	return s
}

// reads tells whether Go code that declares a value of the shape decodes the
// text.
func reads(v definition.Value, text string) bool {
	s := newShape(v)
	return s.reads(text)
}

func (s *shape) reads(text string) bool {
	_, err := s.parse(text)
	return err == nil
}

// writable tells whether a release may write a text where its Go type is own:
// that has a name for all of it, and every declaration that it goes by takes it.
func writable(own definition.Value, narrow []definition.Value, text string) bool {
	for _, v := range narrow {
		if definition.Accept(v, text) != nil {
			return false
		}
	}
	s := newShape(own)
	return reads(own, text) && (!structured(own) || encode(s.known(decode(text))) == canonical(text))
}
