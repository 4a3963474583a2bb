package rollout

import "github.com/esogen/esogen/internal/definition"

// Kind is how a promise broke, as it was seen.
type Kind string

const (
	// Promise 1: every document opens.
	BoundDiffers      Kind = "bound-differs"      // Attribute is bound at sealing or at opening, not at both
	BoundChanged      Kind = "bound-changed"      // Attribute changed, and secrets that are bound to it were not sealed again
	Stranded          Kind = "stranded"           // Attribute, a secret, was not sealed again when something it is bound to changed
	DescriptorDiffers Kind = "descriptor-differs" // the secrets are bound to another identity
	FormatDiffers     Kind = "format-differs"     // one release does not know the format of the other
	RequiredMissing   Kind = "required-missing"   // Attribute is required by the release, and the document lacks it
	Unreadable        Kind = "unreadable"         // the Go type of Attribute does not read what is stored
	NotSealed         Kind = "not-sealed"         // Attribute is stored as plaintext, and the release expects a ciphertext
	NotConverted      Kind = "not-converted"      // a conversion met a value of Attribute that nobody wrote
	ModelRefused      Kind = "model-refused"      // the release no longer opens documents of this model
	Planted           Kind = "planted"            // the document has Attribute, and its model, as the release knows it, does not
	OutOfReach        Kind = "out-of-reach"       // the object is no longer found from a namespace: its kind of namespaces became narrower
	DoesNotOpen       Kind = "does-not-open"      // none of the above: a fault of the runtime
	OperationFails    Kind = "operation-fails"    // an operation fails on a document that opens: a fault of the runtime

	// Promise 2: every attribute shows the last value.
	Lost            Kind = "lost"             // Attribute was set, and is absent
	Restored        Kind = "restored"         // Attribute was unset, and is there
	Stale           Kind = "stale"            // Attribute shows another value than the last one
	ShowsCiphertext Kind = "shows-ciphertext" // Attribute shows a ciphertext as its value

	// Promise 3: secrets stay secret.
	Plaintext   Kind = "plaintext"    // the document's model encrypts Attribute, and it is stored as plaintext
	SecretShown Kind = "secret-shown" // a normal read shows the secret
	NotBound    Kind = "not-bound"    // a secret opens although Attribute, or the id, was changed: a fault of the runtime

	// Not a numbered promise: what opens can be migrated, updated and rotated.
	Unsealable Kind = "unsealable" // Attribute holds a value that the release cannot seal: the document cannot be written again

	// No promise: it is unknown whether one breaks.
	Undecided Kind = "undecided" // a bound ended the search

	// Promise 5: what was rotated no longer needs the old key. Promise 4, that
	// rolling back and upgrading again keeps the others, has no kinds of its
	// own: each release is checked after every operation of either.
	OldKeyNeeded Kind = "old-key-needed" // Attribute, a secret, still does after a rotation

	// Promise 6: a computed attribute that nobody set otherwise agrees with its
	// function.
	ComputedStale Kind = "computed-stale" // an input of Attribute changed, and it did not
)

// Finding is a broken promise.
type Finding struct {
	Promise   int // as docs/releases.md numbers them: 1, 2, 3, 5 or 6; 0 if none is known to break
	Kind      Kind
	Type      string
	Attribute string // at the release that suffers, or "" for the whole document
	Secret    string // the secret that does not open, or ""
	Model     int    // of the document
	Release   Party  // that suffers
	By        Party  // whose operation came last

	// Baseline is the release that runs beside the new one, or "". From is the
	// release that left the document, which may be an older one. It is "" for the
	// new release, and for a release that the case does not name: then Unnamed is
	// the model that it wrote.
	Baseline string
	From     string
	Unnamed  int

	// After is the attribute in the model that the new release writes, Before in
	// the model of the running release that meets it: the one that it writes if
	// it knows the other (Announced), or else the newest that it knows.
	Before, After Aspect
	Announced     bool

	// WasKind and IsKind are the kinds of namespaces of an object that is out of
	// reach: the one that it was written with, and that of Model.
	WasKind, IsKind definition.Namespaces

	Trace  []Step   // the shortest one
	Lines  []string // the trace in words
	replay *replay

	alike    []int            // facts that changed in the same way, which this one represents
	sufferer *definition.Type // Release, with declarations that are reduced
}

// Party is one of the releases of a case.
type Party struct {
	Name  string // as in the ledger
	Title string // for a person: "v1.2 (running)", "new"
	New   bool   // it is the new release
}

// Aspect is an attribute as a model has it.
type Aspect struct {
	Present bool // the model has the attribute
	Model   int
	Name    string // as that model calls it
	Role    definition.Role
}

// Playable reports whether WriteTraceTest can write the trace as a test.
func (f *Finding) Playable() bool { return f.replay != nil }

// Same reports whether two findings, of one search or of two, say that the same
// promise breaks in the same way for the same release. Their traces may differ,
// and so may what runs beside it.
func (f *Finding) Same(other *Finding) bool {
	return f.key() == other.key() && f.Type == other.Type
}

func (f *Finding) key() findingKey {
	return findingKey{f.Promise, f.Kind, f.Attribute, f.Release.Title}
}

