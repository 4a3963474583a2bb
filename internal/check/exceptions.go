package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// Exception is one that is in force.
type Exception struct {
	definition.Exception
	Type     string
	Position spec.Position
	Accepted int // how many findings it has accepted; warnings about definitions do not count
}

// Unused reports whether the exception has accepted nothing. About those that
// silence warnings about definitions nothing is known.
func (e *Exception) Unused() bool {
	return e.Accepted == 0 && !strings.HasPrefix(e.Rule, string(Definition)+"/")
}

// Accepted is a finding that a person has accepted.
type Accepted struct {
	Finding Finding `json:"finding"`
	Reason  string  `json:"reason"`
}

// exceptions are those of the specs that are in force.
type exceptions struct {
	p       *Project
	inForce []Exception
}

// exceptions sorts the exceptions of the specs into those in force and those
// that are wrong, which become findings. What was found is what they may be
// for.
func (p *Project) exceptions(found []Finding) (*exceptions, []Finding) {
	all := &exceptions{p: p}
	var wrong []Finding
	for _, t := range p.Specs.Types {
		for i, e := range t.Exceptions {
			rule, key, message, hint := p.wrong(t, e, found)
			if message == "" {
				if definition.Scoped(e.Rule) && e.Model == 0 {
					e.Model = p.onlyModel(t, e, found)
				}
				all.inForce = append(all.inForce, Exception{e, t.Name, p.Specs.Position(t, definition.Path{"exceptions", strconv.Itoa(i)}), 0})
				continue
			}
			position := p.Specs.Position(t, definition.Path{"exceptions", strconv.Itoa(i), key})
			wrong = append(wrong, rule.finding(Finding{Type: t.Name, Attribute: e.Attribute, Model: e.Model, Message: message, Hint: hint}, position))
		}
	}
	return all, wrong
}

// onlyModel returns the model of the findings that an exception may be for which
// leaves the model out: if they are all about one, that is the one meant.
// Otherwise, or if there are none, it returns 0.
func (p *Project) onlyModel(t *definition.Type, e definition.Exception, found []Finding) int {
	model := 0
	for _, f := range found {
		switch {
		case f.Rule != e.Rule || f.Type != t.Name || f.Attribute != e.Attribute:
		case model != 0 && model != f.Model:
			return 0
		default:
			model = f.Model
		}
	}
	return model
}

// wrong says why an exception does not count. That its parts are well formed
// was checked before.
func (p *Project) wrong(t *definition.Type, e definition.Exception, found []Finding) (rule *Rule, key, message, hint string) {
	r := Lookup(e.Rule)
	switch {
	case r == nil:
		hint = `"esogen explain" lists the rules`
		if near := Nearest(e.Rule); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return wrongException, "rule", fmt.Sprintf("an exception is for the rule %q, which does not exist", e.Rule), hint
	case !r.Excepted():
		return wrongException, "rule", fmt.Sprintf("an exception is for the rule %q, which allows none", e.Rule), "remove it, and do what the finding says"
	}
	if strings.TrimSpace(e.Reason) == "" {
		return wrongException, "reason", "an exception gives no reason", `say why the finding is acceptable here: reason: "…"`
	}
	if definition.Scoped(e.Rule) {
		if message, hint := p.unscoped(t, e, r, found); message != "" {
			return wrongException, "rule", message, hint
		}
	}
	if e.Until == "" {
		return nil, "", "", ""
	}
	if end, err := time.Parse(time.DateOnly, e.Until); err == nil {
		if p.Today.Format(time.DateOnly) > end.Format(time.DateOnly) {
			return endedException, "until", fmt.Sprintf("the exception for %q ended on %s", e.Rule, e.Until), expiredHint
		}
	} else if slices.Contains(p.Ledger, e.Until) {
		return endedException, "until", fmt.Sprintf("the exception for %q ended with release %q", e.Rule, e.Until), expiredHint
	}
	return nil, "", "", ""
}

const expiredHint = "remove the exception, or reconsider its reason and give it another end"

// unscoped says what an exception lacks that is to accept one finding and no
// other, or names an attribute that is nowhere.
func (p *Project) unscoped(t *definition.Type, e definition.Exception, r *Rule, found []Finding) (message, hint string) {
	var meant []Finding // what it would accept if it named no less
	for _, f := range found {
		switch {
		case f.Rule != e.Rule || f.Type != t.Name:
		case e.Covers(f.Rule, f.Attribute, f.Model):
			return "", ""
		case (e.Attribute == "" || e.Attribute == f.Attribute) && (e.Model == 0 || e.Model == f.Model):
			meant = append(meant, f)
		}
	}
	named := func(has func(Finding) bool, always bool) bool { return always || slices.ContainsFunc(meant, has) }
	var lacks []string
	if e.Attribute == "" && named(func(f Finding) bool { return f.Attribute != "" }, r.OfAttribute) {
		lacks = append(lacks, "no attribute")
	}
	if e.Model == 0 && len(meant) > 0 && p.onlyModel(t, e, found) == 0 && named(func(f Finding) bool { return f.Model != 0 }, r.OfModel) {
		lacks = append(lacks, "no model")
	}
	if len(lacks) > 0 {
		return fmt.Sprintf("the exception for %q names %s, so it accepts nothing", e.Rule, strings.Join(lacks, " and ")), scopes(e, r, meant)
	}
	if e.Attribute != "" && len(p.Releases) > 0 && !p.everHad(t, e.Attribute) {
		hint := "write the attribute that the finding names, or remove the exception"
		if near := definition.Nearest(e.Attribute, p.everyName(t)); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return fmt.Sprintf("an exception is for %q, which neither the specs nor a release declares", e.Attribute), hint
	}
	return "", ""
}

