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
	esoNames func() []string // definitions of the eso package

	label  string
	at     Position // of the type, where the syntax does not show it
	t      *definition.Type
	found  []Diagnostic
	failed bool // with an error

	reported []definition.Path // errors stand there
	broken   map[string]bool   // attributes whose declaration has an error
	chains   bool              // see hasChains
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

// gap tells whether what stands at a path uses a name that is not there, which
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

// known tells whether an error at or above the path was reported.
func (r *reader) known(path definition.Path) bool {
	return slices.ContainsFunc(r.reported, func(p definition.Path) bool { return hasPrefix(path, p) })
}

func hasPrefix(path, prefix definition.Path) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

func below(path definition.Path, name ...string) definition.Path {
	return append(slices.Clip(path), name...)
}

// setting is a field of a type, model, rename or exception.
type setting struct {
	key   string
	path  definition.Path
	value cue.Value
}

// settings reads the fields of a struct whose keys are fixed. A key that is
// misspelled is reported and taken for the one that it resembles, so that what
// it holds is checked and nothing is said to be missing.
func (r *reader) settings(v cue.Value, path definition.Path, what, expected string, known []string) map[string]setting {
	found := map[string]setting{}
	fields := r.fields(v, path, what, expected)
	if fields == nil {
		return found
	}
	var unknown []setting
	for fields.Next() {
		key := fields.Selector().Unquoted()
		s := setting{key, below(path, key), fields.Value()}
		switch {
		case !slices.Contains(known, key):
			unknown = append(unknown, s)
		case fields.Selector().ConstraintType()&(cue.OptionalConstraint|cue.RequiredConstraint) != 0:
			r.fail(s.path, "definition/bad-value", fmt.Sprintf("write %s: …", key), "%s has %q with a mark behind it, which gives it no value", what, key)
		default:
			found[key] = s
		}
	}
	for _, s := range unknown {
		list := fmt.Sprintf("%s knows %s", what, andList(known))
		if meant := closest(s.key, known); meant != "" {
			r.fail(s.path, "definition/unknown-key", fmt.Sprintf("did you mean %q? %s", meant, sentence(list)), "%s has the unknown key %q", what, s.key)
			if _, taken := found[meant]; !taken {
				found[meant] = s
			}
			continue
		}
		r.fail(s.path, "definition/unknown-key", "take it out; "+list, "%s has the unknown key %q", what, s.key)
	}
	return found
}

