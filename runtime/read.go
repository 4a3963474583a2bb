package eso

import (
	"context"
	"slices"
)

// openView opens a document as the write model sees it, secrets in the clear.
func (d *Definition) openView(ctx context.Context, keys Keyring, doc Document) (*view, error) {
	_, v, err := d.openBoth(ctx, keys, doc)
	return v, err
}

// openBoth is openView that returns the opened document too.
func (d *Definition) openBoth(ctx context.Context, keys Keyring, doc Document) (*opened, *view, error) {
	o, err := d.parse(doc)
	if err != nil {
		return nil, nil, err
	}
	if err := o.decrypt(ctx, keys, nil, true); err != nil {
		return nil, nil, err
	}
	v, err := o.view()
	if err != nil {
		return nil, nil, err
	}
	v.mark(d)
	return o, v, o.require(v, true)
}

// trust is how far a read without secrets takes the store's word for what it
// shows.
type trust int

const (
	normal     trust = iota // native: not at all; kibana, where opening costs milliseconds: altogether
	verified                // not at all
	unverified              // altogether
)

// verifies reports whether a read opens what is sealed, whether it shows it or
// not, and fails if that does not open.
func (o *opened) verifies(how trust) bool {
	return how == verified || how == normal && o.model.Format == Native
}

// readView opens a document as a read without secrets shows it. It decrypts what
// it shows, and what a step to the write model needs, and all that is sealed
// if it verifies. If that fails and nothing was to be verified, problem
// says so, and the view has no secret and nothing that would be made of one.
func (d *Definition) readView(ctx context.Context, keys Keyring, doc Document, how trust) (v *view, problem, err error) {
	o, err := d.parse(doc)
	if err != nil {
		return nil, nil, err
	}
	verify := o.verifies(how)
	problem = o.decrypt(ctx, keys, o.shown(), verify)
	if problem != nil && verify {
		return nil, nil, problem
	}
	if problem != nil {
		v, err = o.withoutSecrets().view()
	} else {
		v, err = o.view()
	}
	if err != nil {
		return nil, problem, err
	}
	v.drop(d)
	if err := o.require(v, false); err != nil {
		if problem != nil { // nothing else may have kept the attribute away
			err = problem
		}
		return nil, nil, err
	}
	v.hide(d.hides)
	v.mark(d)
	return v, problem, nil
}

// shown returns which secrets of the document a normal read must decrypt: all,
// if a conversion or a computed value may need them on the way to the write
// model; else those which that model shows.
func (o *opened) shown() func(name string) bool {
	for n := o.number + 1; n <= o.def.Write; n++ {
		m := &o.def.Models[n-1]
		if slices.ContainsFunc(m.Renamed, func(r Rename) bool { return r.Up != nil }) || o.computesFromSecrets(n) {
			return nil
		}
	}
	return func(name string) bool {
		at := o.atWriteModel(name)
		if !o.known() { // all that is sealed there is a secret, whatever this release takes it for
			return o.def.exposes(at)
		}
		return at != "" && !o.def.hides(at)
	}
}

// atWriteModel returns what the write model calls an attribute of the
// document, or "" if it does not have it.
func (o *opened) atWriteModel(name string) string {
	name, kept := o.def.nameAt(name, min(o.number, len(o.def.Models)), o.def.Write)
	if !kept || o.def.Models[o.def.Write-1].attribute(name) == nil {
		return ""
	}
	return name
}

// withoutSecrets returns the document without its secrets, by definitions that
// compute nothing from them: what is made of a missing secret would be wrong.
func (o *opened) withoutSecrets() *opened {
	plain := *o
	plain.members = slices.DeleteFunc(slices.Clone(o.members), func(m member) bool { return m.Hidden })
	def := *o.def
	def.Models = slices.Clone(def.Models)
	for i := range def.Models {
		def.Models[i].Computed = slices.DeleteFunc(slices.Clone(def.Models[i].Computed), func(c Compute) bool {
			return i >= o.number && slices.ContainsFunc(c.Inputs, func(input string) bool { return o.fromSecret(i, input) })
		})
	}
	plain.def = &def
	return &plain
}
