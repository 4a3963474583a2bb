package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// typed holds the objects of one definition, whatever their Go form.
type typed struct {
	store *Store
	def   *eso.Definition
}

// add stores a new document.
func (t typed) add(ctx context.Context, q querier, doc eso.Document) error {
	if flag := t.def.Flag; flag != "" && !slices.Contains(t.store.options.Flags, flag) {
		return fmt.Errorf("%w: %q", ErrFlag, flag)
	}
	switch taken, err := t.store.taken(ctx, q, t.def, doc); {
	case err != nil:
		return err
	case taken:
		return ErrExists
	}
	inserted, err := t.store.insert(ctx, q, t.def, doc)
	if err == nil && !inserted {
		err = ErrExists
	}
	return err
}

// exists reports whether the id of a new object is taken, as far as that can be said.
func (t typed) exists(ctx context.Context, ref eso.Ref) bool {
	doc := eso.Document{Ref: ref, Model: t.def.Write}
	if ref.ID == "" {
		return false
	}
	if taken, err := t.store.taken(ctx, t.store.db, t.def, doc); err != nil || taken {
		return taken
	}
	r := row{scope: scopeOf(t.def, doc.Model, ref), id: ref.ID}
	return t.store.reread(ctx, t.def, &r) == nil
}

// read finds the row of an object.
func (t typed) read(ctx context.Context, ref eso.Ref) (*row, error) {
	if err := t.store.check(ctx); err != nil {
		return nil, err
	}
	ref, err := identity(t.def, ref)
	if err != nil {
		return nil, err
	}
	return t.store.find(ctx, t.store.db, t.def, ref)
}

// step turns the stored document into its replacement. It may be called several
// times.
type step func(doc eso.Document) (eso.Document, error)

// change reads an object, turns its document into another one, and stores that; a
// lost race starts again from the read. It notes the outcome in the operation, and
// reports whether anything was written.
func (t typed) change(ctx context.Context, op *operation, attempts int, read func() (*row, error), work step) (bool, error) {
	for op.Attempts = 1; ; op.Attempts++ {
		r, err := read()
		written := false
		if err == nil {
			written, err = t.replace(ctx, op, r, work)
		}
		switch {
		case err == nil:
			return written, nil
		case !errors.Is(err, errLost) && !lostRace(err):
			return false, err
		case op.Attempts >= attempts:
			return false, &ConflictError{op.Attempts}
		}
		if err := pause(ctx, op.Attempts); err != nil {
			return false, err
		}
	}
}

// errLost means that others have written the row since it was read.
var errLost = errors.New("lost the race")

// replacement is a row and what replaces it.
type replacement struct {
	*row
	doc    eso.Document
	keyIDs string // the note beside it
	note   bool   // only the note changes, the document stays
}

// replace turns the document of a row into another one, and stores that.
func (t typed) replace(ctx context.Context, op *operation, r *row, work step) (bool, error) {
	p, err := t.prepare(op, r, work)
	if err != nil || p == nil {
		return false, err
	}
	replaced, err := t.store.replace(ctx, t.store.db, t.def, p)
	if err == nil && !replaced {
		err = errLost
	}
	return err == nil, err
}

// prepare turns the document of a row into another one, without storing it. It returns
// nil if nothing has to be stored.
func (t typed) prepare(op *operation, r *row, work step) (*replacement, error) {
	before := r.document(t.def)
	op.on(before)
	if r.unread != nil {
		return nil, r.unread
	}
	doc, err := work(before)
	if err != nil {
		return nil, err
	}
	op.Model = doc.Model
	if doc.Model == before.Model && bytes.Equal(doc.Attributes, before.Attributes) {
		return unchanged(op.Op, r, doc), nil
	}
	if err := t.store.storable(op.Op, doc); err != nil {
		return nil, err
	}
	op.KeyIDs = doc.KeyIDs
	return &replacement{row: r, doc: doc, keyIDs: r.noteOf(doc)}, nil
}

// unchanged is for a row whose document stays. A rotation, which opened it, corrects
// the note of its keys.
func unchanged(op eso.Op, r *row, doc eso.Document) *replacement {
	if op != eso.OpRotate || r.noteOf(doc) == r.keyIDs {
		return nil
	}
	return &replacement{row: r, doc: doc, keyIDs: r.noteOf(doc), note: true}
}

// noteOf is the note of the keys of a document that takes the place of the row's:
// the row's own if the secrets were not touched.
func (r *row) noteOf(doc eso.Document) string {
	if doc.KeyIDs == nil {
		return r.keyIDs
	}
	return encodeIDs(doc.KeyIDs)
}
