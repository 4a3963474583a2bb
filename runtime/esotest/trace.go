package esotest

import (
	"encoding/json"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// Trace is a document and what releases do with it, one after the other. The tests
// that "esogen check --trace-test" writes use it to play what the simulator found.
// The test fails if an operation does, and with the broken promise if a check
// fails.
type Trace struct {
	t                     testing.TB
	broken                string
	doc                   eso.Document
	before, during, after eso.Keyring // the rotation of the keys
}

// NewTrace begins a trace that breaks a promise, which broken describes.
func NewTrace(t testing.TB, broken string) *Trace {
	t.Helper()
	key := func(passphrase string) eso.Key {
		key, err := eso.NewPassphraseKey("", passphrase)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	keyring := func(primary eso.Key, others ...eso.Key) eso.Keyring {
		keys, err := eso.NewKeyringOf(primary, others...)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	older := key("the key before the rotation, of 32 characters or more")
	newer := key("the key after the rotation, of 32 characters or more")
	return &Trace{t: t, broken: broken, before: keyring(older), during: keyring(newer, older), after: keyring(newer)}
}

// objects returns the operations of the release.
func (r Release) objects() *eso.Objects[Object] { return NewObjects(r.Definition, r.Shapes) }

// done records the document that an operation returned.
func (tr *Trace) done(r Release, operation string, doc eso.Document, err error) {
	tr.t.Helper()
	if err != nil {
		tr.t.Fatalf("%s, %s: %v", r.Name, operation, err)
	}
	tr.doc = doc
}

// traceID is the id of the document of a trace.
const traceID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

// Create creates the document.
func (tr *Trace) Create(r Release, namespace string, attributes map[string]string) {
	tr.t.Helper()
	ref := eso.Ref{Namespace: namespace, Type: r.Definition.Type, ID: traceID}
	doc, err := r.objects().Seal(tr.t.Context(), tr.before, ref, NewObject(attributes))
	tr.done(r, "create", doc, err)
}

// Update sets an attribute, or the part of it at the end of a path, to a JSON text,
// and unsets it if the text is "".
func (tr *Trace) Update(r Release, name, text string, path ...Hop) {
	tr.t.Helper()
	doc, err := r.objects().Update(tr.t.Context(), tr.before, tr.doc, func(o *Object) error {
		switch {
		case len(path) > 0:
			return o.SetPart(name, path, text)
		case text == "":
			o.Unset(name)
		default:
			o.Set(name, text)
		}
		return nil
	})
	tr.done(r, "update", doc, err)
}

// Patch is Update without decryption. With a path, it writes the value that a normal
// read shows, changed in that part.
func (tr *Trace) Patch(r Release, name, text string, path ...Hop) {
	tr.t.Helper()
	patch := Patch(name, text)
	if len(path) > 0 {
		o, err := r.objects().Read(tr.t.Context(), tr.before, tr.doc)
		if err == nil {
			err = o.SetPart(name, path, text)
		}
		if err != nil {
			tr.t.Fatalf("%s, patch: %v", r.Name, err)
		}
		patch = o.PatchPart(name)
	}
	doc, err := r.objects().Patch(tr.t.Context(), tr.before, tr.doc, patch)
	tr.done(r, "patch", doc, err)
}

// Migrate brings the document to the model that the release writes.
func (tr *Trace) Migrate(r Release) {
	tr.t.Helper()
	doc, err := r.objects().Migrate(tr.t.Context(), tr.before, tr.doc)
	tr.done(r, "migrate", doc, err)
}

// Rotate seals the secrets under the new key.
func (tr *Trace) Rotate(r Release) {
	tr.t.Helper()
	doc, err := r.Definition.Rotate(tr.t.Context(), tr.during, tr.doc)
	tr.done(r, "rotate", doc, err)
}

// Open opens the document. If it fails, the promise is broken.
func (tr *Trace) Open(r Release) *Object {
	tr.t.Helper()
	return tr.opened(r.objects().Open(tr.t.Context(), tr.during, tr.doc))
}

// OpenWithNewKey is Open without the old key.
func (tr *Trace) OpenWithNewKey(r Release) *Object {
	tr.t.Helper()
	return tr.opened(r.objects().Open(tr.t.Context(), tr.after, tr.doc))
}

// Read reads the document without its secrets. If it fails, the promise is broken.
func (tr *Trace) Read(r Release) *Object {
	tr.t.Helper()
	return tr.opened(r.objects().Read(tr.t.Context(), tr.during, tr.doc))
}

func (tr *Trace) opened(o *Object, err error) *Object {
	tr.t.Helper()
	if err != nil {
		tr.t.Fatalf("%s: %v", tr.broken, err)
	}
	return o
}

// Reads checks that the Go types can hold the object.
func (tr *Trace) Reads(o *Object) {
	tr.t.Helper()
	if err := o.Check(); err != nil {
		tr.t.Fatalf("%s: %v", tr.broken, err)
	}
}

// Shows checks that the object shows a value, or none if want is "".
func (tr *Trace) Shows(o *Object, name, want string) {
	tr.t.Helper()
	text := o.Text(name)
	if shape := o.shape(name); text != "" && shape.nested() {
		text = shape.Shown(text)
	}
	if text != want {
		tr.t.Fatal(tr.broken)
	}
}

// ShowsAllParts checks that the object has each part of an attribute that its
// Go type requires.
func (tr *Trace) ShowsAllParts(o *Object, name string) {
	tr.t.Helper()
	if o.shape(name).Missing(o.Text(name)) != nil {
		tr.t.Fatal(tr.broken)
	}
}

// Hides checks that the object does not show an attribute.
func (tr *Trace) Hides(o *Object, name string) {
	tr.t.Helper()
	if o.Text(name) != "" {
		tr.t.Fatal(tr.broken)
	}
}

// StoresNot checks that the document does not hold a text under a name.
func (tr *Trace) StoresNot(name, text string) {
	tr.t.Helper()
	if string(tr.stored()[name]) == text {
		tr.t.Fatal(tr.broken)
	}
}

// BindsID checks that the document does not open under another id.
func (tr *Trace) BindsID(r Release) {
	tr.t.Helper()
	doc := tr.doc
	doc.Ref.ID = "0b1f7a2e-5a57-4a0c-9d0e-1f2a3b4c5d6e"
	tr.refuses(r, doc)
}

// Binds checks that the document does not open without an attribute.
func (tr *Trace) Binds(r Release, name string) {
	tr.t.Helper()
	tr.refuses(r, tr.with(name, nil))
}

// SealBinds checks that the document does not open with a seal that does not
// list a name as bound.
func (tr *Trace) SealBinds(r Release, name string) {
	tr.t.Helper()
	seal := ParseSeal(string(tr.stored()[SealName]))
	tr.refuses(r, tr.with(SealName, json.RawMessage(seal.Without(name))))
}

func (tr *Trace) refuses(r Release, doc eso.Document) {
	tr.t.Helper()
	if _, err := r.objects().Open(tr.t.Context(), tr.during, doc); err == nil {
		tr.t.Fatal(tr.broken)
	}
}

func (tr *Trace) stored() map[string]json.RawMessage {
	tr.t.Helper()
	return members(tr.t, tr.doc.Attributes)
}

func (tr *Trace) with(name string, text json.RawMessage) eso.Document {
	tr.t.Helper()
	return with(tr.t, tr.doc, name, text)
}

// with returns a document with another text of one attribute, or without it.
func with(t testing.TB, doc eso.Document, name string, text json.RawMessage) eso.Document {
	t.Helper()
	stored := members(t, doc.Attributes)
	stored[name] = text
	if text == nil {
		delete(stored, name)
	}
	attributes, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	doc.Attributes = attributes
	return doc
}

// Converts returns a conversion that knows the values of a table.
func Converts(values map[eso.JSON]eso.JSON) eso.Convert {
	return func(value eso.JSON) (eso.JSON, error) {
		converted, ok := values[value]
		if !ok {
			return "", eso.ErrInvalid
		}
		return converted, nil
	}
}

// Computes returns the function of a computed attribute: it gives the first
// value, and the other one for each input that is in its half.
func Computes(values [2]eso.JSON, halves ...map[eso.JSON]bool) func([]eso.JSON) (eso.JSON, error) {
	return func(inputs []eso.JSON) (eso.JSON, error) {
		half := 0
		for i, input := range inputs {
			if halves[i][input] {
				half = 1 - half
			}
		}
		return values[half], nil
	}
}
