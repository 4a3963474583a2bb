package jsontext

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestParseInteger(t *testing.T) {
	for token, want := range map[string]int64{
		"0": 0, "-0": 0, "1": 1, "-17": -17, "1e3": 1000, "1E+3": 1000, "1000e-3": 1, "10.0": 10, "2.50e1": 25, "0.000e-999999999999999999999": 0,
		"0e99999999999999999999": 0, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64, "922337203685477580.7e1": math.MaxInt64,
		"12345678901234567890e-1": 1234567890123456789, "1e18": 1e18, "0.1e1": 1,
		"1" + strings.Repeat("0", 5000) + "e-5000": 1, "0." + strings.Repeat("0", 5000) + "1e5001": 1,
	} {
		n, ok := ParseInteger(token)
		assert.True(t, ok, token)
		assert.Equal(t, want, n, token)
	}
	for _, token := range []string{"0.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e99999999999999999999", "1e-99999999999999999999", "10.01"} {
		_, ok := ParseInteger(token)
		assert.False(t, ok, token)
	}
}

var numbers = rapid.Custom(func(t *rapid.T) string {
	token := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?`).Draw(t, "number")
	if rapid.Bool().Draw(t, "exponent") {
		token += rapid.StringMatching(`[eE][+-]?[0-9]{1,2}`).Draw(t, "exponent")
	}
	return token
})

func TestIntegersAgainstBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := numbers.Draw(t, "token")
		assert.Equal(t, len(token), EndOfNumber(token, 0), token)
		exact, _ := new(big.Rat).SetString(token)
		n, ok := ParseInteger(token)
		if want := exact.IsInt() && exact.Num().IsInt64(); ok != want {
			t.Fatalf("%s: %v, want %v", token, ok, want)
		}
		if ok && n != exact.Num().Int64() {
			t.Fatalf("%s is not %d", token, n)
		}
		if short, end := ShortInteger(token, 0); end > 0 && (end != len(token) || short != n || !ok) {
			t.Fatalf("%s is not %d", token, short)
		}
	})
}

func TestDoublesAgainstStrconv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := numbers.Draw(t, "token")
		f, ok := ParseDouble(token)
		want, err := strconv.ParseFloat(token, 64)
		if ok != (err == nil) || math.Float64bits(f) != math.Float64bits(want) {
			t.Fatalf("%s is %v, not %v", token, want, f)
		}
	})
}

func TestFormatInteger(t *testing.T) {
	check := func(v int64) {
		var b [MaxInteger]byte
		assert.Equal(t, strconv.FormatInt(v, 10), string(b[:FormatInteger(&b, v)]))
	}
	for power := int64(1); power > 0; power *= 10 {
		for _, v := range []int64{power - 1, power, power + 1, 9 * power} {
			check(v)
			check(-v)
		}
	}
	for v := range int64(2000) {
		check(v)
	}
	check(math.MaxInt64)
	check(math.MinInt64)
	rapid.Check(t, func(t *rapid.T) { check(rapid.Int64().Draw(t, "v")) })
}

// Doubles are written as stable text prints them, which is compared with
// JavaScript.
func TestAppendDouble(t *testing.T) {
	check := func(f float64) {
		text := string(AppendDouble(nil, f))
		assert.Equal(t, string(appendNumber(nil, strconv.FormatFloat(f, 'e', -1, 64))), text)
		back, err := strconv.ParseFloat(text, 64)
		assert.NoError(t, err)
		assert.Equal(t, f+0, back)
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 0.1, 0.3, 0.1 + 0.2, 92.5, 0.001, 0.0001, 123456.789, 1e21, 1e20, 1e-6, 1e-7, 1.5e-7, 5e-324, math.MaxFloat64,
		1 << 53, 1<<53 + 2, -(1 << 53), 999999999999.999, 9999999999999.99, 99999999999999.9, 999999999999999.9, 100.05, 1.005, 4.35, 0.07, 1e15 + 0.5, -0.25, 2.675} {
		check(f)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		if rapid.Bool().Draw(t, "short") {
			f = float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "digits")) / powers[rapid.IntRange(0, 6).Draw(t, "places")]
		}
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			check(f)
		}
	})
}

func TestWordsAgainstBytes(t *testing.T) {
	parts := rapid.SampledFrom([]string{"a", "\"", "\\", "\x00", "\x1f", " ", "!", "[", "]", "#", "\x7f", "é", "\x80", "\xff", "abcdefgh"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(parts, 0, 30).Draw(t, "text"), "")
		run := 0
		for run < len(text) && isPlain(text[run]) {
			run++
		}
		if got := PlainRun(text, 0); got != run {
			t.Fatalf("%q: %d, want %d", text, got, run)
		}
		dst := make([]byte, len(text))
		if got := CopyPlain(dst, text); got != (run == len(text)) || got && string(dst) != text {
			t.Fatalf("%q: %v, %q", text, got, dst)
		}
	})
}
