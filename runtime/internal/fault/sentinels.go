package fault

import (
	"errors"
	"fmt"
)

// The sentinels of package eso, which documents them.
var (
	ErrNoKey     = errors.New("no key")
	ErrShredded  = fmt.Errorf("%w any more: shredded", ErrNoKey)
	ErrRetired   = fmt.Errorf("%w", ErrNoKey)              // of package keyfile, for package store: the key was given up
	ErrKeyKind   = fmt.Errorf("%w", errors.ErrUnsupported) // of package eso, for package store: the key cannot seal the format
	ErrTampered  = errors.New("does not open: sealed under another key, or changed since")
	ErrMalformed = errors.New("malformed")
	ErrPlanted   = fmt.Errorf("%w: written by no release", ErrMalformed)
	ErrTooLarge  = errors.New("too large")
	ErrStripped  = errors.New("the secret was stripped")
	ErrRequired  = errors.New("required, but absent")
	ErrInvalid   = errors.New("invalid value")
	ErrFrozen    = errors.New("may not change: an announced model drops it")
	ErrModel     = errors.New("unsupported model")
	ErrID        = errors.New("invalid id")
	ErrType      = errors.New("wrong type")
)
