package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// tell adds the failures of the type to a report.
func (j *job) tell(ctx context.Context, report *Report) error {
	failures, err := j.noted(ctx, "<>")
	if err != nil {
		return err
	}
	dropped, err := j.noted(ctx, "=")
	report.Failures = append(report.Failures, failures...)
	report.Dropped = append(report.Dropped, dropped...)
	return err
}

// noted returns failures from the table: dropped secrets ("="), or the others ("<>").
func (j *job) noted(ctx context.Context, dropped string) (notes []Failure, err error) {
	err = j.store.retryRead(ctx, func() error {
		notes = nil
		rows, err := j.store.db.QueryContext(ctx, j.store.statement(`SELECT {failure}, {attribute}, {reason} FROM {schema}eso_job_failures
			WHERE job = ? AND type = ? AND reason `+dropped+` ? ORDER BY number LIMIT ?`), string(j.op), j.def.Type, string(ReasonDropped), maxFailures)
		if err != nil {
			return j.store.fromDatabase(ctx, err)
		}
		defer rows.Close()
		for rows.Next() {
			var scope, id, namespace, attribute, reason text
			var model integer
			if err := rows.Scan(&scope, &id, &namespace, &model, &attribute, &reason); err != nil {
				return j.store.fromDatabase(ctx, err)
			}
			r := row{scope: clip(scope.text), id: clip(id.text), namespace: clip(namespace.text), model: int(model)}
			notes = append(notes, Failure{r.document(j.def).Ref, r.model, clip(attribute.text), Reason(clip(reason.text))})
		}
		return j.store.fromDatabase(ctx, rows.Err())
	})
	return notes, err
}

