package jsontext

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"sync"
)

// parseFloat is strconv.ParseFloat without its slow cases. Digits that come
// close to the middle between two doubles, and doubles below the normal ones,
// take it some 25 µs each, over a minute for a hostile document: its arithmetic
// is decimal there. Texts that can be slow are read with integers here, exactly,
// and at least ten times as fast.
func parseFloat(token string) (float64, error) {
	if f, ok := parseSlow(token); ok {
		return f, nil
	}
	return strconv.ParseFloat(token, 64)
}

const (
	slowDigits = 256 // beyond, a text is long enough to take its time
	slowPower  = 640 // of ten
)

// parseSlow reads a valid number that may be slow to read, and a double.
func parseSlow(token string) (f float64, ok bool) {
	if len(token) <= 20 && !strings.ContainsAny(token, "eE") {
		return 0, false // few digits, and not small: most numbers
	}
	if len(token) > slowDigits || EndOfNumber(token, 0) < len(token) {
		return 0, false
	}
	digits, power := decimal(token)
	magnitude := len(digits) + power // the number is below that power of ten
	switch {
	case digits == "" || len(digits) <= 19 && magnitude > -307 || magnitude > 308 || power < -slowPower:
		return 0, false
	case magnitude < -323: // less than half of the smallest double
		digits, power = "0", 0
	}
	n, _ := new(big.Int).SetString(digits, 10)
	// The number is n * 5^power * 2^power. Make it q * 2^exponent, where q has
	// more bits than a double, and its lowest one stands for all that are cut
	// off.
	var q *big.Int
	exponent, rest := power, false
	if power >= 0 {
		q = n.Mul(n, fives()[power])
	} else {
		by := fives()[-power]
		if more := by.BitLen() - n.BitLen() + 64; more > 0 {
			n.Lsh(n, uint(more))
			exponent -= more
		}
		var r *big.Int
		q, r = n.QuoRem(n, by, new(big.Int))
		rest = r.Sign() != 0
	}
	f = rounded(q, exponent, rest)
	if token[0] == '-' {
		f = -f
	}
	return f, !math.IsInf(f, 0)
}

// rounded returns the double nearest to q * 2^exponent, and a rest above it,
// the even one of two that are as near.
func rounded(q *big.Int, exponent int, rest bool) float64 {
	cut := max(q.BitLen()-53, -1074-exponent)
	if cut <= 0 { // few digits and a power of ten that is none
		return math.Ldexp(float64(q.Uint64()), exponent)
	}
	rest = rest || int(q.TrailingZeroBits()) < cut-1
	half := q.Bit(cut-1) == 1
	whole := q.Rsh(q, uint(cut)).Uint64()
	if half && (rest || whole&1 == 1) {
		whole++
	}
	return math.Ldexp(float64(whole), exponent+cut)
}

// decimal returns the digits of a valid number, without zeros around them, and
// the power of ten that belongs to the last of them.
func decimal(token string) (digits string, power int) {
	digits = strings.TrimPrefix(token, "-")
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		power, _ = strconv.Atoi(digits[i+1:]) // one that overflows is beyond all doubles
		power = max(min(power, 1<<20), -1<<20)
		digits = digits[:i]
	}
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		power -= len(digits) - i - 1
		digits = digits[:i] + digits[i+1:]
	}
	digits = strings.TrimLeft(digits, "0")
	shorter := strings.TrimRight(digits, "0")
	return shorter, power + len(digits) - len(shorter)
}

// fives are the powers of five.
var fives = sync.OnceValue(func() (powers [slowPower + 1]*big.Int) {
	powers[0] = big.NewInt(1)
	for i := range slowPower {
		powers[i+1] = new(big.Int).Mul(powers[i], big.NewInt(5))
	}
	return powers
})
