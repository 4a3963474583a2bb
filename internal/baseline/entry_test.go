package baseline

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An entry of the second version, which has a line per type, stays readable, and
// is read as strictly.
func TestSecondVersionOfAnEntry(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	recordIn(t, root, "v1", 0, token("", 1))
	file := filepath.Join(root, "golden", EntryPath("v1"))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	e, err := readEntry(data, entryFormat)
	require.NoError(t, err)
	e.format = entryFormat2
	second := e.layOut()
	assert.Regexp(t, `(?m)^    \{"type": "token", "hash": "[0-9a-f]{64}", "models": \[1\], "write": 1, "fingerprint": "[0-9a-f]{64}", "file": "definitions/token-[0-9a-f]{16}.json"\}$`, string(second))
	require.NoError(t, os.WriteFile(file, second, 0o666))
	ledger, err := Ledger(t.Context(), in(root))
	require.NoError(t, err)
	require.Len(t, ledger, 1)
	assert.Equal(t, "v1", ledger[0].Name)

	require.NoError(t, os.WriteFile(file, bytes.Replace(second, []byte(`"write": 1`), []byte(`"write":  1`), 1), 0o666))
	_, err = Ledger(t.Context(), in(root))
	assert.ErrorContains(t, err, "not as esogen writes it")
}
