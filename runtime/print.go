package eso

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is all that is printed of what embeds it.
type redacted string

// String returns a fixed text.
func (r redacted) String() string { return string(r) }

// GoString returns a fixed text.
func (r redacted) GoString() string { return string(r) }

// Format prints a fixed text, whatever the verb.
func (r redacted) Format(f fmt.State, _ rune) { io.WriteString(f, string(r)) }

// LogValue returns a fixed text.
func (r redacted) LogValue() slog.Value { return slog.StringValue(string(r)) }

// MarshalText returns a fixed text.
func (r redacted) MarshalText() ([]byte, error) { return []byte(r), nil }

// Concealed is what is printed of a secret, by the methods with which a type
// prints itself. Generated types that occur only in secrets have these methods.
const Concealed redacted = "[secret]"

// What is handed to generated code holds opened secrets while it works. None
// of it is printed. Without these methods package fmt would even call
// Decoder.String, which reads the next value.

// Format prints a fixed text, whatever the verb.
func (d *Decoder) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Decoder(redacted)") }

// Format prints a fixed text, whatever the verb.
func (w *Writer) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Writer(redacted)") }

// Format prints a fixed text, whatever the verb.
func (v *View) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.View(redacted)") }
