package eso

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// How computed attributes are kept in step with what they are computed from.
//
// A computed attribute belongs to the model that declares it. The inputs of its
// function are attributes of the model before, as they read back from the model
// of the document: through renames, and through the way back of conversions.
// What equals the function of the inputs counts as computed, whoever wrote it;
// when an input changes, it is computed anew. What differs was set by somebody,
// and stays.

// inputState says whether a function can be asked.
type inputState int

const (
	inputsGiven   inputState = iota
	inputsLacking            // the model before requires one that is not there
	inputsHidden             // one is a secret that is not opened
	inputsDropped            // a model up to that of the document drops one
)

// route is how an attribute of one model is found in a later one.
type route struct {
	name    string    // in the later one, "" where a model between drops it
	renames []*Rename // that convert, in the order of the models
}

// follow returns the route of an attribute of model from to the form of model
// to, which is not below it.
func (d *Definition) follow(name string, from, to int) route {
	r, kept := route{name: name}, true
	for n := from + 1; n <= to && kept; n++ {
		m := &d.Models[n-1]
		if rename := m.renameFrom(r.name); rename != nil && rename.Up != nil {
			r.renames = append(r.renames, rename)
		}
		r.name, kept = m.After(r.name)
	}
	return r
}

// up converts the text of a value along the route.
func (r *route) up(value JSON) (JSON, error) {
	var err error
	for i := 0; i < len(r.renames) && err == nil; i++ {
		value, err = r.renames[i].Up(value)
	}
	return value, err
}

// down converts it back.
func (r *route) down(value JSON) (JSON, error) {
	var err error
	for i := len(r.renames) - 1; i >= 0 && err == nil; i-- {
		value, err = r.renames[i].Down(value)
	}
	return value, err
}

// inputs returns the inputs of a function of model n, as the attributes of a
// document in the form of model at have them. removed, if it is not nil, holds
// the attributes in the form of the model before n, for what n removes.
func (d *Definition) inputs(c *Compute, n, at int, ms, removed members) (values []JSON, state inputState, err error) {
	values = make([]JSON, len(c.Inputs))
	for i, input := range c.Inputs {
		r, held := d.follow(input, n-1, at), ms
		if r.name == "" && removed != nil {
			r, held = route{name: input}, removed
		}
		if r.name == "" {
			return nil, inputsDropped, nil
		}
		place := held.Find(r.name)
		switch {
		case place < 0 && d.Models[n-2].requires(input):
			state = inputsLacking
			continue
		case place < 0:
			continue
		case held[place].Hidden:
			return nil, inputsHidden, nil
		}
		if values[i], err = r.down(JSON(held[place].Raw)); err != nil {
			return nil, state, err
		}
	}
	return values, state, nil
}

// compute asks the function of model n, and brings its value to the form of
// model at.
func (d *Definition) compute(c *Compute, n int, made route, inputs []JSON) (JSON, error) {
	if c.From == nil {
		return "", fmt.Errorf("%w: only the product has the function that gives %q in model %d", ErrRequired, c.Name, n)
	}
	value, err := c.From(inputs)
	if err != nil {
		return "", err
	}
	return made.up(value)
}

// cannot is the error of a value that cannot be computed. It may be made from
// secrets, so that no place within a value is told.
func cannot(name string, err error) error {
	return fault.On(name, fmt.Errorf("computed value: %w", fault.WithoutPlace(err)))
}

// fill gives a document that was brought to the form of model n, apart from
// what it lacks there, the constants and the computed values of that model.
// Where a constant is the input of an attribute of an older model, that one is
// computed anew. before is the attributes in the form of the model before.
func (v *view) fill(d *Definition, n int, before members) error {
	m := &d.Models[n-1]
	lacked := slices.Clone(v.members)
	filled := map[string]bool{}
	for _, b := range m.Backfill {
		if v.members.Find(b.Name) < 0 {
			v.members = append(v.members, member{Name: b.Name, Raw: string(b.Value)})
			filled[b.Name] = true
		}
	}
	if len(filled) > 0 {
		if err := d.keepInStep(n-1, n, lacked, &v.members, filled); err != nil {
			return err
		}
	}
	for i := range m.Computed {
		c := &m.Computed[i]
		if v.members.Find(c.Name) >= 0 {
			continue
		}
		values, state, err := d.inputs(c, n, n, v.members, before)
		if err != nil {
			return cannot(c.Name, err)
		}
		if state != inputsGiven {
			v.unread = v.unread || state == inputsHidden
			continue
		}
		value, err := d.compute(c, n, route{name: c.Name}, values)
		if err != nil {
			return cannot(c.Name, err)
		}
		v.members = append(v.members, member{Name: c.Name, Raw: string(value)})
	}
	return nil
}

