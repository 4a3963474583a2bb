package store_test

import (
	"errors"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestNoUpdateIsLost counts in an object from many goroutines, through two
// stores, while patches touch another attribute of it.
func TestNoUpdateIsLost(t *testing.T) {
	race := func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		keys := keyring(t, firstKey)
		const writers, rounds = 4, 15
		ref, err := store.Of(db.open(t, keys, store.Options{}), things(d)).Create(ctx, eso.Ref{ID: "1"},
			newThing(map[string]string{"owner": `"ann"`, "title": "0", "level": "0", "password": "0"}))
		require.NoError(t, err)
		var all sync.WaitGroup
		for range writers {
			c := store.Of(db.open(t, keys, store.Options{Attempts: 1000}), things(d))
			all.Go(func() {
				for i := range rounds {
					err := c.Update(ctx, ref, func(o *thing) error {
						for _, name := range []string{"level", "password"} {
							n, err := strconv.Atoi(o.Text(name))
							if err != nil {
								return err
							}
							o.Set(name, strconv.Itoa(n+1))
						}
						return nil
					})
					assert.NoError(t, err)
					assert.NoError(t, c.Patch(ctx, ref, patch{"title": strconv.Itoa(i)}))
				}
			})
		}
		all.Wait()
		o, err := store.Of(db.open(t, keys, store.Options{}), things(d)).Open(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, strconv.Itoa(writers*rounds), o.Value.Text("level"))
		assert.Equal(t, strconv.Itoa(writers*rounds), o.Value.Text("password"))
		assert.Equal(t, strconv.Itoa(rounds-1), o.Value.Text("title"))
	}
	overDatabases(t, race)
	t.Run("postgres serializable", func(t *testing.T) {
		dsn := pgtest.Shared(t).Schema(t)
		race(t, connect(t, store.PostgreSQL, "pgx", dsn+"&default_transaction_isolation=serializable"))
	})
	t.Run("sqlite without waiting", func(t *testing.T) {
		race(t, connect(t, store.SQLite, "sqlite", "file:"+(&url.URL{Path: filepath.Join(t.TempDir(), "objects.db")}).EscapedPath()))
	})
}

