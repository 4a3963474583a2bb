package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Work says how a migration or a rotation is done. The zero value will do.
type Work struct {
	// Batch is after how many objects progress is saved and told. 0 means 100.
	Batch int

	// Workers is how many objects are worked on at a time. 0 means as many as
	// there are processors.
	Workers int

	// Restart begins with the first object, even if an earlier run was
	// interrupted.
	Restart bool

	// Progress is called after each batch, from one goroutine.
	Progress func(Progress)
}

// Progress is how far the work on one type has come.
type Progress struct {
	Type  string
	Total int64 // objects of the type when the run began
	Counts
}

// Counts are what became of objects. Each that was met is in one of them.
type Counts struct {
	Done    int64 // written
	Current int64 // as they should be already
	Gone    int64 // deleted meanwhile
	Failed  int64 // left as they are
}

// All is how many objects were met.
func (c Counts) All() int64 { return c.Done + c.Current + c.Gone + c.Failed }

func (c *Counts) count(other Counts) {
	c.Done += other.Done
	c.Current += other.Current
	c.Gone += other.Gone
	c.Failed += other.Failed
}

// Report is what became of the objects of a migration or a rotation, those
// of interrupted runs before it included.
type Report struct {
	Counts // of all types
	Types  []TypeReport

	// Failures tells of objects that are left as they are: the first 1,000 of
	// each type. The table eso_job_failures has all of them.
	Failures []Failure
}

// TypeReport is what became of the objects of one type.
type TypeReport struct {
	Type    string
	Resumed bool // an earlier run was interrupted, and this one went on
	Counts
}

// Failure is an object that a migration or a rotation left as it is.
type Failure struct {
	Ref       eso.Ref
	Model     int
	Attribute string
	Reason    Reason
}

const (
	defaultBatch   = 100
	maxFailures    = 1000
	failureColumns = "scope, id, namespace, model, attribute, reason"
)

// Migrate brings all objects of the given types that are below the write model
// up to it, for good.
//
// It goes by the order of keys, in batches, and saves how far it is: run again
// after an interruption, of whatever kind, it goes on from there; run again after
// its end, it begins anew. Objects that fail are reported and left as they are,
// and stop nobody. Others may write meanwhile, of this release or the one beside
// it: an object that they write is read again.
//
// The error is that of the database or of the context, or ErrSuperseded; the
// report then tells what was done until then.
func Migrate(ctx context.Context, s *Store, types []*eso.Definition, w Work) (Report, error) {
	return s.runJob(ctx, eso.OpMigrate, types, w, func(d *eso.Definition) string { return strconv.Itoa(d.Write) })
}

// Rotate seals the secrets of all objects of the given types again that are not
// under the primary key yet, each at its own model. It works as Migrate does.
// Once it ends without failures, what it met needs no other key.
//
// All nodes have to know the primary key before, and use it as such: an object
// that is created under an older one meanwhile may be missed.
func Rotate(ctx context.Context, s *Store, types []*eso.Definition, w Work) (Report, error) {
	primary, err := s.primary(ctx)
	if err != nil {
		return Report{}, located(err, eso.OpRotate, eso.Ref{})
	}
	return s.runJob(ctx, eso.OpRotate, types, w, func(*eso.Definition) string { return primary })
}

func (s *Store) primary(ctx context.Context) (string, error) {
	keys, err := s.keys.Keys(ctx)
	if err != nil {
		return "", err
	}
	if len(keys) == 0 {
		return "", eso.ErrNoKey
	}
	return keys[0].ID(), nil
}

func (s *Store) runJob(ctx context.Context, op eso.Op, types []*eso.Definition, w Work, target func(*eso.Definition) string) (Report, error) {
	if err := s.check(ctx); err != nil {
		return Report{}, located(err, op, eso.Ref{})
	}
	if w.Batch <= 0 {
		w.Batch = defaultBatch
	}
	w.Batch = min(w.Batch, maxPage)
	if w.Workers <= 0 {
		w.Workers = runtime.GOMAXPROCS(0)
	}
	var report Report
	for _, d := range types {
		j := &job{table: table{s, d}, op: op, work: w, target: target(d)}
		err := j.run(ctx)
		report.Types = append(report.Types, TypeReport{d.Type, j.resumed, j.Counts})
		report.count(j.Counts)
		if err == nil {
			err = j.failures(ctx, &report)
		}
		if err != nil {
			return report, located(err, op, eso.Ref{Type: d.Type})
		}
	}
	return report, nil
}

// job is the work on one type.
type job struct {
	table
	op     eso.Op
	work   Work
	target string // what the objects are to become; a run for another target begins anew

	token   string // of this run: it is the only one that saves progress
	resumed bool
	after   Cursor
	Counts
}

