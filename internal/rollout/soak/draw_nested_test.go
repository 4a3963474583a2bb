package soak_test

import (
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout/soak"
)

// parts draws the parts of a struct.
func (d *drawing) parts(depth int) []definition.Attribute {
	var fields []definition.Attribute
	for range 1 + d.IntN(3) {
		fields = append(fields, d.part(depth))
	}
	return fields
}

func (d *drawing) part(depth int) definition.Attribute {
	f := definition.Attribute{Name: d.name(), Optional: d.chance(2), Value: definition.Value{Nullable: d.chance(5)}}
	switch what := d.IntN(6); {
	case what == 0 && depth > 0:
		f.Value.Kind, f.Value.Fields = definition.Struct, d.parts(depth-1)
	case what == 1 && depth > 0:
		f.Value.Kind = definition.List
		f.Value.Elem = &definition.Value{Kind: definition.Struct, Fields: d.parts(depth - 1)}
	case what == 2 && depth > 0:
		f.Value.Kind = definition.Map
		f.Value.Elem = &definition.Value{Kind: definition.Struct, Fields: d.parts(depth - 1)}
	case what == 3:
		f.Value.Kind = definition.Int
	default:
		f.Value.Kind = definition.String
	}
	return f
}

// alterParts changes the declarations of the parts of a struct.
func (d *drawing) alterParts(fields []definition.Attribute) []definition.Attribute {
	fields = slices.Clone(fields)
	i := d.IntN(len(fields))
	f := &fields[i]
	switch what := d.IntN(6); {
	case what == 0:
		f.Optional = true
	case what == 1:
		f.Value.Nullable = true
	case what == 2 && len(fields) > 1:
		fields = slices.Delete(fields, i, i+1)
	case what <= 4 && len(f.Value.Fields) > 0:
		f.Value.Fields = d.alterParts(f.Value.Fields)
	case what <= 4 && f.Value.Elem != nil:
		items := *f.Value.Elem
		items.Fields = d.alterParts(items.Fields)
		f.Value.Elem = &items
	default:
		added := d.part(1)
		added.Optional = true
		fields = append(fields, added)
	}
	return fields
}

// shapeOf returns the Go type of a nested value. What is written must satisfy
// several declarations.
func shapeOf(v definition.Value, narrow []definition.Value) *soak.Shape {
	s := &soak.Shape{Kind: string(v.Kind), Null: v.Nullable}
	for _, n := range narrow {
		s.Null = s.Null && n.Nullable
	}
	if v.Elem != nil {
		var items []definition.Value
		for _, n := range narrow {
			items = append(items, *n.Elem)
		}
		s.Elem = shapeOf(*v.Elem, items)
	}
	for _, f := range v.Fields {
		p := soak.Part{Name: f.Name, GoName: f.FieldName(), Pointer: f.Optional, Optional: f.Optional}
		var parts []definition.Value
		for _, n := range narrow {
			if i := slices.IndexFunc(n.Fields, func(g definition.Attribute) bool { return g.Name == f.Name }); i >= 0 {
				parts = append(parts, n.Fields[i].Value)
				p.Optional = p.Optional && n.Fields[i].Optional
			}
		}
		p.Shape = *shapeOf(f.Value, parts)
		s.Parts = append(s.Parts, p)
	}
	return s
}

// edit draws a release that edits released models: it returns the first such
// release, and the models that replace those of the releases before.
func (d *drawing) edit(plan [][2]int) (since int, edits map[int]definition.Model) {
	if !d.chance(5) || len(plan) < 2 {
		return len(plan), nil
	}
	since = 1 + d.IntN(len(plan)-1)
	n := d.IntN(min(plan[since-1][1], plan[since][1]))
	resolved := d.typ(1, n+1).Newest()
	if len(resolved.Attributes) == 0 {
		return len(plan), nil
	}
	m := drawn{Model: d.models[n].Model}
	m.Declared, m.Encrypted, m.AAD = slices.Clone(m.Declared), slices.Clone(m.Encrypted), slices.Clone(m.AAD)
	a := resolved.Attributes[d.IntN(len(resolved.Attributes))]
	switch what := d.IntN(5); {
	case what == 0:
		a.Optional = !a.Optional
	case what == 1:
		a.Value.Nullable = true
	case what <= 3 && a.Value.Kind == definition.Struct:
		a.Value.Fields, a.Default = d.alterParts(a.Value.Fields), ""
	default:
		m.take(a.Name, d.role())
	}
	m.Declared = slices.DeleteFunc(m.Declared, func(b definition.Attribute) bool { return b.Name == a.Name })
	m.Declared = append(m.Declared, a)
	return since, map[int]definition.Model{n: m.Model}
}
