package eso

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Documents whose secrets do not open any more: their key is lost, or somebody
// changed what they are bound to. They stay usable for all that needs no secret.

// isLost reports whether an error of decryption says that secrets do not open:
// trying again with the same keys gives the same. A ciphertext under the name of a
// value opens.
func isLost(err error) bool {
	if errors.Is(err, errMisplaced) {
		return false
	}
	return errors.Is(err, ErrTampered) || errors.Is(err, ErrNoKey) || errors.Is(err, ErrMalformed)
}

// givesAnew reports whether an update may go on without the secrets of the
// document, since it may set every one of them. A seal of the native format
// vouches for the bound attributes too, which an update would take over: there
// only Replace does without it.
func (o *opened) givesAnew(lost error) bool {
	return isLost(lost) && o.sealErr == nil && o.model.Format == Kibana
}

func (o *opened) anyHidden() bool {
	return slices.ContainsFunc(o.members, func(m member) bool { return m.Hidden })
}

// requireSecrets checks that a view, after the changes, has the secrets that the
// write model requires.
func (o *opened) requireSecrets(v *view, changes []delta) error {
	for _, a := range o.def.Models[o.def.Write-1].Attributes {
		given := func(c delta) bool { return c.Name == a.Name && !c.Absent }
		if a.Optional || !o.def.secret(a.Name) || v.members.Find(a.Name) >= 0 || o.mayLack(a.Name) || slices.ContainsFunc(changes, given) {
			continue
		}
		return fault.On(a.Name, ErrRequired)
	}
	return nil
}

// replace makes the document of an object, whose attributes are given, that
// takes the place of a stored one. That one need not open. It has nothing that
// the new one would lose unseen: what this release does not know, what the write
// model does not have, or a secret that is not given.
func (d *Definition) replace(ctx context.Context, keys Keyring, doc Document, given members) (Document, error) {
	o, err := d.parse(doc)
	if err != nil {
		return Document{}, err
	}
	if !o.known() {
		return Document{}, fmt.Errorf("%w: the document is of model %d, which this release does not know", ErrModel, o.number)
	}
	var bound []string
	stored := slices.Clone(o.members)
	if o.seal != nil {
		bound = o.seal.Bound
		for _, name := range o.seal.Sealed { // of one with a defect, they are not among the members
			if stored.Find(name) < 0 {
				stored = append(stored, member{Name: name, Hidden: true})
			}
		}
	}
	for _, name := range bound {
		if o.model.attribute(name) == nil {
			return Document{}, fault.On(name, fmt.Errorf("%w: the seal of the document binds it, and this release does not know it", ErrInvalid))
		}
	}
	for _, m := range stored {
		name := o.atWriteModel(m.Name)
		place := given.Find(name)
		switch {
		case o.model.attribute(m.Name) == nil:
			return Document{}, fault.On(m.Name, fmt.Errorf("%w: the document has it, and this release does not know it", ErrInvalid))
		case name == "" && o.number > d.Write:
			return Document{}, fault.On(m.Name, fmt.Errorf("%w: the document has it, and model %d, which is written, does not", ErrInvalid, d.Write))
		case name == "":
		case m.Hidden && place < 0:
			return Document{}, fault.On(name, fmt.Errorf("%w: the document has this secret, and the object that replaces it does not", ErrStripped))
		case !m.Hidden && d.dropped(name) && (place < 0 || !jsontext.SameValue(m.Raw, given[place].Raw)):
			return Document{}, fault.On(name, ErrFrozen)
		}
	}
	return d.createAs(ctx, keys, o.ref, max(o.number, d.Write), given)
}

// MigrateDropping is Migrate of a document whose secrets may not open any more.
// Those that do not are dropped permanently, and their names in the document are
// returned. In the native format one seal holds all of them, so these are
// all, and the bound attributes are sealed anew as the store has them: nobody
// vouches for them.
func (d *Definition) MigrateDropping(ctx context.Context, keys Keyring, doc Document) (migrated Document, dropped []string, err error) {
	migrated, err = d.Migrate(ctx, keys, doc)
	if err == nil || !isLost(err) || doc.Model >= d.Write {
		return migrated, nil, err
	}
	failed := func(err error) (Document, []string, error) {
		return Document{}, nil, withOp(err, OpMigrate, doc.Ref)
	}
	o, err := d.parse(doc)
	if err != nil {
		return failed(err)
	}
	if dropped, err = o.dropLost(ctx, keys); err != nil {
		return failed(err)
	}
	v, err := o.view()
	if err != nil {
		return failed(err)
	}
	if migrated, err = o.rewritten(ctx, keys, v, nil); err != nil {
		return failed(err)
	}
	return migrated, dropped, nil
}

// dropLost opens the secrets of a document one by one, as far as its format has
// them apart, and takes out those that do not open. It returns their names.
func (o *opened) dropLost(ctx context.Context, keys Keyring) (dropped []string, err error) {
	if err := o.refuseCiphertexts(ctx, keys); err != nil {
		return nil, err
	}
	if o.model.Format == Native || o.sealErr != nil {
		err := o.decrypt(ctx, keys, nil, true)
		if err == nil || !isLost(err) {
			return nil, err
		}
		for _, m := range o.members {
			if m.Hidden {
				dropped = append(dropped, m.Name)
			}
		}
		if o.seal != nil {
			dropped = append(dropped, o.seal.Sealed...)
		}
		slices.Sort(dropped)
		dropped = slices.Compact(dropped)
		o.seal, o.sealErr = nil, nil
	}
	for _, m := range slices.Clone(o.members) {
		if !m.Hidden || slices.Contains(dropped, m.Name) {
			continue
		}
		err := o.decrypt(ctx, keys, func(name string) bool { return name == m.Name }, false)
		switch {
		case err == nil:
		case !isLost(err):
			return nil, err
		default:
			dropped = append(dropped, m.Name)
		}
	}
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.Hidden })
	return dropped, nil
}
