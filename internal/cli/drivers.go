package cli

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/runtime/store"
)

// This file is the only one that knows the drivers of databases. Packages
// runtime and runtime/store import none: which one a product uses is up to it.

// The schemes of --dsn.
const (
	sqliteScheme = "sqlite:"
	dsnForm      = `write "sqlite:PATH" or "postgres://USER@HOST:PORT/DATABASE"`
)

var postgresSchemes = []string{"postgres://", "postgresql://"}

// database is an open database, and which kind it is.
type database struct {
	*sql.DB
	dialect store.Dialect
}

// openDatabase opens what a DSN names; a relative path of SQLite lies where
// place says. No error holds the DSN, which may have a password in it. Nothing
// is connected yet.
func openDatabase(dsn string, place func(string) string) (*database, error) {
	if path, ok := strings.CutPrefix(dsn, sqliteScheme); ok {
		return openSQLite(place(path))
	}
	if slices.ContainsFunc(postgresSchemes, func(scheme string) bool { return strings.HasPrefix(dsn, scheme) }) {
		return openPostgreSQL(dsn)
	}
	return nil, hinted(errors.New("--dsn names no database that esogen knows"), dsnForm)
}

// openSQLite opens a file that is there. SQLite would make a new one of a
// misspelt path.
func openSQLite(path string) (*database, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, hinted(fmt.Errorf("the database: %w", plainly(err)), "is the path right? The product makes the file and its tables when it starts")
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the database: %q is not a file", path)
	}
	// The product may be writing: wait for it, and take the lock of a
	// transaction at its start, where waiting helps.
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=rw&_txlock=immediate&_pragma=busy_timeout(30000)"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("the database: %w", err)
	}
	return &database{db, store.SQLite}, nil
}

// openPostgreSQL reads a URL. What the URL leaves out comes from where libpq
// looks: PGPASSWORD, PGPASSFILE and the other variables, ~/.pgpass.
func openPostgreSQL(dsn string) (*database, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// What pgx says may quote the URL, and where it cannot be read, nobody
		// can tell the password from the rest.
		return nil, hinted(errors.New("the database: --dsn cannot be read as a URL of PostgreSQL"), dsnForm)
	}
	return &database{stdlib.OpenDB(*config), store.PostgreSQL}, nil
}

// holdsPassword reports whether a DSN has a password in it, which every process
// of the machine can see.
func holdsPassword(dsn string) bool {
	address, err := url.Parse(dsn)
	if err != nil || strings.HasPrefix(dsn, sqliteScheme) {
		return false
	}
	_, inside := address.User.Password()
	return inside || address.Query().Has("password")
}

// unreachable reports whether no connection to a server could be made.
func unreachable(err error) bool {
	at := (*pgconn.ConnectError)(nil)
	return errors.As(err, &at)
}
