package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	eso "github.com/esogen/esogen/runtime"
)

// task is the work of a job on one object.
type task struct {
	row
	op      operation
	change  *replacement // what to store, or nil
	counts  Counts       // the outcome, once that is stored
	err     error        // why the object failed, or that it was shredded
	dropped []error      // the secrets that the replacement lacks
}

// becomes records the outcome of an object that needs no write.
func (t *task) becomes(c Counts) { t.change, t.counts, t.dropped = nil, c, nil }

// fails records that an object stays unchanged because of an error.
func (t *task) fails(err error) {
	t.becomes(Counts{Failed: 1})
	t.err = err
}

// shredded records that the key of an object was destroyed on purpose.
func (t *task) shredded(err error) {
	t.becomes(Counts{Shredded: 1})
	t.err = err
}

// notes returns the failures to report for an object.
func (t *task) notes() (notes []Failure) {
	errs := t.dropped
	if t.counts.Failed > 0 {
		errs = []error{t.err}
	}
	for _, err := range errs {
		f := Failure{Ref: t.op.Ref, Model: t.model, Reason: ReasonOf(err)}
		if at := (*eso.Error)(nil); errors.As(err, &at) {
			f.Attribute = clip(at.Attribute)
		}
		notes = append(notes, f)
	}
	return notes
}

