package definition

import (
	"regexp"
	"strconv"
	"strings"
)

// Check tells what is wrong in one type, errors and warnings, in the order of
// its models. It expects models in the order of their numbers, and a type on
// which Resolve was called; beyond that it takes anything. A warning for which
// the type has an exception is left out.
//
// What two types do to each other is for CheckAll.
func Check(t *Type) []Problem {
	c := &checker{t: t}
	c.typeName()
	c.flag()
	c.exceptions()
	if t.Retired && len(t.Models) == 0 {
		return c.problems
	}
	c.numbers()
	c.namespaces()
	c.format()
	c.names()
	c.steps()
	c.inputs()
	c.values()
	c.exposes()
	c.goNames()
	if !t.Retired {
		c.boundAttributes()
	}
	return c.problems
}

// checker collects the problems of one type.
type checker struct {
	t        *Type
	problems []Problem
}

// at is the place of a problem: the model and the attribute, where it has
// them, and the path.
type at struct {
	model     int
	attribute string
	path      Path
}

// onType is a place outside the models.
func onType(path ...string) at { return at{path: path} }

// onModel is a place in a model.
func onModel(m *Model, path ...string) at {
	return at{model: m.Number, path: append(Path{"models", strconv.Itoa(m.Number)}, path...)}
}

// of says which attribute a problem is about.
func (p at) of(attribute string) at {
	p.attribute = attribute
	return p
}

// onAttribute is the declaration of an attribute, or of a field below it.
func onAttribute(m *Model, name string, below ...string) at {
	return onModel(m, append([]string{"attributes", name}, below...)...).of(name)
}

func (c *checker) fail(rule string, where at, message, hint string) {
	c.report(rule, Error, where, message, hint)
}

func (c *checker) warn(rule string, where at, message, hint string) {
	for i := range c.t.Exceptions {
		if e := &c.t.Exceptions[i]; e.Reason != "" && e.Covers("definition/"+rule, where.attribute, where.model) {
			return
		}
	}
	c.report(rule, Warning, where, message, hint)
}

func (c *checker) report(rule string, severity Severity, where at, message, hint string) {
	c.problems = append(c.problems, Problem{
		Rule: "definition/" + rule, Severity: severity,
		Type: c.t.Name, Attribute: where.attribute, Model: where.model, Path: where.path,
		Message: message, Hint: hint,
	})
}

// before returns the model that stands before the one at that index, or nil.
func (c *checker) before(i int) *Model {
	if i == 0 {
		return nil
	}
	return &c.t.Models[i-1]
}

// typeNames is what a type may be called: it becomes part of file names.
var typeNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

func (c *checker) typeName() {
	if !typeNames.MatchString(c.t.Name) {
		c.fail("type-name", onType("name"), quoted(c.t.Name)+" cannot be the name of a type",
			`use letters, digits, ".", "_" and "-", at most 128 of them, a letter or a digit first; name: "…" gives a type another name than its label`)
	}
	if c.t.GoName != "" && !IsExportedGoName(c.t.GoName) {
		c.fail("go-name", onType(), "@go("+c.t.GoName+") on the type is not an exported Go identifier",
			"begin it with a capital letter, and use letters, digits and underscores only")
	}
}

// flagNames is what a flag may be called: the command line lists several with
// commas between them.
var flagNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$`)

func (c *checker) flag() {
	if c.t.Flag != "" && !flagNames.MatchString(c.t.Flag) {
		c.fail("flag", onType("flag"), quoted(c.t.Flag)+" cannot be the name of a flag",
			`use letters, digits, ".", "_", ":", "/" and "-", at most 128 of them, a letter or a digit first`)
	}
}

func quoted(s string) string { return strconv.Quote(s) }

// path writes the way to a nested field for a message.
func dotted(path []string) string { return strings.Join(path, ".") }
