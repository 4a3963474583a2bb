package eso

import (
	"context"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/fault"
)

// Objects has the operations on the objects of one type, with T as their Go form.
// A generated package has one, and most of its methods as functions.
//
// An Objects value is safe for concurrent use; a *T is a value of one
// goroutine.
type Objects[T any] struct {
	definition *Definition
	read       func(*T, *codec.Reader)
	write      func(*T, *codec.Writer)
}

// NewObjects returns the operations on objects of the type that d defines. read
// and write are the codec of T, whose types package esoimpl has.
func NewObjects[T any](d *Definition, read func(*T, *codec.Reader), write func(*T, *codec.Writer)) *Objects[T] {
	return &Objects[T]{d, read, write}
}

// Definition returns the definition of the type.
func (o *Objects[T]) Definition() *Definition { return o.definition }

// WithDefinition returns the operations by another definition of the type, such
// as that of another release.
func (o *Objects[T]) WithDefinition(d *Definition) *Objects[T] {
	return &Objects[T]{d, o.read, o.write}
}

// Seal makes the document of a new object at the write model: it fills in
// defaults, makes an id if ref has none, checks every value, and encrypts the
// secrets. It fails with [ErrID], [ErrRequired] or [ErrInvalid], and with
// [ErrStripped] if a normal read left out the secrets of the object.
func (o *Objects[T]) Seal(ctx context.Context, keys Keyring, ref Ref, object *T) (Document, error) {
	given, err := o.given(object)
	if err != nil {
		return Document{}, withOp(err, OpSeal, ref)
	}
	return o.definition.create(ctx, keys, ref, given)
}

// given returns all attributes of an object.
func (o *Objects[T]) given(object *T) (members, error) {
	w := codec.NewObjectWriter(len(o.definition.Models[o.definition.Write-1].Attributes))
	o.write(object, w)
	changes, err := codec.Deltas(w)
	if err != nil {
		return nil, err
	}
	given := make(members, 0, len(changes))
	for _, c := range changes {
		if !c.Absent {
			given = append(given, member{Name: c.Name, Raw: c.Raw})
		}
	}
	return given, nil
}

// Replace makes the document of an object that takes the place of a stored one,
// under its identity. It works as Seal does, at the stored document's model or the
// write model, whichever is higher. The secrets of the stored document need not
// open, and nothing of it is kept.
//
// So the object must have every secret that the stored one has: else Replace fails
// with [ErrStripped]. It fails with [ErrModel] if this release does not know the
// model of the stored document, with [ErrInvalid] if that has an attribute that
// this release or the write model lacks, and with [ErrFrozen] if the object changes
// what an announced model drops.
func (o *Objects[T]) Replace(ctx context.Context, keys Keyring, doc Document, object *T) (Document, error) {
	given, err := o.given(object)
	if err != nil {
		return Document{}, withOp(err, OpReplace, doc.Ref)
	}
	replaced, err := o.definition.replace(ctx, keys, doc, given)
	return replaced, withOp(err, OpReplace, doc.Ref)
}

// Open decrypts a document and brings it to the write model. It fails with
// [ErrTampered], [ErrMalformed], [ErrNoKey], [ErrModel] or [ErrRequired], and
// never returns a part of the secrets.
func (o *Objects[T]) Open(ctx context.Context, keys Keyring, doc Document) (*T, error) {
	v, err := o.definition.openView(ctx, keys, doc)
	if err != nil {
		return nil, withOp(err, OpOpen, doc.Ref)
	}
	object, err := o.object(v)
	return object, withOp(err, OpOpen, doc.Ref)
}

// Read is the normal read: as Open, but without the secrets, apart from those
// that the type exposes.
//
// In the native format, Read verifies the document: it fails as Open does, so that
// the seal vouches for every bound value that it shows.
//
// In the kibana format, opening costs milliseconds, so Read decrypts only what it
// must, and bound values are what the store says. If an exposed secret does not
// decrypt, Read returns the object without any secret, together with the error.
func (o *Objects[T]) Read(ctx context.Context, keys Keyring, doc Document) (*T, error) {
	return o.readAs(ctx, keys, doc, normal)
}

