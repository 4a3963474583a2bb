package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// breach is a promise that a state breaks.
type breach struct {
	promise   int
	kind      Kind
	attribute string
	sufferer  *simRelease  // the release that suffers
	by        *op          // what it does when it does
	note      string       // what it meets, in words
	secret    string       // the secret that does not open, or ""
	unread    bool         // the Go type did not read the value
	header    bool         // the header of a seal was changed
	part      esotest.Path // the part of a nested value that is required and missing
}

// holds checks the promises in a state, for every live release, and records what is
// broken. Normal reads, and what is bound, depend on the signature alone, and are
// checked once for each.
func (p *search) holds(ctx context.Context, s *state, news bool) bool {
	good := true
	report := func(b breach) {
		good = false
		p.report(s, b)
	}
	for _, rel := range p.live {
		p.clear(rel, s, report)
		o := p.opens(ctx, rel, s, report)
		if o == nil {
			continue
		}
		p.shows(rel, s, o, report)
		if news {
			p.reads(ctx, rel, s, o, report)
			p.binds(ctx, rel, s, report)
		}
	}
	return good
}

// opens checks that the document opens (promise 1), and without the old key if it
// was rotated (promise 5).
func (p *search) opens(ctx context.Context, rel *simRelease, s *state, report func(breach)) *esotest.Object {
	keys := liveRing
	if s.rotated {
		keys = newRing
	}
	o, err := rel.ops.open(ctx, keys, s.doc)
	if err == nil {
		return o
	}
	if s.rotated {
		if _, again := rel.ops.open(ctx, liveRing, s.doc); again == nil {
			b := breach{promise: 5, kind: OldKeyNeeded, attribute: attributeOf(err), sufferer: rel, by: opOpen}
			b.secret = b.attribute
			b.note = "it opens only with the old key"
			report(b)
			return nil
		}
	}
	report(p.cause(rel, s, err))
	return nil
}

// shows checks that each attribute shows what was written last (promise 2).
func (p *search) shows(rel *simRelease, s *state, o *esotest.Object, report func(breach)) {
	for i := range rel.fields {
		f := &rel.fields[i]
		if rel.mayLack(f, s.doc.Model) {
			continue
		}
		got, want := o.Text(f.Name), p.expected(rel, f, s)
		if p.samples[f.fact].nested && got != "" && !sealed(got) {
			shown := f.show(got)
			got = shown.text
			if part := shown.missing; part != nil && got == want {
				report(breach{promise: 2, kind: RequiredMissing, attribute: f.Name, sufferer: rel, by: opOpen, part: part,
					note: "its model " + number(rel.typ.Write) + " requires " + f.Name + pathString(part) + ", the document lacks that, and it shows a zero value that nobody wrote"})
				continue
			}
		}
		if got == want {
			continue
		}
		b := breach{promise: 2, attribute: f.Name, sufferer: rel, by: opOpen}
		switch {
		case sealed(got):
			b.kind, b.note = ShowsCiphertext, "it shows a ciphertext as the value"
		case got == "":
			b.kind, b.note = Lost, "it is absent, and was last set to "+want
		case want == "":
			b.kind, b.note = Restored, "it shows "+got+", and was last unset"
		case p.computed(f.fact, s.truth):
			b.promise, b.kind, b.note = 6, ComputedStale, "it shows "+got+", and its function gives "+want+" for its inputs"
		default:
			b.kind, b.note = Stale, "it shows "+got+", and was last set to "+want
		}
		report(b)
	}
}

// expected returns what a release should show: the last value that anyone wrote,
// or else what the steps up to its write model give.
func (p *search) expected(rel *simRelease, f *field, s *state) string {
	sample := p.raised(rel, s.truth, s.doc.Model, rel.typ.Write)[f.fact]
	if sample == absent {
		return ""
	}
	if p.samples[f.fact].nested {
		return f.show(p.text(f, sample)).text
	}
	return p.text(f, sample)
}

// reads checks that a normal read works, shows what is not secret, and shows no
// secret that is not exposed (promises 1, 2 and 3).
func (p *search) reads(ctx context.Context, rel *simRelease, s *state, opened *esotest.Object, report func(breach)) {
	o, err := rel.ops.read(ctx, liveRing, s.doc)
	if err != nil {
		b := p.cause(rel, s, err)
		b.by = opRead
		if at := s.find(b.attribute); b.kind == RequiredMissing && at != nil && at.sealed {
			b.note = "its model " + number(rel.typ.Write) + " requires it, and a normal read leaves it out, since it is a secret in the document"
		}
		report(b)
		return
	}
	for i := range rel.fields {
		f := &rel.fields[i]
		got, want := o.Text(f.Name), opened.Text(f.Name)
		hidden := f.Secret && !f.exposed
		switch {
		case hidden && (got == "null" || got == ""):
		case hidden:
			report(breach{promise: 3, kind: SecretShown, attribute: f.Name, sufferer: rel, by: opRead, note: "a normal read shows the secret"})
		case got != want:
			note := "a normal read does not show what opening shows"
			if got == "" {
				note += ": it is a secret in the document"
			}
			report(breach{promise: 2, kind: Stale, attribute: f.Name, sufferer: rel, by: opRead, note: note})
		}
	}
}

