// Package rollout judges whether two releases can run side by side on one
// store. It plays them: with the runtime's sealing code, from every document
// that an earlier release may have left, it tries every sequence of operations
// of either release, breadth first, and after each of them asks whether the
// promises of esogen still hold for both. Where one does not, the shortest
// sequence that breaks it is the finding.
//
// It knows nothing of kinds of changes. What is safe and what is not comes out
// of playing.
//
// # What is played
//
// The promises are made per document, so one document is enough: no operation
// reads or writes two.
//
// Every write is one compare-and-swap on the document's revision, retried from
// the read when the race is lost. A write that succeeds has therefore seen the
// document as it stood when it was swapped, whatever was read and thrown away
// before; reads change nothing. So each interleaving of any number of
// processes has the effect of its successful swaps in their order, and it is
// enough to play sequences of whole operations (TestInterleaving).
//
// Rolling back and upgrading again starts and stops processes; it changes no
// document. After it the same two definitions work on what was left, and the
// sequences in which either release takes any number of turns hold all of that
// already: a rollback is a sequence whose tail is the older release's alone
// (TestRollback).
//
// # What is left out
//
// An attribute that every model of every release declares alike behaves as
// every other one of its role does: nothing that the runtime does depends on
// its name. So one of each role stands for all of them, one that is always
// present if there is such a one (TestReduction). Of the other attributes at most two are played at a time:
// see together; and plays that are equal but for names are played once. Within a
// nested value, the parts that all releases declare alike are represented in the
// same way (reduce.go); the others are written one at a time, at every depth, as
// well as the value whole, with values that tell the declarations apart
// (telling.go). A value that a conversion leads to or from is only written whole.
//
// # Formats
//
// What knows of the formats is little: key, which stands for a master key and a
// passphrase; sealed, which tells a ciphertext in a stored document, and
// esotest.Seal, which reads what a seal says of itself; bindings and sealBindings,
// which say why one does not open. In the native format the header of the seal
// says what is bound and sealed: it counts in the signature of a state, since
// who sealed first put it there. All else asks the runtime.
package rollout

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// Release is what one release ships for a type.
type Release struct {
	Name string           // as in the ledger; "" is fine for the new one
	Type *definition.Type // resolved and without errors; nil where the release does not have the type

	// Withdrawn means that the release was rolled back for good. It never runs
	// again, so it has announced nothing; the documents that it wrote remain.
	Withdrawn bool
}

// Case is a question: can the new release of a type live with what came
// before?
type Case struct {
	// History is the releases before, oldest first. The last one that is not
	// withdrawn is live: it runs beside the new release, and comes back when
	// that is rolled back. The others have left documents. History may be
	// empty, and may hold withdrawn releases only: then nothing runs.
	History []Release
	New     Release
}

// running returns the index of the live release of the history, or -1.
func (c Case) running() int {
	for i, r := range slices.Backward(c.History) {
		if !r.Withdrawn {
			return i
		}
	}
	return -1
}

// Verdict is the answer.
type Verdict struct {
	// Findings are the broken promises, one for each promise, kind, attribute
	// and release that suffers, by promise, then in the order of the other
	// members. There are none where the rollout is safe.
	Findings []Finding

	// Conditions are what the verdict takes for granted and cannot see.
	Conditions []Condition

	States   int  // how many documents were told apart
	Moves    int  // how many operations were played
	Complete bool // every state was reached; where a bound ended the search, an Undecided finding says so
}

// Safe tells whether no promise breaks.
func (v *Verdict) Safe() bool { return len(v.Findings) == 0 }

// MaxMoves is how many operations are played of a type, over all plays together.
// It takes about a second to get there. A change of one attribute takes some
// hundreds, and 20 attributes that change role some ten thousands.
const MaxMoves = 100_000

// JudgeFunc judges a case as [Judge] does, which tests and "esogen plan" wrap.
type JudgeFunc func(context.Context, Case) (Verdict, error)

