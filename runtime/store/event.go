package store

import (
	"context"
	"errors"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/fault"
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
	OpKeys   eso.Op = "keys"   // CheckKeys, and what it notes
	OpExport eso.Op = "export" // of a document, under another key
	OpImport eso.Op = "import" // of a document under another key
)

// Event describes an operation on an object. It never holds a value of an attribute. To
// record who did it, use the context of the operation.
type Event struct {
	Op        eso.Op
	Ref       eso.Ref
	Model     int       // of the document, or 0
	Attribute string    // at fault, or ""
	Reason    Reason    // "" if it succeeded
	Err       error     // what the caller got, but without the error of its own function
	Time      time.Time // when it began
	Duration  time.Duration
	Attempts  int // how often it was tried: more than once if others wrote at the same time

	// KeyIDs are the keys of the secrets after a write that sealed them, the key that
	// the seal of a shredded object names, or the keys that MarkKeys marked.
	KeyIDs  []string
	Objects int // of OpFind: how many rows the page has
}

// Reason is why an operation failed, in one word, for metrics.
type Reason string

const (
	ReasonNoKey      Reason = "no-key"
	ReasonShredded   Reason = "shredded" // the key of the object was destroyed on purpose
	ReasonKeyKind    Reason = "key-kind" // the primary key seals the native format only
	ReasonKeys       Reason = "keys"     // CheckKeys has found a wrong keyring
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
	ReasonDropped    Reason = "dropped" // a secret that did not open: JobOptions.DropUnopened
	ReasonOther      Reason = "other"   // for example an error of a keyring
)

var reasons = []struct {
	err    error
	reason Reason
}{
	{context.Canceled, ReasonCanceled}, {context.DeadlineExceeded, ReasonCanceled}, {errRefused, ReasonRefused}, {errPanicked, ReasonPanicked}, {errDropped, ReasonDropped},
	{ErrNotFound, ReasonNotFound}, {ErrExists, ReasonExists}, {ErrFlag, ReasonFlag}, {ErrConflict, ReasonConflict}, {ErrSchema, ReasonSchema}, {ErrUnstorable, ReasonUnstorable},
	{ErrSuperseded, ReasonSuperseded},
	{ErrKeys, ReasonKeys}, {fault.ErrKeyKind, ReasonKeyKind}, {eso.ErrShredded, ReasonShredded}, {eso.ErrNoKey, ReasonNoKey}, {eso.ErrTampered, ReasonTampered}, {eso.ErrMalformed, ReasonMalformed}, {eso.ErrTooLarge, ReasonTooLarge},
	{eso.ErrStripped, ReasonStripped}, {eso.ErrRequired, ReasonRequired}, {eso.ErrInvalid, ReasonInvalid}, {eso.ErrFrozen, ReasonFrozen},
	{eso.ErrModel, ReasonModel}, {eso.ErrID, ReasonID}, {eso.ErrType, ReasonType},
}

// ReasonOf returns the reason of an error, "" for nil.
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
