package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// edit is a change of a part of a nested value.
type edit struct {
	goName string
	path   []hop
	text   string // "" removes the part
}

func (e edit) String() string {
	var b strings.Builder
	b.WriteString(e.goName)
	for _, h := range e.path {
		if h.name == "" {
			fmt.Fprintf(&b, "[%d]", h.item)
		} else {
			b.WriteString("." + h.name)
		}
	}
	return b.String() + ":" + e.text
}

// hop is a step into a value: a part, a name of a map, or an item of a list.
type hop struct {
	name, goName string
	item         int
}

func decodeTree(text string) (v any) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(fmt.Sprintf("%q is not JSON", text))
	}
	return v
}

// draw draws a value of the shape. The texts of nested values have sorted names.
func (s *Shape) draw(r *rand.Rand) any {
	if s.Null && r.IntN(4) == 0 {
		return nil
	}
	switch s.Kind {
	case "int":
		return 1 + r.IntN(9)
	case "bool":
		return r.IntN(2) == 0
	case "list":
		list := make([]any, r.IntN(3))
		for i := range list {
			list[i] = s.Elem.draw(r)
		}
		return list
	case "map":
		m := map[string]any{}
		for range r.IntN(3) {
			m[fmt.Sprintf("key %d", r.IntN(3))] = s.Elem.draw(r)
		}
		return m
	case "struct":
		m := map[string]any{}
		for i := range s.Parts {
			if p := &s.Parts[i]; !p.Optional || r.IntN(2) == 0 {
				m[p.Name] = p.Shape.draw(r)
			}
		}
		return m
	case "string":
		return fmt.Sprintf("value %d", 1+r.IntN(9))
	}
	panic(fmt.Sprintf("no values are drawn of the kind %q", s.Kind))
}

// Draw draws the text of a value of the shape.
func (s *Shape) Draw(r *rand.Rand) string { return encode(s.draw(r)) }

// known returns the part of a value that the shape has names for.
func (s *Shape) known(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range tree {
			i := slices.IndexFunc(s.Parts, func(p Part) bool { return p.Name == name })
			if s.Kind == "map" {
				out[name] = s.Elem.known(value)
			} else if i >= 0 {
				out[name] = s.Parts[i].Shape.known(value)
			}
		}
		return out
	case []any:
		out := make([]any, len(tree))
		for i := range tree {
			out[i] = s.Elem.known(tree[i])
		}
		return out
	}
	return tree
}

// writes reports whether a release may write the value: another one may have
// written a null that this one may not, or left out what this one requires.
func (s *Shape) writes(tree any) bool {
	switch tree := tree.(type) {
	case nil:
		return s.Null
	case map[string]any:
		if s.Kind == "map" {
			for _, value := range tree {
				if !s.Elem.writes(value) {
					return false
				}
			}
		}
		for i := range s.Parts {
			p := &s.Parts[i]
			if part, ok := tree[p.Name]; !ok && !p.Optional || ok && !p.Shape.writes(part) {
				return false
			}
		}
	case []any:
		for _, item := range tree {
			if !s.Elem.writes(item) {
				return false
			}
		}
	}
	return true
}

// drawEdit draws a change of a part of a value. It reports false if there is none to
// change.
func (s *Shape) drawEdit(r *rand.Rand, tree any, path []hop) (edit, bool) {
	below := func(inner *Shape, tree any, h hop) (edit, bool) {
		at := append(slices.Clone(path), h)
		if e, ok := inner.drawEdit(r, tree, at); ok && r.IntN(3) > 0 {
			return e, true
		}
		return edit{path: at, text: inner.Draw(r)}, true
	}
	switch tree := tree.(type) {
	case map[string]any:
		if s.Kind == "map" {
			names := sortedNames(tree)
			if len(names) == 0 {
				return edit{}, false
			}
			name := names[r.IntN(len(names))]
			return below(s.Elem, tree[name], hop{name: name})
		}
		if len(s.Parts) == 0 {
			return edit{}, false
		}
		p := &s.Parts[r.IntN(len(s.Parts))]
		h := hop{name: p.Name, goName: p.GoName}
		part, ok := tree[p.Name]
		if ok && p.Optional && r.IntN(3) == 0 {
			return edit{path: append(slices.Clone(path), h)}, true
		}
		return below(&p.Shape, part, h)
	case []any:
		if len(tree) == 0 {
			return edit{}, false
		}
		i := r.IntN(len(tree))
		return below(s.Elem, tree[i], hop{item: i})
	}
	return edit{}, false
}

