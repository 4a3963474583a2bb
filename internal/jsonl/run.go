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
	"github.com/esogen/esogen/runtime/kibanaindex"
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
	Passed                   // the line is of a type that the specs lack, and is as it was
	Summary                  // the line is the summary of an export, and is as it was
	Shredded                 // the keys of its namespace were destroyed: the line has an error, and no secrets
)

// Worker does one operation on lines. It is safe for concurrent use.
type Worker struct {
	operation  Operation
	keys       eso.Keyring
	unverified bool // there are no keys: nothing can be verified
	passing    bool // lines of unknown types pass unchanged
	types      map[string]typ

	undeclared names // attributes that were sealed
	unbound    Unbound
	passed     names // types
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

// PassUnknown lets lines of types that the specs lack pass unchanged, instead of
// failing them. It is not for Seal, which would pass secrets in the clear.
func (w *Worker) PassUnknown() { w.passing = true }

// Do returns the line that comes out for a line that comes in, without end of
// line, and its outcome. An object that fails comes back stripped, with
// an error beside its attributes, or at the end of the hit; a line that holds no
// object becomes its number and an error. No error holds a value. The error of
// an earlier run does not stay on a line that succeeds.
func (w *Worker) Do(ctx context.Context, number int, text []byte) ([]byte, Outcome) {
	line, err := ParseLine(text)
	if err != nil {
		return noObject(number, err), Failed
	}
	if isSummary(&line.object) && line.hit == nil {
		return bytes.TrimSpace(text), Summary
	}
	outcome, err := w.do(ctx, line)
	switch {
	case errors.Is(err, eso.ErrShredded) && w.operation != Seal:
		w.fail(line, err)
		return line.Bytes(), Shredded
	case err != nil:
		w.fail(line, err)
		return line.Bytes(), Failed
	case outcome == Passed:
		return bytes.TrimSpace(text), Passed
	}
	line.outer().remove("error")
	return line.Bytes(), outcome
}

func (w *Worker) do(ctx context.Context, line *Line) (Outcome, error) {
	if line.err != nil {
		return Failed, line.err
	}
	name, err := line.text("type")
	if err != nil {
		return Failed, err
	}
	t, ok := w.types[name]
	switch {
	case name == "":
		return Failed, line.noType()
	case !ok && w.passing && w.operation != Seal:
		w.passed.add(Name{Type: name})
		return Passed, nil
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

// noType says that a line has no type, and what it may be instead.
func (l *Line) noType() error {
	if _, ok := l.get("hits"); ok && l.hit == nil {
		return fmt.Errorf("%w: %q is missing: the line is a whole answer of a search; jq -c '.hits.hits[]' makes a line of each hit", eso.ErrMalformed, "type")
	}
	return fmt.Errorf("%w: %q is missing", eso.ErrMalformed, l.path("type"))
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
	ref, _, err := line.ref(t.Definition, t.Write)
	if err != nil {
		return err
	}
	if t.Models[t.Write-1].Namespaces == eso.Agnostic {
		if err := line.inNoNamespace(); err != nil {
			return err
		}
	}
	given, err := parseObject(attributes)
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
			w.undeclared.add(Name{t.Type, m.name})
		}
	}
	if line.hit == nil {
		line.set("id", phrase.JSON(doc.Ref.ID), "attributes")
	}
	line.set(stampName, phrase.JSON(kibanaindex.Stamp(doc.Model)), line.attributesName())
	line.set(line.attributesName(), string(doc.Attributes), "")
	return nil
}

// check refuses values that the write model or an announced one does not
// allow, as generated code does; the runtime knows no enums, bounds and
// patterns.
func (t typ) check(given *object) error {
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
		w.unbound.Note(d, doc, err)
		return Failed, err
	}
	line.set(line.attributesName(), string(attributes), "")
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
	var ok bool
	if doc.Ref, ok, err = l.ref(d, doc.Model); err != nil {
		return doc, err
	}
	if !ok {
		return doc, fmt.Errorf("%w: %q is missing", eso.ErrMalformed, "id")
	}
	return doc, nil
}

// ref returns the identity of the object, and whether it has an id. model says
// how the namespace counts; for one above all that are known, the newest does.
func (l *Line) ref(d *eso.Definition, model int) (eso.Ref, bool, error) {
	m := &d.Models[min(model, len(d.Models))-1]
	ref := eso.Ref{Type: d.Type}
	id, ok, err := l.id(m.Namespaces)
	if err != nil {
		return ref, false, err
	}
	ref.ID = id
	ref.Namespace, err = l.namespace(m)
	return ref, ok, err
}

// fail strips a line and puts the error to it.
func (w *Worker) fail(line *Line, failure error) {
	name, _ := line.text("type")
	t, known := w.types[name]
	attributesName := line.attributesName()
	_, whole := line.get(attributesName)
	whole = whole && attributesName != "type"
	line.members = slices.DeleteFunc(line.members, func(m member) bool {
		// What is beside the attributes by mistake, under a secret's name
		// or under none that holds them.
		switch object := strings.HasPrefix(m.value, "{"); {
		case m.name == attributesName:
			return false
		case line.hit == nil:
			return !slices.Contains(ownMembers, m.name) && (w.isSecret(name, m.name) || object && !whole)
		default:
			return !slices.Contains(sourceMembers, m.name) && w.isSecret(name, m.name) || object && m.name != oldStampName
		}
	})
	if whole {
		attributes := "{}" // of a type that is not known, nothing is known to be no secret
		if known {
			attributes = w.stripped(line, t)
		}
		line.set(attributesName, attributes, "")
	}
	if line.hit != nil {
		line.stripHit()
	}
	line.outer().set("error", errorText(failure), "")
}

// Members that esogen works with, of an object and of the _source of a hit.
var (
	sourceMembers = []string{"type", "namespace", "namespaces", stampName, oldStampName}
	ownMembers    = append([]string{"id", "attributes", "error"}, sourceMembers...)
)

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
	members, err := parseObject(attributes)
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
	{eso.ErrShredded, "shredded"}, {eso.ErrNoKey, "no-key"}, {eso.ErrTampered, "tampered"}, {eso.ErrTooLarge, "too-large"}, {eso.ErrMalformed, "malformed"},
	{eso.ErrRequired, "required"}, {eso.ErrInvalid, "invalid"}, {eso.ErrModel, "model"}, {eso.ErrID, "id"}, {eso.ErrType, "type"},
	{errNoObject, "malformed"}, {errors.ErrUnsupported, "key-kind"},
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
