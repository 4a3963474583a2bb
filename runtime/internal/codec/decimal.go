package codec

import (
	"errors"
	"strings"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Decimal is a decimal number of any precision, such as an amount of money. It
// is kept as its text: "1.0" stays "1.0", and is equal to "1.00". In JSON it is
// a string.
//
// The text is a number as JSON writes it, without an exponent: "12.50", "-3",
// "0.001", with at most 500 digits on each side of the point. The zero value is
// 0.
//
// Constants are Decimals: order.Total = "12.50". A conversion of a variable
// checks nothing: [ParseDecimal] does, and so does every write.
type Decimal string

// errDecimal does not repeat the text, which may be a secret.
var errDecimal = errors.New("eso: not a decimal number without exponent, such as 12.50 or -3")

// ParseDecimal returns the decimal of a text. The error does not hold it.
func ParseDecimal(text string) (Decimal, error) {
	if !IsDecimal(text) {
		return "", errDecimal
	}
	return Decimal(text), nil
}

// String returns the text of the decimal, which is "0" for the zero value.
func (d Decimal) String() string {
	if d == "" {
		return "0"
	}
	return string(d)
}

// MarshalText returns the text of the decimal, as String does. It fails if that
// is not a decimal number.
func (d Decimal) MarshalText() ([]byte, error) {
	text, err := ParseDecimal(d.String())
	return []byte(text), err
}

// UnmarshalText reads a decimal number, and keeps its text.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDecimal(string(text))
	return err
}

// Equal reports whether two decimals are the same number: "1.0" and "1.00" are.
func (d Decimal) Equal(e Decimal) bool { return d.Cmp(e) == 0 }

// Cmp returns -1 if d is less than e, 0 if they are the same number, and +1 if d
// is greater. It is exact. A text that is not a decimal number is less than
// every decimal, and compares with another such text as strings do.
func (d Decimal) Cmp(e Decimal) int {
	x, ok := split(d.String())
	y, alsoOK := split(e.String())
	switch {
	case !ok && !alsoOK:
		return strings.Compare(string(d), string(e))
	case !ok:
		return -1
	case !alsoOK:
		return +1
	case x.negative != y.negative:
		return x.sign()
	}
	return x.sign() * x.compareMagnitude(y)
}

// decimalParts is a decimal number without the zeros that do not count: 0 has no
// digits, and is not negative.
type decimalParts struct {
	negative        bool
	whole, fraction string // digits
}

// maxDecimalDigits bounds the digits on each side of the point. The pattern of
// #Decimal in the schema has it too.
const maxDecimalDigits = 500

// split takes a decimal number apart. It reports false if the text is none.
func split(text string) (p decimalParts, ok bool) {
	text, p.negative = strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(text, ".")
	if !isDigits(whole) || len(whole) > 1 && whole[0] == '0' || point && !isDigits(fraction) {
		return decimalParts{}, false
	}
	p.whole, p.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	p.negative = p.negative && p.whole+p.fraction != ""
	return p, true
}

func isDigits(s string) bool {
	if s == "" || len(s) > maxDecimalDigits {
		return false
	}
	for _, c := range []byte(s) {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

func (p decimalParts) sign() int {
	if p.negative {
		return -1
	}
	return +1
}

func (p decimalParts) compareMagnitude(q decimalParts) int {
	if len(p.whole) != len(q.whole) {
		if len(p.whole) < len(q.whole) {
			return -1
		}
		return +1
	}
	if c := strings.Compare(p.whole, q.whole); c != 0 {
		return c
	}
	return strings.Compare(p.fraction, q.fraction) // neither ends in a zero
}

// IsDecimal reports whether a string is a decimal number.
func IsDecimal(s string) bool {
	_, ok := split(s)
	return ok
}

// Decimal reads a decimal number, and keeps its text.
func (d *Reader) Decimal() Decimal {
	begin := d.in.Pos
	text := d.stringValue("a decimal number")
	if !IsDecimal(text) && d.in.Fault == nil {
		d.in.Fail(begin, "want a decimal number such as 12.50, found another string")
	}
	return Decimal(text)
}

// Decimal writes a decimal number as its text. Another text of the same number
// is a change: how many digits an amount has may mean something.
func (w *Writer) Decimal(v Decimal) bool {
	text := v.String()
	if !w.fresh {
		if was, err := jsontext.DecodeString(w.was); err == nil && was == text || w.was == "" && w.leaves(v == "") {
			return w.keep()
		}
	}
	if !IsDecimal(text) {
		w.refuse("a text that is not a decimal number", fault.ErrInvalid)
		text = "0"
	}
	w.text(`"` + text + `"`)
	return w.checks
}
