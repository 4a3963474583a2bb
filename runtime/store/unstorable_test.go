package store_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// free is a type with one plain attribute of any value, and a secret.
func free() *eso.Definition {
	return &eso.Definition{Type: "free", Write: 1, Models: []eso.Model{{Format: eso.Native, Namespaces: eso.Agnostic,
		Attributes: []eso.Attribute{{Name: "v", Optional: true}, {Name: "s", Optional: true}}, Encrypted: []string{"s"}}}}
}

// TestWhatPostgresCannotHold asks PostgreSQL itself: what the store refuses, it
// refuses, and what the store takes, it gives back.
func TestWhatPostgresCannotHold(t *testing.T) {
	db := newPostgres(t)
	c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(free()))
	digits := func(n int) string { return strings.Repeat("7", n) }
	for i, probe := range []struct {
		text string
		fits bool
	}{
		{`"a\u0000b"`, false}, {`{"a\u0000b":1}`, false}, {`["\\u0000"]`, true}, {`"\\\u0000"`, false},
		{`"\ud800"`, false}, {`"\udc00"`, false}, {`"\ud800\ud800\udc00"`, false}, {`"\ud83d\ude00"`, true}, {`"\uD83D\uDE00"`, true},
		{`"\ud83dx"`, false}, {`"\ud83d\n"`, false}, {`"\ud83d\\ude00"`, false}, {`{"\ud800":1}`, false}, {`"\u0001\u001f\u007f\uffff"`, true},
		{"1e131071", true}, {"1e131072", false}, {"-1e131071", true}, {digits(131072), true}, {digits(131073), false},
		{"1e-16383", true}, {"1e-16384", false}, {"0." + digits(16383), true}, {"0." + digits(16384), false}, {"0.1e-16383", false},
		{"1.5e-16382", true}, {"1.5e-16383", false}, {"10e131070", true}, {"10e131071", false}, {"1e999999999999999999999", false}, {"1e-999999999999999999999", false},
		{"[1,2.50,-0,1E+2,1e0]", true}, {`{"a":{"b":[{"c":1e131072}]}}`, false},
	} {
		ref := eso.Ref{ID: fmt.Sprint(i)}
		_, err := c.Create(t.Context(), ref, newThing(map[string]string{"v": probe.text, "s": `"\u0000\ud800"`}))
		var takes bool
		pgErr := db.QueryRowContext(t.Context(), "SELECT CAST(CAST($1 AS text) AS jsonb) IS NOT NULL", probe.text).Scan(&takes)
		name := probe.text[:min(40, len(probe.text))]
		assert.Equal(t, probe.fits, pgErr == nil, "PostgreSQL, %s: %v", name, pgErr)
		if probe.fits {
			require.NoError(t, err, name)
			o, err := c.Open(t.Context(), ref)
			require.NoError(t, err, name)
			assert.Equal(t, `"\u0000\ud800"`, o.Value.Text("s"), "secrets are sealed, and may hold anything")
			continue
		}
		require.ErrorIs(t, err, store.ErrUnstorable, name)
		var at *eso.Error
		require.ErrorAs(t, err, &at)
		assert.Equal(t, "v", at.Attribute)
		assert.Equal(t, ref.ID, at.Ref.ID)
		_, err = c.Get(t.Context(), ref)
		assert.ErrorIs(t, err, store.ErrNotFound, "nothing was written")
	}

	ref, err := c.Create(t.Context(), eso.Ref{ID: "patched"}, newThing(map[string]string{"v": "1", "s": "1"}))
	require.NoError(t, err)
	assert.ErrorIs(t, c.Patch(t.Context(), ref, patch{"v": `"\u0000"`}), store.ErrUnstorable)
	assert.ErrorIs(t, c.Update(t.Context(), ref, func(o *thing) error { o.Set("v", `"\u0000"`); return nil }), store.ErrUnstorable)
	_, err = c.CreateAll(t.Context(), []store.NewObject[thing]{
		{Ref: eso.Ref{ID: "first"}, Object: newThing(map[string]string{"v": "1", "s": "1"})},
		{Ref: eso.Ref{ID: "second"}, Object: newThing(map[string]string{"v": `"\ud800"`, "s": "1"})},
	})
	var bulk *store.BulkError
	require.ErrorAs(t, err, &bulk)
	assert.Equal(t, 1, bulk.Index)
	_, err = c.Get(t.Context(), eso.Ref{ID: "first"})
	assert.ErrorIs(t, err, store.ErrNotFound)
}

// TestNumbersThatGrow stores few bytes that jsonb would write out as more than
// anybody reads again.
func TestNumbersThatGrow(t *testing.T) {
	many := "[" + strings.TrimSuffix(strings.Repeat("1e131071,", 200), ",") + "]"
	for _, db := range []func(*testing.T) database{newSQLite, newPostgres} {
		db := db(t)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(free()))
		_, err := c.Create(t.Context(), eso.Ref{ID: "1"}, newThing(map[string]string{"v": many}))
		if db.Dialect == store.PostgreSQL {
			assert.ErrorIs(t, err, store.ErrUnstorable)
		} else {
			assert.NoError(t, err)
		}
	}
}

// TestAnyJSONComesBack stores random values, and compares what comes back by
// what it means.
func TestAnyJSONComesBack(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(free()))
		rapid.Check(t, func(r *rapid.T) {
			text := jsonText(r, 3)
			ref, err := c.Create(t.Context(), eso.Ref{}, newThing(map[string]string{"v": text, "s": text}))
			if err != nil {
				require.ErrorIs(r, err, store.ErrUnstorable)
				require.Equal(r, store.PostgreSQL, db.Dialect)
				return
			}
			o, err := c.Open(t.Context(), ref)
			require.NoError(r, err)
			require.Equal(r, meaning(r, text), meaning(r, o.Value.Text("v")))
			require.Equal(r, text, o.Value.Text("s"), "a secret keeps its bytes")
		})
	})
}

// meaning is a JSON value with numbers as fractions, exactly.
func meaning(t require.TestingT, text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return exact(v)
}

func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		n, _ := new(big.Rat).SetString(v.String())
		return n.RatString()
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = exact(v[name])
		}
	}
	return v
}

func jsonText(r *rapid.T, depth int) string {
	kinds := 5
	if depth == 0 {
		kinds = 3
	}
	switch rapid.IntRange(0, kinds-1).Draw(r, "kind") {
	case 0:
		return rapid.SampledFrom([]string{"null", "true", "false"}).Draw(r, "literal")
	case 1:
		return rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?`).Draw(r, "number")
	case 2:
		return `"` + rapid.StringMatching(`([a-zé😀 ]|\\u[0-9a-f]{4}|\\ud83d\\ude00|\\["\\/bfnrt]){0,8}`).Draw(r, "string") + `"`
	case 3:
		var items []string
		for range rapid.IntRange(0, 4).Draw(r, "items") {
			items = append(items, jsonText(r, depth-1))
		}
		return "[ " + strings.Join(items, " , ") + "]"
	default:
		var members []string
		for i := range rapid.IntRange(0, 4).Draw(r, "members") {
			members = append(members, fmt.Sprintf("\"%c%d\":\t%s", 'z'-i, i, jsonText(r, depth-1)))
		}
		return "{" + strings.Join(members, ",\n") + "}"
	}
}
