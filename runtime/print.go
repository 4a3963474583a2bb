package eso

import (
	"fmt"
	"io"
)

// What is handed to generated code holds opened secrets while it works. None
// of it is printed. Without these methods package fmt would even call
// Decoder.String, which reads the next value.

// Format prints a fixed text, whatever the verb.
func (d *Decoder) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Decoder(redacted)") }

// Format prints a fixed text, whatever the verb.
func (w *Writer) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Writer(redacted)") }

// Format prints a fixed text, whatever the verb.
func (v *View) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.View(redacted)") }
