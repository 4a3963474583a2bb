package store_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestNothingSaysAValue works and fails in every way, and searches logs, events
// and errors for the values of attributes, plain ones too.
func TestNothingSaysAValue(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		const value = "v4lue"
		var said bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
		var events []store.Event
		options := store.Options{Logger: logger, Observe: collect(&events), Attempts: 2}
		d := vault(eso.Native, 1, 2)
		s := db.open(t, keyring(t, firstKey), options)
		c := store.Of(s, things(d))
		stranger := store.Of(db.open(t, keyring(t, secondKey), options), things(d))
		fail := func(err error) {
			t.Helper()
			require.Error(t, err)
			fmt.Fprintf(&said, "%v\n%+v\n%#v\n", err, err, err.Error())
		}
		object := func() *thing {
			return newThing(map[string]string{"owner": `"v4lue"`, "title": `"v4lue"`, "level": "1", "note": `"v4lue"`, "password": `"v4lue"`})
		}
		ref, err := c.Create(ctx, eso.Ref{ID: "1"}, object())
		require.NoError(t, err)
		_, err = c.Create(ctx, ref, object())
		fail(err)
		_, err = c.CreateAll(ctx, []store.NewObject[thing]{{Ref: ref, Object: object()}})
		fail(err)
		bad := object()
		bad.Set("title", `"v4lue \u0000 \ud800"`)
		bad.Set("owner", `"v4lue \ud800"`)
		_, err = c.Create(ctx, eso.Ref{ID: "2"}, bad)
		fail(err)
		broken := object()
		broken.Set("title", `v4lue`)
		_, err = c.Create(ctx, eso.Ref{ID: "3"}, broken)
		fail(err)
		fail(c.Patch(ctx, ref, patch{"title": `v4lue`}))
		fail(c.Patch(ctx, ref, patch{"nothing": `"v4lue"`}))
		_, err = stranger.Open(ctx, ref)
		fail(err)
		fail(stranger.Update(ctx, ref, func(o *thing) error { return nil }))
		fail(c.PutRaw(ctx, eso.Document{Ref: eso.Ref{ID: "4"}, Model: 1, Attributes: []byte(`{"owner":"v4lue","password":"v4lue"}`)}))
		fail(c.PutRaw(ctx, eso.Document{Ref: eso.Ref{ID: "4"}, Model: 1, Attributes: []byte(`{"owner":v4lue}`)}))
		_, err = c.Open(ctx, ref)
		require.NoError(t, err)
		require.NoError(t, c.Update(ctx, ref, func(o *thing) error { o.Set("password", `"v4lue 2"`); return nil }))
		fail(c.Update(ctx, ref, func(o *thing) error {
			require.NoError(t, c.Patch(ctx, ref, patch{"title": fmt.Sprintf(`"v4lue %d"`, len(events))}))
			o.Set("owner", `"v4lue 3"`)
			return nil
		}))
		db.damage(t, "1", `{"owner":"v4lue","title":{"v4lue":["v4lue"]},"level":1,"password":"v4lue"}`)
		_, err = c.Get(ctx, ref)
		fail(err)
		_, err = c.Open(ctx, ref)
		fail(err)
		_, err = s.Migrate(ctx, []*eso.Definition{vault(eso.Native, 2, 2)}, store.JobOptions{})
		require.NoError(t, err)
		_, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		fail(c.Update(ended, ref, func(*thing) error { return nil }))
		_, err = db.ExecContext(ctx, "DROP TABLE eso_objects")
		require.NoError(t, err)
		_, err = c.Create(ctx, eso.Ref{ID: "9"}, object())
		fail(err)
		assert.Equal(t, store.ReasonDatabase, store.ReasonOf(err))
		assert.ErrorContains(t, err, "eso_objects", "what the database says of itself helps")

		for _, e := range events {
			fmt.Fprintf(&said, "%+v %#v\n", e, e)
		}
		assert.NotContains(t, said.String(), value)
		assert.NotContains(t, said.String(), firstKey)
		text := said.String()
		assert.Contains(t, text, `"level":"WARN","msg":"open failed","type":"vault","id":"1"`)
		assert.Contains(t, text, `"level":"DEBUG","msg":"open","type":"vault","id":"1"`)
		assert.Contains(t, text, `"reason":"conflict"`)
		assert.Contains(t, text, `"reason":"database"`)
	})
}

// TestErrorsOfDrivers checks that what a driver says of an argument stays
// unsaid.
func TestErrorsOfDrivers(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		type who struct{}
		var opened []any
		s := db.open(t, keyring(t, firstKey), store.Options{Observe: func(ctx context.Context, e store.Event) {
			if e.Op == eso.OpOpen && e.Reason == "" {
				opened = append(opened, ctx.Value(who{}), e.Ref.ID, e.Model)
			}
		}})
		c := store.Of(s, things(d))
		ref, err := c.Create(ctx, eso.Ref{ID: "1"}, newThing(map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1"}))
		require.NoError(t, err)
		_, err = c.Open(context.WithValue(ctx, who{}, "auditor"), ref)
		require.NoError(t, err)
		assert.Equal(t, []any{"auditor", "1", 1}, opened, "who opened what")

		require.NoError(t, db.Close())
		_, err = c.Get(ctx, ref)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "s3cret")
	})
}
