package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestFlag checks that a store creates no object of a type whose flag is off,
// by any call, and does everything else with those that are there.
func TestFlag(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := free()
		d.Flag = "dark"
		keys := keyring(t, firstKey)
		on := store.Of(db.open(t, keys, store.Options{Flags: []string{"light", "dark"}}), things(d))
		off := store.Of(db.open(t, keys, store.Options{Flags: []string{"light"}}), things(d))
		fresh := func() *thing { return newThing(map[string]string{"v": `1`, "s": `"x"`}) }

		_, err := off.Create(ctx, eso.Ref{ID: "a"}, fresh())
		assert.ErrorIs(t, err, store.ErrFlag)
		var at *eso.Error
		require.ErrorAs(t, err, &at)
		assert.Equal(t, eso.Ref{Type: "free", ID: "a"}, at.Ref)
		assert.ErrorContains(t, err, `"dark"`)
		_, err = off.CreateAll(ctx, []store.NewObject[thing]{{Ref: eso.Ref{ID: "a"}, Object: fresh()}})
		assert.ErrorIs(t, err, store.ErrFlag)

		ref, err := on.Create(ctx, eso.Ref{ID: "a"}, fresh())
		require.NoError(t, err)
		doc, revision, err := off.Raw(ctx, ref)
		require.NoError(t, err)
		require.NoError(t, off.ReplaceRaw(ctx, doc, revision))
		sealed, err := things(d).Seal(ctx, keys, eso.Ref{ID: "b"}, fresh())
		require.NoError(t, err)
		assert.ErrorIs(t, off.PutRaw(ctx, sealed), store.ErrFlag)

		require.NoError(t, off.Update(ctx, ref, func(o *thing) error {
			o.Set("v", "2")
			return nil
		}))
		o, err := off.Open(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, "2", o.Value.Text("v"))
		require.NoError(t, off.Delete(ctx, ref))
	})
}
