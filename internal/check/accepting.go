package check

import (
	"context"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// Accepting returns a judge that leaves out what the exceptions in force accept
// of a type: a plan is made for what a person has not answered for yet.
func (r *Result) Accepting(judge Judge) Judge {
	return func(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
		v, err := judge(ctx, c)
		if err != nil || len(v.Findings) == 0 || c.New.Type == nil || len(c.History) == 0 {
			return v, err
		}
		s := subjectOf(c)
		v.Findings = slices.DeleteFunc(slices.Clone(v.Findings), func(f rollout.Finding) bool {
			if f.Kind == rollout.ModelRefused {
				return slices.ContainsFunc(refusals, func(id string) bool { return r.accepted(s.name, id, "") })
			}
			id := s.ruleOf(f)
			if id == disagree {
				return r.accepted(s.name, id, "")
			}
			return r.accepted(s.name, id, attributeOf(s.followed(f)))
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

func (r *Result) accepted(name, id, attribute string) bool {
	return slices.ContainsFunc(r.Exceptions, func(e Exception) bool { return e.covers(name, id, attribute) })
}

// covers tells whether an exception is for a finding.
func (e *Exception) covers(name, id, attribute string) bool {
	return e.Type == name && e.Rule == id && (e.Attribute == "" || e.Attribute == attribute)
}

// subjectOf is the type of a case, as far as names of findings need it.
func subjectOf(c rollout.Case) *subject {
	s := &subject{p: &Project{}, name: c.New.Type.Name, now: c.New.Type}
	for i, r := range c.History {
		s.p.Releases = append(s.p.Releases, Release{Name: r.Name})
		if r.Type == nil {
			continue
		}
		s.before = append(s.before, held{r.Name, r.Type})
		if i == len(c.History)-1 && live(r.Type) {
			s.running = r.Type
		}
	}
	return s
}
