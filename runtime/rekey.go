package eso

import (
	"context"

	"github.com/esogen/esogen/runtime/internal/rekey"
)

func init() {
	rekey.Document = func(ctx context.Context, definition, keys, document any, id string) (any, error) {
		return definition.(*Definition).rekey(ctx, keys.(Keyring), document.(Document), id)
	}
}

// rekey opens a document and seals it as that of another id, at its own model. What
// holds no secret and has no seal is bound to nothing.
func (d *Definition) rekey(ctx context.Context, keys Keyring, doc Document, id string) (Document, error) {
	failed := func(err error) (Document, error) { return Document{}, withOp(err, OpRotate, doc.Ref) }
	o, err := d.parse(doc)
	if err != nil {
		return failed(err)
	}
	if err := o.decrypt(ctx, keys, nil, true); err != nil {
		return failed(err)
	}
	o.ref.ID = id
	if len(o.keyIDs) == 0 && o.seal == nil {
		doc.Ref.ID, doc.KeyIDs = id, o.keyIDs
		return doc, nil
	}
	made, err := o.encrypt(ctx, keys)
	if err != nil {
		return failed(err)
	}
	return made, nil
}