// prepareAll opens and seals the objects of a batch, several at a time. It stores
// nothing.
func (j *job) prepareAll(ctx context.Context, rows []row) ([]*task, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tasks := make([]*task, len(rows))
	places := make(chan int)
	var workers sync.WaitGroup
	for range min(j.options.Workers, len(rows)) {
		workers.Go(func() {
			for i := range places {
				tasks[i] = &task{row: rows[i], op: j.begin(j.op, eso.Ref{})}
				if err := j.prepare(ctx, tasks[i], rows[i].unread); err != nil {
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
	return tasks, context.Cause(ctx)
}

// prepare decides what to do with an object that was read, or could not be read. An
// error ends the job.
func (j *job) prepare(ctx context.Context, t *task, unread error) error {
	t.op.on(t.document(j.def))
	if errors.Is(unread, ErrNotFound) {
		t.becomes(Counts{Gone: 1})
		return nil
	}
	if j.op == eso.OpMigrate && t.model >= j.def.Write {
		t.becomes(Counts{Unchanged: 1})
		return nil
	}
	err := unread
	if err == nil {
		t.change, err = j.typed.prepare(&t.op, &t.row, j.step(ctx, t))
	}
	switch {
	case err != nil:
		if ends := j.ends(ctx, err); ends != nil {
			return ends
		}
		if j.isShredded(ctx, t, err) {
			t.shredded(err)
		} else {
			t.fails(err)
		}
	case t.change == nil || t.change.note:
		t.counts = Counts{Unchanged: 1}
	default:
		t.counts = Counts{Done: 1}
	}
	return nil
}

// isShredded reports whether the key that an object is under was destroyed. An object
// that still opens, of a namespace that has no key to seal it any more, is not shredded:
// it fails.
func (j *job) isShredded(ctx context.Context, t *task, err error) bool {
	if !errors.Is(err, eso.ErrShredded) {
		return false
	}
	doc := t.document(j.def)
	for _, id := range sealedBy(doc) {
		if _, err := j.store.keys.OpeningKey(ctx, doc.Ref, id); errors.Is(err, eso.ErrShredded) {
			return true
		}
	}
	return false
}

func (j *job) step(ctx context.Context, t *task) step {
	work := j.def.Rotate
	switch {
	case j.op == eso.OpMigrate && j.options.DropUnopened:
		work = func(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
			made, dropped, err := j.def.MigrateDropping(ctx, keys, doc)
			t.dropped = nil
			for _, name := range dropped {
				t.dropped = append(t.dropped, &eso.Error{Op: j.op, Ref: doc.Ref, Attribute: clip(name), Err: errDropped})
			}
			return made, err
		}
	case j.op == eso.OpMigrate:
		work = j.def.Migrate
	}
	return func(doc eso.Document) (made eso.Document, err error) {
		// A conversion of the product may panic on one document. In a goroutine of
		// this package, that would end the process, and then each process that
		// continues the job at this document.
		defer func() {
			if recover() != nil {
				err = errPanicked
			}
		}()
		return work(ctx, j.store.keys, doc)
	}
}

// errPanicked does not hold the argument of the panic, which may be a secret. Opening
// the object panics again, and shows it.
var errPanicked = errors.New("a function of the product, or of its keyring, panicked")

// errDropped is for a secret that a migration dropped.
var errDropped = errors.New("it did not open, and was dropped")

// ends returns the error that ends the job, given the error of an object or a batch. It
// returns nil if the other objects are not affected.
func (j *job) ends(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrSuperseded):
		return err
	case ReasonOf(err) == ReasonDatabase:
		// The database cannot read or write this row, or it is down.
		if down := j.store.db.PingContext(ctx); down != nil {
			return j.store.fromDatabase(ctx, down)
		}
	}
	return nil
}

// settle stores what was prepared, and that the job has visited these objects: in one
// transaction, unless others write at the same time or the database refuses one. Each
// transaction stores the next objects in the order of keys, so that the saved progress
// is true whenever the job is killed.
func (j *job) settle(ctx context.Context, tasks []*task, ended bool) error {
	for len(tasks) > 1 {
		n, err := j.commit(ctx, tasks, ended)
		switch {
		case err == nil && n == len(tasks):
			return nil
		case err == nil:
			// Others have written the next one since it was read.
			lost := tasks[n]
			tasks = tasks[n+1:]
			if err := j.again(ctx, lost); err != nil {
				return err
			}
			if err := j.alone(ctx, lost, ended && len(tasks) == 0); err != nil || len(tasks) == 0 {
				return err
			}
		default:
			if ends := j.ends(ctx, err); ends != nil {
				return ends
			}
			// The database refuses one of them.
			half := len(tasks) / 2
			if err := j.settle(ctx, tasks[:half], false); err != nil {
				return err
			}
			tasks = tasks[half:]
		}
	}
	if len(tasks) == 1 {
		return j.alone(ctx, tasks[0], ended)
	}
	_, err := j.commit(ctx, nil, ended)
	return err
}

// alone settles one object.
func (j *job) alone(ctx context.Context, t *task, ended bool) error {
	for {
		n, err := j.commit(ctx, []*task{t}, ended)
		switch {
		case err == nil && n == 1:
			return nil
		case err == nil:
			err = j.again(ctx, t)
		case t.change == nil:
			// Not the object is at fault: nothing of it was to be stored.
		default:
			refused := err
			if err = j.ends(ctx, refused); err == nil {
				t.fails(refused)
			}
		}
		if err != nil {
			return err
		}
	}
}

// again reads an object that others have written, and prepares it again. An error ends
// the job.
func (j *job) again(ctx context.Context, t *task) error {
	if t.op.Attempts >= j.store.options.Attempts {
		t.fails(&ConflictError{t.op.Attempts})
		return nil
	}
	if err := pause(ctx, t.op.Attempts); err != nil {
		return err
	}
	t.op.Attempts++
	return j.prepare(ctx, t, j.store.reread(ctx, j.def, &t.row))
}

// commit stores in one transaction what was prepared, up to the first object that
// others have written since it was read, together with the progress of the job. It
// returns how many objects that are. If it fails, nothing was stored.
func (j *job) commit(ctx context.Context, tasks []*task, ended bool) (int, error) {
	n, noted := 0, true
	var next progress
	transaction := func() error {
		return j.store.inTransaction(ctx, nil, func(tx *sql.Tx) error {
			var err error
			if n, err = j.write(ctx, tx, tasks); err != nil {
				return err
			}
			if n == 0 && len(tasks) > 0 {
				return errLost
			}
			next, err = j.save(ctx, tx, tasks[:n], ended && n == len(tasks), noted)
			return err
		})
	}
	for attempt := 1; ; attempt++ {
		err := j.store.retry(ctx, transaction)
		switch {
		case err == nil:
		case errors.Is(err, errLost):
			return 0, nil
		case errors.Is(err, errUnnoted) && len(tasks) <= 1 && noted && !lostConnection(err):
			noted = false // the object counts as failed without a row in the table
			continue
		case lostConnection(err) && attempt < j.store.options.Attempts:
			// The answer is lost: the database has stored all of it, or nothing.
			if err := pause(ctx, attempt); err != nil {
				return 0, err
			}
			switch there, err := j.saved(ctx); {
			case err != nil:
				return 0, err
			case there != next:
				continue
			}
		default:
			return 0, err
		}
		break
	}
	for _, t := range tasks[:n] {
		switch {
		case t.counts.Done > 0:
			t.op.end(ctx, nil)
			for _, err := range t.dropped {
				t.op.end(ctx, err)
			}
		case t.counts.Failed+t.counts.Shredded > 0:
			t.op.end(ctx, t.err)
		}
	}
	j.progress = next
	return n, nil
}

// write stores the changes up to the first object that others have written since it
// was read, and returns how many objects that are.
func (j *job) write(ctx context.Context, tx *sql.Tx, tasks []*task) (int, error) {
	var changes []*replacement
	var places []int
	for i, t := range tasks {
		if t.change != nil {
			changes, places = append(changes, t.change), append(places, i)
		}
	}
	stored, err := j.store.dialect.replaceAll(ctx, j.store, tx, j.def, changes)
	if err != nil || stored == len(changes) {
		return len(tasks), err
	}
	return places[stored], nil
}
