package codec

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// The seeds beside those under testdata/fuzz.
var seeds = []string{
	sample, `{}`, ` { } `, `[]`, ``, `{"a":`, `{"text":"\ud800\udc00"}`, `{"rule":{},"rules":[{}],"byName":{"":{}}}`, `{"labels":{"\ud800":1,"\ud801":2}}`,
	`{"ticks":[],"deadline":null,"maybe":[null,-0,1e0]}`, `{"token":"x","key":{"a":[1]},"pin":null,"config":{"name":"x"}}`,
	`{"at":"2026-02-29T00:00:00Z"}`, `{"every":"-1.5h"}`, `{"blob":"AA=="}`, `{"ratio":1e-400,"count":10000e-4}`, `{"ratio":0.000001,"any":1E400}`,
}

func FuzzMembers(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	f.Fuzz(checkMembers)
}

// checkMembers compares parseMembers with package encoding/json, which allows
// broken UTF-8, names that come twice, and deeper nesting.
func checkMembers(t *testing.T, text string) {
	ms, err := ParseMembers(text)
	if err != nil {
		if !utf8.ValidString(text) || depthOf(text) > fault.MaxDepth || !json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") || repeatsName(text) {
			return
		}
		t.Fatalf("%q is refused: %v", text, err)
	}
	if !json.Valid([]byte(text)) || !utf8.ValidString(text) || repeatsName(text) {
		t.Fatalf("%q is accepted", text)
	}
	var want map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &want))
	for _, m := range ms {
		name := strings.ToValidUTF8(m.Name, "\ufffd") // as encoding/json shows surrogates
		if raw, ok := want[name]; utf8.ValidString(m.Name) && (!ok || len(want) == len(ms) && string(raw) != m.Raw) {
			t.Fatalf("%q: %q is %q, want %q", text, m.Name, m.Raw, raw)
		}
	}

	// Written out, they are the same members, whether their names are quoted
	// anew or not.
	compact := AppendMembers(nil, ms)
	again, err := ParseMembers(string(compact))
	require.NoError(t, err)
	require.Equal(t, ms, again)
	renamed := make(Members, len(ms))
	for i, m := range ms {
		renamed[i] = Member{Name: m.Name, Raw: m.Raw}
	}
	quoted := AppendMembers(nil, renamed)
	again, err = ParseMembers(string(quoted))
	require.NoError(t, err, "%q", quoted)
	for i := range again {
		again[i].Key = ""
	}
	require.Equal(t, renamed, again)

	for _, m := range ms {
		raw, err := jsontext.Value(" " + m.Raw + "\n")
		require.NoError(t, err)
		require.Equal(t, m.Raw, raw)
		require.Equal(t, len(m.Raw), jsontext.PassValue(m.Raw, 0))
	}
}

func depthOf(text string) int {
	depth, deepest := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = jsontext.PassString(text, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// repeatsName reports whether an object within valid JSON has a name twice.
func repeatsName(text string) bool {
	type level struct {
		names map[string]bool // nil in a list
		named bool
	}
	var stack []level
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			stack = append(stack, level{names: map[string]bool{}})
		case '[':
			stack = append(stack, level{})
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			stack[len(stack)-1].named = false
		case '"':
			end := jsontext.PassString(text, i)
			if top := len(stack) - 1; top >= 0 && stack[top].names != nil && !stack[top].named {
				// Quoting escapes anew, so that equal names are equal texts.
				name := jsontext.NameOf(text[i:end])
				if stack[top].names[name] {
					return true
				}
				stack[top].names[name], stack[top].named = true, true
			}
			i = end - 1
		}
	}
	return false
}

func FuzzReader(f *testing.F) {
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	f.Fuzz(checkDecoder)
}

