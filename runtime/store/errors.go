package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// The errors that a caller may branch on, beside those of package eso. Compare with
// [errors.Is]: an error about an object is an [*eso.Error] that wraps one of them.
var (
	// ErrNotFound means that the object does not exist, or is out of reach of the
	// namespace that asked.
	ErrNotFound = errors.New("not found")

	// ErrExists means that the id is taken.
	ErrExists = errors.New("already exists")

	// ErrFlag means that no object of the type can be created, because it is behind a
	// flag that Options.Flags does not name.
	ErrFlag = errors.New("the type is behind a flag that is off")

	// ErrConflict means that others have written the object: see [ConflictError].
	ErrConflict = errors.New("others have written the object")

	// ErrSchema means that the tables do not exist, or have a version that this
	// package does not work with.
	ErrSchema = errors.New("wrong database schema")

	// ErrUnstorable means that the database cannot hold a plain or bound attribute.
	// PostgreSQL's jsonb cannot hold \u0000, a lone surrogate, or a number beyond its
	// numeric type. Nothing was written.
	ErrUnstorable = errors.New("the database cannot hold the value")

	// ErrSuperseded means that another process has started the same migration or
	// rotation, and continues it.
	ErrSuperseded = errors.New("another process has taken the job over")
)

// ConflictError is a lost race: others have written or deleted the object between the
// read and the write. It matches [ErrConflict].
type ConflictError struct {
	Attempts int // how often it was tried
}

// Error returns one line, with the number of attempts if there were several.
func (e *ConflictError) Error() string {
	if e.Attempts == 1 {
		return ErrConflict.Error()
	}
	return fmt.Sprintf("%v, %d times in a row", ErrConflict, e.Attempts)
}

// Is reports whether target is ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// BulkError is the failure of one object of a bulk operation. Nothing of the bulk was
// written.
type BulkError struct {
	Index int   // in the list of the caller
	Err   error // mostly an *eso.Error
}

// Error returns the index and the reason.
func (e *BulkError) Error() string { return fmt.Sprintf("store: object %d: %v", e.Index, e.Err) }

// Unwrap returns the reason.
func (e *BulkError) Unwrap() error { return e.Err }

// failure is what an error of a driver means to the store.
type failure struct {
	// lostRace: the database gave the statement up for the sake of others, and it may
	// succeed if it is tried again.
	lostRace bool

	// lostConnection: it is about the way to the database, and nobody knows whether
	// the statement was done.
	lostConnection bool

	// hidden: its text may hold an argument of the statement. Drivers print what they
	// cannot encode.
	hidden bool
}

// databaseError is what a driver returned.
type databaseError struct {
	err    error
	reason error // why the context of the operation has ended, or nil
	failure
}

func (e *databaseError) Error() string {
	if e.hidden {
		return fmt.Sprintf("database: %T", e.err)
	}
	return "database: " + e.err.Error()
}

func (e *databaseError) Unwrap() []error {
	if e.reason != nil {
		return []error{e.reason, e.err}
	}
	return []error{e.err}
}

// fromDatabase wraps an error of a driver. Drivers have words of their own for a
// context that has ended: the connection may have had its deadline set, and have
// passed it a moment before the context did.
func (s *Store) fromDatabase(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if known := (*databaseError)(nil); errors.As(err, &known) {
		return err
	}
	reason := ctx.Err()
	if deadline, ok := ctx.Deadline(); ok && reason == nil && !time.Now().Before(deadline) {
		reason = context.DeadlineExceeded
	}
	f, answered := s.dialect.failure(err)
	if !answered {
		f.hidden = !isOnTheWay(err)
		f.lostConnection = f.lostConnection || !f.hidden && !errors.Is(err, sql.ErrTxDone)
	}
	f.lostConnection = f.lostConnection && reason == nil
	return &databaseError{err, reason, f}
}

// isOnTheWay reports whether an error comes from database/sql or the network.
func isOnTheWay(err error) bool {
	for _, plain := range []error{context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, plain) {
			return true
		}
	}
	var network net.Error
	return errors.As(err, &network)
}

func lostRace(err error) bool {
	e := (*databaseError)(nil)
	return errors.As(err, &e) && e.lostRace
}

func lostConnection(err error) bool {
	e := (*databaseError)(nil)
	return errors.As(err, &e) && e.lostConnection
}
