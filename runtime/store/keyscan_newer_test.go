package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestScanWithOlderSpecs scans an object of the kibana format by the specs of a release
// that knows its model not at all, or as one of another format: none of them may say
// that it needs no key.
func TestScanWithOlderSpecs(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		ring := keyring(t, firstKey)
		s := db.open(t, ring, store.Options{})
		d := vault(eso.Kibana, 2, 2)
		require.NotEmpty(t, fill(t, s, d, 1))
		key, err := ring.SealingKey(ctx, eso.Ref{})
		require.NoError(t, err)
		native := vault(eso.Native, 1, 1)
		mixed := vault(eso.Kibana, 2, 2)
		mixed.Models[1].Format = eso.Native
		plain := vault(eso.Kibana, 1, 1)
		plain.Models[0].Encrypted = nil
		for name, c := range map[string]struct {
			specs *eso.Definition
			want  string
		}{
			"its own":                                      {d, key.ID()},
			"an older release, of the native format":       {native, ""},
			"an older release, which made no secret of it": {plain, ""},
			"a model of the native format":                 {mixed, ""},
		} {
			scan, err := s.ScanKeys(ctx, store.ScanOptions{Definitions: []*eso.Definition{c.specs}})
			require.NoError(t, err)
			assert.EqualValues(t, 1, scan.Objects, name)
			assert.Zero(t, scan.Keyless, name)
			assert.EqualValues(t, 1, scan.Under(c.want), name)
		}
	})
}
