package rollout_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

var (
	naivePairs = flag.Int("naive.pairs", 300, "how many pairs of nested declarations TestNaive compares")
	naiveSeed  = flag.Uint64("naive.seed", 1, "the first seed of TestNaive")
)

// TestNaive compares the verdict on an announced change of a nested declaration
// with what a second program says, which shares no code with the simulator and
// knows nothing of releases: it enumerates values of the older declaration, and
// asks whether the newer one reads each of them.
func TestNaive(t *testing.T) {
	t.Parallel()
	safe := 0
	for i := range *naivePairs {
		old, new := naiveDraw(*naiveSeed + uint64(i))
		lost := naiveLost(old, new)
		verdict := naiveJudge(t, old, new, rollout.Judge)
		require.Equal(t, lost == "", verdict == "", "seed %d\n  %s\nto\n  %s\nnaive: %s\nsimulator: %s", *naiveSeed+uint64(i), old, new, lost, verdict)
		if lost == "" {
			safe++
		}
	}
	assert.Greater(t, safe, *naivePairs/10)
	assert.Less(t, safe, *naivePairs*9/10)
}

// TestNaiveFails leaves one rule of the simulator out after the other, and sees
// that the two programs do not agree any more.
func TestNaiveFails(t *testing.T) {
	t.Parallel()
	for _, rule := range rollout.Rules {
		t.Run(string(rule), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20_000) {
				old, new := naiveDraw(seed)
				if lost := naiveLost(old, new); lost != "" && naiveJudge(t, old, new, rollout.JudgeWithout(rule)) == "" {
					t.Logf("seed %d: %s to %s loses %s", seed, old, new, lost)
					return
				}
			}
			t.Error("the two programs agree")
		})
	}
}

// naiveJudge returns what the simulator finds if the change is announced.
func naiveJudge(t *testing.T, old, new *naive, judge rollout.Judger) string {
	t.Helper()
	one := func(write int, values ...*naive) *definition.Type {
		typ := &definition.Type{Name: "thing", Label: "thing", Write: write, Oldest: 1}
		for i, v := range values {
			typ.Models = append(typ.Models, definition.Model{
				Number: i + 1, Namespaces: definition.Agnostic, Format: definition.Native, StatesAAD: true, StatesEncrypted: true,
				Declared: []definition.Attribute{{Name: "config", Value: v.declare()}},
			})
		}
		typ.Resolve()
		return typ
	}
	before, announced, after := one(1, old), one(1, old, new), one(2, old, new)
	var lines []string
	for _, c := range []rollout.Case{
		{History: []rollout.Release{{Name: "v1", Type: before}}, New: rollout.Release{Type: announced}},
		{History: []rollout.Release{{Name: "v1", Type: before}, {Name: "v2", Type: announced}}, New: rollout.Release{Type: after}},
	} {
		v, err := judge(t.Context(), c)
		require.NoError(t, err)
		require.True(t, v.Complete)
		for _, f := range v.Findings {
			lines = append(lines, f.Lines...)
		}
	}
	return strings.Join(lines, "\n")
}

// naive is a declaration.
type naive struct {
	kind     string // string, int, number, any, list, map, struct
	nullable bool
	elem     *naive // of a list or map; nil is anything
	parts    []naivePart
}

type naivePart struct {
	name     string
	optional bool
	naive
}

// naiveDraw draws a declaration of depth 3 at most, and one that was made of it
// by a few changes, or another one.
func naiveDraw(seed uint64) (old, new *naive) {
	r := rand.New(rand.NewPCG(seed, 7))
	old = naiveValue(r, 3)
	if r.IntN(8) == 0 {
		return old, naiveValue(r, 3)
	}
	changed := *old
	for range 1 + r.IntN(3) {
		changed = *naiveChange(r, &changed, 3)
	}
	return old, &changed
}

func naiveValue(r *rand.Rand, depth int) *naive {
	v := &naive{nullable: r.IntN(5) == 0}
	kinds := []string{"string", "int", "number", "any", "struct", "struct", "struct", "map", "list"}
	if depth == 1 {
		kinds = kinds[:4]
	}
	v.kind = kinds[r.IntN(len(kinds))]
	switch v.kind {
	case "list", "map":
		if r.IntN(6) > 0 {
			v.elem = naiveValue(r, depth-1)
		}
	case "struct":
		for i := range r.IntN(3) {
			v.parts = append(v.parts, naivePart{string(rune('u' + i)), r.IntN(2) == 0, *naiveValue(r, depth-1)})
		}
	case "any":
		v.nullable = false
	}
	return v
}

// naiveChange returns a declaration with one change somewhere.
func naiveChange(r *rand.Rand, v *naive, depth int) *naive {
	out := *v
	out.parts = slices.Clone(v.parts)
	if depth > 1 && r.IntN(3) > 0 {
		switch {
		case v.elem != nil:
			out.elem = naiveChange(r, v.elem, depth-1)
			return &out
		case len(v.parts) > 0:
			i := r.IntN(len(v.parts))
			out.parts[i].naive = *naiveChange(r, &v.parts[i].naive, depth-1)
			return &out
		}
	}
	switch what := r.IntN(8); {
	case what == 0 && v.kind != "any":
		out.nullable = !v.nullable
	case what == 1 && v.kind == "int":
		out.kind = "number"
	case what == 1 && v.kind == "number":
		out.kind = "int"
	case what <= 3 && len(v.parts) > 0:
		i := r.IntN(len(v.parts))
		out.parts[i].optional = !v.parts[i].optional
	case what == 4 && len(v.parts) > 0:
		out.parts = slices.Delete(out.parts, 0, 1)
	case what == 5 && v.kind == "struct" && depth > 1:
		out.parts = append(out.parts, naivePart{string(rune('u' + len(v.parts) + r.IntN(2))), r.IntN(2) == 0, *naiveValue(r, depth-1)})
		if n := len(out.parts); n > 1 && out.parts[n-1].name == out.parts[n-2].name {
			out.parts = out.parts[:n-1]
		}
	case what == 6 && v.kind == "struct" && depth > 1:
		out.kind, out.parts, out.elem = "map", nil, naiveValue(r, depth-1)
		if len(v.parts) > 0 {
			out.elem = &v.parts[0].naive
		}
	case what == 6 && v.kind == "map":
		out.kind, out.elem = "struct", nil
		part := naivePart{"u", r.IntN(2) == 0, naive{kind: "string"}}
		if v.elem != nil {
			part.naive = *v.elem
		}
		out.parts = append(out.parts, part)
		if r.IntN(2) == 0 {
			out.parts[0].naive = *naiveValue(r, 1)
		}
	case what == 7:
		return naiveValue(r, min(depth, 2))
	}
	return &out
}

