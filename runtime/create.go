package eso

import (
	"context"
	"fmt"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// create makes a new document at the write model from the attributes that are
// given. It fills in defaults, computed values, and an id if there is none.
func (d *Definition) create(ctx context.Context, keys Keyring, ref Ref, given members) (Document, error) {
	ref, err := d.identify(ref)
	if err != nil {
		return Document{}, withOp(err, OpSeal, ref)
	}
	doc, err := d.createAs(ctx, keys, ref, d.Write, given)
	return doc, withOp(err, OpSeal, ref)
}

// createAs is create of an object whose identity is complete, and whose document
// is brought up to a model that may be above the write model.
func (d *Definition) createAs(ctx context.Context, keys Keyring, ref Ref, model int, given members) (Document, error) {
	if err := d.knowsInTime(given); err != nil {
		return Document{}, err
	}
	o := &opened{def: d, ref: ref, number: d.Write, members: given}
	o.model = &d.Models[d.Write-1]
	o.readModel = o.model
	o.members = d.defaults(o.members, func(name string) bool { return !d.isComputed(name, d.Write) })
	if err := d.computeNew(d.Write, &o.members); err != nil {
		return Document{}, err
	}
	for _, a := range o.model.Attributes {
		if o.members.Find(a.Name) >= 0 {
			continue
		}
		if !a.Optional || d.anyAnnounced(a.Name, (*Model).requires) {
			return Document{}, fault.On(a.Name, ErrRequired)
		}
	}
	v := &view{members: o.members}
	for n := d.Write + 1; n <= model; n++ {
		if err := v.up(d, n); err != nil {
			return Document{}, err
		}
		o.number, o.model, o.readModel, o.members = n, &d.Models[n-1], &d.Models[n-1], v.members
	}
	return o.encrypt(ctx, keys)
}

// defaults gives a new object the defaults of those attributes that it lacks,
// and that want one.
func (d *Definition) defaults(given members, wants func(name string) bool) members {
	for _, a := range d.Models[d.Write-1].Attributes {
		if a.Default != "" && given.Find(a.Name) < 0 && wants(a.Name) {
			given = append(given, member{Name: a.Name, Raw: a.Default})
		}
	}
	return given
}

// knowsInTime refuses what the write model does not have, but another model
// does: an attribute that is only announced could be a secret there, and would
// be stored in the clear here.
func (d *Definition) knowsInTime(given members) error {
	for _, m := range given {
		if m.Name == seal.Attribute {
			return fault.On(m.Name, fmt.Errorf("%w: no attribute has this name", ErrInvalid))
		}
		if d.Models[d.Write-1].attribute(m.Name) != nil {
			continue
		}
		for i := range d.Models {
			if d.Models[i].attribute(m.Name) != nil {
				return fault.On(m.Name, fmt.Errorf("%w: model %d has it, model %d, which is written, does not", ErrInvalid, i+1, d.Write))
			}
		}
	}
	return nil
}

// identify completes the identity of a new object, or refuses it.
func (d *Definition) identify(ref Ref) (Ref, error) {
	if ref.Type == "" {
		ref.Type = d.Type
	}
	switch {
	case ref.Type != d.Type:
		return ref, fmt.Errorf("%w: the definition is that of %q", ErrType, d.Type)
	case d.Models[d.Write-1].Namespaces == Agnostic && ref.Namespace != "" && ref.Namespace != "default":
		return ref, fmt.Errorf("%w: objects of this type live in no namespace", ErrID)
	case ref.ID == "":
		ref.ID = NewID()
	case d.RandomID && !isRandomID(ref.ID):
		return ref, fmt.Errorf("%w: the ids of this type are random UUIDs; leave it out, and one is made", ErrID)
	}
	return ref, nil
}

func (m *Model) requires(name string) bool {
	a := m.attribute(name)
	return a != nil && !a.Optional
}
