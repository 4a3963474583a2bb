package golden_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// A definition of the first format says of a computed attribute its name alone.
// It stays readable, and counts as computed from all that the model before has.
func TestFirstFormatOfComputedAttributes(t *testing.T) {
	text := definition.Value{Kind: definition.String}
	typ := &definition.Type{Name: "thing", Label: "thing", RandomID: true, Write: 2, Oldest: 1, Models: []definition.Model{
		{Number: 1, Namespaces: definition.Agnostic, Format: definition.Native, StatesEncrypted: true, Encrypted: []string{}, StatesAAD: true, AAD: []string{},
			Declared: []definition.Attribute{{Name: "url", Value: text}, {Name: "note", Value: text}}},
		{Number: 2, Namespaces: definition.Agnostic, Format: definition.Native, Declared: []definition.Attribute{{Name: "host", Value: text}},
			Computed: []definition.Compute{{Name: "host", Inputs: []string{"url"}}}},
	}}
	typ.Resolve()
	data, err := golden.Marshal(typ)
	require.NoError(t, err)
	assert.Contains(t, string(data), `{"name": "host", "inputs": ["url"]}`)
	again, err := golden.Read(data)
	require.NoError(t, err)
	assert.Equal(t, typ, again)

	// No line of this one is long enough to wrap: it differs in nothing else.
	first := strings.NewReplacer("esogen-definition/3", "esogen-definition/1",
		"\"computed\": [\n        {\"name\": \"host\", \"inputs\": [\"url\"]}\n      ]", `"computed": ["host"]`).Replace(string(data))
	read, err := golden.Read([]byte(first))
	require.NoError(t, err)
	assert.Equal(t, []definition.Compute{{Name: "host", Inputs: []string{"url", "note"}, Unstated: true}}, read.Models[1].Computed)
	assert.True(t, read.Models[1].Computed[0].Equal(typ.Models[1].Computed[0]), "what its inputs are is not known")
}
