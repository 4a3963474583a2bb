package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// manyNamespaces are those of a large installation.
const manyNamespaces = 10_000

// manyKeys returns a keyring with a key for each of n namespaces, beside "main".
func manyKeys(t testing.TB, n int) eso.Keyring {
	t.Helper()
	ring := &listed{byID: map[string]eso.Key{}}
	for i := range n + 1 {
		id := fmt.Sprintf("ns-%05d", i-1)
		if i == 0 {
			id = "main"
		}
		ring.keys = append(ring.keys, nativeKey(t, id, id))
		ring.byID[id] = ring.keys[i]
	}
	return ring
}

// listed is a keyring that does not compare its keys with each other.
type listed struct {
	keys []eso.Key
	byID map[string]eso.Key
}

func (l *listed) Keys(context.Context) ([]eso.Key, error)              { return l.keys, nil }
func (l *listed) SealingKey(context.Context, eso.Ref) (eso.Key, error) { return l.keys[0], nil }

func (l *listed) OpeningKey(_ context.Context, _ eso.Ref, id string) (eso.Key, error) {
	if key, ok := l.byID[id]; ok {
		return key, nil
	}
	return nil, eso.ErrNoKey
}

// BenchmarkCheckKeys is the start of a process with many keys, and what it repeats.
func BenchmarkCheckKeys(b *testing.B) {
	lasting(b, func(b *testing.B, db database) {
		ring := manyKeys(b, manyNamespaces)
		b.Run("first", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := db.over(b, ring)
				_, err := db.ExecContext(b.Context(), "DELETE FROM eso_keys")
				require.NoError(b, err)
				b.StartTimer()
				_, err = s.CheckKeys(b.Context())
				require.NoError(b, err)
			}
		})
		s := db.over(b, ring)
		b.Run("again", func(b *testing.B) {
			for b.Loop() {
				_, err := s.CheckKeys(b.Context())
				require.NoError(b, err)
			}
		})
		b.Run("lacking", func(b *testing.B) {
			for b.Loop() {
				lacking, err := s.ProcessesLacking(b.Context(), "ns-00007", 0)
				require.NoError(b, err)
				require.Empty(b, lacking)
			}
		})
	})
}

// BenchmarkKeyUsage counts the notes of objects, as CheckKeys does of a process that
// lacks a key.
func BenchmarkKeyUsage(b *testing.B) {
	if testing.Short() {
		b.Skip("a long one")
	}
	lasting(b, func(b *testing.B, db database) {
		s := db.over(b, keyring(b, firstKey))
		many(b, s, vault(eso.Native, 1, 1), 100_000)
		for b.Loop() {
			_, err := s.KeyUsage(b.Context())
			require.NoError(b, err)
		}
	})
}

// TestManyKeys starts some processes with very many keys at once.
func TestManyKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		ring := manyKeys(t, manyNamespaces)
		db.over(t, ring)
		var starting sync.WaitGroup
		for range 3 {
			starting.Go(func() {
				s, err := store.New(db.DB, db.Dialect, ring, store.Options{Attempts: 100})
				assert.NoError(t, err)
				report, err := s.CheckKeys(ctx)
				assert.NoError(t, err)
				assert.Equal(t, manyNamespaces+1, report.Keys)
			})
		}
		starting.Wait()
		var n int
		require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM eso_keys").Scan(&n))
		assert.Equal(t, manyNamespaces+1, n)
		s := db.over(t, ring)
		lacking, err := s.ProcessesLacking(ctx, "ns-09999", 0)
		require.NoError(t, err)
		assert.Empty(t, lacking)
		lacking, err = s.ProcessesLacking(ctx, "ns-10000", 0)
		require.NoError(t, err)
		assert.Len(t, lacking, 3)

		// More processes than there can be are no reason to overlook one.
		_, err = db.ExecContext(ctx, "INSERT INTO eso_processes SELECT k.id, '', 1, '', '', '', 0, p.seen FROM eso_keys k, (SELECT MAX(seen) AS seen FROM eso_processes) p")
		require.NoError(t, err)
		_, err = s.ProcessesLacking(ctx, "ns-00001", 0)
		assert.ErrorIs(t, err, eso.ErrTooLarge)
		_, err = s.CheckKeys(ctx)
		require.NoError(t, err)

		// A file of before most of the keys were made: they are missing once they are used.
		old := db.over(t, manyKeys(t, 7))
		_, err = old.CheckKeys(ctx)
		require.NoError(t, err)
		insert := "INSERT INTO eso_objects (type, scope, id, namespace, model, revision, key_ids, attributes, created_at, updated_at) VALUES ('t', '%[1]d', '1', '', 1, 1, '[\"ns-%05[1]d\"]', '{}', '2027-01-01', '2027-01-01')"
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		for i := range manyNamespaces {
			_, err := tx.ExecContext(ctx, fmt.Sprintf(insert, i))
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit())
		report, err := db.over(t, manyKeys(t, 7)).CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Len(t, report.Missing, 100)
		assert.ErrorContains(t, err, `"ns-00007", "ns-00008", "ns-00009" and 97 more`)

		_, err = db.ExecContext(ctx, "INSERT INTO eso_objects SELECT 'another', scope, id, namespace, namespaces, model, revision, key_ids, attributes, created_at, updated_at FROM eso_objects")
		require.NoError(t, err)
		uses, err := s.KeyUsage(ctx)
		require.NoError(t, err)
		assert.Len(t, uses, 2*manyNamespaces)
		for _, u := range uses {
			require.NotEmpty(t, u.KeyID)
		}
	})
}
