package rollout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Step is one operation of a trace.
type Step struct {
	Release   string // a title: "v1.2 (running)", "new"
	Op        string // create, update, patch, migrate, rotate, open or read
	Attribute string // what an update or a patch writes, with the path to a part of it: "config.retry"
	Value     string // its JSON text, "" if it is unset
	Model     int    // of the document, after the operation
	Sets      int    // the model whose sets the release uses: that one, or the newest it knows

	// The attributes that are present, sealed and bound after the operation, by
	// the sets that the release uses. Resealed are the secrets that it sealed; an
	// open and a read seal none.
	Present, Sealed, Bound, Resealed []string

	// Seal means that the document has a seal of the native format. Sealed and
	// Bound are then what the seal lists; Bound may have names that the document
	// lacks.
	Seal bool
	Made bool // this operation made the seal

	Failed bool // the operation failed, and changed nothing
}

// trace returns the steps that led to a state, and the one that broke a promise.
func (p *search) trace(s *state, b breach) []Step {
	var steps []Step
	for at := s; at != nil; at = at.parent {
		steps = append([]Step{p.step(at)}, steps...)
	}
	if b.kind == OperationFails || b.kind == Undecided || b.kind == Unsealable {
		steps[len(steps)-1].Failed = b.kind != Undecided
		return steps
	}
	sets := b.sufferer.sets(s.doc.Model)
	last := Step{Release: b.sufferer.title, Op: b.by.name, Model: s.doc.Model, Sets: sets.Number, Bound: names(bound(sets, s))}
	for _, at := range s.stored {
		last.Present = append(last.Present, at.name)
		if s.seal == nil && sets.Role(at.name) == definition.Encrypted && at.text != "null" {
			last.Sealed = append(last.Sealed, at.name)
		}
	}
	last.lists(s.seal)
	return append(steps, last)
}

func (p *search) step(s *state) Step {
	rel := s.step.by
	out := Step{Release: rel.title, Op: s.step.op.name, Model: s.doc.Model}
	if s.step.op.changes() {
		out.Attribute, out.Value = rel.fields[s.step.change.field].Name+pathString(s.step.change.path), s.step.change.text
	}
	if s.doc.Model == 0 {
		return out // nothing could be created
	}
	out.Sets = rel.sets(s.doc.Model).Number
	for _, at := range s.stored {
		out.Present = append(out.Present, at.name)
		if at.sealed {
			out.Sealed = append(out.Sealed, at.name)
		}
		if at.made == s {
			out.Resealed = append(out.Resealed, at.name)
		}
	}
	out.Bound = names(bound(rel.sets(s.doc.Model), s))
	out.lists(s.seal)
	out.Made = s.seal != nil && s.seal.made == s
	return out
}

// lists takes what is sealed and bound from a seal, if there is one.
func (s *Step) lists(seal *seal) {
	if seal != nil {
		s.Seal, s.Sealed, s.Bound = true, seal.Sealed, seal.Bound
	}
}

// promises in words, by number.
var promises = map[int]string{
	0: "what opens can be written again",
	1: "every document opens",
	2: "every attribute shows the last value that anyone wrote",
	3: "what is secret stays secret",
	5: "a rotated document needs the old key no more",
	6: "a computed attribute agrees with its function",
}

// lines writes a trace for a person.
func lines(steps []Step, b breach) []string {
	var out []string
	for i, s := range steps {
		out = append(out, fmt.Sprintf("%d. %s", i+1, s.String()))
	}
	if b.kind == Undecided {
		return append(out, b.note+", and there was more to try")
	}
	if b.kind == Unsealable {
		return append(out, fmt.Sprintf("%s cannot do that, nor anything else that seals the document again: %q: %s", b.sufferer.title, b.attribute, b.note))
	}
	what := "the document"
	if b.attribute != "" {
		what = fmt.Sprintf("%q", b.attribute)
	}
	if b.secret != "" && b.secret != b.attribute {
		what += fmt.Sprintf(", under the secret %q", b.secret)
	}
	return append(out, fmt.Sprintf("promise %d is broken for %s (%s): %s: %s", b.promise, b.sufferer.title, promises[b.promise], what, b.note))
}

// String says in a sentence what was done.
func (s Step) String() string {
	var t strings.Builder
	t.WriteString(s.Release)
	o := opNamed(s.Op)
	t.WriteString(" " + o.says(s))
	if s.Sets != s.Model && o != opCreate {
		fmt.Fprintf(&t, "; it does not know model %d and goes by model %d", s.Model, s.Sets)
	}
	switch {
	case s.Failed:
	case s.Seal:
		t.WriteString(s.sealed())
	case o.looks():
		if len(s.Sealed) > 0 {
			fmt.Fprintf(&t, "; it expects %s to be sealed, bound to %s", list(s.Sealed), list(s.Bound))
		}
	case len(s.Resealed) > 0:
		fmt.Fprintf(&t, "; it seals %s, bound to %s", list(s.Resealed), list(s.Bound))
		if kept := s.kept(); len(kept) > 0 {
			fmt.Fprintf(&t, ", and leaves %s as it was", list(kept))
		}
	case len(s.Sealed) > 0:
		fmt.Fprintf(&t, "; it leaves %s as it was", list(s.Sealed))
	}
	return t.String()
}

// sealed says what an operation did to the seal, or what the seal says.
func (s Step) sealed() string {
	bound := slices.Clone(s.Bound)
	for i, name := range bound {
		if !slices.Contains(s.Present, name) {
			bound[i] += " (absent)"
		}
	}
	switch {
	case s.Made:
		return fmt.Sprintf("; it seals %s, bound to %s", list(s.Sealed), list(bound))
	case opNamed(s.Op).looks():
		return fmt.Sprintf("; the seal says that it holds %s, bound to %s", list(s.Sealed), list(bound))
	}
	return "; it leaves the seal as it was"
}

// kept returns the secrets that an operation did not seal again.
func (s Step) kept() []string {
	return slices.DeleteFunc(slices.Clone(s.Sealed), func(name string) bool { return slices.Contains(s.Resealed, name) })
}

// replay is what is needed to play a trace again: the releases and what they did.
type replay struct {
	search *search
	steps  []*state // oldest first
	breach
}

func (p *search) replay(s *state, b breach) *replay {
	sc := &replay{search: p, breach: b}
	for at := s; at != nil; at = at.parent {
		sc.steps = append([]*state{at}, sc.steps...)
	}
	return sc
}
