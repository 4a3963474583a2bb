package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Collection is the objects of one type in a store, with T as their Go form. It
// is safe for concurrent use.
type Collection[T any] struct {
	objects *eso.Objects[T]
	typed
}

// Of returns the objects of one type. Generated packages give the second
// argument:
//
//	tokens := store.Of(s, connectortoken.Objects)
func Of[T any](s *Store, objects *eso.Objects[T]) *Collection[T] {
	return &Collection[T]{objects, typed{s, objects.Definition}}
}

// Object is one object as it was read.
type Object[T any] struct {
	Ref      eso.Ref
	Model    int   // of the stored document; the Go form is that of the write model all the same
	Revision int64 // for UpdateAt and DeleteAt
	Value    *T

	// Problem says why the secrets that the type exposes are not in the value of
	// a normal read of the kibana format, or of an unverified one: they do not
	// open. It is nil in all other cases.
	Problem error

	cursor Cursor
}

// Create stores a new object, and returns its identity: the id is made where
// ref has none. It fails as eso.Objects.Seal does, with ErrExists where there is
// such an object already, and with ErrUnstorable.
func (c *Collection[T]) Create(ctx context.Context, ref eso.Ref, object *T) (eso.Ref, error) {
	begin := time.Now()
	e := Event{Op: OpCreate, Ref: ref, Attempts: 1}
	doc, err := c.seal(ctx, ref, object, &e)
	if err == nil {
		err = c.store.retry(ctx, func() error { return c.add(ctx, c.store.db, doc) })
	}
	return e.Ref, c.store.report(ctx, begin, e, withDefaultOp(err, OpCreate, e.Ref))
}

// NewObject is an object for CreateAll.
type NewObject[T any] struct {
	Ref    eso.Ref
	Object *T
}

// CreateAll stores many new objects, all of them or none, and returns their
// identities in order. The error is a *BulkError where one of them is the
// reason.
func (c *Collection[T]) CreateAll(ctx context.Context, items []NewObject[T]) ([]eso.Ref, error) {
	begin := time.Now()
	if err := c.store.check(ctx); err != nil {
		return nil, c.store.report(ctx, begin, Event{Op: OpCreate, Ref: eso.Ref{Type: c.def.Type}}, withDefaultOp(err, OpCreate, eso.Ref{Type: c.def.Type}))
	}
	refs := make([]eso.Ref, len(items))
	docs := make([]eso.Document, len(items))
	events := make([]Event, len(items))
	failed := func(i int, err error) error {
		return &BulkError{i, c.store.report(ctx, begin, events[i], withDefaultOp(err, OpCreate, events[i].Ref))}
	}
	for i, item := range items {
		events[i] = Event{Op: OpCreate, Ref: item.Ref, Attempts: 1}
		doc, err := c.seal(ctx, item.Ref, item.Object, &events[i])
		if err != nil {
			return nil, failed(i, err)
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
		return nil, failed(at, err)
	case err != nil:
		return nil, c.store.report(ctx, begin, Event{Op: OpCreate, Ref: eso.Ref{Type: c.def.Type}}, withDefaultOp(err, OpCreate, eso.Ref{Type: c.def.Type}))
	}
	for i := range events {
		c.store.report(ctx, begin, events[i], nil)
	}
	return refs, nil
}

// seal makes the document of a new object, and notes in the event what became
// of it.
func (c *Collection[T]) seal(ctx context.Context, ref eso.Ref, object *T, e *Event) (eso.Document, error) {
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
	if err != nil {
		return eso.Document{}, err
	}
	e.Ref, e.Model = doc.Ref, doc.Model
	if err := c.store.dialect.storable(doc); err != nil {
		return eso.Document{}, err
	}
	e.KeyIDs = doc.KeyIDs
	return doc, nil
}
