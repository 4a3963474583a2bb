package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/jsontest"
)

// stableVector is what safe-stable-stringify 2.5.0 makes of a text. The vectors
// come from interop/vectors.mjs.
type stableVector struct{ Text, Stable string }

func TestStableVectors(t *testing.T) {
	for _, v := range jsontest.Vectors[stableVector](t, "../../testdata/stable.json") {
		assert.Equal(t, v.Stable, string(AppendStable(nil, v.Text)), "of %s", v.Text)
		assert.Equal(t, v.Stable, string(AppendStable(nil, v.Stable)), "a stable text is its own, of %s", v.Text)
		assert.Equal(t, "before"+v.Stable, string(AppendStable([]byte("before"), v.Text)), "behind other text, of %s", v.Text)
	}
}

func TestStableTextDoesNotDependOnTheOrderOfMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := jsontest.Members(t, 2)
		shuffled := rapid.Permutation(members).Draw(t, "shuffled")
		one := AppendStable(nil, "{"+strings.Join(members, ",")+"}")
		other := AppendStable(nil, "{"+strings.Join(shuffled, " , ")+"}")
		assert.Equal(t, string(one), string(other))
	})
}

func TestStableTextIsItsOwnStableText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := AppendStable(nil, jsontest.JSON(t, 3))
		require.True(t, json.Valid(once), "%s", once)
		assert.Equal(t, string(once), string(AppendStable(nil, string(once))))
	})
}

func TestStableTextOfDifferentStringsDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawBytes(t), drawBytes(t)
		same := string(AppendStableString(nil, a)) == string(AppendStableString(nil, b))
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
			assert.Equal(t, sign(i-j), sign(CompareUTF16([]byte(a), []byte(b))), "%q and %q", a, b)
		}
	}
	assert.Zero(t, CompareUTF16([]byte(`\u0061\ud83d\ude00`), []byte("a😀")))
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
	for _, v := range jsontest.Vectors[stableVector](f, "../../testdata/stable.json") {
		f.Add(v.Text)
	}
	for _, text := range []string{`{`, `[`, `{"a"`, `{"a":`, `{"a":1,`, `[1,`, `"`, `"\`, `"\u`, `"\ud83d\u`, `{]`, `[}`, `:`, `-`, `1-e`, `{"a":1]`, `{,}`, "\"\xff\"", `0x1p4`, `1_0`, `-Infinity`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stable := AppendStable(nil, text)
		_ = BeyondDouble(text)
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		require.True(t, json.Valid(stable), "%q", stable)
		assert.Equal(t, string(stable), string(AppendStable(nil, string(stable))))
		if BeyondDouble(text) {
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

// hasDuplicates reports whether decoding loses members of the text: duplicate
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
