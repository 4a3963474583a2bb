package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/keycheck"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// canary is what a Store remembers between two calls of CheckKeys.
type canary struct {
	mu      sync.Mutex
	process string // the random name of this process, once it has one
	known   string // the keys that its registration has, "" if there is none
	look    look
}

// look is the last look for keys in the notes of all objects.
type look struct {
	among, used []string // the keys that were looked for, and those that were found
	at          time.Time
	good        time.Duration // for how long it need not be repeated
}

// A look at every note is repeated so seldom that it costs a twentieth of the time at
// most, and less often the longer nothing changes.
const (
	lookFactor = 20
	lookSoon   = 30 * time.Second
	lookLate   = 15 * time.Minute
)

// next returns for how long a look that took some time is good, after this one.
func (l *look) next(now *look, took time.Duration) time.Duration {
	good := lookFactor * took
	if slices.Equal(l.among, now.among) && slices.Equal(l.used, now.used) {
		good = max(good, 2*l.good)
	}
	return min(max(good, lookSoon), lookLate)
}

// ownKeys is what the keyring of this process has.
type ownKeys struct {
	checks map[string]string // the check values, by id
	seals  string            // the id of the key that seals for the installation, or ""
	mark   string            // see sealingMark
	known  string            // the ids, as a registration has them
}

// ownKeys asks the keyring for all that it has.
func (s *Store) ownKeys(ctx context.Context) (*ownKeys, error) {
	keys, err := s.keys.Keys(ctx)
	if err != nil {
		return nil, err
	}
	own := &ownKeys{checks: make(map[string]string, len(keys))}
	add := func(key eso.Key) error {
		id := key.ID()
		if _, ok := own.checks[id]; ok {
			return nil
		}
		if err := seal.CheckKeyID(id); err != nil {
			return fmt.Errorf("key %q: %w", clip(id), err)
		}
		check, err := keycheck.Of(ctx, key)
		if err != nil {
			return fmt.Errorf("key %q: %w", id, err)
		}
		own.checks[id] = check.String()
		return nil
	}
	for _, key := range keys {
		if key == nil {
			continue
		}
		if err := add(key); err != nil {
			return nil, err
		}
	}
	key, err := s.keys.SealingKey(ctx, eso.Ref{})
	switch {
	case err == nil && key != nil:
		own.seals = key.ID()
		if err := add(key); err != nil {
			return nil, err
		}
	case err != nil && !errors.Is(err, eso.ErrNoKey):
		return nil, err
	}
	if own.mark, err = s.sealingMark(ctx); err != nil {
		return nil, err
	}
	own.known = compactIDs(slices.Collect(maps.Keys(own.checks)))
	return own, nil
}

// sealingMark returns what changes whenever the keyring changes any key that it seals
// under, or "" if the keyring does not say. Its optional method SealingMark returns a
// text, of which this is a hash.
func (s *Store) sealingMark(ctx context.Context) (string, error) {
	keys, ok := s.keys.(interface {
		SealingMark(ctx context.Context) (string, error)
	})
	if !ok {
		return "", nil
	}
	mark, err := keys.SealingMark(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte("esogen sealing mark v1|" + mark))
	return hex.EncodeToString(sum[:16]), nil
}

// canaryRow is a row of eso_keys.
type canaryRow struct {
	id, check string
	state     KeyState
	since     int64 // when the key began to seal for an installation, in seconds since 1970; 0: never
}

// canaryRows is what the database says of keys.
type canaryRows struct {
	keys    map[string]canaryRow
	sealing []string            // the keys under which other live processes seal for the installation
	gone    map[string]KeyState // the live keys that the keyring of this process calls retired or shredded
}

// maxCanary is how many keys the canary may have: more than any product.
const maxCanary = 200_000