// scopes says what to write so that an exception is for one finding.
func scopes(e definition.Exception, r *Rule, meant []Finding) string {
	var list []string
	for _, f := range meant {
		var parts []string
		if f.Attribute != "" {
			parts = append(parts, fmt.Sprintf("attribute: %q", f.Attribute))
		}
		if f.Model != 0 {
			parts = append(parts, fmt.Sprintf("model: %d", f.Model))
		}
		if text := strings.Join(parts, ", "); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	switch len(list) {
	case 0:
		var parts []string
		if e.Attribute != "" {
			parts = append(parts, fmt.Sprintf("attribute: %q", e.Attribute))
		} else if r.OfAttribute {
			parts = append(parts, `attribute: "…"`)
		}
		if e.Model != 0 {
			parts = append(parts, fmt.Sprintf("model: %d", e.Model))
		} else if r.OfModel {
			parts = append(parts, "model: …")
		}
		return "write " + strings.Join(parts, ", ") + ", as the finding names it, or remove the exception if there is none"
	case 1:
		return "write " + list[0]
	default:
		return "write one exception for each finding: " + strings.Join(list, "; ")
	}
}

func (p *Project) everHad(t *definition.Type, name string) bool {
	return slices.Contains(p.everyName(t), name)
}

// everyName lists the attributes that any model of a type has, in the specs or
// in a release.
func (p *Project) everyName(t *definition.Type) []string {
	types := []*definition.Type{t}
	for i := range p.Releases {
		if held := p.Releases[i].Type(t.Name); held != nil {
			types = append(types, held)
		}
	}
	var names []string
	for _, t := range types {
		for _, m := range t.Models {
			for _, a := range m.Attributes {
				names = append(names, a.Name)
			}
		}
	}
	return names
}

// accept returns the reason for which an exception in force accepts a finding.
// If the one that would accept it has ended, the finding says so.
func (a *exceptions) accept(f *Finding) (reason string, ok bool) {
	rule := Lookup(f.Rule)
	if rule == nil || !rule.Excepted() {
		return "", false
	}
	for i := range a.inForce {
		e := &a.inForce[i]
		switch {
		case e.Type != f.Type || !e.Covers(f.Rule, f.Attribute, f.Model):
		case ended(a.p.held(f.Baseline, f.Type), e.Exception):
			f.Hint += fmt.Sprintf("; the exception for it ended with release %q, which shipped it", f.Baseline)
		default:
			e.Accepted++
			if !ok {
				reason, ok = e.Reason, true
			}
		}
	}
	return reason, ok
}

// ended reports whether an exception counts no more beside a release: one about
// a change ends with the release that ships it.
func ended(beside *definition.Type, e definition.Exception) bool {
	return definition.Scoped(e.Rule) && beside != nil && beside.Holds(e)
}

// held returns a type as a release has it, or nil.
func (p *Project) held(release, name string) *definition.Type {
	for i := range p.Releases {
		if p.Releases[i].Name == release {
			return p.Releases[i].Type(name)
		}
	}
	return nil
}

// Accepting returns a judge that leaves out what the exceptions in force accept
// of a type: a plan is made for what a person has not answered for yet.
func (r *Result) Accepting(judge rollout.JudgeFunc) rollout.JudgeFunc {
	return func(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
		v, err := judge(ctx, c)
		if err != nil || len(v.Findings) == 0 || c.New.Type == nil || len(c.History) == 0 {
			return v, err
		}
		p := pairOf(c.New.Type.Name, c)
		v.Findings = slices.DeleteFunc(slices.Clone(v.Findings), func(f rollout.Finding) bool { return r.accepts(&p, &f) })
		return v, nil
	}
}

// accepts reports whether an exception in force is for what was found.
func (r *Result) accepts(p *pair, f *rollout.Finding) bool {
	if f.Kind == rollout.ModelRefused {
		return slices.ContainsFunc(historyRules, func(rule *Rule) bool {
			return rule.refuses != nil && r.covers(p, rule, at{model: rule.refuses(p.now), baseline: p.beside})
		})
	}
	rule := p.ruleOf(f)
	return r.covers(p, rule, rule.at(p, f))
}

// covers reports whether an exception in force is for a finding of a rule at
// some place, beside the release that the place names.
func (r *Result) covers(p *pair, rule *Rule, where at) bool {
	beside := p.running
	if i := slices.IndexFunc(p.History, func(h rollout.Release) bool { return h.Name == where.baseline && h.Type != nil }); i >= 0 {
		beside = p.History[i].Type
	}
	return slices.ContainsFunc(r.Exceptions, func(e Exception) bool {
		return e.Type == p.name && e.Covers(rule.ID, where.attribute, where.model) && !ended(beside, e.Exception)
	})
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
