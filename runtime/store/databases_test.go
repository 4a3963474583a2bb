package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// database is one that a case runs over.
type database struct {
	*sql.DB
	store.Dialect
	again func(t *testing.T) *sql.DB // another handle, as another process has it
}

// overDatabases runs a case over each database, an empty one.
func overDatabases(t *testing.T, work func(t *testing.T, db database)) {
	t.Run("sqlite", func(t *testing.T) { work(t, newSQLite(t)) })
}

func newSQLite(t *testing.T) database {
	path := filepath.Join(t.TempDir(), "objects.db")
	open := func(t *testing.T) *sql.DB {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	return database{open(t), store.SQLite, open}
}

const (
	firstKey  = "the first passphrase, of the tests only"
	secondKey = "the second passphrase, of the tests only"
)

func keyring(t *testing.T, primary string, others ...string) eso.Keyring {
	t.Helper()
	keys, err := eso.NewKeyring(primary, others...)
	require.NoError(t, err)
	return keys
}

// open returns a store with its tables.
func (db database) open(t *testing.T, keys eso.Keyring, o store.Options) *store.Store {
	t.Helper()
	s, err := store.New(db.DB, db.Dialect, keys, o)
	require.NoError(t, err)
	require.NoError(t, s.CreateSchema(t.Context()))
	return s
}
