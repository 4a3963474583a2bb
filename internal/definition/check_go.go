package definition

import (
	"fmt"
	"regexp"
	"slices"
)

// goNames checks that what becomes a Go identifier is one, and that no two
// things of one scope share it. Every model counts, since its struct may be
// needed: for the model that is written, and for what a function converts.
func (c *checker) goNames() {
	reported := map[string]bool{}
	for i := range c.t.Models {
		m := &c.t.Models[i]
		scope := &goScope{checker: c, model: m, reported: reported, types: map[string]goUse{}}
		scope.fields(m.Attributes, nil, "")
	}
	if takenByPackage.MatchString(c.t.GoName) {
		c.fail("go-name-taken", onType(), "@go("+c.t.GoName+") on the type is a name that the generated package needs itself", "choose another name")
	}
}

// takenByPackage are the identifiers of a generated package, and takenByObject
// the methods of its struct. What would collide without @go gets out of the
// way by itself.
var (
	takenByPackage = regexp.MustCompile(`^(Fingerprint|Migrate([0-9]+To[0-9]+)?|Model[0-9]+|New|Objects|Open|Patch|Read|Ref|Seal|Type|Update)$`)
	takenByObject  = regexp.MustCompile(`^(Apply|Changes|MarshalJSON|UnmarshalJSON)$`)
)

// goScope is the Go package that would hold the structs of one model.
type goScope struct {
	*checker
	model    *Model
	types    map[string]goUse // by identifier: nested types and constants of enums
	reported map[string]bool  // over all models, so that nothing is said twice
}

// goUse is what an identifier names.
type goUse struct {
	what  string // for a message: `"config.retry"`
	shape Value
	field string // the top-level attribute that it is part of
}

// fields checks one struct: its field names, and the types below it. prefix is
// the name of the struct, and path the way to it; both are empty for the
// object itself.
func (s *goScope) fields(fields []Attribute, path []string, prefix string) {
	seen := map[string]string{}
	for i := range fields {
		a := &fields[i]
		below := append(path[:len(path):len(path)], a.Name)
		name, ok := s.fieldName(a, below)
		if !ok {
			continue
		}
		if first, taken := seen[name]; taken && first == a.Name {
			continue // two attributes of one name: a step says so already
		} else if taken {
			s.once("go-name-collision", below, fmt.Sprintf("%q and %q would both be %s in Go", dotted(append(path[:len(path):len(path)], first)), dotted(below), name),
				"give one of them another name: @go(Name) behind its declaration")
			continue
		}
		seen[name] = a.Name
		s.nested(a.Value, prefix+name, below)
	}
}

func (s *goScope) fieldName(a *Attribute, path []string) (string, bool) {
	name := a.FieldName()
	switch {
	case a.GoName != "" && !IsExportedGoName(a.GoName):
		s.once("go-name", path, fmt.Sprintf("@go(%s) on %q is not an exported Go identifier", a.GoName, dotted(path)),
			"begin it with a capital letter, and use letters, digits and underscores only")
	case name == "":
		s.once("no-go-name", path, fmt.Sprintf("%q has no name in Go", dotted(path)),
			"give it one: @go(Name) behind its declaration")
	case a.GoName != "" && takenByObject.MatchString(a.GoName):
		s.once("go-name-taken", path, fmt.Sprintf("@go(%s) on %q is a name that the generated struct needs itself", a.GoName, dotted(path)), "choose another name")
	default:
		return name, true
	}
	return "", false
}

// nested claims the identifiers of the types that a value needs. The name of
// an unnamed one follows from its place: Config, ConfigRetry, RulesItem.
func (s *goScope) nested(v Value, name string, path []string) {
	if v.Definition != "" {
		if v.GoName != "" && !IsExportedGoName(v.GoName) {
			s.once("go-name", path, fmt.Sprintf("@go(%s) on %s is not an exported Go identifier", v.GoName, v.Definition),
				"begin it with a capital letter, and use letters, digits and underscores only")
			return
		}
		if name = v.TypeName(); name == "" {
			s.once("no-go-name", path, fmt.Sprintf("%s, the type of %q, has no name in Go", v.Definition, dotted(path)), "give the definition another name")
			return
		}
	}
	switch {
	case v.Kind == Struct:
		if s.claim(name, goUse{dotted(path), v, path[0]}, path) {
			s.fields(v.Fields, path, name)
		}
	case len(v.Enum) > 0:
		if s.claim(name, goUse{dotted(path), v, path[0]}, path) {
			for i, constant := range ConstantNames(name, v.Enum) {
				s.claim(constant, goUse{v.Enum[i] + " of " + dotted(path), Value{}, path[0]}, path)
			}
		}
	case v.Kind == List && v.Elem != nil:
		s.nested(*v.Elem, name+"Item", path)
	case v.Kind == Map && v.Elem != nil:
		s.nested(*v.Elem, name+"Value", path)
	}
}

// claim takes an identifier. It returns false if there is nothing more to
// do: another thing has it, or the same shared definition.
func (s *goScope) claim(name string, use goUse, path []string) bool {
	first, taken := s.types[name]
	if !taken {
		s.types[name] = use
		return true
	}
	same := first.shape.Kind != "" && first.shape.Definition != "" && first.shape.Definition == use.shape.Definition && sameShape(first.shape, use.shape)
	if !same {
		s.once("go-name-collision", path, fmt.Sprintf("the Go types of %q and of %q would both be called %s", first.what, use.what, name),
			"give one of them another name: @go(Name) behind its declaration")
	}
	return false
}

// once reports a problem of an attribute at its newest declaration, and only
// in the first model that has it.
func (s *goScope) once(rule string, path []string, message, hint string) {
	if s.reported[rule+message] {
		return
	}
	s.reported[rule+message] = true
	s.fail(rule, s.declaration(path), message, hint)
}

// declaration returns where the attribute at the head of a path got the form
// that it has in the scope's model.
func (s *goScope) declaration(path []string) at {
	name := path[0]
	for i := slices.IndexFunc(s.t.Models, func(m Model) bool { return m.Number == s.model.Number }); i >= 0; i-- {
		m := &s.t.Models[i]
		if slices.ContainsFunc(m.Declared, named(name)) {
			return onAttribute(m, name, path[1:]...)
		}
		if r, ok := m.RenameTo(name); ok {
			if name == path[0] {
				return onModel(m, "renamed", name).of(name)
			}
			name = r.Old
		}
	}
	return onModel(s.model).of(name)
}