// checkDecoder reads an object and writes it: the same bytes, or an error.
func checkDecoder(t *testing.T, data []byte) {
	var e everything
	err := e.UnmarshalJSON(data)
	ms, parseErr := ParseMembers(string(data))
	if err != nil {
		require.ErrorAs(t, err, new(*fault.Error))
		return
	}
	require.NoError(t, parseErr, "%q", data)
	text := string(bytes.Trim(data, " \t\r\n"))
	written, err := e.MarshalJSON()
	require.NoError(t, err, "%q", data)
	if secretless(ms) {
		require.Equal(t, text, string(written))
		checkUnchanged(t, ms)
	}

	// Without its source, it means the same.
	fresh := unread(e)
	written, err = fresh.MarshalJSON()
	require.NoError(t, err, "%q", data)
	var again everything
	require.NoError(t, again.UnmarshalJSON(written), "%q: %q", data, written)
	again = unread(again)
	twice, err := again.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(written), string(twice))
	require.Equal(t, publicly(t, fresh), publicly(t, again))
}

// checkUnchanged reads attributes and writes them, as an update does: nothing
// changed is no change.
func checkUnchanged(t *testing.T, ms Members) {
	d := NewReader(ms)
	var e everything
	e.read(d)
	require.NoError(t, d.Err())
	w := NewWriter(ms)
	e.write(w)
	changes, err := w.deltas()
	require.NoError(t, err)
	require.Empty(t, changes, "%q", AppendMembers(nil, ms))
}

func secretless(ms Members) bool {
	for _, name := range []string{"token", "key", "pin", "config"} {
		if ms.Find(name) >= 0 {
			return false
		}
	}
	return true
}

// unread returns the object as if it had been made with the same values: what
// is not known of it is gone, and its secrets.
func unread(e everything) everything {
	e.source = Source{}
	e.Token, e.Key, e.Pin, e.Config = Secret[string]{}, nil, Null[Secret[int64]]{}, nil
	e.Ratio += 0 // there is one zero in JavaScript
	if e.Any == "" {
		e.Any = "null"
	}
	e.Blob, e.Tags, e.Maybe = append([]byte{}, e.Blob...), append([]string{}, e.Tags...), append([]Null[int64]{}, e.Maybe...)
	labels := map[string]int64{}
	maps.Copy(labels, e.Labels)
	grid := [][]float64{}
	for _, row := range e.Grid {
		grid = append(grid, append([]float64{}, row...))
		for i := range row {
			grid[len(grid)-1][i] += 0
		}
	}
	rules := []rule{}
	for _, r := range e.Rules {
		rules = append(rules, unreadRule(r))
	}
	byName := map[string]rule{}
	for name, r := range e.ByName {
		byName[name] = unreadRule(r)
	}
	e.Labels, e.Grid, e.Rules, e.ByName, e.Rule = labels, grid, rules, byName, unreadRule(e.Rule)
	if e.Extra != nil {
		e.Extra = new(unreadRule(*e.Extra))
	}
	return e
}

func unreadRule(r rule) rule {
	r.source = Source{}
	r.Weight += 0
	r.Inner = unreadParams(r.Inner)
	if r.Params != nil {
		r.Params = new(unreadParams(*r.Params))
	}
	return r
}

func unreadParams(p params) params {
	p.source = Source{}
	p.Units = append([]string{}, p.Units...)
	return p
}

// publicly returns what another package sees of the object.
func publicly(t *testing.T, e everything) string {
	type public everything // without the methods
	text, err := json.Marshal(public(e))
	require.NoError(t, err)
	return string(text)
}

// TestRandomObjects runs the checks of the fuzz targets on objects that are
// mostly valid, where mutation of bytes hardly gets.
func TestRandomObjects(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := drawObject(r, attributes)
		checkMembers(t, text)
		checkDecoder(t, []byte(text))
	})
}

type kind func(*rapid.T) string

var attributes = map[string]kind{
	"text": drawString, "flag": drawWord("true", "false"), "count": drawInteger, "big": drawInteger, "ratio": drawDouble,
	"at": drawWord(`"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05.1+01:00"`, `"0001-01-01T00:00:00Z"`), "every": drawWord(`"1h"`, `"90m"`, `"0"`),
	"blob": drawWord(`""`, `"AA=="`, `"\u0041A=="`), "any": drawAny, "level": drawString, "tags": listOf(drawString), "labels": drawMap(drawInteger),
	"rule": drawRule, "rules": listOf(drawRule), "byName": drawMap(drawRule), "grid": listOf(listOf(drawDouble)), "note": drawString,
	"ticks": listOf(drawInteger), "choice": orNull(drawString), "deadline": orNull(drawWord(`"2026-01-02T03:04:05.000Z"`)), "maybe": listOf(orNull(drawInteger)),
	"extra": drawRule, "token": drawString, "key": drawWord(`"AA=="`), "pin": orNull(drawInteger), "config": orNull(drawRule), "new": drawAny, "newer": drawAny,
}

