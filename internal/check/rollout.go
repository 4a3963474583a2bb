package check

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// rollouts plays the releases, and names what broke.
func (s *subject) rollouts(ctx context.Context) error {
	c := rollout.Case{New: rollout.Release{Type: s.now}, History: s.past()}
	// Where the past itself was changed, the play is about a past that never
	// was, and what has no name is no fault of esogen's.
	sound := !slices.ContainsFunc(s.findings, func(f Finding) bool {
		return strings.HasPrefix(f.Rule, string(History)+"/") && f.Severity == definition.Error
	})
	verdict, err := s.play(ctx, c)
	if err != nil || verdict == nil {
		return err
	}
	s.conditions(verdict.Conditions)
	best := s.explained(verdict, sound)
	if _, disagreed := best[[2]string{disagree, ""}]; disagreed && sound {
		// What earlier releases did to each other must not hide what the new one
		// does: it is played without them, too.
		c.History = s.agreeing(c.History)
		verdict, err := s.play(ctx, c)
		if err != nil {
			return err
		}
		if verdict != nil {
			for key, f := range s.explained(verdict, sound) {
				if _, known := best[key]; !known {
					best[key] = f
				}
			}
		}
	}
	if err := s.announce(ctx, c, len(best) > 0); err != nil {
		return err
	}
	for key, f := range best {
		s.named(key[0], f)
	}
	return nil
}

// play asks the simulator. There is no verdict where the case cannot be played.
func (s *subject) play(ctx context.Context, c rollout.Case) (*rollout.Verdict, error) {
	verdict, err := s.p.Judge(ctx, c)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		s.bug(fmt.Sprintf("the releases of %q could not be played: %s", s.name, err), nil)
		return nil, nil
	}
	return &verdict, nil
}

// explained gives the findings of a verdict their rules. One change may break
// several promises: the one with the shortest trace speaks for the others of
// its rule and attribute.
func (s *subject) explained(verdict *rollout.Verdict, sound bool) map[[2]string]rollout.Finding {
	best := map[[2]string]rollout.Finding{}
	for _, f := range verdict.Findings {
		switch {
		case f.Kind == rollout.ModelRefused && s.refused(f):
			continue
		case f.Kind == rollout.OutOfReach: // whatever is announced, and whichever release runs
			if !slices.ContainsFunc(s.findings, func(known Finding) bool { return known.Rule == narrower && known.Model == f.Model }) {
				best[[2]string{narrower, strconv.Itoa(f.Model)}] = f
			}
			continue
		}
		id := s.ruleOf(f)
		if id == "" && !sound {
			id = disagree
		}
		if id == "" || len(f.Lines) == 0 {
			s.bug(fmt.Sprintf("the simulator found %q in %q, and esogen has no rule that explains it", f.Kind, s.name), f.Lines)
			continue
		}
		if id == disagree {
			f.Attribute, f.Before, f.After = "", rollout.Aspect{}, rollout.Aspect{} // it is about the model
		}
		key := [2]string{id, attributeOf(f)}
		if known, ok := best[key]; !ok || len(f.Lines) < len(known.Lines) {
			best[key] = f
		}
	}
	return best
}

// agreeing leaves out the releases that left documents of a model about which
// they and the live release of the pair disagree.
func (s *subject) agreeing(past []rollout.Release) []rollout.Release {
	return slices.DeleteFunc(slices.Clone(past), func(r rollout.Release) bool {
		return r.Name != s.runningName() && r.Type.Live() && s.disputedModel(r.Type) > 0
	})
}

// past returns the releases before: the live one of the pair last, and before it
// the others, which left documents, whether they are live or not.
func (s *subject) past() []rollout.Release {
	var past []rollout.Release
	for i := range s.p.Releases {
		if r := &s.p.Releases[i]; r != s.beside {
			past = append(past, rollout.Release{Name: r.Name, Type: r.Type(s.name), Withdrawn: s.beside == nil || r.Role == baseline.Withdrawn})
		}
	}
	if s.beside != nil {
		past = append(past, rollout.Release{Name: s.beside.Name, Type: s.beside.Type(s.name)})
	}
	return past
}

// announce finds out whether it would help to announce the model first, by
// playing that: stuck then holds the attributes about which something breaks
// all the same.
func (s *subject) announce(ctx context.Context, c rollout.Case, broken bool) error {
	if !broken || s.running == nil || s.running.Model(s.now.Write) != nil {
		return nil
	}
	first := *s.now
	first.Write, first.Oldest = s.running.Write, min(first.Oldest, s.running.Write)
	s.stuck = map[string]bool{}
	for i, stage := range []*definition.Type{&first, s.now} {
		c.New.Type = stage
		verdict, err := s.p.Judge(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue // the case itself could be played, and that counts
		}
		for _, f := range verdict.Findings {
			s.stuck[attributeOf(f)] = true
		}
		if i == 0 {
			c.History = append(slices.Clone(c.History), rollout.Release{Name: "announced", Type: stage})
		}
	}
	return nil
}

// bug reports what must not be: a finding without a name, a name without a
// trace, a play without an end.
func (s *subject) bug(message string, trace []string) {
	f := s.report("rollout/bug", at{baseline: s.runningName()}, message,
		"this is a bug in esogen: please report it with the two specs, and do not ship the change before it is understood")
	f.Trace = append(f.Trace, trace...)
}

// named reports a finding of the simulator under the name of a rule.
func (s *subject) named(id string, f rollout.Finding) {
	where := s.changed(id, f)
	where.baseline = s.runningName()
	switch id {
	case disagree:
		where = s.disputed(f)
	case narrower:
		where.model, where.path = f.Model, s.stated(f.Model)
		if len(s.before) == 0 {
			where.baseline = "" // no release has to do with it
		}
	}
	found := s.report(id, where, s.fact(id, f), s.remedy(id, f))
	found.Trace = append(found.Trace, f.Lines...)
}