// ReadVerified is Read that fails unless the document opens, in either format. A
// document of the kibana format without a secret vouches for nothing.
func (o *Objects[T]) ReadVerified(ctx context.Context, keys Keyring, doc Document) (*T, error) {
	return o.readAs(ctx, keys, doc, verified)
}

// ReadUnverified is Read of a document that need not open, in either format: for
// an operator's list, or a process without keys, for which keys may be nil. All
// that it shows, bound attributes included, is what the store says, and nobody
// vouches for it. If an exposed secret does not decrypt, ReadUnverified returns
// the object without any secret, together with the error.
func (o *Objects[T]) ReadUnverified(ctx context.Context, keys Keyring, doc Document) (*T, error) {
	return o.readAs(ctx, keys, doc, unverified)
}

func (o *Objects[T]) readAs(ctx context.Context, keys Keyring, doc Document, how trust) (*T, error) {
	v, problem, err := o.definition.readView(ctx, keys, doc, how)
	if err != nil {
		return nil, withOp(err, OpRead, doc.Ref)
	}
	object, err := o.object(v)
	if err != nil {
		return nil, withOp(err, OpRead, doc.Ref)
	}
	return object, withOp(problem, OpRead, doc.Ref)
}

// Update opens a document, lets change work on the object, and seals it again,
// at the document's own model or the write model, whichever is higher. What
// change leaves alone keeps its stored bytes and is not validated. If change
// fails, nothing is sealed, and Update returns its error, wrapped in an *Error.
//
// A required secret that is absent must be set: else Update fails with
// [ErrRequired]. If the secrets of a document in the kibana format do not open, the
// object comes without them, and Update fails as Open does unless change sets
// every one of them. Replace does so in either format.
func (o *Objects[T]) Update(ctx context.Context, keys Keyring, doc Document, change func(*T) error) (Document, error) {
	updated, err := o.definition.update(ctx, keys, doc, o.editing(change))
	return updated, withOp(err, OpUpdate, doc.Ref)
}

func (o *Objects[T]) editing(work func(*T) error) edit {
	return func(v *view) ([]delta, error) {
		object, err := o.object(v)
		if err != nil {
			return nil, err
		}
		if err := work(object); err != nil {
			return nil, fault.On("", err)
		}
		w := codec.NewWriter(v.members)
		o.write(object, w)
		return codec.Deltas(w)
	}
}

// Patch sets and unsets plain attributes. It decrypts nothing, and needs no
// key, unless the document is below the write model, or its own model binds or
// encrypts an attribute that the patch touches: then it works as Update does.
func (o *Objects[T]) Patch(ctx context.Context, keys Keyring, doc Document, patch PatchOf[T]) (Document, error) {
	changes, err := codec.PatchDeltas(patch)
	if err != nil {
		return Document{}, withOp(err, OpPatch, doc.Ref)
	}
	patched, err := o.definition.patch(ctx, keys, doc, changes)
	return patched, withOp(err, OpPatch, doc.Ref)
}

// Migrate brings a document that is below the write model up to it
// permanently. Any other is returned unchanged.
func (o *Objects[T]) Migrate(ctx context.Context, keys Keyring, doc Document) (Document, error) {
	return o.definition.Migrate(ctx, keys, doc)
}

// Admit opens a document that was sealed elsewhere, as Open does, and brings it
// up to the write model, as Migrate does, in one opening. The KeyIDs of the
// document that it returns are known.
func (o *Objects[T]) Admit(ctx context.Context, keys Keyring, doc Document) (Document, error) {
	opened, v, err := o.definition.openBoth(ctx, keys, doc)
	if err == nil {
		_, err = o.object(v)
	}
	if err != nil {
		return Document{}, withOp(err, OpOpen, doc.Ref)
	}
	if doc.Model >= o.definition.Write {
		doc.KeyIDs = opened.keyIDs
		return doc, nil
	}
	migrated, err := opened.rewritten(ctx, keys, v, nil)
	return migrated, withOp(err, OpMigrate, doc.Ref)
}

func (o *Objects[T]) object(v *view) (*T, error) {
	object := new(T)
	if err := v.decode(func(d *codec.Reader) { o.read(object, d) }); err != nil {
		return nil, err
	}
	return object, nil
}
