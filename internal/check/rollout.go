package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/plan"
	"github.com/esogen/esogen/internal/rollout"
)

// findingGroup is what findings of one rule share: one of them is reported.
type findingGroup struct {
	rule      *Rule
	attribute string
	model     int // 0 unless one finding for each model is reported
}

// rollout plays the two releases of the pair, and names what broke.
func (c *typeChange) rollout(ctx context.Context) error {
	played := c.Case
	// If the past itself was changed, the play is about a past that never was,
	// and what has no name is not esogen's fault.
	sound := !slices.ContainsFunc(c.findings, func(f Finding) bool {
		return Lookup(f.Rule).Family() == History && f.Severity == definition.Error
	})
	verdict, err := c.play(ctx, played)
	if err != nil || verdict == nil {
		return err
	}
	c.conditions(verdict.Conditions)
	best := c.explained(verdict, sound)
	if _, disagreed := best[findingGroup{rule: releasesDisagree}]; disagreed && sound {
		// What earlier releases did to each other must not hide what the new one
		// does: it is played without them, too.
		played.History = c.agreeing(played.History)
		verdict, err := c.play(ctx, played)
		if err != nil {
			return err
		}
		if verdict != nil {
			for key, f := range c.explained(verdict, sound) {
				if best[key] == nil {
					best[key] = f
				}
			}
		}
	}
	if err := c.announce(ctx, played, len(best) > 0); err != nil {
		return err
	}
	for key, f := range best {
		c.reportRollout(key.rule, f)
	}
	return nil
}

// play asks the simulator. There is no verdict if the case cannot be played.
func (c *typeChange) play(ctx context.Context, played rollout.Case) (*rollout.Verdict, error) {
	verdict, err := c.p.Judge(ctx, played)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		c.bug(fmt.Sprintf("the releases of %q could not be played: %s", c.name, err), nil)
		return nil, nil
	}
	return &verdict, nil
}

// explained gives the findings of a verdict their rules. One change may break
// several promises: the one with the shortest trace speaks for the others of
// its rule and attribute.
func (c *typeChange) explained(verdict *rollout.Verdict, sound bool) map[findingGroup]*rollout.Finding {
	best := map[findingGroup]*rollout.Finding{}
	for i := range verdict.Findings {
		f := &verdict.Findings[i]
		if f.Kind == rollout.ModelRefused && c.refused(f) {
			continue
		}
		key := findingGroup{rule: c.ruleOf(f), attribute: attributeOf(f)}
		if key.rule == bugRule && !sound {
			key.rule = releasesDisagree
		}
		switch key.rule {
		case releasesDisagree:
			key.attribute = "" // it is about the model
		case namespacesNarrower: // whatever is announced, and whichever release runs
			key.model = f.Model
			if slices.ContainsFunc(c.findings, func(known Finding) bool { return known.Rule == key.rule.ID && known.Model == f.Model }) {
				continue
			}
		}
		if key.rule == bugRule || len(f.Lines) == 0 {
			c.bug(bugRule.fact(c.breach(f)), f)
			continue
		}
		if known := best[key]; known == nil || len(f.Lines) < len(known.Lines) {
			best[key] = f
		}
	}
	return best
}

// ruleOf names a finding of the simulator so that a person recognises the
// change. A change is not to blame for a past that does not fit together.
func (p *pair) ruleOf(f *rollout.Finding) *Rule {
	if releasesDisagree.matches(p, f) {
		return releasesDisagree
	}
	for _, r := range rolloutRules {
		if r.matches(p, f) {
			return r
		}
	}
	return bugRule
}

// attributeOf is what the newest spec calls the attribute of a finding.
func attributeOf(f *rollout.Finding) string {
	switch {
	case f.Attribute == "":
		return ""
	case f.After.Present:
		return f.After.Name
	case f.Before.Present:
		return f.Before.Name
	default:
		return f.Attribute
	}
}