func (v *naive) String() string {
	text := v.kind
	switch {
	case v.elem != nil:
		text += "<" + v.elem.String() + ">"
	case v.kind == "struct":
		text = "{"
		for i := range v.parts {
			mark := ""
			if v.parts[i].optional {
				mark = "?"
			}
			text += fmt.Sprintf("%s%s: %s, ", v.parts[i].name, mark, v.parts[i].naive.String())
		}
		text = strings.TrimSuffix(text, ", ") + "}"
	}
	if v.nullable {
		text += "|null"
	}
	return text
}

func (v *naive) declare() definition.Value {
	kinds := map[string]definition.Kind{"string": definition.String, "int": definition.Int, "number": definition.Number, "any": definition.JSON,
		"list": definition.List, "map": definition.Map, "struct": definition.Struct}
	out := definition.Value{Kind: kinds[v.kind], Nullable: v.nullable}
	if v.elem != nil {
		elem := v.elem.declare()
		out.Elem = &elem
	}
	for i := range v.parts {
		out.Fields = append(out.Fields, definition.Attribute{Name: v.parts[i].name, Optional: v.parts[i].optional, Value: v.parts[i].naive.declare()})
	}
	return out
}

// naiveLost returns a value of the older declaration that the newer one does not
// read, or "".
func naiveLost(old, new *naive) string {
	for _, text := range old.values() {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var value any
		if decoder.Decode(&value) == nil && !new.reads(value) {
			return text
		}
	}
	return ""
}

// values enumerates: for a scalar one or two values, for a struct all patterns
// of them, for a map or list one item of each.
func (v *naive) values() []string {
	var out []string
	if v.nullable {
		out = append(out, "null")
	}
	elem := v.elem
	if elem == nil {
		elem = &naive{kind: "any"}
	}
	switch v.kind {
	case "string":
		return append(out, `"s"`)
	case "int":
		return append(out, "7")
	case "number":
		return append(out, "7", "0.5")
	case "any":
		return append(out, "null", "true", "7", "0.5", `"s"`, "[]", "[true]", `["s"]`, "[7]", "{}",
			`{"u":"s"}`, `{"u":7}`, `{"u":true}`, `{"v":"s"}`, `{"v":7}`, `{"w":"s"}`, `{"w":7}`, `{"v":null}`, `{"u":null}`,
			`{"u":"s","v":"s","w":"s"}`, `{"u":7,"v":7,"w":7}`, `{"u":{},"v":{},"w":{}}`, `{"u":[],"v":[],"w":[]}`)
	case "list":
		out = append(out, "[]")
		for _, item := range elem.values() {
			out = append(out, "["+item+"]")
		}
	case "map":
		out = append(out, "{}")
		for _, item := range elem.values() {
			for _, names := range [][]string{{"k"}, {"u"}, {"v"}, {"w"}, {"u", "v"}, {"u", "v", "w", "x"}} {
				var members []string
				for _, name := range names {
					members = append(members, fmt.Sprintf("%q:%s", name, item))
				}
				out = append(out, "{"+strings.Join(members, ",")+"}")
			}
		}
	default:
		bodies := []string{""}
		for i := range v.parts {
			var next []string
			for _, body := range bodies {
				if v.parts[i].optional {
					next = append(next, body)
				}
				for _, value := range v.parts[i].values() {
					next = append(next, fmt.Sprintf("%s,%q:%s", body, v.parts[i].name, value))
				}
			}
			bodies = next
		}
		for _, body := range bodies {
			out = append(out, "{"+strings.TrimPrefix(body, ",")+"}")
		}
	}
	return out
}

// reads reports whether a declaration reads a decoded value: it ignores names that a
// struct does not have, and everything else must be present and of the right kind.
func (v *naive) reads(value any) bool {
	if v.kind == "any" || value == nil {
		return v.kind == "any" || v.nullable
	}
	switch value := value.(type) {
	case string:
		return v.kind == "string"
	case json.Number:
		if v.kind == "int" {
			n, ok := new(big.Rat).SetString(value.String())
			return ok && n.IsInt() && n.Num().IsInt64()
		}
		return v.kind == "number"
	case []any:
		if v.kind != "list" {
			return false
		}
		return v.elem == nil || !slices.ContainsFunc(value, func(item any) bool { return !v.elem.reads(item) })
	case map[string]any:
		if v.kind == "map" {
			for _, item := range value {
				if v.elem != nil && !v.elem.reads(item) {
					return false
				}
			}
			return true
		}
		if v.kind != "struct" {
			return false
		}
		for i := range v.parts {
			part, ok := value[v.parts[i].name]
			if !ok && !v.parts[i].optional || ok && !v.parts[i].naive.reads(part) {
				return false
			}
		}
		return true
	}
	return false
}
