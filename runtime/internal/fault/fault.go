// Package fault is what can go wrong, and how it is told: the sentinels that a
// caller branches on, the place of a wrong value within its attribute, and the
// limits. No error of this package holds a value, and names are cut short.
//
// Every other room of the runtime uses it. An [Error] knows an attribute,
// not an object: package eso adds the operation and the identity, and returns an
// *eso.Error.
package fault

import (
	"errors"
	"strconv"
	"strings"
)

// Error is what is wrong, and with which attribute.
type Error struct {
	Attribute string // a top-level attribute, or ""; clipped
	Err       error  // wraps a sentinel, or what a keyring or a caller's function returned
}

func (e *Error) Error() string {
	if e.Attribute == "" {
		return e.Err.Error()
	}
	return "attribute " + strconv.Quote(e.Attribute) + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// On returns an error about the named attribute.
func On(attribute string, err error) *Error {
	return &Error{Attribute: Clip(attribute), Err: err}
}

// Defect says what is wrong with a JSON text, or with a value to be written, and
// where within its attribute. It never holds a value.
type Defect struct {
	Path   string // for example `member "tags": item 3`, or ""
	Reason string
	Kind   error // ErrMalformed, ErrTooLarge, ErrInvalid or ErrStripped
}

func (d *Defect) Error() string {
	if d.Path == "" {
		return d.Reason
	}
	return d.Path + ": " + d.Reason
}

// Unwrap returns the kind.
func (d *Defect) Unwrap() error { return d.Kind }

// Step is one step of the way from a JSON value to a value within it. The zero
// Step leads into an object, to no known member.
type Step struct {
	Name  string
	Index int
	Item  bool // of a list: Index counts, from zero; else Name
	Named bool
}

// maxSteps is how many steps of the way to a value an error shows.
const maxSteps = 10

// At returns the error about the value to which the steps lead. If the attribute
// is not known yet, the first step names it.
func At(attribute string, steps []Step, reason string, kind error) *Error {
	if attribute == "" && len(steps) > 0 {
		attribute, steps = steps[0].Name, steps[1:]
	}
	var path []string
	for i, s := range steps {
		if i == maxSteps {
			path = append(path, "…")
			break
		}
		switch {
		case s.Item:
			path = append(path, "item "+strconv.Itoa(s.Index))
		case s.Named:
			path = append(path, "member "+strconv.Quote(Clip(s.Name)))
		}
	}
	return On(attribute, &Defect{strings.Join(path, ": "), reason, kind})
}

// WithoutPlace removes from an error where within its attribute something is
// wrong: the names within a secret are a part of it.
func WithoutPlace(err error) error {
	var at *Defect
	if errors.As(err, &at) {
		return &Defect{Reason: at.Reason, Kind: at.Kind}
	}
	return err
}

// TooLarge returns the error about attributes that take more than MaxSize bytes.
func TooLarge() *Error {
	return On("", &Defect{Reason: "larger than " + strconv.Itoa(MaxSize) + " bytes", Kind: ErrTooLarge})
}

// TooMany is the reason of an error about more than limit of something.
func TooMany(limit int, of string) string { return "more than " + strconv.Itoa(limit) + " " + of }
