package spec

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/errors"

	"github.com/esogen/esogen/internal/definition"
)

// reader reads one type from its value, and collects what is wrong with it.
type reader struct {
	pkg      *pkg
	locate   *locator
	shaper   *shaper
	walk     *walk
	esoNames func() []string // definitions of the eso package

	label  string
	at     Position // of the type, where the syntax does not show it
	t      *definition.Type
	found  []Diagnostic
	failed bool // with an error

	reported []definition.Path // errors stand there
	broken   map[string]bool   // attributes whose declaration has an error
	chains   bool              // see hasChains
	partial  bool              // CUE cannot decide what models and attributes there are
}

// fail reports a problem at a path.
func (r *reader) fail(path definition.Path, rule, hint, format string, args ...any) {
	r.failAt(Position{}, path, rule, hint, format, args...)
}

func (r *reader) failAt(at Position, path definition.Path, rule, hint, format string, args ...any) {
	p := problem(rule, hint, format, args...)
	p.Type, p.Path = r.t.Name, path
	if len(path) > 1 && path[0] == "models" {
		p.Model = modelNumber(path[1])
	}
	if len(path) > 3 && path[2] == "attributes" {
		p.Attribute = path[3]
		r.broken[path[3]] = true
	}
	if at.Line == 0 {
		at = r.place(path)
	}
	r.failed = true
	r.reported = append(r.reported, path)
	r.found = append(r.found, Diagnostic{Problem: p, Position: at})
}

func (r *reader) place(path definition.Path) Position {
	if at := r.locate.position(r.label, path); at.Line != 0 {
		return at
	}
	return r.at
}

// contradicted reports an error of CUE's at a path. The subject begins the sentence.
// Where the cause is somewhere else, in a helper, that is the place, so that
// all who use the helper give one finding.
func (r *reader) contradicted(path definition.Path, subject string, err error) {
	if r.gap(path) {
		return
	}
	e := r.pkg.explain(err, r.esoNames)
	if len(r.locate.gaps) > 0 && strings.Contains(" "+e.message, " _.") {
		r.note(path) // a selector on a name that is not there, which was reported
		return
	}
	var at Position
	if e.rule == "definition/reference" || !r.locate.involved(r.label, path, err) {
		at = e.at
	}
	message := subject + ": " + e.message
	if e.rule == "definition/unsupported" {
		message = subject + " " + e.message
	}
	if e.rule == "definition/contradiction" {
		place := at
		if place.Line == 0 {
			place = r.place(path)
		}
		for _, other := range e.places {
			if other.File != place.File || other.Line != place.Line {
				message += fmt.Sprintf(" (see %s)", other)
				break
			}
		}
	}
	r.failAt(at, path, e.rule, e.hint, "%s", message)
}

// gap reports whether what stands at a path uses a name that is not there, which
// was reported. Then nothing else is said about it.
func (r *reader) gap(path definition.Path) bool {
	if !r.locate.missing(r.label, path) {
		return false
	}
	r.note(path)
	return true
}

// refuse reports why a value cannot be taken.
func (r *reader) refuse(path definition.Path, subject string, no *refusal) {
	if no.open {
		r.undecided(path, subject, no.err)
		return
	}
	if no.err != nil {
		r.contradicted(path, subject, no.err)
		return
	}
	if r.gap(path) {
		return
	}
	r.failAt(r.pkg.position(no.at), path, no.rule, no.hint, "%s %s", subject, no.message)
}

// note keeps later findings about a path silent, which has an error that is
// reported elsewhere.
func (r *reader) note(path definition.Path) {
	r.failed = true
	r.reported = append(r.reported, path)
	if len(path) > 3 && path[2] == "attributes" {
		r.broken[path[3]] = true
	}
}

// known reports whether an error at or above the path was reported.
func (r *reader) known(path definition.Path) bool {
	return slices.ContainsFunc(r.reported, func(p definition.Path) bool { return len(p) > 0 && hasPrefix(path, p) })
}

func hasPrefix(path, prefix definition.Path) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

func below(path definition.Path, name ...string) definition.Path {
	return append(slices.Clip(path), name...)
}

