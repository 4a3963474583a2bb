package store

import (
	"context"
	"database/sql"

	eso "github.com/esogen/esogen/runtime"
)

const failureColumns = "scope, id, namespace, model, attribute, reason"

// failures adds the failures of the type to a report.
func (j *job) failures(ctx context.Context, report *Report) error {
	rows, err := j.store.db.QueryContext(ctx, j.store.dialect.statement("SELECT "+failureColumns+` FROM eso_job_failures
		WHERE job = ? AND type = ? ORDER BY scope, id LIMIT ?`), string(j.op), j.def.Type, maxFailures)
	if err != nil {
		return fromDatabase(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var attribute, reason text
		var model integer
		if err := rows.Scan((*text)(&r.scope), (*text)(&r.id), (*text)(&r.namespace), &model, &attribute, &reason); err != nil {
			return fromDatabase(err)
		}
		report.Failures = append(report.Failures, Failure{r.document(j.def).Ref, int(model), string(attribute), Reason(reason)})
	}
	return fromDatabase(rows.Err())
}

// begin finds out where to begin, and makes this run the one that counts.
func (j *job) begin(ctx context.Context) error {
	j.token = eso.NewID()
	return j.store.inTransaction(ctx, func(tx *sql.Tx) error {
		if !j.work.Restart {
			taken, err := j.takeOver(ctx, tx)
			if err != nil || taken {
				return err
			}
		}
		now := timestamp()
		for _, statement := range []struct {
			text string
			args []any
		}{
			// In the order in which a run that saves its progress takes them.
			{"DELETE FROM eso_jobs WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
			{"DELETE FROM eso_job_failures WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
			{`INSERT INTO eso_jobs (job, type, target, run, ended, scope, id, done, unchanged, gone, failed, started_at, updated_at)
				VALUES (?, ?, ?, ?, 0, '', '', 0, 0, 0, 0, ?, ?)`, []any{string(j.op), j.def.Type, j.target, j.token, now, now}},
		} {
			if _, err := tx.ExecContext(ctx, j.store.dialect.statement(statement.text), statement.args...); err != nil {
				return fromDatabase(err)
			}
		}
		return nil
	})
}

// takeOver goes on where an interrupted run for the same target ended.
func (j *job) takeOver(ctx context.Context, tx *sql.Tx) (bool, error) {
	result, err := tx.ExecContext(ctx, j.store.dialect.statement("UPDATE eso_jobs SET run = ? WHERE job = ? AND type = ? AND target = ? AND ended = 0"),
		j.token, string(j.op), j.def.Type, j.target)
	if taken, err := affected(result, err); err != nil || !taken {
		return false, err
	}
	var scope, id text
	var done, current, gone, failed integer
	err = tx.QueryRowContext(ctx, j.store.dialect.statement("SELECT scope, id, done, unchanged, gone, failed FROM eso_jobs WHERE job = ? AND type = ?"),
		string(j.op), j.def.Type).Scan(&scope, &id, &done, &current, &gone, &failed)
	if err != nil {
		return false, fromDatabase(err)
	}
	j.resumed = true
	j.after = Cursor{string(scope), string(id), scope != "" || id != ""}
	j.Counts = Counts{int64(done), int64(current), int64(gone), int64(failed)}
	return true, nil
}

// save notes how far the run is after some more objects, unless another run has
// taken over. What the same transaction has written then does not count.
func (j *job) save(ctx context.Context, tx *sql.Tx, tasks []*task, ended bool) error {
	after, counts, end := j.after, j.Counts, 0
	for _, t := range tasks {
		after = t.cursor()
		counts.count(t.counts)
	}
	if ended {
		end = 1
	}
	result, err := tx.ExecContext(ctx, j.store.dialect.statement(`UPDATE eso_jobs
		SET scope = ?, id = ?, done = ?, unchanged = ?, gone = ?, failed = ?, ended = ?, updated_at = ?
		WHERE job = ? AND type = ? AND run = ?`),
		after.scope, after.id, counts.Done, counts.Current, counts.Gone, counts.Failed, end, timestamp(), string(j.op), j.def.Type, j.token)
	switch mine, err := affected(result, err); {
	case err != nil:
		return err
	case !mine:
		return ErrSuperseded
	}
	for _, t := range tasks {
		if t.counts.Failed == 0 {
			continue
		}
		f := t.failure()
		_, err := tx.ExecContext(ctx, j.store.dialect.statement(`INSERT INTO eso_job_failures (job, type, `+failureColumns+`)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`), string(j.op), j.def.Type,
			t.scope, t.id, t.namespace, f.Model, f.Attribute, string(f.Reason))
		if err != nil {
			return fromDatabase(err)
		}
	}
	return nil
}
