package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestCanaryOfAnOlderDatabase meets a database with objects and no canary.
func TestCanaryOfAnOlderDatabase(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		fill(t, db.over(t, ringOf(t, "a")), vault(eso.Native, 1, 1), 2)
		for range 2 { // who does not fit leaves no canary behind
			report, err := db.over(t, ringOf(t, "b")).CheckKeys(ctx)
			require.ErrorIs(t, err, store.ErrKeys)
			assert.Equal(t, []string{"a"}, report.Missing)
		}
		_, err := db.over(t, ringOf(t, "a")).CheckKeys(ctx)
		require.NoError(t, err, "the others do not make it miss theirs")
		var ids string
		require.NoError(t, db.QueryRowContext(ctx, "SELECT id FROM eso_keys").Scan(&ids))
		assert.Equal(t, "a", ids)
	})
}

// TestNoFalseAlarm: nobody misses a key that nothing needs.
func TestNoFalseAlarm(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := []*eso.Definition{vault(eso.Native, 1, 1)}
		s := db.over(t, ringOf(t, "b", "a"))
		_, err := s.CheckKeys(ctx)
		require.NoError(t, err)
		fill(t, db.over(t, ringOf(t, "a")), d[0], 3)
		only := db.over(t, ringOf(t, "b"))
		_, err = only.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		_, err = s.Rotate(ctx, d, store.JobOptions{})
		require.NoError(t, err)
		_, err = db.over(t, ringOf(t, "b")).CheckKeys(ctx)
		require.NoError(t, err, "dropped after the rotation, without a word")

		// Retired and shredded keys are not missed, whatever the notes say.
		require.NoError(t, s.MarkKeys(ctx, store.KeyRetired, "a", "never seen"[:5]))
		_, err = db.ExecContext(ctx, `UPDATE eso_objects SET key_ids = '["a"]' WHERE id = '0001'`)
		require.NoError(t, err)
		_, err = db.over(t, ringOf(t, "b")).CheckKeys(ctx)
		require.NoError(t, err)
		_, err = s.CheckKeys(ctx)
		require.NoError(t, err, "to have a retired key still is no harm")
		report, err := db.over(t, ringOf(t, "a", "b")).CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys, "to seal under it is")
		assert.Equal(t, "a", report.Retired)
		require.NoError(t, s.MarkKeys(ctx, store.KeyLive, "a"))
		_, err = db.over(t, ringOf(t, "a", "b")).CheckKeys(ctx)
		require.NoError(t, err)

		assert.ErrorIs(t, s.MarkKeys(ctx, "lost", "a"), eso.ErrInvalid)
		assert.ErrorIs(t, s.MarkKeys(ctx, store.KeyRetired, "no key id"), eso.ErrInvalid)
	})
}

// TestNewerKey: others have begun to seal under a key that this process has too.
func TestNewerKey(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		old, renewed := db.over(t, ringOf(t, "a", "b")), db.over(t, ringOf(t, "b", "a"))
		_, err := old.CheckKeys(ctx)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "UPDATE eso_keys SET sealed_since = sealed_since - 60 WHERE sealed_since > 0")
		require.NoError(t, err)
		report, err := renewed.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Empty(t, report.Newer)
		report, err = old.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Equal(t, "b", report.Newer)
		require.NoError(t, renewed.Leave(ctx))
		report, err = old.CheckKeys(ctx)
		require.NoError(t, err)
		assert.Empty(t, report.Newer, "b was given up again")
	})
}

// TestForgedCanary writes what it likes into the tables of keys. The worst is an
// alarm, or none: objects open, and are sealed, as before.
func TestForgedCanary(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.over(t, ringOf(t, "a"))
		_, err := s.CheckKeys(ctx)
		require.NoError(t, err)
		d := vault(eso.Native, 1, 1)
		refs := fill(t, s, d, 1)
		long := strings.Repeat("x", 3<<20)
		for what, c := range map[string]struct {
			forge string
			alarm bool
		}{
			"another check value":     {"UPDATE eso_keys SET check_value = '00'", true},
			"a long check value":      {"UPDATE eso_keys SET check_value = '" + long + "'", false},
			"shredded":                {"UPDATE eso_keys SET state = 'shredded'", true},
			"retired":                 {"UPDATE eso_keys SET state = 'retired'", true},
			"a state":                 {"UPDATE eso_keys SET state = '" + long + "'", false},
			"no canary":               {"DELETE FROM eso_keys", false},
			"a key":                   {"INSERT INTO eso_keys VALUES ('b', '', 'live', 0, 0, 9223372036854775807)", false},
			"a bad id":                {"INSERT INTO eso_keys VALUES ('" + long[:2000] + "', '', 'live', 0, 0, -1)", false},
			"a process":               {"INSERT INTO eso_processes SELECT 'p', 'x', 1, 'b', '', '', 0, seen FROM eso_processes", true},
			"an odd process":          {"INSERT INTO eso_processes SELECT 'p', '" + long + "', 1, '" + long + "', '" + long + "', '" + long + "', -1, seen FROM eso_processes", false},
			"a process of the future": {"INSERT INTO eso_processes VALUES ('p', 'x', 1, 'b', '', '', 0, 9223372036854775000)", false},
		} {
			for _, table := range []string{"eso_keys", "eso_processes"} {
				_, err := db.ExecContext(ctx, "DELETE FROM "+table)
				require.NoError(t, err)
			}
			_, err := s.CheckKeys(ctx)
			require.NoError(t, err, what)
			_, err = db.ExecContext(ctx, c.forge)
			require.NoError(t, err, what)
			_, err = s.CheckKeys(ctx)
			assert.Equal(t, c.alarm, err != nil, "%s: %v", what, err)
			if c.alarm {
				assert.ErrorIs(t, err, store.ErrKeys, what)
				assert.Less(t, len(err.Error()), 400)
			}
			_, err = s.Processes(ctx, 0)
			assert.NoError(t, err, what)
			_, err = store.Of(s, things(d)).Open(ctx, refs[0])
			assert.NoError(t, err, what)
			assert.NoError(t, store.Of(s, things(d)).Update(ctx, refs[0], func(o *thing) error { o.Set("password", `"new"`); return nil }), what)
		}
	})
}

// TestLooksSeldom: a key that somebody dropped without a word costs a look at all notes,
// less often the longer nothing changes.
func TestLooksSeldom(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		_, err := db.over(t, ringOf(t, "a", "b")).CheckKeys(ctx)
		require.NoError(t, err)
		s := db.over(t, ringOf(t, "a"))
		before := time.Duration(0)
		for range 10 {
			_, err := s.CheckKeys(ctx)
			require.NoError(t, err)
			_, err = s.CheckKeys(ctx)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, s.LookGood(), before)
			before = s.LookGood()
			s.LooksAgain()
		}
		assert.Equal(t, 15*time.Minute, before)
		fill(t, db.over(t, ringOf(t, "b")), vault(eso.Native, 1, 1), 1)
		report, err := s.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, []string{"b"}, report.Missing)
		assert.Less(t, s.LookGood(), 15*time.Minute)
	})
}
