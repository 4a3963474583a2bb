package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// fill creates n objects, with ids in order.
func fill(t *testing.T, s *store.Store, d *eso.Definition, n int) []eso.Ref {
	t.Helper()
	label := "title"
	if d.Write > 1 {
		label = "label"
	}
	var items []store.NewObject[thing]
	for i := range n {
		items = append(items, store.NewObject[thing]{Ref: eso.Ref{ID: fmt.Sprintf("%04d", i)}, Object: newThing(map[string]string{
			"owner": `"ann"`, label: `"x"`, "level": "1", "note": `"n0te"`, "password": fmt.Sprintf(`"s3cret %d"`, i)})})
	}
	refs, err := store.Of(s, things(d)).CreateAll(t.Context(), items)
	require.NoError(t, err)
	return refs
}

// damage writes attributes into a row as somebody with access to the database
// would.
func (db database) damage(t *testing.T, id, attributes string) {
	t.Helper()
	statement := "UPDATE eso_objects SET attributes = ? WHERE id = ?"
	if db.Dialect == store.PostgreSQL {
		statement = "UPDATE eso_objects SET attributes = CAST(CAST($1 AS text) AS jsonb) WHERE id = $2"
	}
	result, err := db.ExecContext(t.Context(), statement, attributes, id)
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestMigrateReportsEveryObject(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		var events []store.Event
		s := db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)})
		older, newer := vault(eso.Native, 1, 2), vault(eso.Native, 2, 2)
		refs := fill(t, s, older, 25)
		require.NoError(t, store.Of(s, things(newer)).Update(ctx, refs[3], func(o *thing) error { o.Set("tier", `"gold"`); return nil }))
		broken := []string{refs[0].ID, refs[7].ID, refs[24].ID}
		db.damage(t, broken[0], `{"owner":"eve","title":"x","level":1}`)
		db.damage(t, broken[1], `[]`)
		db.damage(t, broken[2], `{"owner":"ann","title":"x","level":1,"$sealed":"AAAA"}`)
		before := map[string]eso.Document{}
		for _, id := range broken {
			doc, _, err := store.Of(s, things(older)).Raw(ctx, eso.Ref{ID: id})
			require.NoError(t, err)
			before[id] = doc
		}

		var progress []store.Progress
		work := store.JobOptions{Batch: 4, Workers: 3, Progress: func(p store.Progress) { progress = append(progress, p) }}
		report, err := s.Migrate(ctx, []*eso.Definition{newer}, work)
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 21, Unchanged: 1, Failed: 3}, report.Counts)
		assert.Equal(t, []store.TypeReport{{Type: "vault", Counts: report.Counts}}, report.Types)
		require.Len(t, report.Failures, 3)
		for i, want := range []store.Reason{store.ReasonTampered, store.ReasonMalformed, store.ReasonMalformed} {
			assert.Equal(t, broken[i], report.Failures[i].Ref.ID)
			assert.Equal(t, want, report.Failures[i].Reason)
			assert.Equal(t, 1, report.Failures[i].Model)
		}
		for _, id := range broken {
			doc, _, err := store.Of(s, things(older)).Raw(ctx, eso.Ref{ID: id})
			require.NoError(t, err)
			assert.Equal(t, before[id], doc, "what does not open is left as it is")
		}
		assert.EqualValues(t, 25, progress[len(progress)-1].All())
		assert.EqualValues(t, 25, progress[0].Total)
		assert.True(t, slices.IsSortedFunc(progress, func(a, b store.Progress) int { return int(a.All() - b.All()) }))
		usage, err := s.ModelUsage(ctx)
		require.NoError(t, err)
		assert.Equal(t, []store.ModelUse{{"vault", 1, 3}, {"vault", 2, 22}}, usage)
		failed := 0
		for _, e := range events {
			if e.Op == eso.OpMigrate && e.Reason != "" {
				failed++
				assert.Error(t, e.Err)
			}
		}
		assert.Equal(t, 3, failed)

		again, err := s.Migrate(ctx, []*eso.Definition{newer}, work)
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Unchanged: 22, Failed: 3}, again.Counts, "after its end it begins anew")
		assert.False(t, again.Types[0].Resumed)
		assert.Len(t, again.Failures, 3)
	})
}