// binds checks that the secrets are bound to what the release's sets say: without
// one of these attributes, or under another id, the document does not open. All
// other promises would hold for releases that bind nothing.
func (p *search) binds(ctx context.Context, rel *simRelease, s *state, report func(breach)) {
	sets := rel.sets(s.doc.Model)
	list := bound(sets, s)
	switch {
	case s.seal != nil:
		list = listed(s.seal, s)
	case !slices.ContainsFunc(s.stored, func(at stored) bool { return at.sealed && sets.Role(at.name) == definition.Encrypted }):
		return
	}
	b := breach{promise: 3, kind: NotBound, sufferer: rel, by: opOpen, note: "the document opens although this was changed"}
	elsewhere := s.doc
	elsewhere.Ref.ID = "0b1f7a2e-5a57-4a0c-9d0e-1f2a3b4c5d6e"
	if _, err := rel.ops.open(ctx, liveRing, elsewhere); !errors.Is(err, eso.ErrTampered) {
		report(b)
	}
	for _, at := range list {
		b.attribute = at.name
		if _, err := rel.ops.open(ctx, liveRing, s.with(at.name, "")); !errors.Is(err, eso.ErrTampered) {
			report(b)
		}
		if s.seal == nil {
			continue
		}
		b := b
		b.note, b.header = "the document opens with a forged seal that lists one name less", true
		if _, err := rel.ops.open(ctx, liveRing, s.with(esotest.SealName, s.seal.Without(at.name))); err == nil {
			report(b)
		}
	}
	if s.seal == nil || len(sets.Encrypted)+len(sets.AAD) == 0 {
		return // a model that encrypts and binds nothing asks for no seal
	}
	b.attribute, b.note = esotest.SealName, "the document opens although its seal was taken away"
	if _, err := rel.ops.open(ctx, liveRing, s.with(esotest.SealName, "")); !errors.Is(err, eso.ErrTampered) && !errors.Is(err, eso.ErrRequired) {
		report(b)
	}
}

// with returns the document with another text of one of its attributes, or without
// it.
func (s *state) with(name, text string) eso.Document {
	doc := s.doc
	doc.Attributes = []byte{'{'}
	for _, at := range split(s.doc.Attributes) {
		if at.name == name {
			at.text = text
		}
		if at.text == "" {
			continue
		}
		if len(doc.Attributes) > 1 {
			doc.Attributes = append(doc.Attributes, ',')
		}
		quoted, _ := json.Marshal(at.name) // a string always has a JSON text
		doc.Attributes = append(append(append(doc.Attributes, quoted...), ':'), at.text...)
	}
	doc.Attributes = append(doc.Attributes, '}')
	return doc
}

// clear checks that nothing is stored as plaintext that the document's model
// encrypts (promise 3), under any name that a live release uses for it.
func (p *search) clear(rel *simRelease, s *state, report func(breach)) {
	m := rel.typ.Model(s.doc.Model)
	if m == nil {
		return
	}
	for _, at := range s.stored {
		if at.sealed || at.text == "null" {
			continue
		}
		name := at.name
		if m.Attribute(name) == nil {
			name = p.alias(m, name)
		}
		if m.Role(name) == definition.Encrypted {
			report(breach{promise: 3, kind: Plaintext, attribute: name, sufferer: rel, by: opOpen, note: "model " + number(m.Number) + " encrypts it, and it is stored in the clear"})
		}
	}
}

// alias returns the name in a model of what the write model of a live release calls
// name, or "".
func (p *search) alias(m *definition.Model, name string) string {
	for _, rel := range p.live {
		fact, ok := p.local[place{rel.typ.Write, name}]
		if !ok {
			continue
		}
		for _, at := range m.Attributes {
			if p.local[place{m.Number, at.Name}] == fact {
				return at.Name
			}
		}
	}
	return ""
}

// fail records that an operation failed on a document that breaks no promise, or
// that nothing can be created.
//
// A value that the release cannot seal is another matter. If the operation was
// about to write it, nothing is lost. If it is in the document, or a step on the
// way up makes it, the document cannot be sealed again.
func (p *search) fail(s *state, m step, err error) {
	invalid := errors.Is(err, eso.ErrInvalid)
	if invalid && (p.writesOdd(m) || p.odd && m.op == opCreate) {
		return
	}
	b := breach{promise: 1, kind: OperationFails, attribute: attributeOf(err), sufferer: m.by, by: m.op, note: err.Error()}
	if invalid && s != nil && (p.odd || p.holdsOdd(s)) {
		b.promise, b.kind, b.note = 0, Unsealable, reasonOf(err)
	}
	failed := &state{step: m, parent: s, depth: 1}
	if s != nil {
		failed.doc, failed.stored, failed.truth, failed.depth = s.doc, s.stored, s.truth, s.depth+1
	}
	p.report(failed, b)
}

// writesOdd reports whether an operation writes a value that some model cannot
// seal, in one of its encodings.
func (p *search) writesOdd(m step) bool {
	odd := func(field int, text string) bool {
		f := &m.by.fields[field]
		t := p.samples[f.fact]
		if isOdd(text) {
			return true
		}
		sample := slices.Index(t.texts[t.encodings[f.place]], text)
		return sample >= 0 && t.odd(sample)
	}
	if m.given == nil {
		return odd(m.change.field, m.change.text)
	}
	for i, f := range m.by.fields {
		if odd(i, m.given.Text(f.Name)) {
			return true
		}
	}
	return false
}

// holdsOdd reports whether a document has such a value.
func (p *search) holdsOdd(s *state) bool {
	for fact, sample := range s.truth {
		if sample != absent && p.samples[fact].odd(sample) {
			return true
		}
	}
	return false
}
