package diff

import (
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// stepTo tells what a model does to the one before, which is nil for the first
// one.
func stepTo(before, m *definition.Model) []Change {
	s := &step{before: before, after: m}
	if before == nil {
		s.before = &definition.Model{}
		s.add(Namespaces, "", "namespaces are %q", m.Namespaces)
		s.add(Format, "", "the format is %q", m.Format)
	} else {
		s.framing()
	}
	for _, r := range m.Renamed {
		s.renamed(r)
	}
	s.attributes(func(name string) string {
		old, _ := m.Before(name)
		return old
	})
	for _, b := range m.Backfill {
		s.add(Backfill, b.Name, "%q is %s where a document lacks it", b.Name, b.Value)
	}
	for _, c := range m.Computed {
		s.add(Computed, c.Name, "%q is computed from %s of model %d", c.Name, inputs(c), m.Number-1)
	}
	return s.list
}

// compareModels tells how one model differs between two releases.
func compareModels(before, after *definition.Model) []Change {
	s := &step{before: before, after: after}
	s.framing()
	s.steps()
	s.attributes(func(name string) string { return name })
	if before.Doc != after.Doc {
		s.add(Docs, "", "the comment of the model is changed")
	}
	return s.list
}

// step compares two models.
type step struct {
	changes
	before, after *definition.Model
}

func (s *step) add(kind Kind, attribute, format string, args ...any) {
	s.changes.add(kind, s.after.Number, attribute, format, args...)
}

func (s *step) framing() {
	if s.before.Namespaces != s.after.Namespaces {
		s.add(Namespaces, "", "namespaces are %q instead of %q", s.after.Namespaces, s.before.Namespaces)
	}
	if s.before.Format != s.after.Format {
		s.add(Format, "", "the format is %q instead of %q", s.after.Format, s.before.Format)
	}
}

func (s *step) renamed(r definition.Rename) {
	how := ""
	if r.Convert {
		how = ", and converted"
	}
	s.add(AttributeRenamed, r.New, "%q is renamed from %q%s", r.New, r.Old, how)
}

// steps compares how two releases come to the same model from the one before.
func (s *step) steps() {
	for _, r := range s.after.Renamed {
		if !slices.Contains(s.before.Renamed, r) {
			s.renamed(r)
		}
	}
	for _, r := range s.before.Renamed {
		if _, ok := s.after.RenameTo(r.New); !ok {
			s.add(AttributeRenamed, r.New, "%q is no longer renamed from %q", r.New, r.Old)
		}
	}
	added, removed := difference(s.before.Removed, s.after.Removed)
	for _, name := range added {
		s.add(AttributeRemoved, name, "%q is removed from model %d on", name, s.after.Number)
	}
	for _, name := range removed {
		s.add(AttributeRemoved, name, "%q is no longer removed in this model", name)
	}
	for _, b := range s.after.Backfill {
		was, ok := s.before.BackfillOf(b.Name)
		switch {
		case !ok:
			s.add(Backfill, b.Name, "%q is %s where a document lacks it", b.Name, b.Value)
		case was != b.Value:
			s.add(Backfill, b.Name, "%q is %s instead of %s where a document lacks it", b.Name, b.Value, was)
		}
	}
	for _, b := range s.before.Backfill {
		if _, ok := s.after.BackfillOf(b.Name); !ok {
			s.add(Backfill, b.Name, "%q is no longer filled in where a document lacks it", b.Name)
		}
	}
	for _, c := range s.after.Computed {
		switch was, ok := s.before.ComputeOf(c.Name); {
		case !ok:
			s.add(Computed, c.Name, "%q is computed from %s", c.Name, inputs(c))
		case was.Unstated != c.Unstated:
			s.add(Computed, c.Name, "%q is computed from %s, where one of the releases does not state what from", c.Name, inputs(c))
		case !was.Equal(c):
			s.add(Computed, c.Name, "%q is computed from %s instead of %s", c.Name, inputs(c), inputs(was))
		}
	}
	for _, c := range s.before.Computed {
		if _, ok := s.after.ComputeOf(c.Name); !ok {
			s.add(Computed, c.Name, "%q is no longer computed", c.Name)
		}
	}
}

// inputs words what an attribute is computed from.
func inputs(c definition.Compute) string {
	if len(c.Inputs) == 0 {
		return "nothing"
	}
	list := make([]string, len(c.Inputs))
	for i, name := range c.Inputs {
		list[i] = strconv.Quote(name)
	}
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return list[0]
}

// attributes compares the attributes; old gives the name that one had before.
func (s *step) attributes(old func(string) string) {
	kept := map[string]bool{} // by the old name
	var order []string
	for i := range s.after.Attributes {
		a := &s.after.Attributes[i]
		was := s.before.Attribute(old(a.Name))
		if was == nil {
			s.add(AttributeAdded, a.Name, "%q is added: %s", a.Name, described(*a, s.after.Role(a.Name)))
			continue
		}
		kept[was.Name] = true
		order = append(order, was.Name)
		s.attribute(was, a)
	}
	for i := range s.before.Attributes {
		name := s.before.Attributes[i].Name
		if !kept[name] && !slices.ContainsFunc(s.list, func(c Change) bool { return c.Kind == AttributeRemoved && c.Attribute == name }) {
			s.add(AttributeRemoved, name, "%q is removed", name)
		}
	}
	if len(s.before.Attributes) > 0 {
		s.order("attributes", order, names(s.before.Attributes))
		s.order("encrypted attributes", renamedTo(s.after.Encrypted, old), s.before.Encrypted)
		s.order("bound attributes", renamedTo(s.after.AAD, old), s.before.AAD)
	}
}

func (s *step) attribute(was, a *definition.Attribute) {
	s.role(a.Name, s.before.Role(was.Name), s.after.Role(a.Name))
	v := &values{step: s, attribute: a.Name}
	v.field(subject(a.Name), was, a)
}

func (s *step) role(name string, was, is definition.Role) {
	if was == is {
		return
	}
	switch was {
	case definition.Bound:
		s.add(Unbound, name, "%q is no longer bound", name)
	case definition.Encrypted:
		s.add(NotEncrypted, name, "%q is no longer encrypted", name)
	}
	switch is {
	case definition.Bound:
		s.add(Bound, name, "%q is now bound", name)
	case definition.Encrypted:
		s.add(Encrypted, name, "%q is now encrypted", name)
	}
}

// order tells when those that are in both lists stand in another order. That of
// the sets goes into the definition hash.
func (s *step) order(what string, after, before []string) {
	in := func(list []string) func(string) bool {
		return func(name string) bool { return !slices.Contains(list, name) }
	}
	a := slices.DeleteFunc(slices.Clone(after), in(before))
	b := slices.DeleteFunc(slices.Clone(before), in(after))
	if !slices.Equal(a, b) {
		s.add(Order, "", "the %s stand in another order", what)
	}
}

func names(attributes []definition.Attribute) []string {
	list := make([]string, len(attributes))
	for i := range attributes {
		list[i] = attributes[i].Name
	}
	return list
}

func renamedTo(list []string, old func(string) string) []string {
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = old(name)
	}
	return out
}
