package rollout

import (
	"context"
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
)

// search plays some facts of a case: releases that have no other attributes, and
// every state that their operations lead to.
type search struct {
	facts   *facts
	subset  subset
	local   map[place]int // the number of a fact in this search
	samples []*samples    // by that number
	varied  []bool        // by that number

	functions []function
	odd       bool // functions give values that some models cannot seal

	past    []*simRelease // releases that left documents, oldest first
	live    []*simRelease // the running release and the new one
	running *simRelease   // nil if the type is new
	created *simRelease   // the new release; nil if it drops the type

	seen     map[string]bool // signatures from which the search went on
	broken   map[string]bool // and those from which it did not
	findings map[findingKey]Finding
	without  rule
	last     *state // what the last operation made
	moved    int    // how many operations were played
	bound    int    // how many may be
	cut      bool   // the bound ended the search
}

func newSearch(a *facts, set subset, o options) (*search, error) {
	p := &search{facts: a, subset: set, local: map[place]int{}, seen: map[string]bool{}, broken: map[string]bool{}, findings: map[findingKey]Finding{}, bound: o.moves, without: o.without}
	c := a.of
	for i, f := range set {
		varied := a.all[f].varies() && !a.between(f, set) || !o.reduce
		for _, at := range a.all[f].places {
			p.local[at] = i
		}
		p.varied = append(p.varied, varied)
		p.samples = append(p.samples, newSamples(&a.all[f], a.types, varied, o.without))
	}
	p.functions = p.functionsOf(a.types)
	running := c.running()
	for i, r := range c.History {
		if r.Type == nil {
			continue
		}
		rel := p.newSimRelease(r, c.title(i), o.wrap)
		p.past = append(p.past, rel)
		if i == running {
			p.running = rel
			p.live = append(p.live, rel)
		}
	}
	for _, r := range p.unnamed(c) {
		rel := p.newSimRelease(r, anyWriter(r.Type.Write), o.wrap)
		rel.unnamed = true
		p.past = append(p.past, rel)
	}
	if c.New.Type != nil {
		title := "new"
		if c.New.Name != "" {
			title = c.New.Name + " (new)"
		}
		p.created = p.newSimRelease(c.New, title, o.wrap)
		p.live = append(p.live, p.created)
	}
	p.halve()
	return p, nil
}

// unnamed returns the releases that the case does not name and that may have
// written each model up to the highest one that a live or withdrawn release
// writes: documents outlive ledgers. Nothing restricted what these releases
// wrote. Documents below the oldest model that opens are left in migrated form.
// Of successive models that are the same for the facts of the search, the first
// is enough.
func (p *search) unnamed(c Case) []Release {
	var releases []Release
	running := c.running()
	for number, last := 1, (*definition.Type)(nil); ; number++ {
		var knows *definition.Type
		for i, r := range c.History {
			if (i == running || r.Withdrawn) && r.Type != nil && r.Type.Write >= number && (knows == nil || i == running) {
				knows = r.Type
			}
		}
		if knows == nil {
			return releases
		}
		if knows == last && p.facts.sameAsBefore(knows, number, p.subset) {
			continue
		}
		last = knows
		if slices.ContainsFunc(p.past, func(rel *simRelease) bool { return rel.typ.Write == number && len(rel.typ.Models) == number }) {
			continue
		}
		t := *knows
		t.Models, t.Write, t.Oldest = t.Models[:number], number, min(t.Oldest, number)
		releases = append(releases, Release{Type: &t})
	}
}

// ref is the identity of the one document, as a release creates it. It has a
// namespace, unless the release creates objects that have none.
func (p *search) ref(by *simRelease) eso.Ref {
	ref := eso.Ref{Namespace: "team", Type: by.typ.Name, ID: "7c9e6679-7425-40de-944b-e07fc1f90ae7"}
	if by.typ.Models[by.typ.Write-1].Namespaces == definition.Agnostic {
		ref.Namespace = ""
	}
	return ref
}

// explore searches breadth first: from a shorter sequence to a longer one, so
// that the first sequence that breaks a promise is a shortest one.
func (p *search) explore(ctx context.Context) error {
	if len(p.live) == 0 {
		return nil
	}
	frontier, later := p.left(ctx)
	if err := ctx.Err(); err != nil || p.cut {
		return err
	}
	for depth := 1; len(frontier) > 0; depth++ {
		var next []*state
		for _, s := range frontier {
			if p.ends(ctx) {
				return ctx.Err()
			}
			for _, rel := range p.live {
				for _, m := range p.moves(rel, s) {
					if n := p.turn(ctx, s, m); n != nil {
						next = append(next, n)
					}
				}
			}
		}
		for _, s := range later {
			if s.depth == depth+1 && p.settle(ctx, s) {
				next = append(next, s)
			}
		}
		frontier = next
	}
	return nil
}

