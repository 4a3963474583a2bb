package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestReadsVerify changes a bound attribute of one object among others. In the
// native format no read shows it but those that say so; a page goes on past it.
func TestReadsVerify(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := kinds(format, 1, eso.Single)
				s := db.open(t, keyring(t, firstKey), store.Options{})
				c := store.Of(s, things(d))
				var refs []eso.Ref
				for i := range 5 {
					ref, err := c.Create(ctx, eso.Ref{ID: fmt.Sprint(i)}, secretThing(d))
					require.NoError(t, err)
					refs = append(refs, ref)
				}
				replace := "UPDATE eso_objects SET attributes = replace(attributes, 'ann', 'eve') WHERE id = '2'"
				if db.Dialect == store.PostgreSQL {
					replace = "UPDATE eso_objects SET attributes = CAST(replace(CAST(attributes AS text), 'ann', 'eve') AS jsonb) WHERE id = '2'"
				}
				_, err := db.ExecContext(ctx, replace)
				require.NoError(t, err)

				o, err := c.Get(ctx, refs[2])
				all, bulk := c.GetAll(ctx, refs)
				require.NoError(t, bulk)
				if format == eso.Native {
					assert.ErrorIs(t, err, eso.ErrTampered)
					assert.ErrorIs(t, all[2].Err, eso.ErrTampered)
				} else {
					require.NoError(t, err, "which reads as Kibana does")
					assert.Equal(t, `"eve"`, o.Value.Text("owner"))
					require.NoError(t, all[2].Err)
				}
				for i, result := range all {
					if i != 2 {
						require.NoError(t, result.Err)
						assert.Equal(t, `"ann"`, result.Object.Value.Text("owner"))
					}
				}
				for _, filters := range [][]eso.Filter[thing]{nil, {by("title", "t")}, {by("owner", "eve")}} {
					var read, failed []string
					for o, err := range c.Find(ctx, store.Query{PageSize: 2}, filters...) {
						require.NotNil(t, o, err)
						if err != nil {
							assert.Nil(t, o.Value)
							failed = append(failed, o.Ref.ID)
							continue
						}
						read = append(read, o.Ref.ID)
					}
					if format == eso.Native {
						assert.Equal(t, []string{"2"}, failed)
						assert.NotContains(t, read, "2")
					} else {
						assert.Empty(t, failed)
					}
				}

				o, err = c.GetUnverified(ctx, refs[2])
				require.NoError(t, err)
				assert.Equal(t, `"eve"`, o.Value.Text("owner"))
				assert.Empty(t, o.Value.Text("password"))
				assert.NotZero(t, o.Revision)
				count := 0
				for o, err := range c.FindUnverified(ctx, store.Query{}) {
					require.NoError(t, err)
					assert.Contains(t, []string{`"ann"`, `"eve"`}, o.Value.Text("owner"))
					count++
				}
				assert.Equal(t, 5, count)
				_, err = c.GetUnverified(ctx, eso.Ref{Namespace: "other", ID: "2"})
				assert.ErrorIs(t, err, store.ErrNotFound)
				for range c.FindUnverified(ctx, store.Query{Namespace: new("other")}) {
					t.Error("found in another namespace")
				}
			})
		})
	}
}

// TestReplace replaces an object under a lost key: nothing of it is opened, and
// every secret is given.
func TestReplace(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := kinds(format, 1, eso.MultipleIsolated)
				lost := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
				ref, err := lost.Create(ctx, eso.Ref{Namespace: "a", ID: "1"}, secretThing(d))
				require.NoError(t, err)
				var events []store.Event
				s := db.open(t, keyring(t, secondKey), store.Options{Observe: collect(&events)})
				c := store.Of(s, things(d))
				_, err = c.Open(ctx, ref)
				require.Error(t, err)
				o, err := c.GetUnverified(ctx, ref)
				require.NoError(t, err)
				assert.Error(t, c.Replace(ctx, ref, newThing(map[string]string{"owner": `"eve"`})), "without the secret")
				assert.Error(t, c.Replace(ctx, ref, o.Value), "with the secret stripped")
				assert.Error(t, c.Replace(ctx, ref, nil))
				next := newThing(map[string]string{"owner": `"bob"`, "password": `"n3w"`})
				assert.ErrorIs(t, c.Replace(ctx, eso.Ref{Namespace: "b", ID: "1"}, next), store.ErrNotFound)
				assert.ErrorIs(t, c.ReplaceAt(ctx, ref, o.Revision+1, next), store.ErrConflict)
				assert.ErrorIs(t, c.ReplaceAt(ctx, ref, 0, next), eso.ErrInvalid)
				events = nil
				require.NoError(t, c.ReplaceAt(ctx, ref, o.Revision, next))
				require.Len(t, events, 1)
				assert.Equal(t, eso.OpReplace, events[0].Op)
				o, err = c.Open(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, `"n3w"`, o.Value.Text("password"))
				assert.Equal(t, `"bob"`, o.Value.Text("owner"))
				assert.Empty(t, o.Value.Text("title"), "nothing of the old one is left")
				usage, err := s.KeyUsage(ctx)
				require.NoError(t, err)
				require.Len(t, usage, 1)
				assert.Equal(t, identifiersOf(t, keyring(t, secondKey))[0], usage[0].KeyID)

				// What this release does not know would be lost.
				db.damage(t, "1", `{"owner":"bob","unheard":1}`)
				assert.Error(t, c.Replace(ctx, ref, next))
			})
		})
	}
}