func sortedNames(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// in returns the text of a value that was edited.
func (e edit) in(text string) string { return encode(editTree(decodeTree(text), e.path, e.text)) }

func editTree(tree any, path []hop, text string) any {
	if len(path) == 0 {
		return decodeTree(text)
	}
	switch tree := tree.(type) {
	case map[string]any:
		if len(path) == 1 && text == "" {
			delete(tree, path[0].name)
		} else {
			tree[path[0].name] = editTree(tree[path[0].name], path[1:], text)
		}
	case []any:
		tree[path[0].item] = editTree(tree[path[0].item], path[1:], text)
	}
	return tree
}

// apply edits a Go value in place.
func (e edit) apply(v reflect.Value, path []hop) error {
	if m, ok := makers.Load(v.Type()); ok && m.(maker).within != nil {
		return m.(maker).within(v, func(v reflect.Value) error { return e.apply(v, path) })
	}
	switch {
	case len(path) == 0:
		return put(v, e.text)
	case v.Kind() == reflect.Pointer:
		return e.apply(v.Elem(), path)
	case isNull(v.Type()):
		return e.apply(v.FieldByName("V"), path)
	case v.Kind() == reflect.Slice:
		return e.apply(v.Index(path[0].item), path[1:])
	case v.Kind() == reflect.Map:
		name := reflect.ValueOf(path[0].name)
		item := reflect.New(v.Type().Elem()).Elem()
		item.Set(v.MapIndex(name))
		defer func() { v.SetMapIndex(name, item) }()
		return e.apply(item, path[1:])
	default:
		return e.apply(v.FieldByName(path[0].goName), path[1:])
	}
}

// structText returns the text of a nested struct, as Go shows it.
func structText(v reflect.Value) string {
	out := map[string]json.RawMessage{}
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			if text := textOf(v.Field(i)); text != "" {
				out[partName(f.Name)] = json.RawMessage(text)
			}
		}
	}
	return encode(out)
}

// partName is the name of a part whose Go name is given. The test draws names
// that differ from their Go names in the first letter alone.
func partName(goName string) string { return strings.ToLower(goName[:1]) + goName[1:] }

// putStruct makes a new nested struct.
func putStruct(v reflect.Value, text string) error {
	v.SetZero()
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return err
	}
	for name, part := range parts {
		f := v.FieldByName(strings.ToUpper(name[:1]) + name[1:])
		if !f.IsValid() {
			return fmt.Errorf("%s has no part %q", v.Type(), name)
		}
		if err := put(f, string(part)); err != nil {
			return err
		}
	}
	return nil
}

func listText(v reflect.Value) string {
	items := make([]json.RawMessage, v.Len())
	for i := range items {
		items[i] = json.RawMessage(textOf(v.Index(i)))
	}
	return encode(items)
}

func mapText(v reflect.Value) string {
	m := map[string]json.RawMessage{}
	for _, name := range v.MapKeys() {
		m[name.String()] = json.RawMessage(textOf(v.MapIndex(name)))
	}
	return encode(m)
}

func putList(v reflect.Value, text string) error {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := put(v.Index(i), string(item)); err != nil {
			return err
		}
	}
	return nil
}

func putMap(v reflect.Value, text string) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(v.Type()))
	for name, value := range m {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := put(item, string(value)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name), item)
	}
	return nil
}
