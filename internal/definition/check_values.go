package definition

import (
	"fmt"
	"regexp"
	"strings"
)

// values checks each declaration by itself: patterns, bounds and defaults,
// nested ones included.
func (c *checker) values() {
	for i := range c.t.Models {
		m := &c.t.Models[i]
		for _, a := range m.Declared {
			c.declared(m, a, []string{a.Name})
		}
	}
}

func (c *checker) declared(m *Model, a Attribute, path []string) {
	where := onAttribute(m, path[0], path[1:]...).of(path[0])
	if len(path) > 1 && a.Name == "__proto__" {
		c.fail("reserved-name", where, quoted(dotted(path))+" has a reserved name", "choose another name")
	}
	c.value(m, a.Value, path)
	if a.Default == "" {
		return
	}
	if err := Conform(a.Value, a.Default); err != nil {
		c.fail("default", where, fmt.Sprintf("the default of %q does not fit its declaration: %s", dotted(path), err), "write a default that the declaration allows")
		return
	}
	if reason := unsealable(m, path[0], a.Default); reason != "" {
		c.fail("default", where, fmt.Sprintf("the default of %q cannot be sealed: %s", dotted(path), reason), "write a default that the format of the model seals")
	}
}

func (c *checker) value(m *Model, v Value, path []string) {
	where := onAttribute(m, path[0], path[1:]...).of(path[0])
	for _, pattern := range append(v.Patterns[:len(v.Patterns):len(v.Patterns)], v.NotPatterns...) {
		if _, err := regexp.Compile(pattern); err != nil {
			c.fail("pattern", where, fmt.Sprintf("the pattern %s of %q is not a regular expression: %s", quoted(pattern), dotted(path), strings.TrimPrefix(err.Error(), "error parsing regexp: ")),
				"write it in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax)")
		}
	}
	if reason := impossible(v); reason != "" {
		c.fail("bounds", where, fmt.Sprintf("no value fits the declaration of %q: %s", dotted(path), reason), "correct the bounds")
	}
	for _, text := range v.Enum {
		if err := Conform(Value{Kind: v.Kind, Nullable: v.Nullable}, text); err != nil {
			c.fail("bounds", where, fmt.Sprintf("%q cannot be %s: %s", dotted(path), text, err), "leave that value out")
		}
	}
	for _, field := range v.Fields {
		c.declared(m, field, append(path[:len(path):len(path)], field.Name))
	}
	if v.Elem != nil {
		c.value(m, *v.Elem, path)
	}
}

// unsealable returns why a model cannot seal a value under a name that it binds
// or encrypts, or "".
func unsealable(m *Model, name, text string) string {
	if m.Format == Kibana && m.Role(name) != Plain && BeyondDouble(text) {
		return "the kibana format binds and encrypts what JavaScript reads, and that reads a number beyond the range of a double as null"
	}
	return ""
}

// impossible says why no value fits, if that is plain to see, or returns "".
func impossible(v Value) string {
	if v.MinLength != nil && v.MaxLength != nil && *v.MinLength > *v.MaxLength {
		return fmt.Sprintf("at least %d long, and at most %d", *v.MinLength, *v.MaxLength)
	}
	if v.MaxLength != nil && *v.MaxLength < 0 {
		return fmt.Sprintf("at most %d long", *v.MaxLength)
	}
	if v.Min == nil || v.Max == nil {
		return ""
	}
	low, high := number(v.Min.Number), number(v.Max.Number)
	if low == nil || high == nil {
		return ""
	}
	if cmp := low.Cmp(high); cmp > 0 || (cmp == 0 && (v.Min.Exclusive || v.Max.Exclusive)) {
		return fmt.Sprintf("from %s to %s", v.Min.Number, v.Max.Number)
	}
	return ""
}
