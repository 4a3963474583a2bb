package eso

import (
	"context"
	"slices"
)

// openView opens a document as the write model sees it, secrets in the clear.
func (d *Definition) openView(ctx context.Context, keys Keyring, doc Document) (*View, error) {
	o, err := d.take(doc)
	if err != nil {
		return nil, err
	}
	if err := o.decrypt(ctx, keys, nil); err != nil {
		return nil, err
	}
	v, err := o.view()
	if err != nil {
		return nil, err
	}
	v.mark(d)
	return v, o.require(v)
}

// readView opens a document as a normal read shows it. It decrypts what it
// shows, and what a step to the write model needs. Where that fails, problem
// says so, and the view has no secret and nothing that would be made of one.
func (d *Definition) readView(ctx context.Context, keys Keyring, doc Document) (v *View, problem, err error) {
	o, err := d.take(doc)
	if err != nil {
		return nil, nil, err
	}
	problem = o.decrypt(ctx, keys, o.shown())
	if problem != nil {
		v, err = o.withoutSecrets().view()
	} else {
		v, err = o.view()
	}
	if err != nil {
		return nil, problem, err
	}
	v.drop(d)
	if problem == nil {
		if err := o.require(v); err != nil {
			return nil, nil, err
		}
	}
	v.hide(d.hides)
	v.mark(d)
	return v, problem, nil
}

// shown returns which secrets of the document a normal read must decrypt: all,
// where a conversion or a computed value may need them on the way to the write
// model; else those which that model shows.
func (o *opened) shown() func(name string) bool {
	for n := o.model + 1; n <= o.def.Write; n++ {
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
// document, or "" where it does not have it.
func (o *opened) atWriteModel(name string) string {
	for n := o.model + 1; n <= o.def.Write; n++ {
		if name = o.def.Models[n-1].nameAfter(name); name == "" {
			return ""
		}
	}
	for n := min(o.model, len(o.def.Models)); n > o.def.Write; n-- {
		name = o.def.Models[n-1].nameBefore(name)
	}
	if o.def.Models[o.def.Write-1].attribute(name) == nil {
		return ""
	}
	return name
}

// withoutSecrets returns the document without its secrets, by definitions that
// compute nothing from them: what is made of a missing secret would be wrong.
func (o *opened) withoutSecrets() *opened {
	plain := *o
	plain.members = slices.DeleteFunc(slices.Clone(o.members), func(m member) bool { return m.hidden })
	def := *o.def
	def.Models = slices.Clone(def.Models)
	for i := range def.Models {
		def.Models[i].Computed = slices.DeleteFunc(slices.Clone(def.Models[i].Computed), func(c Compute) bool {
			return i >= o.model && slices.ContainsFunc(c.Inputs, func(input string) bool { return o.fromSecret(i, input) })
		})
	}
	plain.def = &def
	return &plain
}
