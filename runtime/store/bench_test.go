package store_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

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
					report, err := store.Rotate(ctx, turns[n%2], []*eso.Definition{d}, store.Work{})
					require.NoError(b, err)
					require.EqualValues(b, c.objects, report.Done)
					n++
				}
				b.ReportMetric(float64(c.objects*n)/b.Elapsed().Seconds(), "objects/s")
			})
		})
	}
}

// many creates objects, a thousand in a transaction.
func many(b *testing.B, s *store.Store, d *eso.Definition, objects int) {
	var items []store.Item[thing]
	for i := range objects {
		items = append(items, store.Item[thing]{Ref: eso.Ref{ID: fmt.Sprintf("%07d", i)}, Object: sample(d)})
		if len(items) == 1000 || i == objects-1 {
			_, err := store.Of(s, things(d)).CreateAll(b.Context(), items)
			require.NoError(b, err)
			items = nil
		}
	}
}

func sample(d *eso.Definition) *thing {
	return newThing(d, map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1", "note": `"n0te"`, "password": `"a secret of some length"`})
}
