package rollout

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// TestOldestHidesNothing raises "oldest" above every model that the running
// release knows: that it refuses documents is one finding, and that the running
// release does not open what it writes is another.
func TestOldestHidesNothing(t *testing.T) {
	t.Parallel()
	text := func(name string) definition.Attribute {
		return definition.Attribute{Name: name, Value: definition.Value{Kind: definition.String}}
	}
	typ := func(models, oldest int) *definition.Type {
		made := &definition.Type{Name: "token", Label: "token", RandomID: true, Write: models, Oldest: oldest, Models: []definition.Model{
			{
				Number: 1, Format: definition.Kibana, Namespaces: definition.Agnostic, Declared: []definition.Attribute{text("owner"), text("token")},
				Encrypted: []string{"token"}, AAD: []string{"owner"}, StatesEncrypted: true, StatesAAD: true,
			},
			{
				Number: 2, Format: definition.Kibana, Namespaces: definition.Agnostic, Declared: []definition.Attribute{text("scope")},
				Backfill: []definition.Backfill{{Name: "scope", Value: `"all"`}}, AAD: []string{"owner", "scope"}, StatesAAD: true,
			},
		}[:models]}
		made.Resolve()
		return made
	}
	v, err := Judge(t.Context(), Case{History: []Release{{Name: "v1", Type: typ(1, 1)}}, New: Release{Type: typ(2, 2)}})
	require.NoError(t, err)
	kinds := map[Kind]string{}
	for _, f := range v.Findings {
		kinds[f.Kind] = f.Release.Title
	}
	assert.Equal(t, map[Kind]string{ModelRefused: "new", BoundDiffers: "v1 (running)"}, kinds)
}
