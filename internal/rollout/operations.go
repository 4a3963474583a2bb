package rollout

import (
	"context"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// operations is what a release does with documents. Errors are the runtime's,
// or an *unreadableError.
type operations interface {
	create(ctx context.Context, keys eso.Keyring, ref eso.Ref, o *object) (eso.Document, error)
	open(ctx context.Context, keys eso.Keyring, doc eso.Document) (*object, error)
	read(ctx context.Context, keys eso.Keyring, doc eso.Document) (*object, error)
	update(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error)
	patch(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error)
	migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error)
	rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error)
}

// change is what a write does to one attribute of the write model. Operations
// that change several are sequences of these, as far as the promises go: each
// attribute is written, sealed and shown by itself.
type change struct {
	field int
	way   []hop  // to a part of a nested value, or nil for the whole
	text  string // "" takes it away
}

// object is the Go form of an object in the simulator: a slot for each field of
// the release.
type object struct {
	slots  []slot
	source eso.Source
}

type slot struct {
	text     string // JSON, or "" where it is absent or stripped
	stripped bool   // a secret that a normal read left out
	edited   any    // the value, where a part of it was changed
}

// unreadableError means that the Go type of a field does not read the value.
type unreadableError struct{ attribute string }

func (e *unreadableError) Error() string {
	return "the Go type of " + e.attribute + " does not read it"
}

// codec is the operations of the runtime over a codec that is interpreted from
// a definition, as generated packages have one of their own. A value is kept as
// its text; whether the Go type reads it is asked of the runtime's decoder.
type codec struct {
	fields  []definition.Field
	index   map[string]int
	shapes  []shape // by field
	objects eso.Objects[object]
	legible map[legibility]bool
}

type legibility struct {
	field int
	text  string
}

func newCodec(fields []definition.Field, d *eso.Definition) *codec {
	c := &codec{fields: fields, index: map[string]int{}, legible: map[legibility]bool{}}
	for i, f := range fields {
		c.index[f.Name] = i
		c.shapes = append(c.shapes, newShape(f.Value))
	}
	c.objects = eso.Objects[object]{Definition: d, Decode: c.decode, Encode: c.encode}
	return c
}

func (c *codec) decode(o *object, d *eso.Decoder) {
	o.slots = make([]slot, len(c.fields))
	d.Object()
	for d.Member() {
		i, ok := c.index[d.Name()]
		if !ok {
			d.Unknown()
			continue
		}
		d.Once(uint(i))
		if !c.fields[i].Secret {
			o.slots[i].text = string(d.JSON())
			continue
		}
		text, err := eso.ReadSecret(d, (*eso.Decoder).JSON).Reveal()
		o.slots[i] = slot{text: string(text), stripped: err != nil}
	}
	o.source = d.Source()
}

func (c *codec) encode(o *object, w *eso.Writer) {
	w.Begin(o.source)
	for i, f := range c.fields {
		switch s := o.slots[i]; {
		case s.stripped:
			eso.WriteSecret(w, f.Name, eso.Secret[eso.JSON]{}, (*eso.Writer).JSON)
		case s.edited != nil && f.Secret:
			eso.WriteSecret(w, f.Name, eso.NewSecret(s.edited), c.shapes[i].write)
		case s.edited != nil:
			c.shapes[i].write(w.Member(f.Name), s.edited)
		case s.text == "":
			w.Absent(f.Name)
		case f.Secret:
			eso.WriteSecret(w, f.Name, eso.NewSecret(eso.JSON(s.text)), (*eso.Writer).JSON)
		default:
			w.Member(f.Name).JSON(eso.JSON(s.text))
		}
	}
	w.End()
}

// check tells whether the Go types read what was decoded.
func (c *codec) check(o *object) error {
	for i, s := range o.slots {
		if s.text != "" && !c.reads(i, s.text) {
			return &unreadableError{c.fields[i].Name}
		}
	}
	return nil
}

func (c *codec) reads(field int, text string) bool {
	if sealed(text) { // a ciphertext is a string like any other
		text = `"ciphertext"`
	}
	at := legibility{field, text}
	known, ok := c.legible[at]
	if !ok {
		known = reads(c.fields[field].Value, text)
		c.legible[at] = known
	}
	return known
}

func (c *codec) create(ctx context.Context, keys eso.Keyring, ref eso.Ref, o *object) (eso.Document, error) {
	return c.objects.Seal(ctx, keys, ref, &object{slots: slices.Clone(o.slots)})
}

func (c *codec) open(ctx context.Context, keys eso.Keyring, doc eso.Document) (*object, error) {
	o, err := c.objects.Open(ctx, keys, doc)
	if err != nil {
		return nil, err
	}
	return o, c.check(o)
}

func (c *codec) read(ctx context.Context, keys eso.Keyring, doc eso.Document) (*object, error) {
	o, err := c.objects.Read(ctx, keys, doc)
	if err != nil {
		return nil, err
	}
	return o, c.check(o)
}

func (c *codec) update(ctx context.Context, keys eso.Keyring, doc eso.Document, change change) (eso.Document, error) {
	return c.objects.Update(ctx, keys, doc, func(o *object) error {
		if err := c.check(o); err != nil {
			return err
		}
		var err error
		o.slots[change.field], err = c.changed(o.slots[change.field], change)
		return err
	})
}

func (c *codec) changed(s slot, change change) (slot, error) {
	if len(change.way) == 0 {
		return slot{text: change.text}, nil
	}
	at := &c.shapes[change.field]
	v, err := at.parse(s.text)
	if err != nil {
		return s, err
	}
	v, err = at.edit(v, change.way, change.text)
	return slot{edited: v}, err
}

// patch of a part writes the whole value, as an object has it that was read
// before: it keeps what the release does not know.
func (c *codec) patch(ctx context.Context, keys eso.Keyring, doc eso.Document, change change) (eso.Document, error) {
	s := slot{text: change.text}
	if len(change.way) > 0 {
		o, err := c.objects.Read(ctx, keys, doc)
		if err == nil {
			s, err = c.changed(o.slots[change.field], change)
		}
		if err != nil {
			return doc, err
		}
	}
	return c.objects.Patch(ctx, keys, doc, func(w *eso.Writer) {
		name := c.fields[change.field].Name
		switch {
		case s.edited != nil:
			c.shapes[change.field].write(w.Member(name), s.edited)
		case s.text == "":
			w.Absent(name)
		default:
			w.Member(name).JSON(eso.JSON(s.text))
		}
	})
}

func (c *codec) migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	return c.objects.Migrate(ctx, keys, doc)
}

func (c *codec) rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	return c.objects.Definition.Rotate(ctx, keys, doc)
}
