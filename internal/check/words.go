package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/plan"
	"github.com/esogen/esogen/internal/rollout"
)

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
	case narrower:
		return fmt.Sprintf("model %d of %q is %q, and documents of it were %q before: an object is no longer found from where it was", f.Model, s.name, f.IsKind, f.WasKind)
	case "rollout/aad-added-unannounced":
		text = fmt.Sprintf("model %d binds %s, and model %d, which %s writes, does not, so %s cannot open what the other one sealed", f.After.Model, name, f.Before.Model, beside, sufferer)
	case "rollout/aad-removed-unannounced":
		text = fmt.Sprintf("model %d, which %s writes, binds %s, and model %d does not, so %s cannot open what the other one sealed", f.Before.Model, beside, name, f.After.Model, sufferer)
	case "rollout/aad-changed-unannounced":
		sealer := "this release"
		if f.From != "" {
			sealer = released(f.From)
		}
		text = fmt.Sprintf("%s goes by another binding of %s than %s did when it sealed, so it cannot open the document", sufferer, name, sealer)
	case "rollout/encrypted-unannounced":
		text = fmt.Sprintf("model %d encrypts %s, and %s does not take it for a secret", f.After.Model, name, beside)
	case "rollout/decrypted-unannounced":
		text = fmt.Sprintf("model %d stores %s in the clear, and %s encrypts it", f.After.Model, name, beside)
	case "rollout/secret-stranded":
		text = fmt.Sprintf("%s does not know the secret %s and does not seal it again when it should, so that it is lost for %s", beside, name, sufferer)
	case "rollout/required-missing":
		text = s.missing(f, sufferer, beside, name)
	case "rollout/lost-on-rollback":
		text = fmt.Sprintf("model %d does not have %s, which %s still uses: it is lost for it, and on rollback", s.now.Write, name, beside)
	case "rollout/renamed-unannounced":
		text = fmt.Sprintf("model %d renames %q to %q, and %s does not know the new name", f.After.Model, f.Before.Name, f.After.Name, beside)
	case "rollout/descriptor-changed":
		if f.WasKind != "" {
			text = fmt.Sprintf("this release and %s take something else for the identity of %q, so %s does not find what the other one creates", beside, s.name, sufferer)
			break
		}
		text = fmt.Sprintf("this release and %s bind the secrets of %q to different identities, so %s cannot open what the other one sealed", beside, s.name, sufferer)
	case "rollout/format-changed":
		text = fmt.Sprintf("this release seals %q in another format, which %s does not read", s.name, beside)
	case "rollout/value-unreadable":
		if f.Release.New {
			text = fmt.Sprintf("this release cannot read values of %s that %s writes: model %d does not allow them", name, released(f.From), s.now.Write)
			switch {
			case f.Unnamed > 0:
				text = fmt.Sprintf("this release cannot read values of %s that documents of model %d hold: model %d does not allow them", name, f.Unnamed, s.now.Write)
			case f.From == "":
				text = fmt.Sprintf("this release cannot read values of %s that %s writes", name, beside)
			}
		} else {
			text = fmt.Sprintf("model %d allows values of %s that %s cannot read", s.now.Write, name, sufferer)
		}
	case "rollout/plaintext-secret":
		text = fmt.Sprintf("%s is stored in the clear in a document whose model encrypts it", name)
	case "rollout/computed-stale":
		text = fmt.Sprintf("%s is computed, and %s, which does not know its function, changes what it is computed from: it stays as it was", name, beside)
	case "rollout/value-unsealable":
		text = fmt.Sprintf("%s may hold a value that %s cannot seal in model %d: a document with it opens, and can never be migrated or updated again", name, sufferer, s.now.Write)
	case "rollout/undecided":
		return fmt.Sprintf("whether %q may change so beside %s is not decided: the simulator did not get to the end of what the two can do", s.name, beside)
	case disagree:
		return s.disagreement(f)
	default:
		text = fmt.Sprintf("%s does not show the value that was last written to %s", sufferer, name)
	}
	return text + s.unshipped()
}

