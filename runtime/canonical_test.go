package eso

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		`null`: `null`, ` true `: `true`, `false`: `false`, `""`: `""`, `[ ]`: `[]`, `{ }`: `{}`,
		`0`: `0`, `-0`: `0`, `0.00e9`: `0`, `0e99999999999999999999`: `0`,
		`1`: `1e0`, `10`: `1e1`, `-100`: `-1e2`, `1.50`: `15e-1`, `0.05`: `5e-2`, `1200e-2`: `12e0`, `1E+2`: `1e2`, `1e002`: `1e2`,
		`9007199254740993`: `9007199254740993e0`, `123456789012345678`: `123456789012345678e0`, `1234567890123456789`: `1234567890123456789e0`,
		`1e999999999`: `1e999999999`, `10e999999998`: `1e999999999`, `0.1e1000000000`: `1e999999999`, `1e-999999999`: `1e-999999999`,
		`"\u0041\/\b\f\n\r\t\u001F\u007f"`: `"A/\u0008\u000c\u000a\u000d\u0009\u001f` + "\u007f\"",
		`"\"\\\u0022\u005c"`:               `"\"\\\"\\"`, `"\ud83d\ude00\u2028"`: "\"😀\u2028\"",
		`{"b":1,"a":{"d":[2,1],"c":0}}`:               `{"a":{"c":0,"d":[2e0,1e0]},"b":1e0}`,
		`{"\uffff":1,"\ud83d\ude00":2}`:               "{\"\uffff\":1e0,\"😀\":2e0}",
		`{"\"":1,"\\":2,"\u0001":3,"":4,"!":5,"[":6}`: `{"":4e0,"\u0001":3e0,"!":5e0,"\"":1e0,"[":6e0,"\\":2e0}`,
		`{"a\"b":1,"a\"":2,"a":3,"a#":4}`:             `{"a":3e0,"a\"":2e0,"a\"b":1e0,"a#":4e0}`,
	} {
		got, err := appendCanonical([]byte("before "), text)
		assert.NoError(t, err, text)
		assert.Equal(t, "before "+want, string(got), text)
	}
	for _, text := range []string{
		`"\ud800"`, `"\udc00\ud800"`, `[1,"\ud800"]`, `{"\udfff":1}`, `{"a":{"b":"\ud800x"}}`,
		`1e1000000000`, `10e999999999`, `0.1e-999999999`, `[-1e-1000000000]`, `1e9223372036854775808`, `1e-99999999999999999999999`,
	} {
		_, err := appendCanonical(nil, text)
		assert.Error(t, err, text)
	}
}

// decimal is a number of the tests: digits, which neither begin nor end with a
// zero, and a power of ten. Zero has no digits.
type exactNumber struct {
	negative bool
	digits   string
	power    int
}

// drawValue draws a JSON value, as plain Go values.
func drawValue(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return drawText(t)
	case 3:
		n := exactNumber{rapid.Bool().Draw(t, "negative"), rapid.StringMatching(`[1-9]|[1-9][0-9]{0,20}[1-9]`).Draw(t, "digits"), rapid.IntRange(-30, 30).Draw(t, "power")}
		if rapid.IntRange(0, 5).Draw(t, "zero") == 0 {
			n = exactNumber{}
		}
		return n
	case 4:
		items := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, drawValue(t, depth-1))
		}
		return items
	default:
		members := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			members[drawText(t)] = drawValue(t, depth-1)
		}
		return members
	}
}

func drawText(t *rapid.T) string {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-c"\\/\x00-\x1f]{0,3}`), rapid.SampledFrom([]string{"\uffff", "😀", "\u2028", "é"})).Draw(t, "text")
}

// spell draws a JSON text of a value.
func spell(t *rapid.T, v any) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n", "\r\t"}).Draw(t, "space") }
	switch v := v.(type) {
	case string:
		return space() + spellText(t, v) + space()
	case exactNumber:
		return space() + spellNumber(t, v) + space()
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = spell(t, v[i])
		}
		return space() + "[" + space() + strings.Join(items, ",") + "]" + space()
	case map[string]any:
		names := rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(t, "order")
		for i, name := range names {
			names[i] = space() + spellText(t, name) + space() + ":" + spell(t, v[name])
		}
		return space() + "{" + space() + strings.Join(names, ",") + "}" + space()
	default:
		text, _ := json.Marshal(v)
		return space() + string(text) + space()
	}
}

