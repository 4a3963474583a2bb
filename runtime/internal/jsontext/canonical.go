package jsontext

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Canonical JSON text is what the native format binds of an attribute. Two
// texts have the same one exactly if they mean the same value, so that a store
// which reformats JSON changes nothing:
//
//   - no white space; true, false and null as they are;
//   - members sorted by the bytes of their names, decoded, in UTF-8;
//   - strings decoded, and written with three escapes only: \" and \\, and
//     \u00xx, in lower case, for the control characters below U+0020;
//   - a number is 0, or its digits without zeros around them, "e" and the power
//     of ten of the last one: 1.50 is 15e-1, 100 is 1e2, -0.0 is 0. Nothing is
//     rounded: 2^53 + 1 differs from 2^53.
//
// A lone surrogate has no canonical text: UTF-8 has none for it.
// Nor has a number whose power of ten, written so, has more than nine digits:
// with fewer, every implementation can compute it in integers of 64 bits, and
// no store that understands numbers keeps such a one.

// maxExponent is the greatest power of ten, positive or negative, in a
// canonical text.
const maxExponent = 999_999_999

// AppendCanonical appends to dst the canonical text of raw, one JSON value. The
// caller has validated raw: syntax, UTF-8, no duplicate names, a bounded depth;
// any other text does no harm. The error says what has no canonical text, and wraps nothing.
func AppendCanonical(dst []byte, raw string) ([]byte, error) {
	if len(raw) > 1 && raw[0] == '"' { // most values are strings without escapes
		if end := PlainRun(raw, 1); end == len(raw)-1 {
			return append(dst, raw...), nil
		}
	}
	p := canonicalPrinter{StablePrinter: StablePrinter{text: raw, Out: dst}}
	p.value()
	if p.refused != "" {
		return dst, canonicalError(p.refused)
	}
	return p.Out, nil
}

// canonicalError says why a value has no canonical text.
type canonicalError string

// Error returns the reason.
func (e canonicalError) Error() string { return string(e) }

// canonicalPrinter writes canonical text. It reads, and keeps members, as the
// printer of stable text does; the two differ in names, strings and numbers.
type canonicalPrinter struct {
	StablePrinter
	refused string
	lenient bool // refuses nothing: what has no canonical text is written in a form of its own
}

// SameValue reports whether two JSON texts mean the same value, surrogates that
// stand alone and numbers of any size included.
func SameValue(a, b string) bool {
	if a == b {
		return true
	}
	p := canonicalPrinter{StablePrinter: StablePrinter{text: a}, lenient: true}
	q := canonicalPrinter{StablePrinter: StablePrinter{text: b}, lenient: true}
	p.value()
	q.value()
	return bytes.Equal(p.Out, q.Out)
}

func (p *canonicalPrinter) value() {
	switch p.peek() {
	case '{':
		p.object()
	case '[':
		p.list()
	case '"':
		p.string()
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.number(p.wordToken())
	default: // true, false, null
		p.Out = append(p.Out, p.wordToken()...)
	}
}

func (p *canonicalPrinter) object() {
	p.at++ // the brace
	first := p.BeginObject()
	for p.peek() == '"' && p.refused == "" {
		start := p.BeginMember(first)
		p.string()
		if p.peek() == ':' {
			p.at++
		}
		colon := p.EndName()
		p.value()
		p.EndMember(start, colon)
		if p.peek() == ',' {
			p.at++
		}
	}
	p.at++ // the closing brace
	p.EndObject(first, compareCanonical)
}

func (p *canonicalPrinter) list() {
	p.at++ // the bracket
	p.Out = append(p.Out, '[')
	for p.peek() != ']' && p.at < len(p.text) && p.refused == "" {
		p.value()
		if p.peek() != ',' {
			break
		}
		p.at++
		p.Out = append(p.Out, ',')
	}
	p.at++ // the closing bracket
	p.Out = append(p.Out, ']')
}

func (p *canonicalPrinter) string() {
	token := p.stringToken()
	p.Out = append(p.Out, '"')
	for {
		escape := strings.IndexByte(token, '\\')
		if escape < 0 {
			p.Out = append(append(p.Out, token...), '"')
			return
		}
		p.Out = append(p.Out, token[:escape]...)
		var r rune
		r, token = unescape(token[escape:])
		if utf16.IsSurrogate(r) && !p.lenient {
			p.refused = "a surrogate that stands alone"
		}
		p.Out = appendCanonicalRune(p.Out, r)
	}
}

func appendCanonicalRune(dst []byte, r rune) []byte {
	switch r {
	case '\b', '\f', '\n', '\r', '\t': // which have short escapes elsewhere
		const hex = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', '0', hex[r])
	}
	return appendEscaped(dst, r)
}

func (p *canonicalPrinter) number(token string) {
	if n := len(token); n <= 18 && token[n-1] != '0' && passDigits(token, 0) == n {
		p.Out = append(append(p.Out, token...), "e0"...) // a small integer
		return
	}
	digits, power, ok := exactDecimal(token)
	switch {
	case digits == "":
		p.Out = append(p.Out, '0')
		return
	case !ok && p.lenient:
		p.Out = append(p.Out, strings.ToLower(token)...)
		return
	case !ok:
		p.refused = "a number with a power of ten of more than nine digits"
		return
	case token[0] == '-':
		p.Out = append(p.Out, '-')
	}
	p.Out = append(append(p.Out, digits...), 'e')
	p.Out = strconv.AppendInt(p.Out, power, 10)
}

// exactDecimal returns the digits of a valid number, without zeros around
// them, and the power of ten of the last one. It is not ok where that power is
// beyond maxExponent. Zero has no digits.
func exactDecimal(token string) (digits string, power int64, ok bool) {
	digits = strings.TrimPrefix(token, "-")
	fits := true
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		power, fits = writtenPower(digits[i+1:])
		digits = digits[:i]
	}
	if whole, fraction, found := strings.Cut(digits, "."); found {
		power -= int64(len(fraction))
		digits = whole + fraction
	}
	digits = strings.TrimLeft(digits, "0")
	shorter := strings.TrimRight(digits, "0")
	power += int64(len(digits) - len(shorter))
	return shorter, power, fits && -maxExponent <= power && power <= maxExponent
}

// writtenPower reads the power of ten of a number, as written. One of more
// than twelve digits does not fit: no text is long enough to bring it back to
// one of nine.
func writtenPower(text string) (power int64, fits bool) {
	const longest = 12
	digits := strings.TrimLeft(strings.TrimLeft(text, "+-"), "0")
	if len(digits) > longest {
		return 0, false
	}
	for i := range len(digits) {
		power = power*10 + int64(digits[i]-'0')
	}
	if strings.HasPrefix(text, "-") {
		power = -power
	}
	return power, true
}

// compareCanonical compares two names, which stand as in canonical text without
// their quotes, by the bytes that they stand for.
func compareCanonical(a, b []byte) int {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return bytes.Compare(a, b)
	}
	for {
		x, restA := canonicalByte(a)
		y, restB := canonicalByte(b)
		if x != y || x < 0 {
			return cmp.Compare(x, y)
		}
		a, b = restA, restB
	}
}

// canonicalByte returns the next byte of a name, or -1 at its end.
func canonicalByte(name []byte) (c int, rest []byte) {
	if len(name) == 0 {
		return -1, nil
	}
	if name[0] != '\\' {
		return int(name[0]), name[1:]
	}
	r, rest := unescape(name)
	return int(r), rest
}