// agreeing leaves out the releases that left documents of a model about which
// they and the live release of the pair disagree.
func (p *pair) agreeing(past []rollout.Release) []rollout.Release {
	return slices.DeleteFunc(slices.Clone(past), func(r rollout.Release) bool {
		return r.Name != p.beside && r.Type.Live() && p.conflictingModel(r.Type) > 0
	})
}

// announce finds out whether it would help to announce the model first, by
// playing that: unfixedByAnnouncing then holds the attributes about which
// something breaks all the same.
func (c *typeChange) announce(ctx context.Context, played rollout.Case, broken bool) error {
	if !broken || c.running == nil || c.running.Model(c.now.Write) != nil {
		return nil
	}
	first := *c.now
	first.Write, first.Oldest = c.running.Write, min(first.Oldest, c.running.Write)
	c.unfixedByAnnouncing = map[string]bool{}
	for i, stage := range []*definition.Type{&first, c.now} {
		played.New.Type = stage
		verdict, err := c.p.Judge(ctx, played)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue // the case itself could be played, and that counts
		}
		for k := range verdict.Findings {
			c.unfixedByAnnouncing[attributeOf(&verdict.Findings[k])] = true
		}
		if i == 0 {
			played.History = append(slices.Clone(played.History), rollout.Release{Name: "announced", Type: stage})
		}
	}
	return nil
}

// breach is a finding of the simulator with what a sentence about it needs.
type breach struct {
	*rollout.Finding
	c *typeChange

	name     string // of the attribute, as the newest spec has it, in quotes
	sufferer string // the release that suffers
	beside   string // the release on the other side
}

func (c *typeChange) breach(f *rollout.Finding) *breach {
	b := &breach{Finding: f, c: c, name: strconv.Quote(attributeOf(f)), sufferer: released(f.Release.Name), beside: released(c.beside)}
	if f.Release.New {
		b.sufferer = "this release"
	}
	if c.running == nil {
		b.beside = released(f.From) // which left the document
	}
	return b
}

// reportRollout reports a finding of the simulator under the name of a rule.
func (c *typeChange) reportRollout(r *Rule, f *rollout.Finding) {
	b := c.breach(f)
	message, hint := r.fact(b), ""
	if r.remedy != nil {
		hint = r.remedy(b)
	} else {
		message += c.unshipped()
	}
	reported := c.report(r, r.at(&c.pair, f), message, cmp.Or(hint, c.remedy(f)))
	reported.Trace, reported.Origin = append(reported.Trace, f.Lines...), f
}

// bug reports what must not be: a finding without a name, a name without a
// trace, a play without an end. f may be nil.
func (c *typeChange) bug(message string, f *rollout.Finding) {
	reported := c.report(bugRule, at{baseline: c.beside}, message,
		"this is a bug in esogen: please report it with the two specs, and do not ship the change until it is understood")
	if f != nil {
		reported.Trace, reported.Origin = append(reported.Trace, f.Lines...), f
	}
}

// refused adds the trace of a refused document to the finding about the setting
// that refuses it. There is no other way to it (TestReach).
func (c *typeChange) refused(f *rollout.Finding) bool {
	for _, r := range historyRules {
		if r.refuses == nil {
			continue
		}
		if known := c.reported(r); known != nil {
			if len(known.Trace) == 0 || len(f.Lines) < len(known.Trace) {
				known.Trace, known.Origin = f.Lines, f
			}
			return true
		}
	}
	return false
}

// conditions asks for what the verdict takes for granted.
func (c *typeChange) conditions(list []rollout.Condition) {
	for _, condition := range list {
		i := slices.IndexFunc(catalogue, func(r *Rule) bool { return r.condition == condition.Name })
		switch {
		case i < 0:
			c.bug(fmt.Sprintf("the simulator takes %q for granted, but esogen has no rule that asks for it", condition.Name), nil)
		case catalogue[i].confirm != nil:
			catalogue[i].confirm(c, catalogue[i], condition)
		}
	}
}