// readCanary reads the canary, and what other live processes seal under.
func (s *Store) readCanary(ctx context.Context) (*canaryRows, error) {
	there := &canaryRows{}
	read := func(query string, args []any, each func(*sql.Rows) error) error {
		return s.retryRead(ctx, func() error { return s.each(ctx, query, args, each) })
	}
	err := s.retryRead(ctx, func() error {
		there.keys = map[string]canaryRow{}
		return s.each(ctx, "SELECT {key} FROM {schema}eso_keys ORDER BY id LIMIT ?", []any{maxCanary + 1}, func(rows *sql.Rows) error {
			var id, check, state text
			var since integer
			if err := rows.Scan(&id, &check, &state, &since); err != nil {
				return err
			}
			if len(there.keys) >= maxCanary {
				return fmt.Errorf("%w: the table eso_keys has more than %d rows", eso.ErrTooLarge, maxCanary)
			}
			if !id.none && seal.CheckKeyID(id.text) == nil { // others, the store has not written
				there.keys[id.text] = canaryRow{id.text, check.text, KeyState(state.text), int64(since)}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	err = read("SELECT {seals} FROM {schema}eso_processes WHERE sound = 1 AND process <> ? AND {live} GROUP BY 1 LIMIT ?",
		[]any{s.processID(), int64(ProcessGrace / time.Second), maxMissing}, func(rows *sql.Rows) error {
			var id text
			if err := rows.Scan(&id); err != nil {
				return err
			}
			if state := there.keys[id.text].state; state == KeyRetired || state == KeyShredded {
				return nil // it was killed, or its own CheckKeys fails
			}
			if seal.CheckKeyID(id.text) == nil && !slices.Contains(there.sealing, id.text) {
				there.sealing = append(there.sealing, id.text)
			}
			return nil
		})
	return there, err
}

// usedKeys returns which of some keys objects are noted to be under, or all such keys
// but the keyring's own. It reads the note of every object, unless it has lately.
func (s *Store) usedKeys(ctx context.Context, own *ownKeys, among []string, all bool) ([]string, error) {
	if len(among) == 0 && !all {
		return nil, nil
	}
	slices.Sort(among)
	begun := time.Now()
	s.canary.mu.Lock()
	last := s.canary.look
	s.canary.mu.Unlock()
	if !all && slices.Equal(among, last.among) && begun.Sub(last.at) < last.good {
		return last.used, nil
	}
	var found, wanted map[string]bool
	wanted = map[string]bool{}
	for _, id := range among {
		wanted[id] = true
	}
	err := s.retryRead(ctx, func() error {
		found = map[string]bool{}
		return s.each(ctx, "SELECT {noted} FROM {schema}eso_objects GROUP BY 1", nil, func(rows *sql.Rows) error {
			var note text
			if err := rows.Scan(&note); err != nil {
				return err
			}
			ids, _ := decodeIDs(note.text)
			for _, id := range ids {
				_, mine := own.checks[id]
				if (all && !mine || wanted[id]) && len(found) < maxUses && seal.CheckKeyID(id) == nil {
					found[id] = true
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	now := look{among: among, used: slices.Sorted(maps.Keys(found)), at: time.Now()}
	now.good = last.next(&now, now.at.Sub(begun))
	s.canary.mu.Lock()
	s.canary.look = now
	s.canary.mu.Unlock()
	return now.used, nil
}

// each calls a function for each row of a query.
func (s *Store) each(ctx context.Context, query string, args []any, each func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(ctx, s.statement(query), args...)
	if err != nil {
		return s.fromDatabase(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return s.fromDatabase(ctx, rows.Err())
}

// noteKeys registers this process, and adds its keys to the canary if the keyring fits.
func (s *Store) noteKeys(ctx context.Context, own *ownKeys, there *canaryRows, sound bool) error {
	err := s.retryRead(ctx, func() error {
		return s.inTransaction(ctx, nil, func(tx *sql.Tx) error {
			if sound {
				if err := s.addKeys(ctx, tx, own, there); err != nil {
					return err
				}
				if err := s.markGone(ctx, tx, there.gone); err != nil {
					return err
				}
			}
			return s.register(ctx, tx, own, sound)
		})
	})
	if err == nil {
		s.canary.mu.Lock()
		s.canary.known = own.known
		s.canary.mu.Unlock()
	}
	return err
}

// addKeys adds the keys of this process that the canary lacks. Processes that start
// together add them in one order, so that none waits for another that waits for it.
func (s *Store) addKeys(ctx context.Context, tx *sql.Tx, own *ownKeys, there *canaryRows) error {
	var missing, blank []string
	for id := range own.checks {
		switch row, ok := there.keys[id]; {
		case !ok:
			missing = append(missing, id)
		case row.check == "":
			blank = append(blank, id)
		}
	}
	slices.Sort(missing)
	slices.Sort(blank)
	const batch = 500
	for some := range slices.Chunk(missing, batch) {
		var args []any
		for _, id := range some {
			args = append(args, id, own.checks[id], string(KeyLive))
		}
		query := "INSERT INTO {schema}eso_keys (id, check_value, state, state_at, first_seen, sealed_since) VALUES (?, ?, ?, {now}, {now}, 0)" +
			strings.Repeat(", (?, ?, ?, {now}, {now}, 0)", len(some)-1) + " {unlessItExists}"
		if _, err := tx.ExecContext(ctx, s.dialect.statement(query, *s.schema.Load()), args...); err != nil {
			return s.fromDatabase(ctx, err)
		}
	}
	for _, id := range blank {
		if _, err := tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_keys SET check_value = ? WHERE id = ? AND check_value = ''"), own.checks[id], id); err != nil {
			return s.fromDatabase(ctx, err)
		}
	}
	if own.seals == "" || there.keys[own.seals].since != 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_keys SET sealed_since = {now} WHERE id = ? AND sealed_since = 0"), own.seals)
	return s.fromDatabase(ctx, err)
}

func (s *Store) markKeys(ctx context.Context, state KeyState, ids []string) error {
	if err := state.check(); err != nil {
		return err
	}
	for _, id := range ids {
		if err := seal.CheckKeyID(id); err != nil {
			return fmt.Errorf("%w: key %q: %w", eso.ErrInvalid, clip(id), err)
		}
	}
	if err := s.check(ctx); err != nil {
		return err
	}
	return s.retryRead(ctx, func() error {
		return s.inTransaction(ctx, nil, func(tx *sql.Tx) error {
			for _, id := range slices.Sorted(slices.Values(ids)) {
				if _, err := tx.ExecContext(ctx, s.statement(`INSERT INTO {schema}eso_keys (id, check_value, state, state_at, first_seen, sealed_since)
					VALUES (?, '', ?, {now}, {now}, 0) {unlessItExists}`), id, string(state)); err != nil {
					return s.fromDatabase(ctx, err)
				}
				if _, err := tx.ExecContext(ctx, s.statement("UPDATE {schema}eso_keys SET state = ?, state_at = {now} WHERE id = ? AND state <> ?"),
					string(state), id, string(state)); err != nil {
					return s.fromDatabase(ctx, err)
				}
			}
			return nil
		})
	})
}