// findingKey identifies a finding: of those with one key the shortest counts.
type findingKey struct {
	promise   int
	kind      Kind
	attribute string
	release   string
}

// report records a breach, unless the same one was found with a shorter trace.
func (p *search) report(s *state, b breach) {
	key := findingKey{b.promise, b.kind, b.attribute, b.sufferer.title}
	if known, ok := p.findings[key]; ok && len(known.Trace) <= s.depth+1 {
		return
	}
	root := s
	for root.parent != nil {
		root = root.parent
	}
	f := Finding{
		Promise: b.promise, Kind: b.kind, Type: b.sufferer.typ.Name, Attribute: b.attribute, Secret: b.secret, Model: s.doc.Model,
		Release: p.party(b.sufferer), By: p.party(s.step.by), From: root.step.by.release.Name,
	}
	if by := root.step.by; by.unnamed {
		f.Unnamed = by.typ.Write
	}
	if p.running != nil {
		f.Baseline = p.running.release.Name
	}
	f.Before, f.After = p.aspects(b, s.doc.Model)
	f.Announced = p.announced()
	f.alike = p.alike(b, s.doc.Model)
	f.sufferer = b.sufferer.release.Type
	f.Trace = p.trace(s, b)
	f.Lines = lines(f.Trace, b)
	if b.kind != Undecided { // nothing fails there
		f.replay = p.replay(s, b)
	}
	p.findings[key] = f
}

// announced reports whether the running release knows the model that the new
// one writes.
func (p *search) announced() bool {
	return p.running != nil && p.created != nil && p.running.knows(p.created.typ.Write)
}

// breached returns the facts that the attribute of a breach may be: the name may be
// that of the release that suffers, or of the document's model.
func (p *search) breached(b breach, model int) []int {
	return p.factsAt(place{b.sufferer.typ.Write, b.attribute}, place{model, b.attribute})
}

func (p *search) factsAt(places ...place) []int {
	var facts []int
	for _, at := range places {
		if i, ok := p.local[at]; ok {
			facts = append(facts, p.subset[i])
		}
	}
	return facts
}

// alike returns the facts that the one of a breach represents.
func (p *search) alike(b breach, model int) []int {
	if facts := p.breached(b, model); len(facts) > 0 {
		return p.facts.all[facts[0]].alike
	}
	return nil
}

// aspects returns the attribute of a breach before and after the change.
func (p *search) aspects(b breach, model int) (before, after Aspect) {
	before, after = p.facts.aspects(p.breached(b, model))
	if before.Present || after.Present || p.announced() {
		return before, after
	}
	// Neither the sufferer nor the document's model has the name. The newest model
	// that the running release knows may.
	if known := p.facts.known(); known != nil {
		return p.facts.aspects(p.factsAt(place{known.Number, b.attribute}))
	}
	return before, after
}

// others returns the same finding for the attributes that the one of a finding
// represents: what breaks for it breaks for each of them.
func (a *facts) others(f Finding) []Finding {
	var out []Finding
	for _, i := range f.alike {
		at := &a.all[i]
		other := f
		other.Attribute = at.places[len(at.places)-1].name
		for _, m := range []*definition.Model{f.sufferer.Model(f.Model), f.sufferer.Model(f.sufferer.Write)} {
			if m != nil && at.in(m) != nil {
				other.Attribute = at.in(m).Name
			}
		}
		other.Before, other.After = a.aspects([]int{i})
		out = append(out, other)
	}
	return out
}

// known returns the model that the running release uses for documents of the new
// one, or nil if either does not have the type.
func (a *facts) known() *definition.Model {
	running := a.running()
	switch now := a.of.New.Type; {
	case running == nil || now == nil:
		return nil
	case running.Model(now.Write) == nil:
		return running.Newest()
	default:
		return running.Model(running.Write)
	}
}

// running returns the type of the running release, or nil.
func (a *facts) running() *definition.Type {
	if i := a.of.running(); i >= 0 {
		return a.of.History[i].Type
	}
	return nil
}

// aspects returns the first of some facts that a model has, before and after
// the change. A name that the running release itself is about to drop is looked
// up in the model that it writes.
func (a *facts) aspects(facts []int) (before, after Aspect) {
	if t := a.of.New.Type; t != nil {
		after = a.aspectIn(t.Model(t.Write), facts)
	}
	if known := a.known(); known != nil {
		before = a.aspectIn(known, facts)
	}
	if t := a.running(); t != nil && !before.Present && !after.Present {
		before = a.aspectIn(t.Model(t.Write), facts)
	}
	return before, after
}

// aspectIn returns the first of some facts that a model has.
func (a *facts) aspectIn(m *definition.Model, facts []int) Aspect {
	for _, f := range facts {
		for i := range m.Attributes {
			if name := m.Attributes[i].Name; a.at[place{m.Number, name}] == f {
				return Aspect{Present: true, Model: m.Number, Name: name, Role: m.Role(name)}
			}
		}
	}
	return Aspect{Model: m.Number}
}

func (p *search) party(rel *simRelease) Party {
	return Party{Name: rel.release.Name, Title: rel.title, New: rel == p.created}
}
