package check

import (
	"context"
	"slices"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// Accepting returns a judge that leaves out what the exceptions in force accept
// of a type: a plan is made for what a person has not answered for yet.
func (r *Result) Accepting(judge rollout.JudgeFunc) rollout.JudgeFunc {
	return func(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
		v, err := judge(ctx, c)
		if err != nil || len(v.Findings) == 0 || c.New.Type == nil || len(c.History) == 0 {
			return v, err
		}
		s := subjectOf(c)
		v.Findings = slices.DeleteFunc(slices.Clone(v.Findings), func(f rollout.Finding) bool {
			if f.Kind == rollout.ModelRefused {
				return r.accepted(s, "history/oldest-above-live", at{model: s.now.Oldest}) || r.accepted(s, "history/write-moved-back", at{model: s.now.Write})
			}
			id := s.ruleOf(f)
			if id == disagree {
				return r.accepted(s, id, s.disputed(f))
			}
			return r.accepted(s, id, s.changed(id, f))
		})
		return v, nil
	}
}

// Risks returns the exceptions that have accepted a finding about lost data.
func (r *Result) Risks() []Exception {
	var risks []Exception
	for _, e := range r.Exceptions {
		if rule := Lookup(e.Rule); e.Accepted > 0 && rule != nil && rule.Severity == definition.Error && !rule.Safe {
			risks = append(risks, e)
		}
	}
	return risks
}

// accepted reports whether an exception in force is for what was found: beside
// the release that runs, unless the place says another one.
func (r *Result) accepted(s *subject, id string, where at) bool {
	beside := s.running
	if i := slices.IndexFunc(s.before, func(b held) bool { return b.release == where.baseline }); i >= 0 {
		beside = s.before[i].Type
	}
	return slices.ContainsFunc(r.Exceptions, func(e Exception) bool {
		return e.Type == s.name && e.Covers(id, where.attribute, where.model) && !ended(beside, e.Exception)
	})
}

// subjectOf is the type of a case, as far as names of findings need it.
func subjectOf(c rollout.Case) *subject {
	s := &subject{p: &Project{}, name: c.New.Type.Name, now: c.New.Type}
	beside := -1
	for i, r := range c.History {
		role := baseline.History
		if r.Withdrawn {
			role = baseline.Withdrawn
		} else {
			beside = i
		}
		release := baseline.Release{Name: r.Name, Role: role}
		if r.Type != nil {
			release.Types = []*definition.Type{r.Type}
			s.before = append(s.before, held{r.Name, r.Type})
		}
		s.p.Releases = append(s.p.Releases, release)
	}
	if beside >= 0 {
		s.p.Releases[beside].Role = baseline.Live
		s.stand(&s.p.Releases[beside])
	}
	return s
}
