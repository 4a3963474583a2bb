package check

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/esogen/esogen/internal/definition"
)

// computedInClear finds attributes that are computed from a secret and are none.
// It asks as long as they are declared, whatever was released.
func (p *Project) computedInClear() []Finding {
	rule := Lookup("secret/computed-in-clear")
	var findings []Finding
	for _, t := range p.Specs.Types {
		if t.Retired {
			continue
		}
		for i := range t.Models {
			m := &t.Models[i]
			for _, c := range m.Computed {
				input, encrypts, clear := t.SecretInput(m, c)
				if input == "" {
					continue
				}
				where := definition.Path{"models", strconv.Itoa(m.Number), "computed", c.Name, strconv.Itoa(slices.Index(c.Inputs, input))}
				position := p.Specs.Position(t, where)
				findings = append(findings, Finding{
					Rule: rule.ID, Severity: rule.Severity, Type: t.Name, Attribute: c.Name, Model: m.Number,
					Message: fmt.Sprintf("%q is computed from %q, which model %d encrypts, and stored in the clear in model %d", c.Name, input, encrypts, clear),
					Hint:    fmt.Sprintf("encrypt %q, too; or say in an exception why it tells nothing of the secret", c.Name),
					File:    position.File, Line: position.Line, Column: position.Column, Trace: []string{}, Docs: rule.Docs(),
				})
			}
		}
	}
	return findings
}
