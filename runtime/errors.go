package eso

import (
	"strconv"
	"strings"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// What a caller branches on. Every error of this package that concerns an
// object wraps one of these in an [*Error]; compare with errors.Is.
var (
	// ErrNoKey means that the keyring has no key to try, or, in the native
	// format, not the key whose id the seal names.
	ErrNoKey = fault.ErrNoKey

	// ErrShredded means that the key that sealed the object was destroyed on
	// purpose: the object never opens again. It wraps ErrNoKey.
	ErrShredded = fault.ErrShredded

	// ErrTampered means that no key of the keyring opens a secret: it was sealed
	// with another key, or it or something bound to it has changed. The kibana
	// format cannot tell these apart. In the native format, it also means that a
	// seal is missing, or belongs to another model than the document.
	ErrTampered = fault.ErrTampered

	// ErrMalformed means that the stored text is not what the definition or
	// the format says: not JSON, a duplicate key, another JSON type, a
	// ciphertext that is not strict base64, a secret in plaintext.
	ErrMalformed = fault.ErrMalformed

	// ErrPlanted means that a document has an attribute that its model lacks and
	// another model binds or encrypts: no release wrote that. It wraps
	// ErrMalformed.
	ErrPlanted = fault.ErrPlanted

	// ErrTooLarge means that a limit of this package was exceeded.
	ErrTooLarge = fault.ErrTooLarge

	// ErrStripped means that a normal read left out a secret that is now asked
	// for, or needed to seal the object.
	ErrStripped = fault.ErrStripped

	// ErrRequired means that an attribute is absent which the model requires.
	ErrRequired = fault.ErrRequired

	// ErrInvalid means that a written value breaks a rule of the spec: an
	// enum, a bound, a pattern.
	ErrInvalid = fault.ErrInvalid

	// ErrFrozen means that a write touches what this release may not change,
	// because a model that it announces drops it.
	ErrFrozen = fault.ErrFrozen

	// ErrModel means that the document's model is below the oldest one that
	// this release opens.
	ErrModel = fault.ErrModel

	// ErrID means that the type does not allow an id or a namespace.
	ErrID = fault.ErrID

	// ErrType means that a document has another type than the definition.
	ErrType = fault.ErrType
)

// Op is the operation that failed.
type Op string

const (
	OpSeal    Op = "seal"
	OpOpen    Op = "open"
	OpRead    Op = "read"
	OpUpdate  Op = "update"
	OpPatch   Op = "patch"
	OpMigrate Op = "migrate"
	OpRotate  Op = "rotate"
	OpReplace Op = "replace"
)

// Error says what failed: the operation, the object, the attribute. It never holds
// a value of an attribute.
type Error struct {
	Op        Op
	Ref       Ref    // zero if no object is concerned
	Attribute string // a top-level attribute, or ""; what is longer than 200 bytes is cut off
	Err       error  // wraps one of the sentinels of this package, or what a keyring or a caller's function returned
}

// Error returns one line: the operation, type and id, the attribute, the
// reason.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("eso: ")
	b.WriteString(string(e.Op))
	if e.Ref.Type != "" {
		b.WriteString(" " + strconv.Quote(fault.Clip(e.Ref.Type)))
	}
	if e.Ref.ID != "" {
		b.WriteString(" " + strconv.Quote(fault.Clip(e.Ref.ID)))
	}
	b.WriteString(": ")
	if e.Attribute != "" {
		b.WriteString("attribute " + strconv.Quote(fault.Clip(e.Attribute)) + ": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// withOp adds the operation and the object to an error. It leaves alone what the
// error of a keyring or of a caller's function wraps: that may concern another
// object.
func withOp(err error, op Op, ref Ref) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *fault.Error:
		return &Error{Op: op, Ref: ref, Attribute: e.Attribute, Err: e.Err}
	case *Error:
		return &Error{Op: op, Ref: ref, Attribute: e.Attribute, Err: e.Err}
	}
	return &Error{Op: op, Ref: ref, Err: err}
}

// withoutNames removes the names within a secret from an error about the text of
// a document: of what any model encrypts, whatever model the document has.
func (d *Definition) withoutNames(err error) error {
	e, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	for i := range d.Models {
		for _, name := range d.Models[i].Encrypted {
			if fault.Clip(name) == e.Attribute {
				return fault.On(name, fault.WithoutPlace(e.Err))
			}
		}
	}
	return err
}
