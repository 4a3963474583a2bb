package eso

import (
	"fmt"
	"io"
	"slices"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/fault"
)

// view is the attributes of an opened document as one model sees them.
type view struct {
	members members

	// unread is set if something was not computed, since it is made from
	// secrets that are not opened.
	unread bool
}

// Format prints a fixed text, whatever the verb: a view holds opened secrets.
func (v *view) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.view(redacted)") }

// decode reads the view into a struct of its model.
func (v *view) decode(read func(*codec.Reader)) error {
	d := codec.NewReader(v.members)
	read(d)
	return d.Err()
}

// view brings an opened document to the write model: up through the steps that
// it has not seen, or down through the renames of models that are announced.
// The members of the document stay as they are.
func (o *opened) view() (*view, error) {
	v := &view{members: slices.Clone(o.members)}
	for n := o.number + 1; n <= o.def.Write; n++ {
		if err := v.up(o.def, n); err != nil {
			return nil, err
		}
	}
	for n := min(o.number, len(o.def.Models)); n > o.def.Write; n-- {
		if err := v.down(&o.def.Models[n-1], &o.def.Models[n-2]); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// up takes the step to model n from the one before it.
func (v *view) up(d *Definition, n int) error {
	last, m := &d.Models[n-2], &d.Models[n-1]
	v.dropStrays(last, m)
	before := slices.Clone(v.members)
	v.members = slices.DeleteFunc(v.members, func(x member) bool { return slices.Contains(m.Removed, x.Name) })
	if err := v.rename(m.Renamed, func(r Rename) (from, to string, convert Convert) { return r.Old, r.New, r.Up }); err != nil {
		return err
	}
	return v.fill(d, n, before)
}

// down goes back from m to the model before: renames are undone, and what m
// adds is not seen.
func (v *view) down(m, before *Model) error {
	v.dropStrays(m, before)
	v.members = slices.DeleteFunc(v.members, func(x member) bool {
		if m.attribute(x.Name) == nil {
			return false
		}
		name, kept := m.Before(x.Name)
		return !kept || before.attribute(name) == nil
	})
	return v.rename(m.Renamed, func(r Rename) (from, to string, convert Convert) { return r.New, r.Old, r.Down })
}

// rename gives members their names, all at once: two attributes may swap
// theirs. No two may end under one.
func (v *view) rename(renames []Rename, direction func(Rename) (from, to string, convert Convert)) error {
	for i := range v.members {
		for _, r := range renames {
			from, to, convert := direction(r)
			if v.members[i].Name != from {
				continue
			}
			m, err := renamed(v.members[i], to, convert)
			if err != nil {
				return err
			}
			v.members[i] = m
			break
		}
	}
	for _, r := range renames {
		_, to, _ := direction(r)
		if first := v.members.Find(to); first >= 0 && v.members[first+1:].Find(to) >= 0 {
			return fault.On(to, fmt.Errorf("%w: there under both names of a rename", ErrMalformed))
		}
	}
	return nil
}

// renamed gives one member its other name and form. A sealed secret cannot be
// converted and is not looked at: whoever asked for no secrets sees none. What
// is converted may be a secret, so that no place within it is told.
func renamed(m member, to string, convert Convert) (member, error) {
	m.Name = to
	if convert == nil || m.Hidden {
		return m, nil
	}
	value, err := convert(JSON(m.Raw))
	if err != nil {
		return m, fault.On(to, fmt.Errorf("conversion: %w", fault.WithoutPlace(err)))
	}
	m.Raw = string(value)
	return m, nil
}

// mark tells the reader which members are secrets: those that the write
// model encrypts, or an announced one, or that the document's own model did.
func (v *view) mark(d *Definition) {
	for i := range v.members {
		m := &v.members[i]
		m.Secret = !m.Hidden && (m.Secret || d.secret(m.Name))
	}
}

// hide takes every secret out that a normal read may not show. A hidden secret
// keeps its place, so that whoever asks for it learns that it was stripped.
func (v *view) hide(hidden func(name string) bool) {
	for i := range v.members {
		if m := &v.members[i]; hidden(m.Name) && m.Raw != "null" {
			*m = member{Name: m.Name, Raw: `""`, Hidden: true}
		}
	}
}

// drop takes out what is hidden and no secret for this release: a later model
// seals it, and what reads it here would take it for a value.
func (v *view) drop(d *Definition) {
	v.members = slices.DeleteFunc(v.members, func(m member) bool { return m.Hidden && !d.secret(m.Name) })
}

// require checks that what the write model requires is there. A document of an
// announced model may lack what that model makes optional or drops. Secrets count
// if they are asked for: an absent one, as migrations of Kibana's leave it, is
// to all others a secret that was stripped.
func (o *opened) require(v *view, secrets bool) error {
	for _, a := range o.def.Models[o.def.Write-1].Attributes {
		if a.Optional || v.members.Find(a.Name) >= 0 || !secrets && o.def.secret(a.Name) || o.mayLack(a.Name) {
			continue
		}
		return fault.On(a.Name, ErrRequired)
	}
	return nil
}

// mayLack reports whether an announced model, up to the document's own, makes
// optional or drops what the write model knows under that name.
func (o *opened) mayLack(name string) bool {
	for n := o.def.Write + 1; n <= min(o.number, len(o.def.Models)); n++ {
		m := &o.def.Models[n-1]
		var kept bool
		if name, kept = m.After(name); !kept {
			return true
		}
		if a := m.attribute(name); a != nil && a.Optional {
			return true
		}
	}
	return false
}
