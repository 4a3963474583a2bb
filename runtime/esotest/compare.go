package esotest

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"
)

// members returns the attributes of an object as raw text.
func members(t testing.TB, attributes []byte) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(attributes, &m); err != nil {
		t.Fatalf("attributes: %v", err)
	}
	return m
}

// differing returns the names of the attributes in which two objects differ.
func differing(t *testing.T, a, b []byte) []string {
	t.Helper()
	return differingMembers(members(t, a), members(t, b))
}

func differingMembers(a, b map[string]json.RawMessage) []string {
	var names []string
	for name, raw := range a {
		if other, ok := b[name]; !ok || !same(raw, other) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// same reports whether two JSON texts mean the same: numbers, timestamps and
// durations count by value.
func same(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return sameValue(value(a), value(b), sameMoment)
}

// sameJSON reports whether two JSON texts are the same value: strings count by
// their characters, numbers by value.
func sameJSON(a, b []byte) bool {
	return sameValue(value(a), value(b), func(a, b string) bool { return a == b })
}

func sameMoment(a, b string) bool { return a == b || sameTime(a, b) || sameDuration(a, b) }

func value(text []byte) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return text // equal to nothing
	}
	return v
}

func sameValue(a, b any, sameText func(a, b string) bool) bool {
	switch a := a.(type) {
	case nil, bool:
		return a == b
	case string:
		b, ok := b.(string)
		return ok && sameText(a, b)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, func(x, y any) bool { return sameValue(x, y, sameText) })
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, func(x, y any) bool { return sameValue(x, y, sameText) })
	}
	return false
}

func sameNumber(a, b json.Number) bool {
	x, ok := new(big.Rat).SetString(a.String())
	y, alsoOK := new(big.Rat).SetString(b.String())
	return ok && alsoOK && x.Cmp(y) == 0
}

func sameTime(a, b string) bool {
	x, err := time.Parse(time.RFC3339Nano, a)
	y, alsoErr := time.Parse(time.RFC3339Nano, b)
	return err == nil && alsoErr == nil && x.Equal(y)
}

func sameDuration(a, b string) bool {
	x, err := time.ParseDuration(a)
	y, alsoErr := time.ParseDuration(b)
	return err == nil && alsoErr == nil && x == y
}
