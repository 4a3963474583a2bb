package soak

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/esogen/esogen/examples/product/two/generated/integration"
	"github.com/esogen/esogen/examples/product/two/generated/webhook"
	"github.com/esogen/esogen/keys/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
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
	_, err = f.AddPassphrase(keyID(0), passphraseOf(0))
	require.NoError(t, err)
	require.NoError(t, f.SetPrimary(keyID(0)))
	require.NoError(t, f.Retire("never-used"))
	k.store(t, f)
	return k
}

// add adds the keys of that number. The marker is in that of the installation.
func (k *keys) add(t *testing.T, f *keyfile.File, n int) {
	t.Helper()
	_, err := f.AddPassphrase(keyID(n), passphraseOf(n))
	require.NoError(t, err)
	for i, id := range keysOf(n)[1:] {
		_, err := f.Add(keyfile.Native, id, namespaces[1+i])
		require.NoError(t, err)
	}
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

// database returns the store of the product with the keys as they are in the file.
func (k *keys) database(t *testing.T, dsn string) (s *store.Store, end func()) {
	t.Helper()
	ring, err := keyfile.Open(t.Context(), k.path, k.wrapper, keyfile.Options{})
	require.NoError(t, err)
	driver, dialect, name := "pgx", store.PostgreSQL, dsn
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, dialect, name = "sqlite", store.SQLite, "file:"+path+"?_pragma=busy_timeout(10000)&_txlock=immediate"
	}
	db, err := sql.Open(driver, name)
	require.NoError(t, err)
	s, err = store.New(db, dialect, ring, store.Options{})
	require.NoError(t, err)
	return s, func() { db.Close() }
}

// refresh is how often servers look at the key file and say which keys they have, and
// grace is after which time a server that said nothing counts as killed.
const (
	refresh = 200 * time.Millisecond
	grace   = 2 * time.Second
)

// none waits until the database shows no process of a kind.
func none(t *testing.T, what string, processes func() ([]store.Process, error)) {
	t.Helper()
	require.Eventually(t, func() bool {
		found, err := processes()
		require.NoError(t, err)
		return len(found) == 0
	}, time.Minute, 100*time.Millisecond, "processes that %s", what)
}

// known waits until every process has the keys.
func (k *keys) known(t *testing.T, dsn string, ids []string) {
	t.Helper()
	s, end := k.database(t, dsn)
	defer end()
	for _, id := range ids {
		none(t, "lack "+id, func() ([]store.Process, error) { return s.ProcessesLacking(t.Context(), id, grace) })
	}
}

// retire gives up keys that no process seals under, and no object needs.
func (k *keys) retire(t *testing.T, dsn string, ids []string) int64 {
	t.Helper()
	s, end := k.database(t, dsn)
	defer end()
	for _, id := range ids {
		none(t, "seal under "+id, func() ([]store.Process, error) { return s.ProcessesSealing(t.Context(), id, grace) })
	}
	definitions := []*eso.Definition{integration.Objects.Definition(), webhook.Objects.Definition()}
	scan, err := s.ScanKeys(t.Context(), store.ScanOptions{Definitions: definitions})
	require.NoError(t, err)
	assert.NotZero(t, scan.Objects)
	for _, id := range append(ids, "") { // "" is a key that nobody can tell
		assert.Zero(t, scan.Under(id), "objects under %q", id)
	}
	// First, since a killed process may still be registered for it.
	require.NoError(t, s.MarkKeys(t.Context(), store.KeyRetired, ids...))
	return k.change(t, func(f *keyfile.File) {
		for _, id := range ids {
			require.NoError(t, f.Retire(id))
		}
	})
}

// mark notes in the database what was done to keys.
func (k *keys) mark(t *testing.T, dsn string, state store.KeyState, ids []string) {
	t.Helper()
	s, end := k.database(t, dsn)
	defer end()
	require.NoError(t, s.MarkKeys(t.Context(), state, ids...))
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
