package check

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/spec"
)

// TestReach draws histories of a type, sound and odd ones: models that are
// skipped, taken back or changed in place, releases without the type, "write"
// and "oldest" where nobody would put them. Whatever the simulator finds has a
// rule: rollout/bug never comes. ESOGEN_REACH=N draws N histories.
func TestReach(t *testing.T) {
	t.Parallel()
	histories := 150
	if n, err := strconv.Atoi(os.Getenv("ESOGEN_REACH")); err == nil {
		histories = n
	}
	reached := map[string]int{}
	for seed := range histories {
		d := drawer{rand.New(rand.NewPCG(uint64(seed), 0))}
		releases := d.history(seed%3 == 0)
		if len(releases) < 2 || releases[len(releases)-1] == nil {
			continue
		}
		result, err := Run(t.Context(), drawn(releases))
		require.NoError(t, err)
		for _, f := range result.Findings {
			reached[f.Rule]++
			if Lookup(f.Rule).Family() == Rollout {
				assert.NotEmpty(t, f.Trace, f.Rule)
			}
			if !assert.NotEqual(t, "rollout/bug", f.Rule, "seed %d", seed) {
				t.Log(described(t, releases) + show(result))
			}
		}
	}
	t.Log(reached)
	assert.Greater(t, len(reached), 5)
}

// TestRefused checks why a refused model is no finding of its own: where a
// release does not open a model that may be there, "oldest" or "write" is to
// blame, and that rule carries the trace.
func TestRefused(t *testing.T) {
	t.Parallel()
	second := base + `models: "2": attributes: more?: string` + "\n"
	for rule, e := range map[string]Example{
		"history/oldest-above-live": {Released: example("write: 1" + second), Change: example("oldest: 2" + second)},
		"history/write-moved-back":  {Released: example("oldest: 2" + second), Change: example("write: 1" + second)},
	} {
		result, err := Try(t.Context(), e)
		require.NoError(t, err)
		require.Len(t, result.Findings, 1, show(result))
		assert.Equal(t, rule, result.Findings[0].Rule)
		assert.NotEmpty(t, result.Findings[0].Trace)
	}
}

// drawn is a project of a history; the last type is that of the specs.
func drawn(releases []*definition.Type) Project {
	last := len(releases) - 1
	p := Project{Specs: &spec.Specs{Types: []*definition.Type{releases[last]}}}
	for i, typ := range releases[:last] {
		r := baseline.Release{Name: fmt.Sprintf("v%d", i+1)}
		if typ != nil {
			r.Types = []*definition.Type{typ}
		}
		p.Releases = append(p.Releases, r)
	}
	return p
}

func described(t *testing.T, releases []*definition.Type) string {
	t.Helper()
	var b strings.Builder
	for i, typ := range releases {
		if typ == nil {
			fmt.Fprintf(&b, "v%d does not have it\n", i+1)
			continue
		}
		data, err := golden.Marshal(typ)
		require.NoError(t, err)
		fmt.Fprintf(&b, "v%d\n%s", i+1, data)
	}
	return b.String()
}

// drawer draws definitions.
type drawer struct{ *rand.Rand }

func (d drawer) oneIn(n int) bool { return d.IntN(n) == 0 }

// history draws releases of a type, a nil one for a release without it. It
// returns nothing where the draw gives what a spec cannot say.
func (d drawer) history(inPlace bool) []*definition.Type {
	full := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: 1, Oldest: 1, Models: []definition.Model{d.first()}}
	full.Resolve()
	for range d.IntN(3) {
		full.Models = append(full.Models, d.next(full))
		full.Resolve()
	}
	var releases []*definition.Type
	known := 1
	for range 2 + d.IntN(2) {
		if known = min(known+d.IntN(3), len(full.Models)); d.oneIn(8) {
			known = 1 + d.IntN(len(full.Models))
		}
		t := *full
		t.Models = slices.Clone(full.Models[:known])
		t.Write, t.Oldest = 1+d.IntN(known), 1
		if d.oneIn(3) {
			t.Oldest = 1 + d.IntN(t.Write)
		}
		if inPlace && d.oneIn(2) {
			before := t
			if before.Models = t.Models[:known-1]; known > 1 {
				t.Models[known-1] = d.next(&before)
			} else {
				t.Models[0] = d.first()
			}
		}
		t.Resolve()
		d.expose(&t)
		if slices.ContainsFunc(definition.Check(&t), func(p definition.Problem) bool { return p.Severity == definition.Error }) {
			return nil
		}
		if releases = append(releases, &t); d.oneIn(12) {
			releases = append(releases, nil)
		}
	}
	return releases
}

func (d drawer) expose(t *definition.Type) {
	if !d.oneIn(3) {
		return
	}
	for _, m := range t.Models {
		for _, name := range m.Encrypted {
			if d.oneIn(2) && !slices.Contains(t.Exposes, name) {
				t.Exposes = append(t.Exposes, name)
			}
		}
	}
}

func (d drawer) first() definition.Model {
	m := definition.Model{
		Number: 1, StatesAAD: true, StatesEncrypted: true, Namespaces: d.namespaces(), Format: d.format(), Encrypted: []string{}, AAD: []string{},
	}
	for i := range 1 + d.IntN(3) {
		name := fmt.Sprintf("a%d", i)
		m.Declared = append(m.Declared, d.attribute(name))
		put(&m, name, d.role())
	}
	return m
}