// left returns the documents with which the search begins. The first list has
// those that take one operation: what each earlier release and the new one
// create. The second has documents that earlier releases created and later ones
// migrated.
//
// Earlier releases did more than create and migrate. But what they left opens for
// them, or the ledger was broken already; and a document that opens for the
// release that left it differs from a created one only in what a signature
// holds: its model, and which attributes it has.
func (p *search) left(ctx context.Context) (first, later []*state) {
	var known []*state
	met := map[string]bool{}
	isNew := func(s *state) bool {
		signature := p.signature(s)
		news := !met[signature]
		met[signature] = true
		return news
	}
	oldest := p.facts.oldest()
	for _, rel := range p.past {
		for _, s := range known {
			if s.doc.Model >= rel.typ.Write || s.doc.Model < rel.typ.Oldest {
				continue
			}
			n, err := p.perform(ctx, s, step{by: rel, op: opMigrate})
			if err == nil && isNew(n) {
				known = append(known, n)
				if n.doc.Model >= oldest {
					later = append(later, n)
				}
			}
			if p.ends(ctx) {
				return first, later
			}
		}
		for m := range p.creations(rel) {
			n, err := p.perform(ctx, nil, m)
			if err != nil {
				p.fail(nil, m, err)
			}
			if err == nil && isNew(n) {
				known = append(known, n)
			}
			if err == nil && (n.doc.Model >= oldest || rel == p.running) && p.settle(ctx, n) {
				first = append(first, n)
			}
			if p.ends(ctx) {
				return first, later
			}
		}
	}
	if p.created != nil {
		for m := range p.creations(p.created) {
			if n := p.turn(ctx, nil, m); n != nil {
				first = append(first, n)
			}
			if p.ends(ctx) {
				return first, later
			}
		}
	}
	return first, later
}

// ends reports whether the search ends here. If it ends because of the bound, ends
// records where.
func (p *search) ends(ctx context.Context) bool {
	if ctx.Err() != nil || p.moved < p.bound {
		return ctx.Err() != nil
	}
	p.cut = true
	if p.last != nil { // else nothing can be created, and that is reported
		p.undecided(p.last)
	}
	return true
}

// undecided records that the bound ended the search in a state.
func (p *search) undecided(s *state) {
	rel := p.live[len(p.live)-1]
	p.report(s, breach{kind: Undecided, sufferer: rel, by: opOpen, note: fmt.Sprintf("the search ended here, after %d operations", p.moved)})
}

// turn performs an operation. It returns the state that follows if the search
// goes on from there.
//
// It never goes on from a rotation: every secret that a live release knows is
// then sealed under the new key, or promise 5 is broken, and all further
// operations seal under the new key too. Apart from the key, they do the same as
// from the document before the rotation. So only the states right after a
// rotation tell the keys apart.
func (p *search) turn(ctx context.Context, s *state, m step) *state {
	n, err := p.perform(ctx, s, m)
	if err != nil {
		p.fail(s, m, err)
		return nil
	}
	if m.op.rotates {
		p.holds(ctx, n, false)
		return nil
	}
	if !p.settle(ctx, n) {
		return nil
	}
	return n
}

// settle checks the promises in a state, and reports whether the search goes on
// from there. It does not if the state is known, or breaks a promise: what
// follows would be a consequence.
func (p *search) settle(ctx context.Context, s *state) bool {
	signature := p.signature(s)
	known := p.seen[signature]
	if !p.holds(ctx, s, !known) {
		if !p.broken[signature] {
			p.broken[signature] = true
			p.aftermath(ctx, s)
		}
		return false
	}
	if known {
		return false
	}
	p.seen[signature] = true
	return true
}

// aftermath looks for plaintext secrets one operation after a broken promise. A
// release that cannot read a secret may still overwrite it, since a patch
// decrypts nothing; and that is worse than not reading it.
func (p *search) aftermath(ctx context.Context, s *state) {
	for _, rel := range p.live {
		for _, m := range p.moves(rel, s) {
			if !m.op.blind {
				continue
			}
			n, err := p.perform(ctx, s, m)
			if err != nil {
				continue // expected: the document breaks a promise
			}
			for _, reader := range p.live {
				p.clear(reader, n, func(b breach) { p.report(n, b) })
			}
		}
	}
}

// perform does one operation: under the old key, and from a rotation on under the
// new one.
func (p *search) perform(ctx context.Context, s *state, m step) (*state, error) {
	p.moved++
	keys := oldRing
	if m.op.rotates || s != nil && s.rotated {
		keys = liveRing
	}
	from := eso.Document{}
	if s != nil {
		from = s.doc
	} else {
		from.Ref = p.ref(m.by)
	}
	doc, err := m.op.play(ctx, m.by.ops, keys, from, m)
	if err != nil {
		return nil, err
	}
	p.last = p.next(s, m, doc)
	return p.last, nil
}
