package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/rollout"
)

// Sentence says in one sentence, without a full stop, what breaks.
func Sentence(f rollout.Finding) string {
	if len(f.Lines) == 0 {
		return string(f.Kind)
	}
	return f.Lines[len(f.Lines)-1]
}

// blocked says what is in the way: the first step that breaks a promise,
// from the farthest point that the search reached.
func (s *search) blocked(ctx context.Context) ([]Obstacle, error) {
	if s.steps >= maxSteps {
		return []Obstacle{{
			Message: fmt.Sprintf("the search ended after %d steps that the simulator judged, and found no way", s.steps),
			Decide:  "make the change in smaller ones, a few models at a time, and plan each of them",
		}}, nil
	}
	far := slices.MaxFunc(s.refused, func(a, b refusal) int {
		return cmp.Or(cmp.Compare(reach(a.from), reach(b.from)), cmp.Compare(b.to.write, a.to.write),
			cmp.Compare(b.to.oldest, a.to.oldest), cmp.Compare(a.to.models, b.to.models))
	})
	if o, err := s.outlived(ctx); err != nil {
		return nil, err
	} else if o != nil {
		return []Obstacle{*o}, nil
	}
	o := Obstacle{Message: Sentence(far.finding), Decide: Decide(far.finding), Trace: far.finding.Lines, Finding: &far.finding}
	rest, err := s.rest(ctx, far.finding)
	if err != nil {
		return nil, err
	}
	if rest > 0 {
		o.Decide += fmt.Sprintf("; without what it declares of %q, the change takes %s", name(far.finding), phrase.Count(rest, "release"))
	}
	return []Obstacle{o}, nil
}

// outlived is the obstacle if only live releases other than the newest are in
// the way: the specs can be released once those have ended. Otherwise it is nil.
func (s *search) outlived(ctx context.Context) (*Obstacle, error) {
	if len(s.live) < 2 {
		return nil, nil
	}
	goal := candidate{typ: s.target}
	var names []string
	var why *rollout.Finding
	for k, i := range s.live {
		verdict, err := s.play(ctx, nil, i, goal)
		switch {
		case err != nil:
			return nil, err
		case verdict.Safe():
			continue
		case k == 0:
			return nil, nil
		}
		f := first(verdict.Findings)
		if names = append(names, strconv.Quote(s.history[i].Name)); why == nil {
			why = &f
		}
	}
	if why == nil {
		return nil, nil
	}
	for _, pair := range s.alike {
		if name := strconv.Quote(s.history[pair[1]].Name); slices.Contains(names, name) {
			names = append(names, strconv.Quote(s.history[pair[0]].Name))
		}
	}
	slices.Sort(names)
	ends := "runs nowhere any more, and is not supported"
	if len(names) > 1 {
		ends = "run nowhere any more, and are not supported"
	}
	return &Obstacle{
		Message: Sentence(*why), Trace: why.Lines, Finding: why,
		Decide: fmt.Sprintf("wait until %s %s (esogen release --support); then these specs can be released", strings.Join(names, " and "), ends),
	}, nil
}

// reach measures how far a node is: what it writes counts more than what it
// knows.
func reach(n *node) int {
	if n == nil {
		return 0
	}
	return 1 + n.at.write*1000 + n.at.models*10 + n.at.oldest
}

// name is what the specs call the attribute of a finding.
func name(f rollout.Finding) string {
	if f.After.Present {
		return f.After.Name
	}
	return f.Attribute
}

// rest plans the specs without what their new models declare anew of the
// attribute in the way, so that a person knows that it is this
// attribute alone. It returns the number of releases, 0 if that does not
// help, either.
func (s *search) rest(ctx context.Context, f rollout.Finding) (int, error) {
	known := knownModels(s.history)
	attribute, changed := name(f), false
	target := *s.target
	target.Models = slices.Clone(target.Models)
	for i := known; i < len(target.Models); i++ {
		m, before := &target.Models[i], &s.target.Models[max(i, 1)-1]
		again := func(a definition.Attribute) bool { return a.Name == attribute && before.Attribute(attribute) != nil }
		if slices.ContainsFunc(m.Declared, again) {
			m.Declared, changed = slices.DeleteFunc(slices.Clone(m.Declared), again), true
		}
	}
	if !changed {
		return 0, nil
	}
	target.Resolve()
	if !valid(&target) {
		return 0, nil
	}
	way := Type{Name: target.Name}
	without := search{judge: s.judge, history: s.history, live: s.live, target: &target}
	last, err := without.shortest(ctx, &way)
	if err != nil || last == nil {
		return 0, err
	}
	return last.depth, nil
}

// Decide says what a person must do about a promise that no sequence of
// releases keeps. Announcing helps where the releases do not know of each
// other, so what is left is about the documents themselves.
func Decide(f rollout.Finding) string {
	switch f.Kind {
	case rollout.Unreadable, rollout.NotConverted:
		return fmt.Sprintf("decide what to do with values of %q that the new declaration does not allow: keep the wider declaration, "+
			"or give the attribute a new name with a conversion that deals with them (renamed: {newName: {from: %q, convert: true}})", f.Attribute, f.Attribute)
	case rollout.RequiredMissing:
		if f.Promise == 2 { // a part of the value is missing, and the document opens
			return fmt.Sprintf("leave the new part of %q optional, or give the attribute a new name with a conversion that fills it (renamed: {newName: {from: %q, convert: true}})", f.Attribute, f.Attribute)
		}
		return fmt.Sprintf("decide what documents without %q get: a backfill, a computed value, or leave the attribute optional", f.Attribute)
	case rollout.ModelRefused:
		return fmt.Sprintf("decide what to do with documents of model %d: leave oldest at %d, and raise it when all of them have been migrated", f.Model, f.Model)
	case rollout.OutOfReach:
		return fmt.Sprintf("leave the kind of namespaces at %q, or declare a type of its own for objects that are %q", f.WasKind, f.IsKind)
	case rollout.DescriptorDiffers:
		return "keep the namespaces, or give the type with the other namespaces a new name"
	case rollout.FormatDiffers:
		return "leave the format as it is until every node has a release that knows the other one"
	case rollout.Unsealable:
		return fmt.Sprintf("find out whether any document holds such a value of %q, and say in an exception that none does; or declare a narrower type under a new name, with a conversion that deals with them (renamed: {newName: {from: %q, convert: true}})", f.Attribute, f.Attribute)
	case rollout.Undecided:
		return "make the change in smaller ones, a few attributes at a time, each in a model of its own"
	case rollout.DoesNotOpen, rollout.OperationFails, rollout.NotBound, rollout.SecretShown:
		return "this is a fault in esogen: report it with both specs, and release nothing of it"
	}
	return "leave this part of the change out, or make it under a new name: add the new attribute, let the product fill it, and remove the old one later"
}
