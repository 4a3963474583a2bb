package store

import (
	"context"
	"errors"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// The operations of a store, as events and errors name them, beside those of
// package eso.
const (
	OpCreate eso.Op = "create"
	OpGet    eso.Op = "get" // the normal read, without secrets
	OpFind   eso.Op = "find"
	OpDelete eso.Op = "delete"
	OpRaw    eso.Op = "raw" // of a sealed document
	OpPut    eso.Op = "put" // of a sealed document
	OpUsage  eso.Op = "usage"
)

// Event is what was done to an object, or failed. It never holds a value of an
// attribute. Who did it is what the context of the operation knows.
type Event struct {
	Op        eso.Op
	Ref       eso.Ref
	Model     int    // of the document, 0 where there is none
	Attribute string // on which it failed, or ""
	Reason    Reason // "" where it succeeded
	Err       error  // what the caller got, without the text of an error of the caller's own function
	Duration  time.Duration
	Attempts  int      // how often it was tried: more than once where others wrote at the same time
	KeyIDs    []string // under which keys the secrets are after a write, where that is known
	Objects   int      // of OpFind: how many the page has, before those that do not read
}

// Reason says in one word why something failed. It is meant for metrics.
type Reason string

const (
	ReasonNoKey      Reason = "no-key"
	ReasonTampered   Reason = "tampered"
	ReasonMalformed  Reason = "malformed"
	ReasonTooLarge   Reason = "too-large"
	ReasonStripped   Reason = "stripped"
	ReasonRequired   Reason = "required"
	ReasonInvalid    Reason = "invalid"
	ReasonFrozen     Reason = "frozen"
	ReasonModel      Reason = "model"
	ReasonID         Reason = "id"
	ReasonType       Reason = "type"
	ReasonNotFound   Reason = "not-found"
	ReasonExists     Reason = "exists"
	ReasonFlag       Reason = "flag"
	ReasonConflict   Reason = "conflict"
	ReasonSchema     Reason = "schema"
	ReasonUnstorable Reason = "unstorable"
	ReasonSuperseded Reason = "superseded"
	ReasonCanceled   Reason = "canceled"
	ReasonDatabase   Reason = "database"
	ReasonRefused    Reason = "refused" // by the caller's own function
	ReasonPanicked   Reason = "panicked"
	ReasonDropped    Reason = "dropped" // a secret that did not open, by a migration that was told so
	ReasonOther      Reason = "other"   // for example an error of a keyring
)

var reasons = []struct {
	err    error
	reason Reason
}{
	{context.Canceled, ReasonCanceled}, {context.DeadlineExceeded, ReasonCanceled}, {errRefused, ReasonRefused}, {errPanicked, ReasonPanicked}, {errDropped, ReasonDropped},
	{ErrNotFound, ReasonNotFound}, {ErrExists, ReasonExists}, {ErrFlag, ReasonFlag}, {ErrConflict, ReasonConflict}, {ErrSchema, ReasonSchema}, {ErrUnstorable, ReasonUnstorable},
	{ErrSuperseded, ReasonSuperseded},
	{eso.ErrNoKey, ReasonNoKey}, {eso.ErrTampered, ReasonTampered}, {eso.ErrMalformed, ReasonMalformed}, {eso.ErrTooLarge, ReasonTooLarge},
	{eso.ErrStripped, ReasonStripped}, {eso.ErrRequired, ReasonRequired}, {eso.ErrInvalid, ReasonInvalid}, {eso.ErrFrozen, ReasonFrozen},
	{eso.ErrModel, ReasonModel}, {eso.ErrID, ReasonID}, {eso.ErrType, ReasonType},
}

// ReasonOf returns why an operation failed, in one word: "" for nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.reason
		}
	}
	var database *databaseError
	if errors.As(err, &database) {
		return ReasonDatabase
	}
	return ReasonOther
}
