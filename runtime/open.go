package eso

import (
	"context"
	"errors"
	"fmt"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// opened is a document taken apart: its attributes at its own model, with
// those secrets in the clear that were asked for. It never outlives an
// operation.
type opened struct {
	def       *Definition
	ref       Ref
	number    int    // the document's own
	model     *Model // by whose sets it is sealed again
	readModel *Model // by whose sets it was opened
	members   members

	// The seal of a document in the native format.
	seal     *seal.Native // nil if there is none
	sealText string       // as stored
	sealErr  error        // set if the seal is invalid; secrets are then inaccessible

	// keyIDs are as in Document: those that the document came with, until its
	// secrets are opened or sealed.
	keyIDs []string
}

// parse takes a document apart. It checks that the document has the type of the
// definition, and that nothing was planted in it.
func (d *Definition) parse(doc Document) (*opened, error) {
	if doc.Ref.Type == "" {
		doc.Ref.Type = d.Type
	}
	if doc.Ref.Type != d.Type {
		return nil, fmt.Errorf("%w: the definition is that of %q", ErrType, d.Type)
	}
	if oldest := max(d.Oldest, 1); doc.Model < oldest {
		return nil, fmt.Errorf("%w: the document is of model %d, the oldest that opens is %d", ErrModel, doc.Model, oldest)
	}
	if doc.Model > MaxModel {
		return nil, fmt.Errorf("%w: no document is of model %d", ErrModel, doc.Model)
	}
	ms, err := codec.ParseAttributes(doc.Attributes)
	if err != nil {
		return nil, d.withoutNames(err)
	}
	model := d.modelFor(doc.Model)
	o := &opened{def: d, ref: doc.Ref, number: doc.Model, model: model, readModel: model, members: ms, keyIDs: doc.KeyIDs}
	if model.Format != Native {
		for i := range ms {
			ms[i].Hidden = ms[i].Raw != "null" && model.encrypts(ms[i].Name)
		}
	}
	o.splitSeal()
	if err := o.refusePlanted(); err != nil {
		return nil, err
	}
	return o, nil
}

// decrypt opens the secrets that wanted names (nil: all of them), all or
// nothing. An absent or null secret is none. To verify is to open all that is
// sealed, and to show what is wanted of it.
func (o *opened) decrypt(ctx context.Context, keys Keyring, wanted func(name string) bool, verify bool) error {
	if o.sealErr != nil {
		return o.sealErr
	}
	if verify {
		if err := o.refuseCiphertexts(ctx, keys); err != nil {
			return err
		}
	}
	if o.model.Format == Native {
		return o.decryptNative(ctx, keys, wanted, verify)
	}
	var places []int
	var ciphertexts []string
	for i, m := range o.members {
		if !m.Hidden || !verify && wanted != nil && !wanted(m.Name) {
			continue
		}
		text, err := jsontext.DecodeString(m.Raw)
		if err != nil {
			return fault.On(m.Name, fmt.Errorf("%w: a stored secret is a string or null", ErrMalformed))
		}
		places = append(places, i)
		ciphertexts = append(ciphertexts, text)
	}
	if len(places) == 0 {
		o.keyIDs = []string{}
		return nil
	}
	plaintexts, openedBy, err := seal.OpenKibana(ctx, kibanaKeys(keys), o.aad(), ciphertexts)
	var at *seal.CiphertextError
	if errors.As(err, &at) {
		return fault.On(o.members[places[at.Index]].Name, at.Err)
	}
	if err != nil {
		return err
	}
	for i, text := range plaintexts {
		raw, err := jsontext.Value(text)
		if err != nil {
			return fault.On(o.members[places[i]].Name, fmt.Errorf("the opened secret: %w", fault.WithoutPlace(err)))
		}
		plaintexts[i] = raw
	}
	o.keyIDs = openedBy
	for i, raw := range plaintexts {
		m := &o.members[places[i]]
		if wanted != nil && !wanted(m.Name) {
			continue
		}
		m.Raw, m.Secret, m.Hidden = raw, true, false
	}
	return nil
}

// aad returns what the secrets of the document are bound to, by its sets.
func (o *opened) aad() []byte {
	var bound []seal.Text
	for _, m := range o.members {
		if o.model.binds(m.Name) {
			bound = append(bound, seal.Text{Name: m.Name, Raw: m.Raw})
		}
	}
	return seal.AppendKibanaAAD(nil, o.model.Namespaces.descriptor(o.ref), bound)
}

var errBeyondDouble = fmt.Errorf("%w: a number beyond the range of a double, which Kibana would read as null", ErrInvalid)

// encrypt seals the secrets by the sets and returns the document. The members
// hold the secrets in the clear.
func (o *opened) encrypt(ctx context.Context, keys Keyring) (Document, error) {
	if o.model.Format == Native {
		return o.sealNative(ctx, keys)
	}
	if err := o.members.CheckLimits(0); err != nil { // before they are sealed, where nobody counts them
		return Document{}, err
	}
	if err := o.leavesSeal(); err != nil {
		return Document{}, err
	}
	var places []int
	var plaintexts []string
	for i, m := range o.members {
		secret := o.model.encrypts(m.Name)
		if secret || o.model.binds(m.Name) {
			if jsontext.BeyondDouble(m.Raw) {
				return Document{}, fault.On(m.Name, errBeyondDouble)
			}
		}
		if secret && m.Raw != "null" {
			places = append(places, i)
			plaintexts = append(plaintexts, m.Raw)
		}
	}
	sealed := append(members(nil), o.members...)
	o.keyIDs = []string{}
	if len(places) > 0 {
		key, err := kibanaSealingKey(ctx, keys, o.sealingRef())
		if err != nil {
			return Document{}, err
		}
		o.keyIDs = append(o.keyIDs, key.ID)
		ciphertexts, err := seal.SealKibana(ctx, key, o.aad(), plaintexts)
		if err != nil {
			return Document{}, err
		}
		for i, text := range ciphertexts {
			m := &sealed[places[i]]
			m.Raw, m.Secret, m.Hidden = `"`+text+`"`, false, true
		}
	}
	return o.document(sealed)
}

// document puts stored members together again.
func (o *opened) document(ms members) (Document, error) {
	if err := ms.CheckLimits(0); err != nil {
		return Document{}, err
	}
	return o.stored(codec.AppendMembers(nil, ms))
}

func (o *opened) stored(attributes []byte) (Document, error) {
	if len(attributes) > MaxSize {
		return Document{}, fmt.Errorf("%w: the attributes take more than %d bytes", ErrTooLarge, MaxSize)
	}
	return Document{Ref: o.ref, Model: o.number, Attributes: attributes, KeyIDs: o.keyIDs}, nil
}
