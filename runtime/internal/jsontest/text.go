// Package jsontest draws JSON texts for property tests of the runtime, and reads
// the vectors that Kibana's packages made.
package jsontest

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Vectors reads a file of vectors.
func Vectors[T any](t testing.TB, file string) []T {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var vectors []T
	require.NoError(t, json.Unmarshal(content, &vectors))
	require.NotEmpty(t, vectors)
	return vectors
}

// JSON draws a JSON text with all that stable text has to smooth out.
func JSON(t *rapid.T, depth int) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n", "\r\t"}).Draw(t, "space") }
	kinds := 3
	if depth > 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return space() + rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "literal") + space()
	case 1:
		return space() + Number(t) + space()
	case 2:
		return space() + `"` + drawToken(t) + `"` + space()
	case 3:
		return space() + "{" + space() + strings.Join(Members(t, depth), space()+",") + "}" + space()
	default:
		items := make([]string, rapid.IntRange(0, 4).Draw(t, "items"))
		for i := range items {
			items[i] = JSON(t, depth-1)
		}
		return space() + "[" + strings.Join(items, ",") + space() + "]"
	}
}

// Members draws members `"name":value` of different names.
func Members(t *rapid.T, depth int) []string {
	var members, names []string
	for range rapid.IntRange(0, 6).Draw(t, "members") {
		token := drawToken(t)
		name := unitsOf(token)
		if !slices.Contains(names, name) {
			names = append(names, name)
			members = append(members, `"`+token+`":`+JSON(t, depth-1))
		}
	}
	return members
}

// unitsOf returns the UTF-16 code units that a token spells.
func unitsOf(token string) string {
	var units []uint16
	for len(token) > 0 {
		r, size := utf8.DecodeRuneInString(token)
		switch {
		case r != '\\':
			units = utf16.AppendRune(units, r)
		case token[1] == 'u':
			unit, _ := strconv.ParseUint(token[2:6], 16, 16)
			units = append(units, uint16(unit))
			size = 6
		default:
			unit := uint16(token[1])
			if i := strings.IndexByte("btnfr", token[1]); i >= 0 {
				unit = uint16("\b\t\n\f\r"[i])
			}
			units = append(units, unit)
			size = 2
		}
		token = token[size:]
	}
	return fmt.Sprint(units)
}

// drawToken draws what stands between the quotes of a string.
func drawToken(t *rapid.T) string {
	if rapid.IntRange(0, 3).Draw(t, "whole") == 0 {
		return rapid.SampledFrom([]string{"", "__proto__", "length", "toJSON", "constructor", "0", "1", "10", "9", "01", "-1", "4294967295"}).Draw(t, "word")
	}
	piece := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9 .$/]{1,4}`),
		rapid.SampledFrom([]string{`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`}),
		rapid.Map(rapid.Uint16(), func(u uint16) string { return fmt.Sprintf(`\u%04x`, u) }),
		rapid.Map(rapid.Uint16Range(0, 0xff), func(u uint16) string { return fmt.Sprintf(`\u%04X`, u) }),
		rapid.Map(rapid.Uint16Range(0xd800, 0xdfff), func(u uint16) string { return fmt.Sprintf(`\u%04X`, u) }),
		rapid.Map(rapid.Uint16Range(0xe000, 0xffff), func(u uint16) string { return string(rune(u)) }),
		rapid.Map(rapid.Rune(), func(r rune) string {
			if r < ' ' || r == '"' || r == '\\' || !utf8.ValidRune(r) {
				return "-"
			}
			return string(r)
		}),
		rapid.SampledFrom([]string{"😀", "😁", "\U00010000", "\U0010ffff", "\u2028", "\u2029", "\u007f", "<", "&", "\ufeff", `\ud83d\ude00`}),
	)
	return strings.Join(rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces"), "")
}

// Number draws a number, spelt in one of many ways.
func Number(t *rapid.T) string {
	edge := rapid.SampledFrom([]float64{
		0, math.Copysign(0, -1), 1, 10, 1e20, 1e21, 999999999999999900000, 1e-6, 1e-7, 9.99e-7, 1 << 53, 1<<53 - 1, 1<<53 + 2, 1 << 63,
		math.MaxFloat64, math.SmallestNonzeroFloat64, 2.2250738585072014e-308, 2.225073858507201e-308, 0.1, 0.3, 1e23, 5e-324,
	})
	double := rapid.Map(rapid.Uint64(), func(bits uint64) float64 {
		if f := math.Float64frombits(bits); !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
		return 0
	})
	spelt := rapid.Custom(func(t *rapid.T) string {
		f := rapid.OneOf(edge, double, rapid.Float64Range(-1e6, 1e6)).Draw(t, "double")
		form := rapid.SampledFrom([]byte("efE")).Draw(t, "form")
		return strconv.FormatFloat(f, form, rapid.SampledFrom([]int{-1, -1, 0, 5, 17, 25}).Draw(t, "precision"), 64)
	})
	return rapid.OneOf(
		spelt,
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?0{0,2}[0-9]{1,3})?`),
		rapid.SampledFrom([]string{"-0", "-0.0", "0e0", "1e309", "-1e309", "9007199254740993", "1e+021", "1E-07", "0.000001", "1.0", "1e400", "1e-400"}),
	).Draw(t, "number")
}