// TestLostRaces has another writer come between each read and its write.
func TestLostRaces(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		keys := keyring(t, firstKey)
		var events []store.Event
		c := store.Of(db.open(t, keys, store.Options{Attempts: 3, Observe: collect(&events)}), things(d))
		other := store.Of(db.open(t, keys, store.Options{}), things(d))
		ref, err := c.Create(ctx, eso.Ref{ID: "1"}, newThing(map[string]string{"owner": `"ann"`, "title": "0", "level": "0"}))
		require.NoError(t, err)
		n := 0
		interfere := func() {
			n++
			require.NoError(t, other.Patch(ctx, ref, patch{"title": strconv.Itoa(n)}))
		}

		calls := 0
		err = c.Update(ctx, ref, func(o *thing) error { calls++; interfere(); o.Set("level", "1"); return nil })
		var conflict *store.ConflictError
		require.ErrorAs(t, err, &conflict)
		assert.ErrorIs(t, err, store.ErrConflict)
		assert.Equal(t, 3, conflict.Attempts)
		assert.ErrorContains(t, err, "3 times in a row")
		assert.Equal(t, 3, calls, "as often as the options say")
		last := events[len(events)-1]
		assert.Equal(t, store.ReasonConflict, last.Reason)
		assert.Equal(t, 3, last.Attempts)

		calls = 0
		require.NoError(t, c.Update(ctx, ref, func(o *thing) error {
			if calls++; calls < 3 {
				interfere()
			}
			o.Set("level", "2")
			return nil
		}))
		o, err := c.Get(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, "2", o.Value.Text("level"))
		assert.Equal(t, strconv.Itoa(n), o.Value.Text("title"), "what others wrote is still there")

		// At a revision, there is one attempt.
		interfere()
		for _, err := range []error{
			c.UpdateAt(ctx, ref, o.Revision, func(*thing) error { t.Error("called"); return nil }),
			c.PatchAt(ctx, ref, o.Revision, patch{"title": "0"}),
			c.DeleteAt(ctx, ref, o.Revision),
		} {
			assert.ErrorIs(t, err, store.ErrConflict)
			assert.NotContains(t, err.Error(), "times")
		}
		o, err = c.Get(ctx, ref)
		require.NoError(t, err)
		require.NoError(t, c.PatchAt(ctx, ref, o.Revision, patch{"title": `"mine"`}))
		assert.ErrorIs(t, c.PatchAt(ctx, ref, o.Revision, patch{"title": `"again"`}), store.ErrConflict)

		// An object that was deleted and created again is another one.
		o, err = c.Get(ctx, ref)
		require.NoError(t, err)
		require.NoError(t, other.Delete(ctx, ref))
		_, err = other.Create(ctx, ref, newThing(map[string]string{"owner": `"eve"`, "title": "0", "level": "0"}))
		require.NoError(t, err)
		assert.ErrorIs(t, c.DeleteAt(ctx, ref, o.Revision), store.ErrConflict)
		assert.ErrorIs(t, c.DeleteAt(ctx, ref, 0), eso.ErrInvalid)
		assert.ErrorIs(t, c.PatchAt(ctx, ref, 0, patch{"title": "1"}), eso.ErrInvalid)
		assert.ErrorIs(t, c.UpdateAt(ctx, ref, 0, func(*thing) error { return nil }), eso.ErrInvalid)
		err = c.Update(ctx, ref, func(o *thing) error {
			require.NoError(t, other.Delete(ctx, ref))
			o.Set("level", "9")
			return nil
		})
		assert.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestRefusalOfTheCaller(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		var events []store.Event
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)}), things(d))
		ref, err := c.Create(ctx, eso.Ref{ID: "1"}, newThing(map[string]string{"owner": `"ann"`, "title": "0", "level": "0"}))
		require.NoError(t, err)
		mine := errors.New("no, because of s3cret")
		err = c.Update(ctx, ref, func(o *thing) error { o.Set("level", "1"); return mine })
		require.ErrorIs(t, err, mine)
		var at *eso.Error
		require.ErrorAs(t, err, &at)
		assert.Equal(t, mine, at.Err, "the very error comes back")
		last := events[len(events)-1]
		assert.Equal(t, store.ReasonRefused, last.Reason)
		assert.NotContains(t, last.Err.Error(), "s3cret", "what it says is the caller's own business")
		o, err := c.Get(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, "0", o.Value.Text("level"))
	})
}

func TestBulkCreateIsAllOrNothing(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		object := func() *thing {
			return newThing(map[string]string{"owner": `"ann"`, "title": "0", "level": "0"})
		}
		_, err := c.Create(ctx, eso.Ref{ID: "there"}, object())
		require.NoError(t, err)
		stripped := object()
		stripped.Strip("password")
		for name, last := range map[string]struct {
			item store.NewObject[thing]
			err  error
		}{
			"exists":   {store.NewObject[thing]{Ref: eso.Ref{ID: "there"}, Object: object()}, store.ErrExists},
			"twice":    {store.NewObject[thing]{Ref: eso.Ref{ID: "new"}, Object: object()}, store.ErrExists},
			"required": {store.NewObject[thing]{Object: newThing(nil)}, eso.ErrRequired},
			"stripped": {store.NewObject[thing]{Object: stripped}, eso.ErrStripped},
			"type":     {store.NewObject[thing]{Ref: eso.Ref{Type: "other"}, Object: object()}, eso.ErrType},
			"nil":      {store.NewObject[thing]{}, eso.ErrInvalid},
			"id":       {store.NewObject[thing]{Ref: eso.Ref{ID: "a\x00b"}, Object: object()}, eso.ErrID},
		} {
			_, err := c.CreateAll(ctx, []store.NewObject[thing]{{Ref: eso.Ref{ID: "new"}, Object: object()}, last.item})
			assert.ErrorIs(t, err, last.err, name)
			var bulk *store.BulkError
			require.ErrorAs(t, err, &bulk, name)
			assert.Equal(t, 1, bulk.Index, name)
		}
		results, err := c.GetAll(ctx, []eso.Ref{{ID: "new"}, {ID: "there"}, {ID: "a\x00b"}})
		require.NoError(t, err)
		assert.ErrorIs(t, results[0].Err, store.ErrNotFound)
		assert.Equal(t, "there", results[1].Object.Ref.ID)
		assert.ErrorIs(t, results[2].Err, eso.ErrID)
	})
}
