package check

import (
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// Family is the kind of a rule, and the first part of its id.
type Family string

const (
	Definition Family = "definition" // what one spec says
	History    Family = "history"    // what was released stays
	Rollout    Family = "rollout"    // what the simulator found
	Secret     Family = "secret"     // safe for the data, and not for the secret
)

// Rule is one rule: what esogen says of it, and what finds it.
type Rule struct {
	ID       string // family/name; stable, since specs and tools refer to it
	Severity definition.Severity

	Safe      bool // a finding leaves the change safe for the data
	Final     bool // no exception is accepted
	Condition bool // the change is safe under a condition that a person confirms in an exception
	NoPlan    bool // no sequence of releases makes the change safe

	// What every finding names, so that an exception has to name it, too. It is
	// stated for rollout and history rules only: see [definition.Scoped].
	OfAttribute, OfModel bool

	Purpose string // what it finds, in a line, without full stop
	Why     string // what is bad about it
	WayOut  string // what to do

	Example Example

	// What finds the rule, in one of these ways. Definition rules have none of
	// them: internal/spec and internal/definition find these, and exceptions.go
	// finds what is wrong with an exception.

	// ofChange looks at the change of one type, and reports what it finds.
	ofChange func(*typeChange, *Rule)

	// ofProject looks at the project as a whole.
	ofProject func(*Project, *Rule) ([]Finding, error)

	// condition is what the simulator takes for granted, and the rule asks a
	// person for; confirm asks, unless ofChange does.
	condition string
	confirm   func(*typeChange, *Rule, rollout.Condition)

	// matches reports whether the rule names a finding of the simulator, and fact
	// says in a sentence what the change does to whom.
	matches func(*pair, *rollout.Finding) bool
	fact    func(*breach) string

	// place is the place in a model that says what such a rule is about, nil if
	// the model says nothing of it; the model before may be nil. Without the
	// function it is the declaration of the attribute. The function where finds
	// the model, too.
	place func(before, m *definition.Model, name string) definition.Path
	where func(*pair, *rollout.Finding) at

	// remedy says what to do about it. Without it, or if it returns "", that
	// follows from what the releases know: see [typeChange.remedy].
	remedy func(*breach) string

	// refuses makes a rule the reason why a live release refuses documents of a
	// model, which the simulator sees. It returns the model that a finding of the
	// rule names.
	refuses func(*definition.Type) int
}

// Family returns the family of a rule.
func (r *Rule) Family() Family {
	family, _, _ := strings.Cut(r.ID, "/")
	return Family(family)
}

// hint is the first sentence of the way out, as findings have it.
func (r *Rule) hint() string {
	first, _, _ := strings.Cut(r.WayOut, ". ")
	return strings.ToLower(first[:1]) + strings.TrimSuffix(first[1:], ".")
}

// finding completes a finding of the rule.
func (r *Rule) finding(f Finding, at spec.Position) Finding {
	f.Rule, f.Severity, f.Docs, f.Trace = r.ID, r.Severity, r.Docs(), []string{}
	f.File, f.Line, f.Column = at.File, at.Line, at.Column
	return f
}

// Docs returns where the rule is explained.
func (r *Rule) Docs() string { return DocsURL + "#" + r.ID }

// Excepted reports whether a spec may accept findings of the rule.
func (r *Rule) Excepted() bool {
	return !r.Final && (r.Family() != Definition || r.Severity == definition.Warning)
}

// Rules returns the catalogue: by family, in the order in which a reader meets
// them.
func Rules() []*Rule { return catalogue }

var catalogue = slices.Concat(rolloutRules, historyRules, secretRules, definitionRules)

// Families returns the families in their order.
func Families() []Family { return []Family{Rollout, History, Secret, Definition} }

// Lookup returns the rule of that id, or nil.
func Lookup(id string) *Rule {
	if i := slices.IndexFunc(catalogue, func(r *Rule) bool { return r.ID == id }); i >= 0 {
		return catalogue[i]
	}
	return nil
}

// Nearest returns the id of the rule that the text may have meant, or "".
func Nearest(id string) string {
	ids := make([]string, len(catalogue))
	for i, r := range catalogue {
		ids[i] = r.ID
		if string(r.Family())+"/"+id == r.ID {
			return r.ID
		}
	}
	return definition.Nearest(id, ids)
}
