// Package store keeps saved objects in a database: a repository over
// database/sql, with SQLite or PostgreSQL behind it.
//
// Generated packages give the types:
//
//	s, err := store.New(db, store.SQLite, keys, store.Options{})
//	err = s.CreateSchema(ctx)
//	tokens := store.Of(s, connectortoken.Objects)
//	ref, err := tokens.Create(ctx, connectortoken.Ref(""), &connectortoken.ConnectorToken{…})
//	token, err := tokens.Open(ctx, ref)
//
// # What holds on every path
//
// No call stores a secret in the clear, changes a bound attribute without
// sealing again, or drops what this release does not know: all writes go
// through the operations of package eso, which work on whole documents, and
// there is no call that takes a part of a stored document. Documents that come
// sealed from elsewhere are opened before they are stored.
//
// Every write is one compare-and-swap on the object's revision. Releases that
// read and write different models, rotations, migrations and live writers may
// share one database.
//
// What the database returns is not trusted. A row that does not open, or is no
// document at all, fails alone: it is reported, and left as it is.
//
// # Drivers
//
// The package imports no driver; the product chooses one. See docs/store.md for
// what SQLite and PostgreSQL need, for the schema, and for indices.
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

// Store is the objects of a product in one database. It is safe for concurrent
// use, and meant to be made once.
type Store struct {
	db      *sql.DB
	dialect *dialect
	keys    eso.Keyring
	options Options

	schema     atomic.Pointer[string] // what stands before the names of the tables, once they were found to be the right ones
	statements sync.Map               // in the form that the database takes, by their text
}

// Options are what New takes beside the necessary. The zero value will do.
type Options struct {
	// Logger is told of failures (at level Warn), and of secrets that were
	// opened (at level Debug). Nil means nobody is told.
	Logger *slog.Logger

	// Observe is called after each operation on an object, for audit and
	// metrics, in the goroutine of the operation and with its context. It
	// must be safe for concurrent use. No event holds a value.
	Observe func(ctx context.Context, e Event)

	// Flags are the flags that the product has switched on. Of a type behind
	// another flag the store creates no object: ErrFlag. It does everything else
	// with those that are there.
	Flags []string

	// Attempts is how often Update, Patch and the jobs try to write an object
	// that others write at the same time. 0 means 10.
	Attempts int
}

const defaultAttempts = 10

// New returns a store over an open database. The keyring seals and opens its
// objects. New does not touch the database: see CreateSchema.
//
// The store does not close the database.
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