func drawRule(t *rapid.T) string {
	return drawObject(t, map[string]kind{
		"name": drawString, "enabled": drawWord("true", "false"), "weight": drawDouble, "params": drawParams, "inner": drawParams, "new": drawAny,
	})
}

func drawParams(t *rapid.T) string {
	return drawObject(t, map[string]kind{"size": drawInteger, "units": listOf(drawString), "note": drawString, "new": drawAny})
}

func drawObject(t *rapid.T, kinds map[string]kind) string {
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	names = rapid.Permutation(names).Draw(t, "order")
	names = names[:rapid.IntRange(0, len(names)).Draw(t, "size")]
	var parts []string
	for _, name := range names {
		parts = append(parts, drawSpace(t)+quoteOddly(t, name)+drawSpace(t)+":"+drawSpace(t)+kinds[name](t)+drawSpace(t))
	}
	return "{" + strings.Join(parts, ",") + drawSpace(t) + "}"
}

func drawSpace(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "", " ", "\n\t"}).Draw(t, "space")
}

func quoteOddly(t *rapid.T, name string) string {
	if rapid.IntRange(0, 5).Draw(t, "odd") > 0 || name == "" || name[0] >= 0x80 {
		return `"` + name + `"`
	}
	return `"\u00` + hexOf(name[0]) + name[1:] + `"`
}

func hexOf(c byte) string {
	return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&0xf])
}

func drawWord(words ...string) kind {
	return func(t *rapid.T) string { return rapid.SampledFrom(words).Draw(t, "word") }
}

func drawString(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "plain text", " ", "é", "😀", `\"`, `\\`, `\/`, `\n`, `\u0041`, `\ud83d\ude00`, `\ud800`, `\udc00`, `\u0000`, "\u2028", "\x7f", "12345678"}), 0, 6).Draw(t, "string")
	return `"` + strings.Join(parts, "") + `"`
}

func drawInteger(t *rapid.T) string {
	return rapid.SampledFrom([]string{"0", "-0", "1", "-1", "10", "1e3", "10.0", "2.50e1", "9007199254740993", "-9223372036854775808", "0e99", "100e-2", "0.0"}).Draw(t, "integer")
}

func drawDouble(t *rapid.T) string {
	return rapid.SampledFrom([]string{"0", "-0.0", "1.5", "0.1", "1e21", "1e-7", "123456.789", "5e-324", "1e-999", "1.7976931348623157e308", "0.30000000000000004", "100", "3.10"}).Draw(t, "number")
}

func drawAny(t *rapid.T) string {
	switch rapid.IntRange(0, 7).Draw(t, "any") {
	case 0:
		return drawString(t)
	case 1:
		return drawDouble(t)
	case 2:
		return listOf(drawAny)(t)
	case 3:
		return drawMap(drawAny)(t)
	default:
		return rapid.SampledFrom([]string{"null", "true", "false", "[]", "{}"}).Draw(t, "leaf")
	}
}

func orNull(k kind) kind {
	return func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "null") {
			return "null"
		}
		return k(t)
	}
}

func listOf(k kind) kind {
	return func(t *rapid.T) string {
		var items []string
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, drawSpace(t)+k(t)+drawSpace(t))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
}

func drawMap(k kind) kind {
	return func(t *rapid.T) string {
		kinds := map[string]kind{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"", "a", "b", "é", "a b", "x"}), 0, 3, rapid.ID).Draw(t, "names") {
			kinds[name] = k
		}
		return drawObject(t, kinds)
	}
}

// The corpus under testdata/fuzz is read by the go command; this keeps it from
// being lost unseen.
func TestCorpus(t *testing.T) {
	for _, target := range []string{"FuzzMembers", "FuzzReader"} {
		files, err := os.ReadDir(filepath.Join("testdata", "fuzz", target))
		require.NoError(t, err)
		require.NotEmpty(t, files)
	}
}
