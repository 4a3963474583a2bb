package service

import (
	"database/sql"
	"errors"
	"net/url"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/esogen/esogen/runtime/store"
)

// database is an open database and its dialect.
type database struct {
	*sql.DB
	dialect store.Dialect
}

// openDatabase opens sqlite:FILE or postgres://…; it does not connect yet.
func openDatabase(dsn string) (database, error) {
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch scheme {
	case "sqlite":
		// Writers wait for each other, in this process and in others, and every
		// transaction takes the lock of writers when it begins.
		options := url.Values{
			"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"},
			"_txlock": {"immediate"},
		}
		db, err := sql.Open("sqlite", "file:"+rest+"?"+options.Encode())
		return database{db, store.SQLite}, err
	case "postgres", "postgresql":
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			return database{}, errors.New("the database: a URL that the driver does not read")
		}
		db.SetMaxOpenConns(6)
		return database{db, store.PostgreSQL}, nil
	}
	// The text may hold a password, in any form that a driver reads.
	return database{}, errors.New("the database is sqlite:FILE or postgres://…")
}