// isType reports whether a field is a type. What is wrong with one that is none
// is reported.
func (r *reader) isType(root, v cue.Value, path cue.Path) bool {
	subject := fmt.Sprintf("type %q", r.label)
	switch {
	case v.LookupPath(path).Exists() && v.IncompleteKind()&^cue.StructKind == 0 && !unstructured(v):
		return true
	case !v.Exists() && root.LookupPath(cue.MakePath(cue.Str(r.label).Optional())).Exists():
		r.fail(nil, "definition/not-a-type", fmt.Sprintf("write %s: eso.#Type & {…}", r.label), "%s has a mark behind its name, which declares nothing", subject)
	case v.Err() != nil && strings.Contains(v.Err().Error(), marker):
		r.fail(nil, "definition/contradiction", fmt.Sprintf("write %s: eso.#Type & {…}", r.label), "%s unifies eso.#Type with a value that is not a struct", subject)
	case v.Err() != nil:
		r.contradicted(nil, subject, v.Err())
	default:
		r.fail(nil, "definition/not-a-type",
			fmt.Sprintf("write eso.#Type & {…}, or make it a helper: a definition (#%[1]s), a hidden field (_%[1]s) or a let", r.label),
			"%q is not a type", r.label)
	}
	return false
}

// remaining reports what CUE finds wrong with the type and was not seen on the
// way through it.
func (r *reader) remaining(v cue.Value) {
	err := v.Validate()
	if err == nil {
		return
	}
	for _, e := range errors.Errors(err) {
		if aboutLength(e) {
			continue
		}
		path := r.pathOf(e)
		if r.known(path) || slices.ContainsFunc(r.reported, func(p definition.Path) bool { return hasPrefix(p, path) }) {
			continue
		}
		subject := "the type"
		if len(path) > 0 {
			subject = quoted(strings.Join(path, "."))
		}
		r.contradicted(path, subject, e)
	}
}

// walked adds what the walk through the syntax found.
func (r *reader) walked(top *place) {
	r.walk.lost(top)
	r.twoPlaces()
	said := slices.Clone(r.reported)
	for _, d := range r.walk.found {
		if slices.ContainsFunc(said, func(p definition.Path) bool { return len(p) > 3 && hasPrefix(d.Path, p) || slices.Equal(d.Path, p) }) || r.gap(d.Path) {
			continue
		}
		d.Type = r.t.Name
		r.failed = true
		r.note(d.Path)
		r.found = append(r.found, d)
	}
}

// pathOf returns where in the type an error of CUE's is.
func (r *reader) pathOf(e errors.Error) definition.Path {
	var path definition.Path
	for i, label := range e.Path() {
		label = unquoted(label)
		if i == 0 && label == r.label {
			continue
		}
		path = append(path, label)
	}
	return path
}

// check adds the findings about the definition, apart from those about what is
// known to be wrong already.
func (r *reader) check() {
	for _, p := range definition.Check(r.t) {
		if p.Rule == "definition/no-models" && r.known(definition.Path{"retired"}) {
			continue
		}
		if r.known(p.Path) || p.Attribute != "" && r.broken[p.Attribute] || r.modelsUnknown() && aboutNumbers(p.Rule) {
			continue
		}
		r.failed = r.failed || p.Severity == definition.Error
		r.found = append(r.found, Diagnostic{Problem: p, Position: r.place(p.Path)})
	}
}

// modelsUnknown reports whether a model could not be read at all, so that
// nothing is to be said about which models there are.
func (r *reader) modelsUnknown() bool {
	return slices.ContainsFunc(r.reported, func(p definition.Path) bool {
		return len(p) > 0 && p[0] == "models" && len(p) <= 2
	})
}

func aboutNumbers(rule string) bool {
	switch rule {
	case "definition/no-models", "definition/model-numbers", "definition/write", "definition/oldest":
		return true
	}
	return false
}

// unstructured reports whether a value is not a struct because it was unified with
// something else.
func unstructured(v cue.Value) bool {
	_, err := v.Fields()
	return err != nil
}
