package rollout

import (
	"maps"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/runtime/esotest"
)

// edits returns the changes that a release may make within a nested value: of each
// part that the releases declare differently, and of one that they declare alike,
// at every depth; to another value, to null, to nothing.
//
// One of the parts that all releases declare alike represents the others, as with
// attributes, and so does one of those that differ in the same way.
func (p *search) edits(f *field, sample int) []change {
	if known, ok := f.edits[sample]; ok {
		return known
	}
	t := p.samples[f.fact]
	e := editing{seen: map[string]bool{}, t: t, sample: sample, text: p.text(f, sample), without: p.without}
	e.value(spot{f.Value, f.Narrow, t.shapes[t.encodings[f.place]]}, decode(e.text), nil)
	f.edits[sample] = e.changes
	return e.changes
}

// spot is a position within a value: its declaration in the release's Go type, the
// declarations that a write must satisfy, and those of all releases.
type spot struct {
	own    definition.Value
	narrow []definition.Value
	all    []definition.Value
}

type editing struct {
	t       *samples
	sample  int
	text    string
	without rule
	seen    map[string]bool // classes of the values that changes lead to
	changes []change
}

// value edits what is in a value, and the value as a whole, unless it is the
// attribute itself.
func (e *editing) value(at spot, tree any, path esotest.Path) {
	e.within(at, tree, path)
	if len(path) == 1 || len(path) > 1 && !passage(at.all) {
		e.replace(at, tree, path)
	}
}

func (e *editing) within(at spot, tree any, path esotest.Path) {
	switch tree := tree.(type) {
	case map[string]any:
		if at.own.Kind == definition.Map {
			for _, name := range slices.Sorted(maps.Keys(tree)) {
				e.value(at.below(elem), tree[name], extend(path, esotest.Hop{Name: name}))
			}
		}
		if at.own.Kind == definition.Struct {
			e.parts(at, tree, path)
		}
	case []any:
		if at.own.Kind == definition.List && len(tree) > 0 {
			e.value(at.below(elem), tree[0], extend(path, esotest.Hop{}))
		}
	}
}

func extend(path esotest.Path, h esotest.Hop) esotest.Path {
	return append(path[:len(path):len(path)], h)
}

// below returns the items of a list or map.
func (at spot) below(step func(definition.Value) definition.Value) spot {
	down := func(list []definition.Value) []definition.Value {
		var out []definition.Value
		for _, v := range list {
			if v.Kind == at.own.Kind {
				out = append(out, step(v))
			}
		}
		return out
	}
	return spot{step(at.own), down(at.narrow), down(at.all)}
}

func (e *editing) parts(at spot, tree map[string]any, path esotest.Path) {
	for _, f := range at.own.Fields {
		everywhere, narrow := declared(f.Name, at.all), declared(f.Name, at.narrow)
		here, there := extend(path, esotest.Hop{Name: f.Name}), spot{f.Value, values(narrow), values(everywhere)}
		part, ok := tree[f.Name]
		if len(here) > 1 && ok && passage(there.all) && !differsInPresence(f.Name, at.all) {
			e.within(there, part, here)
			continue
		}
		if !ok {
			e.replace(there, nil, here)
			continue
		}
		e.value(there, part, here)
		if f.Optional && !slices.ContainsFunc(narrow, func(g definition.Attribute) bool { return !g.Optional }) {
			e.add(here, "")
		}
	}
}

// passage reports whether declarations differ only in something within the value.
// Of several such values around one difference, it is enough to replace the
// outermost.
func passage(all []definition.Value) bool {
	for _, v := range all {
		if v.Kind != all[0].Kind || v.Nullable != all[0].Nullable {
			return false
		}
	}
	switch {
	case alike(all):
		return false
	case all[0].Kind == definition.Struct:
		return !differsHere(all)
	default:
		return all[0].Kind == definition.List || all[0].Kind == definition.Map
	}
}

// declared returns the declarations of a part, in the structs that have it.
func declared(name string, structs []definition.Value) (all []definition.Attribute) {
	for _, v := range structs {
		if i := slices.IndexFunc(v.Fields, func(f definition.Attribute) bool { return f.Name == name }); i >= 0 {
			all = append(all, v.Fields[i])
		}
	}
	return all
}

func values(attributes []definition.Attribute) []definition.Value {
	var out []definition.Value
	for _, a := range attributes {
		out = append(out, a.Value)
	}
	return out
}

// replace adds changes to other values, as any release could have written them.
func (e *editing) replace(at spot, tree any, path esotest.Path) {
	for _, v := range at.all {
		tell := teller{20, e.without}
		for _, text := range tell.texts(v, at.all) {
			if text != encode(tree) && writable(at.own, at.narrow, text) {
				e.add(path, text)
			}
		}
	}
}

// add adds a change, unless another one at that position leads to a value of the
// same class.
func (e *editing) add(path esotest.Path, text string) {
	key := pathString(path) + e.t.classes[e.t.intern(edited(e.text, path, text), e.sample)]
	if !e.seen[key] {
		e.seen[key] = true
		e.changes = append(e.changes, change{path: path, text: text})
	}
}
