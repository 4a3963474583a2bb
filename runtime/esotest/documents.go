package esotest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// GoldenDocuments opens every sealed golden document, of any model, compares it
// with what was sealed, and migrates it to the write model. Documents below the
// oldest model are refused.
func (s Suite[T]) GoldenDocuments(t *testing.T) {
	keys := s.keys(t)
	for _, o := range s.objects(t, "sealed") {
		t.Run(o.title(), func(t *testing.T) { s.goldenDocument(t, keys, o) })
	}
}

func (s Suite[T]) goldenDocument(t *testing.T, keys eso.Keyring, o object) {
	d, doc := s.Objects.Definition(), o.document()
	attributes, err := d.OpenJSON(t.Context(), keys, doc)
	if doc.Model < d.Oldest {
		if !errors.Is(err, eso.ErrModel) {
			t.Errorf("the oldest model is %d, and opening gives %v", d.Oldest, err)
		}
		return
	}
	if err != nil {
		if errors.Is(err, eso.ErrTampered) {
			t.Fatalf("a golden document does not open: %v\n"+
				"neither would documents in production: add a model instead of changing one; if no release has the model, run \"esogen golden\"", err)
		}
		t.Fatalf("a golden document does not open: %v", err)
	}
	if names := differing(t, o.Plain, attributes); len(names) > 0 {
		t.Errorf("the opened document differs from what was sealed: %q", names)
	}
	s.opens(t, keys, doc)
	s.keeps(t, keys, doc)

	migrated, err := s.Objects.Migrate(t.Context(), keys, doc)
	if err != nil {
		t.Fatalf("the document does not migrate: %v", err)
	}
	if want := max(doc.Model, d.Write); migrated.Model != want {
		t.Errorf("after migration, the document is at model %d; want %d", migrated.Model, want)
	}
	s.opens(t, keys, migrated)
}

// keeps updates a document without a change: nothing in it may change or get lost,
// known to this release or not.
func (s Suite[T]) keeps(t *testing.T, keys eso.Keyring, doc eso.Document) {
	t.Helper()
	kept, err := s.Objects.Update(t.Context(), keys, doc, func(*T) error { return nil })
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	if doc.Model >= s.Objects.Definition().Write && string(kept.Attributes) != string(doc.Attributes) {
		t.Errorf("an update without a change has changed the document")
	}
}

// opens opens and reads a document as this release's Go code does, and checks that
// no secret shows.
func (s Suite[T]) opens(t *testing.T, keys eso.Keyring, doc eso.Document) {
	t.Helper()
	opened, err := s.Objects.Open(t.Context(), keys, doc)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	read, err := s.Objects.Read(t.Context(), keys, doc)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	secrets := s.secretTexts(t, keys, doc)
	for _, object := range []*T{opened, read} {
		shown, err := any(object).(json.Marshaler).MarshalJSON()
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		for _, text := range []string{string(shown), fmt.Sprintf("%+v %#v", *object, *object)} {
			for name, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("the secret %q shows when the object is printed or marshalled", name)
				}
			}
		}
	}
}

// secretTexts returns the secrets of a document that can be searched for, by name:
// strings that are long enough and do not occur elsewhere in it.
func (s Suite[T]) secretTexts(t *testing.T, keys eso.Keyring, doc eso.Document) map[string]string {
	t.Helper()
	stored := string(doc.Attributes)
	attributes, err := s.Objects.Definition().OpenJSON(t.Context(), keys, doc)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, raw := range members(t, attributes) {
		text, ok := value(raw).(string)
		if ok && len(text) >= 6 && slices.Contains(s.model(doc.Model).Encrypted, name) && !strings.Contains(stored, text) {
			texts[name] = text
		}
	}
	return texts
}

// model returns the model of that number, or the newest one.
func (s Suite[T]) model(number int) *eso.Model {
	models := s.Objects.Definition().Models
	return &models[min(number, len(models))-1]
}

// RoundTrip seals the fixtures of the write model through the Go struct, and
// compares what comes out with what went in.
func (s Suite[T]) RoundTrip(t *testing.T) {
	keys := s.keys(t)
	for _, o := range s.objects(t, "fixtures") {
		if o.model() == s.Objects.Definition().Write {
			t.Run(o.title(), func(t *testing.T) { s.roundTrip(t, keys, o) })
		}
	}
}

func (s Suite[T]) roundTrip(t *testing.T, keys eso.Keyring, o object) {
	d := s.Objects.Definition()
	created, err := release(d, d.Write, d.Write).SealJSON(t.Context(), keys, o.ref(), o.Attributes)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	opened, err := s.Objects.Open(t.Context(), keys, created)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	objects := s.Objects.WithDefinition(release(d, d.Write, len(d.Models)))
	sealed, err := objects.Seal(t.Context(), keys, o.ref(), opened)
	switch {
	case errors.Is(err, eso.ErrInvalid), errors.Is(err, eso.ErrRequired) && d.Write < len(d.Models):
		t.Skipf("this release would not write the fixture: %v", err)
	case err != nil:
		t.Fatalf("seal: %v", err)
	}
	s.sameAttributes(t, keys, created, sealed)
	s.keeps(t, keys, sealed)
}

func (s Suite[T]) sameAttributes(t *testing.T, keys eso.Keyring, a, b eso.Document) {
	t.Helper()
	before, err := s.Objects.Definition().OpenJSON(t.Context(), keys, a)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	after, err := s.Objects.Definition().OpenJSON(t.Context(), keys, b)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if names := differing(t, before, after); len(names) > 0 {
		t.Errorf("these attributes have changed: %q", names)
	}
}

// release returns the definition of a release that writes one model and knows all
// up to another. It accepts the ids of fixtures, which are not random.
func release(d *eso.Definition, write, newest int) *eso.Definition {
	r := *d
	r.Write, r.Models, r.RandomID = write, d.Models[:newest], false
	return &r
}
