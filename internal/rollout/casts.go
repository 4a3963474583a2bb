package rollout

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// together is how many affected attributes are played at a time; every pair is.
// A broken promise is about one attribute that is at stake, and one whose
// change harms it: the bound one under a secret, the two ends of an exchange of
// names. A third would have to matter to what one operation does to the two,
// and the runtime treats attributes one by one, apart from the AAD, in which
// each counts for itself. TestTogether doubles the number and finds nothing
// more.
const together = 2

// likeness says all there is to say of the facts of a play, apart from their
// names, and from models between which nothing changes for them. Plays of one
// likeness find the same. order is the facts as the text has them.
func (a *atlas) likeness(c cast) (text string, order cast) {
	order = slices.Clone(c)
	if len(order) > 1 {
		alone := map[int]string{}
		for _, i := range order {
			alone[i], _ = a.likeness(cast{i})
		}
		slices.SortStableFunc(order, func(i, k int) int { return strings.Compare(alone[i], alone[k]) })
	}
	var b strings.Builder
	for _, i := range order {
		b.WriteString(a.facts[i].like + ";")
		for _, input := range a.facts[i].inputs {
			fmt.Fprintf(&b, "<%d", slices.Index(order, input))
		}
	}
	var last []string
	for i, s := range a.steps {
		changes := s.starts || last == nil
		var here []string
		for _, k := range order {
			f := &a.facts[k]
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

// sameAsBefore reports whether nothing changes for some facts with a model of a
// type.
func (a *atlas) sameAsBefore(t *definition.Type, number int, c cast) bool {
	i := slices.IndexFunc(a.steps, func(s modelStep) bool { return s.typ == t && s.model.Number == number })
	if number == 1 || a.steps[i].starts {
		return false
	}
	return !slices.ContainsFunc(c, func(k int) bool {
		f := &a.facts[k]
		return f.aspects[i] != f.aspects[i-1] || f.moves(a.steps[i].model)
	})
}

// apart reports whether the fact is nothing to any other: it shares no name, and
// either no model binds or encrypts it, or it changed in models only that no
// release of the case writes. Then it is for others what it is for all of them.
func (f *fact) apart() bool { return !f.shared && !(f.sealed && f.changed) }

// moves reports whether a model does something to the fact: then it is another
// model than the one before, even where it says the same.
func (f *fact) moves(m *definition.Model) bool {
	if at := f.in(m); at != nil {
		_, renamed := m.RenameTo(at.Name)
		_, backfilled := m.BackfillOf(at.Name)
		_, computes := m.ComputeOf(at.Name)
		return renamed || backfilled || computes
	}
	return false
}

// varies reports whether documents that lack the fact are played too: where it is
// affected, and where it stands for secrets of which none need be there. A
// document without any secret is bound to nothing, and so opens where others do
// not.
func (f *fact) varies() bool { return f.affected || f.secret && f.lacking }

// cast is the facts of one play, by number.
type cast []int

// casts returns the plays that a case needs: each affected fact and each pair of
// those that are something to each other, with one of every group of the others.
// Of plays that are equal but for names one is returned, and its facts stand for
// those of the others.
func (a *atlas) casts(o options) []cast {
	var affected, chorus cast
	chosen := map[string]int{}
	better := func(f, known *fact) bool {
		if f.affected != known.affected {
			return !f.affected
		}
		return known.lacking && !f.lacking
	}
	for i := range a.facts {
		f := &a.facts[i]
		if f.affected || !o.reduce {
			affected = append(affected, i)
		}
		if known, ok := chosen[f.group]; f.group != "" && !f.changed && o.reduce && (!ok || better(f, &a.facts[known])) {
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
	without := func(some, others cast) cast {
		return slices.DeleteFunc(slices.Clone(some), func(i int) bool { return slices.Contains(others, i) })
	}
	var casts []cast
	known := map[string]cast{}
	add := func(some cast) {
		whole := a.withSeals(append(some, without(chorus, some)...))
		if crowded {
			alike, order := a.likeness(append(some, without(without(whole, chorus), some)...))
			if same, ok := known[alike]; ok {
				for i, f := range order {
					a.stands(same[i], f)
				}
				return
			}
			known[alike] = order
		}
		casts = append(casts, whole)
	}
	if !o.reduce || len(affected) <= o.together {
		for _, some := range a.withInputs(affected) {
			add(some)
		}
	} else {
		together := slices.DeleteFunc(slices.Clone(affected), func(i int) bool { return a.facts[i].apart() })
		if len(together) >= o.together {
			for some := range choose(together, o.together) {
				add(a.withInputs(some)[0]) // alone it meets all of its inputs
			}
		}
	}
	if o.reduce && len(affected) > 1 {
		for _, i := range affected { // alone too: what breaks for one hides what breaks for another
			for _, some := range a.withInputs(cast{i}) {
				add(some)
			}
		}
	}
	return casts
}

// crowd is how many affected attributes are told apart. Of more, those that
// changed alike stand for each other: as many of them as are played together.
const crowd = 5

// merge leaves that many facts of the same aspects.
func (a *atlas) merge(affected cast, size int) cast {
	kept := map[int]cast{}
	var out cast
	for _, i := range affected {
		key := a.looks.number(a, i)
		if len(kept[key]) < size {
			kept[key] = append(kept[key], i)
			out = append(out, i)
			continue
		}
		for _, k := range kept[key] {
			a.stands(k, i)
		}
	}
	return out
}

// stands notes that one fact stands for another, and for those that it stands
// for.
func (a *atlas) stands(one, other int) {
	f := &a.facts[one]
	for _, i := range append(cast{other}, a.facts[other].alike...) {
		if one != i && !slices.Contains(f.alike, i) {
			f.alike = append(f.alike, i)
		}
	}
}

// choose goes through the subsets of that size.
func choose(from cast, size int) iter.Seq[cast] {
	return func(yield func(cast) bool) { chooseMore(nil, from, size, yield) }
}

func chooseMore(chosen, from cast, size int, yield func(cast) bool) bool {
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
