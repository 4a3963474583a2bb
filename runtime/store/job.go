package store

import (
	"context"
	"fmt"
	"runtime"
	"strconv"

	eso "github.com/esogen/esogen/runtime"
)

// JobOptions configures a migration or a rotation. The zero value is ready to
// use.
type JobOptions struct {
	// Batch is how many objects are read at once, and stored in one transaction
	// together with the progress of the job. Large objects make batches smaller.
	// 0 means 100; the maximum is 10,000.
	Batch int

	// Workers is how many objects are opened and sealed at a time, which
	// happens outside of transactions. 0 means as many as there are
	// processors.
	Workers int

	// DropUnopened has a migration drop the secrets that do not open, and go on:
	// eso.Definition.MigrateDropping says what else that means. It is for secrets
	// whose key is lost for good: with a keyring that merely lacks a key, it
	// destroys what that key would open. Each is in Report.Dropped.
	DropUnopened bool

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
	Done      int64 // written
	Unchanged int64 // already as they should be
	Gone      int64 // deleted meanwhile
	Failed    int64 // left as they are
}

// All is how many objects were met.
func (c Counts) All() int64 { return c.Done + c.Unchanged + c.Gone + c.Failed }

func (c *Counts) count(other Counts) {
	c.Done += other.Done
	c.Unchanged += other.Unchanged
	c.Gone += other.Gone
	c.Failed += other.Failed
}

// Report is what became of the objects of a migration or a rotation, those
// of interrupted runs before it included.
type Report struct {
	Counts // of all types
	Types  []TypeReport

	// Failures are objects that are left as they are: the first 1,000 of each
	// type. The table eso_job_failures has all of them, unless the database
	// refuses to take one. Long names are clipped.
	Failures []Failure

	// Dropped are the secrets that JobOptions.DropUnopened has let go: the first 1,000
	// of each type, and in the table as well, with the reason ReasonDropped.
	Dropped []Failure
}

// TypeReport is what became of the objects of one type.
type TypeReport struct {
	Type    string
	Resumed bool // an earlier run was interrupted, and this one went on
	Counts
}

// Failure is an object that a migration or a rotation left as it is, or a secret
// that a migration dropped.
type Failure struct {
	Ref       eso.Ref
	Model     int
	Attribute string
	Reason    Reason
}

const (
	defaultBatch = 100
	maxFailures  = 1000
)

// Migrate brings all objects of the given types that are below the write model
// up to it, for good.
//
// It goes by the order of keys, in batches, and saves with each how far it is:
// run again after an interruption, of whatever kind, it goes on from there; run
// again after its end, it begins anew. Objects that fail are reported and left as
// they are, and stop nobody; one on which a function of the product panics fails.
// Others may write meanwhile, of this release or the one beside it: an object
// that they write is read again.
//
// The error is that of the database or of the context, or ErrSuperseded; the
// report then tells what was done until then.
func (s *Store) Migrate(ctx context.Context, types []*eso.Definition, o JobOptions) (Report, error) {
	return s.runJob(ctx, eso.OpMigrate, types, o, func(d *eso.Definition) string { return strconv.Itoa(d.Write) })
}

// Rotate seals the secrets of all objects of the given types again that are not
// under the primary key yet, each at its own model. It works as Migrate does.
// Once it ends without failures, what it met needs no other key.
//
// All nodes have to know the primary key before, and use it as such: an object
// that is created under an older one meanwhile may be missed.
func (s *Store) Rotate(ctx context.Context, types []*eso.Definition, o JobOptions) (Report, error) {
	primary, err := s.primary(ctx)
	if err != nil {
		return Report{}, withDefaultOp(err, eso.OpRotate, eso.Ref{})
	}
	return s.runJob(ctx, eso.OpRotate, types, o, func(*eso.Definition) string { return primary })
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

func (s *Store) runJob(ctx context.Context, op eso.Op, types []*eso.Definition, o JobOptions, target func(*eso.Definition) string) (Report, error) {
	if err := s.check(ctx); err != nil {
		return Report{}, withDefaultOp(err, op, eso.Ref{})
	}
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	o.Batch = min(o.Batch, maxPage)
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	var report Report
	for _, d := range types {
		j := &job{typed: typed{s, d}, op: op, options: o, target: target(d)}
		err := j.run(ctx)
		report.Types = append(report.Types, TypeReport{d.Type, j.resumed, j.Counts})
		report.count(j.Counts)
		if err == nil {
			err = j.tell(ctx, &report)
		}
		if err != nil {
			return report, withDefaultOp(err, op, eso.Ref{Type: d.Type})
		}
	}
	return report, nil
}

// job is the work on one type.
type job struct {
	typed
	op      eso.Op
	options JobOptions
	target  string // what the objects are to become; a run for another target begins anew

	token   string // of this run: it is the only one that saves progress
	resumed bool
	progress
}

// progress is how far a job is, as the database has it.
type progress struct {
	after Cursor
	Counts
	ended bool
}

func (j *job) run(ctx context.Context) error {
	j.token = eso.NewID()
	if err := j.store.retryRead(ctx, func() error { return j.start(ctx) }); err != nil {
		return err
	}
	var total int64
	err := j.store.retryRead(ctx, func() error {
		query := j.store.statement("SELECT count(*) FROM {schema}eso_objects WHERE type = ?")
		return j.store.fromDatabase(ctx, j.store.db.QueryRowContext(ctx, query, j.def.Type).Scan(&total))
	})
	if err != nil {
		return err
	}
	for more := true; more; {
		var rows []row
		page := search{typed: j.typed, columns: "{columns}", after: j.after, limit: j.options.Batch}
		if j.op == eso.OpMigrate { // objects that need not be touched come without their attributes
			page.columns, page.given = "{migrating}", []any{j.def.Write}
		}
		if rows, more, err = page.rows(ctx); err != nil {
			return err
		}
		if len(rows) > 0 && !j.after.before(rows[len(rows)-1].cursor()) {
			return fmt.Errorf("%w: the database does not keep rows in order", eso.ErrMalformed)
		}
		tasks, err := j.prepareAll(ctx, rows)
		if err != nil {
			return err
		}
		if err := j.settle(ctx, tasks, !more); err != nil {
			return err
		}
		if j.options.Progress != nil {
			j.options.Progress(Progress{j.def.Type, total, j.Counts})
		}
	}
	return nil
}
