package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestConnectionLostInAnImport breaks connections at each statement of an import, before
// and after the database has done it. The note says what is stored.
func TestConnectionLostInAnImport(t *testing.T) {
	d := vault(eso.Native, 2, 2)
	source := newSQLite(t).open(t, keyring(t, secondKey), store.Options{})
	fill(t, source, d, 5)
	batch := batchOf(d, exported(t, source, d, keyring(t, transferKey), store.ExportOptions{}))
	for _, word := range []string{"eso_imports", "INSERT INTO", "commit"} {
		for _, after := range []bool{false, true} {
			db, lossy := throughLossy(t, word)
			s := db.open(t, keyring(t, firstKey), store.Options{Attempts: 5})
			lossy.after.Store(after)
			lossy.armed.Store(true)
			outcomes, err := s.Import(t.Context(), batch, importing(t, store.FailOnConflict))
			require.NoError(t, err, "%s %v", word, after)
			got := results(outcomes)
			assert.Equal(t, 5, got[store.ImportCreated]+got[store.ImportedBefore], "%s %v: %v", word, after, got)
			assert.EqualValues(t, 1, lossy.broken.Load(), "%s %v", word, after)
		}
	}
}
