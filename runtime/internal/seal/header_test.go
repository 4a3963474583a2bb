package seal

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestVersions parses a header of every version: exactly those that
// Versions reports are read, and what is written is one of them.
func TestVersions(t *testing.T) {
	t.Parallel()
	reads, writes := Versions()
	assert.Contains(t, reads, writes)
	assert.IsIncreasing(t, reads)
	accepted := []int{}
	for version := range 256 {
		h := Header{Version: byte(version), KeyID: "k", Model: 1}
		data, err := h.append(nil, nil, nil)
		require.NoError(t, err)
		var parsed Header
		if _, err := parsed.parse(string(data)); err == nil {
			accepted = append(accepted, version)
		}
	}
	assert.Equal(t, reads, accepted)
}
