package store

import (
	"context"
	"fmt"

	eso "github.com/esogen/esogen/runtime"
)

// Patcher is the Patch of a generated package.
type Patcher[T any] interface{ Changes() eso.PatchOf[T] }

// Update opens an object, calls change on it, and stores the result, sealed again. If
// others have written the object since it was read, Update starts again from the
// read, up to [Options].Attempts times: change may be called more than once.
//
// An error of change ends the update, and is wrapped. Otherwise, Update fails with
// [ErrNotFound], with a [*ConflictError], and as [eso.Objects.Update] does.
func (c *Collection[T]) Update(ctx context.Context, ref eso.Ref, change func(*T) error) error {
	return c.write(ctx, eso.OpUpdate, ref, nil, c.updating(ctx, change))
}

// UpdateAt is like [Collection.Update], but tries once, and fails with a
// [*ConflictError] unless the object still has the revision, which the caller has from
// [Object].
func (c *Collection[T]) UpdateAt(ctx context.Context, ref eso.Ref, revision int64, change func(*T) error) error {
	return c.write(ctx, eso.OpUpdate, ref, &revision, c.updating(ctx, change))
}

func (c *Collection[T]) updating(ctx context.Context, change func(*T) error) step {
	return func(doc eso.Document) (eso.Document, error) {
		return c.objects.Update(ctx, c.store.keys, doc, func(object *T) error {
			if err := change(object); err != nil {
				return refusal{err}
			}
			return nil
		})
	}
}

// Patch sets and unsets plain attributes. It decrypts nothing, unless the document has
// an older model, or binds or encrypts an attribute that the patch changes. If others
// have written the object since it was read, Patch starts again from the read. It
// fails with [ErrNotFound], with a [*ConflictError], and as [eso.Objects.Patch] does.
func (c *Collection[T]) Patch(ctx context.Context, ref eso.Ref, patch Patcher[T]) error {
	return c.write(ctx, eso.OpPatch, ref, nil, c.patching(ctx, patch))
}

// PatchAt is like [Collection.Patch], but tries once, and fails with a [*ConflictError]
// unless the object still has the revision.
func (c *Collection[T]) PatchAt(ctx context.Context, ref eso.Ref, revision int64, patch Patcher[T]) error {
	return c.write(ctx, eso.OpPatch, ref, &revision, c.patching(ctx, patch))
}

func (c *Collection[T]) patching(ctx context.Context, patch Patcher[T]) step {
	changes := patch.Changes()
	return func(doc eso.Document) (eso.Document, error) {
		return c.objects.Patch(ctx, c.store.keys, doc, changes)
	}
}

// Replace stores an object in place of the one that is there, whose secrets need not
// open. The caller gives every secret. An attribute of the old object that this
// release does not know is an error. Replace fails with [ErrNotFound], with a
// [*ConflictError], and as [eso.Objects.Replace] does.
func (c *Collection[T]) Replace(ctx context.Context, ref eso.Ref, object *T) error {
	return c.write(ctx, eso.OpReplace, ref, nil, c.replacing(ctx, object))
}

// ReplaceAt is like [Collection.Replace], but tries once, and fails with a
// [*ConflictError] unless the object still has the revision.
func (c *Collection[T]) ReplaceAt(ctx context.Context, ref eso.Ref, revision int64, object *T) error {
	return c.write(ctx, eso.OpReplace, ref, &revision, c.replacing(ctx, object))
}

func (c *Collection[T]) replacing(ctx context.Context, object *T) step {
	return func(doc eso.Document) (eso.Document, error) {
		if object == nil {
			return eso.Document{}, fmt.Errorf("%w: no object", eso.ErrInvalid)
		}
		return c.objects.Replace(ctx, c.store.keys, doc, object)
	}
}

// write changes an object by a step. With a revision, it tries once, and the object
// must have that one.
func (t typed) write(ctx context.Context, name eso.Op, ref eso.Ref, revision *int64, work step) error {
	op := t.begin(name, ref)
	attempts := t.store.options.Attempts
	if revision != nil {
		attempts = 1
	}
	_, err := t.change(ctx, &op, attempts, func() (*row, error) { return t.readAt(ctx, ref, revision) }, work)
	return op.end(ctx, err)
}

// Delete removes an object, even if it does not open. It fails with [ErrNotFound].
func (c *Collection[T]) Delete(ctx context.Context, ref eso.Ref) error {
	return c.delete(ctx, ref, nil)
}

// DeleteAt is like [Collection.Delete], but tries once, and fails with a
// [*ConflictError] unless the object still has the revision.
func (c *Collection[T]) DeleteAt(ctx context.Context, ref eso.Ref, revision int64) error {
	return c.delete(ctx, ref, &revision)
}

func (t typed) delete(ctx context.Context, ref eso.Ref, revision *int64) error {
	op := t.begin(OpDelete, ref)
	return op.end(ctx, t.remove(ctx, &op, revision, ref))
}

func (t typed) remove(ctx context.Context, op *operation, revision *int64, ref eso.Ref) error {
	for ; ; op.Attempts++ {
		r, err := t.readAt(ctx, ref, revision)
		if err != nil {
			return err
		}
		op.Model = r.model
		removed, err := t.store.remove(ctx, t.def, r)
		switch {
		case removed || err != nil && !lostRace(err):
			return err
		case revision != nil || op.Attempts >= t.store.options.Attempts:
			return &ConflictError{op.Attempts}
		}
		if err := pause(ctx, op.Attempts); err != nil {
			return err
		}
	}
}

// readAt is read of an object that must have a revision, unless that is nil. No object
// has the revision 0: a caller who forgot to set it does not mean any revision.
func (t typed) readAt(ctx context.Context, ref eso.Ref, revision *int64) (*row, error) {
	if revision != nil && *revision == 0 {
		return nil, fmt.Errorf("%w: no object has the revision 0", eso.ErrInvalid)
	}
	r, err := t.read(ctx, ref)
	if err == nil && revision != nil && r.revision != *revision {
		return nil, &ConflictError{1}
	}
	return r, err
}
