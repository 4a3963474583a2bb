package eso

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// edit is the middle of an update: it is given the opened document and its
// view, and returns what changes, in the names of the write model.
type edit func(v *view) ([]delta, error)

// update opens a document, lets edit say what changes, and seals it again at
// the higher of the write model and its own, by that model's sets. What is not
// changed keeps its bytes, and what this release does not know stays. A
// document at that model already is returned unchanged if nothing changes.
//
// It leaves no required secret out. Secrets of the kibana format that do not open
// are stripped for edit, and it has to set every one of them.
func (d *Definition) update(ctx context.Context, keys Keyring, doc Document, change edit) (Document, error) {
	o, err := d.parse(doc)
	if err != nil {
		return Document{}, err
	}
	lost := o.decrypt(ctx, keys, nil, true)
	if lost != nil && !o.givesAnew(lost) {
		return Document{}, lost
	}
	v, err := o.view()
	if err != nil {
		return Document{}, err
	}
	if err := o.require(v, false); err != nil {
		return Document{}, cmp.Or(lost, err)
	}
	v.mark(d)
	changes, err := change(v)
	switch {
	case lost != nil && errors.Is(err, ErrStripped):
		return Document{}, lost
	case err != nil:
		return Document{}, err
	}
	if err := o.requireSecrets(v, changes); err != nil {
		return Document{}, err
	}
	if len(changes) == 0 && o.number >= d.Write {
		doc.KeyIDs = o.keyIDs
		return doc, lost
	}
	updated, err := o.rewritten(ctx, keys, v, changes)
	if errors.Is(err, errHidden) {
		return Document{}, lost
	}
	return updated, err
}

// reseal is an update of whoever does not see the secrets, and so cannot give
// those that are absent: a patch, a migration.
func (d *Definition) reseal(ctx context.Context, keys Keyring, doc Document, changes []delta) (Document, error) {
	o, err := d.parse(doc)
	if err != nil {
		return Document{}, err
	}
	if err := o.decrypt(ctx, keys, nil, true); err != nil {
		return Document{}, err
	}
	v, err := o.view()
	if err != nil {
		return Document{}, err
	}
	if len(changes) == 0 && o.number >= d.Write {
		doc.KeyIDs = o.keyIDs
		return doc, o.require(v, false)
	}
	return o.rewritten(ctx, keys, v, changes)
}

// errHidden means that a document still holds a secret that was not opened.
var errHidden = errors.New("a secret is still sealed")

// rewritten makes changes in an opened document, of which v is the view, and
// seals it again.
func (o *opened) rewritten(ctx context.Context, keys Keyring, v *view, changes []delta) (Document, error) {
	d := o.def
	if err := o.require(v, false); err != nil {
		return Document{}, err
	}
	v.mark(d)
	if o.number < d.Write {
		o.number, o.model, o.members = d.Write, &d.Models[d.Write-1], v.members
	}
	if err := o.apply(changes, d.mayChange); err != nil {
		return Document{}, err
	}
	if o.anyHidden() {
		return Document{}, errHidden
	}
	return o.encrypt(ctx, keys)
}

// apply makes changes, which speak of the write model, in a document at its own
// model, and computes anew what is made from what changed.
func (o *opened) apply(changes []delta, allowed func(delta) error) error {
	before := slices.Clone(o.members)
	set := make(map[string]bool, len(changes))
	for _, c := range changes {
		if err := allowed(c); err != nil {
			return fault.On(c.Name, err)
		}
		m, err := o.atOwnModel(member{Name: c.Name, Raw: c.Raw}, c.Absent)
		if err != nil {
			return err
		}
		set[m.Name] = true
		i := o.members.Find(m.Name)
		switch {
		case c.Absent && i >= 0:
			o.members = slices.Delete(o.members, i, i+1)
		case c.Absent:
		case i >= 0:
			o.members[i] = m
		default:
			o.members = append(o.members, m)
		}
	}
	at := min(o.number, len(o.def.Models))
	return o.def.keepInStep(at, at, before, &o.members, set)
}

// atOwnModel brings a member of the write model to the document's own model,
// through the renames of the models between them.
func (o *opened) atOwnModel(m member, absent bool) (member, error) {
	var err error
	bring := func(name string, convert Convert) {
		if absent {
			convert = nil
		}
		m, err = renamed(m, name, convert)
	}
	for n := o.def.Write; n > o.number && err == nil; n-- {
		if r := o.def.Models[n-1].renameTo(m.Name); r != nil {
			bring(r.Old, r.Down)
		}
	}
	for n := o.def.Write + 1; n <= min(o.number, len(o.def.Models)) && err == nil; n++ {
		if r := o.def.Models[n-1].renameFrom(m.Name); r != nil {
			bring(r.New, r.Up)
		}
	}
	return m, err
}

// mayChange refuses what the write model does not have, and what would break a
// document for a release that writes an announced model: a change of what that
// model drops, and the removal of what this model or that one requires.
func (d *Definition) mayChange(c delta) error {
	if d.dropped(c.Name) {
		return ErrFrozen
	}
	if d.Models[d.Write-1].attribute(c.Name) == nil {
		return fmt.Errorf("%w: model %d, which is written, does not have it", ErrInvalid, d.Write)
	}
	if c.Absent && (d.Models[d.Write-1].requires(c.Name) || d.anyAnnounced(c.Name, (*Model).requires)) {
		return fmt.Errorf("%w: it may not be unset", ErrRequired)
	}
	return nil
}
