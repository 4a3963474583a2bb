package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"
)

// retry calls work until it no longer loses a race, a bounded number of times.
func (s *Store) retry(ctx context.Context, work func() error) error {
	return s.repeat(ctx, lostRace, work)
}

// retryRead is retry that also outlasts lost connections: work only reads, or can be
// done twice.
func (s *Store) retryRead(ctx context.Context, work func() error) error {
	return s.repeat(ctx, func(err error) bool { return lostRace(err) || lostConnection(err) }, work)
}

func (s *Store) repeat(ctx context.Context, again func(error) bool, work func() error) error {
	for attempt := 1; ; attempt++ {
		err := work()
		switch {
		case err == nil || !again(err):
			return err
		case attempt >= s.options.Attempts && lostRace(err):
			return &ConflictError{attempt}
		case attempt >= s.options.Attempts:
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// pause waits before another attempt, longer each time, and for a random time, so that
// others who lost the same race do not come back together.
func pause(ctx context.Context, attempt int) error {
	longest := time.Millisecond << min(attempt, 7)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inTransaction calls work within a transaction. Options may be nil.
func (s *Store) inTransaction(ctx context.Context, options *sql.TxOptions, work func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, options)
	if err != nil {
		return s.fromDatabase(ctx, err)
	}
	defer tx.Rollback()
	if err := work(tx); err != nil {
		return err
	}
	return s.fromDatabase(ctx, tx.Commit())
}
