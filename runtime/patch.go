package eso

import (
	"context"
	"slices"
)

// patch sets and unsets plain attributes without decryption, at the document's
// own model. It becomes an update if it could not: see patchable.
func (d *Definition) patch(ctx context.Context, keys Keyring, doc Document, changes []delta) (Document, error) {
	o, err := d.parse(doc)
	if err != nil {
		return Document{}, err
	}
	if o.sealErr != nil {
		return Document{}, o.sealErr
	}
	lifts, unopened := o.patchable(changes)
	if unopened && lifts {
		unopened, err = o.lift()
		if err != nil {
			return Document{}, err
		}
	}
	if !unopened {
		return d.reseal(ctx, keys, doc, changes)
	}
	if err := o.apply(changes, d.mayChange); err != nil {
		return Document{}, err
	}
	return o.unopened()
}

// patchable reports whether a patch can be made without opening the document:
// its model and its seal neither bind nor encrypt what changes, what is computed
// from that, or another input of it, and the steps to the write model leave
// alone what the secrets hang on. The document must be lifted to the write
// model if its own does not have what the patch sets, or requires what it
// unsets.
func (o *opened) patchable(changes []delta) (lifts, unopened bool) {
	for n := o.number + 1; n <= o.def.Write; n++ {
		if o.reseals(n) {
			return false, false
		}
	}
	names := make([]string, 0, len(changes))
	for _, c := range changes {
		m, err := o.atOwnModel(member{Name: c.Name, Raw: c.Raw}, c.Absent)
		if err != nil {
			return false, false
		}
		names = append(names, m.Name)
		lifts = lifts || o.number < o.def.Write && (o.model.attribute(m.Name) == nil || c.Absent && o.model.requires(m.Name))
	}
	guarded := slices.ContainsFunc(o.def.concerned(min(o.number, len(o.def.Models)), names), o.guards)
	return lifts, !guarded
}

// guards reports whether the document's own model, or its seal, binds or
// encrypts the attribute.
func (o *opened) guards(name string) bool {
	return o.model.binds(name) || o.model.encrypts(name) || o.seal.Binds(name) || o.seal.Seals(name)
}

// reseals reports whether the step to model n changes which attributes are bound
// or encrypted, the rest of what a ciphertext is bound to, or a bound value.
func (o *opened) reseals(n int) bool {
	last, m := &o.def.Models[n-2], &o.def.Models[n-1]
	if last.Format != m.Format || last.Namespaces != m.Namespaces ||
		!sameNames(last.Encrypted, m.Encrypted) || !sameNames(last.AAD, m.AAD) {
		return true
	}
	return slices.ContainsFunc(o.def.concerned(n, o.backfilled(n)), m.binds)
}

// backfilled returns the attributes, in the form of model n, that the step to it
// gives a document which lacks them.
func (o *opened) backfilled(n int) []string {
	var names []string
	for _, b := range o.def.Models[n-1].Backfill {
		if name, kept := o.def.nameAt(b.Name, n, o.number); !kept || o.members.Find(name) < 0 {
			names = append(names, b.Name)
		}
	}
	return names
}

// lift brings a document whose secrets stay sealed up to the write model. It
// reports false if that takes more: a seal holds the number of the model, what
// is computed from a secret needs it opened, and a step may make a secret.
func (o *opened) lift() (bool, error) {
	if o.model.Format == Native {
		return false, nil
	}
	v, err := o.view()
	if err != nil || v.unread {
		return false, err
	}
	target := &o.def.Models[o.def.Write-1]
	made := func(m member) bool { return target.encrypts(m.Name) && !m.Hidden && m.Raw != "null" }
	if slices.ContainsFunc(v.members, made) {
		return false, nil
	}
	o.number, o.members, o.model = o.def.Write, v.members, target
	return true, nil
}

func sameNames(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(name string) bool { return !slices.Contains(b, name) })
}