// Judge plays the releases of a case. It is safe for concurrent use, and
// depends on nothing but the case. The error is that of the context, or says
// that the case cannot be played: a release whose definition does not work at
// all.
func Judge(ctx context.Context, c Case) (Verdict, error) { return JudgeWithin(ctx, c, MaxMoves) }

// JudgeWithin is Judge with another bound than MaxMoves.
func JudgeWithin(ctx context.Context, c Case, moves int) (Verdict, error) {
	return judge(ctx, c, options{together: together, moves: moves, reduce: true})
}

// options are for tests.
type options struct {
	together int  // how many affected attributes are played at a time
	moves    int  // how many operations may be played
	reduce   bool // unaffected attributes are represented
	without  rule // how not to look for values that tell declarations apart

	// wrap puts something between the simulator and the operations of a
	// release, for instance a fault.
	wrap func(operations) operations
}

func judge(ctx context.Context, c Case, o options) (Verdict, error) {
	c = present(c)
	v := Verdict{Complete: true}
	if !c.unchanged() {
		if f := narrowed(c); f != nil {
			v.Findings = append(v.Findings, *f)
		}
	}
	if quiet(c) {
		return v, nil
	}
	atlas := survey(c)
	v.Conditions = conditions(c)
	best := map[findingKey]Finding{}
	for _, cast := range atlas.casts(o) {
		if !v.Complete {
			break
		}
		p, err := newPlay(atlas, cast, o)
		if err != nil {
			return Verdict{}, err
		}
		plays := []*play{p}
		if p.givesOdd() {
			again, err := newPlay(atlas, cast, o)
			if err != nil {
				return Verdict{}, err
			}
			again.giveOdd()
			plays = append(plays, again)
		}
		for _, p := range plays {
			p.bound = o.moves
			if err := p.explore(ctx); err != nil {
				return Verdict{}, err
			}
			v.States += len(p.seen)
			v.Moves += p.moved
			o.moves -= p.moved
			v.Complete = v.Complete && !p.cut
			for key, f := range p.findings {
				if p.odd && f.Kind != Unsealable && f.Kind != Undecided {
					continue // the other play is about that
				}
				if known, ok := best[key]; !ok || len(f.Trace) < len(known.Trace) {
					best[key] = f
				}
			}
		}
	}
	if f := unreached(c); f != nil && len(v.Findings) == 0 { // a kind that becomes narrower is refused as it is
		if _, ok := best[f.key()]; !ok { // in the kibana format it does not open either
			best[f.key()] = *f
		}
	}
	for _, f := range slices.SortedFunc(maps.Values(best), compareFindings) {
		for _, other := range atlas.others(f) {
			if _, ok := best[other.key()]; !ok {
				best[other.key()] = other
			}
		}
	}
	for _, f := range best {
		v.Findings = append(v.Findings, f)
	}
	slices.SortFunc(v.Findings, compareFindings)
	return v, nil
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Promise, b.Promise), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Release.Title, b.Release.Title))
}

// present drops the releases that do not have the type: they neither write nor
// read its documents. A running release without it stays, as a nil type, since
// then nobody runs beside the new one.
func present(c Case) Case {
	var out Case
	running := c.running()
	for i, r := range c.History {
		r = alive(r)
		if r.Type != nil || i == running {
			out.History = append(out.History, r)
		}
	}
	out.New = alive(c.New)
	return out
}

func alive(r Release) Release {
	if r.Type != nil && (r.Type.Retired || len(r.Type.Models) == 0) {
		r.Type = nil
	}
	return r
}

// unchanged reports whether a release has the type already, and each has it as
// it is.
func (c Case) unchanged() bool {
	return quiet(c) && slices.ContainsFunc(c.History, func(r Release) bool { return r.Type != nil })
}

// quiet tells that there is nothing to play: no release came before, or the
// type never changed.
func quiet(c Case) bool {
	for _, r := range c.History {
		if r.Type != nil && !(c.New.Type != nil && same(r.Type, c.New.Type)) {
			return false
		}
	}
	return true
}
