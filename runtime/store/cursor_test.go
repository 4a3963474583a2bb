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
		for i, ref := range []eso.Ref{{ID: "a"}, {ID: `b"/?&é`}, {Namespace: "é", ID: "a"}, {Namespace: "z", ID: "ü\n"}} {
			_, err := c.Create(ctx, ref, newThing(d, map[string]string{"owner": `"ann"`, "title": fmt.Sprint(i), "level": "1"}))
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

func TestWhatIsNoCursor(t *testing.T) {
	var zero store.Cursor
	assert.Empty(t, zero.String())
	require.NoError(t, zero.UnmarshalText(nil))
	for _, text := range []string{
		"x", "====", "bnVsbA", "W10", "WyIiXQ", "WyIiLCIiLCIiXQ", "WyIiLCJBQSJd", "WyIiLCIvdz09Il0", "WyIiLCAiWVE9PSJd", "WyIiLCJZUT09Il0=", "\x00",
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
