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
	first := drawModel(t, attributes)
	second := drawNext(t, typeOf(1, first), changes)
	before, both, after := typeOf(1, first), typeOf(1, first, second), typeOf(2, first, second)
	mustBeValid(t, after)
	if rapid.Bool().Draw(t, "announced") {
		return Case{History: []Release{{Name: "v1", Type: before}, {Name: "v2", Type: both}}, New: Release{Type: after}}
	}
	return Case{History: []Release{{Name: "v1", Type: before}}, New: Release{Type: after}}
}

// mustBeValid leaves out what a spec could not say.
func mustBeValid(t *rapid.T, typ *definition.Type) {
	for _, p := range definition.Check(typ) {
		if p.Severity == definition.Error {
			t.Skip(p.Message)
		}
	}
}

func drawModel(t *rapid.T, attributes int) definition.Model {
	m := definition.Model{Encrypted: []string{}, AAD: []string{}}
	m.Format = rapid.SampledFrom([]definition.Format{definition.Kibana, definition.Native}).Draw(t, "format")
	for i := range rapid.IntRange(1, attributes).Draw(t, "attributes") {
		name := fmt.Sprintf("a%d", i)
		m.Declared = append(m.Declared, drawAttribute(t, name))
		take(&m, name, rapid.SampledFrom(roles).Draw(t, "role of "+name))
	}
	return m
}

// drawNext draws the model after the newest one of a type.
func drawNext(t *rapid.T, typ *definition.Type, changes int) definition.Model {
	before := typ.Newest()
	m := definition.Model{Encrypted: slices.Clone(before.Encrypted), AAD: slices.Clone(before.AAD), Format: before.Format}
	if rapid.IntRange(0, 4).Draw(t, "another format") == 0 {
		m.Format = map[definition.Format]definition.Format{definition.Kibana: definition.Native, definition.Native: definition.Kibana}[m.Format]
	}
	touched := map[string]bool{}
	for i := range rapid.IntRange(1, changes).Draw(t, "changes") {
		name := fmt.Sprintf("%c%d", 'a'+before.Number, i)
		what := rapid.SampledFrom([]string{"add", "compute", "remove", "rename", "convert", "move", "optional", "required", "null", "parts"}).Draw(t, "change")
		if what == "add" || what == "compute" || len(before.Attributes) == 0 {
			var from []string
			if what == "compute" && len(before.Attributes) > 0 {
				for range rapid.IntRange(1, 3).Draw(t, "inputs") {
					name := before.Attributes[rapid.IntRange(0, len(before.Attributes)-1).Draw(t, "from")].Name
					if !slices.Contains(from, name) {
						from = append(from, name)
					}
				}
			}
			drawNew(t, &m, name, from)
			continue
		}
		a := before.Attributes[rapid.IntRange(0, len(before.Attributes)-1).Draw(t, "which")]
		if touched[a.Name] {
			continue
		}
		touched[a.Name] = true
		switch role := before.Role(a.Name); what {
		case "remove":
			m.Removed = append(m.Removed, a.Name)
			untake(&m, a.Name)
		case "rename", "convert":
			m.Renamed = append(m.Renamed, definition.Rename{New: name, Old: a.Name, Convert: what == "convert"})
			untake(&m, a.Name)
			take(&m, name, role)
			if what == "convert" {
				m.Declared = append(m.Declared, definition.Attribute{Name: name, Optional: a.Optional, Value: definition.Value{Kind: definition.Timestamp}})
			}
		case "move":
			untake(&m, a.Name)
			take(&m, a.Name, rapid.SampledFrom(roles).Draw(t, "to"))
		case "optional":
			a.Optional = true
			m.Declared = append(m.Declared, a)
		case "required":
			m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: sampler{}.text(a.Value, 30)})
			a.Optional = false
			m.Declared = append(m.Declared, a)
		case "null":
			a.Value.Nullable = true
			m.Declared = append(m.Declared, a)
		case "parts":
			if a.Value.Kind == definition.Struct {
				a.Value.Fields = drawParts(t, a.Value.Fields)
				a.Default = ""
				m.Declared = append(m.Declared, a)
			}
		}
	}
	return m
}

// drawNew draws an attribute that a model adds, computed from those if there are any.
func drawNew(t *rapid.T, m *definition.Model, name string, from []string) {
	a := drawAttribute(t, name)
	m.Declared = append(m.Declared, a)
	switch {
	case len(from) > 0:
		m.Computed = append(m.Computed, definition.Compute{Name: name, Inputs: from})
	case !a.Optional:
		m.Backfill = append(m.Backfill, definition.Backfill{Name: name, Value: sampler{}.text(a.Value, 30)})
	}
	take(m, name, rapid.SampledFrom(roles).Draw(t, "role of "+name))
}

