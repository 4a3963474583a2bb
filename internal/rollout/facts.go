package rollout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// place is an attribute of a model.
type place struct {
	model int
	name  string
}

// fact is an attribute under all its names.
type fact struct {
	places   []place
	here     map[*definition.Model]*definition.Attribute
	affected bool   // the models that a document may have differ in it
	changed  bool   // so do the models that a release of the case may write
	group    string // facts of one group behave alike, unless changed
	secret   bool
	lacking  bool // it is optional or nullable: a document may have no value

	shapes  map[*definition.Attribute]string // the number of each declaration
	like    string                           // all declarations, apart from names
	aspects []string                         // what each model of each type declares of it, apart from its names
	shared  bool                             // another fact has one of its names
	sealed  bool                             // some model binds or encrypts it
	inputs  subset                           // the facts that it is computed from
	odd     []string                         // values that some models hold and others do not: see refusals
	alike   []int                            // facts that changed in the same way, which this one represents
}

// facts is the facts of a case.
type facts struct {
	of    Case // with declarations that are reduced
	types []*definition.Type
	all   []fact
	at    map[place]int // the fact of a place
	steps []modelStep   // the models of each type, in the order of aspects
	looks looks

	// sealing are, for each native model that has a seal, the facts for which it
	// has one.
	sealing []subset
}

// collectFacts finds the facts of a case. The releases share places: a number is
// one model, even if it was edited after its release.
func collectFacts(c Case) *facts {
	a := &facts{of: reduced(c), at: map[place]int{}, looks: looks{map[int]int{}, map[string]int{}}}
	a.types = a.of.types()
	a.findFacts()
	a.findSteps()
	for i := range a.all {
		reduceFact(&a.all[i], a.types)
		a.describe(&a.all[i])
	}
	for _, t := range a.types {
		for i := range t.Models {
			if m := &t.Models[i]; native(m) && len(m.Encrypted)+len(m.AAD) > 0 {
				a.sealing = append(a.sealing, a.sealed(m))
			}
		}
	}
	return a
}

// findFacts follows attributes through the models.
func (a *facts) findFacts() {
	joined := newForest()
	for _, t := range a.types {
		for i := range t.Models {
			m := &t.Models[i]
			for _, attribute := range m.Attributes {
				joined.add(place{m.Number, attribute.Name})
			}
			if i == 0 {
				continue
			}
			for _, attribute := range t.Models[i-1].Attributes {
				if after := m.AttributeAfter(attribute.Name); after != nil {
					joined.join(place{i, attribute.Name}, place{m.Number, after.Name})
				}
			}
		}
	}
	for _, p := range joined.order {
		root := joined.find(p)
		if _, ok := a.at[root]; !ok {
			a.at[root] = len(a.all)
			a.all = append(a.all, fact{here: map[*definition.Model]*definition.Attribute{}})
		}
		f := a.at[root]
		a.at[p] = f
		a.all[f].places = append(a.all[f].places, p)
	}
	first := map[string]int{}
	for _, p := range joined.order {
		f := a.at[p]
		if other, ok := first[p.name]; ok && other != f {
			a.all[f].shared, a.all[other].shared = true, true
		}
		first[p.name] = f
	}
	for _, t := range a.types {
		for i := range t.Models {
			m := &t.Models[i]
			for k := range m.Attributes {
				at := &m.Attributes[k]
				a.all[a.at[place{m.Number, at.Name}]].here[m] = at
			}
		}
	}
}

// in returns the attribute of a model that is the fact, or nil.
func (f *fact) in(m *definition.Model) *definition.Attribute { return f.here[m] }

// modelStep is a model of a type.
type modelStep struct {
	typ    *definition.Type
	model  *definition.Model
	starts bool // documents differ from here on, whatever their attributes
}

// findSteps lists the models. From some on, documents differ whatever their
// attributes: a release begins to write or to open there, or knows no more.
func (a *facts) findSteps() {
	starts := map[int]bool{}
	for _, t := range a.types {
		starts[t.Oldest], starts[t.Write], starts[t.Write+1], starts[len(t.Models)+1] = true, true, true, true
	}
	for _, t := range a.types {
		for i := range t.Models {
			m := &t.Models[i]
			differs := i == 0 || m.Namespaces != t.Models[i-1].Namespaces || m.Format != t.Models[i-1].Format
			a.steps = append(a.steps, modelStep{t, m, differs || starts[m.Number]})
		}
	}
}

// sealed returns the facts that a model encrypts or binds.
func (a *facts) sealed(m *definition.Model) subset {
	var list subset
	for _, name := range slices.Concat(m.AAD, m.Encrypted) {
		if f, ok := a.at[place{m.Number, name}]; ok {
			list = append(list, f)
		}
	}
	return list
}

// withSeals adds a sealed fact of each native model to a subset, so that the
// documents of the search have a seal if the real ones have: that depends on all
// attributes of the model together.
func (a *facts) withSeals(c subset) subset {
	for _, list := range a.sealing {
		if !slices.ContainsFunc(c, func(f int) bool { return slices.Contains(list, f) }) && len(list) > 0 {
			c = append(c[:len(c):len(c)], list[0])
		}
	}
	return c
}

