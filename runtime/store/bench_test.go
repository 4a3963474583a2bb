package store_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/generated/action"
	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// lasting opens databases that keep what they have committed, whatever happens
// to the machine: those of the tests need not.
func lasting(b *testing.B, each func(b *testing.B, db database)) {
	b.Run("sqlite", func(b *testing.B) {
		each(b, connect(b, store.SQLite, "sqlite", "file:"+(&url.URL{Path: filepath.Join(b.TempDir(), "objects.db")}).EscapedPath()+
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate"))
	})
	b.Run("postgres", func(b *testing.B) {
		each(b, connect(b, store.PostgreSQL, "pgx", pgtest.Start(b, "fsync=on", "full_page_writes=on", "shared_buffers=128MB").DSN))
	})
}

// BenchmarkRotate rotates all objects of a type to another key, and back with
// the next turn.
func BenchmarkRotate(b *testing.B) {
	for _, c := range []struct {
		format  eso.Format
		objects int
	}{{eso.Native, 3000}, {eso.Native, 100_000}, {eso.Kibana, 1000}} {
		b.Run(fmt.Sprintf("%s/%d", c.format, c.objects), func(b *testing.B) {
			if testing.Short() && c.objects > 3000 {
				b.Skip("a long one")
			}
			lasting(b, func(b *testing.B, db database) {
				ctx := b.Context()
				d := vault(c.format, 1, 1)
				many(b, db.open(b, keyring(b, firstKey), store.Options{}), d, c.objects)
				turns := []*store.Store{
					db.open(b, keyring(b, secondKey, firstKey), store.Options{}),
					db.open(b, keyring(b, firstKey, secondKey), store.Options{}),
				}
				n := 0
				for b.Loop() {
					report, err := turns[n%2].Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
					require.NoError(b, err)
					require.EqualValues(b, c.objects, report.Done)
					n++
				}
				b.ReportMetric(float64(c.objects*n)/b.Elapsed().Seconds(), "objects/s")
			})
		})
	}
}

// BenchmarkScanKeys reads every document, as "esogen keys retire" does.
func BenchmarkScanKeys(b *testing.B) {
	const objects = 100_000
	if testing.Short() {
		b.Skip("a long one")
	}
	lasting(b, func(b *testing.B, db database) {
		s := db.open(b, keyring(b, firstKey), store.Options{})
		many(b, s, vault(eso.Native, 1, 1), objects)
		for b.Loop() {
			scan, err := s.ScanKeys(b.Context(), store.ScanOptions{})
			require.NoError(b, err)
			require.EqualValues(b, objects, scan.Objects)
		}
	})
}

// BenchmarkWriterBesideRotate measures how long somebody waits who changes
// objects one after the other while a rotation goes through them, and without one.
func BenchmarkWriterBesideRotate(b *testing.B) {
	for _, rotating := range []bool{false, true} {
		b.Run(fmt.Sprintf("rotating=%t", rotating), func(b *testing.B) {
			lasting(b, func(b *testing.B, db database) {
				const objects = 3000
				d := vault(eso.Native, 1, 1)
				many(b, db.open(b, keyring(b, firstKey), store.Options{}), d, objects)
				turns := []*store.Store{
					db.open(b, keyring(b, secondKey, firstKey), store.Options{}),
					db.open(b, keyring(b, firstKey, secondKey), store.Options{}),
				}
				ctx, stop := context.WithCancel(b.Context())
				var rotation sync.WaitGroup
				if rotating {
					rotation.Go(func() {
						for n := 0; ctx.Err() == nil; n++ {
							report, err := turns[n%2].Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
							if ctx.Err() == nil && assert.NoError(b, err) {
								assert.Zero(b, report.Failed)
							}
						}
					})
				}
				c := store.Of(turns[0], things(d))
				var times []time.Duration
				for n := 0; b.Loop(); n++ {
					begin := time.Now()
					require.NoError(b, c.Patch(b.Context(), eso.Ref{ID: fmt.Sprintf("%07d", n*7%objects)}, patch{"level": fmt.Sprint(n)}))
					times = append(times, time.Since(begin))
				}
				stop()
				rotation.Wait()
				slices.Sort(times)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(times[len(times)/2].Seconds()*1000, "ms/median")
				b.ReportMetric(times[len(times)*99/100].Seconds()*1000, "ms/p99")
				b.ReportMetric(times[len(times)-1].Seconds()*1000, "ms/max")
			})
		})
	}
}

// many creates objects, a thousand in a transaction.
func many(b *testing.B, s *store.Store, d *eso.Definition, objects int) {
	var items []store.NewObject[thing]
	for i := range objects {
		items = append(items, store.NewObject[thing]{Ref: eso.Ref{ID: fmt.Sprintf("%07d", i)}, Object: sample(d)})
		if len(items) == 1000 || i == objects-1 {
			_, err := store.Of(s, things(d)).CreateAll(b.Context(), items)
			require.NoError(b, err)
			items = nil
		}
	}
}

func sample(d *eso.Definition) *thing {
	return newThing(map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1", "note": `"n0te"`, "password": `"a secret of some length"`})
}

// BenchmarkOperations compares operations on one object, or a page of them, with
// the statements that they need, on the same documents.
func BenchmarkOperations(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		db := connect(b, store.SQLite, "sqlite", "file::memory:")
		db.SetMaxOpenConns(1) // each connection has a memory of its own
		operations(b, db)
	})
	lasting(b, operations)
}

func operations(b *testing.B, db database) {
	ctx := b.Context()
	// A generated type, in the native format.
	d := *action.Objects.Definition()
	d.Models = slices.Clone(d.Models)
	for i := range d.Models {
		d.Models[i].Format = eso.Native
	}
	c := store.Of(db.open(b, keyring(b, firstKey), store.Options{}), action.Objects.WithDefinition(&d))
	var items []store.NewObject[action.Action]
	for range 1000 {
		items = append(items, store.NewObject[action.Action]{Object: mail()})
	}
	refs, err := c.CreateAll(ctx, items)
	require.NoError(b, err)
	_, err = db.ExecContext(ctx, "ANALYZE")
	require.NoError(b, err)
	ref := refs[500]
	doc, _, err := c.Raw(ctx, ref)
	require.NoError(b, err)
	const columns = "scope, id, namespace, model, revision, key_ids, "
	attributes, parameter := "attributes", "?"
	if db.Dialect == store.PostgreSQL {
		attributes, parameter = "CAST(attributes AS text)", "CAST(CAST(? AS text) AS jsonb)"
	}
	one := db.numbered("SELECT " + columns + attributes + " FROM eso_objects WHERE type = ? AND scope = ? AND id = ?")
	page := db.numbered("SELECT " + columns + attributes + " FROM eso_objects WHERE type = ? ORDER BY scope, id LIMIT ?")
	insert := db.numbered("INSERT INTO eso_objects (type, scope, id, namespace, model, revision, key_ids, attributes, created_at, updated_at) " +
		"VALUES (?, '', ?, '', ?, 1, '[]', " + parameter + ", ?, ?)")
	update := db.numbered("UPDATE eso_objects SET revision = revision + 1, attributes = " + parameter + ", updated_at = ? WHERE type = ? AND scope = ? AND id = ? AND revision = ?")
	const now = "2026-01-02T03:04:05.000Z"
	type record struct {
		scope, id, namespace string
		model, revision      int64
		keyIDs, attributes   string
	}
	read := func(b *testing.B, statement string, args ...any) (all []record) {
		rows, err := db.QueryContext(ctx, statement, args...)
		require.NoError(b, err)
		defer rows.Close()
		for rows.Next() {
			var r record
			require.NoError(b, rows.Scan(&r.scope, &r.id, &r.namespace, &r.model, &r.revision, &r.keyIDs, &r.attributes))
			all = append(all, r)
		}
		require.NoError(b, rows.Err())
		return all
	}
	bareRead := func(b *testing.B, _ int) { require.Len(b, read(b, one, d.Type, "", ref.ID), 1) }
	bareWrite := func(b *testing.B, _ int) {
		r := read(b, one, d.Type, "", ref.ID)[0]
		_, err := db.ExecContext(ctx, update, r.attributes, now, d.Type, r.scope, r.id, r.revision)
		require.NoError(b, err)
	}
	for _, o := range []struct {
		name        string
		store, bare func(b *testing.B, n int)
	}{
		{"create", func(b *testing.B, n int) {
			_, err := c.Create(ctx, eso.Ref{}, mail())
			require.NoError(b, err)
		}, func(b *testing.B, n int) {
			// Of another type: a document sealed for another id would not open.
			_, err := db.ExecContext(ctx, insert, "bare", eso.NewID(), doc.Model, string(doc.Attributes), now, now)
			require.NoError(b, err)
		}},
		{"get", func(b *testing.B, n int) {
			_, err := c.Get(ctx, ref)
			require.NoError(b, err)
		}, bareRead},
		{"open", func(b *testing.B, n int) {
			_, err := c.Open(ctx, ref)
			require.NoError(b, err)
		}, bareRead},
		{"update", func(b *testing.B, n int) {
			require.NoError(b, c.Update(ctx, ref, func(o *action.Action) error {
				o.Secrets = eso.NewSecret(eso.JSON(fmt.Sprintf(`{"password":"secret %d"}`, n)))
				return nil
			}))
		}, bareWrite},
		{"patch", func(b *testing.B, n int) {
			require.NoError(b, c.Patch(ctx, ref, action.Patch{Name: new(fmt.Sprint(n))}))
		}, bareWrite},
		{"find 100", func(b *testing.B, n int) {
			found := 0
			for _, err := range c.Find(ctx, store.Query{}) {
				require.NoError(b, err)
				if found++; found == 100 {
					break
				}
			}
		}, func(b *testing.B, n int) { require.Len(b, read(b, page, d.Type, 100), 100) }},
	} {
		b.Run(o.name, func(b *testing.B) {
			var times [2][]time.Duration
			for n := 0; b.Loop(); n++ {
				for turn := range 2 { // in turn, as the machine is not always as fast
					which := (n + turn) % 2
					begin := time.Now()
					[]func(*testing.B, int){o.store, o.bare}[which](b, n)
					times[which] = append(times[which], time.Since(begin))
				}
			}
			var medians [2]float64
			for i := range times {
				slices.Sort(times[i])
				medians[i] = float64(times[i][len(times[i])/2]) / 1000
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(medians[0], "µs/store")
			b.ReportMetric(medians[1], "µs/bare")
			b.ReportMetric(medians[0]/medians[1], "ratio")
		})
	}
}

func mail() *action.Action {
	return &action.Action{ActionTypeID: ".email", Name: "mail", Config: map[string]eso.JSON{"host": `"mail.example.com"`, "port": "587"},
		Secrets: eso.NewSecret(eso.JSON(`{"user":"ann","password":"a secret of some length"}`))}
}

// numbered puts a statement into the form that the database takes.
func (db database) numbered(statement string) string {
	for n := 1; db.Dialect == store.PostgreSQL && strings.Contains(statement, "?"); n++ {
		statement = strings.Replace(statement, "?", fmt.Sprintf("$%d", n), 1)
	}
	return statement
}
