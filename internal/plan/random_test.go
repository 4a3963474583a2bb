package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

var roles = []definition.Role{definition.Plain, definition.Bound, definition.Encrypted}

// drawTypes draws what was released, and the specs: one to three models more,
// each of which makes a few changes of any kind.
func drawTypes(t *rapid.T) (released, target *definition.Type) {
	first := definition.Model{Number: 1}
	for i := range rapid.IntRange(1, 3).Draw(t, "attributes") {
		name := fmt.Sprintf("a%d", i)
		first.Declared = append(first.Declared, drawAttribute(t, name))
		putIn(&first, name, rapid.SampledFrom(roles).Draw(t, "role of "+name))
	}
	models := []definition.Model{first}
	for n := range rapid.IntRange(1, 3).Draw(t, "models") {
		models = append(models, drawModel(t, typeOf(models...).Newest(), n+2))
	}
	released = typeOf(first)
	target = typeOf(models...)
	target.Write = len(models)
	if !valid(target) {
		t.Skip("has errors")
	}
	return released, target
}

func typeOf(models ...definition.Model) *definition.Type {
	typ := &definition.Type{Name: "thing", Label: "thing", Write: 1, Oldest: 1, RandomID: true, Models: slices.Clone(models)}
	for i := range typ.Models {
		m := &typ.Models[i]
		m.Format, m.StatesAAD, m.StatesEncrypted = definition.Kibana, true, true
		if m.Namespaces == "" {
			m.Namespaces = definition.Agnostic
		}
	}
	typ.Resolve()
	return typ
}

func drawAttribute(t *rapid.T, name string) definition.Attribute {
	kind := rapid.SampledFrom([]definition.Kind{definition.String, definition.Int, definition.Bool}).Draw(t, "kind of "+name)
	return definition.Attribute{
		Name: name, Optional: rapid.Bool().Draw(t, name+" is optional"),
		Value: definition.Value{Kind: kind, Nullable: rapid.IntRange(0, 3).Draw(t, name+" is nullable") == 0},
	}
}

var samples = map[definition.Kind]string{definition.String: `"s"`, definition.Int: "1", definition.Bool: "true", definition.Timestamp: `"2027-03-01T00:00:00Z"`}

func drawModel(t *rapid.T, before *definition.Model, number int) definition.Model {
	m := definition.Model{Number: number, Encrypted: slices.Clone(before.Encrypted), AAD: slices.Clone(before.AAD), Namespaces: before.Namespaces}
	touched := map[string]bool{}
	for i := range rapid.IntRange(1, 3).Draw(t, "changes") {
		name := fmt.Sprintf("b%d%d", number, i)
		what := rapid.SampledFrom([]string{"add", "remove", "rename", "convert", "move", "optional", "required", "null", "namespaces"}).Draw(t, "change")
		if what == "add" || len(before.Attributes) == 0 {
			a := drawAttribute(t, name)
			m.Declared = append(m.Declared, a)
			if !a.Optional {
				m.Backfill = append(m.Backfill, definition.Backfill{Name: name, Value: samples[a.Value.Kind]})
			}
			putIn(&m, name, rapid.SampledFrom(roles).Draw(t, "role of "+name))
			continue
		}
		a := before.Attributes[rapid.IntRange(0, len(before.Attributes)-1).Draw(t, "which")]
		if touched[a.Name] {
			continue
		}
		touched[a.Name] = true
		role := before.Role(a.Name)
		switch what {
		case "remove":
			m.Removed = append(m.Removed, a.Name)
			takeOut(&m, a.Name)
		case "rename", "convert":
			m.Renamed = append(m.Renamed, definition.Rename{New: name, Old: a.Name, Convert: what == "convert"})
			takeOut(&m, a.Name)
			putIn(&m, name, rapid.SampledFrom(append([]definition.Role{role, role}, roles...)).Draw(t, "role"))
			if what == "convert" {
				m.Declared = append(m.Declared, definition.Attribute{Name: name, Optional: a.Optional, Value: definition.Value{Kind: definition.Timestamp}})
			}
		case "move":
			takeOut(&m, a.Name)
			putIn(&m, a.Name, rapid.SampledFrom(roles).Draw(t, "to"))
		case "optional":
			a.Optional = true
			m.Declared = append(m.Declared, a)
		case "required":
			m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: samples[a.Value.Kind]})
			a.Optional = false
			m.Declared = append(m.Declared, a)
		case "null":
			a.Value.Nullable = true
			m.Declared = append(m.Declared, a)
		case "namespaces":
			kinds := []definition.Namespaces{definition.Single, definition.MultipleIsolated, definition.Multiple, definition.Agnostic}
			m.Namespaces = rapid.SampledFrom(kinds[slices.Index(kinds, m.Namespaces):]).Draw(t, "namespaces") // never a narrower one
		}
	}
	return m
}

func putIn(m *definition.Model, name string, r definition.Role) {
	switch r {
	case definition.Encrypted:
		m.Encrypted = append(m.Encrypted, name)
	case definition.Bound:
		m.AAD = append(m.AAD, name)
	}
}

func takeOut(m *definition.Model, name string) {
	is := func(n string) bool { return n == name }
	m.Encrypted, m.AAD = slices.DeleteFunc(m.Encrypted, is), slices.DeleteFunc(m.AAD, is)
}

// TestRandom plans random changes. A model that is announced first can always
// be written, so every plan that does not narrow a declaration takes two
// releases at most: there is nothing that splitting a model would help with.
func TestRandom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		released, target := drawTypes(t)
		history := []baseline.Release{{Name: "v1", Types: []*definition.Type{released}}}
		p, err := Make(t.Context(), Case{History: history, Target: []*definition.Type{target}})
		require.NoError(t, err)
		require.Len(t, p.Types, 1)
		way := p.Types[0]
		require.Empty(t, way.Blocked)
		assert.LessOrEqual(t, len(way.Stages), 2)
		accepted(t, history, p)
	})
}

// accepted judges each release of a plan with everything before it.
func accepted(t require.TestingT, history []baseline.Release, p *Plan) {
	for i := 1; i <= p.Releases(); i++ {
		types := p.Release(i)
		for _, typ := range types {
			c := rollout.Case{New: rollout.Release{Type: typ}}
			for _, r := range history {
				c.History = append(c.History, rollout.Release{Name: r.Name, Type: r.Type(typ.Name)})
			}
			v, err := rollout.Judge(contextOf(t), c)
			require.NoError(t, err)
			assert.Empty(t, v.Findings, "release %d, type %q", i, typ.Name)
		}
		history = append(slices.Clone(history), baseline.Release{Name: fmt.Sprintf("release %d", i), Types: types})
	}
}