// keepInStep computes anew what the functions of the models up to newest make
// of inputs that changed from before to after, in the order of the models: both
// are in the form of model at. What the write itself sets stays as it is.
func (d *Definition) keepInStep(newest, at int, before members, after *members, set map[string]bool) error {
	for n := 2; n <= newest; n++ {
		m := &d.Models[n-1]
		for i := range m.Computed {
			c := &m.Computed[i]
			made := d.follow(c.Name, n, at)
			if made.name == "" || set[made.name] {
				continue
			}
			if err := d.recompute(c, n, at, made, before, after); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Definition) recompute(c *Compute, n, at int, made route, before members, after *members) error {
	if !d.changes(c, n, at, before, *after) {
		return nil
	}
	values, state, err := d.inputs(c, n, at, *after, nil)
	if err != nil {
		return cannot(made.name, err)
	}
	if state != inputsGiven {
		return nil
	}
	place := after.Find(made.name)
	if !d.computed(c, n, at, made, before, place, *after) {
		return nil
	}
	value, err := d.compute(c, n, made, values)
	if err != nil {
		return cannot(made.name, err)
	}
	if place < 0 {
		*after = append(*after, member{Name: made.name, Raw: string(value)})
		return nil
	}
	if !jsontext.SameValue(string(value), (*after)[place].Raw) { // else it keeps its bytes
		(*after)[place].Raw = string(value)
	}
	return nil
}

// changes reports whether an input has another text after than before.
func (d *Definition) changes(c *Compute, n, at int, before, after members) bool {
	for _, input := range c.Inputs {
		r := d.follow(input, n-1, at)
		if r.name == "" {
			return false
		}
		old, now := before.Find(r.name), after.Find(r.name)
		if (old < 0) != (now < 0) || old >= 0 && before[old].Raw != after[now].Raw {
			return true
		}
	}
	return false
}

// computed reports whether the attribute at that place has the value of its
// function of the old inputs, or is absent because they did not allow one.
func (d *Definition) computed(c *Compute, n, at int, made route, before members, place int, after members) bool {
	values, state, err := d.inputs(c, n, at, before, nil)
	if place < 0 {
		return err == nil && state == inputsLacking
	}
	if err != nil || state != inputsGiven || after[place].Hidden {
		return false
	}
	value, err := d.compute(c, n, made, values)
	return err == nil && jsontext.SameValue(string(value), after[place].Raw)
}

// computeNew gives a new document, in the form of model at, the computed
// attributes that it lacks: computed, or their default where an input is gone, so
// that those of later models have it. One whose function is not at hand is left
// out.
func (d *Definition) computeNew(at int, ms *members) error {
	for n := 2; n <= at; n++ {
		m := &d.Models[n-1]
		for i := range m.Computed {
			c := &m.Computed[i]
			made := d.follow(c.Name, n, at)
			if made.name == "" || ms.Find(made.name) >= 0 || c.From == nil {
				continue
			}
			values, state, err := d.inputs(c, n, at, *ms, nil)
			if err == nil && state != inputsGiven {
				*ms = d.defaults(*ms, func(name string) bool { return name == made.name })
				continue
			}
			var value JSON
			if err == nil {
				value, err = d.compute(c, n, made, values)
			}
			if err != nil {
				return cannot(made.name, err)
			}
			*ms = append(*ms, member{Name: made.name, Raw: string(value)})
		}
	}
	return nil
}

// isComputed reports whether creation computes an attribute of model at.
func (d *Definition) isComputed(name string, at int) bool {
	for n := 2; n <= at; n++ {
		for i := range d.Models[n-1].Computed {
			c := &d.Models[n-1].Computed[i]
			if c.From != nil && d.follow(c.Name, n, at).name == name {
				return true
			}
		}
	}
	return false
}

// concerned returns the attributes, in the form of model at, that a change of
// the named ones concerns: themselves, what is computed from them, and the
// other inputs of that.
func (d *Definition) concerned(at int, names []string) []string {
	changed := slices.Clone(names)
	var others []string
	for n := 2; n <= at; n++ {
		m := &d.Models[n-1]
		for i := range m.Computed {
			made := d.follow(m.Computed[i].Name, n, at).name
			if made == "" {
				continue
			}
			var inputs []string
			dropped, touched := false, false
			for _, input := range m.Computed[i].Inputs {
				name := d.follow(input, n-1, at).name
				dropped = dropped || name == ""
				touched = touched || slices.Contains(changed, name)
				inputs = append(inputs, name)
			}
			if touched && !dropped {
				changed = append(changed, made)
				others = append(others, inputs...)
			}
		}
	}
	return append(changed, others...)
}

// computesFromSecrets reports whether the step to model n, which is above that
// of the document, computes anything from its secrets, or compares anything with
// them.
func (o *opened) computesFromSecrets(n int) bool {
	for _, c := range o.def.Models[n-1].Computed {
		if slices.ContainsFunc(c.Inputs, func(input string) bool { return o.fromSecret(n-1, input) }) {
			return true
		}
	}
	filled := o.backfilled(n)
	return len(filled) > 0 && slices.ContainsFunc(o.def.concerned(n, filled), func(name string) bool { return o.fromSecret(n, name) })
}

// fromSecret reports whether a secret of the document that is not opened gives
// an attribute, in the form of model n, its value.
func (o *opened) fromSecret(n int, name string) bool {
	for ; n > o.number; n-- {
		m := &o.def.Models[n-1]
		for _, c := range m.Computed {
			if c.Name == name {
				return slices.ContainsFunc(c.Inputs, func(input string) bool { return o.fromSecret(n-1, input) })
			}
		}
		var kept bool
		if name, kept = m.Before(name); !kept {
			return false
		}
	}
	place := o.members.Find(name)
	return place >= 0 && o.members[place].Hidden
}