// at is the place of a finding that has the name of the rule: in the model that
// made the difference, among those that the running release does not write.
func (r *Rule) at(p *pair, f *rollout.Finding) at {
	if r.where != nil {
		return r.where(p, f)
	}
	here := at{attribute: attributeOf(f), model: p.now.Write, baseline: p.beside}
	if p.now.Model(p.now.Write) == nil {
		here.model = 0
		return here
	}
	place := r.place
	if place == nil {
		place = declaration
	}
	from := p.now.Write
	if p.running != nil && p.running.Write < p.now.Write {
		from = p.running.Write + 1
	}
	for number := from; number <= p.now.Write; number++ {
		if path := place(p.now.Model(number-1), p.now.Model(number), here.attribute); path != nil {
			here.model, here.path = number, path
			return here
		}
	}
	here.path = inModel(p.now.Write)
	if here.attribute != "" && p.now.Newest().Attribute(here.attribute) != nil {
		here.path = p.declared(here.attribute)
	}
	return here
}

// declared is where an attribute got the declaration that the write model has.
func (p *pair) declared(name string) definition.Path {
	for number := p.now.Write; number > 0; number-- {
		if path := declaration(nil, p.now.Model(number), name); path != nil {
			return path
		}
	}
	return inModel(p.now.Write)
}

// declaration is where a model declares an attribute, nil if it inherits it.
func declaration(_, m *definition.Model, name string) definition.Path {
	if slices.ContainsFunc(m.Declared, func(a definition.Attribute) bool { return a.Name == name }) {
		return inModel(m.Number, "attributes", name)
	}
	return nil
}

// remedy says what to do about a finding whose rule does not say it.
func (c *typeChange) remedy(f *rollout.Finding) string {
	switch {
	case c.undone():
		return "restore what was released, make the change in a model of its own, and announce that first"
	case c.running != nil && c.running.Model(c.now.Write) == nil && !c.unfixedByAnnouncing[attributeOf(f)]:
		return c.announceFirst()
	default:
		return plan.Decide(*f)
	}
}

// undone reports whether the change alters what was released.
func (c *typeChange) undone() bool {
	return slices.ContainsFunc(c.findings, func(f Finding) bool {
		r := Lookup(f.Rule)
		return r.Family() == History && r.NoPlan
	})
}

// announceFirst says how a model comes to be known before it is written: what is
// still to be done of it.
func (c *typeChange) announceFirst() string {
	if c.unshipped() != "" {
		return fmt.Sprintf("release what %q holds, which announces model %d, and record it with \"esogen release NAME\"; then make this change", c.p.MergeBase.Name, c.now.Write)
	}
	live := c.p.live()
	for _, other := range live {
		if t := other.Type(c.name); t != nil && t.Model(c.now.Write) != nil {
			return fmt.Sprintf("keep write: %d as long as %s is live, since it does not know model %d; %s does", c.running.Write, released(c.beside), c.now.Write, released(other.Name))
		}
	}
	announced := fmt.Sprintf("model %d", c.now.Write)
	if first := len(c.running.Models) + 1; first < c.now.Write {
		announced = fmt.Sprintf("models %d to %d", first, c.now.Write)
	}
	once := "a release has shipped that"
	if len(live) > 1 {
		once = "every live release has shipped that"
	}
	return fmt.Sprintf("write: %d in this change, which announces %s, and write: %d once %s; \"esogen plan\" writes both changes", c.running.Write, announced, c.now.Write, once)
}

// unshipped says that the default branch holds the model already, if it does:
// that does not help until a release has shipped it.
func (c *typeChange) unshipped() string {
	if c.running == nil || c.running.Model(c.now.Write) != nil {
		return ""
	}
	if base := c.p.MergeBase.Type(c.name); base != nil && base.Model(c.now.Write) != nil {
		return fmt.Sprintf("; %q holds model %d already, but the deployed release is %q, which does not know it", c.p.MergeBase.Name, c.now.Write, c.beside)
	}
	return ""
}
