package store

import (
	"context"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Get is the normal read: the object without its secrets, apart from those that
// the type exposes. Where those do not open, the object comes without any, and
// its Problem says why. Get fails with ErrNotFound, and as eso.Objects.Read
// does.
func (c *Collection[T]) Get(ctx context.Context, ref eso.Ref) (*Object[T], error) {
	return c.one(ctx, OpGet, ref, c.stripped)
}

// Open reads an object with its secrets. It fails with ErrNotFound, and as
// eso.Objects.Open does.
func (c *Collection[T]) Open(ctx context.Context, ref eso.Ref) (*Object[T], error) {
	return c.one(ctx, eso.OpOpen, ref, c.opened)
}

// Result is what became of one object of a bulk read: an object, or an error.
type Result[T any] struct {
	Object *Object[T]
	Err    error
}

// GetAll reads many objects as Get does, and returns what became of each, in
// order. An object that fails does not stop the others. The error is that of
// the database or of the context.
func (c *Collection[T]) GetAll(ctx context.Context, refs []eso.Ref) ([]Result[T], error) {
	results := make([]Result[T], len(refs))
	for i, ref := range refs {
		o, err := c.Get(ctx, ref)
		switch ReasonOf(err) {
		case Database, Canceled, Schema:
			return nil, err
		}
		results[i] = Result[T]{o, err}
	}
	return results, nil
}

func (c *Collection[T]) one(ctx context.Context, op eso.Op, ref eso.Ref, work func(context.Context, *row) (*Object[T], error)) (*Object[T], error) {
	begin := time.Now()
	e := Event{Op: op, Ref: ref, Attempts: 1}
	e.Ref.Type = c.def.Type
	r, err := c.read(ctx, ref)
	var o *Object[T]
	if err == nil {
		e.Ref, e.Model = r.document(c.def).Ref, r.model
		o, err = work(ctx, r)
	}
	if o != nil && o.Problem != nil {
		c.store.report(ctx, begin, e, o.Problem)
		return o, nil
	}
	if err := c.store.report(ctx, begin, e, located(err, op, e.Ref)); err != nil {
		return nil, err
	}
	return o, nil
}

func (c *Collection[T]) stripped(ctx context.Context, r *row) (*Object[T], error) {
	doc := r.document(c.def)
	value, err := c.objects.Read(ctx, c.store.keys, doc)
	if value == nil {
		return nil, err
	}
	return &Object[T]{Ref: doc.Ref, Model: doc.Model, Revision: r.revision, Value: value, Problem: err, cursor: r.cursor()}, nil
}

func (c *Collection[T]) opened(ctx context.Context, r *row) (*Object[T], error) {
	doc := r.document(c.def)
	value, err := c.objects.Open(ctx, c.store.keys, doc)
	if err != nil {
		return nil, err
	}
	return &Object[T]{Ref: doc.Ref, Model: doc.Model, Revision: r.revision, Value: value, cursor: r.cursor()}, nil
}
