package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// maxSteps is how many steps the simulator judges in one search. One model
// that is announced and written takes three; ten models with write and oldest
// held back take a few hundred. A search that ends here says so.
const maxSteps = 1500

// node is a definition that can be reached, and the way to it.
type node struct {
	parent  *node
	at      candidate
	verdict rollout.Verdict
	depth   int
}

// search finds the shortest way of one type.
type search struct {
	judge   rollout.JudgeFunc
	history []rollout.Release
	live    []int    // of the history, the newest first; no two have the type alike
	alike   [][2]int // other live releases, each with one of live that has the type alike
	target  *definition.Type
	steps   int
	refused []refusal
}

// refusal is a step that breaks a promise.
type refusal struct {
	from    *node // nil: the deployed release
	to      candidate
	beside  string // the live release that the step was judged beside, "" for one of the way
	finding rollout.Finding
}

func (t *Type) search(ctx context.Context, c Case, target *definition.Type) error {
	s := &search{judge: c.Judge, target: target}
	for _, r := range c.History {
		s.history = append(s.history, rollout.Release{Name: r.Name, Type: r.Type(target.Name), Withdrawn: r.Role == baseline.Withdrawn})
	}
	if err := s.findLive(c); err != nil {
		return err
	}
	last, err := s.shortest(ctx, t)
	if err != nil {
		return err
	}
	if last == nil {
		t.Blocked, err = s.blocked(ctx)
		return err
	}
	for n := last; n != nil; n = n.parent {
		ended, err := s.ended(ctx, n)
		if err != nil {
			return err
		}
		t.Stages = append(t.Stages, Stage{Type: n.at.typ, Conditions: n.verdict.Conditions, Complete: n.verdict.Complete, Ended: ended})
	}
	slices.Reverse(t.Stages)
	return nil
}

// shortest returns the last node of a shortest way, nil if there is none. It
// notes what breaks in one step.
func (s *search) shortest(ctx context.Context, t *Type) (*node, error) {
	goal := candidate{typ: s.target, models: len(s.target.Models), write: s.target.Write, oldest: s.target.Oldest}
	last, err := s.step(ctx, nil, goal)
	if err != nil || last != nil {
		return last, err
	}
	t.Why = &s.refused[0].finding
	if last, err = s.sighted(ctx, t); err != nil || last != nil {
		return last, err
	}
	return s.way(ctx, goal, between(s.running(), s.history, s.target))
}

// sighted returns the last node of a shortest way on which every release can
// change the inputs of a computed attribute, or see it. It returns nil where
// every way is like that, or none.
func (s *search) sighted(ctx context.Context, t *Type) (*node, error) {
	known := knownModels(s.history)
	target, moved := split(s.target, known)
	if target == nil {
		target = s.target
	}
	all := between(s.running(), s.history, target)
	seeing := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.blind(known) })
	if moved == nil && len(seeing) == len(all) {
		return nil, nil
	}
	in := *s
	in.target, in.steps, in.refused = target, 0, nil
	last, err := in.way(ctx, candidate{typ: target, models: len(target.Models), write: target.Write, oldest: target.Oldest}, seeing)
	if last != nil {
		t.Moved = moved
	}
	return last, err
}

// knownModels is how many models the releases know.
func knownModels(history []rollout.Release) int {
	known := 0
	for _, r := range history {
		if r.Type.Live() {
			known = max(known, len(r.Type.Models))
		}
	}
	return known
}

// running is what the newest live release has, or nil.
func (s *search) running() *definition.Type {
	if len(s.live) == 0 {
		return nil
	}
	return s.history[s.live[0]].Type
}

// way searches breadth first, through the candidates in their order. A node is
// tried for the goal when it is made, so that the first way to the goal is a
// shortest one, and of those the one through the earliest candidates.
func (s *search) way(ctx context.Context, goal candidate, candidates []candidate) (*node, error) {
	level := []*node{nil}
	var seen []*node
	for len(level) > 0 {
		var next []*node
		for _, from := range level {
			for _, c := range candidates {
				if s.steps >= maxSteps {
					return nil, nil
				}
				if !c.after(from) || worse(seen, from, c) {
					continue
				}
				n, err := s.step(ctx, from, c)
				if err != nil {
					return nil, err
				}
				if n == nil {
					continue
				}
				last, err := s.step(ctx, n, goal)
				if err != nil || last != nil {
					return last, err
				}
				seen, next = append(seen, n), append(next, n)
			}
		}
		level = next
	}
	return nil, nil
}

