package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	eso "github.com/esogen/esogen/runtime"
)

// Collection holds the objects of one type in a store, with T as their Go form. It
// is safe for concurrent use.
type Collection[T any] struct {
	objects *eso.Objects[T]
	typed
}

// Of returns the collection of a type. The second argument comes from its generated
// package:
//
//	tokens := store.Of(s, apitoken.Objects)
func Of[T any](s *Store, objects *eso.Objects[T]) *Collection[T] {
	return &Collection[T]{objects, typed{s, objects.Definition()}}
}

// Object is an object that was read from a store.
type Object[T any] struct {
	Ref      eso.Ref
	Model    int   // of the stored document; Value has the form of the write model
	Revision int64 // for UpdateAt, DeleteAt and the like
	Value    *T

	// Problem is why Value lacks the secrets that the type exposes: they do not open.
	// Only a read of the kibana format, or an unverified one, can set it.
	Problem error

	cursor Cursor
}

// Create stores a new object and returns its identity. If ref has no id, Create
// makes one. It fails as [eso.Objects.Seal] does, with [ErrExists] if the id is taken,
// with [ErrFlag], and with [ErrUnstorable].
func (c *Collection[T]) Create(ctx context.Context, ref eso.Ref, object *T) (eso.Ref, error) {
	op := c.begin(OpCreate, ref)
	doc, err := c.seal(ctx, ref, object, &op)
	if err == nil {
		err = c.store.retry(ctx, func() error { return c.add(ctx, c.store.db, doc) })
	}
	return op.Ref, op.end(ctx, err)
}

// NewObject is an object for [Collection.CreateAll].
type NewObject[T any] struct {
	Ref    eso.Ref
	Object *T
}

// CreateAll stores new objects, all of them or none, and returns their identities in
// order. If one of them is the reason of the error, it is a [*BulkError].
func (c *Collection[T]) CreateAll(ctx context.Context, items []NewObject[T]) ([]eso.Ref, error) {
	all := c.begin(OpCreate, eso.Ref{})
	if err := c.store.check(ctx); err != nil {
		return nil, all.end(ctx, err)
	}
	refs := make([]eso.Ref, len(items))
	docs := make([]eso.Document, len(items))
	ops := make([]operation, len(items))
	for i, item := range items {
		ops[i] = c.begin(OpCreate, item.Ref)
		doc, err := c.seal(ctx, item.Ref, item.Object, &ops[i])
		if err != nil {
			return nil, &BulkError{i, ops[i].end(ctx, err)}
		}
		refs[i], docs[i] = doc.Ref, doc
	}
	at := -1
	err := c.store.retry(ctx, func() error {
		return c.store.inTransaction(ctx, nil, func(tx *sql.Tx) error {
			for i, doc := range docs {
				if err := c.add(ctx, tx, doc); err != nil {
					at = i
					return err
				}
			}
			at = -1
			return nil
		})
	})
	switch {
	case err != nil && at >= 0:
		return nil, &BulkError{at, ops[at].end(ctx, err)}
	case err != nil:
		return nil, all.end(ctx, err)
	}
	for i := range ops {
		ops[i].end(ctx, nil)
	}
	return refs, nil
}

// seal makes the document of a new object, and notes it in the operation.
func (c *Collection[T]) seal(ctx context.Context, ref eso.Ref, object *T, op *operation) (eso.Document, error) {
	if err := c.store.check(ctx); err != nil {
		return eso.Document{}, err
	}
	if object == nil {
		return eso.Document{}, fmt.Errorf("%w: no object", eso.ErrInvalid)
	}
	ref, err := newIdentity(c.def, c.def.Write, ref)
	if err != nil {
		return eso.Document{}, err
	}
	doc, err := c.objects.Seal(ctx, c.store.keys, ref, object)
	if errors.Is(err, eso.ErrShredded) && c.exists(ctx, ref) {
		err = fmt.Errorf("%w; %w", ErrExists, err)
	}
	if err != nil {
		return eso.Document{}, err
	}
	op.on(doc)
	if err := c.store.storable(op.Op, doc); err != nil {
		return eso.Document{}, err
	}
	op.KeyIDs = doc.KeyIDs
	return doc, nil
}
