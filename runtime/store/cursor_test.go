package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestCursorAsText pages as a service does that is asked for one page after the
// other.
func TestCursorAsText(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		for i, ref := range []eso.Ref{{ID: "a"}, {ID: `b"/?&é`}, {Namespace: "e", ID: "a"}, {Namespace: "z", ID: "ü\n"}} {
			_, err := c.Create(ctx, ref, newThing(map[string]string{"owner": `"ann"`, "title": fmt.Sprint(i), "level": "1"}))
			require.NoError(t, err)
		}
		text, seen := "", 0
		for {
			var after store.Cursor
			require.NoError(t, after.UnmarshalText([]byte(text)))
			text = ""
			for o, err := range c.Find(ctx, store.Query{After: after}) {
				require.NoError(t, err)
				text = o.Cursor().String()
				assert.Regexp(t, `^[A-Za-z0-9_-]+$`, text)
				seen++
				break
			}
			if text == "" {
				break
			}
		}
		assert.Equal(t, 4, seen)
	})
}

// TestCursorAtAForeignKey has rows with keys that the store does not write: a
// search that goes from page to page as text gets past them. A cursor with what
// PostgreSQL cannot hold is refused there.
func TestCursorAtAForeignKey(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		fill(t, s, d, 4)
		c := store.Of(s, things(d))
		if db.Dialect == store.PostgreSQL {
			for _, text := range []string{"WyIiLCIvdz09Il0", "WyIiLCJBQT09Il0"} { // ff, 00
				var after store.Cursor
				require.NoError(t, after.UnmarshalText([]byte(text)))
				for o, err := range c.Find(ctx, store.Query{After: after}) {
					assert.Nil(t, o)
					assert.ErrorIs(t, err, eso.ErrID)
				}
			}
			return
		}
		for id, key := range map[string]string{"0000": "CAST(x'00ff' AS TEXT)", "0001": "CAST(x'ff' AS TEXT)", "0002": "'a' || printf('%2000s', 'x')"} {
			_, err := db.ExecContext(ctx, "UPDATE eso_objects SET id = "+key+" WHERE id = '"+id+"'")
			require.NoError(t, err)
		}
		text, pages := "", 0
		for {
			var after store.Cursor
			require.NoError(t, after.UnmarshalText([]byte(text)))
			text = ""
			for o := range c.Find(ctx, store.Query{After: after, PageSize: 1}) {
				require.NotNil(t, o)
				text = o.Cursor().String()
				pages++
				break
			}
			if text == "" {
				break
			}
		}
		assert.Equal(t, 4, pages)
	})
}

func TestWhatIsNoCursor(t *testing.T) {
	var zero store.Cursor
	assert.Empty(t, zero.String())
	require.NoError(t, zero.UnmarshalText(nil))
	for _, text := range []string{
		"x", "====", "bnVsbA", "W10", "WyIiXQ", "WyIiLCIiLCIiXQ", "WyIiLCJBQSJd", "WyIiLCAiWVE9PSJd", "WyIiLCJZUT09Il0=", "\x00",
		"WyIiLCJZUT09Il0\n", strings.Repeat("W", 10_000),
	} {
		assert.Error(t, zero.UnmarshalText([]byte(text)), "%.20q", text)
	}
	require.NoError(t, zero.UnmarshalText([]byte("WyIiLCJZUT09Il0")))
	marshalled, err := json.Marshal(map[string]store.Cursor{"next": zero})
	require.NoError(t, err)
	assert.Equal(t, `{"next":"WyIiLCJZUT09Il0"}`, string(marshalled))
}

func FuzzCursor(f *testing.F) {
	for _, text := range []string{"", "WyIiLCJZUT09Il0", "bnVsbA", "WyIiLCIiXQ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c store.Cursor
		if c.UnmarshalText([]byte(text)) == nil {
			assert.Equal(t, text, c.String(), "one cursor, one text")
		}
	})
}
