package store_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// remoteKey is a key that lives elsewhere: each derivation and each MAC is a call.
type remoteKey struct {
	eso.KibanaKey
	calls *atomic.Int64
}

func (k remoteKey) MAC(ctx context.Context, message []byte) ([32]byte, error) {
	k.calls.Add(1)
	return k.KibanaKey.MAC(ctx, message)
}

func (k remoteKey) DeriveKibana(ctx context.Context, salt []byte) ([]byte, error) {
	k.calls.Add(1)
	return k.KibanaKey.DeriveKibana(ctx, salt)
}

// A write costs its own sealing, and before it the opening of what it changes. To
// note the keys costs nothing.
func TestNotingKeysCallsNoKey(t *testing.T) {
	for format, each := range map[eso.Format]int64{eso.Kibana: 1, eso.Native: 2} { // calls for one sealing or opening
		t.Run(string(format), func(t *testing.T) {
			ctx, d, newer := t.Context(), vault(format, 1, 2), vault(format, 2, 2)
			db := newSQLite(t)
			var calls atomic.Int64
			list, err := keyring(t, firstKey).Keys(ctx)
			require.NoError(t, err)
			keys, err := eso.NewKeyringOf(remoteKey{list[0].(eso.KibanaKey), &calls})
			require.NoError(t, err)
			ids := identifiersOf(t, keys)
			var events []store.Event
			s := db.open(t, keys, store.Options{Observe: collect(&events)})
			c, n := store.Of(s, things(d)), store.Of(s, things(newer))
			costs := func(what string, operations int64, err error) {
				t.Helper()
				require.NoError(t, err, what)
				assert.Equal(t, operations*each, calls.Swap(0), what)
			}
			noted := func(what string, want []string) {
				t.Helper()
				var text string
				require.NoError(t, db.QueryRowContext(ctx, `SELECT key_ids FROM eso_objects WHERE id = '1'`).Scan(&text))
				var got []string
				require.NoError(t, json.Unmarshal([]byte(text), &got))
				assert.Equal(t, want, got, what)
			}
			ref := eso.Ref{ID: "1"}
			attributes := map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1", "note": `"n"`, "password": `"s3cret"`}

			_, err = c.Create(ctx, ref, newThing(attributes))
			costs("create", 1, err)
			noted("create", ids)
			assert.Equal(t, ids, events[len(events)-1].KeyIDs)

			err = c.Update(ctx, ref, func(o *thing) error { o.Set("password", `"other"`); return nil })
			costs("update", 2, err)
			noted("update", ids)

			_, err = db.ExecContext(ctx, `UPDATE eso_objects SET key_ids = '["noted"]'`)
			require.NoError(t, err)
			costs("patch", 0, c.Patch(ctx, ref, patch{"level": "5"}))
			noted("a patch keeps the note", []string{"noted"})
			assert.Empty(t, events[len(events)-1].KeyIDs)

			_, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
			costs("rotate of what is current", 1, err)
			noted("a rotation puts the note right", ids)

			doc, revision, err := c.Raw(ctx, ref)
			costs("raw", 0, err)
			costs("replace by a sealed document", 1, c.ReplaceRaw(ctx, doc, revision))
			costs("delete", 0, c.Delete(ctx, ref))
			costs("put", 1, c.PutRaw(ctx, doc))
			noted("put", ids)
			costs("delete", 0, c.Delete(ctx, ref))
			doc.KeyIDs = []string{"forged"}
			costs("put of a document that is brought up", 2, n.PutRaw(ctx, doc))
			noted("put", ids)
		})
	}
}
