package eso

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// stableVector is what safe-stable-stringify 2.5.0 makes of a text. The vectors
// come from interop/vectors.mjs.
type stableVector struct{ Text, Stable string }

func readVectors[T any](t testing.TB, file string) []T {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var vectors []T
	require.NoError(t, json.Unmarshal(content, &vectors))
	require.NotEmpty(t, vectors)
	return vectors
}

func TestStableVectors(t *testing.T) {
	for _, v := range readVectors[stableVector](t, "testdata/stable.json") {
		assert.Equal(t, v.Stable, string(appendStable(nil, v.Text)), "of %s", v.Text)
		assert.Equal(t, v.Stable, string(appendStable(nil, v.Stable)), "a stable text is its own, of %s", v.Text)
		assert.Equal(t, "before"+v.Stable, string(appendStable([]byte("before"), v.Text)), "behind other text, of %s", v.Text)
	}
}

func TestStableTextDoesNotDependOnTheOrderOfMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := drawMembers(t, 2)
		shuffled := rapid.Permutation(members).Draw(t, "shuffled")
		one := appendStable(nil, "{"+strings.Join(members, ",")+"}")
		other := appendStable(nil, "{"+strings.Join(shuffled, " , ")+"}")
		assert.Equal(t, string(one), string(other))
	})
}

func TestStableTextIsItsOwnStableText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := appendStable(nil, drawJSON(t, 3))
		require.True(t, json.Valid(once), "%s", once)
		assert.Equal(t, string(once), string(appendStable(nil, string(once))))
	})
}

func TestStableTextOfDifferentStringsDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawBytes(t), drawBytes(t)
		same := string(appendStableString(nil, a)) == string(appendStableString(nil, b))
		assert.Equal(t, a == b, same)
	})
}

// drawBytes draws a Go string that need not be UTF-8.
func drawBytes(t *rapid.T) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune{'a', '"', '\\', 'u', '0', '\n', 0, 0xfffd}), 0, 4, -1).Draw(t, "text") +
		string(rapid.SliceOfN(rapid.SampledFrom([]byte{0x80, 0xc3, 0xed, 0xff, 'a'}), 0, 3).Draw(t, "bytes"))
}

func TestCompareUTF16(t *testing.T) {
	// In JavaScript's order.
	names := []string{
		``, `\u0000`, `\u0001`, `\b`, `\t`, `\n`, `\f`, `\r`, `\u001f`, ` `, `!`, `\"`, `#`, `0`, `10`, `9`, `A`, `[`, `\\`, `\\a`, `]`, `_`, `__proto__`, `a`, `aa`, `b`,
		"è", "é", "\u2028", `\ud800`, "😀", "😀a", "😁", `\ude00`, `\ude00a`, "\ue000", "\uffff",
	}
	for i, a := range names {
		for j, b := range names {
			assert.Equal(t, sign(i-j), sign(compareUTF16([]byte(a), []byte(b))), "%q and %q", a, b)
		}
	}
	assert.Zero(t, compareUTF16([]byte(`\u0061\ud83d\ude00`), []byte("a😀")))
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// FuzzStable checks that no text makes appendStable panic, and, for those that
// are JSON, that the stable text is JSON, means the same and is its own.
func FuzzStable(f *testing.F) {
	for _, v := range readVectors[stableVector](f, "testdata/stable.json") {
		f.Add(v.Text)
	}
	for _, text := range []string{`{`, `[`, `{"a"`, `{"a":`, `{"a":1,`, `[1,`, `"`, `"\`, `"\u`, `"\ud83d\u`, `{]`, `[}`, `:`, `-`, `1-e`, `{"a":1]`, `{,}`, "\"\xff\"", `0x1p4`, `1_0`, `-Infinity`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stable := appendStable(nil, text)
		_ = checkKibanaNumbers(text)
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		require.True(t, json.Valid(stable), "%q", stable)
		assert.Equal(t, string(stable), string(appendStable(nil, string(stable))))
		if checkKibanaNumbers(text) != nil {
			return // prints null
		}
		var before, after any
		if json.Unmarshal([]byte(text), &before) == nil {
			require.NoError(t, json.Unmarshal(stable, &after))
			if !hasDuplicates(text) {
				assert.Equal(t, positiveZeros(before), positiveZeros(after))
			}
		}
	})
}

// hasDuplicates tells whether decoding loses members of the text: duplicate
// names, or names that only differ in what Go replaces.
func hasDuplicates(text string) bool {
	var decoded any
	_ = json.Unmarshal([]byte(text), &decoded)
	inText := 0
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		if token != json.Delim(']') && token != json.Delim('}') {
			inText++
		}
	}
	return inText != countTokens(decoded)
}

func countTokens(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += countTokens(item)
		}
	case map[string]any:
		for _, member := range v {
			n += 1 + countTokens(member)
		}
	}
	return n
}

// positiveZeros makes the zeros of a decoded value positive.
func positiveZeros(v any) any {
	switch v := v.(type) {
	case float64:
		return v + 0
	case []any:
		for i := range v {
			v[i] = positiveZeros(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = positiveZeros(v[name])
		}
	}
	return v
}

// drawJSON draws a JSON text with all that stable text has to smooth out.
func drawJSON(t *rapid.T, depth int) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n", "\r\t"}).Draw(t, "space") }
	kinds := 3
	if depth > 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return space() + rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "literal") + space()
	case 1:
		return space() + drawNumber(t) + space()
	case 2:
		return space() + `"` + drawToken(t) + `"` + space()
	case 3:
		return space() + "{" + space() + strings.Join(drawMembers(t, depth), space()+",") + "}" + space()
	default:
		items := make([]string, rapid.IntRange(0, 4).Draw(t, "items"))
		for i := range items {
			items[i] = drawJSON(t, depth-1)
		}
		return space() + "[" + strings.Join(items, ",") + space() + "]"
	}
}

// drawMembers draws members `"name":value` of different names.
func drawMembers(t *rapid.T, depth int) []string {
	var members, names []string
	for range rapid.IntRange(0, 6).Draw(t, "members") {
		token := drawToken(t)
		name := string(appendStableToken(nil, token))
		if !slices.Contains(names, name) {
			names = append(names, name)
			members = append(members, `"`+token+`":`+drawJSON(t, depth-1))
		}
	}
	return members
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

// drawNumber draws a number, spelt in one of many ways.
func drawNumber(t *rapid.T) string {
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