// types returns the definitions of a case, each one once, oldest first.
func (c Case) types() []*definition.Type {
	var types []*definition.Type
	for _, r := range append(slices.Clone(c.History), c.New) {
		if r.Type != nil && !slices.Contains(types, r.Type) {
			types = append(types, r.Type)
		}
	}
	return types
}

// describe notes what the models declare of a fact, and whether they differ.
func (a *facts) describe(f *fact) {
	lowest := a.types[0].Write
	for _, t := range a.types {
		lowest = min(lowest, t.Write)
	}
	f.affected = a.differ(f, min(a.opened(), lowest))
	f.changed = a.differ(f, lowest)
	for _, s := range a.steps {
		here := f.in(s.model)
		if here == nil {
			f.aspects = append(f.aspects, "")
			continue
		}
		if c, ok := s.model.ComputeOf(here.Name); ok {
			for _, name := range c.Inputs {
				if input, ok := a.at[place{s.model.Number - 1, name}]; ok && !slices.Contains(f.inputs, input) {
					f.inputs = append(f.inputs, input)
				}
			}
		}
		role := s.model.Role(here.Name)
		f.sealed = f.sealed || role != definition.Plain
		_, backfilled := s.model.BackfillOf(here.Name)
		_, computes := s.model.ComputeOf(here.Name)
		rename, renamed := s.model.RenameTo(here.Name)
		shows := slices.Contains(s.typ.Exposes, here.Name)
		aspect := fmt.Sprint(role, here.Optional, here.Default != "", shows, backfilled, computes, renamed, rename.Convert, f.shapes[here])
		if holdsAny(here.Value) {
			refused := refusals(s.model, here.Name)
			aspect += fmt.Sprint(refused)
			for _, text := range refused {
				if !slices.Contains(f.odd, text) {
					f.odd = append(f.odd, text)
				}
			}
		}
		if f.shared {
			aspect += here.Name
		}
		f.aspects = append(f.aspects, aspect)
	}
}

// differ reports whether the models from a number on differ in a fact. It notes
// what the first one declares.
func (a *facts) differ(f *fact, from int) bool {
	var first *definition.Attribute
	var firstIn *definition.Model
	var role definition.Role
	var exposed, missing, different bool
	for _, s := range a.steps {
		m := s.model
		if m.Number < from {
			continue
		}
		here := f.in(m)
		if here == nil {
			missing = true
			continue
		}
		shows := slices.Contains(s.typ.Exposes, here.Name)
		if first == nil {
			first, firstIn, role, exposed = here, m, m.Role(here.Name), shows
		}
		_, backfilled := m.BackfillOf(here.Name)
		_, computes := m.ComputeOf(here.Name)
		filled := m.Number > from && (backfilled || computes)
		if holdsAny(here.Value) && !slices.Equal(refusals(firstIn, first.Name), refusals(m, here.Name)) {
			different = true
		}
		if !sameAttribute(*first, *here) || f.shapes[first] != f.shapes[here] || m.Role(here.Name) != role || exposed != shows || filled {
			different = true
		}
	}
	f.group = "" // in no document
	if first == nil {
		return false
	}
	f.lacking = first.Optional || nullable(first.Value)
	f.secret = role == definition.Encrypted
	f.group = string(role)
	if exposed {
		f.group += " exposed"
	}
	return different || missing
}

// Values that some formats cannot seal. Only attributes of kind json can hold them;
// everywhere else a write has refused them.
const (
	loneSurrogate = `"\ud800"`     // the native format binds text, and this is not text
	beyondDouble  = `1e400`        // the kibana format binds and encrypts what JavaScript reads, which is null here
	beyondNumbers = `1e9999999999` // beyond what the native format binds
)

// refusals returns values that a model cannot seal under a name.
func refusals(m *definition.Model, name string) []string {
	switch role := m.Role(name); {
	case role == definition.Plain:
		return nil
	case !native(m):
		return []string{beyondDouble}
	case role == definition.Bound:
		return []string{loneSurrogate, beyondNumbers}
	}
	return nil
}

// isOdd reports whether a text holds such a value.
func isOdd(text string) bool {
	return strings.Contains(text, loneSurrogate) || definition.BeyondDouble(text)
}

// oldest returns the lowest model that every live release opens. The rollout has
// the condition that a scan found no documents below it.
func (a *facts) oldest() int {
	oldest := 1
	for _, r := range a.live() {
		oldest = max(oldest, r.Type.Oldest)
	}
	return oldest
}

// opened returns the lowest model that a live release uses to open a document: a
// release that knows no model from oldest on uses its newest.
func (a *facts) opened() int {
	opened := a.oldest()
	for _, r := range a.live() {
		opened = min(opened, len(r.Type.Models))
	}
	return opened
}

func (a *facts) live() []Release {
	live := []Release{a.of.New}
	if i := a.of.running(); i >= 0 {
		live = append(live, a.of.History[i])
	}
	return slices.DeleteFunc(live, func(r Release) bool { return r.Type == nil })
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
