package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSealVersions parses a header of every version: exactly those that
// SealVersions reports are read, and what is written is one of them.
func TestSealVersions(t *testing.T) {
	t.Parallel()
	reads, writes := SealVersions()
	assert.Contains(t, reads, writes)
	assert.IsIncreasing(t, reads)
	accepted := []int{}
	for version := range 256 {
		h := nativeHeader{version: byte(version), keyID: "k", model: 1}
		data, err := h.append(nil, nil, nil)
		require.NoError(t, err)
		var parsed nativeHeader
		if _, err := parsed.parse(string(data)); err == nil {
			accepted = append(accepted, version)
		}
	}
	assert.Equal(t, reads, accepted)
}
