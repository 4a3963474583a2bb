package eso

import (
	"fmt"
	"io"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// redacted is all that is printed of what embeds it.
type redacted = fault.Redacted

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
