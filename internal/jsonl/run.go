package jsonl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
)

// Operation is what is done with each object.
type Operation string

const (
	Seal   Operation = "seal"   // to the write model, secrets encrypted
	Open   Operation = "open"   // at the object's own model, secrets in the clear
	Strip  Operation = "strip"  // at the object's own model, as a normal read shows it
	Rotate Operation = "rotate" // at the object's own model, secrets under the primary key
)

// Outcome is what a command did with a line.
type Outcome int

const (
	Failed    Outcome = iota // the line has an error, and no secrets
	Done                     // the operation was done
	Unchanged                // there was nothing to do: Rotate met the primary key, or no secret
)

// Worker does one operation on lines. It is safe for concurrent use.
type Worker struct {
	operation  Operation
	keys       eso.Keyring
	unverified bool // there are no keys: nothing can be verified
	types      map[string]typ

	undeclared undeclared
}

type typ struct {
	*eso.Definition
	retired bool
	fields  []definition.Field
}

// NewWorker returns a worker for objects of the given types, which are
// resolved and have no errors. All operations but Strip need keys. Without them,
// Strip verifies nothing, and fails for what a type exposes.
func NewWorker(operation Operation, types []*definition.Type, keys eso.Keyring) *Worker {
	w := &Worker{operation: operation, keys: keys, unverified: keys == nil, types: map[string]typ{}}
	for _, t := range types {
		if len(t.Models) > 0 {
			w.types[t.Name] = typ{runtimedef.Of(t), t.Retired, definition.Fields(t)}
		}
	}
	return w
}

// Do returns the line that comes out for a line that comes in, without end of
// line, and its outcome. An object that fails comes back stripped, with
// an error beside its attributes; a line that holds no object becomes its
// number and an error. No error holds a value. The error of an earlier run
// does not stay on a line that succeeds.
func (w *Worker) Do(ctx context.Context, number int, text []byte) ([]byte, Outcome) {
	line, err := ParseLine(text)
	if err != nil {
		return noObject(number, err), Failed
	}
	outcome, err := w.do(ctx, line)
	if err != nil {
		w.fail(line, err)
		return line.Bytes(), Failed
	}
	line.remove("error")
	return line.Bytes(), outcome
}

func (w *Worker) do(ctx context.Context, line *Line) (Outcome, error) {
	name, err := line.text("type")
	if err != nil {
		return Failed, err
	}
	t, ok := w.types[name]
	switch {
	case name == "":
		return Failed, fmt.Errorf("%w: %q is missing", eso.ErrMalformed, "type")
	case !ok:
		return Failed, fmt.Errorf("%w: no spec declares %.200q", eso.ErrType, name)
	case w.operation != Seal:
		return w.stored(ctx, line, t.Definition)
	case t.retired:
		return Failed, fmt.Errorf("%w: %q is retired", eso.ErrType, name)
	default:
		return Done, w.seal(ctx, line, t)
	}
}

func (w *Worker) seal(ctx context.Context, line *Line, t typ) error {
	attributes, err := line.attributes()
	if err != nil {
		return err
	}
	model, err := line.model()
	if err != nil {
		return err
	}
	if model > t.Write {
		return fmt.Errorf("%w: the object is stamped with model %d, and what that has beyond model %d, which seal writes, would be lost", eso.ErrModel, model, t.Write)
	}
	ref, err := line.ref(t.Definition, t.Write)
	if err != nil {
		return err
	}
	if t.Models[t.Write-1].Namespaces == eso.Agnostic {
		if err := line.inNoNamespace(); err != nil {
			return err
		}
	}
	given, err := ParseLine(attributes)
	if err != nil {
		return fmt.Errorf("%w: %w", eso.ErrMalformed, err)
	}
	if err := t.check(given); err != nil {
		return err
	}
	doc, err := t.SealJSON(ctx, w.keys, ref, attributes)
	if err != nil {
		return err
	}
	for _, m := range given.members {
		if !t.declares(m.name) {
			w.undeclared.add(Undeclared{t.Type, m.name})
		}
	}
	line.set("id", phrase.JSON(doc.Ref.ID), "attributes")
	line.set(stampName, stamp(doc.Model), "attributes")
	line.set("attributes", string(doc.Attributes), "")
	return nil
}

// check refuses values that the write model or an announced one does not
// allow, as generated code does; the runtime knows no enums, bounds and
// patterns.
func (t typ) check(given *Line) error {
	for i := range t.fields {
		f := &t.fields[i]
		value, ok := given.get(f.Name)
		if !ok {
			continue
		}
		for _, declared := range f.Narrow {
			if err := definition.Accept(declared, value); err != nil {
				return &eso.Error{Attribute: f.Name, Err: fmt.Errorf("%w: %w", eso.ErrInvalid, err)}
			}
		}
	}
	return nil
}

// stored opens, strips or rotates a stored object, at its own model.
func (w *Worker) stored(ctx context.Context, line *Line, d *eso.Definition) (Outcome, error) {
	doc, err := line.document(d)
	if err != nil {
		return Failed, err
	}
	var attributes []byte
	outcome := Done
	switch w.operation {
	case Open:
		attributes, err = d.OpenJSON(ctx, w.keys, doc)
	case Strip:
		if w.unverified {
			attributes, err = d.StripUnverifiedJSON(ctx, w.keys, doc)
		} else {
			attributes, err = d.StripJSON(ctx, w.keys, doc)
		}
	default:
		var rotated eso.Document
		rotated, err = d.Rotate(ctx, w.keys, doc)
		attributes = rotated.Attributes
		if bytes.Equal(attributes, doc.Attributes) {
			outcome = Unchanged
		}
	}
	if err != nil {
		return Failed, err
	}
	line.set("attributes", string(attributes), "")
	return outcome, nil
}