// fields returns the fields of a struct, optional ones included. Where there is
// none, it reports so and returns nil.
func (r *reader) fields(v cue.Value, path definition.Path, what, expected string, options ...cue.Option) *cue.Iterator {
	if kind := v.IncompleteKind(); kind&^cue.StructKind != 0 {
		if !r.gap(path) {
			r.fail(path, "definition/bad-value", "write "+expected, "%s is %s", what, describe(v))
		}
		return nil
	}
	_, err := v.Fields() // with options, CUE takes anything for a struct
	fields, _ := v.Fields(append(options, cue.Optional(true))...)
	switch {
	case err == nil:
		return fields
	case strings.Contains(r.pkg.clean(err), "mismatched types") && !r.gap(path):
		r.fail(path, "definition/bad-value", "write "+expected, "%s is no struct", what)
	default:
		r.contradicted(path, what, err)
	}
	return nil
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func andList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// constant reads a setting that is one value. It reports an error of CUE's, and
// a value of another kind.
func (r *reader) constant(s setting, kind cue.Kind, expected string) (cue.Value, bool) {
	if err := errorOf(s.value); err != nil {
		r.contradicted(s.path, quoted(s.key), err)
		return cue.Value{}, false
	}
	v, _ := s.value.Default()
	if v.Kind()&kind == 0 {
		if !r.gap(s.path) {
			r.fail(s.path, "definition/bad-value", "write "+expected, "%s is %s", quoted(s.key), describe(v))
		}
		return cue.Value{}, false
	}
	return v, true
}

// errorOf returns the error of a value. Asking CUE is costly, so it is asked
// only where the value has no kind.
func errorOf(v cue.Value) error {
	if v.IncompleteKind() != cue.BottomKind {
		return nil
	}
	return v.Err()
}

func describe(v cue.Value) string {
	switch v.Kind() {
	case cue.NullKind:
		return "null"
	case cue.BoolKind:
		return "a bool"
	case cue.IntKind, cue.FloatKind, cue.NumberKind:
		return "a number"
	case cue.StringKind:
		return "a string"
	case cue.BytesKind:
		return "bytes"
	case cue.ListKind:
		return "a list"
	case cue.StructKind:
		return "a struct"
	default:
		return "not a constant"
	}
}

func quoted(key string) string { return fmt.Sprintf("%q", key) }

func (r *reader) text(s setting, expected string) (string, bool) {
	v, ok := r.constant(s, cue.StringKind, expected)
	if !ok {
		return "", false
	}
	text, err := v.String()
	return text, err == nil
}

func (r *reader) boolean(s setting) (value, ok bool) {
	v, ok := r.constant(s, cue.BoolKind, "true or false")
	if !ok {
		return false, false
	}
	value, err := v.Bool()
	return value, err == nil
}

func (r *reader) number(s setting) (int, bool) {
	v, ok := r.constant(s, cue.IntKind, "the number of a model")
	if !ok {
		return 0, false
	}
	n, err := v.Int64()
	if err != nil || n < -1<<31 || n > 1<<31-1 {
		r.fail(s.path, "definition/bad-value", "write the number of a model", "%s is too large a number", quoted(s.key))
		return 0, false
	}
	return int(n), true
}

// oneOf reads a string out of a few. A misspelled one is reported, and taken
// for what it resembles.
func (r *reader) oneOf(s setting, allowed ...string) (string, bool) {
	text, ok := r.text(s, quoteList(allowed))
	if !ok || slices.Contains(allowed, text) {
		return text, ok
	}
	hint := "write one of these"
	meant := closest(text, allowed)
	if meant != "" {
		hint = fmt.Sprintf("did you mean %q?", meant)
	}
	r.fail(s.path, "definition/bad-value", hint, "%s is %q, which is none of %s", quoted(s.key), text, andList(allowed))
	return meant, meant != ""
}

// nameList reads a list of strings.
func (r *reader) nameList(s setting, of string) []string {
	out := []string{}
	for i, v := range r.elements(s, "a list of "+of+`, as in ["a", "b"]`) {
		element := setting{quoted(s.key), below(s.path, fmt.Sprint(i)), v}
		if err := errorOf(v); err != nil {
			r.contradicted(element.path, fmt.Sprintf("an element of %q", s.key), err)
			continue
		}
		v, _ = v.Default()
		text, err := v.String()
		if err != nil {
			if !r.gap(element.path) {
				r.fail(element.path, "definition/bad-value", "write a name in quotes", "an element of %q is %s", s.key, describe(v))
			}
			continue
		}
		out = append(out, text)
	}
	return out
}

// elements returns the elements of a list. An open list has no elements that
// are known, so it is refused.
func (r *reader) elements(s setting, expected string) []cue.Value {
	v, ok := r.constant(s, cue.ListKind, expected)
	if !ok {
		return nil
	}
	if s.value.LookupPath(anyIndexPath).Exists() {
		if def, isDefault := s.value.Default(); !isDefault || def.LookupPath(anyIndexPath).Exists() {
			r.fail(s.path, "definition/bad-value", "write "+expected, "%s is an open list, whose elements are not known", quoted(s.key))
			return nil
		}
	}
	list, err := v.List()
	if err != nil {
		r.contradicted(s.path, quoted(s.key), err)
		return nil
	}
	var all []cue.Value
	for list.Next() {
		all = append(all, list.Value())
	}
	return all
}

// isType tells whether a field is a type. What is wrong with one that is none
// is reported.
func (r *reader) isType(root, v cue.Value, path cue.Path) bool {
	subject := fmt.Sprintf("type %q", r.label)
	switch {
	case v.LookupPath(path).Exists() && v.IncompleteKind()&^cue.StructKind == 0 && !unstructured(v):
		return true
	case !v.Exists() && root.LookupPath(cue.MakePath(cue.Str(r.label).Optional())).Exists():
		r.fail(nil, "definition/not-a-type", fmt.Sprintf("write %s: eso.#Type & {…}", r.label), "%s has a mark behind its name, which declares nothing", subject)
	case v.Err() != nil && strings.Contains(v.Err().Error(), marker):
		r.fail(nil, "definition/contradiction", fmt.Sprintf("write %s: eso.#Type & {…}", r.label), "%s unifies eso.#Type with what is no struct", subject)
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
		if slices.ContainsFunc(r.reported, func(p definition.Path) bool { return hasPrefix(path, p) || hasPrefix(p, path) }) {
			continue
		}
		subject := "the type"
		if len(path) > 0 {
			subject = quoted(strings.Join(path, "."))
		}
		r.contradicted(path, subject, e)
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
		if r.known(p.Path) && len(p.Path) > 0 || r.broken[p.Attribute] || r.modelsUnknown() && aboutNumbers(p.Rule) {
			continue
		}
		r.failed = r.failed || p.Severity == definition.Error
		r.found = append(r.found, Diagnostic{Problem: p, Position: r.place(p.Path)})
	}
}

// modelsUnknown tells whether a model could not be read at all, so that
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

// unstructured tells whether a value is no struct because it was unified with
// something else.
func unstructured(v cue.Value) bool {
	_, err := v.Fields()
	return err != nil
}
