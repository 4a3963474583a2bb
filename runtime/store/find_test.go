package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/generated/connectortoken"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
	"github.com/esogen/esogen/runtime/store"
)

// TestFindAcrossModels compares what filters find with what a look at every
// object does: documents of all models, seen by releases that write each of
// them, through a rename, a conversion, a backfill, a computed value and an
// attribute that becomes a secret.
func TestFindAcrossModels(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.open(t, keyring(t, firstKey), store.Options{})
		random := rand.New(rand.NewPCG(1, 2))
		pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
		for i := range 90 {
			write := 1 + i%3
			d := vault(eso.Native, write, min(3, write+random.IntN(2)))
			attributes := map[string]string{"owner": pick(`"ann"`, `"bob"`, `"b\u006fb"`), "password": `"s3cret"`}
			switch write {
			case 1:
				attributes["title"], attributes["level"] = pick(`"Safe"`, `"safe"`, `"Saf\u0065"`), pick("1", "2", "1.0", "10")
			case 2:
				attributes["label"], attributes["level"] = pick(`"Safe"`, `"safe"`), pick("1", "2e0", "10")
			default:
				attributes["label"], attributes["grade"] = pick(`"Safe"`, `"safe"`), pick("10", "20", "100")
			}
			if write > 1 && random.IntN(2) == 0 {
				attributes["region"] = pick(`"eu"`, `"us"`, "null")
			}
			_, err := store.Of(s, things(d)).Create(ctx, eso.Ref{Namespace: pick("a", "b", "default"), ID: fmt.Sprintf("%02d", i)}, newThing(attributes))
			require.NoError(t, err)
		}
		// A document of model 1 that has an attribute under its later name too, as
		// no release writes it, is read by what model 1 has.
		d := vault(eso.Native, 1, 1)
		odd, err := store.Of(s, things(d)).Create(ctx, eso.Ref{ID: "odd"}, newThing(map[string]string{"owner": `"ann"`, "title": `"Safe"`, "level": "1"}))
		require.NoError(t, err)
		doc, _, err := store.Of(s, things(d)).Raw(ctx, odd)
		require.NoError(t, err)
		db.damage(t, odd.ID, string(with(t, doc, "label", `"safe"`).Attributes))

		for write := 1; write <= 3; write++ {
			for newest := write; newest <= 3; newest++ {
				c := store.Of(s, things(vault(eso.Native, write, newest)))
				for _, f := range []eso.Filter[thing]{
					by("owner", "ann"), by("owner", "bob"), by("title", "Safe"), by("label", "Safe"), by("label", "safe"),
					by("level", int64(1)), by("level", int64(10)), by("grade", int64(10)), by("grade", int64(100)),
					by("region", "eu"), by("region", "us"), by("slug", "safe"), by("slug", "nothing"),
				} {
					all := identifiers(t, c, store.Query{PageSize: 7}, esoimpl.Matching(f.Attribute(), f.Matches))
					found := identifiers(t, c, store.Query{PageSize: 7}, f)
					assert.Equal(t, all, found, "model %d of %d, %s is %v", write, newest, f.Attribute(), f.Value())
				}
				both := identifiers(t, c, store.Query{}, by("owner", "bob"), by("label", "safe"))
				assert.Subset(t, identifiers(t, c, store.Query{}, by("owner", "bob")), both)
			}
		}

		c := store.Of(s, things(vault(eso.Native, 3, 3)))
		total := 0
		for _, namespace := range []string{"a", "b", "default", "c"} {
			total += len(identifiers(t, c, store.Query{Namespace: &namespace, PageSize: 5}))
		}
		assert.Equal(t, 91, total)
		assert.Equal(t, identifiers(t, c, store.Query{Namespace: new("")}), identifiers(t, c, store.Query{Namespace: new("default")}))
	})
}

// identifiers are the keys of what is found, which comes in the order of keys.
func identifiers(t *testing.T, c *store.Collection[thing], q store.Query, filters ...eso.Filter[thing]) []string {
	t.Helper()
	var keys []string
	for o, err := range c.Find(t.Context(), q, filters...) {
		if errors.Is(err, eso.ErrRequired) {
			continue // a release that has not heard of the document's model cannot read it
		}
		require.NoError(t, err)
		keys = append(keys, o.Ref.Namespace+"/"+o.Ref.ID)
	}
	assert.True(t, slices.IsSorted(keys))
	return keys
}

