package jsontext

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// EndOfNumber returns where the number ends that begins at text[i], or -1 where
// none does (RFC 8259, section 6).
func EndOfNumber(text string, i int) int {
	if i < len(text) && text[i] == '-' {
		i++
	}
	begin := i
	i = passDigits(text, i)
	if i == begin || i > begin+1 && text[begin] == '0' {
		return -1
	}
	if i < len(text) && text[i] == '.' {
		begin = i + 1
		if i = passDigits(text, begin); i == begin {
			return -1
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		begin = i
		if i = passDigits(text, i); i == begin {
			return -1
		}
	}
	return i
}

func passDigits(text string, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}

// ParseInteger returns the integer that a valid number stands for, whatever its
// spelling: stores and JavaScript rewrite 1000 as 1e3 or 1000.0. It fails where
// the number is not an integer or does not fit.
func ParseInteger(token string) (n int64, ok bool) {
	digits, negative := strings.CutPrefix(token, "-")
	exponent := 0
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		// One beyond all texts is as good as any: it overflows or is zero.
		exponent, _ = strconv.Atoi(digits[i+1:])
		exponent = max(min(exponent, 2*fault.MaxSize), -2*fault.MaxSize)
		digits = digits[:i]
	}
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		exponent -= len(digits) - i - 1
		digits = digits[:i] + digits[i+1:]
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, true
	}
	whole := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(whole)
	const longest = len("9223372036854775808")
	if exponent < 0 || len(whole)+exponent > longest {
		return 0, false
	}
	if negative {
		whole = "-" + whole
	}
	n, err := strconv.ParseInt(whole+strings.Repeat("0", exponent), 10, 64)
	return n, err == nil
}

// ShortInteger reads the integer of at most 18 plain digits that begins at
// text[i], and returns where it ends: at i where there is none.
func ShortInteger(text string, i int) (n int64, end int) {
	begin := i
	negative := i < len(text) && text[i] == '-'
	if negative {
		i++
	}
	first := i
	for i < len(text) && text[i]-'0' <= 9 {
		n = n*10 + int64(text[i]-'0') // it may overflow: then there are too many digits
		i++
	}
	if i == first || i > first+18 || i > first+1 && text[first] == '0' ||
		i < len(text) && (text[i] == '.' || text[i]|0x20 == 'e') {
		return 0, begin
	}
	if negative {
		n = -n
	}
	return n, i
}

// powers are those powers of ten that a double holds exactly.
var powers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

var wholePowers = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// ParseDouble returns the double nearest to a valid number. It fails beyond
// the range of a double. Up to 15 digits are exact in a double, and so is what
// an exact power of ten, here of decimal places, divides them to (W. D.
// Clinger, How to Read Floating Point Numbers Accurately).
func ParseDouble(token string) (f float64, ok bool) {
	var digits int64
	places := -1
	for i := range len(token) {
		switch c := token[i]; {
		case c == '-' && i == 0:
		case c == '.':
			places = i
		case c-'0' <= 9 && i < 17:
			digits = digits*10 + int64(c-'0')
		default:
			f, err := parseFloat(token)
			return f, err == nil
		}
	}
	if digits >= 1e15 || len(token) == 0 {
		f, err := parseFloat(token)
		return f, err == nil
	}
	f = float64(digits)
	if places >= 0 {
		f /= powers[len(token)-places-1]
	}
	if token[0] == '-' {
		f = -f
	}
	return f, true
}

// MaxSafeInteger is the greatest integer up to which a double, and so
// JavaScript, holds every one exactly.
const MaxSafeInteger = 1<<53 - 1

const MaxInteger = len("-9223372036854775808")

// FormatInteger prints an integer, and returns how long the text is.
func FormatInteger(b *[MaxInteger]byte, v int64) (size int) {
	rest := uint64(v)
	if v < 0 {
		rest = -rest
		b[0] = '-'
		size = 1
	}
	if rest < 10 {
		b[size] = '0' + byte(rest)
		return size + 1
	}
	size += digitsIn(rest)
	i := size
	for rest >= 100 {
		two := rest % 100
		rest /= 100
		i -= 2
		b[i], b[i+1] = tens[two], ones[two]
	}
	b[i-1] = ones[rest]
	if rest >= 10 {
		b[i-2] = tens[rest]
	}
	return size
}

// digitsIn returns how many decimal digits n has, which is not 0.
func digitsIn(n uint64) int {
	digits := bits.Len64(n) * 1233 >> 12 // log10(2) is about 1233/4096
	if n >= wholePowers[digits] {
		digits++
	}
	return digits
}

// The two digits of the numbers up to 99.
const (
	tens = "0000000000111111111122222222223333333333444444444455555555556666666666777777777788888888889999999999"
	ones = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
)

// MaxDouble is more than the length of any double.
const MaxDouble = 32

// AppendDouble appends a double as JavaScript prints it (ECMA-262,
// Number::toString). It must not be an infinity or NaN, which JSON lacks.
func AppendDouble(dst []byte, f float64) []byte {
	if whole := int64(f); float64(whole) == f && -MaxSafeInteger <= whole && whole <= MaxSafeInteger {
		return strconv.AppendInt(dst, whole, 10)
	}
	if short, ok := appendFraction(dst, f); ok {
		return short
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go writes at least two digits of exponent, JavaScript 1e-7.
	if n := len(dst); dst[n-2] == '0' && dst[n-3] == '-' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// appendFraction appends a double that is an integer of at most 15 digits over
// 10, 100 or 1000, as most are that people write. Two decimals of at most 15
// digits never mean the same double, so the one found is the shortest.
func appendFraction(dst []byte, f float64) (out []byte, ok bool) {
	for places := 1; places <= 3; places++ {
		scaled := f * powers[places]
		if math.Abs(scaled) >= 1e15 {
			return dst, false
		}
		n := int64(scaled)
		if float64(n) != scaled || n%10 == 0 || scaled/powers[places] != f {
			continue
		}
		if n < 0 {
			dst = append(dst, '-')
			n = -n
		}
		unit := int64(powers[places])
		dst = strconv.AppendInt(dst, n/unit, 10)
		dst = append(dst, '.')
		for rest := n % unit; unit > 1; rest %= unit {
			unit /= 10
			dst = append(dst, '0'+byte(rest/unit))
		}
		return dst, true
	}
	return dst, false
}
