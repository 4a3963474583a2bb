package rollout

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// together is how many affected attributes are played at a time; every pair is.
// A broken promise is about one attribute that is harmed, and one whose change
// harms it: a secret and what it is bound to, two attributes that exchange names.
// A third would have to affect what one operation does to the two; but the
// runtime treats attributes one by one, apart from the AAD, where each counts for
// itself. TestTogether doubles the number and finds nothing more.
const together = 2

// likeness describes the facts of a subset completely, apart from their names and
// from models that change nothing for them. Searches of one likeness find the
// same. order has the facts in the order of the text.
func (a *facts) likeness(c subset) (text string, order subset) {
	order = slices.Clone(c)
	if len(order) > 1 {
		alone := map[int]string{}
		for _, i := range order {
			alone[i], _ = a.likeness(subset{i})
		}
		slices.SortStableFunc(order, func(i, k int) int { return strings.Compare(alone[i], alone[k]) })
	}
	var b strings.Builder
	for _, i := range order {
		b.WriteString(a.all[i].like + ";")
		for _, input := range a.all[i].inputs {
			fmt.Fprintf(&b, "<%d", slices.Index(order, input))
		}
	}
	var last []string
	for i, s := range a.steps {
		changes := s.starts || last == nil
		var here []string
		for _, k := range order {
			f := &a.all[k]
			here = append(here, f.aspects[i])
			changes = changes || f.moves(s.model)
		}
		if changes || !slices.Equal(here, last) {
			fmt.Fprintf(&b, "%t%q", changes, here)
		}
		last = here
	}
	return b.String(), order
}

// sameAsBefore reports whether a model of a type changes nothing for some facts.
func (a *facts) sameAsBefore(t *definition.Type, number int, c subset) bool {
	i := slices.IndexFunc(a.steps, func(s modelStep) bool { return s.typ == t && s.model.Number == number })
	if number == 1 || a.steps[i].starts {
		return false
	}
	return !slices.ContainsFunc(c, func(k int) bool {
		f := &a.all[k]
		return f.aspects[i] != f.aspects[i-1] || f.moves(a.steps[i].model)
	})
}

// apart reports whether the fact does not affect any other: it shares no name, and
// either no model binds or encrypts it, or it changed only in models that no
// release of the case writes.
func (f *fact) apart() bool { return !f.shared && !(f.sealed && f.changed) }

// moves reports whether the step to a model does something to the fact: then the
// model differs from the one before, even if it declares the same.
func (f *fact) moves(m *definition.Model) bool {
	if at := f.in(m); at != nil {
		_, renamed := m.RenameTo(at.Name)
		_, backfilled := m.BackfillOf(at.Name)
		_, computes := m.ComputeOf(at.Name)
		return renamed || backfilled || computes
	}
	return false
}

// varies reports whether documents that lack the fact are played too: if it is
// affected, or represents secrets that are all optional. A document without any
// secret is bound to nothing, and so opens when others do not.
func (f *fact) varies() bool { return f.affected || f.secret && f.lacking }

// subset is the facts of one search, by number.
type subset []int

// subsets returns what a case needs to play: each affected fact, and each pair
// of those that affect each other, with one fact of every group of the others. Of
// subsets that differ in names only, it returns one, whose facts represent those
// of the others.
func (a *facts) subsets(o options) []subset {
	var affected, chorus subset
	chosen := map[string]int{}
	better := func(f, known *fact) bool {
		if f.affected != known.affected {
			return !f.affected
		}
		return known.lacking && !f.lacking
	}
	for i := range a.all {
		f := &a.all[i]
		if f.affected || !o.reduce {
			affected = append(affected, i)
		}
		if known, ok := chosen[f.group]; f.group != "" && !f.changed && o.reduce && (!ok || better(f, &a.all[known])) {
			chosen[f.group] = i
		}
	}
	for _, i := range chosen {
		chorus = append(chorus, i)
	}
	slices.Sort(chorus)
	crowded := o.reduce && len(affected) > crowd
	if crowded {
		affected = a.merge(affected, o.together)
	}
	without := func(some, others subset) subset {
		return slices.DeleteFunc(slices.Clone(some), func(i int) bool { return slices.Contains(others, i) })
	}
	var sets []subset
	known := map[string]subset{}
	add := func(some subset) {
		whole := a.withSeals(append(some, without(chorus, some)...))
		if crowded {
			alike, order := a.likeness(append(some, without(without(whole, chorus), some)...))
			if same, ok := known[alike]; ok {
				for i, f := range order {
					a.represents(same[i], f)
				}
				return
			}
			known[alike] = order
		}
		sets = append(sets, whole)
	}
	if !o.reduce || len(affected) <= o.together {
		for _, some := range a.withInputs(affected) {
			add(some)
		}
	} else {
		together := slices.DeleteFunc(slices.Clone(affected), func(i int) bool { return a.all[i].apart() })
		if len(together) >= o.together {
			for some := range choose(together, o.together) {
				add(a.withInputs(some)[0]) // alone it has all of its inputs
			}
		}
	}
	if o.reduce && len(affected) > 1 {
		for _, i := range affected { // alone too: what breaks for one hides what breaks for another
			for _, some := range a.withInputs(subset{i}) {
				add(some)
			}
		}
	}
	return sets
}

