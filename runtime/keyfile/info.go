package keyfile

import (
	"fmt"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/fault"
)

// Format is the first member of every key file.
const Format = "esogen-keys/1"

// Limits of a key file. They bound the work that a hostile file can cause.
const (
	MaxSize       = 64 << 20 // bytes of a file
	MaxKeys       = 100_000  // keys of a file; as many ids that were retired, and that were shredded
	MaxPassphrase = 4096     // bytes of a passphrase
	MaxNamespace  = 255      // bytes of the name of a namespace
	MaxWrapped    = 64 << 10 // bytes that a Wrapper may return
)

// Kind is the kind of a key.
type Kind string

const (
	// Native is a key of 32 random bytes: it seals and opens the native format.
	Native Kind = "native"

	// Passphrase is a key of a passphrase, an eso.KibanaKey: it seals and opens
	// both formats. It belongs to the installation, never to a namespace.
	Passphrase Kind = "passphrase"
)

// State says how far the shredding of a namespace got.
type State string

const (
	// Recoverable means that the keys are gone from this file, and that an older
	// copy of it, with the provider's key, still has them.
	Recoverable State = "recoverable"

	// Destroyed means that somebody confirmed that no such copy opens any more.
	Destroyed State = "destroyed"
)

// Info is what a key file shows without being unwrapped. It holds no secret.
type Info struct {
	FileID     string // never changes
	Generation int64  // grows by one with each change that was written; 0 if never
	WrapperID  string // of the key that wraps the file key; "" if never wrapped
	Keys       []KeyInfo
	Retired    []RetiredKey
	Shredded   []ShreddedNamespace
}

// KeyInfo is what a key file shows of a key.
type KeyInfo struct {
	ID        string
	Kind      Kind
	Namespace string // "" for a key of the installation
	Primary   bool   // it seals, for its namespace or for the installation
	Made      time.Time
	Check     string // the check value, in hexadecimal: the same wherever the key is the same
}

// RetiredKey is the id of a key that a key file no longer has.
type RetiredKey struct {
	ID        string
	Namespace string // "" for a key of the installation
	At        time.Time
}

// ShreddedNamespace is a namespace whose keys were removed for good.
type ShreddedNamespace struct {
	Namespace string
	KeyIDs    []string
	At        time.Time
	State     State
}

// redacted is all that is printed of what embeds it.
type redacted = fault.Redacted

func errorf(format string, args ...any) error {
	return fmt.Errorf("keyfile: "+format, args...)
}

// tampered is an error that wraps eso.ErrTampered, and says more than that.
func tampered(format string, args ...any) error {
	return tamperedError{errorf(format, args...)}
}

type tamperedError struct{ error }

func (e tamperedError) Unwrap() []error { return []error{e.error, eso.ErrTampered} }
