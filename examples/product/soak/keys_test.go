package soak

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// keys is the key file, in the hands of its operator.
type keys struct {
	path       string
	passphrase string // the file that has it
	wrapper    eso.Wrapper
}

// newKeys makes a key file whose key is that of number 0.
func newKeys(t *testing.T) *keys {
	t.Helper()
	folder := t.TempDir()
	k := &keys{path: filepath.Join(folder, "keys.json"), passphrase: filepath.Join(folder, "passphrase")}
	const text = "the passphrase of the key file: " + keyMarker
	require.NoError(t, os.WriteFile(k.passphrase, []byte(text+"\n"), 0o600))
	var err error
	// The least that it can cost, since processes start all the time.
	k.wrapper, err = passphrase.New(passphrase.Of([]byte(text)), passphrase.Costs{Memory: 16 << 10, Passes: 2, Lanes: 1})
	require.NoError(t, err)
	f, err := keyfile.New(keyfile.Passphrase, "never-used")
	require.NoError(t, err)
	k.add(t, f, 0)
	require.NoError(t, f.SetPrimary(keyID(0)))
	require.NoError(t, f.Retire("never-used"))
	k.store(t, f)
	return k
}

// add adds the key of that number, in which the marker is.
func (k *keys) add(t *testing.T, f *keyfile.File, n int) {
	t.Helper()
	_, err := f.AddPassphrase(keyID(n), passphraseOf(n))
	require.NoError(t, err)
}

// change does a step of the operator, and returns the generation of the file.
func (k *keys) change(t *testing.T, step func(f *keyfile.File)) int64 {
	t.Helper()
	text, err := os.ReadFile(k.path)
	require.NoError(t, err)
	f, err := keyfile.Read(t.Context(), text, k.wrapper)
	require.NoError(t, err)
	step(f)
	k.store(t, f)
	return f.Info().Generation
}

func (k *keys) store(t *testing.T, f *keyfile.File) {
	t.Helper()
	text, err := f.Text(t.Context(), k.wrapper)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(k.path+".new", text, 0o600))
	require.NoError(t, os.Rename(k.path+".new", k.path))
}

// sealing returns the keys that seal.
func (k *keys) sealing(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(k.path)
	require.NoError(t, err)
	info, err := keyfile.Inspect(text)
	require.NoError(t, err)
	var ids []string
	for _, key := range info.Keys {
		if key.Primary {
			ids = append(ids, key.ID)
		}
	}
	return slices.Sorted(slices.Values(ids))
}
