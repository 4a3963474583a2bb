package keyfile

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rotation of the keys of 10,000 namespaces, a step at a time.
func TestManyNamespaces(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: 20,000 keys are made")
	}
	const count = 10_000
	w := newWrapper("w")
	f := newFile(t, "first")
	provision := func() (ids []string) {
		for i := range count {
			k, err := f.Add(Native, "", fmt.Sprintf("namespace-%d", i))
			require.NoError(t, err)
			require.NoError(t, f.SetPrimary(k.ID))
			ids = append(ids, k.ID)
		}
		return ids
	}
	old := provision()
	provision()
	require.Error(t, f.Retire(append(old, "first")...), "the last one is primary")
	assert.Len(t, f.Info().Keys, 2*count+1)
	require.NoError(t, f.Retire(append(old, old...)...))
	f = read(t, text(t, f, w), w)
	assert.Len(t, f.Info().Keys, count+1)
	assert.Len(t, f.Info().Retired, count)
	_, err := f.Shred("namespace-77", shredTime)
	require.NoError(t, err)
	f = read(t, text(t, f, w), w)
	assert.Len(t, f.Info().Keys, count)
}
