package eso

import (
	"context"

	"github.com/esogen/esogen/runtime/internal/codec"
)

// The operations on attributes as JSON text, for those who hold a definition
// and no generated code: the command line, a simulator, an operator's tool.

// SealJSON seals a new object at the write model. Its attributes are a JSON object
// with the secrets in plaintext. SealJSON fills in defaults and a missing id, and
// fails as [Objects.Seal] does, but does not check enums, bounds and patterns.
func (d *Definition) SealJSON(ctx context.Context, keys Keyring, ref Ref, attributes []byte) (Document, error) {
	given, err := codec.ParseAttributes(attributes)
	if err != nil {
		return Document{}, withOp(d.withoutNames(err), OpSeal, ref)
	}
	return d.create(ctx, keys, ref, given)
}

// OpenJSON returns the attributes of a document at its own model, secrets in
// plaintext, everything else verbatim.
func (d *Definition) OpenJSON(ctx context.Context, keys Keyring, doc Document) ([]byte, error) {
	o, err := d.parse(doc)
	if err != nil {
		return nil, withOp(err, OpOpen, doc.Ref)
	}
	if err := o.decrypt(ctx, keys, nil, true); err != nil {
		return nil, withOp(err, OpOpen, doc.Ref)
	}
	return codec.AppendMembers(nil, o.members), nil
}

// StripJSON returns the attributes of a document at its own model as a normal read
// shows them: without the secrets of that model, the write model and announced
// ones, apart from what the type exposes. If an exposed secret of the kibana
// format does not decrypt, the attributes come without any secret, together with
// the error. A document of the native format is verified, as in [Objects.Read]:
// StripJSON fails if it does not open.
func (d *Definition) StripJSON(ctx context.Context, keys Keyring, doc Document) ([]byte, error) {
	return d.strip(ctx, keys, doc, normal)
}

// StripUnverifiedJSON is StripJSON without verification, as in
// [Objects.ReadUnverified]: plain and bound attributes are what the store says.
// keys may be nil if the type exposes nothing.
func (d *Definition) StripUnverifiedJSON(ctx context.Context, keys Keyring, doc Document) ([]byte, error) {
	return d.strip(ctx, keys, doc, unverified)
}

func (d *Definition) strip(ctx context.Context, keys Keyring, doc Document, how trust) ([]byte, error) {
	o, err := d.parse(doc)
	if err != nil {
		return nil, withOp(err, OpRead, doc.Ref)
	}
	verify := o.verifies(how)
	problem := o.decrypt(ctx, keys, o.exposed, verify)
	if problem != nil && verify {
		return nil, withOp(problem, OpRead, doc.Ref)
	}
	var shown members
	for _, m := range o.members {
		if !m.Hidden && (m.Raw == "null" || o.exposed(m.Name) || !o.isSecret(m.Name)) {
			shown = append(shown, m)
		}
	}
	return codec.AppendMembers(nil, shown), withOp(problem, OpRead, doc.Ref)
}

// Rotate seals the secrets of a document again, under the primary key and at
// the document's own model. A document without secrets, or with all of them under
// that key, is returned unchanged. Rotate fails as [Objects.Open] does.
func (d *Definition) Rotate(ctx context.Context, keys Keyring, doc Document) (Document, error) {
	o, err := d.parse(doc)
	if err != nil {
		return Document{}, withOp(err, OpRotate, doc.Ref)
	}
	if err := o.decrypt(ctx, keys, nil, true); err != nil {
		return Document{}, withOp(err, OpRotate, doc.Ref)
	}
	current, err := o.current(ctx, keys)
	if err != nil {
		return Document{}, withOp(err, OpRotate, doc.Ref)
	}
	if current {
		doc.KeyIDs = o.keyIDs
		return doc, nil
	}
	rotated, err := o.encrypt(ctx, keys)
	return rotated, withOp(err, OpRotate, doc.Ref)
}

// current reports whether the key that would seal the document opened all secrets.
func (o *opened) current(ctx context.Context, keys Keyring) (bool, error) {
	if len(o.keyIDs) == 0 {
		return true, nil
	}
	key, err := sealingKey(ctx, keys, o.sealingRef())
	if err != nil {
		return false, err
	}
	return len(o.keyIDs) == 1 && o.keyIDs[0] == key.ID(), nil
}

// Migrate brings a document that is below the write model up to it. Any other is
// returned unchanged, unless something was planted in it. Migrate fails as
// [Objects.Open] does.
func (d *Definition) Migrate(ctx context.Context, keys Keyring, doc Document) (Document, error) {
	if doc.Model >= d.Write {
		if _, err := d.parse(doc); err != nil {
			return Document{}, withOp(err, OpMigrate, doc.Ref)
		}
		return doc, nil
	}
	migrated, err := d.reseal(ctx, keys, doc, nil)
	return migrated, withOp(err, OpMigrate, doc.Ref)
}

// MigrateTo brings a document up to the given model. It fails with [ErrModel] if
// the definition does not have that model.
func (d *Definition) MigrateTo(ctx context.Context, keys Keyring, doc Document, model int) (Document, error) {
	if model < 1 || model > len(d.Models) {
		return Document{}, withOp(ErrModel, OpMigrate, doc.Ref)
	}
	at := *d
	at.Write = model
	return at.Migrate(ctx, keys, doc)
}

// exposed reports whether a normal read shows the secret, under its name in the
// document's own model or in the write model.
func (o *opened) exposed(name string) bool {
	return o.seals(name) && (o.def.exposes(name) || o.def.exposes(o.atWriteModel(name)))
}

// seals reports whether the document's own model, or its seal, encrypts the
// attribute.
func (o *opened) seals(name string) bool { return o.model.encrypts(name) || o.seal.Seals(name) }

// isSecret reports whether the document's own model, or its seal, encrypts the
// attribute, or the write model or an announced one does.
func (o *opened) isSecret(name string) bool {
	return o.seals(name) || o.def.secret(o.atWriteModel(name))
}
