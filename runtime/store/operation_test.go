package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// An error of an object names the operation that the product called, its type and
// its id, and the observer gets the same.
func TestErrorsNameTheOperationThatFailed(t *testing.T) {
	var events []store.Event
	db := newPostgres(t)
	d := free()
	c := store.Of(db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)}), things(d))
	ctx := t.Context()
	good := func() *thing { return newThing(map[string]string{"v": "1", "s": "1"}) }
	bad := func() *thing { return newThing(map[string]string{"v": `"\u0000"`, "s": "1"}) }
	ref, err := c.Create(ctx, eso.Ref{ID: "1"}, good())
	require.NoError(t, err)
	doc, err := things(d).Seal(ctx, keyring(t, firstKey), eso.Ref{Type: "free", ID: "1"}, bad())
	require.NoError(t, err)

	for name, probe := range map[string]struct {
		op   eso.Op
		err  error
		call func() error
	}{
		"create": {store.OpCreate, store.ErrUnstorable, func() error { _, err := c.Create(ctx, eso.Ref{ID: "1"}, bad()); return err }},
		"create all": {store.OpCreate, store.ErrUnstorable, func() error {
			_, err := c.CreateAll(ctx, []store.NewObject[thing]{{Ref: ref, Object: bad()}})
			return err
		}},
		"update":     {eso.OpUpdate, store.ErrUnstorable, func() error { return c.Update(ctx, ref, func(o *thing) error { *o = *bad(); return nil }) }},
		"patch":      {eso.OpPatch, store.ErrUnstorable, func() error { return c.Patch(ctx, ref, patch{"v": `"\u0000"`}) }},
		"replace":    {eso.OpReplace, store.ErrUnstorable, func() error { return c.Replace(ctx, ref, bad()) }},
		"put":        {store.OpPut, store.ErrUnstorable, func() error { return c.PutRaw(ctx, doc) }},
		"update at":  {eso.OpUpdate, eso.ErrInvalid, func() error { return c.UpdateAt(ctx, ref, 0, func(*thing) error { return nil }) }},
		"patch at":   {eso.OpPatch, eso.ErrInvalid, func() error { return c.PatchAt(ctx, eso.Ref{ID: "1"}, 0, patch{"v": "2"}) }},
		"replace at": {eso.OpReplace, eso.ErrInvalid, func() error { return c.ReplaceAt(ctx, eso.Ref{ID: "1"}, 0, good()) }},
		"delete at":  {store.OpDelete, eso.ErrInvalid, func() error { return c.DeleteAt(ctx, eso.Ref{ID: "1"}, 0) }},
	} {
		events = nil
		err := probe.call()
		var at *eso.Error
		require.ErrorAs(t, err, &at, name)
		assert.ErrorIs(t, err, probe.err, name)
		assert.Equal(t, probe.op, at.Op, name)
		assert.Equal(t, eso.Ref{Type: "free", ID: "1"}, at.Ref, name)
		require.Len(t, events, 1, name)
		assert.Equal(t, probe.op, events[0].Op, name)
		assert.Equal(t, at.Ref, events[0].Ref, name)
		assert.Equal(t, at.Attribute, events[0].Attribute, name)
		assert.Equal(t, store.ReasonOf(probe.err), events[0].Reason, name)
	}
}