// refusals are the rules about what makes a live release refuse a model.
var refusals = []string{"history/oldest-above-live", "history/write-moved-back"}

// refused puts the trace of a refused document to the finding about the setting
// that refuses it. There is no other way to it (TestReach).
func (s *subject) refused(f rollout.Finding) bool {
	for _, id := range refusals {
		if known := s.reported(id); known != nil {
			if len(known.Trace) == 0 || len(f.Lines) < len(known.Trace) {
				known.Trace = f.Lines
			}
			return true
		}
	}
	return false
}

// stated is where a model gets its kind of namespaces: in itself, in one before
// it, or in the type.
func (s *subject) stated(number int) definition.Path {
	for n := number; n > 1; n-- {
		if s.now.Model(n).Namespaces != s.now.Model(n-1).Namespaces {
			return inModel(n, "namespaces")
		}
	}
	return definition.Path{"namespaces"}
}

// disputed is the model about which two releases disagree.
func (s *subject) disputed(f rollout.Finding) at {
	where := at{model: s.inherited(f), baseline: f.From}
	if where.model == 0 {
		where.model, where.baseline = f.Model, s.runningName()
	}
	if s.now.Model(where.model) != nil {
		where.path = inModel(where.model)
	}
	return where
}

// reported returns a finding of a rule, the one beside the live release of the
// pair if there is one.
func (s *subject) reported(id string) *Finding {
	var found *Finding
	for i := range s.findings {
		if f := &s.findings[i]; f.Rule == id && (found == nil || f.Baseline == s.runningName()) {
			found = f
		}
	}
	return found
}

// changed finds the model that made the difference, among those that the
// running release does not write, and the place in it.
func (s *subject) changed(id string, f rollout.Finding) at {
	where := at{attribute: attributeOf(f), model: s.now.Write}
	if s.now.Write < 1 || s.now.Write > len(s.now.Models) {
		where.model = 0
		return where
	}
	from := s.now.Write
	if s.running != nil && s.running.Write < s.now.Write {
		from = s.running.Write + 1
	}
	for number := from; number <= s.now.Write; number++ {
		if path := placeOf(id, s.now.Model(number-1), s.now.Model(number), where.attribute, f); path != nil {
			where.model, where.path = number, path
			return where
		}
	}
	where.path = inModel(s.now.Write)
	if where.attribute != "" && s.now.Newest().Attribute(where.attribute) != nil {
		where.path = s.declared(where.attribute)
	}
	return where
}

// declared is where an attribute got the declaration that the write model has.
func (s *subject) declared(name string) definition.Path {
	for number := s.now.Write; number > 0; number-- {
		if slices.ContainsFunc(s.now.Model(number).Declared, func(a definition.Attribute) bool { return a.Name == name }) {
			return inModel(number, "attributes", name)
		}
	}
	return inModel(s.now.Write)
}

// placeOf is the place in a model that says what a rule is about, or nil where
// the model says nothing of it. The model before may be nil.
func placeOf(id string, before, m *definition.Model, name string, f rollout.Finding) definition.Path {
	declared := slices.IndexFunc(m.Declared, func(a definition.Attribute) bool { return a.Name == name }) >= 0
	roleBefore := definition.Plain
	if before != nil {
		roleBefore = before.Role(name)
	}
	switch id {
	case "rollout/descriptor-changed":
		if before != nil && before.Namespaces != m.Namespaces {
			return inModel(m.Number, "namespaces")
		}
	case "rollout/format-changed":
		if before != nil && before.Format != m.Format {
			return inModel(m.Number, "format")
		}
	case "rollout/lost-on-rollback":
		if i := slices.Index(m.Removed, name); i >= 0 {
			return inModel(m.Number, "removed", fmt.Sprint(i))
		}
	case "rollout/renamed-unannounced":
		if _, ok := m.RenameTo(name); ok {
			return inModel(m.Number, "renamed", name)
		}
	case "rollout/aad-added-unannounced":
		if m.Role(name) == definition.Bound && roleBefore != definition.Bound {
			return inSet(m, "aad", name)
		}
	case "rollout/encrypted-unannounced", "rollout/secret-stranded":
		if m.Role(name) == definition.Encrypted && roleBefore != definition.Encrypted {
			return inSet(m, "encrypted", name)
		}
	case "rollout/aad-removed-unannounced":
		if roleBefore == definition.Bound && m.Role(name) == definition.Plain {
			return inModel(m.Number, "aad")
		}
	case "rollout/decrypted-unannounced":
		if roleBefore == definition.Encrypted && m.Role(name) != definition.Encrypted {
			return inModel(m.Number, "encrypted")
		}
	default:
		if declared {
			return inModel(m.Number, "attributes", name)
		}
	}
	return nil
}

// conditions reports what the verdict takes for granted. What a model takes for
// granted is asked for where the model appears: see confirmations.
func (s *subject) conditions(list []rollout.Condition) {
	for _, c := range list {
		switch c.Name {
		case rollout.NoneBelowOldest:
			if s.reported("history/oldest-above-live") == nil && s.reported("history/oldest-raised") == nil {
				s.report("history/oldest-raised", at{"", c.Model, definition.Path{"oldest"}, s.runningName()}, c.Message,
					fmt.Sprintf("before the release ships, migrate every store, until a migration reports that nothing is left below model %d, exports and backups that may be restored included; "+
						"and say so in an exception", c.Model))
			}
		case rollout.UniqueIDs, rollout.Passphrases:
		default:
			s.bug(fmt.Sprintf("the simulator takes %q for granted, and esogen has no rule that asks for it", c.Name), nil)
		}
	}
}
