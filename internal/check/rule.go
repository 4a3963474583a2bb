package check

import (
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Family is the kind of a rule, and the first part of its id.
type Family string

const (
	Definition Family = "definition" // what one spec says
	History    Family = "history"    // what was released stays
	Rollout    Family = "rollout"    // what the simulator found
	Secret     Family = "secret"     // safe for the data, and not for the secret
)

// Rule is what esogen tells about: everything but the code that finds it.
type Rule struct {
	ID       string // family/name; stable, since specs and tools refer to it
	Severity definition.Severity

	Safe      bool // a finding leaves the change safe for the data
	Final     bool // no exception is accepted
	Condition bool // the change is safe under a condition that a person confirms in an exception

	// What every finding names, so that an exception has to name it, too. It is
	// stated for rollout and history rules only: see [definition.Scoped].
	OfAttribute, OfModel bool

	Purpose string // what it finds, in a line, without full stop
	Why     string // what is bad about it
	WayOut  string // what to do

	Example Example
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

// Docs returns where the rule is explained.
func (r *Rule) Docs() string { return DocsURL + "#" + r.ID }

// Excepted tells whether a spec may accept findings of the rule.
func (r *Rule) Excepted() bool {
	return !r.Final && (r.Family() != Definition || r.Severity == definition.Warning)
}

// Rules returns the catalogue: by family, in the order in which a reader meets
// them.
func Rules() []*Rule { return catalogue }

// Lookup returns the rule of that id, or nil.
func Lookup(id string) *Rule {
	if i := slices.IndexFunc(catalogue, func(r *Rule) bool { return r.ID == id }); i >= 0 {
		return catalogue[i]
	}
	return nil
}

// Families returns the families in their order.
func Families() []Family { return []Family{Rollout, History, Secret, Definition} }

var catalogue = slices.Concat(rolloutRules, historyRules, secretRules, definitionRules)

// example wraps the body of a type into one, as the examples have it.
func example(body string) string {
	var b strings.Builder
	b.WriteString("token: eso.#Type & {\n\tnamespaces: \"agnostic\"\n\tformat:     \"kibana\"\n")
	for line := range strings.Lines(strings.Trim(body, "\n") + "\n") {
		if line != "\n" {
			b.WriteByte('\t')
		}
		if value, ok := strings.CutPrefix(line, "write: "); ok {
			line = "write:      " + value // as cue fmt has it
		}
		b.WriteString(line)
	}
	b.WriteString("}\n")
	return b.String()
}
