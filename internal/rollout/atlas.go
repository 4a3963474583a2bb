package rollout

import (
	"fmt"
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

// place is an attribute of a model.
type place struct {
	model int
	name  string
}

// fact is what an attribute stands for, under all its names.
type fact struct {
	places   []place
	affected bool
	group    string // facts of one group behave alike, unless affected
	secret   bool
	lacking  bool // a document may have no value there: it is optional or nullable

	// profile is all that the releases say of the fact, apart from its names.
	// Facts of one profile behave alike, affected or not.
	profile string
	alike   []int // facts of the same profile that this one stands for
}

// atlas is the facts of a case.
type atlas struct {
	facts []fact
	at    map[place]int // the fact of a place

	// sealing are, for each native model that has a seal, the facts for which it
	// has one.
	sealing []cast
}

// survey finds the facts of a case. Places are shared by the releases: a model
// of one number is one model, even where an edit made it another.
func survey(c Case) *atlas {
	a := &atlas{at: map[place]int{}}
	joined := newForest()
	types := c.types()
	for _, t := range types {
		for i := range t.Models {
			m := &t.Models[i]
			for _, attribute := range m.Attributes {
				joined.add(place{m.Number, attribute.Name})
			}
			if i == 0 {
				continue
			}
			for _, attribute := range t.Models[i-1].Attributes {
				if next := nameAfter(m, attribute.Name); next != "" && m.Attribute(next) != nil {
					joined.join(place{i, attribute.Name}, place{m.Number, next})
				}
			}
		}
	}
	for _, p := range joined.order {
		root := joined.find(p)
		if _, ok := a.at[root]; !ok {
			a.at[root] = len(a.facts)
			a.facts = append(a.facts, fact{})
		}
		f := a.at[root]
		a.at[p] = f
		a.facts[f].places = append(a.facts[f].places, p)
	}
	lowest := types[0].Write
	for _, t := range types {
		lowest = min(lowest, t.Write)
	}
	for i := range a.facts {
		a.describe(&a.facts[i], types, lowest)
	}
	for _, t := range types {
		for i := range t.Models {
			if m := &t.Models[i]; native(m) && len(m.Encrypted)+len(m.AAD) > 0 {
				a.sealing = append(a.sealing, a.sealed(m))
			}
		}
	}
	return a
}

// sealed returns the facts that a model encrypts or binds.
func (a *atlas) sealed(m *definition.Model) cast {
	var list cast
	for _, name := range slices.Concat(m.AAD, m.Encrypted) {
		if f, ok := a.at[place{m.Number, name}]; ok {
			list = append(list, f)
		}
	}
	return list
}

// withSeals adds to a cast what it takes for the documents of each native model
// to have a seal in the play where they have one in truth: whether there is one
// depends on all attributes of the model together.
func (a *atlas) withSeals(c cast) cast {
	for _, list := range a.sealing {
		if !slices.ContainsFunc(c, func(f int) bool { return slices.Contains(list, f) }) && len(list) > 0 {
			c = append(c[:len(c):len(c)], list[0])
		}
	}
	return c
}

// types returns the definitions of a case, oldest first.
func (c Case) types() []*definition.Type {
	var types []*definition.Type
	for _, r := range append(slices.Clone(c.History), c.New) {
		if r.Type != nil {
			types = append(types, r.Type)
		}
	}
	return types
}

// describe tells whether a fact is the same in every model of every release
// that a document may be of. No release wrote one below the lowest model.
func (a *atlas) describe(f *fact, types []*definition.Type, lowest int) {
	var first *definition.Attribute
	var role definition.Role
	var profile strings.Builder
	var exposed, missing bool
	for _, t := range types {
		for i := lowest - 1; i < len(t.Models); i++ {
			m := &t.Models[i]
			at := f.in(m)
			if at == nil {
				missing = true
				profile.WriteString("- ")
				continue
			}
			shows := slices.Contains(t.Exposes, at.Name)
			if first == nil {
				first, role, exposed = at, m.Role(at.Name), shows
			}
			backfill, backfilled := m.BackfillOf(at.Name)
			filled := i >= lowest && (backfilled || slices.Contains(m.Computed, at.Name))
			_, renamed := m.RenameTo(at.Name)
			if !sameAttribute(*first, *at) || m.Role(at.Name) != role || exposed != shows || filled {
				f.affected = true
			}
			fmt.Fprintf(&profile, "%s %t %q %+v %t %q %t %t ", m.Role(at.Name), at.Optional, at.Default, shapeOf(at.Value), shows, backfill, filled, renamed)
			if a.shared(f, place{m.Number, at.Name}) {
				fmt.Fprintf(&profile, "%q ", at.Name)
			}
		}
	}
	if first == nil {
		f.group = "" // in no document
		return
	}
	f.affected = f.affected || missing
	f.lacking = first.Optional || nullable(first.Value)
	f.secret = role == definition.Encrypted
	f.group = string(role)
	if exposed {
		f.group += " exposed"
	}
	f.profile = profile.String()
}

// shared tells whether another fact has the name of the place in some model.
func (a *atlas) shared(f *fact, p place) bool {
	for i := range a.facts {
		other := &a.facts[i]
		if other != f && slices.ContainsFunc(other.places, func(q place) bool { return q.name == p.name }) {
			return true
		}
	}
	return false
}

// in returns the attribute of a model that stands for the fact, or nil.
func (f *fact) in(m *definition.Model) *definition.Attribute {
	for _, p := range f.places {
		if p.model == m.Number {
			if at := m.Attribute(p.name); at != nil {
				return at
			}
		}
	}
	return nil
}

// varies tells whether documents that lack the fact are played too: where it is
// affected, and where it stands for secrets of which none need be there. A
// document without any secret is bound to nothing, and so opens where others do
// not.
func (f *fact) varies() bool { return f.affected || f.secret && f.lacking }

// cast is the facts of one play, by number.
type cast []int

// casts returns the plays that a case needs: each pair of affected facts, with
// one of every group of the others.
func (a *atlas) casts(o options) []cast {
	var affected, chorus cast
	chosen := map[string]int{}
	for i, f := range a.facts {
		switch known, ok := chosen[f.group]; {
		case f.group == "":
		case f.affected || !o.reduce:
			affected = append(affected, i)
		case !ok || a.facts[known].lacking && !f.lacking:
			chosen[f.group] = i
		}
	}
	for _, i := range chosen {
		chorus = append(chorus, i)
	}
	slices.Sort(chorus)
	if o.reduce && len(affected) > crowd {
		affected = a.merge(affected, o.together)
	}
	if !o.reduce || len(affected) <= o.together {
		return []cast{a.withSeals(append(affected, chorus...))}
	}
	var casts []cast
	for _, some := range choose(affected, o.together) {
		casts = append(casts, a.withSeals(append(some, chorus...)))
	}
	return casts
}

// crowd is how many affected attributes are told apart. Of more, those that
// changed alike stand for each other: as many of them as are played together.
const crowd = 5

// merge leaves that many facts of each profile.
func (a *atlas) merge(affected cast, size int) cast {
	kept := map[string]cast{}
	var out cast
	for _, i := range affected {
		profile := a.facts[i].profile
		if len(kept[profile]) < size {
			kept[profile] = append(kept[profile], i)
			out = append(out, i)
			continue
		}
		for _, k := range kept[profile] {
			a.facts[k].alike = append(a.facts[k].alike, i)
		}
	}
	return out
}

// choose returns the subsets of that size.
func choose(from cast, size int) []cast {
	if size == 0 {
		return []cast{nil}
	}
	var sets []cast
	for i := range from {
		for _, rest := range choose(from[i+1:], size-1) {
			sets = append(sets, append(cast{from[i]}, rest...))
		}
	}
	return sets
}

// nameAfter returns the name in m of what the model before calls name, or ""
// where m removes it.
func nameAfter(m *definition.Model, name string) string {
	if slices.Contains(m.Removed, name) {
		return ""
	}
	if r, ok := m.RenameFrom(name); ok {
		return r.New
	}
	return name
}

// forest joins places into facts.
type forest struct {
	parent map[place]place
	order  []place
}

func newForest() *forest { return &forest{parent: map[place]place{}} }

func (f *forest) add(p place) {
	if _, ok := f.parent[p]; !ok {
		f.parent[p] = p
		f.order = append(f.order, p)
	}
}

func (f *forest) find(p place) place {
	for f.parent[p] != p {
		p = f.parent[p]
	}
	return p
}

func (f *forest) join(a, b place) {
	f.add(a)
	f.add(b)
	f.parent[f.find(b)] = f.find(a)
}

// list writes names for a person.
func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
