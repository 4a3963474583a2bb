package codec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// What is refused, and how the error says so. "SECRET" stands for values that
// no error may hold.
func TestStrict(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// Not of the declared kind.
		{`{"text":1}`, `attribute "text": want a string, found a number`},
		{`{"text":null}`, `attribute "text": want a string, found null`},
		{`{"flag":"true"}`, `attribute "flag": want a boolean, found a string`},
		{`{"count":true}`, `attribute "count": want an integer, found a boolean`},
		{`{"count":1.5}`, `attribute "count": want an integer of 64 bits, found another number`},
		{`{"big":9223372036854775808}`, `attribute "big": want an integer of 64 bits, found another number`},
		{`{"ratio":[]}`, `attribute "ratio": want a number, found an array`},
		{`{"ratio":1e999}`, `attribute "ratio": a number beyond the range of a double`},
		{`{"at":5}`, `attribute "at": want a timestamp, found a number`},
		{`{"at":"SECRET"}`, `attribute "at": want a timestamp such as 2006-01-02T15:04:05.000Z, found another string`},
		{`{"every":{}}`, `attribute "every": want a duration, found an object`},
		{`{"every":"1d"}`, `attribute "every": want a duration such as 1h30m, found another string`},
		{`{"blob":false}`, `attribute "blob": want a base64 string, found a boolean`},
		{`{"blob":"SECRET*"}`, `attribute "blob": want standard base64, found another string`},
		{`{"blob":"AA\nEC"}`, `attribute "blob": want standard base64, found another string`},
		{`{"blob":"AAE"}`, `attribute "blob": want standard base64, found another string`},
		{`{"blob":"AAF="}`, `attribute "blob": want standard base64, found another string`},
		{`{"tags":{}}`, `attribute "tags": want an array, found an object`},
		{`{"tags":["a","b",3]}`, `attribute "tags": item 2: want a string, found a number`},
		{`{"labels":[]}`, `attribute "labels": want an object, found an array`},
		{`{"labels":{"a":1,"b":"SECRET"}}`, `attribute "labels": member "b": want an integer, found a string`},
		{`{"rule":"SECRET"}`, `attribute "rule": want an object, found a string`},
		{`{"rule":{"name":"SECRET","params":{"units":["SECRET",{}]}}}`, `attribute "rule": member "params": member "units": item 1: want a string, found an object`},
		{`{"rules":[{"inner":{"n\u006fte":3}}]}`, `attribute "rules": item 0: member "inner": member "note": want a string, found a number`},
		{`{"grid":[[],[1],[1,"SECRET"]]}`, `attribute "grid": item 2: item 1: want a number, found a string`},
		{`{"choice":1}`, `attribute "choice": want a string, found a number`},
		{`[]`, `want an object, found an array`},
		{`null`, `want an object, found null`},

		// Twice, at every depth, known or not.
		{`{"text":"SECRET","text":"SECRET"}`, `attribute "text": a duplicate name`},
		{`{"text":"SECRET","t\u0065xt":"SECRET"}`, `attribute "text": a duplicate name`},
		{`{"ticks":[],"ticks":[]}`, `attribute "ticks": a duplicate name`},
		{`{"deadline":null,"deadline":null}`, `attribute "deadline": a duplicate name`},
		{`{"new":1,"new":2}`, `attribute "new": a duplicate name`},
		{`{"rule":{"new":1,"new":2}}`, `attribute "rule": member "new": a duplicate name`},
		{`{"rule":{"name":"","name":""}}`, `attribute "rule": member "name": a duplicate name`},
		{`{"labels":{"a":1,"a":1}}`, `attribute "labels": member "a": a duplicate name`},
		{`{"any":[{"a":1,"a":1}]}`, `attribute "any": item 0: member "a": a duplicate name`},
		{`{"new":{"a":{"b":1,"b":2}}}`, `attribute "new": member "a": member "b": a duplicate name`},
		{`{"token":"SECRET","token":"SECRET"}`, `attribute "token": a duplicate name`},

		// What an error says of a secret is its name.
		{`{"token":{"SECRET":1,"SECRET":2}}`, `attribute "token": a duplicate name`},
		{`{"config":{"params":{"SECRET":tru}}}`, `attribute "config": not valid JSON`},

		// Not JSON.
		{``, `not valid JSON`},
		{`{`, `not valid JSON`},
		{`{"text"`, `attribute "text": not valid JSON`},
		{`{"text":`, `attribute "text": not valid JSON`},
		{`{"text":"SECRET`, `attribute "text": not valid JSON: a string with a control character, an unknown escape or broken UTF-8, or without an end`},
		{`{"text":"SECRET"`, `attribute "text": not valid JSON`},
		{`{"text":"SECRET",}`, `not valid JSON`},
		{`{,"text":"SECRET"}`, `not valid JSON`},
		{`{"text":"SECRET" "flag":true}`, `attribute "text": not valid JSON`},
		{`{text:"SECRET"}`, `not valid JSON`},
		{`{"text":"SECRET"}}`, `not valid JSON: something follows the value`},
		{`{"text":"SECRET"} {}`, `not valid JSON: something follows the value`},
		{`{"tags":["SECRET",]}`, `attribute "tags": item 1: want a string, found no JSON value`},
		{`{"tags":[,"SECRET"]}`, `attribute "tags": item 0: want a string, found no JSON value`},
		{`{"tags":["SECRET"}`, `attribute "tags": item 0: not valid JSON`},
		{`{"any":[1,]}`, `attribute "any": item 1: not valid JSON`},
		{`{"any":{"a":1,}}`, `attribute "any": not valid JSON`},
		{`{"any":nul}`, `attribute "any": not valid JSON`},
		{`{"any":truely}`, `attribute "any": not valid JSON`},
		{`{"any":01}`, `attribute "any": not valid JSON`},
		{`{"any":1.}`, `attribute "any": not valid JSON`},
		{`{"any":.1}`, `attribute "any": not valid JSON`},
		{`{"any":-}`, `attribute "any": not valid JSON`},
		{`{"any":+1}`, `attribute "any": not valid JSON`},
		{`{"any":1e}`, `attribute "any": not valid JSON`},
		{`{"any":1e+}`, `attribute "any": not valid JSON`},
		{`{"count":01}`, `attribute "count": not valid JSON`},
		{`{"count":-}`, `attribute "count": not valid JSON`},
		{`{"ratio":1.e5}`, `attribute "ratio": not valid JSON`},
		{"{\"any\":\"a\nb\"}", `a control character`},
		{`{"any":"\x"}`, `an unknown escape`},
		{`{"any":"\u12g4"}`, `an unknown escape`},
		{`{"any":"\`, `without an end`},
		{"{\"any\":\"\xff\"}", `broken UTF-8`},
		{"{\"any\":\"\xed\xa0\x80\"}", `broken UTF-8`},
		{"{\"\xff\":1}", `broken UTF-8`},
		{"{\"text\":\"12345678\xc3\"}", `broken UTF-8`},
		{"\ufeff{}", `want an object, found no JSON value`},
		{"{\u00a0}", `not valid JSON`},
		{"{\"any\":1\x00}", `attribute "any": not valid JSON`},
	} {
		var e everything
		err := e.UnmarshalJSON([]byte(c.text))
		require.ErrorIs(t, err, fault.ErrMalformed, "%s", c.text)
		assert.NotContains(t, err.Error(), "SECRET", "%s", c.text)
		if strings.HasPrefix(c.want, "attribute") || strings.HasPrefix(c.want, "not valid") || strings.HasPrefix(c.want, "want") {
			assert.EqualError(t, err, c.want, "%s", c.text)
		} else {
			assert.ErrorContains(t, err, c.want, "%s", c.text)
		}
	}
}

// A text that is whole is refused wherever it is cut off.
func TestEveryPrefixIsRefused(t *testing.T) {
	text := strings.TrimSpace(sample)
	for i := range text {
		var e everything
		require.Error(t, e.UnmarshalJSON([]byte(text[:i])), text[:i])
		_, err := ParseMembers(text[:i])
		require.Error(t, err, text[:i])
	}
}

// What package encoding/json says of texts, where it differs and why.
func TestAgainstEncodingJSON(t *testing.T) {
	valid := func(text string) bool { _, err := jsontext.Value(text); return err == nil }
	for _, text := range []string{
		`{}`, `[]`, `""`, `0`, `-0`, `-0.0e-0`, `1E+5`, ` [ 1 , {"a" : null } ] `, "\t\r\n1", `"\ud800"`, `"\udc00\ud800"`, `"😀"`, "\"\u2028\u007f\"",
		`true false`, `tru`, `nulll`, `[1 2]`, `{"a" 1}`, `{"a":1 "b":2}`, `{1:2}`, `'a'`, `"a`, `"\'"`, `"\u00"`, `00`, `-`, `1e`, `0x1`, `NaN`, `[1,]`, `{"a":1,}`, ``, ` `, "\v1",
		"\"\x1f\"", "\x00", `/**/1`, `]`, `}`, `{"a":]`, `[}`,
	} {
		assert.Equal(t, json.Valid([]byte(text)), valid(text), "%q", text)
	}
	for reason, text := range map[string]string{
		"duplicate names":  `{"a":1,"\u0061":2}`,
		"broken UTF-8":     "\"\xff\"",
		"too deep nesting": strings.Repeat("[", fault.MaxDepth+1) + strings.Repeat("]", fault.MaxDepth+1),
	} {
		assert.True(t, json.Valid([]byte(text)), reason)
		assert.False(t, valid(text), reason)
	}
}

func TestNamesWithLoneSurrogates(t *testing.T) {
	const text = `{"\ud800":1,"\ud801":2,"\ufffd":3,"\ud83d\ude00":4}`
	ms, err := ParseMembers(text)
	require.NoError(t, err, "they are four names")
	assert.Equal(t, text, string(AppendMembers(nil, ms)))
	for i := range ms {
		ms[i].Key = ""
	}
	assert.Equal(t, `{"\ud800":1,"\ud801":2,"`+"\ufffd"+`":3,"😀":4}`, string(AppendMembers(nil, ms)))

	e := readSample(t, `{"labels":`+text+`}`)
	assert.Len(t, e.Labels, 4)
	e.source = Source{}
	written, err := Marshal(func(w *Writer) { WriteMap(w, e.Labels, (*Writer).Int) })
	require.NoError(t, err)
	assert.JSONEq(t, `{"😀":4,"\ufffd":3}`, strings.NewReplacer(`"\ud800":1,`, "", `"\ud801":2,`, "").Replace(string(written)))
}
