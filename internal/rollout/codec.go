package rollout

import (
	"context"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// operations is what a release does with documents. Errors are the runtime's, or
// an *unreadableError. Tests put faults in between.
type operations interface {
	create(ctx context.Context, keys eso.Keyring, ref eso.Ref, o *esotest.Object) (eso.Document, error)
	open(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error)
	read(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error)
	update(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error)
	patch(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error)
	migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error)
	rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error)
}

// change is a change of one attribute of the write model. For the promises, an
// operation that changes several is a sequence of these: each attribute is
// written, sealed and shown by itself.
type change struct {
	field int
	path  esotest.Path // to a part of a nested value, or nil for the whole
	text  string       // "" takes it away
}

// unreadableError means that the Go type of a field cannot hold the value.
type unreadableError struct{ attribute string }

func (e *unreadableError) Error() string {
	return "the Go type of " + e.attribute + " does not read it"
}

// codec is the operations of the runtime on objects of any type. It remembers
// which texts the Go types read.
type codec struct {
	fields  []definition.Field
	objects *eso.Objects[esotest.Object]
	legible map[legibility]bool
}

type legibility struct {
	field int
	text  string
}

func newCodec(fields []definition.Field, d *eso.Definition) *codec {
	shapes := map[string]esotest.Shape{}
	for _, f := range fields {
		shapes[f.Name] = goType(f.Value)
	}
	return &codec{fields: fields, objects: esotest.NewObjects(d, shapes), legible: map[legibility]bool{}}
}

// check fails if a Go type does not read what was decoded.
func (c *codec) check(o *esotest.Object) error {
	for i := range c.fields {
		if text := o.Text(c.fields[i].Name); text != "" && !c.reads(i, text) {
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

func (c *codec) create(ctx context.Context, keys eso.Keyring, ref eso.Ref, o *esotest.Object) (eso.Document, error) {
	return c.objects.Seal(ctx, keys, ref, o)
}

func (c *codec) open(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
	o, err := c.objects.Open(ctx, keys, doc)
	if err != nil {
		return nil, err
	}
	return o, c.check(o)
}

func (c *codec) read(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
	o, err := c.objects.Read(ctx, keys, doc)
	if err != nil {
		return nil, err
	}
	return o, c.check(o)
}

func (c *codec) update(ctx context.Context, keys eso.Keyring, doc eso.Document, change change) (eso.Document, error) {
	return c.objects.Update(ctx, keys, doc, func(o *esotest.Object) error {
		if err := c.check(o); err != nil {
			return err
		}
		name := c.fields[change.field].Name
		switch {
		case len(change.path) > 0:
			return o.SetPart(name, change.path, change.text)
		case change.text == "":
			o.Unset(name)
		default:
			o.Set(name, change.text)
		}
		return nil
	})
}

// patch of a part writes the whole value, as a normal read shows it: so it keeps
// what the release does not know.
func (c *codec) patch(ctx context.Context, keys eso.Keyring, doc eso.Document, change change) (eso.Document, error) {
	name := c.fields[change.field].Name
	if len(change.path) == 0 {
		return c.objects.Patch(ctx, keys, doc, esotest.Patch(name, change.text))
	}
	o, err := c.objects.Read(ctx, keys, doc)
	if err == nil {
		err = o.SetPart(name, change.path, change.text)
	}
	if err != nil {
		return doc, err
	}
	return c.objects.Patch(ctx, keys, doc, o.PatchPart(name))
}

func (c *codec) migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	return c.objects.Migrate(ctx, keys, doc)
}

func (c *codec) rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	return c.objects.Definition().Rotate(ctx, keys, doc)
}
