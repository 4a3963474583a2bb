package check

import (
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// ruleOf names a finding of the simulator, "" where no rule is meant.
func (s *subject) ruleOf(f rollout.Finding) string {
	if f.Kind != rollout.OutOfReach && s.inherited(f) > 0 {
		return disagree
	}
	return ruleOf(f)
}

// disagree is the rule for a past that does not fit together. A change is not
// to blame for it, and no name of a change would be understood.
const disagree = "rollout/releases-disagree"

// narrower is the rule for kinds of namespaces from which objects fall out. It is
// about the chain of models, not about one release beside another.
const narrower = "rollout/namespaces-narrower"

// inherited tells whether a finding is about a document that an earlier release
// left, of a model about which that release and the running one disagree: it
// returns the number of the model, or 0.
func (s *subject) inherited(f rollout.Finding) int {
	if s.running == nil || f.From == s.runningName() {
		return 0
	}
	for _, b := range s.before {
		if b.release != f.From || !b.Type.Live() {
			continue
		}
		if number := s.disputedModel(b.Type); number > 0 {
			return number
		}
	}
	return 0
}

// disputedModel returns the lowest model that a release writes or wrote and the
// live release of the pair does not know as that, or 0.
func (s *subject) disputedModel(t *definition.Type) int {
	if s.running == nil {
		return 0
	}
	for number := 1; number <= t.Write; number++ {
		m := s.running.Model(number)
		if m == nil || len(compareModels(t.Model(number), m)) > 0 {
			return number
		}
	}
	return 0
}

// ruleOf names a finding of the simulator so that a person recognises the
// change. First come changes of what becomes of an attribute, whatever they
// break; then what breaks, where the attribute has the same role before and
// after. It returns "" where no rule is meant: a kind that is a fault of the
// runtime, whatever the specs say, or a refused model, which is no finding of
// its own (refused).
func ruleOf(f rollout.Finding) string {
	switch f.Kind {
	case rollout.DoesNotOpen, rollout.OperationFails, rollout.NotBound, rollout.SecretShown, rollout.ModelRefused:
		return ""
	case rollout.OutOfReach:
		return narrower
	case rollout.ComputedStale:
		return "rollout/computed-stale"
	case rollout.Unsealable:
		return "rollout/value-unsealable"
	case rollout.Undecided:
		return "rollout/undecided"
	case rollout.DescriptorDiffers:
		return "rollout/descriptor-changed"
	case rollout.FormatDiffers:
		return "rollout/format-changed"
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
	rollout.Planted:         "rollout/value-lost",
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
