package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// TestOlderFileAfterASilentChange puts an older key file back after keys were retired
// and shredded without a word to the database.
func TestOlderFileAfterASilentChange(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		file, err := keyfile.New(keyfile.Native, "main")
		require.NoError(t, err)
		_, err = file.Add(keyfile.Native, "next", "")
		require.NoError(t, err)
		_, err = file.Add(keyfile.Native, "acme", "acme")
		require.NoError(t, err)
		require.NoError(t, file.SetPrimary("acme"))
		oldest := keysOf(t, file) // seals under main
		require.NoError(t, file.SetPrimary("next"))
		older := keysOf(t, file)
		_, err = db.over(t, oldest).CheckKeys(ctx)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "DELETE FROM eso_processes")
		require.NoError(t, err)

		require.NoError(t, file.Retire("main"))
		_, err = file.Shred("acme", time.Now())
		require.NoError(t, err)
		newest := db.over(t, keysOf(t, file))
		states := func() map[string]string {
			t.Helper()
			rows, err := db.QueryContext(ctx, "SELECT id, state FROM eso_keys")
			require.NoError(t, err)
			defer rows.Close()
			states := map[string]string{}
			for rows.Next() {
				var id, state string
				require.NoError(t, rows.Scan(&id, &state))
				states[id] = state
			}
			require.NoError(t, rows.Err())
			return states
		}
		all := map[string]string{"main": "live", "next": "live", "acme": "live"}

		// Who only looks, and who does not fit, marks nothing.
		_, err = newest.CompareKeys(ctx)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "UPDATE eso_keys SET check_value = '00' WHERE id = 'next'")
		require.NoError(t, err)
		_, err = newest.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, all, states())

		// Forged rows name keys of which the file says nothing, and stay what they are.
		_, err = db.ExecContext(ctx, "UPDATE eso_keys SET check_value = '' WHERE id = 'next'")
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "INSERT INTO eso_keys VALUES ('forged', '', 'live', 0, 0, 0)")
		require.NoError(t, err)
		for range 2 {
			_, err = newest.CheckKeys(ctx)
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"main": "retired", "next": "live", "acme": "shredded", "forged": "live"}, states())
		}

		for _, keys := range []eso.Keyring{older, oldest} {
			report, err := db.over(t, keys).CheckKeys(ctx)
			require.ErrorIs(t, err, store.ErrKeys, "an older file was put back")
			assert.Equal(t, []string{"acme"}, report.Shredded)
		}
		report, err := db.over(t, oldest).CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, "main", report.Retired)
		assert.Equal(t, "shredded", states()["acme"])
	})
}

// TestGoneKeysOfAnyKeyring asks a keyring that a product has made, and that fails.
func TestGoneKeysOfAnyKeyring(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		_, err := db.over(t, ringOf(t, "a", "b", "c")).CheckKeys(ctx)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "DELETE FROM eso_processes")
		require.NoError(t, err)
		_, err = db.over(t, answering{ringOf(t, "a"), map[string]error{"b": eso.ErrShredded, "c": context.DeadlineExceeded}}).CheckKeys(ctx)
		require.NoError(t, err, "nothing needs c, and nobody fails for it")
		report, err := db.over(t, ringOf(t, "a", "b", "c")).CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, []string{"b"}, report.Shredded)
	})
}

func keysOf(t testing.TB, file *keyfile.File) eso.Keyring {
	t.Helper()
	keys, err := file.Keyring()
	require.NoError(t, err)
	return keys
}

// answering fails for some keys.
type answering struct {
	eso.Keyring
	fails map[string]error
}

func (a answering) OpeningKey(ctx context.Context, ref eso.Ref, id string) (eso.Key, error) {
	if err := a.fails[id]; err != nil {
		return nil, err
	}
	return a.Keyring.OpeningKey(ctx, ref, id)
}
