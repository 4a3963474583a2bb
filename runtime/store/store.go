package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	eso "github.com/esogen/esogen/runtime"
)

// Store holds the objects of a product in one database. It is safe for concurrent
// use. A product makes one, once.
type Store struct {
	db      *sql.DB
	dialect *dialect
	keys    eso.Keyring
	options Options

	schema     atomic.Pointer[string] // the prefix of the tables' names, set once they were found to be of this version
	statements sync.Map               // rendered for the database, by their text

	canary canary
}

// Options configures a Store. The zero value is ready to use.
type Options struct {
	// Logger receives failures at level Warn. At level Debug it receives opened
	// secrets, shredded objects, and failures that are the caller's own: ErrNotFound,
	// ErrExists, an error of a function of the product, a canceled context. Nil
	// disables it.
	Logger *slog.Logger

	// Observe is called after each operation on an object, for audit and metrics,
	// in the goroutine of the operation and with its context. It must be safe for
	// concurrent use. No event holds a value.
	Observe func(ctx context.Context, e Event)

	// Flags are the flags that the product has switched on. Creating an object of
	// a type behind another flag fails with ErrFlag; every other operation on such
	// objects works.
	Flags []string

	// Process names this process to people, in the registrations of [Store.CheckKeys].
	// "" means the name of the host and the number of the process.
	Process string

	// Attempts is how often a write is tried if others write the object at the same
	// time. 0 means 10.
	Attempts int
}

const defaultAttempts = 10

// New returns a store over an open database, whose objects the keyring seals and
// opens. New does not touch the database: [Store.CreateSchema] creates the tables.
//
// The store never closes the database.
func New(db *sql.DB, d Dialect, keys eso.Keyring, o Options) (*Store, error) {
	known := dialects[d]
	switch {
	case known == nil:
		return nil, fmt.Errorf("store: unknown dialect %q", string(d))
	case db == nil:
		return nil, errors.New("store: no database")
	case keys == nil:
		return nil, errors.New("store: no keyring")
	}
	o.Flags = slices.Clone(o.Flags)
	if o.Attempts <= 0 {
		o.Attempts = defaultAttempts
	}
	return &Store{db: db, dialect: known, keys: keys, options: o}, nil
}
