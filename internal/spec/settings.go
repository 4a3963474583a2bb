package spec

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/esogen/esogen/internal/definition"
)

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
		list := fmt.Sprintf("%s knows %s", what, allOf(known))
		if meant := definition.Nearest(s.key, known); meant != "" {
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
	if open := incomplete(v); open != nil { // what is known of it is read all the same
		r.undecided(path, what, open)
		fields, _ := v.Fields(append(options, cue.Optional(true))...)
		return fields
	}
	if chosen, _ := v.Default(); v.IncompleteKind() == cue.StructKind && chosen.Kind() != cue.StructKind {
		r.fail(path, "definition/bad-value", "write one of them", "%s may be one of several structs", what)
		return nil
	}
	var err error
	if v.IncompleteKind() == cue.BottomKind {
		_, err = v.Fields() // with options, CUE takes anything for a struct
	}
	switch {
	case err == nil:
		fields, _ := v.Fields(append(options, cue.Optional(true))...)
		return fields
	case strings.Contains(r.pkg.clean(err), "mismatched types") && !r.gap(path):
		r.fail(path, "definition/bad-value", "write "+expected, "%s is not a struct", what)
	default:
		r.contradicted(path, what, err)
	}
	return nil
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// allOf lists names: "a", "b", "c".
func allOf(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = quoted(name)
	}
	return strings.Join(list, ", ")
}

// oneOfThese lists names to choose from: "a", "b" or "c".
func oneOfThese(names []string) string {
	last := len(names) - 1
	return allOf(names[:last]) + " or " + quoted(names[last])
}

// constant reads a setting that is one value. It reports an error of CUE's, and
// a value of another kind.
func (r *reader) constant(s setting, kind cue.Kind, expected string) (cue.Value, bool) {
	if err := incomplete(s.value); err != nil {
		r.undecided(s.path, quoted(s.key), err)
		return cue.Value{}, false
	}
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
	text, ok := r.text(s, oneOfThese(allowed))
	if !ok || slices.Contains(allowed, text) {
		return text, ok
	}
	hint := "write one of these"
	meant := definition.Nearest(text, allowed)
	if meant != "" {
		hint = fmt.Sprintf("did you mean %q?", meant)
	}
	r.fail(s.path, "definition/bad-value", hint, "%s is %q, which is none of %s", quoted(s.key), text, allOf(allowed))
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
	if s.value.LookupPath(anyIndexPath).Exists() && !choice(s.value) {
		r.fail(s.path, "definition/bad-value", "write "+expected, "%s is an open list, whose elements are not known", quoted(s.key))
		return nil
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

// choice reports whether a value is a disjunction, so that a default of CUE's for
// it is one that the spec states.
func choice(v cue.Value) bool {
	v = v.Eval()
	op, args := v.Expr()
	return op == cue.OrOp || op == cue.NoOp && len(args) == 1 && args[0] != v
}
