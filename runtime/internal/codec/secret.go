package codec

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// Secret holds the value of an encrypted attribute. Printing it in any way,
// alone or within other values, shows "[secret]" or the address of a function,
// never the value: that sits in a closure, which neither package fmt nor
// encoders nor test libraries look into.
//
// The zero value is a secret that a normal read left out. Copies share the
// value; a value that is a slice or a map must not be changed through one of
// them.
type Secret[T any] struct {
	reveal func() T
}

// NewSecret returns a secret that holds value.
func NewSecret[T any](value T) Secret[T] {
	return Secret[T]{func() T { return value }}
}

// Reveal returns the value. It fails with ErrStripped where there is none,
// because a normal read left it out or none was given.
func (s Secret[T]) Reveal() (T, error) {
	if s.reveal == nil {
		var none T
		return none, fault.ErrStripped
	}
	return s.reveal(), nil
}

// Present reports whether there is a value to reveal.
func (s Secret[T]) Present() bool { return s.reveal != nil }

// String returns "[secret]".
func (s Secret[T]) String() string { return Concealed.String() }

// GoString returns "[secret]".
func (s Secret[T]) GoString() string { return Concealed.String() }

// Format prints "[secret]", whatever the verb.
func (s Secret[T]) Format(f fmt.State, verb rune) { Concealed.Format(f, verb) }

// LogValue returns "[secret]".
func (s Secret[T]) LogValue() slog.Value { return Concealed.LogValue() }

// MarshalJSON returns null: whoever reads that back has no secret, where any
// other stand-in could be taken for one. Generated objects leave their secrets
// out altogether.
func (s Secret[T]) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// UnmarshalJSON refuses everything but null, which changes nothing: secrets do
// not come in beside the operations of this package unnoticed. Use NewSecret.
func (s *Secret[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return errors.New("eso: a secret is not read from JSON; use NewSecret")
}

// Concealed is what is printed of a secret, by the methods with which a type
// prints itself. Generated types that occur only in secrets have these methods.
const Concealed fault.Redacted = "[secret]"

// What is handed to generated code holds opened secrets while it works. None
// of it is printed. Without these methods package fmt would even call
// Reader.String, which reads the next value.

// Format prints a fixed text, whatever the verb.
func (d *Reader) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Reader(redacted)") }

// Format prints a fixed text, whatever the verb.
func (w *Writer) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Writer(redacted)") }

// Format prints nothing of the values, whatever the verb.
func (in *Inputs) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Inputs(redacted)") }