func TestRotate(t *testing.T) {
	for _, format := range []eso.Format{eso.Native, eso.Kibana} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := vault(format, 1, 2)
				old, both, only := keyring(t, firstKey), keyring(t, secondKey, firstKey), keyring(t, secondKey)
				refs := fill(t, db.open(t, old, store.Options{}), d, 7)
				s := db.open(t, both, store.Options{})
				c := store.Of(s, things(d))
				_, err := c.Create(ctx, eso.Ref{ID: "under the new one"}, newThing(map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1", "password": `"s3cret"`}))
				require.NoError(t, err)
				require.NoError(t, c.Patch(ctx, refs[2], patch{"level": "5"}), "a patch leaves the secrets under their key")
				ids := identifiersOf(t, both)
				usage, err := s.KeyUsage(ctx)
				require.NoError(t, err)
				assert.ElementsMatch(t, []store.KeyUse{{"vault", ids[0], 1}, {"vault", ids[1], 7}}, usage)

				report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 3})
				require.NoError(t, err)
				assert.Equal(t, store.Counts{Done: 7, Unchanged: 1}, report.Counts)
				usage, err = s.KeyUsage(ctx)
				require.NoError(t, err)
				assert.Equal(t, []store.KeyUse{{"vault", ids[0], 8}}, usage)

				alone := store.Of(db.open(t, only, store.Options{}), things(d))
				for i, ref := range refs {
					o, err := alone.Open(ctx, ref)
					require.NoError(t, err)
					assert.Equal(t, fmt.Sprintf(`"s3cret %d"`, i), o.Value.Text("password"))
				}

				// A note of the keys that somebody changed is corrected.
				_, err = db.ExecContext(ctx, `UPDATE eso_objects SET key_ids = '["forged"]' WHERE id = '0001'`)
				require.NoError(t, err)
				_, err = db.ExecContext(ctx, `UPDATE eso_objects SET key_ids = 'no json' WHERE id = '0002'`)
				require.NoError(t, err)
				usage, err = s.KeyUsage(ctx)
				require.NoError(t, err)
				assert.Equal(t, []store.KeyUse{{"vault", "", 1}, {"vault", "forged", 1}, {"vault", ids[0], 6}}, usage)
				report, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
				require.NoError(t, err)
				assert.Equal(t, store.Counts{Unchanged: 8}, report.Counts)
				usage, err = s.KeyUsage(ctx)
				require.NoError(t, err)
				assert.Equal(t, []store.KeyUse{{"vault", ids[0], 8}}, usage)
			})
		})
	}
}

func identifiersOf(t *testing.T, keys eso.Keyring) []string {
	t.Helper()
	list, err := keys.Keys(t.Context())
	require.NoError(t, err)
	var ids []string
	for _, key := range list {
		ids = append(ids, key.ID())
	}
	return ids
}

// TestJobsBesideLiveWriters rotates and migrates while others change, create
// and delete objects through the release before.
func TestJobsBesideLiveWriters(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		older, newer := vault(eso.Native, 1, 2), vault(eso.Native, 2, 2)
		both := keyring(t, secondKey, firstKey)
		refs := fill(t, db.open(t, keyring(t, firstKey), store.Options{}), older, 60)
		s := db.open(t, both, store.Options{Attempts: 1000})
		writing, stop := context.WithCancel(ctx)
		var writers sync.WaitGroup
		last := make([]int, 3)
		for i := range last {
			c := store.Of(s, things(older))
			writers.Go(func() {
				for writing.Err() == nil {
					n := last[i] + 1
					assert.NoError(t, c.Update(ctx, refs[i], func(o *thing) error { o.Set("password", fmt.Sprint(n)); return nil }))
					last[i] = n
					ref, err := c.Create(ctx, eso.Ref{}, newThing(map[string]string{"owner": `"new"`, "title": `"x"`, "level": "1"}))
					assert.NoError(t, err)
					assert.NoError(t, c.Delete(ctx, ref))
				}
			})
		}
		rotated, err := s.Rotate(ctx, []*eso.Definition{older}, store.JobOptions{Batch: 10})
		require.NoError(t, err)
		migrated, err := s.Migrate(ctx, []*eso.Definition{newer}, store.JobOptions{Batch: 10})
		require.NoError(t, err)
		stop()
		writers.Wait()
		assert.Zero(t, rotated.Failed)
		assert.Zero(t, migrated.Failed)
		c := store.Of(db.open(t, keyring(t, secondKey), store.Options{}), things(newer))
		for i, ref := range refs {
			o, err := c.Open(ctx, ref)
			require.NoError(t, err)
			want := fmt.Sprintf(`"s3cret %d"`, i)
			if i < len(last) && last[i] > 0 {
				want = fmt.Sprint(last[i])
			}
			assert.Equal(t, want, o.Value.Text("password"))
			assert.Equal(t, 2, o.Model)
		}
	})
}

