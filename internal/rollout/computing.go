package rollout

import (
	"maps"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// The simulator replaces a product's function by one that divides the values of
// each input into two halves, and gives one of two values: the other one whenever
// an input moves to its other half. The halves are chosen so that each live
// release can write values of both, if it can write two at all.

// function is a computed attribute of a model, in a search.
type function struct {
	model  int
	fact   int // what is computed
	out    place
	gives  [2]int // samples
	inputs []input
}

type input struct {
	fact   int
	from   place // where the model before has it
	needed bool  // that model requires it
}

// functionsOf returns the functions of the types for the facts of a search, in the
// order of models. If releases differ in the inputs of a function, the newest
// counts: golden files of the first format list all attributes.
func (p *search) functionsOf(types []*definition.Type) []function {
	var list []function
	for _, t := range slices.Backward(types) {
		for i := range t.Models {
			m := &t.Models[i]
			for _, c := range m.Computed {
				out := place{m.Number, c.Name}
				fact, ok := p.local[out]
				if !ok || slices.ContainsFunc(list, func(f function) bool { return f.out == out }) {
					continue
				}
				f := function{model: m.Number, fact: fact, out: out, gives: p.gives(fact, out, m.Attribute(c.Name))}
				for _, name := range c.Inputs {
					from := place{m.Number - 1, name}
					if fact, ok := p.local[from]; ok {
						at := t.Models[i-1].Attribute(name)
						f.inputs = append(f.inputs, input{fact, from, at != nil && !at.Optional})
						p.samples[fact].feeds = true
					}
				}
				list = append(list, f)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b function) int { return a.model - b.model })
	return list
}

// gives chooses two values that a declaration takes.
func (p *search) gives(fact int, out place, declared *definition.Attribute) (gives [2]int) {
	t := p.samples[fact]
	n := 0
	for sample, text := range t.texts[t.encodings[out]] {
		if n < 2 && declared != nil && definition.Conform(declared.Value, text) == nil && !isOdd(text) && t.converts(out, sample) {
			gives[n] = sample
			n++
		}
	}
	if n < 2 {
		gives[1] = gives[0]
	}
	return gives
}

// givesOdd reports whether a function may give a value that some model cannot seal.
func (p *search) givesOdd() bool {
	return slices.ContainsFunc(p.functions, func(f function) bool {
		return slices.ContainsFunc(p.samples[f.fact].texts[p.samples[f.fact].encodings[f.out]], isOdd)
	})
}

// giveOdd makes such functions give only such values.
func (p *search) giveOdd() {
	p.odd = true
	for i := range p.functions {
		f := &p.functions[i]
		t := p.samples[f.fact]
		if odd := slices.IndexFunc(t.texts[t.encodings[f.out]], isOdd); odd >= 0 {
			f.gives = [2]int{odd, odd}
		}
	}
}

// halve divides the values of each input into halves.
func (p *search) halve() {
	for fact, t := range p.samples {
		if !t.feeds {
			continue
		}
		fixed := map[int]bool{absent: true}
		apart := func(a, b int) {
			if !fixed[a] && fixed[b] {
				a, b = b, a
			}
			if fixed[b] {
				return
			}
			fixed[a], fixed[b] = true, true
			t.upper[b] = !t.isUpper(a)
		}
		var written [][]int
		for _, rel := range p.live {
			for i := range rel.fields {
				if f := &rel.fields[i]; f.fact == fact && !f.Dropped {
					written = append(written, slices.DeleteFunc(slices.Clone(f.writes), func(sample int) bool { return t.null(sample) && !f.varied }))
				}
			}
		}
		for _, samples := range written { // a release that writes one value only unsets it, or replaces another by it
			if len(samples) == 1 {
				apart(absent, samples[0])
			}
		}
		for _, samples := range written {
			if len(samples) < 2 {
				continue
			}
			other := slices.IndexFunc(samples[1:], func(sample int) bool { return t.classes[sample] == t.classes[samples[0]] })
			apart(samples[0], samples[max(other, 0)+1])
		}
		for _, samples := range written {
			one := func(upper bool) bool {
				return slices.ContainsFunc(samples, func(sample int) bool { return t.isUpper(sample) == upper })
			}
			t.split = t.split || len(samples) > 0 && one(true) != one(false)
		}
		for sample := range t.classes {
			t.classes[sample] = t.class(sample)
		}
	}
}

// value returns the sample that a function gives for what its inputs are.
func (p *search) value(f *function, truth []int) int {
	half := 0
	for _, in := range f.inputs {
		if p.samples[in.fact].isUpper(truth[in.fact]) {
			half = 1 - half
		}
	}
	return f.gives[half]
}

// lacks reports whether an input that the function needs is absent.
func (f *function) lacks(truth []int) bool {
	return slices.ContainsFunc(f.inputs, func(in input) bool { return in.needed && truth[in.fact] == absent })
}

// agrees reports whether a fact is what its function gives.
func (p *search) agrees(f *function, truth []int) bool {
	return !f.lacks(truth) && truth[f.fact] == p.value(f, truth)
}

// replacement returns the function for a release that calls it with the inputs of
// these names.
func (p *search) replacement(f *function, names []string) func([]eso.JSON) (eso.JSON, error) {
	return func(values []eso.JSON) (eso.JSON, error) {
		half := 0
		for _, in := range f.inputs {
			i := slices.Index(names, in.from.name)
			if i < 0 {
				continue
			}
			t, sample := p.samples[in.fact], absent
			if values[i] != "" {
				if sample = t.of(in.from, string(values[i])); sample == absent {
					continue // nobody wrote it: a ciphertext, for example
				}
			}
			if t.isUpper(sample) {
				half = 1 - half
			}
		}
		return eso.JSON(p.samples[f.fact].text(f.out, f.gives[half])), nil
	}
}

// literal writes the function as Go: what it gives, and the upper half of each
// input.
func (f *function) literal(p *search) string {
	out := p.samples[f.fact]
	text := "esotest.Computes([2]eso.JSON{" + literal(out.text(f.out, f.gives[0])) + ", " + literal(out.text(f.out, f.gives[1])) + "}"
	for _, in := range f.inputs {
		t := p.samples[in.fact]
		upper := map[string]bool{"": true}
		for sample := range t.texts[0] {
			if t.isUpper(sample) {
				upper[t.text(in.from, sample)] = true
			}
		}
		for spelt, sample := range t.known {
			if t.isUpper(sample) {
				upper[spelt] = true
			}
		}
		var pairs []string
		for _, value := range slices.Sorted(maps.Keys(upper)) {
			pairs = append(pairs, literal(value)+": true")
		}
		text += ", map[eso.JSON]bool{" + strings.Join(pairs, ", ") + "}"
	}
	return text + ")"
}

// function returns the function of a place, or nil.
func (p *search) function(out place) *function {
	if i := slices.IndexFunc(p.functions, func(f function) bool { return f.out == out }); i >= 0 {
		return &p.functions[i]
	}
	return nil
}

// follow updates computed facts after a change of their inputs, in a document of a
// model: those that were what their function gave, or were absent because an input
// was.
func (p *search) follow(model int, before, truth []int, written int) {
	for i := range p.functions {
		f := &p.functions[i]
		if f.model > model || f.fact == written || truth[f.fact] != before[f.fact] || f.lacks(truth) {
			continue
		}
		changed := func(in input) bool { return before[in.fact] != truth[in.fact] }
		gone := func(in input) bool { return !p.has(in.fact, model) }
		if !slices.ContainsFunc(f.inputs, changed) || slices.ContainsFunc(f.inputs, gone) || !p.has(f.fact, model) {
			continue
		}
		if before[f.fact] == absent && f.lacks(before) || before[f.fact] != absent && p.agrees(f, before) {
			truth[f.fact] = p.value(f, truth)
		}
	}
}

// has reports whether a model has a fact.
func (p *search) has(fact, model int) bool {
	for at, f := range p.local {
		if f == fact && at.model == model {
			return true
		}
	}
	return false
}

// computed reports whether a fact is computed and is what its function gives.
func (p *search) computed(fact int, truth []int) bool {
	return slices.ContainsFunc(p.functions, func(f function) bool {
		return f.fact == fact && len(f.inputs) > 0 && p.agrees(&f, truth)
	})
}

// byHand reports whether some computed fact of a document is not what its function
// gives.
func (p *search) byHand(s *state) bool {
	return slices.ContainsFunc(p.functions, func(f function) bool { return s.truth[f.fact] != absent && !p.agrees(&f, s.truth) })
}
