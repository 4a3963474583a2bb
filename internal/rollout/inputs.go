package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// What an attribute is computed from is played with it, and what that is
// computed from. Several inputs behave as one does, as long as the others stand
// still; so a few are played at a time, and of inputs that all releases declare
// alike one stands for the others.

// withInputs adds to a cast what its facts are computed from. There are several
// casts where that is much: one for each of the facts with which it begins. An
// input that some model drops is in all of them, since nothing is computed any
// more without it.
func (a *atlas) withInputs(c cast) []cast {
	whole := slices.Clone(c)
	var between, first, dropped cast
	for i := 0; i < len(whole); i++ {
		for _, in := range a.inputs(whole[i]) {
			switch f := &a.facts[in]; {
			case slices.Contains(whole, in):
				continue
			case len(f.inputs) > 0:
				between = append(between, in)
			case a.drops(f):
				dropped = append(dropped, in)
			default:
				first = append(first, in)
			}
			whole = append(whole, in)
		}
	}
	if len(first) <= together {
		return []cast{whole}
	}
	var casts []cast
	for _, in := range first {
		some := slices.Concat(c, dropped)
		for _, f := range between {
			if a.leads(in, f) || slices.ContainsFunc(dropped, func(in int) bool { return a.leads(in, f) }) {
				some = append(some, f)
			}
		}
		casts = append(casts, append(some, in))
	}
	return casts
}

// varying is how many facts of a cast may vary freely with those between them.
const varying = 4

// between reports whether a fact of a cast with many that vary is on the way from
// one to another: creation computes it. It varies where it is the last.
func (a *atlas) between(fact int, c cast) bool {
	here := func(in int) bool { return slices.Contains(c, in) }
	if !slices.ContainsFunc(a.facts[fact].inputs, here) || !slices.ContainsFunc(c, func(f int) bool { return slices.Contains(a.facts[f].inputs, fact) }) {
		return false
	}
	n := 0
	for _, f := range c {
		if a.facts[f].varies() {
			n++
		}
	}
	return n > varying
}

// inputs returns the inputs of a fact. Of those that are alike there are as many
// as are played together, and one of those that no release declares otherwise.
func (a *atlas) inputs(fact int) cast {
	var out cast
	alike := map[int]int{}
	for _, in := range a.facts[fact].inputs {
		look, some := a.looks.number(a, in), 1
		if a.facts[in].affected {
			some = together
		}
		if alike[look]++; alike[look] <= some {
			out = append(out, in)
		}
	}
	return out
}

// drops reports whether there is no more of a fact from some model on.
func (a *atlas) drops(f *fact) bool {
	there := false
	for _, s := range a.steps {
		switch here := f.in(s.model) != nil; {
		case s.model.Number == 1:
			there = here
		case there && !here:
			return true
		default:
			there = here
		}
	}
	return false
}

// leads reports whether a fact is computed from another, at whatever distance.
func (a *atlas) leads(from, to int) bool {
	reached := cast{to}
	for i := 0; i < len(reached); i++ {
		for _, in := range a.facts[reached[i]].inputs {
			if in == from {
				return true
			}
			if !slices.Contains(reached, in) {
				reached = append(reached, in)
			}
		}
	}
	return false
}

// looks numbers facts by all there is to say of each alone, and of what it is
// computed from.
type looks struct {
	of      map[int]int    // by fact
	numbers map[string]int // by what there is to say
}

func (l *looks) number(a *atlas, fact int) int {
	if n, ok := l.of[fact]; ok {
		return n
	}
	l.of[fact] = -1 // where a released model was edited, facts may be computed from each other
	f := &a.facts[fact]
	text := f.like + "|" + strings.Join(f.aspects, "|")
	for _, in := range f.inputs {
		text += fmt.Sprint("|", l.number(a, in))
	}
	n, ok := l.numbers[text]
	if !ok {
		n = len(l.numbers)
		l.numbers[text] = n
	}
	l.of[fact] = n
	return n
}
