package rollout

import (
	"slices"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// function is a computed attribute of a model, as far as the play goes. The
// stand-in for the product's function tells two values of its first input apart.
type function struct {
	model  int
	fact   int // what is computed
	out    place
	inputs []int   // facts
	from   []place // where the model before has them
	needed bool    // the model before requires the first input
}

// functionsOf returns the functions of the types for the facts of a play, in the
// order of models.
func (p *play) functionsOf(types []*definition.Type) []function {
	var list []function
	for _, t := range types {
		for i := range t.Models {
			m := &t.Models[i]
			for _, c := range m.Computed {
				out := place{m.Number, c.Name}
				fact, ok := p.local[out]
				if !ok || slices.ContainsFunc(list, func(f function) bool { return f.out == out }) {
					continue
				}
				f := function{model: m.Number, fact: fact, out: out}
				for _, name := range c.Inputs {
					from := place{m.Number - 1, name}
					if input, ok := p.local[from]; ok {
						f.inputs, f.from = append(f.inputs, input), append(f.from, from)
					}
				}
				if len(f.from) > 0 {
					at := t.Models[i-1].Attribute(f.from[0].name)
					f.needed = at != nil && !at.Optional
				}
				list = append(list, f)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b function) int { return a.model - b.model })
	return list
}

// value returns the token that a function gives for what its inputs are.
func (p *play) value(f *function, truth []int) int {
	if len(f.inputs) == 0 {
		return 0
	}
	return p.valueOf(f, truth[f.inputs[0]])
}

func (p *play) valueOf(f *function, input int) int {
	value := 1
	if input != absent {
		value = input % 2
	}
	return min(value, len(p.tokens[f.fact].texts[0])-1)
}

// stand is the stand-in for the function.
func (p *play) stand(f *function) func([]eso.JSON) (eso.JSON, error) {
	return func(inputs []eso.JSON) (eso.JSON, error) {
		token := 0
		if len(f.inputs) > 0 {
			input := absent
			if inputs[0] != "" {
				input = p.tokens[f.inputs[0]].of(f.from[0], string(inputs[0]))
			}
			token = p.valueOf(f, input)
		}
		return eso.JSON(p.tokens[f.fact].text(f.out, token)), nil
	}
}

// function returns the function of a place, or nil.
func (p *play) function(out place) *function {
	if i := slices.IndexFunc(p.functions, func(f function) bool { return f.out == out }); i >= 0 {
		return &p.functions[i]
	}
	return nil
}

// follow brings computed facts up to date with what became of their inputs, in a
// document of a model: those that were what their function gave.
func (p *play) follow(model int, before, truth []int, written int) {
	for i := range p.functions {
		f := &p.functions[i]
		if f.model > model || f.fact == written || len(f.inputs) == 0 || before[f.fact] == absent || truth[f.fact] != before[f.fact] {
			continue
		}
		input := f.inputs[0]
		if before[input] == truth[input] || before[f.fact] != p.value(f, before) || !p.has(input, model) || f.needed && truth[input] == absent {
			continue
		}
		truth[f.fact] = p.value(f, truth)
	}
}

// has reports whether a model has a fact.
func (p *play) has(fact, model int) bool {
	for at, f := range p.local {
		if f == fact && at.model == model {
			return true
		}
	}
	return false
}

// agrees reports whether a fact is computed, and is what its function gives.
func (p *play) agrees(fact int, truth []int) bool {
	return slices.ContainsFunc(p.functions, func(f function) bool {
		return f.fact == fact && len(f.inputs) > 0 && truth[fact] == p.value(&f, truth)
	})
}
