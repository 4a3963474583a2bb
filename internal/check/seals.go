package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
)

// seals compares the header versions of native seals that the runtime of the
// new release knows with those that the ledger has of the others. It is about
// every native type at once, and about none in particular.
func (p *Project) seals() []Finding {
	if p.Seal.Writes == 0 || !p.native() {
		return nil
	}
	var findings []Finding
	for i := range p.Releases {
		r := &p.Releases[i]
		if r.Seal.Writes == 0 {
			continue // nothing is known of it
		}
		if r.Role == baseline.Live && !slices.Contains(r.Seal.Reads, p.Seal.Writes) {
			findings = append(findings, sealFinding(r.Name,
				fmt.Sprintf("this release's runtime writes seals of version %d, and %s reads %s", p.Seal.Writes, released(r.Name), versions(r.Seal.Reads)),
				fmt.Sprintf("ship a release first whose runtime reads version %d and does not write it yet: go.mod says which runtime it is", p.Seal.Writes)))
		}
		if !slices.Contains(p.Seal.Reads, r.Seal.Writes) {
			findings = append(findings, sealFinding(r.Name,
				fmt.Sprintf("%s writes seals of version %d, and this release's runtime reads %s", released(r.Name), r.Seal.Writes, versions(p.Seal.Reads)),
				"go.mod names an older runtime than the one that this release had: take that one, or a later one"))
		}
	}
	return findings
}

func sealFinding(release, message, hint string) Finding {
	rule := Lookup("history/seal-version")
	return Finding{Rule: rule.ID, Severity: rule.Severity, Message: message, Hint: hint, Baseline: release, Trace: []string{}, Docs: rule.Docs()}
}

// native reports whether any type of the specs has a native model.
func (p *Project) native() bool {
	for _, t := range p.Specs.Types {
		for i := range t.Models {
			if t.Models[i].Format == definition.Native {
				return true
			}
		}
	}
	return false
}

func versions(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprint(n)
	}
	if len(texts) == 1 {
		return "version " + texts[0]
	}
	return "versions " + strings.Join(texts, ", ")
}
