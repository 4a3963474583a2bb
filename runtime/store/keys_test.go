package store_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// nativeKey returns a key whose bytes follow from a seed.
func nativeKey(t testing.TB, id, seed string) eso.Key {
	t.Helper()
	key, err := eso.NewKey(id, bytes.Repeat([]byte(seed), 32)[:32])
	require.NoError(t, err)
	return key
}

// ringOf returns a keyring of keys whose seeds are their ids, the primary one first.
func ringOf(t testing.TB, ids ...string) eso.Keyring {
	t.Helper()
	var keys []eso.Key
	for _, id := range ids {
		keys = append(keys, nativeKey(t, id, id))
	}
	ring, err := eso.NewKeyringOf(keys[0], keys[1:]...)
	require.NoError(t, err)
	return ring
}

// over opens the database as another process.
func (db database) over(t testing.TB, keys eso.Keyring) *store.Store {
	t.Helper()
	return db.open(t, keys, store.Options{})
}

func TestCheckKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		a := db.over(t, ringOf(t, "a"))
		report, err := a.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Equal(t, store.KeyReport{Keys: 1, Seals: "a"}, report)
		fill(t, a, vault(eso.Native, 1, 1), 3)

		// Another key under the same id.
		forged, err := eso.NewKeyringOf(nativeKey(t, "a", "b"))
		require.NoError(t, err)
		report, err = db.over(t, forged).CheckKeys(ctx)
		var wrong *store.KeysError
		require.ErrorIs(t, err, store.ErrKeys)
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, []string{"a"}, report.Different)
		assert.Equal(t, report, wrong.Report)
		assert.Equal(t, store.ReasonKeys, store.ReasonOf(err))

		// The key of the objects is missing.
		report, err = db.over(t, ringOf(t, "x")).CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, []string{"a"}, report.Missing)
		assert.ErrorContains(t, err, `lacks key "a"`)

		// Who fits goes on, and is told nothing of those who do not.
		report, err = a.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Empty(t, report.Newer)

		// A key that is known and used by nobody is not missed.
		_, err = db.over(t, ringOf(t, "a", "b")).CheckKeys(ctx)
		require.NoError(t, err)
		_, err = a.CheckKeys(ctx)
		require.NoError(t, err)

		// It is once a live process seals under it, or an object is under it.
		ba := db.over(t, ringOf(t, "b", "a"))
		_, err = ba.CheckKeys(ctx)
		require.NoError(t, err)
		report, err = a.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, []string{"b"}, report.Missing)
		require.NoError(t, ba.Leave(ctx))
		_, err = a.CheckKeys(ctx)
		require.NoError(t, err)
		_, err = ba.Rotate(ctx, []*eso.Definition{vault(eso.Native, 1, 1)}, store.JobOptions{})
		require.NoError(t, err)
		_, err = db.over(t, ringOf(t, "a")).CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys, "an older file was put back")
	})
}

// TestCheckKeysAfterAKill retires a key that a killed process is still registered for:
// others start without it.
func TestCheckKeysAfterAKill(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		_, err := db.over(t, ringOf(t, "a", "b")).CheckKeys(ctx) // and is killed
		require.NoError(t, err)
		operator := db.over(t, ringOf(t, "b"))
		_, err = operator.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys, "a live process seals under it, for all that is known")
		require.NoError(t, operator.MarkKeys(ctx, store.KeyRetired, "a"))
		report, err := operator.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Empty(t, report.Newer)
	})
}

func TestProcesses(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		one := db.open(t, ringOf(t, "a"), store.Options{Process: "one"})
		two := db.open(t, ringOf(t, "a", "b"), store.Options{Process: "two"})
		tool := db.over(t, ringOf(t, "a", "b"))
		names := func(processes []store.Process, err error) (names []string) {
			t.Helper()
			require.NoError(t, err)
			for _, p := range processes {
				names = append(names, p.About)
			}
			return names
		}
		_, err := tool.CompareKeys(ctx)
		require.NoError(t, err)
		assert.Empty(t, names(tool.Processes(ctx, 0)), "who only looks is not registered")
		for range 2 {
			for _, s := range []*store.Store{one, two} {
				_, err := s.CheckKeys(ctx)
				require.NoError(t, err)
			}
		}
		assert.ElementsMatch(t, []string{"one", "two"}, names(tool.Processes(ctx, 0)))
		assert.Equal(t, []string{"one"}, names(tool.ProcessesLacking(ctx, "b", 0)))
		assert.Empty(t, names(tool.ProcessesLacking(ctx, "a", 0)))
		all, err := tool.Processes(ctx, 0)
		require.NoError(t, err)
		for _, p := range all {
			assert.Equal(t, map[string][]string{"one": {"b", "c"}, "two": {"c"}}[p.About], p.Lacks("a", "b", "c"))
		}
		assert.ElementsMatch(t, []string{"one", "two"}, names(tool.ProcessesSealing(ctx, "a", 0)))
		assert.Empty(t, names(tool.ProcessesSealing(ctx, "b", 0)))
		assert.ElementsMatch(t, []string{"one", "two"}, names(tool.ProcessesSealingAny(ctx, []string{"b", "a"}, 0)))
		assert.Empty(t, names(tool.ProcessesSealingAny(ctx, []string{"b", "c"}, 0)))
		assert.Empty(t, names(tool.ProcessesSealingAny(ctx, nil, 0)))
		require.NoError(t, one.Leave(ctx))
		assert.Empty(t, names(tool.ProcessesLacking(ctx, "b", 0)))
		_, err = one.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Equal(t, []string{"one"}, names(tool.ProcessesLacking(ctx, "b", 0)))

		// Who was not seen for longer than the grace does not count.
		_, err = db.ExecContext(ctx, "UPDATE eso_processes SET seen = seen - 700 WHERE about = 'one'")
		require.NoError(t, err)
		assert.Empty(t, names(tool.ProcessesLacking(ctx, "b", 0)))
		assert.Equal(t, []string{"one"}, names(tool.ProcessesLacking(ctx, "b", 2*store.ProcessGrace)))
		_, err = db.ExecContext(ctx, "UPDATE eso_processes SET seen = seen - 3600 WHERE about = 'one'")
		require.NoError(t, err)
		_, err = two.CheckKeys(ctx)
		require.NoError(t, err)
		var n int
		require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM eso_processes").Scan(&n))
		assert.Equal(t, 1, n, "old registrations are removed")
	})
}
