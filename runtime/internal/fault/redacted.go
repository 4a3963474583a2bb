package fault

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is all that is printed of a value that embeds it.
type Redacted string

// String returns the fixed text.
func (r Redacted) String() string { return string(r) }

// GoString returns the fixed text.
func (r Redacted) GoString() string { return string(r) }

// Format prints the fixed text, whatever the verb.
func (r Redacted) Format(f fmt.State, _ rune) { io.WriteString(f, string(r)) }

// LogValue returns the fixed text.
func (r Redacted) LogValue() slog.Value { return slog.StringValue(string(r)) }

// MarshalText returns the fixed text.
func (r Redacted) MarshalText() ([]byte, error) { return []byte(r), nil }
