package jsontext

import (
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/jsontest"
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
		got, err := AppendCanonical([]byte("before "), text)
		assert.NoError(t, err, text)
		assert.Equal(t, "before "+want, string(got), text)
	}
	for _, text := range []string{
		`"\ud800"`, `"\udc00\ud800"`, `[1,"\ud800"]`, `{"\udfff":1}`, `{"a":{"b":"\ud800x"}}`,
		`1e1000000000`, `10e999999999`, `0.1e-999999999`, `[-1e-1000000000]`, `1e9223372036854775808`, `1e-99999999999999999999999`,
	} {
		_, err := AppendCanonical(nil, text)
		assert.Error(t, err, text)
	}
}

// Two spellings of one value have one canonical text, which is JSON and its
// own canonical text; two values have two.
func TestCanonicalIsOneTextForOneValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := jsontest.Value(t, 3), jsontest.Value(t, 1)
		canonical := func(v any) string {
			text := jsontest.Spell(t, v)
			raw, err := Value(text)
			require.NoError(t, err, text)
			out, err := AppendCanonical(nil, raw)
			require.NoError(t, err, text)
			return string(out)
		}
		first := canonical(v)
		require.Equal(t, first, canonical(v))
		raw, err := Value(first)
		require.NoError(t, err)
		again, err := AppendCanonical(nil, raw)
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
		a, b := jsontest.Number(t), jsontest.Number(t)
		if rapid.Bool().Draw(t, "near") {
			if b = a; !strings.ContainsAny(a, "eE") {
				b += rapid.SampledFrom([]string{"e0", "e-1", "E+00", "0e-1"}).Draw(t, "exponent")
			}
		}
		x, ok := new(big.Rat).SetString(a)
		y, also := new(big.Rat).SetString(b)
		require.True(t, ok && also)
		first, err := AppendCanonical(nil, a)
		require.NoError(t, err)
		second, err := AppendCanonical(nil, b)
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
		raw, err := Value(text)
		if err != nil {
			_, _ = AppendCanonical(nil, text) // it does not panic
			return
		}
		first, err := AppendCanonical(nil, raw)
		if err != nil {
			return
		}
		again, err := Value(string(first))
		if err != nil || again != string(first) {
			t.Fatalf("%q is no JSON: %v", first, err)
		}
		second, err := AppendCanonical(nil, again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("%q became %q: %v", first, second, err)
		}
		if stable := AppendStable(nil, raw); !BeyondDouble(raw) && string(AppendStable(nil, again)) != string(stable) {
			t.Fatalf("%q means %q no more", first, stable)
		}
	})
}
