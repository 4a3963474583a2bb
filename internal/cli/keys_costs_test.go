package cli

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nobody is asked for the passphrase of a file whose costs no program pays, by any
// command: without a passphrase, all say what is wrong with the file.
func TestCostsBeforeThePassphrase(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ESOGEN_PASSPHRASE", "a passphrase for tests")
	t.Setenv("ESOGEN_NEW_PASSPHRASE", "")
	code, _, said := keysIn(t, dir, "make", "keys.json")
	require.Zero(t, code, said)
	text, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	require.NoError(t, err)
	var file struct{ Wrapper struct{ Wrapped string } }
	require.NoError(t, json.Unmarshal(text, &file))
	wrapped, err := base64.StdEncoding.DecodeString(file.Wrapper.Wrapped)
	require.NoError(t, err)
	binary.BigEndian.PutUint32(wrapped[1:], 1<<32-1) // KiB
	hostile := strings.Replace(string(text), file.Wrapper.Wrapped, base64.StdEncoding.EncodeToString(wrapped), 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "keys.json"), []byte(hostile), 0o600))
	t.Setenv("ESOGEN_PASSPHRASE", "")
	for _, args := range [][]string{
		{"check", "keys.json"}, {"add", "keys.json"}, {"rewrap", "keys.json"}, {"rewrap", "keys.json", "--to", "passphrase"},
		{"shred", "keys.json", "--namespace", "acme", "--to", "passphrase", "--no-database"}, {"check", "keys.json", "--passphrase-file", "nowhere"},
	} {
		code, _, said := keysIn(t, dir, args...)
		assert.Equal(t, 2, code, args)
		assert.Contains(t, said, "Argon2id with 4294967295 KiB of memory", args)
		assert.NotContains(t, said, "needs a passphrase")
	}
}
