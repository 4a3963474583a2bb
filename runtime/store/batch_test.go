package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// between is a keyring that calls a function when it is asked for the n-th time:
// as others would, who write while a job has read objects and not stored them yet.
type between struct {
	eso.Keyring
	sync.Mutex
	before map[int]func()
	asked  int
}

func (k *between) ask() {
	k.Lock()
	defer k.Unlock()
	k.asked++
	if work := k.before[k.asked]; work != nil {
		work()
	}
}

func (k *between) SealingKey(ctx context.Context, ref eso.Ref) (eso.Key, error) {
	k.ask()
	return k.Keyring.SealingKey(ctx, ref)
}

func (k *between) OpeningKey(ctx context.Context, ref eso.Ref, id string) (eso.Key, error) {
	k.ask()
	return k.Keyring.OpeningKey(ctx, ref, id)
}

func (k *between) Keys(ctx context.Context) ([]eso.Key, error) {
	k.ask()
	return k.Keyring.Keys(ctx)
}

// refuse has the database refuse to write a row, or to write it silently.
func (db database) refuse(t *testing.T, id string, silently bool) {
	t.Helper()
	statement := "CREATE TRIGGER refuse BEFORE UPDATE ON eso_objects WHEN OLD.id = '" + id + "' BEGIN SELECT RAISE(FAIL, 'not this one'); END"
	if silently {
		statement = "CREATE TRIGGER refuse BEFORE UPDATE ON eso_objects WHEN OLD.id = '" + id + "' BEGIN SELECT RAISE(IGNORE); END"
	}
	if db.Dialect == store.PostgreSQL {
		body := "RAISE EXCEPTION 'not this one'"
		if silently {
			body = "RETURN NULL"
		}
		statement = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + body + "; END$$; " +
			"CREATE TRIGGER refuse BEFORE UPDATE ON eso_objects FOR EACH ROW WHEN (OLD.id = '" + id + "') EXECUTE FUNCTION refuse()"
	}
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

// TestBatchOfAllKinds has in one batch objects that others write, delete, and
// write all the time, that do not open, that the database does not take, and good
// ones: each is counted by its outcome, and none delays another.
func TestBatchOfAllKinds(t *testing.T) {
	for _, silently := range []bool{false, true} {
		for _, op := range []eso.Op{eso.OpRotate, eso.OpMigrate} {
			t.Run(fmt.Sprintf("%s, silently %t", op, silently), func(t *testing.T) {
				overDatabases(t, func(t *testing.T, db database) {
					ctx := t.Context()
					older, newer := vault(eso.Native, 1, 2), vault(eso.Native, 2, 2)
					refs := fill(t, db.open(t, keyring(t, firstKey), store.Options{}), older, 20)
					others := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(older))
					db.damage(t, refs[2].ID, `{"owner":"eve","title":"x","level":1}`)
					db.refuse(t, refs[13].ID, silently)
					count := 0
					secrets := map[int]string{}
					write := func(i int) {
						count++
						secrets[i] = fmt.Sprintf(`"n3w %d"`, count)
						assert.NoError(t, others.Update(ctx, refs[i], func(o *thing) error { o.Set("password", secrets[i]); return nil }))
					}
					keys := &between{Keyring: keyring(t, secondKey, firstKey), before: map[int]func(){}}
					keys.before[15] = func() { // in the midst of the batch, which was read before
						write(0)
						write(5)
						write(6)
						assert.NoError(t, others.Delete(ctx, refs[9]))
						write(19)
					}
					for n := 20; n < 200; n++ {
						keys.before[n] = func() { write(7) }
					}
					var events []store.Event
					s := db.open(t, keys, store.Options{Attempts: 3, Observe: collect(&events)})
					job := (*store.Store).Rotate
					types := []*eso.Definition{older}
					if op == eso.OpMigrate {
						job, types = (*store.Store).Migrate, []*eso.Definition{newer}
					}
					var progress []store.Counts
					work := store.JobOptions{Workers: 1, Progress: func(p store.Progress) { progress = append(progress, p.Counts) }}
					report, err := job(s, ctx, types, work)
					require.NoError(t, err)
					want := store.Counts{Done: 16, Gone: 1, Failed: 3}
					assert.Equal(t, want, report.Counts)
					assert.Equal(t, []store.Counts{want}, progress, "one batch")
					assert.Len(t, secrets, 5)
					reasons := map[string]store.Reason{}
					for _, f := range report.Failures {
						reasons[f.Ref.ID] = f.Reason
					}
					refused := store.ReasonDatabase
					if silently {
						refused = store.ReasonConflict
					}
					assert.Equal(t, map[string]store.Reason{refs[2].ID: store.ReasonTampered, refs[7].ID: store.ReasonConflict, refs[13].ID: refused}, reasons)

					told := map[string][]store.Reason{}
					for _, e := range events {
						assert.Equal(t, op, e.Op)
						told[e.Ref.ID] = append(told[e.Ref.ID], e.Reason)
						switch e.Ref.ID {
						case refs[0].ID, refs[5].ID, refs[19].ID:
							assert.Equal(t, 2, e.Attempts)
						case refs[7].ID:
							assert.Equal(t, 3, e.Attempts)
						case refs[1].ID:
							assert.Equal(t, 1, e.Attempts)
						}
					}
					for i, ref := range refs {
						want := []store.Reason{reasons[ref.ID]}
						if i == 9 {
							want = nil
						}
						assert.Equal(t, want, told[ref.ID], "each is told of once: %s", ref.ID)
					}

					// What failed is as it was; all others are done, with what others wrote.
					after := store.Of(db.open(t, keyring(t, secondKey, firstKey), store.Options{}), things(newer))
					for i, ref := range refs {
						switch o, err := after.Open(ctx, ref); i {
						case 2:
							assert.ErrorIs(t, err, eso.ErrTampered)
						case 9:
							assert.ErrorIs(t, err, store.ErrNotFound)
						default:
							require.NoError(t, err)
							secret := fmt.Sprintf(`"s3cret %d"`, i)
							if n3w, ok := secrets[i]; ok {
								secret = n3w
							}
							assert.Equal(t, secret, o.Value.Text("password"))
							done := i != 7 && i != 13
							if op == eso.OpMigrate {
								assert.Equal(t, done, o.Model == 2, i)
							}
							doc, _, err := after.Raw(ctx, ref)
							require.NoError(t, err)
							_, underFirst := older.OpenJSON(ctx, keyring(t, firstKey), doc)
							_, underSecond := older.OpenJSON(ctx, keyring(t, secondKey), doc)
							assert.Equal(t, done, errors.Is(underFirst, eso.ErrNoKey), "%d: %v", i, underFirst)
							assert.Equal(t, done, underSecond == nil, "%d: %v", i, underSecond)
						}
					}
				})
			})
		}
	}
}

