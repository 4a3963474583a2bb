package definition

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// boundAttributes warns of what is bound and hard to keep still: the
// ciphertexts are lost when a bound value changes unnoticed. It looks at the
// newest model only, since older ones can no longer change.
func (c *checker) boundAttributes() {
	m := c.t.Newest()
	if m == nil {
		return
	}
	for _, name := range m.AAD {
		a := m.Attribute(name)
		if a == nil {
			continue
		}
		where := c.whereBound(name)
		if a.Optional {
			c.warn("optional-bound", where, fmt.Sprintf("%q is bound and optional, and a secret sealed while it was absent does not open once it is null", name),
				"make it required if every object has it; else take care that nothing writes null where it was absent")
		}
		if why := unbounded(a.Value); why != "" {
			c.warn("unbounded-bound", where, fmt.Sprintf("%q is bound, and %s", name, why),
				"bind the few values that matter, each as an attribute of its own, or limit the size")
		}
		if changesOften(name) {
			c.warn("changing-bound", where, fmt.Sprintf("%q is bound, and by its name it changes often", name),
				"leave it plain: each change of a bound attribute seals all secrets again")
		}
		if m.Format == Kibana && inexact(a.Value) {
			c.warn("inexact-bound", where, fmt.Sprintf("%q is bound and may hold integers beyond 2^53, which the kibana format binds as doubles", name),
				"bound it within ±9007199254740991, or make it a string")
		}
	}
}

// whereBound returns the place at which the newest model that states its AAD set
// lists the name.
func (c *checker) whereBound(name string) at {
	for i := len(c.t.Models) - 1; i >= 0; i-- {
		m := &c.t.Models[i]
		if !m.StatesAAD {
			continue
		}
		if k := slices.Index(m.AAD, name); k >= 0 {
			return onModel(m, "aad", strconv.Itoa(k)).of(name)
		}
	}
	return onModel(c.t.Newest()).of(name)
}

// largeList is the number of items from which a bound list counts as large.
const largeList = 100

// unbounded says why a value may be of any size, or returns "". Texts do not
// count: they are expected to be short.
func unbounded(v Value) string {
	switch {
	case v.Kind == JSON:
		return "it may be any JSON value, of any size"
	case v.Kind == Map && v.MaxLength == nil:
		return "it is a map of any size"
	case v.Kind == List && v.MaxLength == nil:
		return "it is a list of any length"
	case (v.Kind == List || v.Kind == Map) && *v.MaxLength > largeList:
		return fmt.Sprintf("it may have %d entries", *v.MaxLength)
	case v.Elem != nil:
		return unbounded(*v.Elem)
	}
	for _, field := range v.Fields {
		if why := unbounded(field.Value); why != "" {
			return strings.Replace(why, "it", quoted(field.Name)+" in it", 1)
		}
	}
	return ""
}

// changesOften guesses from a name. It knows the few habits that are common
// enough: updatedAt, last_run, lastUsedAt, version, retryCount.
func changesOften(name string) bool {
	parts := words(name)
	for i := range parts {
		parts[i] = strings.ToLower(strings.TrimRightFunc(parts[i], unicode.IsDigit))
	}
	if len(parts) == 0 {
		return false
	}
	last := parts[len(parts)-1]
	dated := last == "at" || last == "on" || last == "date" || last == "time" || last == "timestamp"
	switch {
	case parts[0] == "last" && len(parts) > 1 && last != "name":
		return true
	case dated && (slices.Contains(parts, "updated") || slices.Contains(parts, "modified") || slices.Contains(parts, "changed")):
		return true
	}
	return slices.Contains([]string{"counter", "count", "version", "revision", "attempts", "retries", "heartbeat", "seq"}, last)
}

// inexact reports whether a value may hold integers that a double does not.
func inexact(v Value) bool {
	if kind := v.Kind.Info(); kind.Integer {
		return !within(v.Min, kind) || !within(v.Max, kind)
	}
	if v.Elem != nil {
		return inexact(*v.Elem)
	}
	return slices.ContainsFunc(v.Fields, func(field Attribute) bool { return inexact(field.Value) })
}

// within reports whether a double holds all integers up to a limit, or up to
// the largest one of the kind.
func within(limit *Limit, kind *KindInfo) bool {
	n := kind.largest()
	if limit != nil {
		n = number(limit.Number)
	}
	return n != nil && n.Abs(n).Cmp(big.NewFloat(1<<53)) <= 0
}