func spellText(t *rapid.T, s string) string {
	var b strings.Builder
	for _, r := range s {
		short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}[r]
		switch escaped := rapid.IntRange(0, 3).Draw(t, "escaped"); {
		case escaped == 0 || r < ' ' && short == "":
			form := rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(t, "form")
			for _, unit := range utf16Of(r) {
				fmt.Fprintf(&b, form, unit)
			}
		case short != "" && (escaped == 1 || r < ' ' || r == '"' || r == '\\'):
			b.WriteString(short)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

func utf16Of(r rune) []int {
	if r < 0x10000 {
		return []int{int(r)}
	}
	r -= 0x10000
	return []int{0xd800 + int(r>>10), 0xdc00 + int(r&0x3ff)}
}

func spellNumber(t *rapid.T, n exactNumber) string {
	sign := ""
	if n.negative || n.digits == "" && rapid.Bool().Draw(t, "sign") {
		sign = "-"
	}
	digits := n.digits + strings.Repeat("0", rapid.IntRange(0, 3).Draw(t, "zeros"))
	power := n.power - (len(digits) - len(n.digits))
	point := rapid.IntRange(0, len(digits)).Draw(t, "point") // this many digits stand behind it
	if n.digits == "" && digits == "" {
		digits = "0"
		point = 0
	}
	whole, fraction := digits[:len(digits)-point], digits[len(digits)-point:]
	power += point
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	text := sign + whole
	if fraction != "" {
		text += "." + fraction
	}
	if power != 0 || rapid.Bool().Draw(t, "exponent") {
		e := rapid.SampledFrom([]string{"e", "E"}).Draw(t, "e")
		plus := ""
		if power >= 0 {
			plus = rapid.SampledFrom([]string{"", "+"}).Draw(t, "plus")
		}
		text += e + plus + strconv.Itoa(power)
	}
	return text
}

// Two spellings of one value have one canonical text, which is JSON and its
// own canonical text; two values have two.
func TestCanonicalIsOneTextForOneValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := drawValue(t, 3), drawValue(t, 1)
		canonical := func(v any) string {
			text := spell(t, v)
			raw, err := parseValue(text)
			require.NoError(t, err, text)
			out, err := appendCanonical(nil, raw)
			require.NoError(t, err, text)
			return string(out)
		}
		first := canonical(v)
		require.Equal(t, first, canonical(v))
		raw, err := parseValue(first)
		require.NoError(t, err)
		again, err := appendCanonical(nil, raw)
		require.NoError(t, err)
		require.Equal(t, first, string(again))
		require.True(t, utf8.ValidString(first))

		other := canonical(w)
		require.Equal(t, reflect.DeepEqual(v, w), first == other, "%s and %s", first, other)
	})
}

// Numbers are exact: two have one text if, and only if, math/big says that they
// are equal.
func TestCanonicalNumbersAgainstBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t), drawNumber(t)
		if rapid.Bool().Draw(t, "near") {
			if b = a; !strings.ContainsAny(a, "eE") {
				b += rapid.SampledFrom([]string{"e0", "e-1", "E+00", "0e-1"}).Draw(t, "exponent")
			}
		}
		x, ok := new(big.Rat).SetString(a)
		y, also := new(big.Rat).SetString(b)
		require.True(t, ok && also)
		first, err := appendCanonical(nil, a)
		require.NoError(t, err)
		second, err := appendCanonical(nil, b)
		require.NoError(t, err)
		require.Equal(t, x.Cmp(y) == 0, string(first) == string(second), "%s and %s", a, b)
		back, ok := new(big.Rat).SetString(string(first))
		require.True(t, ok)
		require.Zero(t, x.Cmp(back), "%s became %s", a, first)
	})
}

// FuzzCanonical holds what must be true of every text that was validated.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		`{"b":1,"a":[1.50,"\u00e9",{"\"":0}]}`, `"\ud800"`, `1e999999999`, `[0.10,-0]`, `0e`, `{"\ud83d\ude00":1,"\uffff":2}`, ` {"a" : [ ] } `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := parseValue(text)
		if err != nil {
			_, _ = appendCanonical(nil, text) // it does not panic
			return
		}
		first, err := appendCanonical(nil, raw)
		if err != nil {
			return
		}
		again, err := parseValue(string(first))
		if err != nil || again != string(first) {
			t.Fatalf("%q is no JSON: %v", first, err)
		}
		second, err := appendCanonical(nil, again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("%q became %q: %v", first, second, err)
		}
		if stable := appendStable(nil, raw); checkKibanaNumbers(raw) == nil && string(appendStable(nil, again)) != string(stable) {
			t.Fatalf("%q means %q no more", first, stable)
		}
	})
}