// document returns the stored object that a line holds.
func (l *Line) document(d *eso.Definition) (eso.Document, error) {
	var doc eso.Document
	var err error
	if doc.Attributes, err = l.attributes(); err != nil {
		return doc, err
	}
	if doc.Model, err = l.model(); err != nil {
		return doc, err
	}
	if doc.Ref, err = l.ref(d, doc.Model); err != nil {
		return doc, err
	}
	if _, ok := l.get("id"); !ok {
		return doc, fmt.Errorf("%w: %q is missing", eso.ErrMalformed, "id")
	}
	return doc, nil
}

// ref returns the identity of the object. model says how the namespace counts;
// for one above all that are known, the newest does.
func (l *Line) ref(d *eso.Definition, model int) (eso.Ref, error) {
	ref := eso.Ref{Type: d.Type}
	var err error
	if ref.ID, err = l.text("id"); err != nil {
		return ref, err
	}
	ref.Namespace, err = l.namespace(&d.Models[min(model, len(d.Models))-1])
	return ref, err
}

// fail strips a line and puts the error to it.
func (w *Worker) fail(line *Line, failure error) {
	name, _ := line.text("type")
	t, known := w.types[name]
	_, whole := line.get("attributes")
	line.members = slices.DeleteFunc(line.members, func(m member) bool {
		// What is beside the attributes by mistake, under a secret's name
		// or under none that holds them.
		return !slices.Contains(ownMembers, m.name) && (w.isSecret(name, m.name) || !whole && strings.HasPrefix(m.value, "{"))
	})
	if whole {
		attributes := "{}" // of a type that is not known, nothing is known to be no secret
		if known {
			attributes = w.stripped(line, t)
		}
		line.set("attributes", attributes, "")
	}
	line.set("error", errorText(failure), "")
}

// ownMembers are the members of a line that esogen works with.
var ownMembers = []string{"type", "id", "namespace", "namespaces", stampName, "attributes", "error"}

// isSecret reports whether any model of a type encrypts an attribute; for a type
// that is not known, whether one of any type does.
func (w *Worker) isSecret(typeName, attribute string) bool {
	if t, ok := w.types[typeName]; ok {
		return t.encrypts(attribute)
	}
	for _, t := range w.types {
		if t.encrypts(attribute) {
			return true
		}
	}
	return false
}

// encrypts reports whether any model does: the object may be of any.
func (t typ) encrypts(attribute string) bool {
	return slices.ContainsFunc(t.Models, func(m eso.Model) bool { return slices.Contains(m.Encrypted, attribute) })
}

// declares reports whether any model has an attribute.
func (t typ) declares(attribute string) bool {
	return slices.ContainsFunc(t.Models, func(m eso.Model) bool {
		return slices.ContainsFunc(m.Attributes, func(a eso.Attribute) bool { return a.Name == attribute })
	})
}

// sealAttribute is where the native format keeps the secrets of an object.
const sealAttribute = "$sealed"

// stripped returns the attributes without what any model encrypts, and without
// a seal. What was to be sealed is in the clear, so an attribute that no model
// declares goes too: it may be a secret whose name is misspelt.
func (w *Worker) stripped(line *Line, t typ) string {
	attributes, err := line.attributes()
	if err != nil {
		return "{}"
	}
	members, err := ParseLine(attributes)
	if err != nil {
		return "{}"
	}
	members.members = slices.DeleteFunc(members.members, func(m member) bool {
		return m.name == sealAttribute || m.value != "null" && (t.encrypts(m.name) || w.operation == Seal && !t.declares(m.name))
	})
	return string(members.Bytes())
}

// reasons are the words for what went wrong, of which the first that fits
// counts.
var reasons = []struct {
	err  error
	word string
}{
	{eso.ErrNoKey, "no-key"}, {eso.ErrTampered, "tampered"}, {eso.ErrTooLarge, "too-large"}, {eso.ErrMalformed, "malformed"},
	{eso.ErrRequired, "required"}, {eso.ErrInvalid, "invalid"}, {eso.ErrModel, "model"}, {eso.ErrID, "id"}, {eso.ErrType, "type"},
	{errNoObject, "malformed"},
}

func reasonOf(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return "failed"
}

// errorText writes an error as a JSON object. The object beside it says which
// one it is about, so the message need not.
func errorText(err error) string {
	out := `{"reason":` + phrase.JSON(reasonOf(err))
	message := err
	var at *eso.Error
	if errors.As(err, &at) {
		if at.Attribute != "" {
			out += `,"attribute":` + phrase.JSON(at.Attribute)
		}
		message = at.Err
	}
	return out + `,"message":` + phrase.JSON(message.Error()) + "}"
}

func noObject(number int, err error) []byte {
	line := fmt.Sprintf(`{"line":%d,"error":%s}`, number, errorText(err))
	return []byte(line)
}
