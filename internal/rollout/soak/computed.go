package soak

import "slices"

// function is a computed attribute of a model.
type function struct {
	model int
	Given
}

// functions returns those of all releases, in the order of models.
func (c *Case) functions() []function {
	var list []function
	for _, r := range c.Releases {
		for i := range r.Models {
			for _, given := range r.Models[i].Given {
				f := function{i + 1, given}
				same := func(other function) bool { return other.model == f.model && other.Fact == f.Fact }
				if len(given.Inputs) > 0 && !slices.ContainsFunc(list, same) {
					list = append(list, f)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b function) int { return a.model - b.model })
	return list
}

// compute returns the sample that a function gives, unless an input that it needs
// is absent.
func (g *game) compute(f *function, truth []int) (sample int, ok bool) {
	texts := make([]string, len(f.Inputs))
	for i, in := range f.Inputs {
		sample := truth[in.Fact]
		if sample == Absent {
			if in.Needed {
				return Absent, false
			}
			continue
		}
		texts[i] = g.spelt(in.Texts, sample)
		if in.Shape != nil {
			texts[i] = encode(in.Shape.known(decodeTree(texts[i])))
		}
	}
	return f.Gives[pick(texts, len(f.Gives))], true
}

// spelt returns the text of a sample, which may have been made in this sequence.
func (g *game) spelt(texts []string, sample int) string {
	if sample < len(texts) {
		return texts[sample]
	}
	return g.made[sample-len(texts)]
}

// follow recomputes the attributes whose inputs changed, in a document of a model,
// if they were what their function gave. What the same write sets stays.
func (g *game) follow(model int, before, truth []int, written map[int]int) {
	for i := range g.computed {
		f := &g.computed[i]
		if _, set := written[f.Fact]; set && !g.same(f, truth[f.Fact], before[f.Fact]) || !set && truth[f.Fact] != before[f.Fact] || f.model > model || !g.has(f.Fact, model) {
			continue
		}
		changed := func(in Input) bool { return before[in.Fact] != truth[in.Fact] }
		gone := func(in Input) bool { return !g.has(in.Fact, model) }
		now, ok := g.compute(f, truth)
		if !ok || !slices.ContainsFunc(f.Inputs, changed) || slices.ContainsFunc(f.Inputs, gone) {
			continue
		}
		was, ok := g.compute(f, before)
		if sample := before[f.Fact]; sample == Absent && !ok || sample != Absent && ok && g.same(f, sample, was) {
			truth[f.Fact] = now
		}
	}
}

// same reports whether two samples of a computed attribute are one value: setting an
// attribute to the value that it has changes nothing.
func (g *game) same(f *function, a, b int) bool {
	if a == Absent || b == Absent {
		return a == b
	}
	canonical := func(sample int) string { return encode(decodeTree(g.spelt(f.Texts, sample))) }
	return canonical(a) == canonical(b)
}

// has reports whether a model has a fact.
func (g *game) has(fact, model int) bool {
	for _, r := range g.Releases {
		if len(r.Models) < model {
			continue
		}
		for _, f := range r.Models[model-1].Facts {
			if f == fact {
				return true
			}
		}
	}
	return false
}

// raised fills in what the steps of a release give a document up to a model.
func (g *game) raised(r *Release, truth []int, to int) []int {
	truth = slices.Clone(truth)
	for n := g.doc.Model + 1; n <= min(to, len(r.Models)); n++ {
		before := slices.Clone(truth)
		for _, given := range r.Models[n-1].Given {
			if len(given.Inputs) == 0 && truth[given.Fact] == Absent {
				truth[given.Fact] = given.Sample
			}
		}
		g.follow(n, before, truth, nil)
		for _, given := range r.Models[n-1].Given {
			if len(given.Inputs) == 0 || truth[given.Fact] != Absent {
				continue
			}
			if sample, ok := g.compute(&function{n, given}, truth); ok {
				truth[given.Fact] = sample
			}
		}
	}
	return truth
}

// zero reports whether a Go value of a JSON value may be the zero value.
func zero(tree any) bool {
	switch tree := tree.(type) {
	case map[string]any:
		for _, value := range tree {
			if !zero(value) {
				return false
			}
		}
		return true
	case []any:
		return len(tree) == 0
	}
	return tree == nil || tree == false || tree == "" || tree == 0.0
}
