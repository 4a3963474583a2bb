package spec

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// report collects the findings of a run.
type report struct {
	pkg  *pkg
	list []Diagnostic
}

func (r *report) addAll(list []Diagnostic) { r.list = append(r.list, list...) }

// sorted returns the findings by their places, each of them once: types that
// use one helper find the same things wrong with it. What is wrong with the
// imports of a file is said once, however often the file uses them.
func (r *report) sorted() []Diagnostic {
	slices.SortStableFunc(r.list, func(a, b Diagnostic) int {
		return cmp.Or(a.Position.compare(b.Position), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	once := slices.CompactFunc(r.list, func(a, b Diagnostic) bool {
		return a.Position == b.Position && a.Rule == b.Rule && (a.Message == b.Message || ofPlace[a.Rule])
	})
	said := map[[2]string]bool{}
	return slices.DeleteFunc(once, func(d Diagnostic) bool {
		if d.Rule != "definition/import" {
			return false
		}
		about := [2]string{d.Position.File, d.Message}
		again := said[about]
		said[about] = true
		return again
	})
}

// ofPlace are the rules of which a place can break each only once, whoever
// came across it.
var ofPlace = map[string]bool{
	"definition/contradiction": true,
	"definition/recursive":     true,
	"definition/reference":     true,
	"definition/undecided":     true,
	"definition/unsupported":   true,
}

// maxMessage is how much of CUE's own words is shown: it repeats values, which
// may be whole structs.
const maxMessage = 300

// clean returns the first sentence of an error of CUE's: without positions,
// without the directories of this machine, in one line.
func (p *pkg) clean(err error) string {
	text := "CUE reports an error without words"
	if list := errors.Errors(err); len(list) > 0 {
		format, args := list[0].Msg()
		text = fmt.Sprintf(format, args...)
		if text == "" {
			text = list[0].Error()
		}
	} else if err != nil {
		text = err.Error()
	}
	text = strings.ReplaceAll(text, p.root+string(filepath.Separator), "")
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + " …"
	}
	return text
}

// aboutLength reports whether an error only says that a list or map is too short
// or too long. CUE takes an open list for an empty one, and so says of
// [...string] & list.MinItems(1) that it is too short.
func aboutLength(err error) bool {
	list := errors.Errors(err)
	for _, e := range list {
		format, args := e.Msg()
		text := fmt.Sprintf(format, args...)
		if !strings.Contains(text, "(does not satisfy list.MinItems(") && !strings.Contains(text, "(does not satisfy struct.MinFields(") &&
			!strings.HasPrefix(text, "len(list) < MinItems(") && !strings.HasPrefix(text, "len(fields) < MinFields(") {
			return false
		}
	}
	return len(list) > 0
}

// explained is an error of CUE's in our words.
type explained struct {
	rule    string
	message string
	hint    string
	at      Position   // the first of the places that CUE names and that are in the specs
	places  []Position // all of them
}

// explain digests an error of CUE's. The names are what a reference to the eso
// package may mean.
func (p *pkg) explain(err error, names func() []string) explained {
	e := explained{rule: "definition/contradiction", message: p.clean(err), hint: "keep the one that is meant"}
	for _, pos := range positions(err) {
		if at := p.position(pos); at.Line != 0 && !slices.Contains(e.places, at) {
			e.places = append(e.places, at)
		}
	}
	if len(e.places) > 0 {
		e.at = e.places[0]
	}
	switch m := e.message; {
	case strings.HasPrefix(m, "optional marker (?)"):
		e.rule, e.message, e.hint = "definition/syntax", markBehind, "write it behind the name, as in note?: string"
	case strings.HasPrefix(m, "cannot call non-function "):
		e.rule = "definition/reference"
		e.message, e.hint = notAFunction(m)
	case strings.HasPrefix(m, "conflicting values "):
		e.message, _, _ = strings.Cut(m, " (mismatched types")
	case strings.Contains(m, "in empty disjunction"):
		e.message, e.hint = "none of the alternatives fits the rest of the declaration", "leave one side out"
	case strings.HasPrefix(m, "reference ") && strings.HasSuffix(m, "not found"):
		e.rule, e.hint = "definition/reference", "declare it, import its package, or correct the name"
		if name := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(m, "reference "), " not found"), `"`); elsewhere[name] != "" {
			e.hint = "write " + elsewhere[name]
		}
	case strings.HasPrefix(m, "undefined field: "):
		e.rule, e.hint = "definition/reference", "declare it, or correct the name"
		name := strings.TrimPrefix(m, "undefined field: ")
		e.message = fmt.Sprintf("there is no %s", name)
		if names != nil {
			if near := definition.Nearest(name, names()); near != "" {
				e.hint = "did you mean eso." + near + "?"
			}
		}
	case strings.Contains(m, "field not allowed"):
		field := "a field"
		if path := errors.Path(err); len(path) > 0 {
			field = "the field " + quoted(unquoted(path[len(path)-1]))
		}
		e.message = field + " is not allowed here, because a definition closes the struct"
		e.hint = "add the field to the definition, or embed the definition: {#Name, field: …}"
	case strings.Contains(m, "structural cycle"):
		e.rule, e.message, e.hint = "definition/recursive", "the declaration contains itself", anyHint
	case strings.HasPrefix(m, "invalid interpolation"), strings.Contains(m, "non-concrete"):
		e.rule, e.message, e.hint = "definition/unsupported", "is computed from something that is not known", "write what it is"
	case strings.HasPrefix(m, "builtin package "):
		name, _ := strings.CutSuffix(strings.TrimPrefix(m, "builtin package "), " undefined")
		e.rule, e.message, e.hint = "definition/import", "CUE's standard library has no package "+name, didYouMean(meantPackage(unquoted(name)), "correct the name")
	case strings.HasPrefix(m, "import "), strings.HasPrefix(m, "package "):
		e.rule, e.hint = "definition/import", ""
	case strings.HasPrefix(m, "unreferenced alias or let clause"), strings.HasPrefix(m, "alias "):
		e.rule, e.hint = "definition/reference", "use it, or take it out"
	}
	return e
}

func unquoted(label string) string {
	if strings.HasPrefix(label, `"`) {
		if text, err := literal.Unquote(label); err == nil {
			return text
		}
	}
	return label
}

func positions(err error) []token.Pos {
	var all []token.Pos
	for _, e := range errors.Errors(err) {
		all = append(all, errors.Positions(e)...)
	}
	return all
}

func problem(rule, hint, format string, args ...any) definition.Problem {
	return definition.Problem{Rule: rule, Severity: definition.Error, Message: fmt.Sprintf(format, args...), Hint: hint}
}
