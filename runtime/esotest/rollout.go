package esotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// UpgradeAndRollback plays each step from a model to the next with the golden
// documents: the newer release migrates a document, the older one, rolled back to,
// reads and changes it, and the newer one opens it again. It does so with single
// documents, and over a database if the test binary has a driver for SQLite: see
// [SQLite].
func (s Suite[T]) UpgradeAndRollback(t *testing.T) {
	d, keys := s.Objects.Definition(), s.keys(t)
	documents := s.documents(t)
	for older := max(d.Oldest, 1); older < len(d.Models); older++ {
		p := &pair{
			Definition: d, keys: keys,
			older: NewObjects(release(d, older, older+1), nil),
			newer: NewObjects(release(d, older+1, older+1), nil),
		}
		for _, o := range documents {
			switch o.model() {
			case older:
				t.Run(fmt.Sprintf("%s to %d", o.title(), older+1), func(t *testing.T) { p.upgrade(t, o.document()) })
			case older + 1:
				t.Run(fmt.Sprintf("%s beside %d", o.title(), older), func(t *testing.T) { p.maintain(t, o.document()) })
			}
		}
	}
	s.overADatabase(t, keys)
}

// pair is two adjacent releases: the older one writes a model and has announced
// the next, which the newer one writes.
type pair struct {
	*eso.Definition
	keys         eso.Keyring
	older, newer *eso.Objects[Object]
}

func (p *pair) upgrade(t *testing.T, doc eso.Document) {
	before := p.open(t, p.older, doc)
	step := &p.newer.Definition().Models[doc.Model]
	p.conversions(t, step, before)

	migrated, err := p.newer.Migrate(t.Context(), p.keys, doc)
	if err != nil {
		t.Fatalf("the newer release does not migrate the document: %v", err)
	}
	after := p.open(t, p.older, migrated)
	for name, raw := range before {
		if keeps(step, name) && !same(raw, after[name]) {
			t.Errorf("rolled back, the older release sees another %q", name)
		}
	}
	p.maintain(t, migrated)
}

// maintain lets the older release change a document of the newer one.
func (p *pair) maintain(t *testing.T, doc eso.Document) {
	first := p.open(t, p.newer, doc)
	changed, err := p.older.Update(t.Context(), p.keys, doc, respellOne(p.older.Definition()))
	if err != nil {
		t.Fatalf("rolled back, the older release does not update the document: %v", err)
	}
	if changed.Model != doc.Model {
		t.Errorf("the older release brought the document from model %d to %d", doc.Model, changed.Model)
	}
	second := p.open(t, p.newer, changed)
	if names := differingMembers(first, second); len(names) > 0 {
		t.Errorf("upgraded again, the newer release sees other values: %q", names)
	}
	again, err := p.newer.Migrate(t.Context(), p.keys, changed)
	if err != nil || !bytes.Equal(again.Attributes, changed.Attributes) {
		t.Errorf("a second migration changes the document, or fails: %v", err)
	}
}

func (p *pair) open(t *testing.T, release *eso.Objects[Object], doc eso.Document) map[string]json.RawMessage {
	t.Helper()
	o, err := release.Open(t.Context(), p.keys, doc)
	if err != nil {
		t.Fatalf("the release that writes model %d does not open a document of model %d: %v", release.Definition().Write, doc.Model, err)
	}
	return o.Texts()
}

// conversions checks that converting up, down and up again gives the same as
// converting up once.
func (p *pair) conversions(t *testing.T, step *eso.Model, before map[string]json.RawMessage) {
	for _, r := range step.Renamed {
		value, ok := before[r.Old]
		if !ok || r.Up == nil || r.Down == nil {
			continue
		}
		once, err := r.Up(eso.JSON(value))
		if err != nil {
			t.Errorf("the conversion of %q to %q fails: %v", r.Old, r.New, err)
			continue
		}
		back, err := r.Down(once)
		if err != nil {
			t.Errorf("the conversion of %q to %q fails: %v", r.New, r.Old, err)
			continue
		}
		if twice, err := r.Up(back); err != nil || !same([]byte(once), []byte(twice)) {
			t.Errorf("the conversions between %q and %q are not each other's inverse", r.Old, r.New)
		}
	}
}

// keeps reports whether a model still has an attribute of the one before, in the
// same form.
func keeps(step *eso.Model, name string) bool {
	now, kept := step.After(name)
	return kept && !slices.ContainsFunc(step.Renamed, func(r eso.Rename) bool { return r.New == now && r.Up != nil })
}

// respellOne gives one attribute another text of the same value, so that the
// document is sealed again: a bound one if there is one.
func respellOne(d *eso.Definition) func(*Object) error {
	own := d.Models[d.Write-1]
	next := d.Models[len(d.Models)-1]
	return func(o *Object) error {
		for _, name := range slices.Concat(own.AAD, slices.Sorted(maps.Keys(o.Texts()))) {
			if keeps(&next, name) && has(&own, name) && o.Respell(name) {
				return nil
			}
		}
		return nil // nothing that can be respelled
	}
}

func has(m *eso.Model, name string) bool {
	return slices.ContainsFunc(m.Attributes, func(a eso.Attribute) bool { return a.Name == name })
}
