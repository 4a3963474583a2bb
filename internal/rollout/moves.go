package rollout

import (
	"iter"
	"maps"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/runtime/esotest"
)

// step is an operation that a release does.
type step struct {
	by     *simRelease
	op     *op
	change change          // of an update or a patch
	given  *esotest.Object // to a create
}

// creations returns the creates of a release: the varied attributes absent, null
// and with each value that matters, in all combinations; the others have a value.
// The first attributes vary fastest. There may be very many.
func (p *search) creations(rel *simRelease) iter.Seq[step] {
	choices := make([][]string, len(rel.fields))
	for i := range rel.fields {
		choices[i] = p.choices(rel, &rel.fields[i])
	}
	return func(yield func(step) bool) {
		if slices.ContainsFunc(choices, func(texts []string) bool { return len(texts) == 0 }) {
			return
		}
		chosen := make([]int, len(choices))
		for {
			o := &esotest.Object{}
			for i, n := range chosen {
				if text := choices[i][n]; text != "" {
					o.Set(rel.fields[i].Name, text)
				}
			}
			if !yield(step{by: rel, op: opCreate, given: o}) {
				return
			}
			i := 0
			for ; i < len(chosen); i++ {
				if chosen[i]++; chosen[i] < len(choices[i]) {
					break
				}
				chosen[i] = 0
			}
			if i == len(chosen) {
				return
			}
		}
	}
}

// choices returns what a create may give a field; "" leaves it out, and lets a
// function compute it if there is one.
func (p *search) choices(rel *simRelease, f *field) []string {
	var texts []string
	if !f.varied {
		if rel.computes(f) {
			return []string{""}
		}
		for _, sample := range f.writes[:min(1, len(f.writes))] {
			texts = append(texts, p.text(f, sample))
		}
		return texts
	}
	if !f.Required || f.Default != "" || rel.computes(f) {
		texts = append(texts, "")
	}
	return append(texts, p.distinct(f)...)
}

// distinct returns texts that a release may write to a field, one of each class.
func (p *search) distinct(f *field) []string {
	var texts, classes []string
	for _, sample := range f.writes {
		if class := p.samples[f.fact].classes[sample]; !slices.Contains(classes, class) {
			classes = append(classes, class)
			texts = append(texts, p.text(f, sample))
		}
	}
	return texts
}

func (p *search) text(f *field, sample int) string { return p.samples[f.fact].text(f.place, sample) }

// moves returns what a release may do with a document.
func (p *search) moves(rel *simRelease, s *state) []step {
	var moves []step
	for _, o := range ops {
		if o.moves == nil {
			continue
		}
		for _, m := range o.moves(p, rel, s) {
			m.by, m.op = rel, o
			moves = append(moves, m)
		}
	}
	for i := range rel.fields {
		f := &rel.fields[i]
		if f.Dropped || !f.varied && rel.computes(f) && p.byHand(s) {
			continue // one intermediate value that is set by hand is enough
		}
		for _, c := range p.changes(f, s) {
			c.field = i
			for _, o := range ops {
				if o.writes != nil && o.writes(p, rel, f, s) {
					moves = append(moves, step{by: rel, op: o, change: c})
				}
			}
		}
	}
	return moves
}

// changes returns the changes of a field to try: of the whole value, and of the
// parts of a nested one.
func (p *search) changes(f *field, s *state) []change {
	var changes []change
	for _, text := range p.writes(f, s) {
		changes = append(changes, change{text: text})
	}
	if sample := s.truth[f.fact]; p.samples[f.fact].nested && sample != absent {
		changes = append(changes, p.edits(f, sample)...)
	}
	return changes
}

// writes returns what a release may write to a field of a document: a value other
// than the last one, one of each class, or nothing.
func (p *search) writes(f *field, s *state) []string {
	var texts, classes []string
	last := s.truth[f.fact]
	t := p.samples[f.fact]
	samples := f.writes
	if t.feeds { // first what changes that which is computed from it
		samples = slices.Clone(samples)
		other := func(sample int) int {
			if t.isUpper(sample) == t.isUpper(last) {
				return 1
			}
			return 0
		}
		slices.SortStableFunc(samples, func(a, b int) int { return other(a) - other(b) })
	}
	for _, sample := range samples {
		if sample == last || t.null(sample) && !f.varied || slices.Contains(classes, t.classes[sample]) {
			continue
		}
		classes = append(classes, t.classes[sample])
		texts = append(texts, p.text(f, sample))
	}
	if f.varied && !f.Required && last != absent {
		texts = append(texts, "")
	}
	return texts
}

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