// next draws the model behind the last one of a type.
func (d drawer) next(t *definition.Type) definition.Model {
	before := t.Newest()
	m := definition.Model{
		Number: before.Number + 1, StatesAAD: true, StatesEncrypted: true, Namespaces: before.Namespaces, Format: before.Format,
		Encrypted: slices.Clone(before.Encrypted), AAD: slices.Clone(before.AAD),
	}
	if d.oneIn(6) {
		m.Namespaces = d.namespaces()
	}
	if d.oneIn(6) {
		m.Format = d.format()
	}
	touched := map[string]bool{}
	for i := range 1 + d.IntN(2) {
		name := fmt.Sprintf("%c%d", 'a'+before.Number, i)
		if len(before.Attributes) == 0 || d.oneIn(4) {
			d.declare(&m, d.attribute(name))
			put(&m, name, d.role())
			continue
		}
		if a := before.Attributes[d.IntN(len(before.Attributes))]; !touched[a.Name] {
			touched[a.Name] = true
			d.change(&m, a, name, before.Role(a.Name))
		}
	}
	return m
}

// change draws a change of an attribute; name is a new one, should it need
// one.
func (d drawer) change(m *definition.Model, a definition.Attribute, name string, role definition.Role) {
	switch d.IntN(5) {
	case 0:
		m.Removed = append(m.Removed, a.Name)
		put(m, a.Name, definition.Plain)
	case 1:
		convert := d.oneIn(2)
		m.Renamed = append(m.Renamed, definition.Rename{New: name, Old: a.Name, Convert: convert})
		put(m, a.Name, definition.Plain)
		if put(m, name, role); d.oneIn(3) {
			put(m, name, d.role())
		}
		if convert {
			m.Declared = append(m.Declared, definition.Attribute{Name: name, Optional: a.Optional, Value: d.value(0)})
		}
	case 2:
		put(m, a.Name, d.role())
	case 3:
		a.Optional, a.Value.Nullable = d.oneIn(2), d.oneIn(2) && a.Value.Kind != definition.JSON
		d.declare(m, a)
	default:
		if v := d.value(0); v.Kind == a.Value.Kind {
			a.Value = v
			d.declare(m, a)
		}
	}
}

// declare adds an attribute to what a model declares, with a value for older
// documents.
func (d drawer) declare(m *definition.Model, a definition.Attribute) {
	if m.Declared = append(m.Declared, a); !a.Optional {
		m.Backfill = append(m.Backfill, definition.Backfill{Name: a.Name, Value: sample(a.Value)})
	}
}

// sample is a text that the declaration allows.
func sample(v definition.Value) string {
	switch {
	case len(v.Enum) > 0:
		return v.Enum[0]
	case v.Kind == definition.Timestamp:
		return `"2026-11-29T00:00:00Z"`
	case v.Kind == definition.Struct:
		var members []string
		for _, f := range v.Fields {
			members = append(members, fmt.Sprintf("%q:%s", f.Name, sample(f.Value)))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return map[definition.JSONKind]string{"string": `"s"`, "number": "1", "boolean": "true", "array": "[]", "object": "{}", "any": "[]"}[v.Kind.Info().JSON]
}

func (d drawer) attribute(name string) definition.Attribute {
	return definition.Attribute{Name: name, Optional: d.oneIn(2), Value: d.value(0)}
}

func (d drawer) value(depth int) definition.Value {
	kinds := []definition.Kind{
		definition.String, definition.Int, definition.Bool, definition.Number, definition.Timestamp, definition.JSON,
		definition.List, definition.Map, definition.Struct, // last: not inside of each other
	}
	if depth > 1 {
		kinds = kinds[:6]
	}
	v := definition.Value{Kind: kinds[d.IntN(len(kinds))]}
	v.Nullable = v.Kind != definition.JSON && d.oneIn(4)
	switch v.Kind {
	case definition.List, definition.Map:
		elem := d.value(depth + 1)
		v.Elem = &elem
	case definition.Struct:
		for i := range 1 + d.IntN(2) {
			v.Fields = append(v.Fields, definition.Attribute{Name: fmt.Sprintf("f%d", i), Optional: d.oneIn(2), Value: d.value(depth + 1)})
		}
	case definition.String:
		if d.oneIn(3) {
			v.Enum = []string{`"x"`, `"y"`}[:1+d.IntN(2)]
		}
	}
	return v
}

func (d drawer) role() definition.Role {
	return []definition.Role{definition.Plain, definition.Bound, definition.Encrypted}[d.IntN(3)]
}

func (d drawer) format() definition.Format {
	return []definition.Format{definition.Kibana, definition.Native}[d.IntN(2)]
}

func (d drawer) namespaces() definition.Namespaces {
	return []definition.Namespaces{definition.Single, definition.MultipleIsolated, definition.Multiple, definition.Agnostic}[d.IntN(4)]
}

// put moves a name into the set of a role, out of the others.
func put(m *definition.Model, name string, role definition.Role) {
	is := func(n string) bool { return n == name }
	m.Encrypted, m.AAD = slices.DeleteFunc(m.Encrypted, is), slices.DeleteFunc(m.AAD, is)
	switch role {
	case definition.Encrypted:
		m.Encrypted = append(m.Encrypted, name)
	case definition.Bound:
		m.AAD = append(m.AAD, name)
	}
}
