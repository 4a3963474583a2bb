package codec

import (
	"encoding/hex"
	"time"

	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// UUID writes a string that must be a UUID if it changes.
func (w *Writer) UUID(v string) bool {
	changed := w.String(v)
	if changed && !IsUUID(v) {
		w.Refuse("want a UUID")
	}
	return changed
}

// IsTimestamp reports whether a string is an RFC 3339 timestamp.
func IsTimestamp(s string) bool {
	_, ok := jsontext.ParseTime(s)
	return ok
}

// IsDuration reports whether a string is a duration, as time.ParseDuration takes
// it.
func IsDuration(s string) bool {
	_, err := time.ParseDuration(s)
	return err == nil
}

// IsBase64 reports whether a string is standard base64 with padding (RFC 4648,
// section 4).
func IsBase64(s string) bool {
	_, ok := jsontext.DecodeBase64(s)
	return ok
}

// IsUUID reports whether s has the form of a UUID: 8-4-4-4-12 hexadecimal
// digits, of either case, of any version (RFC 9562, section 4).
func IsUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	_, err := hex.DecodeString(digits)
	return err == nil
}
