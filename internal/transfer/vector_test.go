package transfer_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
)

var update = flag.Bool("update", false, "make a new vector")

// vectorKey is the transfer key of the vector.
func vectorKey(t testing.TB) eso.Keyring {
	t.Helper()
	key, err := eso.NewKey("vector", bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	k, err := eso.NewKeyringOf(key)
	require.NoError(t, err)
	return k
}

const vector = "testdata/export-1.jsonl"

// TestVector imports a stream that the first version of the format wrote: streams are
// kept, and have to be readable for good.
func TestVector(t *testing.T) {
	if *update {
		source, db := newStore(t, keys(t, oldKey))
		fill(t, source, keys(t, oldKey))
		_, err := db.ExecContext(t.Context(), "UPDATE eso_objects SET attributes = '{}' WHERE id = 'account 1'")
		require.NoError(t, err)
		var out bytes.Buffer
		w, err := transfer.NewWriter(t.Context(), &out, vectorKey(t), names)
		require.NoError(t, err)
		_, err = transfer.Export(t.Context(), source, definitions(), vectorKey(t), w, transfer.ExportOptions{Batch: 3})
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(vector, out.Bytes(), 0o666))
	}
	file, err := os.Open(vector)
	require.NoError(t, err)
	defer file.Close()
	r, err := transfer.NewReader(t.Context(), file, vectorKey(t))
	require.NoError(t, err)
	target, _ := newStore(t, keys(t, newKey))
	report, err := transfer.Import(t.Context(), target, definitions(), vectorKey(t), r, transfer.ImportOptions{})
	require.NoError(t, err)
	assert.True(t, report.Complete)
	assert.Equal(t, []*transfer.Imported{{Type: "account", Created: 2}, {Type: "note", Created: 4}}, report.Types)
	assert.Equal(t, []*transfer.Counts{{Type: "account", Exported: 2, Failed: 1}, {Type: "note", Exported: 4}}, report.Export)
	assert.Contains(t, plain(t, target, keys(t, newKey)), `account "" "account 2" 1 {"owner":"<ann>","unheard":[1.0,  9007199254740993],"secret":["hush 2", 1e400]}`)
}

// FuzzReader reads anything. It ends with an error that says what it is, and holds no
// more than it was given.
func FuzzReader(f *testing.F) {
	text, err := os.ReadFile(vector)
	require.NoError(f, err)
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add(bytes.Replace(text, []byte("ann"), []byte("bob"), 1))
	f.Add([]byte(`{"format":"esogen-export/1","stream":"","key":"vector","types":null,"mac":""}` + "\n"))
	f.Add([]byte(`{"format":"esogen-export/1",`))
	k := vectorKey(f)
	f.Fuzz(func(t *testing.T, stream []byte) {
		r, err := transfer.NewReader(t.Context(), bytes.NewReader(stream), k)
		for err == nil {
			_, err = r.Next(t.Context())
		}
		if errors.Is(err, io.EOF) {
			require.Equal(t, text, stream, "only what a holder of the key wrote verifies")
			return
		}
		known := false
		for _, want := range []error{transfer.ErrFormat, transfer.ErrForged, transfer.ErrIncomplete, eso.ErrNoKey, eso.ErrTooLarge} {
			known = known || errors.Is(err, want)
		}
		require.True(t, known, "%v", err)
		require.Less(t, len(err.Error()), 500)
	})
}
