package golden

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
)

// TestKey is the passphrase under which golden documents are sealed. It
// protects nothing.
const TestKey = "esogen golden documents: this key is public"

// testKeys is the keyring of golden documents. Making one takes its time.
var testKeys = sync.OnceValues(func() (eso.Keyring, error) { return eso.NewKeyring(TestKey) })

// Keys returns the file of keys by which the command line opens golden
// documents.
func Keys() []byte { return []byte("{\"primary\": " + phrase.JSON(TestKey) + "}\n") }

// ErrLost means that a sealed document no longer opens, or not to what it was
// sealed from: a document like it in production would be lost as well.
var ErrLost = errors.New("the document no longer opens")

// SealedLine is a line of a file of sealed documents.
type SealedLine struct {
	Number int   // in the file, from 1
	Model  int   // 0 if the line does not say
	Err    error // why it is not one, or does not open: an ErrEdited, ErrFormat or ErrLost; or nil

	text    string
	fixture fixtureKey
	misfit  error // why a document that opens is none of its model as it is declared now, or nil
}

// fixtureKey identifies a fixture of a type.
type fixtureKey struct {
	name, id, namespace, attributes string
	model                           int
}

func (f *Fixture) key() fixtureKey {
	return fixtureKey{f.Name, f.Ref.ID, f.Ref.Namespace, f.Attributes, f.Model}
}

// Sealed is the sealed documents of a type, as a file holds them.
type Sealed struct {
	Lines []SealedLine

	// Tidy is false if the file has the markers of a merge conflict, empty
	// or repeated lines: Renew writes it without them.
	Tidy bool

	// Conflict means that the file has the markers of a merge conflict.
	Conflict bool

	t *definition.Type
}

// ReadSealed reads a file of sealed documents, which may be empty, and opens
// every document by its own model, also below the oldest model that the type
// opens. A retired type opens those of the models that it still declares.
// What is wrong with a line is in its Err; the error is that of the context.
func ReadSealed(ctx context.Context, t *definition.Type, file []byte) (*Sealed, error) {
	found, tidy := records(file)
	s := &Sealed{Lines: make([]SealedLine, len(found)), Tidy: tidy, Conflict: !tidy && hasMarkers(file), t: t}
	if len(found) == 0 {
		return s, nil
	}
	keys, err := testKeys()
	if err != nil {
		return nil, err
	}
	d := runtimedef.Of(t)
	d.Oldest = 1
	for i, l := range found {
		s.Lines[i] = readLine(ctx, t, d, keys, l)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func readLine(ctx context.Context, t *definition.Type, d *eso.Definition, keys eso.Keyring, l line) SealedLine {
	s := SealedLine{Number: l.number, Model: modelIn(l.text), text: l.text}
	record, err := parseSealed(t, l.text)
	if err != nil {
		s.Err = err
		return s
	}
	s.fixture = fixtureKey{record.Fixture, record.ID, record.Namespace, string(record.Plain), s.Model}
	switch {
	case s.Model <= len(t.Models):
		s.Err = record.open(ctx, d, keys, s.Model)
		s.misfit = misfit(&t.Models[s.Model-1], record.Plain)
	case !t.Retired:
		s.Err = fmt.Errorf("%w: model %d is not in the specs", ErrLost, s.Model)
	}
	return s
}

// version finds the model of a line that may be broken elsewhere.
var version = regexp.MustCompile(`"typeMigrationVersion": ?"10\.([1-9][0-9]{0,8})\.0"`)

func modelIn(text string) int {
	found := version.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1]) // the pattern has numbers only
	return n
}

// sealedRecord is what a line holds.
type sealedRecord struct {
	Format     string          `json:"format"`
	Fixture    string          `json:"fixture"`
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Namespace  string          `json:"namespace"`
	Version    string          `json:"typeMigrationVersion"`
	Attributes json.RawMessage `json:"attributes"`
	Plain      json.RawMessage `json:"plain"`
}

// parseSealed reads a line. It says its format, and is of the type.
func parseSealed(t *definition.Type, text string) (*sealedRecord, error) {
	if err := formatOf([]byte(text), sealedFormat); err != nil {
		return nil, err
	}
	var r sealedRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil { // nothing may follow
		return nil, fmt.Errorf("%w: %w", ErrEdited, err)
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEdited, err)
	}
	switch {
	case r.Type != t.Name:
		return nil, fmt.Errorf("%w: it is a document of type %q", ErrEdited, r.Type)
	case r.Version != fmt.Sprintf("10.%d.0", modelIn(text)):
		return nil, fmt.Errorf("%w: no model in %q", ErrEdited, "typeMigrationVersion")
	}
	return &r, nil
}

