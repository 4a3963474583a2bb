package eso

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// Documents of native models, parsed and put together. The roles of the attributes
// come from two sides: the document's model, if this release knows it, and the
// header of the seal, which lists what is bound and what is sealed, whatever
// release wrote it.

// splitSeal finds the seal of a document, checks its form, and replaces it by the
// secrets that it lists, hidden. An error is kept in o.sealErr, since an unverified
// read still shows what is plain.
func (o *opened) splitSeal() {
	place := o.members.Find(seal.Attribute)
	if place >= 0 {
		o.seal, o.sealErr = sealOf(o.members[place].Raw)
		o.sealText = o.members[place].Raw
		o.members = slices.Delete(o.members, place, place+1)
	}
	switch {
	case o.model.Format != Native && place >= 0:
		o.sealErr = fault.On(seal.Attribute, fmt.Errorf("%w: documents of this model have no seal", ErrMalformed))
		o.seal = nil
	case o.model.Format != Native || o.sealErr != nil:
	case o.seal == nil:
		if o.wantsSeal() {
			o.sealErr = fmt.Errorf("%w: the seal is missing", ErrTampered)
		}
	default:
		o.sealErr = o.checkHeader()
	}
	if o.model.Format != Native {
		return
	}
	o.hideClear()
	if o.seal == nil || o.sealErr != nil {
		return
	}
	hidden := make(members, len(o.seal.Sealed))
	for i, name := range o.seal.Sealed {
		hidden[i] = member{Name: name, Raw: `""`, Hidden: true}
	}
	o.members = slices.Insert(o.members, place, hidden...)
}

func sealOf(raw string) (*seal.Native, error) {
	text, err := jsontext.DecodeString(raw)
	if err != nil {
		return nil, fault.On(seal.Attribute, fmt.Errorf("%w: a seal is a string", ErrMalformed))
	}
	s, err := seal.ParseNative(text)
	if err != nil {
		return nil, fault.On(seal.Attribute, err)
	}
	return s, nil
}

// checkHeader compares what the header says with the document and its model.
func (o *opened) checkHeader() error {
	if o.seal.Model != o.number {
		return fmt.Errorf("%w: the seal is that of a document of model %d", ErrTampered, o.seal.Model)
	}
	if !o.known() {
		return nil
	}
	if o.model.Namespaces.boundInNative() && o.seal.Version != seal.OldVersion && !o.seal.Namespaced {
		return fmt.Errorf("%w: model %d binds the namespace, the seal does not", ErrTampered, o.number)
	}
	for _, name := range o.model.AAD {
		if !o.seal.Binds(name) {
			return fault.On(name, fmt.Errorf("%w: model %d binds it, the seal does not", ErrTampered, o.number))
		}
	}
	return nil
}

// hideClear refuses and hides the secrets that are in plaintext instead of in the
// seal.
func (o *opened) hideClear() {
	for i := range o.members {
		m := &o.members[i]
		if sealed, _ := o.role(m.Name); !sealed {
			continue
		}
		m.Hidden = true
		if o.sealErr == nil {
			o.sealErr = fault.On(m.Name, fmt.Errorf("%w: a secret in plaintext", ErrMalformed))
		}
	}
}

// known reports whether this release knows the document's model.
func (o *opened) known() bool { return o.number <= len(o.def.Models) }

// role reports whether a new seal of the document holds an attribute, or binds it.
//
// A model that this release knows decides by its sets. Other names that the header
// lists keep their role, so that an older release loses nothing that a newer one
// wrote. Once a document was brought up to another model, that model decides on
// all that it declares. Above all known models, the header decides; a name that it
// does not list is sealed if the newest known model encrypts it.
func (o *opened) role(name string) (sealed, bound bool) {
	sealed, bound = o.seal.Seals(name), o.seal.Binds(name)
	switch {
	case !o.known():
		sealed = sealed || !bound && o.model.encrypts(name)
	case o.migrated() && o.model.attribute(name) != nil:
		sealed, bound = o.model.encrypts(name), o.model.binds(name)
	default:
		sealed = sealed || o.model.encrypts(name)
		bound = bound || o.model.binds(name)
	}
	return sealed, bound && !sealed
}

// migrated reports whether the document was brought up from another model.
func (o *opened) migrated() bool { return o.readModel != o.model }

