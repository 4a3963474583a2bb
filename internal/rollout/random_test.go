package rollout

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
)

var roles = []definition.Role{definition.Plain, definition.Bound, definition.Encrypted}

// drawCase draws a model, a few changes to it, and whether a release announced
// them first.
func drawCase(t *rapid.T, attributes, changes int) Case {
	first := definition.Model{Encrypted: []string{}, AAD: []string{}}
	for i := range rapid.IntRange(1, attributes).Draw(t, "attributes") {
		name := fmt.Sprintf("a%d", i)
		first.Declared = append(first.Declared, drawAttribute(t, name))
		place1(&first, name, rapid.SampledFrom(roles).Draw(t, "role of "+name))
	}
	second := definition.Model{Encrypted: slices.Clone(first.Encrypted), AAD: slices.Clone(first.AAD)}
	touched := map[string]bool{}
	for i := range rapid.IntRange(1, changes).Draw(t, "changes") {
		a := first.Declared[rapid.IntRange(0, len(first.Declared)-1).Draw(t, "which")]
		what := rapid.SampledFrom([]string{"add", "remove", "rename", "convert", "move", "optional", "required", "null"}).Draw(t, "change")
		if what != "add" && touched[a.Name] {
			continue
		}
		role := roleIn(first, a.Name)
		switch name := fmt.Sprintf("b%d", i); what {
		case "add":
			a = drawAttribute(t, name)
			second.Declared = append(second.Declared, a)
			if !a.Optional {
				second.Backfill = append(second.Backfill, definition.Backfill{Name: name, Value: sampler{}.text(a.Value, 30)})
			}
			place1(&second, name, rapid.SampledFrom(roles).Draw(t, "role of "+name))
			continue
		case "remove":
			second.Removed = append(second.Removed, a.Name)
			unplace(&second, a.Name)
		case "rename", "convert":
			second.Renamed = append(second.Renamed, definition.Rename{New: name, Old: a.Name, Convert: what == "convert"})
			unplace(&second, a.Name)
			place1(&second, name, role)
			if what == "convert" {
				second.Declared = append(second.Declared, definition.Attribute{Name: name, Optional: a.Optional, Value: definition.Value{Kind: definition.Timestamp}})
			}
		case "move":
			unplace(&second, a.Name)
			place1(&second, a.Name, rapid.SampledFrom(roles).Draw(t, "to"))
		case "optional":
			a.Optional = true
			second.Declared = append(second.Declared, a)
		case "required":
			second.Backfill = append(second.Backfill, definition.Backfill{Name: a.Name, Value: sampler{}.text(a.Value, 30)})
			a.Optional = false
			second.Declared = append(second.Declared, a)
		case "null":
			a.Value.Nullable = true
			second.Declared = append(second.Declared, a)
		}
		touched[a.Name] = true
	}
	before, both, after := typeOf(1, first), typeOf(1, first, second), typeOf(2, first, second)
	for _, p := range definition.Check(after) {
		if p.Severity == definition.Error {
			t.Skip(p.Message)
		}
	}
	if rapid.Bool().Draw(t, "announced") {
		return Case{History: []Release{{"v1", before}, {"v2", both}}, New: Release{Type: after}}
	}
	return Case{History: []Release{{"v1", before}}, New: Release{Type: after}}
}

func drawAttribute(t *rapid.T, name string) definition.Attribute {
	kind := rapid.SampledFrom([]definition.Kind{definition.String, definition.Int, definition.Bool}).Draw(t, "kind of "+name)
	return definition.Attribute{
		Name: name, Optional: rapid.Bool().Draw(t, name+" is optional"),
		Value: definition.Value{Kind: kind, Nullable: rapid.IntRange(0, 3).Draw(t, name+" is nullable") == 0},
	}
}

func place1(m *definition.Model, name string, r definition.Role) {
	switch r {
	case definition.Encrypted:
		m.Encrypted = append(m.Encrypted, name)
	case definition.Bound:
		m.AAD = append(m.AAD, name)
	}
}

func unplace(m *definition.Model, name string) {
	is := func(n string) bool { return n == name }
	m.Encrypted, m.AAD = slices.DeleteFunc(m.Encrypted, is), slices.DeleteFunc(m.AAD, is)
}

func roleIn(m definition.Model, name string) definition.Role { return m.Role(name) }

// broken writes what a verdict says of affected attributes, without the length
// of the way there.
func broken(c Case, v Verdict) []string {
	a := survey(present(c))
	var out []string
	for _, f := range v.Findings {
		attribute := "another"
		for at, fact := range a.at {
			if at.name == f.Attribute && a.facts[fact].affected {
				attribute = f.Attribute
			}
		}
		line := fmt.Sprint(f.Promise, f.Kind, attribute, f.Release.Title)
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// TestReduction compares the search in which one unaffected attribute of each
// role stands for all of them with the one that plays all.
func TestReduction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t, 3, 2)
		reduced, err := judge(t.Context(), c, options{together: 5, states: maxStates, reduce: true})
		require.NoError(t, err)
		whole, err := judge(t.Context(), c, options{together: 5, states: maxStates})
		require.NoError(t, err)
		require.True(t, whole.Complete)
		assert.Equal(t, broken(c, whole), broken(c, reduced), "%s\n%s", dump(whole), dump(reduced))
	})
}

// TestTogether doubles the number of affected attributes that are played at a
// time, and finds nothing more. Fewer may show more: where two promises break
// at once, one hides behind the other.
func TestTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t, 3, 4)
		pairs, err := judge(t.Context(), c, options{together: together, states: maxStates, reduce: true})
		require.NoError(t, err)
		more, err := judge(t.Context(), c, options{together: 2 * together, states: maxStates, reduce: true})
		require.NoError(t, err)
		assert.Subset(t, broken(c, pairs), broken(c, more), "%s\n%s", dump(more), dump(pairs))
		assert.Equal(t, more.Safe(), pairs.Safe())
	})
}

// TestFaultless checks that no random case shows a fault of the runtime, and
// that what was announced first is safe.
func TestFaultless(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t, 4, 3)
		v, err := Judge(t.Context(), c)
		require.NoError(t, err)
		assert.True(t, v.Complete)
		if len(c.History) == 2 {
			assert.Empty(t, dump(v))
		}
		for _, f := range v.Findings {
			assert.NotContains(t, []Kind{DoesNotOpen, OperationFails}, f.Kind, strings.Join(f.Lines, "\n"))
			assert.NotEmpty(t, f.Trace)
		}
	})
}
