package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// What a caller branches on, beside the errors of package eso. An error that
// concerns an object is an *eso.Error which wraps one of these; compare with
// errors.Is.
var (
	// ErrNotFound means that there is no such object.
	ErrNotFound = errors.New("not found")

	// ErrExists means that there is an object of that identity already.
	ErrExists = errors.New("exists already")

	// ErrFlag means that the type is behind a flag that Options.Flags does not
	// name, and an object of it was to be created.
	ErrFlag = errors.New("the type is behind a flag that is off")

	// ErrConflict means that others have written the object meanwhile: see
	// ConflictError.
	ErrConflict = errors.New("written by others meanwhile")

	// ErrSchema means that the tables are not there, or not those that this
	// version of the package works with.
	ErrSchema = errors.New("the schema of the database")

	// ErrUnstorable means that the database cannot hold an attribute as it is.
	// PostgreSQL's jsonb holds no \u0000, no surrogate that stands alone, and
	// no number beyond its numeric type. Nothing was written.
	ErrUnstorable = errors.New("the database cannot hold the value")

	// ErrSuperseded means that a migration or rotation was started again
	// elsewhere, which goes on in the place of this one.
	ErrSuperseded = errors.New("another process has taken the job over")
)

// ConflictError is a lost race: others have written, or deleted, the object
// between the read and the write. It is ErrConflict.
type ConflictError struct {
	Attempts int // after how many it was given up
}

// Error tells how often it was tried, if more than once.
func (e *ConflictError) Error() string {
	if e.Attempts == 1 {
		return ErrConflict.Error()
	}
	return fmt.Sprintf("%v, %d times in a row", ErrConflict, e.Attempts)
}

// Is tells that it is ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// BulkError says which object of a bulk operation failed. Nothing of the bulk
// was written.
type BulkError struct {
	Index int   // in the list that was given
	Err   error // mostly an *eso.Error
}

// Error tells the position and the reason.
func (e *BulkError) Error() string { return fmt.Sprintf("store: object %d: %v", e.Index, e.Err) }

// Unwrap returns the reason.
func (e *BulkError) Unwrap() error { return e.Err }

// databaseError is what a driver returned. It can be unwrapped, and shows its
// text only where that cannot hold an argument of the statement: drivers print
// what they cannot encode.
type databaseError struct {
	err    error
	reason error // why the context of the operation has ended, or nil
}

func (e *databaseError) Error() string {
	if speaksForItself(e.err) {
		return "database: " + e.err.Error()
	}
	return fmt.Sprintf("database: %T", e.err)
}

func (e *databaseError) Unwrap() []error {
	if e.reason != nil {
		return []error{e.reason, e.err}
	}
	return []error{e.err}
}

// fromDatabase wraps an error of a driver, whatever it is. Drivers have words of
// their own for a context that has ended: the way to a server may have had its
// deadline set, and have passed it a moment before the context did.
func fromDatabase(ctx context.Context, err error) error {
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
	return &databaseError{err, reason}
}

// lostConnection reports whether an error of the database is about the way to it
// rather than about a statement: whether the statement was done is not known.
func lostConnection(err error) bool {
	var e *databaseError
	if !errors.As(err, &e) || e.reason != nil {
		return false
	}
	switch state := stateOf(err); {
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "57P"): // connection exception, operator intervention
		return true
	case state != "" || codeOf(err) != 0:
		return false
	}
	return speaksForItself(err) && !errors.Is(err, sql.ErrTxDone) || closedByDriver(err)
}

// closedByDriver reports whether an error is that of pgx about a connection that
// it has given up.
func closedByDriver(err error) bool {
	var e interface{ SafeToRetry() bool }
	return errors.As(err, &e)
}

// speaksForItself tells whether an error comes from the database's own engine
// or from the way to it. Their texts name statements and columns.
func speaksForItself(err error) bool {
	var network net.Error
	for _, plain := range []error{context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, plain) {
			return true
		}
	}
	return stateOf(err) != "" || codeOf(err) != 0 || errors.As(err, &network)
}

// stateOf is the SQLSTATE of an error of PostgreSQL, as pgx and lib/pq tell
// it, or "".
func stateOf(err error) string {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState()
	}
	return ""
}

// codeOf is the result code of an error of SQLite, as modernc.org/sqlite tells
// it, or 0.
func codeOf(err error) int {
	var e interface{ Code() int }
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// lostRace tells whether the database gave a statement up for the sake of
// others: it may succeed when it is tried again.
func lostRace(err error) bool {
	switch stateOf(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	}
	switch codeOf(err) & 0xff {
	case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED
		return true
	}
	return false
}
