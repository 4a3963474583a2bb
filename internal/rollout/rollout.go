// Package rollout judges whether two releases can run side by side on one
// store. It plays them: with the runtime's sealing code, from every document
// that an earlier release may have left, it tries every sequence of operations
// of either release, breadth first, and after each of them asks whether the
// promises of esogen still hold for both. If one does not, the shortest sequence
// that breaks it is the finding. docs/releases.md has the promises.
//
// It knows nothing of kinds of changes. What is safe comes out of playing.
//
// # What is played
//
// The promises are made per document, so one document is enough: no operation
// reads or writes two.
//
// Every write is one compare-and-swap on the document's revision, retried from
// the read when the race is lost. A write that succeeds has therefore seen the
// document that it replaced, whatever was read and thrown away before; reads
// change nothing. So any number of concurrent processes have the effect of their
// successful swaps in order, and it is enough to play sequences of whole
// operations (TestInterleaving).
//
// Rolling back and upgrading again starts and stops processes; it changes no
// document. The same two definitions then work on what was left. The search lets
// either release take any number of turns, and so covers this: a rollback is a
// sequence that ends in turns of the older release (TestRollback).
//
// # What is left out
//
// Attributes that every model of every release declares alike, and that have the
// same role, behave alike: nothing that the runtime does depends on a name. So
// one of each role is played for all of them, a required one if possible
// (TestReduction). Of the other attributes at most two are played at a time: see
// together. Searches that differ in names only are run once. Within a nested
// value, the parts that all releases declare alike are represented in the same
// way (reduce.go). The other parts are written one at a time, at every depth, and
// the value as a whole too, with values that tell the declarations apart
// (telling.go). A value that a conversion leads to or from is only written whole.
//
// # Words
//
//   - A fact is an attribute under all its names; a place is one of these names
//     in one model. [facts] has all facts of a case.
//   - A subset is the facts that are played together, in one [search].
//   - A sample is one of the few values that are played for all values of a fact.
//     Its text depends on the encoding: a conversion leads from one encoding to
//     another. Samples of one class behave alike.
//   - A [simRelease] is a release in a search, a state is a document after some
//     steps, each one operation of a release.
//   - A breach is a promise that a state breaks; with the steps that led there it
//     is a [Finding], and can be played again: a replay.
//
// # Formats
//
// Little code knows of the formats: key, which is both a master key and a
// passphrase; sealed, which recognises a ciphertext; esotest.Seal, the header of
// a seal; bindings and sealBindings, which explain why a secret does not open. In
// the native format the header says what is bound and sealed. It is part of the
// signature of a state, because it depends on who sealed first. Everything else
// asks the runtime.
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
	// members. There are none if the rollout is safe.
	Findings []Finding

	// Conditions are what the verdict takes for granted and cannot see.
	Conditions []Condition

	States   int  // how many documents were told apart
	Moves    int  // how many operations were played
	Complete bool // every state was reached; if a bound ended the search, an Undecided finding says so
}

// Safe reports whether no promise breaks.
func (v *Verdict) Safe() bool { return len(v.Findings) == 0 }

// MaxMoves is how many operations are played for a type, in all searches
// together. That takes about a second. A change of one attribute takes hundreds
// of operations, 20 attributes that change role take tens of thousands.
const MaxMoves = 100_000

// JudgeFunc judges a case as [Judge] does, which tests and "esogen plan" wrap.
type JudgeFunc func(context.Context, Case) (Verdict, error)

// Judge plays the releases of a case. It is safe for concurrent use, and
// depends on nothing but the case. It fails with the error of the context, or if
// the definition of a release does not work at all.
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
	without  rule // a rule of telling.go to leave out

	// wrap replaces the operations of a release, for example by faulty ones.
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
