package eso

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What a caller branches on. Every error of this package that concerns an
// object wraps one of these in an *Error; compare with errors.Is.
var (
	// ErrNoKey means that the keyring has no key to try, or, in the native
	// format, not the key whose id the seal names.
	ErrNoKey = errors.New("no key")

	// ErrTampered means that no key of the keyring opens a secret: another key
	// sealed it, or it, or something that it is bound to, was changed since.
	// The kibana format cannot tell these apart. In the native format, it means
	// as well that a seal is missing, or is not that of the document's model.
	ErrTampered = errors.New("does not open: sealed under another key, or changed since")

	// ErrMalformed means that the stored text is not what the definition or
	// the format says: not JSON, a duplicate key, another JSON type, a
	// ciphertext that is no strict base64, a secret that stands in the clear.
	ErrMalformed = errors.New("malformed")

	// ErrPlanted means that an attribute stands in a document whose model does
	// not have it, and that another model binds or encrypts it: no release wrote
	// that. It wraps ErrMalformed.
	ErrPlanted = fmt.Errorf("%w: written by no release", ErrMalformed)

	// ErrTooLarge means that a limit of this package was passed.
	ErrTooLarge = errors.New("too large")

	// ErrStripped means that a secret was asked for, or an object was to be
	// sealed, where the secrets had been left out by a normal read.
	ErrStripped = errors.New("the secret was stripped")

	// ErrRequired means that an attribute is absent which the model requires.
	ErrRequired = errors.New("required, but absent")

	// ErrInvalid means that a written value breaks a rule of the spec: an
	// enum, a bound, a pattern.
	ErrInvalid = errors.New("invalid value")

	// ErrFrozen means that a write touches what this release may not change,
	// because a model that it announces drops it.
	ErrFrozen = errors.New("may not change: an announced model drops it")

	// ErrModel means that the document's model is below the oldest one that
	// this release opens.
	ErrModel = errors.New("unsupported model")

	// ErrID means that an id, or a namespace, is not one that the type allows.
	ErrID = errors.New("invalid id")

	// ErrType means that a document of one type was handed to another.
	ErrType = errors.New("wrong type")
)

// Op is the operation in which an error occurred.
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
	OpDecode  Op = "decode"
	OpEncode  Op = "encode"
)

// Error says in which operation, on which object and on which attribute
// something went wrong. It never holds a value of an attribute.
type Error struct {
	Op        Op
	Ref       Ref    // zero where no object is concerned
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
		b.WriteString(" " + strconv.Quote(clip(e.Ref.Type)))
	}
	if e.Ref.ID != "" {
		b.WriteString(" " + strconv.Quote(clip(e.Ref.ID)))
	}
	b.WriteString(": ")
	if e.Attribute != "" {
		b.WriteString("attribute " + strconv.Quote(clip(e.Attribute)) + ": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// located puts the operation and the object to an error that lacks them. What
// the error of a keyring or of a caller's function wraps is left alone: it may
// speak of another object.
func located(err error, op Op, ref Ref) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		at := *e
		at.Op, at.Ref = op, ref
		return &at
	}
	return &Error{Op: op, Ref: ref, Err: err}
}

// onAttribute puts the name of an attribute to an error.
func onAttribute(name string, err error) error {
	return &Error{Attribute: clip(name), Err: err}
}

// withoutNames takes the names within a secret out of an error about the text of
// a document: of what any model encrypts, whatever model the document is of.
func (d *Definition) withoutNames(err error) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	for i := range d.Models {
		for _, name := range d.Models[i].Encrypted {
			if clip(name) == e.Attribute {
				hushed := *e
				hushed.Err = withoutPlace(e.Err)
				return &hushed
			}
		}
	}
	return err
}

// withoutPlace takes out of an error of the codec where in the value something
// is wrong: the names within a secret are a part of it.
func withoutPlace(err error) error {
	var at *fault
	if errors.As(err, &at) {
		return &fault{reason: at.reason, kind: at.kind}
	}
	return err
}
