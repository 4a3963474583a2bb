package store_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// database is one that a case runs over.
type database struct {
	*sql.DB
	store.Dialect
	driver, dsn string
}

// overDatabases runs a case over each database, an empty one.
func overDatabases(t *testing.T, work func(t *testing.T, db database)) {
	t.Run("sqlite", func(t *testing.T) { work(t, newSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { work(t, newPostgres(t)) })
}

func newSQLite(t *testing.T) database {
	return connect(t, store.SQLite, "sqlite", "file:"+(&url.URL{Path: filepath.Join(t.TempDir(), "objects.db")}).EscapedPath()+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
}

func newPostgres(t *testing.T) database {
	return connect(t, store.PostgreSQL, "pgx", pgtest.Shared(t).Schema(t))
}

// connect opens a database, as any process may that knows its name.
func connect(t testing.TB, dialect store.Dialect, driver, dsn string) database {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(10)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return database{db, dialect, driver, dsn}
}

const (
	firstKey  = "the first passphrase, of the tests only"
	secondKey = "the second passphrase, of the tests only"
)

var keyrings sync.Map // of passphrases: each is stretched once

func keyring(t testing.TB, primary string, others ...string) eso.Keyring {
	t.Helper()
	name := strings.Join(append([]string{primary}, others...), "\n")
	if keys, ok := keyrings.Load(name); ok {
		return keys.(eso.Keyring)
	}
	keys, err := eso.NewKeyring(primary, others...)
	require.NoError(t, err)
	keyrings.Store(name, keys)
	return keys
}

// open returns a store with its tables.
func (db database) open(t testing.TB, keys eso.Keyring, o store.Options) *store.Store {
	t.Helper()
	s, err := store.New(db.DB, db.Dialect, keys, o)
	require.NoError(t, err)
	require.NoError(t, s.CreateSchema(t.Context()))
	return s
}