// missing says who leaves out what the other one requires.
func (s *subject) missing(f rollout.Finding, sufferer, beside, name string) string {
	if f.Unnamed > 0 {
		beside = fmt.Sprintf("model %d", f.Unnamed)
	}
	const ofValue = 2 // the promise that breaks where a part of a value is missing, which keeps no document from opening
	switch {
	case f.Promise == ofValue && f.Release.New:
		return fmt.Sprintf("model %d requires a part of %s that documents of %s lack", s.now.Write, name, beside)
	case f.Promise == ofValue:
		return fmt.Sprintf("%s requires a part of %s that model %d lets be absent", sufferer, name, s.now.Write)
	case f.Release.New && f.From != "" && len(f.Trace) < 2:
		return fmt.Sprintf("model %d requires %s, and documents of %s lack it", s.now.Write, name, released(f.From))
	case f.Release.New:
		return fmt.Sprintf("model %d requires %s, and %s leaves it out or unsets it", s.now.Write, name, beside)
	case f.After.Present:
		return fmt.Sprintf("%s requires %s, and model %d lets it be absent", sufferer, name, s.now.Write)
	default:
		return fmt.Sprintf("%s requires %s, and model %d does not have it", sufferer, name, s.now.Write)
	}
}

// unshipped says that the default branch holds the model already, where it
// does: that does not help until a release has shipped it.
func (s *subject) unshipped() string {
	if s.running == nil || s.running.Model(s.now.Write) != nil {
		return ""
	}
	if base := s.p.MergeBase.Type(s.name); base != nil && base.Model(s.now.Write) != nil {
		return fmt.Sprintf("; %q holds model %d already, but the deployed release is %q, which does not know it", s.p.MergeBase.Name, s.now.Write, s.runningName())
	}
	return ""
}

// disagreement says which releases disagree, and about which model.
func (s *subject) disagreement(f rollout.Finding) string {
	number := s.inherited(f)
	var wrote *definition.Model
	for _, b := range s.before {
		if b.release == f.From {
			wrote = b.Model(number)
		}
	}
	switch {
	case number == 0:
		return fmt.Sprintf("this release and %s disagree about model %d of %q", released(cmp.Or(s.runningName(), f.From)), f.Model, s.name)
	case s.running.Model(number) == nil:
		return fmt.Sprintf("%s wrote documents of model %d of %q, and %s, which runs, does not know that model", released(f.From), number, s.name, released(s.runningName()))
	default:
		return fmt.Sprintf("%s wrote documents of model %d of %q, and in %s, which runs, the model is another one: %s", released(f.From), number, s.name,
			released(s.runningName()), compareModels(wrote, s.running.Model(number))[0].text)
	}
}

// remedy says what to do about a finding.
func (s *subject) remedy(id string, f rollout.Finding) string {
	switch {
	case id == disagree && s.inherited(f) > 0:
		return fmt.Sprintf("no change mends what was released: find the documents that %s left, and put them right; or say in an exception why there are none", released(f.From))
	case id == narrower:
		return plan.Decide(f)
	case id == "rollout/undecided":
		return "make the change in smaller ones: a few attributes at a time, each in a model of its own"
	case s.changedPast():
		return "put what was released back as it was, make the change in a model of its own, and announce that first"
	case s.running != nil && s.running.Model(s.now.Write) == nil && !s.stuck[attributeOf(f)]:
		return s.announceFirst()
	default:
		return plan.Decide(f)
	}
}

// announceFirst says how a model comes to be known before it is written: what is
// still to be done of it.
func (s *subject) announceFirst() string {
	if s.unshipped() != "" {
		return fmt.Sprintf("release what %q holds, which announces model %d, and record it with \"esogen release NAME\"; this change comes after it", s.p.MergeBase.Name, s.now.Write)
	}
	live := s.p.live()
	for _, other := range live {
		if t := other.Type(s.name); t != nil && t.Model(s.now.Write) != nil {
			return fmt.Sprintf("write: %d for as long as %s is live, since it does not know model %d; %s does", s.running.Write, released(s.runningName()), s.now.Write, released(other.Name))
		}
	}
	announced := fmt.Sprintf("model %d", s.now.Write)
	if first := len(s.running.Models) + 1; first < s.now.Write {
		announced = fmt.Sprintf("models %d to %d", first, s.now.Write)
	}
	once := "a release has shipped that"
	if len(live) > 1 {
		once = "every live release has shipped that"
	}
	return fmt.Sprintf("write: %d in this change, which announces %s, and write: %d once %s; \"esogen plan\" writes both changes", s.running.Write, announced, s.now.Write, once)
}

// changedPast tells whether the change alters what was released.
func (s *subject) changedPast() bool {
	return slices.ContainsFunc(s.findings, func(f Finding) bool {
		return slices.Contains([]string{"history/model-changed", "history/model-deleted", "history/attribute-name-reused", "history/write-moved-back"}, f.Rule)
	})
}