// start finds out where to begin, and makes this run the only one that saves progress.
func (j *job) start(ctx context.Context) error {
	return j.store.inTransaction(ctx, nil, func(tx *sql.Tx) error {
		if !j.options.Restart {
			taken, err := j.takeOver(ctx, tx)
			if err != nil || taken {
				return err
			}
		}
		now := j.store.now()
		for _, statement := range []struct {
			text string
			args []any
		}{
			// In the order in which a run that saves its progress locks them.
			{"DELETE FROM {schema}eso_jobs WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
			{"DELETE FROM {schema}eso_job_failures WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
			{`INSERT INTO {schema}eso_jobs (job, type, target, run, ended, scope, id, done, unchanged, gone, failed, started_at, updated_at)
				VALUES (?, ?, ?, ?, 0, '', '', 0, 0, 0, 0, ?, ?)`, []any{string(j.op), j.def.Type, j.target, j.token, now, now}},
			{"DELETE FROM {schema}eso_job_counts WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
		} {
			if _, err := tx.ExecContext(ctx, j.store.statement(statement.text), statement.args...); err != nil {
				return j.store.fromDatabase(ctx, err)
			}
		}
		return nil
	})
}

// takeOver continues an interrupted run for the same target, and reports whether there
// is one.
func (j *job) takeOver(ctx context.Context, tx *sql.Tx) (bool, error) {
	result, err := tx.ExecContext(ctx, j.store.statement("UPDATE {schema}eso_jobs SET run = ? WHERE job = ? AND type = ? AND target = ? AND ended = 0"),
		j.token, string(j.op), j.def.Type, j.target)
	if taken, err := j.store.affected(ctx, result, err); err != nil || !taken {
		return false, err
	}
	j.progress, err = j.readProgress(ctx, tx)
	j.resumed = err == nil
	return err == nil, err
}

// saved returns the progress of this run from the database, after a lost connection. It
// waits for a transaction that is still open there.
func (j *job) saved(ctx context.Context) (there progress, err error) {
	err = j.store.retryRead(ctx, func() error {
		return j.store.inTransaction(ctx, nil, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, j.store.statement("UPDATE {schema}eso_jobs SET run = run WHERE job = ? AND type = ? AND run = ?"),
				string(j.op), j.def.Type, j.token)
			switch mine, err := j.store.affected(ctx, result, err); {
			case err != nil:
				return err
			case !mine:
				return ErrSuperseded
			}
			there, err = j.readProgress(ctx, tx)
			return err
		})
	})
	return there, err
}

func (j *job) readProgress(ctx context.Context, tx *sql.Tx) (progress, error) {
	var scope, id text
	var done, current, gone, failed, ended integer
	err := tx.QueryRowContext(ctx, j.store.statement("SELECT {place}, done, unchanged, gone, failed, ended FROM {schema}eso_jobs WHERE job = ? AND type = ?"),
		string(j.op), j.def.Type).Scan(&scope, &id, &done, &current, &gone, &failed, &ended)
	if err != nil {
		return progress{}, j.store.fromDatabase(ctx, err)
	}
	shredded, err := j.readShredded(ctx, tx)
	return progress{
		after:  Cursor{scope.text, id.text, scope.text != "" || id.text != ""},
		Counts: Counts{int64(done), int64(current), int64(gone), int64(failed), shredded},
		ended:  ended != 0,
	}, err
}

// readShredded returns how many shredded objects the job has visited. Version 2 of the
// schema has no column for them.
func (j *job) readShredded(ctx context.Context, tx *sql.Tx) (int64, error) {
	var n integer
	err := tx.QueryRowContext(ctx, j.store.statement("SELECT {shredded} FROM {schema}eso_job_counts WHERE job = ? AND type = ?"), string(j.op), j.def.Type).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return int64(n), j.store.fromDatabase(ctx, err)
}

// saveShredded stores what readShredded reads, if it has changed.
func (j *job) saveShredded(ctx context.Context, tx *sql.Tx, n int64) error {
	if n == j.Shredded {
		return nil
	}
	result, err := tx.ExecContext(ctx, j.store.statement("UPDATE {schema}eso_job_counts SET shredded = ? WHERE job = ? AND type = ?"), n, string(j.op), j.def.Type)
	if there, err := j.store.affected(ctx, result, err); err != nil || there {
		return err
	}
	_, err = tx.ExecContext(ctx, j.store.statement("INSERT INTO {schema}eso_job_counts (job, type, shredded) VALUES (?, ?, ?) {unlessItExists}"), string(j.op), j.def.Type, n)
	return j.store.fromDatabase(ctx, err)
}

// save stores the progress of the run after some more objects, and returns it. If
// another run has taken over, it fails, and its transaction must be rolled back. At the
// end, it also counts the rows with keys that the store does not write, which are in no
// page.
//
// If noted is true, it stores failures too: errUnnoted means that the database refuses
// one of them.
func (j *job) save(ctx context.Context, tx *sql.Tx, tasks []*task, ended, noted bool) (progress, error) {
	next := progress{j.after, j.Counts, ended}
	for _, t := range tasks {
		next.after = t.cursor()
		next.count(t.counts)
	}
	if ended {
		unsound, err := j.countUnsound(ctx, tx, noted)
		if err != nil {
			return next, err
		}
		next.Failed += unsound
	}
	end := 0
	if ended {
		end = 1
	}
	result, err := tx.ExecContext(ctx, j.store.statement(`UPDATE {schema}eso_jobs
		SET scope = ?, id = ?, done = ?, unchanged = ?, gone = ?, failed = ?, ended = ?, updated_at = ?
		WHERE job = ? AND type = ? AND run = ?`),
		next.after.scope, next.after.id, next.Done, next.Unchanged, next.Gone, next.Failed, end, j.store.now(), string(j.op), j.def.Type, j.token)
	switch mine, err := j.store.affected(ctx, result, err); {
	case err != nil:
		return next, err
	case !mine:
		return next, ErrSuperseded
	}
	if err := j.saveShredded(ctx, tx, next.Shredded); err != nil {
		return next, err
	}
	if !noted {
		return next, nil
	}
	for _, t := range tasks {
		for _, f := range t.notes() {
			_, err := tx.ExecContext(ctx, j.store.statement(`INSERT INTO {schema}eso_job_failures
				(job, type, number, scope, id, namespace, model, attribute, reason)
				SELECT ?, ?, COALESCE(MAX(number), 0) + 1, ?, ?, ?, ?, ?, ? FROM {schema}eso_job_failures WHERE job = ? AND type = ?`),
				string(j.op), j.def.Type, clip(t.scope), clip(t.id), clip(t.namespace), f.Model, f.Attribute, string(f.Reason), string(j.op), j.def.Type)
			if err != nil {
				return next, fmt.Errorf("%w: %w", errUnnoted, j.store.fromDatabase(ctx, err))
			}
		}
	}
	return next, nil
}

// errUnnoted means that the database refuses a row of the table of failures.
var errUnnoted = errors.New("a failure cannot be noted")

// countUnsound counts the rows with keys that the store does not write. Such keys may
// have any length, and fail without being read. If noted is true, it adds them to the
// table of failures.
func (j *job) countUnsound(ctx context.Context, tx *sql.Tx, noted bool) (int64, error) {
	if !noted {
		var n int64
		err := tx.QueryRowContext(ctx, j.store.statement("SELECT count(*) FROM {schema}eso_objects WHERE type = ? AND {unsound}"), j.def.Type).Scan(&n)
		return n, j.store.fromDatabase(ctx, err)
	}
	result, err := tx.ExecContext(ctx, j.store.statement(`INSERT INTO {schema}eso_job_failures
		(job, type, number, scope, id, namespace, model, attribute, reason)
		SELECT ?, ?, (SELECT COALESCE(MAX(number), 0) FROM {schema}eso_job_failures WHERE job = ? AND type = ?) + row_number() OVER (), {failure}, '', ?
		FROM {schema}eso_objects WHERE type = ? AND {unsound}`),
		string(j.op), j.def.Type, string(j.op), j.def.Type, string(ReasonID), j.def.Type)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errUnnoted, j.store.fromDatabase(ctx, err))
	}
	n, err := result.RowsAffected()
	return n, j.store.fromDatabase(ctx, err)
}
