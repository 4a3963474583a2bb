package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// values compares declarations of one attribute, down to its nested fields.
type values struct {
	step      *step
	attribute string
}

func (v *values) add(kind Kind, format string, args ...any) {
	v.step.add(kind, v.attribute, format, args...)
}

// subject is what a sentence about a name begins with.
func subject(name string) string { return fmt.Sprintf("%q", name) }

// field compares an attribute, or a field of a nested struct.
func (v *values) field(what string, before, after *definition.Attribute) {
	switch {
	case !before.Optional && after.Optional:
		v.add(Optional, "%s is now optional", what)
	case before.Optional && !after.Optional:
		v.add(Required, "%s is now required", what)
	}
	v.value(what, before.Value, after.Value)
	switch {
	case before.Default == after.Default:
	case after.Default == "":
		v.add(Default, "%s has no default any more", what)
	default:
		v.add(Default, "%s defaults to %s", what, after.Default)
	}
	if before.GoName != after.GoName {
		v.add(GoName, "%s is %s in Go, where it was %s", what, after.FieldName(), before.FieldName())
	}
	if before.Doc != after.Doc {
		v.add(Docs, "the comment of %s is changed", what)
	}
}

func (v *values) value(what string, before, after definition.Value) {
	switch {
	case !before.Nullable && after.Nullable:
		v.add(Nullable, "%s may now be null", what)
	case before.Nullable && !after.Nullable:
		v.add(Nullable, "%s may no longer be null", what)
	}
	if before.Kind != after.Kind {
		v.add(ValueKind, "%s is %s instead of %s", what, article(nounOf(after)), article(nounOf(before)))
		return
	}
	v.enum(what, before.Enum, after.Enum)
	added, removed := difference(before.Not, after.Not)
	v.each(added, "%s may not be %s", what)
	v.each(removed, "%s may be %s again", what)
	v.limit(what, "the minimum", limit(before.Min), limit(after.Min))
	v.limit(what, "the maximum", limit(before.Max), limit(after.Max))
	v.limit(what, "the least length", length(before.MinLength), length(after.MinLength))
	v.limit(what, "the greatest length", length(before.MaxLength), length(after.MaxLength))
	added, removed = difference(before.Patterns, after.Patterns)
	v.each(added, "%s must match %q", what)
	v.each(removed, "%s need no longer match %q", what)
	added, removed = difference(before.NotPatterns, after.NotPatterns)
	v.each(added, "%s must not match %q", what)
	v.each(removed, "%s may match %q again", what)
	if before.Elem != nil && after.Elem != nil {
		v.value(elements(after.Kind)+" of "+what, *before.Elem, *after.Elem)
	}
	v.fields(what, before.Fields, after.Fields)
	v.shared(what, before, after)
}

// shared compares the shared definitions that values come from.
func (v *values) shared(what string, before, after definition.Value) {
	switch {
	case before.Definition == after.Definition:
	case after.Definition == "":
		v.add(GoName, "%s no longer comes from %s", what, before.Definition)
	default:
		v.add(GoName, "%s comes from %s", what, after.Definition)
	}
	if before.Definition != after.Definition {
		return
	}
	if before.GoName != after.GoName {
		v.add(GoName, "%s is %s in Go, where it was %s", after.Definition, after.TypeName(), before.TypeName())
	}
	if before.Doc != after.Doc {
		v.add(Docs, "the comment of %s is changed", after.Definition)
	}
}

func (v *values) enum(what string, before, after []string) {
	switch {
	case len(before) == 0 && len(after) > 0:
		v.add(Constraint, "%s is now restricted to %s", what, strings.Join(after, ", "))
		return
	case len(before) > 0 && len(after) == 0:
		v.add(Constraint, "%s is no longer restricted to %s", what, strings.Join(before, ", "))
		return
	}
	added, removed := difference(before, after)
	if len(added) > 0 {
		v.add(Constraint, "%s allows %s, too", what, strings.Join(added, ", "))
	}
	if len(removed) > 0 {
		v.add(Constraint, "%s no longer allows %s", what, strings.Join(removed, ", "))
	}
	if len(added)+len(removed) == 0 && !slices.Equal(before, after) {
		v.add(Order, "%s lists its values in another order", what)
	}
}

func (v *values) each(list []string, format, what string) {
	for _, text := range list {
		v.add(Constraint, format, what, text)
	}
}

func (v *values) limit(what, name, before, after string) {
	if before != after {
		v.add(Constraint, "%s of %s is %s instead of %s", name, what, after, before)
	}
}

func limit(l *definition.Limit) string {
	switch {
	case l == nil:
		return "none"
	case l.Exclusive:
		return l.Number + " (exclusive)"
	default:
		return l.Number
	}
}

func length(n *int) string {
	if n == nil {
		return "none"
	}
	return fmt.Sprint(*n)
}

func (v *values) fields(what string, before, after []definition.Attribute) {
	find := func(list []definition.Attribute, name string) *definition.Attribute {
		if i := slices.IndexFunc(list, func(a definition.Attribute) bool { return a.Name == name }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for i := range after {
		f := &after[i]
		inner := subject(f.Name) + " in " + what
		if was := find(before, f.Name); was != nil {
			v.field(inner, was, f)
		} else {
			v.add(AttributeAdded, "%s is added: %s", inner, described(*f, ""))
		}
	}
	var kept []string
	for i := range before {
		if find(after, before[i].Name) == nil {
			v.add(AttributeRemoved, "%q in %s is removed", before[i].Name, what)
		} else {
			kept = append(kept, before[i].Name)
		}
	}
	stand := slices.DeleteFunc(names(after), func(name string) bool { return !slices.Contains(kept, name) })
	if !slices.Equal(stand, kept) {
		v.add(Order, "the fields of %s stand in another order", what)
	}
}