// TestFindOddValues looks for values that databases compare in ways of their
// own.
func TestFindOddValues(t *testing.T) {
	d := &eso.Definition{Type: "odd", Write: 1, Models: []eso.Model{{Format: eso.Native, Namespaces: eso.Agnostic,
		Attributes: []eso.Attribute{{Name: "v", Optional: true}, {Name: `o"d.d\`, Optional: true}}, AAD: []string{"v"}}}}
	names := []string{"v", `o"d.d\`}
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		for i, text := range []string{
			`"1"`, "1", "1.0", "10e-1", "true", `"true"`, "null", `""`, `"é"`, `"\u00e9"`, `"e\u0301"`, `"😀"`, `"\ud83d\ude00"`, `"a'b"`, `"a\"b"`, `"%"`, `"A"`, `"a"`, `"a "`,
			"9007199254740991", "9007199254740993", "9007199254740992", "9007199254740993.0", "0", "-0", "false", `["1"]`, `{"v":"1"}`, `"?"`, `"$1"`,
		} {
			for _, name := range names {
				_, err := c.Create(ctx, eso.Ref{ID: fmt.Sprintf("%q %02d", name, i)}, newThing(map[string]string{name: text}))
				require.NoError(t, err)
			}
		}
		for _, name := range names {
			filters := []eso.Filter[thing]{by(name, true), by(name, false)}
			for _, v := range []string{"1", "true", "", "é", "e\u0301", "😀", "a'b", `a"b`, "%", "A", "a", "a ", "?", "$1", "a\x00b", "\xff"} {
				filters = append(filters, by(name, v))
			}
			for _, v := range []int64{0, 1, 1<<53 - 1, 1 << 53, 1<<53 + 1, -1} {
				filters = append(filters, by(name, v))
			}
			for _, f := range filters {
				all := identifiers(t, c, store.Query{}, esoimpl.Matching(f.Attribute(), f.Matches))
				assert.Equal(t, all, identifiers(t, c, store.Query{}, f), "%s is %q", name, fmt.Sprint(f.Value()))
			}
		}
	})
}

func TestFindGoesOnWhereItEnded(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		tokens := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), connectortoken.Objects)
		var items []store.NewObject[connectortoken.ConnectorToken]
		for i := range 25 {
			items = append(items, store.NewObject[connectortoken.ConnectorToken]{Object: token([]string{"even", "odd"}[i%2])})
		}
		refs, err := tokens.CreateAll(ctx, items)
		require.NoError(t, err)
		require.Len(t, refs, 25)

		var found []eso.Ref
		var after store.Cursor
		for len(found) < 25 {
			before := len(found)
			for o, err := range tokens.Find(ctx, store.Query{After: after, PageSize: 4}) {
				require.NoError(t, err)
				found, after = append(found, o.Ref), o.Cursor()
				if len(found)%6 == 0 {
					break
				}
			}
			require.Greater(t, len(found), before)
		}
		assert.ElementsMatch(t, refs, found)

		even := 0
		for o, err := range tokens.Find(ctx, store.Query{PageSize: 4}, connectortoken.ByConnectorID("even"), connectortoken.ByCreatedAt(begin.In(time.FixedZone("", 3600)))) {
			require.NoError(t, err)
			assert.Equal(t, "even", o.Value.ConnectorID)
			even++
		}
		assert.Equal(t, 13, even)
	})
}

// TestFindLeavesTheDatabaseFree works on each object while the search goes on,
// with one connection for all.
func TestFindLeavesTheDatabaseFree(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		db.SetMaxOpenConns(1)
		d := vault(eso.Native, 1, 1)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		for i := range 10 {
			_, err := c.Create(ctx, eso.Ref{ID: fmt.Sprint(i)}, newThing(map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1"}))
			require.NoError(t, err)
		}
		n := 0
		for o, err := range c.Find(ctx, store.Query{PageSize: 3}) {
			require.NoError(t, err)
			require.NoError(t, c.Delete(ctx, o.Ref))
			n++
		}
		assert.Equal(t, 10, n)
	})
}

// TestFindReadsLargeObjectsAFewAtATime stores more than a page may take.
func TestFindReadsLargeObjectsAFewAtATime(t *testing.T) {
	ctx := t.Context()
	d := vault(eso.Native, 1, 1)
	c := store.Of(newSQLite(t).open(t, keyring(t, firstKey), store.Options{}), things(d))
	large := `"` + strings.Repeat("x", 5<<20) + `"`
	for i := range 5 {
		_, err := c.Create(ctx, eso.Ref{ID: fmt.Sprint(i)}, newThing(map[string]string{"owner": `"ann"`, "title": large, "level": "1"}))
		require.NoError(t, err)
	}
	assert.Len(t, identifiers(t, c, store.Query{}), 5)
}
