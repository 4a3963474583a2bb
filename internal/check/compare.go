package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// difference is what differs between two versions of a model.
type difference struct {
	attribute string // or ""
	text      string
	path      definition.Path
}

// compareModels returns what differs between a released model and one of the
// same number in the specs. Comments and names in Go may change; what a
// document looks like, and how an older one becomes one, may not.
func compareModels(old, now *definition.Model) []difference {
	c := comparison{old: old, now: now}
	if old.Format != now.Format {
		c.add("", fmt.Sprintf("its format was %q, and is now %q", old.Format, now.Format), "format")
	}
	if old.Namespaces != now.Namespaces {
		c.add("", fmt.Sprintf("its namespaces were %q, and are now %q", old.Namespaces, now.Namespaces), "namespaces")
	}
	for i := range old.Attributes {
		a := &old.Attributes[i]
		if b := now.Attribute(a.Name); b == nil {
			c.add(a.Name, fmt.Sprintf("it had %q", a.Name), "attributes")
		} else {
			c.attribute(a, b)
		}
	}
	for i := range now.Attributes {
		if a := &now.Attributes[i]; old.Attribute(a.Name) == nil {
			c.add(a.Name, fmt.Sprintf("it did not have %q", a.Name), c.place(a.Name)...)
		}
	}
	c.steps()
	if len(c.found) == 0 { // sets with other names in them have been told of
		c.order("encrypted", old.Encrypted, now.Encrypted)
		c.order("aad", old.AAD, now.AAD)
	}
	return c.found
}

type comparison struct {
	old, now *definition.Model
	found    []difference
}

func (c *comparison) add(attribute, text string, path ...string) {
	c.found = append(c.found, difference{attribute, text, inModel(c.now.Number, path...)})
}

// place is where the model says most about an attribute.
func (c *comparison) place(name string) []string { return []string{"attributes", name} }

func (c *comparison) attribute(old, now *definition.Attribute) {
	var texts []string
	place := c.place(now.Name)
	if was, is := c.old.Role(old.Name), c.now.Role(now.Name); was != is {
		texts = append(texts, fmt.Sprintf("%q was %s, and is now %s", now.Name, roleName(was), roleName(is)))
		place = c.listed(now.Name, was, is)
	}
	if old.Optional != now.Optional {
		texts = append(texts, fmt.Sprintf("%q was %s, and is now %s", now.Name, optionality(old), optionality(now)))
	}
	if old.Default != now.Default {
		texts = append(texts, fmt.Sprintf("%q had another default", now.Name))
	}
	if !sameValue(old.Value, now.Value) {
		texts = append(texts, valueChange(now.Name, old.Value, now.Value))
	}
	if len(texts) > 0 {
		c.add(now.Name, strings.Join(texts, "; "), place...)
	}
}

// listed is the place in the set that an attribute came into, or else left.
func (c *comparison) listed(name string, was, is definition.Role) []string {
	switch {
	case is == definition.Encrypted:
		return inSet(c.now, "encrypted", name)[2:]
	case is == definition.Bound:
		return inSet(c.now, "aad", name)[2:]
	case was == definition.Encrypted:
		return []string{"encrypted"}
	default:
		return []string{"aad"}
	}
}

// steps compares what the models make of older documents.
func (c *comparison) steps() {
	for _, f := range c.now.Computed {
		switch was, had := c.old.ComputeOf(f.Name); {
		case !had:
			c.add(f.Name, fmt.Sprintf("it did not compute %q", f.Name), "computed", f.Name)
		case !was.Equal(f):
			c.add(f.Name, fmt.Sprintf("it computed %q from other attributes", f.Name), "computed", f.Name)
		}
	}
	for _, f := range c.old.Computed {
		if _, has := c.now.ComputeOf(f.Name); !has {
			c.add(f.Name, fmt.Sprintf("it computed %q", f.Name), "computed")
		}
	}
	for _, b := range c.now.Backfill {
		switch value, had := c.old.BackfillOf(b.Name); {
		case !had:
			c.add(b.Name, fmt.Sprintf("it had no backfill for %q", b.Name), "backfill", b.Name)
		case value != b.Value:
			c.add(b.Name, fmt.Sprintf("it had another backfill for %q", b.Name), "backfill", b.Name)
		}
	}
	for _, b := range c.old.Backfill {
		if _, has := c.now.BackfillOf(b.Name); !has {
			c.add(b.Name, fmt.Sprintf("it had a backfill for %q", b.Name), "backfill")
		}
	}
	for _, r := range c.now.Renamed {
		switch was, had := c.old.RenameTo(r.New); {
		case !had:
			c.add(r.New, fmt.Sprintf("it did not rename %q to %q", r.Old, r.New), "renamed", r.New)
		case was != r:
			c.add(r.New, fmt.Sprintf("it renamed to %q differently", r.New), "renamed", r.New)
		}
	}
	for _, r := range c.old.Renamed {
		if _, has := c.now.RenameTo(r.New); !has && c.now.Attribute(r.New) != nil {
			c.add(r.New, fmt.Sprintf("it renamed %q to %q", r.Old, r.New), "renamed")
		}
	}
}

// order compares the order of a set, which the definition hash holds.
func (c *comparison) order(key string, old, now []string) {
	if !slices.Equal(old, now) {
		c.add("", fmt.Sprintf("the names in %q were in another order, which is part of the definition hash", key), key)
	}
}

func optionality(a *definition.Attribute) string {
	if a.Optional {
		return "optional"
	}
	return "required"
}

// roleName is a role as sentences have it.
func roleName(r definition.Role) string {
	if r == definition.Bound {
		return "bound"
	}
	return string(r)
}

// valueChange says in which respect two declarations differ.
func valueChange(name string, old, now definition.Value) string {
	switch {
	case old.Kind != now.Kind:
		return fmt.Sprintf("%q was declared as %s, and is now %s", name, old.Kind, now.Kind)
	case old.Nullable && !now.Nullable:
		return strconv.Quote(name) + " was nullable"
	case !old.Nullable && now.Nullable:
		return strconv.Quote(name) + " was not nullable"
	case !slices.Equal(old.Enum, now.Enum):
		return strconv.Quote(name) + " allowed other values"
	case old.Kind == definition.Struct:
		return strconv.Quote(name) + " had other fields, or declared them differently"
	default:
		return strconv.Quote(name) + " was declared differently"
	}
}

// sameValue reports whether two declarations allow the same values. From which
// shared definition they come is a matter of Go alone.
func sameValue(a, b definition.Value) bool { return bare(a).Equal(bare(b)) }

// bare takes the labels of shared definitions out of a declaration.
func bare(v definition.Value) definition.Value {
	v.Definition = ""
	if v.Elem != nil {
		elem := bare(*v.Elem)
		v.Elem = &elem
	}
	if len(v.Fields) > 0 {
		fields := slices.Clone(v.Fields)
		for i := range fields {
			fields[i].Value = bare(fields[i].Value)
		}
		slices.SortFunc(fields, func(a, b definition.Attribute) int { return strings.Compare(a.Name, b.Name) })
		v.Fields = fields
	}
	return v
}

// label writes a name as the label of a CUE field.
func label(name string) string {
	for i, r := range name {
		letter := r == '_' && i > 0 || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' && i > 0
		if !letter {
			return strconv.Quote(name)
		}
	}
	return name
}
