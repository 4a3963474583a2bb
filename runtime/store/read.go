package store

import (
	"context"

	eso "github.com/esogen/esogen/runtime"
)

// Get is the normal read. It returns an object without its secrets, apart from those
// that the type exposes. An object of the native format must open, so that Get shows
// no bound value that the seal does not vouch for. If the exposed secrets of an object
// of the kibana format do not open, it comes without them, and its Problem says why.
// Get fails with [ErrNotFound], and as [eso.Objects.Read] does.
func (c *Collection[T]) Get(ctx context.Context, ref eso.Ref) (*Object[T], error) {
	return c.get(ctx, ref, c.objects.Read)
}

// GetUnverified is Get of an object that need not open, for an operator. It shows what
// the database says, bound attributes included, and nothing vouches for that. It fails
// with [ErrNotFound], and as [eso.Objects.ReadUnverified] does.
func (c *Collection[T]) GetUnverified(ctx context.Context, ref eso.Ref) (*Object[T], error) {
	return c.get(ctx, ref, c.objects.ReadUnverified)
}

func (c *Collection[T]) get(ctx context.Context, ref eso.Ref, how reading[T]) (*Object[T], error) {
	return c.one(ctx, OpGet, ref, func() (*row, error) { return c.read(ctx, ref) }, c.stripped(how))
}

// reading is a read without secrets.
type reading[T any] func(ctx context.Context, keys eso.Keyring, doc eso.Document) (*T, error)

// Open returns an object with its secrets. It fails with [ErrNotFound], and as
// [eso.Objects.Open] does.
func (c *Collection[T]) Open(ctx context.Context, ref eso.Ref) (*Object[T], error) {
	return c.one(ctx, eso.OpOpen, ref, func() (*row, error) { return c.read(ctx, ref) }, c.opened)
}

// Result is one object of [Collection.GetAll], or the error of reading it.
type Result[T any] struct {
	Object *Object[T]
	Err    error
}

// GetAll reads objects as Get does, and returns a result for each, in order. An object
// that fails does not stop the others. An error of GetAll itself comes from the
// database or the context, or is [ErrSchema].
func (c *Collection[T]) GetAll(ctx context.Context, refs []eso.Ref) ([]Result[T], error) {
	results := make([]Result[T], len(refs))
	for at := 0; at < len(refs); at += defaultPage {
		some := refs[at:min(at+defaultPage, len(refs))]
		rows := c.rowsOf(ctx, some)
		for i, ref := range some {
			o, err := c.one(ctx, OpGet, ref, func() (*row, error) {
				if rows[i] != nil {
					r := *rows[i] // a copy: two refs may ask for the same row
					r.from = new(normal(ref.Namespace))
					return &r, nil
				}
				return c.read(ctx, ref) // it does not exist, or made the query for all of them fail
			}, c.stripped(c.objects.Read))
			switch ReasonOf(err) {
			case ReasonDatabase, ReasonCanceled, ReasonSchema:
				if ctx.Err() != nil || c.store.db.PingContext(ctx) != nil || ReasonOf(err) == ReasonSchema {
					return nil, err
				}
			}
			results[at+i] = Result[T]{o, err}
		}
	}
	return results, nil
}

// rowsOf reads the rows of some objects at once. It returns nil for each that it does
// not find, and for all of them if the database fails.
func (c *Collection[T]) rowsOf(ctx context.Context, refs []eso.Ref) []*row {
	found := make([]*row, len(refs))
	if c.store.check(ctx) != nil {
		return found
	}
	type key struct{ scope, id string }
	wanted := map[key][]int{}
	var args []any
	for i, ref := range refs {
		ref, err := identity(c.def, ref)
		if err != nil {
			continue
		}
		for _, scope := range scopesOf(c.def, ref) {
			k := key{scope, ref.ID}
			if wanted[k] == nil {
				args = append(args, scope, ref.ID)
			}
			wanted[k] = append(wanted[k], i)
		}
	}
	if len(wanted) == 0 {
		return found
	}
	s := search{typed: c.typed, columns: "{columns}", limit: len(wanted)}
	s.and(c.store.dialect.among(len(wanted)), args)
	rows, _, err := s.read(ctx)
	if err != nil {
		return found
	}
	for n := range rows {
		r := &rows[n]
		for _, i := range wanted[key{r.scope, r.id}] {
			if ref, err := identity(c.def, refs[i]); err == nil && r.reachedFrom(c.def, ref.Namespace) && (found[i] == nil || r.scope != "") {
				found[i] = r
			}
		}
	}
	return found
}

func (c *Collection[T]) one(ctx context.Context, name eso.Op, ref eso.Ref, read func() (*row, error), work func(context.Context, *row) (*Object[T], error)) (*Object[T], error) {
	op := c.begin(name, ref)
	r, err := read()
	var o *Object[T]
	if err == nil {
		op.on(r.document(c.def))
		err = r.unread
	}
	if err == nil {
		o, err = work(ctx, r)
	}
	if o != nil && o.Problem != nil {
		op.end(ctx, o.Problem)
		return o, nil
	}
	if err := op.end(ctx, err); err != nil {
		return nil, err
	}
	return o, nil
}

func (c *Collection[T]) stripped(how reading[T]) func(context.Context, *row) (*Object[T], error) {
	return func(ctx context.Context, r *row) (*Object[T], error) {
		doc := r.document(c.def)
		value, err := how(ctx, c.store.keys, doc)
		if value == nil {
			return nil, err
		}
		return &Object[T]{Ref: r.ref(c.def), Model: doc.Model, Revision: r.revision, Value: value, Problem: err, cursor: r.cursor()}, nil
	}
}

func (c *Collection[T]) opened(ctx context.Context, r *row) (*Object[T], error) {
	doc := r.document(c.def)
	value, err := c.objects.Open(ctx, c.store.keys, doc)
	if err != nil {
		return nil, err
	}
	return &Object[T]{Ref: r.ref(c.def), Model: doc.Model, Revision: r.revision, Value: value, cursor: r.cursor()}, nil
}