// TestJobsAtOnce rotates and migrates the same objects at once, in batches that
// overlap.
func TestJobsAtOnce(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		older, newer := vault(eso.Native, 1, 2), vault(eso.Native, 2, 2)
		fill(t, db.open(t, keyring(t, firstKey), store.Options{}), older, 200)
		s := db.open(t, keyring(t, secondKey, firstKey), store.Options{Attempts: 1000})
		var both sync.WaitGroup
		for batch, job := range map[int]func(*store.Store, context.Context, []*eso.Definition, store.JobOptions) (store.Report, error){30: (*store.Store).Rotate, 50: (*store.Store).Migrate} {
			both.Go(func() {
				report, err := job(s, ctx, []*eso.Definition{newer}, store.JobOptions{Batch: batch})
				assert.NoError(t, err)
				assert.EqualValues(t, 200, report.All())
				assert.Zero(t, report.Failed)
			})
		}
		both.Wait()
		models, err := s.ModelUsage(ctx)
		require.NoError(t, err)
		assert.Equal(t, []store.ModelUse{{Type: "vault", Model: 2, Objects: 200}}, models)
		keys, err := s.KeyUsage(ctx)
		require.NoError(t, err)
		assert.Equal(t, []store.KeyUse{{Type: "vault", KeyID: identifiersOf(t, keyring(t, secondKey))[0], Objects: 200}}, keys)
	})
}
