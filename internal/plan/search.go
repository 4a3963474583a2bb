package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
	ctx     context.Context
	judge   Judge
	history []rollout.Release
	target  *definition.Type
	steps   int
	refused []refusal
}

// refusal is a step that breaks a promise.
type refusal struct {
	from    *node // nil: the deployed release
	to      candidate
	finding rollout.Finding
}

func (t *Type) search(ctx context.Context, c Case, target *definition.Type) error {
	s := &search{ctx: ctx, judge: c.Judge, target: target}
	for _, r := range c.History {
		s.history = append(s.history, rollout.Release{Name: r.Name, Type: r.find(target.Name)})
	}
	last, err := s.shortest(t)
	if err != nil {
		return err
	}
	if last == nil {
		t.Blocked, err = s.blocked()
		return err
	}
	for n := last; n != nil; n = n.parent {
		t.Stages = append(t.Stages, Stage{Type: n.at.typ, Conditions: n.verdict.Conditions, Complete: n.verdict.Complete})
	}
	slices.Reverse(t.Stages)
	return nil
}

// shortest returns the last node of a shortest way, nil where there is none. It
// notes what breaks in one step.
func (s *search) shortest(t *Type) (*node, error) {
	goal := candidate{typ: s.target, models: len(s.target.Models), write: s.target.Write, oldest: s.target.Oldest}
	last, err := s.step(nil, goal)
	if err != nil || last != nil {
		return last, err
	}
	t.Why = &s.refused[0].finding
	return s.way(goal, between(s.history, s.target))
}

// way searches breadth first, through the candidates in their order. A node is
// tried for the goal when it is made, so that the first way to the goal is a
// shortest one, and of those the one through the earliest candidates.
func (s *search) way(goal candidate, candidates []candidate) (*node, error) {
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
				n, err := s.step(from, c)
				if err != nil {
					return nil, err
				}
				if n == nil {
					continue
				}
				last, err := s.step(n, goal)
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
func (s *search) step(from *node, to candidate) (*node, error) {
	s.steps++
	n := &node{parent: from, at: to, depth: 1}
	if from != nil {
		n.depth = from.depth + 1
	}
	var err error
	n.verdict, err = s.judge(s.ctx, rollout.Case{History: append(slices.Clone(s.history), from.releases()...), New: rollout.Release{Type: to.typ}})
	if err != nil {
		return nil, fmt.Errorf("type %q: %w", s.target.Name, err)
	}
	if !n.verdict.Safe() {
		s.refused = append(s.refused, refusal{from, to, first(n.verdict.Findings)})
		return nil, nil
	}
	return n, nil
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

// worse tells whether a step leads where another way leads that left documents
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