// boundNames returns the names that a new seal binds, sorted. It appends to names,
// which is empty.
func (o *opened) boundNames(names []string) []string {
	var listed []string
	if o.seal != nil {
		listed = o.seal.Bound
	}
	if !o.known() {
		return listed
	}
	names = append(names, o.model.AAD...)
	for _, name := range listed {
		// An attribute that this model lacks, and the one before had, is gone or
		// has another name.
		gone := o.migrated() && o.readModel.attribute(name) != nil && o.members.Find(name) < 0
		if _, bound := o.role(name); bound && !gone {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sealBindsNamespace reports whether the document's present seal binds the
// namespace.
func (o *opened) sealBindsNamespace() bool {
	if o.seal.Version == seal.OldVersion {
		return o.readModel.Namespaces == Single
	}
	return o.seal.Namespaced
}

// bindsNamespace reports whether a new seal of the document binds the namespace.
// Its model decides, or, above all known models, its present seal.
func (o *opened) bindsNamespace() bool {
	if !o.known() && o.seal != nil {
		return o.sealBindsNamespace()
	}
	return o.model.Namespaces.boundInNative()
}

// sealingRef returns the identity for which a keyring is asked for a key to seal
// the document. It has a namespace only if that is bound, by the document and by
// the model that this release writes: an object of a kind that this release made
// wider leaves the key of its namespace when it is rotated. Other objects, those of
// the kibana format among them, are the installation's.
func (o *opened) sealingRef() Ref {
	ref := o.ref
	write := &o.def.Models[o.def.Write-1]
	if o.model.Format != Native || !o.bindsNamespace() || !write.Namespaces.boundInNative() {
		ref.Namespace = ""
	}
	return ref
}

// content returns the content of a seal of the document, without its secrets.
func (o *opened) content(bound []string, namespaced bool) seal.Content {
	c := seal.Content{Namespace: o.ref.Namespace, Type: o.ref.Type, ID: o.ref.ID, Namespaced: namespaced, Model: o.number}
	c.Bound = make([]seal.Text, len(bound))
	find := o.members.Finder(len(bound))
	for i, name := range bound {
		c.Bound[i].Name = name
		if place := find(name); place >= 0 {
			c.Bound[i].Raw = o.members[place].Raw
		}
	}
	return c
}

// decryptNative opens the seal and shows the secrets that wanted names (nil: all).
// It opens nothing if none is wanted and the seal need not be verified.
func (o *opened) decryptNative(ctx context.Context, keys Keyring, wanted func(name string) bool, verify bool) error {
	if o.seal == nil {
		o.keyIDs = []string{}
		return nil
	}
	if !verify && wanted != nil && !slices.ContainsFunc(o.seal.Sealed, wanted) {
		return nil
	}
	c := o.content(o.seal.Bound, o.sealBindsNamespace())
	key, err := openingKey(ctx, keys, o.ref, o.seal.KeyID)
	if err != nil {
		return err
	}
	texts, err := o.seal.Open(ctx, key.MAC, &c)
	if err != nil {
		return err
	}
	for i, text := range texts {
		if texts[i], err = jsontext.Value(text); err != nil {
			return fault.On(o.seal.Sealed[i], fmt.Errorf("the opened secret: %w", fault.WithoutPlace(err)))
		}
	}
	o.keyIDs = []string{o.seal.KeyID}
	first := slices.IndexFunc(o.members, func(m member) bool { return m.Hidden })
	for i, name := range o.seal.Sealed {
		if wanted == nil || wanted(name) {
			o.members[first+i] = member{Name: name, Raw: texts[i], Secret: true}
		}
	}
	return nil
}

// sealNative seals the document, whose members hold the secrets in plaintext.
func (o *opened) sealNative(ctx context.Context, keys Keyring) (Document, error) {
	if err := o.members.CheckLimits(1); err != nil {
		return Document{}, err
	}
	var few [16]string
	c := o.content(o.boundNames(few[:0]), o.bindsNamespace())
	size, secrets := 0, 0
	for i := range o.members {
		m := &o.members[i]
		size += len(m.Name) + len(m.Raw)
		if m.Raw == "" {
			return Document{}, fault.On(m.Name, fmt.Errorf("%w: an empty text is not a JSON value", ErrMalformed))
		}
		if m.Sealed, _ = o.role(m.Name); m.Sealed {
			secrets++
		}
	}
	if size > MaxSize {
		return Document{}, fault.TooLarge()
	}
	c.Sealed = make([]seal.Text, 0, secrets)
	attributes := append(make([]byte, 0, size+size/2+512), '{')
	for i := range o.members {
		if m := &o.members[i]; m.Sealed {
			c.Sealed = append(c.Sealed, seal.Text{Name: m.Name, Raw: m.Raw})
		} else {
			attributes = m.Append(attributes)
		}
	}
	if len(c.Sealed)+len(c.Bound) == 0 && !o.wantsSeal() {
		o.keyIDs = []string{}
		return o.stored(append(attributes, '}'))
	}
	slices.SortFunc(c.Sealed, func(a, b seal.Text) int { return strings.Compare(a.Name, b.Name) })
	if len(attributes) > 1 {
		attributes = append(attributes, ',')
	}
	attributes = append(attributes, `"`+seal.Attribute+`":"`...)
	key, err := sealingKey(ctx, keys, o.sealingRef())
	if err != nil {
		return Document{}, err
	}
	o.keyIDs = []string{key.ID()}
	if attributes, err = seal.AppendNative(ctx, attributes, key.ID(), key.MAC, &c); err != nil {
		return Document{}, err
	}
	return o.stored(append(attributes, `"}`...))
}

// wantsSeal reports whether the document must have a seal, even one that holds and
// binds nothing: if its model encrypts or binds anything, a missing seal must be
// noticed.
func (o *opened) wantsSeal() bool {
	return len(o.model.Encrypted)+len(o.model.AAD) > 0 || o.seal != nil && !o.migrated()
}

// unopened returns a document whose secrets were not opened: its seal keeps its
// text.
func (o *opened) unopened() (Document, error) {
	if o.seal == nil {
		return o.document(o.members)
	}
	plain := slices.DeleteFunc(slices.Clone(o.members), func(m member) bool { return m.Hidden })
	return o.document(append(plain, member{Name: seal.Attribute, Raw: o.sealText}))
}

// leavesSeal refuses to bring a document out of the native format if it holds
// secrets that its new model does not have: nothing would seal them.
func (o *opened) leavesSeal() error {
	for _, m := range o.members {
		if sealed, _ := o.role(m.Name); sealed && !o.model.encrypts(m.Name) {
			return fault.On(m.Name, fmt.Errorf("%w: a secret of a newer model, which the format of model %d would not seal", ErrModel, o.number))
		}
	}
	return nil
}
