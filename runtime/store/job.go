package store

import (
	"context"
	"errors"
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

	// Workers is how many objects are opened and sealed at a time, outside of
	// transactions. 0 means as many as there are processors.
	Workers int

	// DropUnopened makes a migration drop secrets that do not open, as
	// [eso.Definition.MigrateDropping] does. It is for secrets whose key is lost: if the
	// keyring merely lacks the key, it destroys what that key would open. Each one is in
	// Report.Dropped.
	DropUnopened bool

	// Restart begins with the first object, even if an earlier run was interrupted.
	Restart bool

	// Progress is called after each batch, from one goroutine.
	Progress func(Progress)
}

// Progress is how far a job has come with one type.
type Progress struct {
	Type  string
	Total int64 // objects of the type when the run began
	Counts
}

// Counts classifies the objects that a job has visited. Each is counted once.
type Counts struct {
	Done      int64 // written
	Unchanged int64 // nothing had to be done
	Gone      int64 // deleted since they were read
	Failed    int64 // reported, and not written
	Shredded  int64 // their key was destroyed on purpose: they stay as they are
}

// All returns how many objects were visited.
func (c Counts) All() int64 { return c.Done + c.Unchanged + c.Gone + c.Failed + c.Shredded }

func (c *Counts) count(other Counts) {
	c.Done += other.Done
	c.Unchanged += other.Unchanged
	c.Gone += other.Gone
	c.Failed += other.Failed
	c.Shredded += other.Shredded
}

// Report is the result of a migration or a rotation. It includes the interrupted runs
// that this one continued.
type Report struct {
	Counts // of all types
	Types  []TypeReport

	// Failures are the objects that failed and stay unchanged: the first 1,000 of each
	// type. The table eso_job_failures has all of them, except those that the database
	// refuses. Long names are clipped.
	Failures []Failure

	// Dropped are the secrets that JobOptions.DropUnopened dropped: the first 1,000 of
	// each type. The table has them too, with the reason [ReasonDropped].
	Dropped []Failure
}

// TypeReport is the result for the objects of one type.
type TypeReport struct {
	Type    string
	Resumed bool // continued an interrupted run
	Counts
}

// Failure is an object that failed in a migration or a rotation, or a secret that a
// migration dropped.
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

// Migrate brings the objects of the given types that are below the write model up to
// it.
//
// It goes through the objects in the order of their keys, in batches, and saves its
// progress with each: run again after an interruption of any kind, it goes on from
// there; run again after its end, it begins anew. An object that fails, or on which a
// function of the product panics, is reported and stays unchanged; the others go on.
// Programs of this release and the one beside it may write at the same time: an object
// that they write is read again.
//
// The error comes from the database or the context, or is [ErrSuperseded]. The report
// then has what was done before it.
func (s *Store) Migrate(ctx context.Context, types []*eso.Definition, o JobOptions) (Report, error) {
	target := func(_ context.Context, d *eso.Definition) (string, error) { return strconv.Itoa(d.Write), nil }
	return s.runJob(ctx, eso.OpMigrate, types, o, target)
}

// Rotate seals again the objects of the given types that are not under the key yet that
// would seal them today, each at its own model: the primary key, or with a keyring that
// has keys for namespaces, the key of the object's namespace. It works as
// [Store.Migrate] does. Once it ends without failures, the objects that it visited need
// no other key. Objects whose key was shredded stay as they are, and are counted as such.
//
// Before, every process must seal under these keys: an object that a process creates
// under an older key during the rotation may be missed. See [Store.ProcessesSealing].
//
// An interrupted rotation goes on if the keyring still seals under the same keys, and
// begins anew otherwise; so does one during which they change. For that, a keyring that
// chooses a key for each object has to have a method
//
//	SealingMark(ctx context.Context) (string, error)
//
// that returns another text whenever any of the keys that it seals under has changed, and
// the same in every process that has the same keys. Of any other keyring, Rotate compares
// the key that seals objects of the type that are in no namespace.
func (s *Store) Rotate(ctx context.Context, types []*eso.Definition, o JobOptions) (Report, error) {
	for _, d := range types { // before the first one is begun
		if _, err := s.rotationTarget(ctx, d); err != nil {
			return Report{}, err
		}
	}
	return s.runJob(ctx, eso.OpRotate, types, o, s.rotationTarget)
}

// rotationTarget returns what a rotation of a type is for. One for another target begins
// anew.
func (s *Store) rotationTarget(ctx context.Context, d *eso.Definition) (string, error) {
	ref := eso.Ref{Type: d.Type}
	key, err := s.keys.SealingKey(ctx, ref)
	if err == nil && key == nil {
		err = eso.ErrNoKey
	}
	mark := ""
	if err == nil {
		mark, err = s.sealingMark(ctx)
	}
	switch {
	case err != nil:
		return "", withDefaultOp(err, eso.OpRotate, ref)
	case mark == "":
		return key.ID(), nil
	}
	return key.ID() + " " + mark, nil
}

func (s *Store) runJob(ctx context.Context, op eso.Op, types []*eso.Definition, o JobOptions, target func(context.Context, *eso.Definition) (string, error)) (Report, error) {
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
		j, err := s.runFor(ctx, op, d, o, target)
		if j != nil {
			report.Types = append(report.Types, TypeReport{d.Type, j.resumed, j.Counts})
			report.count(j.Counts)
			if err == nil {
				err = j.tell(ctx, &report)
			}
		}
		if err != nil {
			return report, withDefaultOp(err, op, eso.Ref{Type: d.Type})
		}
	}
	return report, nil
}

// runFor runs the job of one type, and again if its target has changed meanwhile.
func (s *Store) runFor(ctx context.Context, op eso.Op, d *eso.Definition, o JobOptions, target func(context.Context, *eso.Definition) (string, error)) (*job, error) {
	for attempt := 1; ; attempt++ {
		begun, err := target(ctx, d)
		if err != nil {
			return nil, err
		}
		j := &job{typed: typed{s, d}, op: op, options: o, target: begun}
		if err := j.run(ctx); err != nil {
			return j, err
		}
		switch now, err := target(ctx, d); {
		case err != nil:
			return j, err
		case now == begun:
			return j, nil
		case attempt >= s.options.Attempts:
			return j, errUnsteady
		}
	}
}

// errUnsteady is for a keyring that changes what it seals under with every run.
var errUnsteady = errors.New("the keyring sealed under other keys at the end than at the beginning")

// job is a migration or a rotation of one type.
type job struct {
	typed
	op      eso.Op
	options JobOptions
	target  string // the model or the keys; a run for another target begins anew

	token   string // of this run, the only one that saves progress
	resumed bool
	progress
}

// progress is how far a job has come, as the database has it.
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
		if j.op == eso.OpMigrate { // objects that are not below the write model come without attributes
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
