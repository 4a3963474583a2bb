package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"

	"github.com/esogen/esogen/internal/definition"
)

// Moved is an attribute that a new model of the specs computes another one from
// and removes. A release that announces such a model may not change the one,
// since the model drops it, and does not have the other, since it does not
// write it. So the plan's models keep the attribute, and one more model at the
// end removes it: there is a release that has both. No other model changes its
// number, so that handwritten functions keep their names.
type Moved struct {
	Name     string // the attribute
	Computed string // what is computed from it
	Model    int    // the model of the specs that removes it
	To       int    // the model of the plan that does
}

// split moves the removals of inputs out of the models above the known ones, and
// returns the type with one model more. Where there are none, or where the specs
// do not write their newest model, it returns nil.
func split(target *definition.Type, known int) (*definition.Type, []Moved) {
	n := len(target.Models)
	if target.Write != n {
		return nil, nil
	}
	var moved []Moved
	t := *target
	t.Models = slices.Clone(target.Models)
	for i := max(known, 1); i < n; i++ {
		m := &t.Models[i]
		for _, f := range m.Computed {
			for _, input := range f.Inputs {
				if slices.Contains(m.Removed, input) && !excused(target, m, f) {
					m.Removed = slices.DeleteFunc(slices.Clone(m.Removed), func(name string) bool { return name == input })
					moved = append(moved, Moved{input, f.Name, m.Number, n + 1})
				}
			}
		}
		for _, kept := range moved {
			m.Encrypted = keep(m.Encrypted, m.StatesEncrypted, kept.Name, t.Models[i-1].Encrypted)
			m.AAD = keep(m.AAD, m.StatesAAD, kept.Name, t.Models[i-1].AAD)
		}
	}
	if len(moved) == 0 {
		return nil, nil
	}
	last := target.Models[n-1]
	removal := definition.Model{Number: n + 1, Namespaces: last.Namespaces, Format: last.Format}
	for _, kept := range moved {
		removal.Removed = append(removal.Removed, kept.Name)
	}
	t.Models, t.Write = append(t.Models, removal), n+1
	t.Resolve()
	if !valid(&t) {
		return nil, nil
	}
	return &t, moved
}

// keep puts a name into a set that a model states, where the model before has
// it in that set.
func keep(set []string, stated bool, name string, before []string) []string {
	if !stated || !slices.Contains(before, name) || slices.Contains(set, name) {
		return set
	}
	return append(slices.Clone(set), name)
}

// excused reports whether a person has said that a model may remove what it
// computes from.
func excused(t *definition.Type, m *definition.Model, f definition.Compute) bool {
	return slices.ContainsFunc(t.Exceptions, func(e definition.Exception) bool {
		return e.Reason != "" && e.Covers("definition/computed-from-removed", f.Name, m.Number)
	})
}

// blind reports whether a release of the candidate can neither change an input
// of a computed attribute nor see the attribute, because it announces both that
// it is computed and that the input is removed. What is known already is not
// the candidate's doing.
func (c candidate) blind(known int) bool {
	for i := c.write; i < c.models; i++ {
		m := &c.typ.Models[i]
		for _, f := range m.Computed {
			if excused(c.typ, m, f) {
				continue
			}
			for _, input := range f.Inputs {
				if c.typ.InputRemoved(m, f, input) > known {
					return true
				}
			}
		}
	}
	return false
}

// heldRemovals says where a stage removes what was moved.
func (t *Type) heldRemovals(stage *definition.Type) []string {
	var held []string
	for _, m := range t.Moved {
		switch {
		case len(stage.Models) >= m.To:
			held = append(held, fmt.Sprintf("%q removed by model %d instead of model %d", m.Name, m.To, m.Model))
		case len(stage.Models) >= m.Model:
			held = append(held, fmt.Sprintf("%q kept in model %d", m.Name, m.Model))
		}
	}
	return held
}

// moveRemovals edits the declaration of a type from that of the specs to the
// newest one of the plan.
func (t *Type) moveRemovals(sources []*source) {
	target := t.Stages[len(t.Stages)-1].Type
	label, newest := target.Label, len(target.Models)
	var removed []string
	for _, m := range t.Moved {
		removed = append(removed, quote(m.Name))
	}
	for number := t.Moved[0].Model; number < newest; number++ {
		m := &target.Models[number-1]
		for _, p := range modelPlaces(sources, label, number) {
			for _, f := range p.fields("removed") {
				p.setList(f, m.Removed)
			}
			for _, f := range p.fields("encrypted") {
				p.addToList(f, m.Encrypted)
			}
			for _, f := range p.fields("aad") {
				p.addToList(f, m.AAD)
			}
		}
	}
	if slices.ContainsFunc(places(sources, label), func(p place) bool { return len(p.fields("write")) > 0 }) {
		set(sources, label, "write", strconv.Itoa(target.Write))
	}
	addModel(sources, label, newest, "removed: ["+strings.Join(removed, ", ")+"]")
}

// modelPlaces returns the literals that a model of a type consists of.
func modelPlaces(sources []*source, label string, number int) []place {
	var found []place
	for _, p := range places(sources, label) {
		for _, models := range p.fields("models") {
			for _, inner := range p.literals(models.Value) {
				for _, f := range inner.fields(strconv.Itoa(number)) {
					found = append(found, p.literals(f.Value)...)
				}
			}
		}
	}
	return found
}

// setList takes out of a list of names what is not among the names. A list that
// is empty then goes with its field.
func (p place) setList(f *ast.Field, names []string) {
	list, ok := f.Value.(*ast.ListLit)
	if !ok {
		return
	}
	var left []string
	for _, e := range list.Elts {
		text := string(p.text[e.Pos().Offset():e.End().Offset()])
		if name, err := literal.Unquote(text); err == nil && slices.Contains(names, name) {
			left = append(left, text)
		}
	}
	switch {
	case len(left) == len(list.Elts):
	case len(left) == 0 && p.braces:
		p.remove(f)
	default:
		p.replace(list.Pos().Offset(), list.End().Offset(), "["+strings.Join(left, ", ")+"]")
	}
}

// addToList puts the names that a list lacks behind those that it has.
func (p place) addToList(f *ast.Field, names []string) {
	list, ok := f.Value.(*ast.ListLit)
	if !ok || len(names) <= len(list.Elts) {
		return
	}
	at, separator := list.Lbrack.Offset()+1, ""
	if n := len(list.Elts); n > 0 {
		at, separator = list.Elts[n-1].End().Offset(), ", "
	}
	var more []string
	for _, name := range names[len(list.Elts):] {
		more = append(more, quote(name))
	}
	p.replace(at, at, separator+strings.Join(more, ", "))
}
