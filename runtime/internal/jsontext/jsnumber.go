package jsontext

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// appendNumber appends a number as JavaScript prints the double that JSON.parse
// makes of its text (ECMA-262, Number::toString): the shortest digits that read
// back as the same double, an exponent below 1e-6 and from 1e21 on, "0" for
// -0, and "null" where JSON.stringify finds an infinity.
func appendNumber(dst []byte, token string) []byte {
	if isShortInteger(token) {
		return append(dst, token...)
	}
	f, err := parseFloat(token)
	switch {
	case errors.Is(err, strconv.ErrSyntax): // not from a validated text
		return append(dst, token...)
	case math.IsInf(f, 0) || math.IsNaN(f):
		return append(dst, "null"...)
	}
	return AppendDouble(dst, f)
}

// isShortInteger reports whether the token is an integer in JavaScript's own
// spelling, exact in a double: most numbers are, and are copied.
func isShortInteger(token string) bool {
	digits := strings.TrimPrefix(token, "-")
	if len(digits) == 0 || len(digits) > 15 || digits[0] == '0' {
		return token == "0"
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

// BeyondDouble reports whether raw, one validated JSON value, holds a number
// beyond the range of a double. JavaScript reads such a number as an infinity and
// prints it as null: as a secret it would be lost, and as a bound attribute it
// would be bound to null. So the kibana format refuses to seal it; opening has no
// objection.
func BeyondDouble(raw string) bool {
	for at := 0; at < len(raw); {
		switch c := raw[at]; {
		case c == '"':
			at = endOfString(raw, at)
		case c == '-' || '0' <= c && c <= '9':
			end := endOfWord(raw, at)
			if overflows(raw[at:end]) {
				return true
			}
			at = end
		default:
			at++
		}
	}
	return false
}

// overflows reports whether a number is beyond the range of a double.
func overflows(token string) bool {
	if i := strings.IndexAny(token, "eE"); len(token) <= 308 && (i < 0 || strings.HasPrefix(token[i+1:], "-")) {
		return false // at most 308 digits, and no power of ten above them: below 1e308
	}
	_, err := parseFloat(token)
	return errors.Is(err, strconv.ErrRange)
}
