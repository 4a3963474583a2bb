package definition

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Severity says whether a problem stops esogen.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something wrong, or worth a second look, in one definition.
type Problem struct {
	Rule      string // stable id, for example "definition/unknown-name"
	Severity  Severity
	Type      string
	Attribute string // or ""
	Model     int    // or 0
	Path      Path   // where in the type's declaration
	Message   string // one sentence of fact, without the position
	Hint      string // one sentence: what to write instead
}

// Path points into a type's declaration, in the words of the spec language:
// {"models", "2", "aad", "0"}, {"write"}, {"models", "1", "attributes", "x"}.
// The empty path is the type itself. Whoever holds the spec turns it into a
// position; where a path has none, the nearest prefix that has one counts.
type Path []string

// Check finds what is wrong in one type, errors and warnings, in the order of
// its models. It expects models in the order of their numbers and a resolved
// type, and otherwise takes anything. It leaves out a warning that the type has
// an exception for. [CheckAll] finds conflicts between types.
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

// before returns the model before the one at that index, or nil.
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

// CheckAll finds conflicts between types: of their names in the store, of their
// files on a disk that ignores case, of their Go packages. A retired type keeps
// its name, but has no package. The later one of two has the problem.
func CheckAll(types []*Type) []Problem {
	var problems []Problem
	names, packages := map[string]*Type{}, map[string]*Type{}
	for _, t := range types {
		fail := func(rule string, path Path, message, hint string) {
			problems = append(problems, Problem{Rule: "definition/" + rule, Severity: Error, Type: t.Name, Path: path, Message: message, Hint: hint})
		}
		folded := strings.ToLower(t.Name)
		first, taken := names[folded]
		switch {
		case !taken:
			names[folded] = t
		case first.Name == t.Name:
			fail("same-name", Path{"name"}, fmt.Sprintf("two types have the name %q", t.Name)+retired(first, t),
				`give one of them another name: name: "…", or another label`)
			continue
		default:
			fail("same-name", Path{"name"}, fmt.Sprintf("the types %q and %q differ by case only", first.Name, t.Name)+retired(first, t),
				"choose names that stay apart on every file system")
			continue
		}
		if t.Retired {
			continue
		}
		if first, taken := packages[t.Package()]; taken {
			fail("same-package", nil, fmt.Sprintf("the types %q and %q would both be the Go package %s", first.Name, t.Name, t.Package()),
				"give one of them another Go name: @go(Name) behind the type")
			continue
		}
		packages[t.Package()] = t
	}
	return problems
}

func retired(first, second *Type) string {
	if first.Retired != second.Retired {
		return "; the name of a retired type stays taken"
	}
	return ""
}
