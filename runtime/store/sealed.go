package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// Raw returns the sealed document of an object, as it is stored, and its revision, for
// a backup or for Kibana. It opens nothing. It fails with [ErrNotFound], and with
// [eso.ErrTooLarge] for a row that no release has written.
func (c *Collection[T]) Raw(ctx context.Context, ref eso.Ref) (eso.Document, int64, error) {
	op := c.begin(OpRaw, ref)
	r, err := c.read(ctx, ref)
	if err != nil {
		return eso.Document{}, 0, op.end(ctx, err)
	}
	doc := r.document(c.def)
	op.on(doc)
	err = r.unread
	if err == nil && len(doc.Attributes) > eso.MaxSize { // and they may not be whole
		err = fmt.Errorf("%w: the attributes take more than %d bytes", eso.ErrTooLarge, eso.MaxSize)
	}
	if err := op.end(ctx, err); err != nil {
		return eso.Document{}, 0, err
	}
	return doc, r.revision, nil
}

// PutRaw stores a document that was sealed elsewhere: by Kibana, or for a backup. It
// fails with [ErrExists] if the id is taken: [Collection.ReplaceRaw] replaces an object.
//
// PutRaw opens the document with the keyring of the store. It rejects a document that
// does not open, holds a secret in plaintext, or claims a model that is not its own. It
// brings a document below the write model up to that, so that plaintext which an older
// model allowed cannot enter the store.
func (c *Collection[T]) PutRaw(ctx context.Context, doc eso.Document) error {
	op := c.begin(OpPut, doc.Ref)
	doc, err := c.verifyForeign(ctx, doc)
	if err == nil {
		op.on(doc)
		op.KeyIDs = doc.KeyIDs
		err = c.store.retry(ctx, func() error { return c.add(ctx, c.store.db, doc) })
	}
	return op.end(ctx, err)
}

// ReplaceRaw stores a document that was sealed elsewhere in place of an object that
// still has the revision that the caller has seen. It fails with a [*ConflictError] if
// the object has changed. It verifies the document as [Collection.PutRaw] does. It fails
// with [eso.ErrID] if the object is bound to another namespace, and with [eso.ErrModel]
// if its kind of namespaces would become narrower.
func (c *Collection[T]) ReplaceRaw(ctx context.Context, doc eso.Document, revision int64) error {
	op := c.begin(OpPut, doc.Ref)
	put, err := c.verifyForeign(ctx, doc)
	if err == nil {
		read := func() (*row, error) { return c.readAt(ctx, c.named(put.Ref), &revision) }
		_, err = c.change(ctx, &op, 1, read, func(there eso.Document) (eso.Document, error) {
			if put.Model < there.Model && modelOf(c.def, put.Model).Namespaces != modelOf(c.def, there.Model).Namespaces {
				return put, fmt.Errorf("%w: the object is of model %d, and the kind of its namespaces does not become that of model %d again", eso.ErrModel, there.Model, put.Model)
			}
			if put.Ref.Namespace != there.Ref.Namespace && bindsNamespace(modelOf(c.def, put.Model)) {
				return put, fmt.Errorf("%w: the object lives in another namespace, and the document is bound to its own", eso.ErrID)
			}
			return put, nil
		})
	}
	return op.end(ctx, err)
}

// named returns the ref by which this release asks for the object of a document.
func (t typed) named(ref eso.Ref) eso.Ref {
	if modelOf(t.def, t.def.Write).Namespaces == eso.Agnostic {
		ref.Namespace = ""
	}
	return ref
}

// verifyForeign verifies a document from elsewhere, and returns what to store.
func (c *Collection[T]) verifyForeign(ctx context.Context, doc eso.Document) (eso.Document, error) {
	if err := c.store.check(ctx); err != nil {
		return doc, err
	}
	var err error
	if doc.Ref, err = newIdentity(c.def, doc.Model, doc.Ref); err != nil {
		return doc, err
	}
	if doc.Ref.ID == "" {
		return doc, fmt.Errorf("%w: a sealed document has one, which its secrets are bound to", eso.ErrID)
	}
	admitted, err := c.objects.Admit(ctx, c.store.keys, doc)
	if err != nil {
		return doc, err
	}
	if name := undeclaredMember(c.def, doc); name != "" {
		return doc, &eso.Error{Op: OpPut, Ref: doc.Ref, Attribute: name,
			Err: fmt.Errorf("%w: model %d does not have it, another model does", eso.ErrMalformed, doc.Model)}
	}
	return admitted, c.store.storable(OpPut, admitted)
}

// undeclaredMember returns the name of an attribute that the document's own model lacks
// and another model has, or "". No release writes such a document: it claims the wrong
// model, which may not encrypt what is a secret.
func undeclaredMember(d *eso.Definition, doc eso.Document) string {
	if doc.Model > len(d.Models) {
		return "" // this release does not know the model
	}
	has := func(m eso.Model, name string) bool {
		return slices.ContainsFunc(m.Attributes, func(a eso.Attribute) bool { return a.Name == name })
	}
	for _, name := range namesOf(doc.Attributes) {
		if !has(*modelOf(d, doc.Model), name) && slices.ContainsFunc(d.Models, func(m eso.Model) bool { return has(m, name) }) {
			return name
		}
	}
	return ""
}

// namesOf returns the names of the members of a valid JSON object whose value
// is not null.
func namesOf(attributes []byte) []string {
	d := json.NewDecoder(bytes.NewReader(attributes))
	if _, err := d.Token(); err != nil {
		return nil
	}
	var names []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return names
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return names
		}
		if text, ok := name.(string); ok && string(value) != "null" {
			names = append(names, text)
		}
	}
	return names
}
