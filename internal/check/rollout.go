package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// rollouts plays the releases, and names what broke.
func (s *subject) rollouts(ctx context.Context) error {
	c := rollout.Case{New: rollout.Release{Type: s.now}}
	for i := range s.p.Releases {
		r := &s.p.Releases[i]
		c.History = append(c.History, rollout.Release{Name: r.Name, Type: r.find(s.name)})
	}
	// Where the past itself was changed, the play is about a past that never
	// was, and what it does not name is no fault of esogen's.
	sound := !slices.ContainsFunc(s.findings, func(f Finding) bool {
		return strings.HasPrefix(f.Rule, string(History)+"/") && f.Severity == definition.Error
	})
	verdict, err := s.p.Judge(ctx, c)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && sound:
		s.bug(fmt.Sprintf("the releases of %q could not be played: %s", s.name, err), nil)
		return nil
	case err != nil:
		return nil
	}
	s.conditions(verdict.Conditions)
	if !verdict.Complete && sound {
		s.bug(fmt.Sprintf("playing the releases of %q ended before everything was tried, after %d documents", s.name, verdict.States), nil)
	}
	// One change may break several promises: the one with the shortest trace
	// speaks for the others of its name.
	best := map[[2]string]rollout.Finding{}
	for _, f := range verdict.Findings {
		id := ruleOf(f)
		if id == "" || len(f.Lines) == 0 {
			if sound {
				s.bug(fmt.Sprintf("the simulator found %q in %q, and esogen has no rule that explains it", f.Kind, s.name), f.Lines)
			}
			continue
		}
		key := [2]string{id, attributeOf(f)}
		if known, ok := best[key]; !ok || len(f.Lines) < len(known.Lines) {
			best[key] = f
		}
	}
	for key, f := range best {
		s.named(key[0], f)
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

// ruleOf names a finding of the simulator so that a person recognises the
// change. First come changes of what becomes of an attribute, whatever they
// break; then what breaks, where the attribute has the same role before and
// after. It returns "" where no rule is meant: those kinds are faults of the
// runtime.
func ruleOf(f rollout.Finding) string {
	switch f.Kind {
	case rollout.DoesNotOpen, rollout.OperationFails, rollout.NotBound:
		return ""
	case rollout.DescriptorDiffers:
		return "rollout/descriptor-changed"
	case rollout.FormatDiffers:
		return "rollout/format-changed"
	case rollout.ModelRefused:
		return "rollout/model-refused"
	case rollout.SecretShown:
		return "rollout/secret-shown"
	}
	if id := ruleOfMove(f.Before, f.After); id != "" {
		return id
	}
	return rulesOfKinds[f.Kind]
}

// ruleOfMove names what became of an attribute between the write models of the
// running and the new release, or returns "".
func ruleOfMove(before, after rollout.Aspect) string {
	switch {
	case !before.Present && !after.Present:
		return ""
	case !after.Present:
		return "rollout/lost-on-rollback"
	case before.Present && before.Name != after.Name:
		return "rollout/renamed-unannounced"
	case before.Present && before.Role == after.Role:
		return ""
	case after.Role == definition.Encrypted && before.Present:
		return "rollout/encrypted-unannounced"
	case after.Role == definition.Encrypted:
		return "rollout/secret-stranded"
	case before.Role == definition.Encrypted:
		return "rollout/decrypted-unannounced"
	case after.Role == definition.Bound:
		return "rollout/aad-added-unannounced"
	case before.Role == definition.Bound:
		return "rollout/aad-removed-unannounced"
	default:
		return ""
	}
}

var rulesOfKinds = map[rollout.Kind]string{
	rollout.BoundDiffers:    "rollout/aad-changed-unannounced",
	rollout.BoundChanged:    "rollout/aad-changed-unannounced",
	rollout.Stranded:        "rollout/secret-stranded",
	rollout.OldKeyNeeded:    "rollout/secret-stranded",
	rollout.RequiredMissing: "rollout/required-missing",
	rollout.Unreadable:      "rollout/value-unreadable",
	rollout.NotConverted:    "rollout/value-unreadable",
	rollout.NotSealed:       "rollout/plaintext-secret",
	rollout.Plaintext:       "rollout/plaintext-secret",
	rollout.ShowsCiphertext: "rollout/value-lost",
	rollout.Lost:            "rollout/value-lost",
	rollout.Restored:        "rollout/value-lost",
	rollout.Stale:           "rollout/value-lost",
}

// attributeOf is what the newest spec calls the attribute of a finding.
func attributeOf(f rollout.Finding) string {
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

// named reports a finding of the simulator under the name of a rule.
func (s *subject) named(id string, f rollout.Finding) {
	where := s.changed(id, f)
	where.baseline = s.runningName()
	if id == "rollout/model-refused" {
		if known := s.reported("history/oldest-above-live"); known != nil {
			known.Trace = append(known.Trace, f.Lines...)
			return
		}
	}
	found := s.report(id, where, s.fact(id, f), s.remedy())
	found.Trace = append(found.Trace, f.Lines...)
}

func (s *subject) reported(id string) *Finding {
	if i := slices.IndexFunc(s.findings, func(f Finding) bool { return f.Rule == id }); i >= 0 {
		return &s.findings[i]
	}
	return nil
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

// fact says in one sentence what the change does to whom.
func (s *subject) fact(id string, f rollout.Finding) string {
	sufferer := released(f.Release.Name)
	if f.Release.New {
		sufferer = "this release"
	}
	beside := released(s.runningName())
	if s.running == nil {
		beside = released(f.From) // which left the document
	}
	name := fmt.Sprintf("%q", attributeOf(f))
	var text string
	switch id {
	case "rollout/aad-added-unannounced":
		text = fmt.Sprintf("model %d binds %s, and model %d, which %s writes, does not, so %s cannot open what the other one sealed", f.After.Model, name, f.Before.Model, beside, sufferer)
	case "rollout/aad-removed-unannounced":
		text = fmt.Sprintf("model %d, which %s writes, binds %s, and model %d does not, so %s cannot open what the other one sealed", f.Before.Model, beside, name, f.After.Model, sufferer)
	case "rollout/aad-changed-unannounced":
		text = fmt.Sprintf("what %s binds under %s is not what the other one binds, so it cannot open the document", sufferer, name)
	case "rollout/encrypted-unannounced":
		text = fmt.Sprintf("model %d encrypts %s, and %s stores it in the clear", f.After.Model, name, beside)
	case "rollout/decrypted-unannounced":
		text = fmt.Sprintf("model %d stores %s in the clear, and %s encrypts it", f.After.Model, name, beside)
	case "rollout/secret-stranded":
		text = fmt.Sprintf("%s does not know the secret %s and does not seal it again when it should, so that it is lost for %s", beside, name, sufferer)
	case "rollout/required-missing":
		text = fmt.Sprintf("%s requires %s, and meets documents without it", sufferer, name)
	case "rollout/lost-on-rollback":
		text = fmt.Sprintf("model %d does not have %s, which %s still uses: it is lost for it, and on rollback", s.now.Write, name, beside)
	case "rollout/renamed-unannounced":
		text = fmt.Sprintf("model %d calls %q %q, and %s does not know the new name", f.After.Model, f.Before.Name, f.After.Name, beside)
	case "rollout/descriptor-changed":
		text = fmt.Sprintf("this release and %s bind the secrets of %q to different identities, so %s cannot open what the other one sealed", beside, s.name, sufferer)
	case "rollout/format-changed":
		text = fmt.Sprintf("this release seals %q in another format, which %s does not read", s.name, beside)
	case "rollout/value-unreadable":
		text = fmt.Sprintf("%s cannot read values of %s that the other one writes", sufferer, name)
	case "rollout/plaintext-secret":
		text = fmt.Sprintf("%s is stored in the clear in a document whose model encrypts it", name)
	case "rollout/secret-shown":
		text = fmt.Sprintf("a normal read of %s shows the secret %s", sufferer, name)
	case "rollout/model-refused":
		text = fmt.Sprintf("%s does not open documents of model %d, and they may be there", sufferer, f.Model)
	default:
		text = fmt.Sprintf("%s does not show the value that was last written to %s", sufferer, name)
	}
	return text + s.unshipped()
}

// unshipped says that the default branch holds the model already, where it
// does: that does not help until a release has shipped it.
func (s *subject) unshipped() string {
	if s.running == nil || s.running.Model(s.now.Write) != nil {
		return ""
	}
	if base := s.p.MergeBase.find(s.name); base != nil && base.Model(s.now.Write) != nil {
		return fmt.Sprintf("; %q holds model %d already, but the deployed release is %q, which does not know it", s.p.MergeBase.Name, s.now.Write, s.runningName())
	}
	return ""
}

// remedy says what to do: announce the model, where the running release does
// not know it; else that model is not what it was when it was announced.
func (s *subject) remedy() string {
	if s.running == nil || s.running.Model(s.now.Write) != nil {
		return "leave what was released as it was, make the change in a model of its own, and announce that first"
	}
	return fmt.Sprintf("write: %d in this change, which announces model %d, and write: %d once a release has shipped that; \"esogen plan\" writes both changes",
		s.running.Write, s.now.Write, s.now.Write)
}

// conditions reports what the verdict takes for granted. That ids are unique
// without the namespace is asked for where the model appears, by secrets.
func (s *subject) conditions(list []rollout.Condition) {
	for _, c := range list {
		switch c.Name {
		case rollout.NoneBelowOldest:
			if s.reported("history/oldest-above-live") == nil {
				s.report("history/oldest-raised", at{"", c.Model, definition.Path{"oldest"}, s.runningName()}, c.Message,
					"scan every store for documents below it before the release ships, and migrate what it finds")
			}
		case rollout.UniqueIDs:
		default:
			s.bug(fmt.Sprintf("the simulator takes %q for granted, and esogen has no rule that asks for it", c.Name), nil)
		}
	}
}