// crowd is how many affected attributes are told apart. If there are more, of
// those that changed alike only as many are played as are played together.
const crowd = 5

// merge keeps that many facts of the same aspects.
func (a *facts) merge(affected subset, size int) subset {
	kept := map[int]subset{}
	var out subset
	for _, i := range affected {
		key := a.looks.number(a, i)
		if len(kept[key]) < size {
			kept[key] = append(kept[key], i)
			out = append(out, i)
			continue
		}
		for _, k := range kept[key] {
			a.represents(k, i)
		}
	}
	return out
}

// represents notes that one fact represents another, and those that it represents.
func (a *facts) represents(one, other int) {
	f := &a.all[one]
	for _, i := range append(subset{other}, a.all[other].alike...) {
		if one != i && !slices.Contains(f.alike, i) {
			f.alike = append(f.alike, i)
		}
	}
}

// choose goes through the subsets of that size.
func choose(from subset, size int) iter.Seq[subset] {
	return func(yield func(subset) bool) { chooseMore(nil, from, size, yield) }
}

func chooseMore(chosen, from subset, size int, yield func(subset) bool) bool {
	if size == 0 {
		return yield(slices.Clone(chosen))
	}
	for i := range from {
		if !chooseMore(append(chosen[:len(chosen):len(chosen)], from[i]), from[i+1:], size-1, yield) {
			return false
		}
	}
	return true
}

// A computed attribute is played with its inputs, and with theirs. Several inputs
// behave as one does while the others do not change; so a few are played at a
// time, and one input represents all that every release declares alike.

// withInputs adds to a subset what its facts are computed from. If that is much,
// it returns several sets, one for each input that is not computed itself. An
// input that some model drops is in all of them, because nothing is computed
// without it.
func (a *facts) withInputs(c subset) []subset {
	whole := slices.Clone(c)
	var between, first, dropped subset
	for i := 0; i < len(whole); i++ {
		for _, in := range a.inputs(whole[i]) {
			switch f := &a.all[in]; {
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
		return []subset{whole}
	}
	var sets []subset
	for _, in := range first {
		some := slices.Concat(c, dropped)
		for _, f := range between {
			if a.leads(in, f) || slices.ContainsFunc(dropped, func(in int) bool { return a.leads(in, f) }) {
				some = append(some, f)
			}
		}
		sets = append(sets, append(some, in))
	}
	return sets
}

// varying is how many facts of a subset may vary freely with those between them.
const varying = 4

// between reports whether a fact of a subset with many that vary is computed, and
// another is computed from it: then creation computes it. The last one varies.
func (a *facts) between(fact int, c subset) bool {
	here := func(in int) bool { return slices.Contains(c, in) }
	if !slices.ContainsFunc(a.all[fact].inputs, here) || !slices.ContainsFunc(c, func(f int) bool { return slices.Contains(a.all[f].inputs, fact) }) {
		return false
	}
	n := 0
	for _, f := range c {
		if a.all[f].varies() {
			n++
		}
	}
	return n > varying
}

// inputs returns the inputs of a fact: of those that changed alike as many as are
// played together, and one of those that all releases declare alike.
func (a *facts) inputs(fact int) subset {
	var out subset
	alike := map[int]int{}
	for _, in := range a.all[fact].inputs {
		look, some := a.looks.number(a, in), 1
		if a.all[in].affected {
			some = together
		}
		if alike[look]++; alike[look] <= some {
			out = append(out, in)
		}
	}
	return out
}

// drops reports whether a model drops a fact.
func (a *facts) drops(f *fact) bool {
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

// leads reports whether a fact is computed from another, directly or not.
func (a *facts) leads(from, to int) bool {
	reached := subset{to}
	for i := 0; i < len(reached); i++ {
		for _, in := range a.all[reached[i]].inputs {
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

// looks numbers facts by the likeness of each alone, and of its inputs.
type looks struct {
	of      map[int]int    // by fact
	numbers map[string]int // by likeness
}

func (l *looks) number(a *facts, fact int) int {
	if n, ok := l.of[fact]; ok {
		return n
	}
	l.of[fact] = -1 // if a released model was edited, facts may be computed from each other
	f := &a.all[fact]
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