// step asks the simulator for one release after another. It returns nil where
// a promise breaks.
func (s *search) step(ctx context.Context, from *node, to candidate) (*node, error) {
	n := &node{parent: from, at: to, depth: 1}
	if from != nil {
		n.depth = from.depth + 1
		verdict, err := s.play(ctx, from, -1, to)
		if err != nil {
			return nil, err
		}
		n.verdict = verdict
		if !verdict.Safe() {
			s.refused = append(s.refused, refusal{from, to, "", first(verdict.Findings)})
			return nil, nil
		}
		return n, nil
	}
	beside := s.live
	if len(beside) == 0 {
		beside = []int{-1} // nothing runs, and there may be documents
	}
	for k, i := range beside {
		verdict, err := s.play(ctx, nil, i, to)
		if err != nil {
			return nil, err
		}
		if k == 0 {
			n.verdict = verdict
		}
		if !verdict.Safe() {
			name := ""
			if i >= 0 {
				name = s.history[i].Name
			}
			s.refused = append(s.refused, refusal{from, to, name, first(verdict.Findings)})
			return nil, nil
		}
	}
	return n, nil
}

// play judges a release beside the last one of a way, or else beside a live
// release; all others left documents.
func (s *search) play(ctx context.Context, from *node, beside int, to candidate) (rollout.Verdict, error) {
	s.steps++
	var history []rollout.Release
	for i, r := range s.history {
		if i != beside {
			r.Withdrawn = r.Withdrawn || beside < 0 && from == nil
			history = append(history, r)
		}
	}
	history = append(history, from.releases()...)
	if beside >= 0 {
		history = append(history, s.history[beside])
	}
	verdict, err := s.judge(ctx, rollout.Case{History: history, New: rollout.Release{Type: to.typ}})
	if err != nil {
		return rollout.Verdict{}, fmt.Errorf("type %q: %w", s.target.Name, err)
	}
	return verdict, nil
}

// findLive notes the live releases, those that have the type alike once.
func (s *search) findLive(c Case) error {
	for i := range slices.Backward(c.History) {
		if c.History[i].Role != baseline.Live {
			continue
		}
		for _, k := range s.live {
			alike, err := equal(s.history[k].Type, s.history[i].Type)
			if err != nil {
				return err
			}
			if alike {
				s.alike = append(s.alike, [2]int{i, k})
				i = -1
				break
			}
		}
		if i >= 0 {
			s.live = append(s.live, i)
		}
	}
	return nil
}

// ended returns the live releases beside which a later stage is not safe, oldest
// first. The first stage is safe beside each of them, and takes the place of the
// newest.
func (s *search) ended(ctx context.Context, n *node) ([]string, error) {
	if n.parent == nil || len(s.live)+len(s.alike) < 2 {
		return nil, nil
	}
	unsafe := map[int]bool{}
	for _, i := range s.live {
		verdict, err := s.play(ctx, n.parent, i, n.at)
		if err != nil {
			return nil, err
		}
		unsafe[i] = !verdict.Safe()
	}
	for _, pair := range s.alike {
		unsafe[pair[0]] = unsafe[pair[1]]
	}
	delete(unsafe, s.live[0])
	var names []string
	for i, r := range s.history {
		if unsafe[i] {
			names = append(names, r.Name)
		}
	}
	return names, nil
}

// first is the finding with the shortest trace, which is the easiest to follow.
func first(findings []rollout.Finding) rollout.Finding {
	return slices.MinFunc(findings, func(a, b rollout.Finding) int {
		return cmp.Or(cmp.Compare(len(a.Trace), len(b.Trace)), cmp.Compare(a.Promise, b.Promise))
	})
}

// releases returns the way to a node, as releases.
func (n *node) releases() []rollout.Release {
	if n == nil {
		return nil
	}
	return append(n.parent.releases(), rollout.Release{Name: fmt.Sprintf("release %d", n.depth), Type: n.at.typ})
}

// worse reports whether a step leads to where another way leads that left documents
// of fewer definitions. What is safe after more of them is safe after fewer.
func worse(seen []*node, from *node, to candidate) bool {
	return slices.ContainsFunc(seen, func(n *node) bool {
		if n.at.typ != to.typ {
			return false
		}
		for before := n.parent; before != nil; before = before.parent {
			if !from.passes(before.at.typ) {
				return false
			}
		}
		return true
	})
}

func (n *node) passes(t *definition.Type) bool {
	for ; n != nil; n = n.parent {
		if n.at.typ == t {
			return true
		}
	}
	return false
}
