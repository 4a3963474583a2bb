package rollout

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

var kindsOfNamespaces = []definition.Namespaces{definition.Single, definition.MultipleIsolated, definition.Multiple, definition.Agnostic}

// inNamespaces is a type whose models have these kinds of namespaces.
func inNamespaces(format definition.Format, write int, kinds ...definition.Namespaces) *definition.Type {
	t := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: write, Oldest: 1}
	for i, kind := range kinds {
		m := definition.Model{Number: i + 1, Namespaces: kind, Format: format}
		if i == 0 {
			m.Declared = []definition.Attribute{{Name: "owner", Value: definition.Value{Kind: definition.String}}, {Name: "key", Value: definition.Value{Kind: definition.String}}}
			m.Encrypted, m.AAD, m.StatesEncrypted, m.StatesAAD = []string{"key"}, []string{"owner"}, true, true
		}
		t.Models = append(t.Models, m)
	}
	t.Resolve()
	return t
}

func outOfReach(t *testing.T, c Case) *Finding {
	t.Helper()
	v, err := Judge(t.Context(), c)
	require.NoError(t, err)
	require.True(t, v.Complete)
	for i := range v.Findings {
		if v.Findings[i].Kind == OutOfReach {
			return &v.Findings[i]
		}
	}
	return nil
}

// TestNarrower goes through all pairs of kinds, in both formats and all ways to
// introduce the second one. The search finds a lost object exactly if the kind
// becomes narrower.
func TestNarrower(t *testing.T) {
	t.Parallel()
	for _, format := range []definition.Format{definition.Kibana, definition.Native} {
		for _, was := range kindsOfNamespaces {
			for _, is := range kindsOfNamespaces {
				one, both := inNamespaces(format, 1, was), inNamespaces(format, 2, was, is)
				announced := inNamespaces(format, 1, was, is)
				for name, c := range map[string]Case{
					"in one release":          {History: []Release{{Name: "v1", Type: one}}, New: Release{Type: both}},
					"announced":               {History: []Release{{Name: "v1", Type: one}}, New: Release{Type: announced}},
					"after it was announced":  {History: []Release{{Name: "v1", Type: one}, {Name: "v2", Type: announced}}, New: Release{Type: both}},
					"from the announcing one": {History: []Release{{Name: "v2", Type: announced}}, New: Release{Type: both}},
					"in a new type":           {New: Release{Type: both}},
					"in place":                {History: []Release{{Name: "v1", Type: one}}, New: Release{Type: inNamespaces(format, 1, is)}},
					"by way of a wider one":   {History: []Release{{Name: "v1", Type: inNamespaces(format, 1, definition.Single)}}, New: Release{Type: inNamespaces(format, 3, definition.Single, was, is)}},
					"after it was withdrawn":  {History: []Release{{Name: "v1", Type: one, Withdrawn: true}}, New: Release{Type: both}},
				} {
					t.Run(fmt.Sprintf("%s/%s to %s/%s", format, was, is, name), func(t *testing.T) {
						t.Parallel()
						f := outOfReach(t, c)
						if !is.Narrower(was) {
							assert.Nil(t, f)
							return
						}
						require.NotNil(t, f)
						assert.GreaterOrEqual(t, len(f.Lines), 3)
						assert.Len(t, f.Trace, len(f.Lines)-1)
						assert.False(t, f.Playable())
						assert.Equal(t, was, f.WasKind)
						assert.Equal(t, is, f.IsKind)
					})
				}
			}
		}
	}
}

// TestNarrowerIsOver checks what ends the finding: documents of the wider model
// are not there any more, or nothing changed.
func TestNarrowerIsOver(t *testing.T) {
	t.Parallel()
	old := inNamespaces(definition.Native, 2, definition.Multiple, definition.Single)
	assert.Nil(t, outOfReach(t, Case{History: []Release{{Name: "v1", Type: old}}, New: Release{Type: inNamespaces(definition.Native, 2, definition.Multiple, definition.Single)}}))
	raised := inNamespaces(definition.Native, 2, definition.Multiple, definition.Single)
	raised.Oldest = 2
	assert.Nil(t, outOfReach(t, Case{History: []Release{{Name: "v1", Type: old}}, New: Release{Type: raised}}))
}

// TestTraceOfNamespaces shows what a person reads.
func TestTraceOfNamespaces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		was, is definition.Namespaces
		lines   []string
	}{
		"shared": {definition.Multiple, definition.Single, []string{
			`1. v1 (running) creates an object of model 1, which is "multiple", in namespace "a"`,
			`2. v1 (running) shares it into namespace "b"`,
			`3. new migrates it to model 2, which is "single"`,
			`4. new looks for it from namespace "b", and does not find it`,
			`promise 1 is broken for new (every document opens): the object is out of reach: model 2 is "single", and it was "multiple"`,
		}},
		"one id": {definition.MultipleIsolated, definition.Single, []string{
			`1. v1 (running) creates an object of model 1, which is "multiple-isolated", in namespace "a"`,
			`2. new creates another object under the same id in namespace "b": model 2 is "single", whose identity has the namespace`,
			`3. v1 (running) looks for that object from namespace "b", and does not find it: it takes type and id for the identity, and the first object has them`,
			`promise 1 is broken for v1 (running) (every document opens): the object is out of reach: model 2 is "single", and it was "multiple-isolated"`,
		}},
		"nowhere": {definition.Agnostic, definition.Multiple, []string{
			`1. v1 (running) creates an object of model 1, which is "agnostic": it is in no namespace, and found from every one`,
			`2. new migrates it to model 2, which is "multiple"`,
			`3. new looks for it from namespace "a", and does not find it`,
			`promise 1 is broken for new (every document opens): the object is out of reach: model 2 is "multiple", and it was "agnostic"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := outOfReach(t, Case{
				History: []Release{{Name: "v1", Type: inNamespaces(definition.Native, 1, test.was)}},
				New:     Release{Type: inNamespaces(definition.Native, 2, test.was, test.is)},
			})
			require.NotNil(t, f)
			assert.Equal(t, test.lines, f.Lines)
		})
	}
}