func drawAttribute(t *rapid.T, name string) definition.Attribute {
	a := drawBare(t, name)
	if rapid.IntRange(0, 3).Draw(t, name+" has a default") == 0 {
		a.Default = sampler{}.text(a.Value, 20)
	}
	return a
}

func drawBare(t *rapid.T, name string) definition.Attribute {
	kind := rapid.SampledFrom([]definition.Kind{definition.String, definition.Int, definition.Bool, definition.Struct}).Draw(t, "kind of "+name)
	a := definition.Attribute{
		Name: name, Optional: rapid.Bool().Draw(t, name+" is optional"),
		Value: definition.Value{Kind: kind, Nullable: rapid.IntRange(0, 3).Draw(t, name+" is nullable") == 0},
	}
	if kind == definition.Struct {
		a.Value.Fields = has("p", "q?", "r:int")
	}
	return a
}

// drawParts declares the parts of a struct anew.
func drawParts(t *rapid.T, fields []definition.Attribute) []definition.Attribute {
	var out []definition.Attribute
	for _, f := range fields {
		switch rapid.SampledFrom([]string{"keep", "remove", "optional"}).Draw(t, "part "+f.Name) {
		case "keep":
			out = append(out, f)
		case "optional":
			f.Optional = true
			out = append(out, f)
		}
	}
	name := "s"
	for slices.ContainsFunc(fields, func(f definition.Attribute) bool { return f.Name == name }) {
		name += "s"
	}
	return append(out, definition.Attribute{Name: name, Optional: true, Value: definition.Value{Kind: definition.String}})
}

func take(m *definition.Model, name string, r definition.Role) {
	switch r {
	case definition.Encrypted:
		m.Encrypted = append(m.Encrypted, name)
	case definition.Bound:
		m.AAD = append(m.AAD, name)
	}
}

func untake(m *definition.Model, name string) {
	is := func(n string) bool { return n == name }
	m.Encrypted, m.AAD = slices.DeleteFunc(m.Encrypted, is), slices.DeleteFunc(m.AAD, is)
}

// broken writes what a verdict says of affected attributes, without the length
// of the way there.
func broken(c Case, v Verdict) []string {
	a := collectFacts(dropAbsent(c))
	var out []string
	for _, f := range v.Findings {
		attribute := "another"
		for at, fact := range a.at {
			if at.name == f.Attribute && a.all[fact].affected {
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

// TestReduction compares the search with one unaffected attribute of each role to the
// search with all of them.
func TestReduction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t, 3, 2)
		reduced, err := judge(t.Context(), c, options{together: 5, moves: MaxMoves, reduce: true})
		require.NoError(t, err)
		whole, err := judge(t.Context(), c, options{together: 5, moves: MaxMoves})
		require.NoError(t, err)
		require.True(t, whole.Complete)
		assert.Subset(t, broken(c, reduced), broken(c, whole), "%s\n%s", dump(whole), dump(reduced))
		assert.Equal(t, whole.Safe(), reduced.Safe())
	})
}

// TestTogether doubles the number of affected attributes that are played at a
// time, and finds nothing more. Fewer may show more: if two promises break at once,
// one hides the other.
func TestTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t, 3, 4)
		pairs, err := judge(t.Context(), c, options{together: together, moves: MaxMoves, reduce: true})
		require.NoError(t, err)
		more, err := judge(t.Context(), c, options{together: 2 * together, moves: MaxMoves, reduce: true})
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

// TestAnnouncedChain announces every model before it is written: each release is
// safe.
func TestAnnouncedChain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := drawModel(t, 3)
		second := drawNext(t, typeOf(1, first), 2)
		third := drawNext(t, typeOf(2, first, second), 2)
		mustBeValid(t, typeOf(3, first, second, third))
		releases := []Release{
			{Name: "v1", Type: typeOf(1, first)}, {Name: "v2", Type: typeOf(1, first, second)}, {Name: "v3", Type: typeOf(2, first, second)},
			{Name: "v4", Type: typeOf(2, first, second, third)}, {Name: "v5", Type: typeOf(3, first, second, third)},
		}
		for i := 1; i < len(releases); i++ {
			v, err := Judge(t.Context(), Case{History: releases[:i], New: releases[i]})
			require.NoError(t, err)
			require.True(t, v.Complete)
			require.Empty(t, dump(v), "up to %s", releases[i].Name)
		}
	})
}
