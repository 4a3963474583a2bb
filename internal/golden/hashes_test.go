package golden_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

func TestHashes(t *testing.T) {
	token := connectorToken()
	gone := &definition.Type{Name: "agent", Label: "agent", Retired: true}
	fingerprint, err := golden.Fingerprint(token)
	require.NoError(t, err)
	goneFingerprint, err := golden.Fingerprint(gone)
	require.NoError(t, err)

	data, err := golden.Hashes([]*definition.Type{token, gone})
	require.NoError(t, err)
	assert.Equal(t, `{
  "format": "esogen-hashes/1",
  "count": 2,
  "types": [
    {"type": "agent", "retired": true, "models": [], "write": 0,
      "definition": "`+goneFingerprint+`"},
    {"type": "connector_token", "models": [1, 2], "write": 1,
      "hash": "`+token.Hash()+`",
      "definition": "`+fingerprint+`"}
  ]
}
`, string(data))

	hashes, err := golden.ReadHashes(data)
	require.NoError(t, err)
	assert.Equal(t, []golden.Hash{
		{Type: "agent", Retired: true, Models: []int{}, Fingerprint: goneFingerprint},
		{Type: "connector_token", Hash: token.Hash(), Models: []int{1, 2}, Write: 1, Fingerprint: fingerprint},
	}, hashes)

	_, err = golden.ReadHashes([]byte(strings.Replace(string(data), `"count": 2`, `"count": 3`, 1)))
	assert.ErrorIs(t, err, golden.ErrEdited)
	_, err = golden.ReadHashes([]byte("{}"))
	assert.ErrorIs(t, err, golden.ErrFormat)
}

func TestNoTypes(t *testing.T) {
	data, err := golden.Hashes(nil)
	require.NoError(t, err)
	hashes, err := golden.ReadHashes(data)
	require.NoError(t, err)
	assert.Empty(t, hashes)
}

// The fingerprint proves what the definition hash does not: which names are
// encrypted and which bound, and everything else.
func TestFingerprintIsStrongerThanTheHash(t *testing.T) {
	one, two := connectorToken(), connectorToken()
	m := &two.Models[1]
	m.Encrypted = append(m.Encrypted, m.AAD[0])
	m.AAD = m.AAD[1:]
	require.Equal(t, one.Hash(), two.Hash())

	first, err := golden.Fingerprint(one)
	require.NoError(t, err)
	second, err := golden.Fingerprint(two)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
}

// TestHashesOfFlags checks that the file says how many types there are with
// which flags on.
func TestHashesOfFlags(t *testing.T) {
	token, gone := connectorToken(), &definition.Type{Name: "agent", Label: "agent", Retired: true}
	behind := func(name, flag string) *definition.Type {
		typ := connectorToken()
		typ.Name, typ.Label, typ.Flag = name, name, flag
		return typ
	}
	types := []*definition.Type{token, gone, behind("a", "dark"), behind("b", "bright"), behind("c", "dark")}
	data, err := golden.Hashes(types)
	require.NoError(t, err)
	assert.Contains(t, string(data), `  "count": 5,
  "configurations": [
    {"flags": [], "count": 1},
    {"flags": ["bright"], "count": 2},
    {"flags": ["dark"], "count": 3},
    {"flags": ["bright", "dark"], "count": 4}
  ],
`)
	assert.Contains(t, string(data), `{"type": "a", "flag": "dark", "models": [1, 2], "write": 1,`)
	hashes, err := golden.ReadHashes(data)
	require.NoError(t, err)
	assert.Equal(t, "dark", hashes[0].Flag)
	_, err = golden.ReadHashes([]byte(strings.Replace(string(data), `["dark"], "count": 3`, `["dark"], "count": 2`, 1)))
	assert.ErrorIs(t, err, golden.ErrEdited)
}
