package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

// Exception is one that is in force.
type Exception struct {
	definition.Exception
	Type     string
	Position spec.Position
	Accepted int // how many findings it has accepted; warnings about definitions do not count
}

// accepted are the exceptions that count.
type accepted struct{ inForce []Exception }

// exceptions sorts the exceptions of the specs into those in force and those
// that are wrong, which become findings.
func (p *Project) exceptions(findings *[]Finding) *accepted {
	all := &accepted{}
	for _, t := range p.Specs.Types {
		for i, e := range t.Exceptions {
			id, key, message, hint := p.wrong(e)
			if message == "" {
				all.inForce = append(all.inForce, Exception{e, t.Name, p.Specs.Position(t, definition.Path{"exceptions", strconv.Itoa(i)}), 0})
				continue
			}
			rule := Lookup(id)
			position := p.Specs.Position(t, definition.Path{"exceptions", strconv.Itoa(i), key})
			*findings = append(*findings, Finding{
				Rule: rule.ID, Severity: rule.Severity, Type: t.Name, Attribute: e.Attribute, Message: message, Hint: hint,
				File: position.File, Line: position.Line, Column: position.Column, Trace: []string{}, Docs: rule.Docs(),
			})
		}
	}
	return all
}

// wrong tells why an exception does not count. That its parts are well formed
// was checked before.
func (p *Project) wrong(e definition.Exception) (rule, key, message, hint string) {
	switch r := Lookup(e.Rule); {
	case r == nil:
		hint = `"esogen explain" lists the rules`
		if near := Nearest(e.Rule); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return "definition/exception", "rule", fmt.Sprintf("an exception is for the rule %q, which does not exist", e.Rule), hint
	case !r.Excepted():
		return "definition/exception", "rule", fmt.Sprintf("an exception is for the rule %q, which allows none", e.Rule), "take it out, and do what the finding says"
	}
	if strings.TrimSpace(e.Reason) == "" {
		return "definition/exception", "reason", "an exception gives no reason", `say why the finding is acceptable here: reason: "…"`
	}
	if e.Until == "" {
		return "", "", "", ""
	}
	if end, err := time.Parse(time.DateOnly, e.Until); err == nil {
		if p.Today.Format(time.DateOnly) > end.Format(time.DateOnly) {
			return "definition/exception-expired", "until", fmt.Sprintf("the exception for %q ended on %s", e.Rule, e.Until), expiredHint
		}
	} else if slices.Contains(p.Ledger, e.Until) {
		return "definition/exception-expired", "until", fmt.Sprintf("the exception for %q ended with release %q", e.Rule, e.Until), expiredHint
	}
	return "", "", "", ""
}

const expiredHint = "take the exception out, or look at its reason again and give it another end"

// accept tells whether an exception in force is for the finding.
func (a *accepted) accept(f Finding) bool {
	rule := Lookup(f.Rule)
	if rule == nil || !rule.Excepted() {
		return false
	}
	found := false
	for i := range a.inForce {
		e := &a.inForce[i]
		if e.covers(f.Type, f.Rule, f.Attribute) {
			e.Accepted++
			found = true
		}
	}
	return found
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
