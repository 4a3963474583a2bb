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
)

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
	c = dropAbsent(c)
	v := Verdict{Complete: true}
	if !c.keepsType() {
		if f := narrowed(c); f != nil {
			v.Findings = append(v.Findings, *f)
		}
	}
	if unchanged(c) {
		return v, nil
	}
	v.Conditions = conditions(c)
	facts, best := collectFacts(c), bestFindings{}
	for _, set := range facts.subsets(o) {
		if !v.Complete {
			break
		}
		if err := v.search(ctx, facts, set, &o, best); err != nil {
			return Verdict{}, err
		}
	}
	if f := unreached(c); f != nil && len(v.Findings) == 0 { // a kind that becomes narrower is refused already
		best.addNew(*f) // in the kibana format it does not open either
	}
	for _, f := range slices.SortedFunc(maps.Values(best), compareFindings) {
		for _, other := range facts.others(f) {
			best.addNew(other)
		}
	}
	v.Findings = slices.AppendSeq(v.Findings, maps.Values(best))
	slices.SortFunc(v.Findings, compareFindings)
	return v, nil
}

// search plays a subset of the facts, and once more where functions may give
// values that some models do not seal.
func (v *Verdict) search(ctx context.Context, facts *facts, set subset, o *options, best bestFindings) error {
	p, err := newSearch(facts, set, *o)
	if err != nil {
		return err
	}
	searches := []*search{p}
	if p.givesOdd() {
		again, err := newSearch(facts, set, *o)
		if err != nil {
			return err
		}
		again.giveOdd()
		searches = append(searches, again)
	}
	for _, p := range searches {
		p.bound = o.moves
		if err := p.explore(ctx); err != nil {
			return err
		}
		v.States += len(p.seen)
		v.Moves += p.moved
		o.moves -= p.moved
		v.Complete = v.Complete && !p.cut
		for _, f := range p.findings {
			if !p.odd || f.Kind == Unsealable || f.Kind == Undecided { // the other search is about the rest
				best.addShorter(f)
			}
		}
	}
	return nil
}

// bestFindings holds one finding of each key.
type bestFindings map[findingKey]Finding

func (best bestFindings) addNew(f Finding) {
	if _, ok := best[f.key()]; !ok {
		best[f.key()] = f
	}
}

func (best bestFindings) addShorter(f Finding) {
	if known, ok := best[f.key()]; !ok || len(f.Trace) < len(known.Trace) {
		best[f.key()] = f
	}
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Promise, b.Promise), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Release.Title, b.Release.Title))
}