// TestInterruptedJobs ends a rotation in its middle, and starts it again: for
// the same key, for another one, from the beginning, and twice at once.
func TestInterruptedJobs(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		d := vault(eso.Native, 1, 1)
		fill(t, db.open(t, keyring(t, firstKey), store.Options{}), d, 20)
		interrupted := errors.New("interrupted")
		s := db.open(t, keyring(t, secondKey, firstKey), store.Options{})
		interrupt := func() {
			t.Helper()
			ctx, cancel := context.WithCancelCause(t.Context())
			_, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 5, Restart: true, Progress: func(store.Progress) { cancel(interrupted) }})
			require.ErrorIs(t, err, context.Canceled)
		}
		interrupt()
		report, err := s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 5})
		require.NoError(t, err)
		assert.True(t, report.Types[0].Resumed)
		assert.Equal(t, store.Counts{Done: 20}, report.Counts, "what the first run did counts")

		interrupt()
		report, err = s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 5, Restart: true})
		require.NoError(t, err)
		assert.False(t, report.Types[0].Resumed)
		assert.Equal(t, store.Counts{Unchanged: 20}, report.Counts)

		interrupt()
		back := db.open(t, keyring(t, firstKey, secondKey), store.Options{})
		report, err = back.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 5})
		require.NoError(t, err)
		assert.False(t, report.Types[0].Resumed, "for another key everything has to be done")
		assert.Equal(t, store.Counts{Done: 20}, report.Counts)

		second := store.Report{}
		_, err = s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 5, Progress: func(p store.Progress) {
			if p.All() == 10 {
				var err error
				second, err = s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 5})
				assert.NoError(t, err)
			}
		}})
		assert.ErrorIs(t, err, store.ErrSuperseded)
		assert.True(t, second.Types[0].Resumed)
		assert.Equal(t, store.Counts{Done: 20}, second.Counts)
	})
}

// choosing is a keyring whose sealing key is not the first of its keys.
type choosing struct {
	eso.Keyring
	seals string
}

func (k *choosing) SealingKey(ctx context.Context, ref eso.Ref) (eso.Key, error) {
	return k.OpeningKey(ctx, ref, k.seals)
}

// TestRotationFollowsTheSealingKey interrupts a rotation, and has the keyring seal
// under another key, of those that it has had all along.
func TestRotationFollowsTheSealingKey(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		var keys []eso.Key
		for _, id := range []string{"a", "b", "c"} {
			key, err := eso.NewKey(id, bytes.Repeat([]byte(id), 32))
			require.NoError(t, err)
			keys = append(keys, key)
		}
		all, err := eso.NewKeyringOf(keys[0], keys[1:]...)
		require.NoError(t, err)
		ring := &choosing{all, "a"}
		d := vault(eso.Native, 1, 1)
		s := db.open(t, ring, store.Options{})
		fill(t, s, d, 4)

		ring.seals = "b"
		ctx, cancel := context.WithCancel(t.Context())
		_, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 2, Progress: func(store.Progress) { cancel() }})
		require.ErrorIs(t, err, context.Canceled)

		ring.seals = "c"
		report, err := s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 2})
		require.NoError(t, err)
		assert.False(t, report.Types[0].Resumed)
		assert.Equal(t, store.Counts{Done: 4}, report.Counts)
		usage, err := s.KeyUsage(t.Context())
		require.NoError(t, err)
		require.Len(t, usage, 1)
		assert.Equal(t, "c", usage[0].KeyID)
	})
}