// TestMigrateDropping migrates objects some of which are under a lost key: they
// fail, unless the migration is told to drop what does not open, and then each
// secret that is gone is reported.
func TestMigrateDropping(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d1, d2 := kinds(format, 1, eso.Single, eso.Single), kinds(format, 2, eso.Single, eso.Single)
				var events []store.Event
				s := db.open(t, keyring(t, secondKey), store.Options{Observe: collect(&events)})
				for i, key := range []string{firstKey, secondKey, firstKey, secondKey} {
					c := store.Of(db.open(t, keyring(t, key), store.Options{}), things(d1))
					_, err := c.Create(ctx, eso.Ref{Namespace: "a", ID: fmt.Sprint(i)}, secretThing(d1))
					require.NoError(t, err)
				}
				migrate := func(w store.JobOptions) store.Report {
					report, err := s.Migrate(ctx, []*eso.Definition{d2}, w)
					require.NoError(t, err)
					return report
				}
				report := migrate(store.JobOptions{})
				assert.Equal(t, store.Counts{Done: 2, Failed: 2}, report.Counts)
				assert.Empty(t, report.Dropped, "never unless it is told to")
				events = nil
				report = migrate(store.JobOptions{DropUnopened: true})
				assert.Equal(t, store.Counts{Done: 2, Unchanged: 2}, report.Counts)
				assert.Empty(t, report.Failures)
				want := func(id string) store.Failure {
					return store.Failure{Ref: eso.Ref{Namespace: "a", Type: "kinds", ID: id}, Model: 1, Attribute: "password", Reason: store.ReasonDropped}
				}
				assert.Equal(t, []store.Failure{want("0"), want("2")}, report.Dropped)
				told := 0
				for _, e := range events {
					if e.Reason == store.ReasonDropped {
						assert.Equal(t, "password", e.Attribute)
						told++
					}
				}
				assert.Equal(t, 2, told)
				c := store.Of(s, things(d2))
				for _, id := range []string{"0", "2"} {
					o, err := c.Get(ctx, eso.Ref{Namespace: "a", ID: id})
					require.NoError(t, err)
					assert.Equal(t, 2, o.Model)
					assert.Equal(t, `"ann"`, o.Value.Text("owner"))
					assert.Empty(t, o.Value.Text("password"))
				}
				o, err := c.Open(ctx, eso.Ref{Namespace: "a", ID: "1"})
				require.NoError(t, err)
				assert.Equal(t, `"s3cret"`, o.Value.Text("password"))

				// A keyring that does not answer does not mean that the key is lost.
				_, err = store.Of(db.open(t, keyring(t, secondKey), store.Options{}), things(d1)).Create(ctx, eso.Ref{Namespace: "a", ID: "9"}, secretThing(d1))
				require.NoError(t, err)
				away := db.open(t, unreachable{}, store.Options{})
				report, err = away.Migrate(ctx, []*eso.Definition{d2}, store.JobOptions{DropUnopened: true, Restart: true})
				require.NoError(t, err)
				assert.EqualValues(t, 1, report.Failed)
				assert.Empty(t, report.Dropped)
				migrate(store.JobOptions{})
				_, err = c.Open(ctx, eso.Ref{Namespace: "a", ID: "9"})
				assert.NoError(t, err)
			})
		})
	}
}

// unreachable is a keyring of a service that is away.
type unreachable struct{}

var errAway = errors.New("the service is away")

func (unreachable) SealingKey(context.Context, eso.Ref) (eso.Key, error) { return nil, errAway }

func (unreachable) OpeningKey(context.Context, eso.Ref, string) (eso.Key, error) { return nil, errAway }

func (unreachable) Keys(context.Context) ([]eso.Key, error) { return nil, errAway }