func (r *sealedRecord) open(ctx context.Context, d *eso.Definition, keys eso.Keyring, model int) error {
	ref := eso.Ref{Namespace: r.Namespace, Type: r.Type, ID: r.ID}
	opened, err := d.OpenJSON(ctx, keys, eso.Document{Ref: ref, Model: model, Attributes: r.Attributes})
	var at *eso.Error
	switch {
	case errors.As(err, &at) && at.Attribute != "":
		return fmt.Errorf("%w: model %d: attribute %q: %w", ErrLost, model, at.Attribute, at.Err)
	case err != nil:
		return fmt.Errorf("%w: model %d: %w", ErrLost, model, err)
	case !sameMembers(opened, r.Plain):
		return fmt.Errorf("%w: model %d: it opens to something else than what was sealed", ErrLost, model)
	default:
		return nil
	}
}

// sameMembers reports whether two objects have the same members with the same
// text. Their order does not count: the native format opens all secrets in the
// place of the seal.
func sameMembers(a, b []byte) bool {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return maps.EqualFunc(x, y, func(v, w json.RawMessage) bool { return bytes.Equal(v, w) })
}

// misfit returns why an object is not one of a model. A document of an earlier
// declaration of a model may open, and lack what the model requires now.
func misfit(m *definition.Model, plain []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(plain, &members); err != nil {
		return fmt.Errorf("%w: %w", ErrEdited, err)
	}
	for i := range m.Attributes {
		a := &m.Attributes[i]
		text, ok := members[a.Name]
		delete(members, a.Name)
		switch {
		case !ok && !a.Optional:
			return fmt.Errorf("model %d requires %q now", m.Number, a.Name)
		case ok && definition.Conform(a.Value, string(text)) != nil:
			return fmt.Errorf("model %d declares %q otherwise now", m.Number, a.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		return fmt.Errorf("model %d does not have %q now", m.Number, name)
	}
	return nil
}

// Broken returns the lines that are not documents or do not open. Those of a
// model that no release has must fit its declaration, too: that may have
// changed since they were sealed.
func (s *Sealed) Broken(held Held) []Broken {
	fixtures := map[fixtureKey]bool{}
	for _, f := range Fixtures(s.t) {
		fixtures[f.key()] = true // a fixture of a declaration that is hard to meet may not fit it
	}
	var found []Broken
	for _, l := range s.Lines {
		b := Broken{l.Number, l.Model, l.Err, held.keeps(l.text, l.Model)}
		if l.Err == nil && l.misfit != nil && !fixtures[l.fixture] && b.Keep == Renewable {
			b.Err = fmt.Errorf("%w: %w", ErrLost, l.misfit)
		}
		if b.Err != nil {
			found = append(found, b)
		}
	}
	return found
}

// whole returns the lines that are not broken.
func (s *Sealed) whole(held Held) []SealedLine {
	broken := map[int]bool{}
	for _, l := range s.Broken(held) {
		broken[l.Number] = true
	}
	return slices.DeleteFunc(slices.Clone(s.Lines), func(l SealedLine) bool { return broken[l.Number] })
}

// Missing returns the fixtures without a sealed document that opens. Those of a released model count as far as the release has them, too:
// a changed one seals nothing.
func (s *Sealed) Missing(held Held) []Fixture {
	have := map[fixtureKey]bool{}
	for _, l := range s.whole(held) {
		have[l.fixture] = true
	}
	released := held.fixtures()
	return slices.DeleteFunc(Fixtures(s.t), func(f Fixture) bool {
		return have[f.key()] || f.Model <= held.models() && !released[f.key()]
	})
}

// Gone returns how many sealed documents of released models an earlier file of
// the type has that this one lacks. Those that do not open do not count.
func (s *Sealed) Gone(ctx context.Context, held Held) (int, error) {
	have := map[string]bool{}
	for _, l := range s.Lines {
		have[l.text] = true
	}
	found, _ := records(held.Before)
	found = slices.DeleteFunc(found, func(l line) bool { return have[l.text] || modelIn(l.text) > held.models() })
	lost, err := ReadSealed(ctx, s.t, join(found))
	if err != nil {
		return 0, err
	}
	return len(lost.whole(held)), nil
}

// Renew returns the file without the broken lines, and with a document for
// each fixture that is missing, sealed by its model. Other lines stay as they
// are. It is for files whose broken lines may all go.
func (s *Sealed) Renew(ctx context.Context, held Held) ([]byte, error) {
	var kept []line
	for _, l := range s.whole(held) {
		kept = append(kept, line{l.Number, l.text})
	}
	out := join(kept)
	missing := s.Missing(held)
	if len(missing) == 0 {
		return out, nil
	}
	keys, err := testKeys()
	if err != nil {
		return nil, err
	}
	d := runtimedef.Of(s.t)
	d.RandomID = false // ids of fixtures are made of their names, so that they stay
	for _, f := range missing {
		doc, err := runtimedef.At(d, f.Model).SealJSON(ctx, keys, f.Ref, []byte(f.Attributes))
		if err != nil {
			return nil, fmt.Errorf("type %q, model %d: sealing the golden document %q: %w", s.t.Name, f.Model, f.Name, err)
		}
		o := f.object(sealedFormat)
		o.raw("attributes", string(doc.Attributes))
		o.raw("plain", f.Attributes)
		out = append(out, o.line()+"\n"...)
	}
	return out, nil
}
