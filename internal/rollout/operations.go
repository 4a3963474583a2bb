package rollout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// op is an operation of a release: all that the simulator knows of it. A new one
// is a value here, a method of operations, and a method of esotest.Trace, with
// which the tests of traces play it.
type op struct {
	name  string // Step.Op
	trace string // the method of esotest.Trace

	// The search tries an operation on every document that it reaches: moves
	// returns what a release may do with the whole of it, writes reports whether
	// a change of one field is worth trying. Their callers fill in the operation.
	moves  func(p *search, rel *simRelease, s *state) []step
	writes func(p *search, rel *simRelease, f *field, s *state) bool

	// play does it. For a document that does not exist yet, doc has only the
	// identity. It is nil for operations that change nothing.
	play func(ctx context.Context, o operations, keys eso.Keyring, doc eso.Document, m step) (eso.Document, error)

	// remember updates what every release should show; nil means that this stays
	// the same.
	remember func(p *search, n *state)

	says func(s Step) string                 // continues a sentence that begins with the release
	args func(t *traceTest, m step) []string // what the method of esotest.Trace is given beside the release

	rotates bool // it uses the new key, and so do all operations after it
	blind   bool // it decrypts nothing, and so may overwrite what it cannot read
}

// ops are all operations, in the order in which they are tried.
var ops = []*op{opCreate, opUpdate, opPatch, opMigrate, opRotate, opOpen, opRead}

var opCreate = &op{
	name: "create", trace: "Create",
	play: func(ctx context.Context, o operations, keys eso.Keyring, doc eso.Document, m step) (eso.Document, error) {
		return o.create(ctx, keys, doc.Ref, m.given)
	},
	remember: (*search).rememberCreate,
	says: func(s Step) string {
		return fmt.Sprintf("creates a document of model %d with %s", s.Model, list(s.Present))
	},
	args: func(t *traceTest, m step) []string {
		var b strings.Builder
		b.WriteString("map[string]string{\n")
		for _, f := range m.by.fields {
			if text := m.given.Text(f.Name); text != "" {
				fmt.Fprintf(&b, "%q: %s,\n", f.Name, literal(text))
			}
		}
		return []string{fmt.Sprintf("%q", t.search.ref(m.by).Namespace), b.String() + "}"}
	},
}

var opUpdate = &op{
	name: "update", trace: "Update",
	writes: func(p *search, rel *simRelease, f *field, s *state) bool { return f.varied || p.telling(rel, f, s) },
	play: func(ctx context.Context, o operations, keys eso.Keyring, doc eso.Document, m step) (eso.Document, error) {
		return o.update(ctx, keys, doc, m.change)
	},
	remember: (*search).rememberChange,
	says:     func(s Step) string { return "updates it: " + s.change() },
	args:     changeArgs,
}

var opPatch = &op{
	name: "patch", trace: "Patch",
	writes: func(_ *search, _ *simRelease, f *field, _ *state) bool { return f.Patchable },
	play: func(ctx context.Context, o operations, keys eso.Keyring, doc eso.Document, m step) (eso.Document, error) {
		return o.patch(ctx, keys, doc, m.change)
	},
	remember: (*search).rememberChange,
	says:     func(s Step) string { return "patches it: " + s.change() },
	args:     changeArgs,
	blind:    true,
}

var opMigrate = &op{
	name: "migrate", trace: "Migrate",
	moves: func(_ *search, rel *simRelease, s *state) []step {
		if s.doc.Model >= rel.typ.Write {
			return nil
		}
		return []step{{}}
	},
	play: func(ctx context.Context, o operations, keys eso.Keyring, doc eso.Document, _ step) (eso.Document, error) {
		return o.migrate(ctx, keys, doc)
	},
	says: func(s Step) string {
		if s.Failed {
			return "tries to migrate it"
		}
		return fmt.Sprintf("migrates it to model %d", s.Model)
	},
}

var opRotate = &op{
	name: "rotate", trace: "Rotate",
	moves: func(*search, *simRelease, *state) []step { return []step{{}} },
	play: func(ctx context.Context, o operations, keys eso.Keyring, doc eso.Document, _ step) (eso.Document, error) {
		return o.rotate(ctx, keys, doc)
	},
	says:    func(Step) string { return "rotates its secrets to the new key" },
	rotates: true,
}

var opOpen = &op{
	name: "open", trace: "Open",
	says: func(Step) string { return "opens it" },
}

var opRead = &op{
	name: "read", trace: "Read",
	says: func(Step) string { return "reads it, without its secrets" },
}

// opNamed returns the operation of a name. The search in namespaces has others,
// which it describes itself.
func opNamed(name string) *op {
	if i := slices.IndexFunc(ops, func(o *op) bool { return o.name == name }); i >= 0 {
		return ops[i]
	}
	return &op{name: name, says: func(Step) string { return name }}
}

// looks reports whether the operation changes nothing.
func (o *op) looks() bool { return o.play == nil }

// changes reports whether the operation changes a field.
func (o *op) changes() bool { return o.writes != nil }

// change says what an operation changes.
func (s Step) change() string {
	if s.Value == "" {
		return "unsets " + s.Attribute
	}
	return "sets " + s.Attribute + " to " + s.Value
}

func changeArgs(_ *traceTest, m step) []string {
	args := []string{fmt.Sprintf("%q", m.by.fields[m.change.field].Name), literal(m.change.text)}
	for _, h := range m.change.path {
		args = append(args, hopLiteral(h))
	}
	return args
}

// telling reports whether to try an update of an attribute that represents others.
// An update of a bound attribute seals every secret, and so does one of a secret:
// one of the two is enough. A patch of a plain attribute is tried anyway, unless
// it becomes an update.
func (p *search) telling(rel *simRelease, f *field, s *state) bool {
	if p.samples[f.fact].feeds {
		return true // something is computed from it
	}
	switch f.Role {
	case definition.Bound:
		return true
	case definition.Encrypted:
		return !slices.ContainsFunc(rel.fields, func(other field) bool { return other.Role == definition.Bound && !other.varied })
	default:
		return s.doc.Model < rel.typ.Write || !f.Patchable
	}
}

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