func (j *job) run(ctx context.Context) error {
	if err := j.store.retry(ctx, func() error { return j.begin(ctx) }); err != nil {
		return err
	}
	var total int64
	err := j.store.db.QueryRowContext(ctx, j.store.dialect.statement("SELECT count(*) FROM eso_objects WHERE type = ?"), j.def.Type).Scan(&total)
	if err != nil {
		return fromDatabase(err)
	}
	for more := true; more; {
		var rows []row
		page := search{table: j.table, after: j.after, limit: j.work.Batch}
		if rows, more, err = page.read(ctx, keyColumns); err != nil {
			return err
		}
		if len(rows) > 0 && !j.after.before(rows[len(rows)-1].cursor()) {
			return fmt.Errorf("%w: the database does not keep rows in order", eso.ErrMalformed)
		}
		outcomes, err := j.batch(ctx, rows)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			j.after = rows[len(rows)-1].cursor()
		}
		if err := j.store.retry(ctx, func() error { return j.save(ctx, outcomes, !more) }); err != nil {
			return err
		}
		for _, o := range outcomes {
			j.count(o.Counts)
		}
		if j.work.Progress != nil {
			j.work.Progress(Progress{j.def.Type, total, j.Counts})
		}
	}
	return nil
}

// outcome is what became of one object.
type outcome struct {
	row
	Counts
	failure Failure
}

// batch works on some objects at a time.
func (j *job) batch(ctx context.Context, rows []row) ([]outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outcomes := make([]outcome, len(rows))
	places := make(chan int)
	var workers sync.WaitGroup
	for range min(j.work.Workers, len(rows)) {
		workers.Go(func() {
			for i := range places {
				var err error
				if outcomes[i], err = j.one(ctx, rows[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range rows {
		if ctx.Err() != nil {
			break
		}
		places <- i
	}
	close(places)
	workers.Wait()
	return outcomes, context.Cause(ctx)
}

// one works on one object. The error ends the job.
func (j *job) one(ctx context.Context, key row) (outcome, error) {
	o := outcome{row: key}
	if j.op == eso.OpMigrate && key.model >= j.def.Write {
		o.Current++
		return o, nil
	}
	begin := time.Now()
	ref := key.document(j.def).Ref
	e := Event{Op: j.op, Ref: ref, Model: key.model}
	written, err := j.change(ctx, &e, j.store.options.Attempts, func() (*row, error) {
		r := key
		err := j.store.fill(ctx, j.def, &r)
		return &r, err
	}, j.step(ctx))
	switch {
	case errors.Is(err, ErrNotFound):
		o.Gone++
		return o, nil
	case err == nil && !written:
		o.Current++
		return o, nil
	case err == nil:
		o.Done++
		return o, j.store.report(ctx, begin, e, nil)
	}
	if ctx.Err() != nil {
		return o, ctx.Err()
	}
	if ReasonOf(err) == Database {
		// Either the row is one that the database cannot give or take, or the
		// database is away.
		if down := j.store.db.PingContext(ctx); down != nil {
			return o, fromDatabase(down)
		}
	}
	o.Failed++
	o.failure = Failure{Ref: ref, Model: e.Model, Reason: ReasonOf(err)}
	if at := (*eso.Error)(nil); errors.As(err, &at) {
		o.failure.Attribute = at.Attribute
	}
	j.store.report(ctx, begin, e, located(err, j.op, ref))
	return o, nil
}

func (j *job) step(ctx context.Context) step {
	if j.op == eso.OpMigrate {
		return func(keys eso.Keyring, doc eso.Document) (eso.Document, error) { return j.def.Migrate(ctx, keys, doc) }
	}
	return func(keys eso.Keyring, doc eso.Document) (eso.Document, error) { return j.def.Rotate(ctx, keys, doc) }
}

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
			{"DELETE FROM eso_job_failures WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
			{"DELETE FROM eso_jobs WHERE job = ? AND type = ?", []any{string(j.op), j.def.Type}},
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

// save notes how far the run is, unless another one has taken over.
func (j *job) save(ctx context.Context, outcomes []outcome, ended bool) error {
	counts := j.Counts
	for _, o := range outcomes {
		counts.count(o.Counts)
	}
	end := 0
	if ended {
		end = 1
	}
	return j.store.inTransaction(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, j.store.dialect.statement(`UPDATE eso_jobs
			SET scope = ?, id = ?, done = ?, unchanged = ?, gone = ?, failed = ?, ended = ?, updated_at = ?
			WHERE job = ? AND type = ? AND run = ?`),
			j.after.scope, j.after.id, counts.Done, counts.Current, counts.Gone, counts.Failed, end, timestamp(), string(j.op), j.def.Type, j.token)
		switch mine, err := affected(result, err); {
		case err != nil:
			return err
		case !mine:
			return ErrSuperseded
		}
		for _, o := range outcomes {
			if o.Failed == 0 {
				continue
			}
			_, err := tx.ExecContext(ctx, j.store.dialect.statement(`INSERT INTO eso_job_failures (job, type, `+failureColumns+`)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`), string(j.op), j.def.Type,
				o.scope, o.id, o.namespace, o.failure.Model, o.failure.Attribute, string(o.failure.Reason))
			if err != nil {
				return fromDatabase(err)
			}
		}
		return nil
	})
}
