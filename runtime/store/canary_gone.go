package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/fault"
)

// goneKeys returns the live keys of the canary that the keyring says were given up.
// Nobody may have told the database. The keyring is what decides: a forged row names a
// key of which it says nothing. A keyring that fails for one is asked again next time.
func (s *Store) goneKeys(ctx context.Context, own *ownKeys, there *canaryRows) map[string]KeyState {
	gone := map[string]KeyState{}
	for id, row := range there.keys {
		if _, mine := own.checks[id]; mine || row.state != KeyLive || ctx.Err() != nil {
			continue
		}
		_, err := s.keys.OpeningKey(ctx, eso.Ref{}, id)
		switch {
		case errors.Is(err, eso.ErrShredded):
			gone[id] = KeyShredded
		case errors.Is(err, fault.ErrRetired):
			gone[id] = KeyRetired
		}
	}
	return gone
}

// markGone notes in the canary what the keyring says of keys.
func (s *Store) markGone(ctx context.Context, tx *sql.Tx, gone map[string]KeyState) error {
	for _, id := range slices.Sorted(maps.Keys(gone)) {
		_, err := tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_keys SET state = ?, state_at = {now} WHERE id = ? AND state = ?"),
			string(gone[id]), id, string(KeyLive))
		if err != nil {
			return s.fromDatabase(ctx, err)
		}
	}
	return nil
}
