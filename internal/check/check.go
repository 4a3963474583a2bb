// Package check judges a project: its specs against the releases that products
// run.
//
// It knows two kinds of rules. The definition rules look at one spec, and are
// found by internal/spec and internal/definition. The others look at a change:
// history says that what was released stays as it is, rollout names what the
// simulator of internal/rollout found, secret asks a person whether a change
// that loses no data may weaken the protection of a secret.
//
// A rule is one value ([Rule]): its texts, its example, and what finds it or,
// for a rule about a rollout, which findings of the simulator it names, its
// sentence, and where it points. The files rules_*.go hold them by family. The
// way of a change is [Run], [typeChange.judge], which asks each rule, and
// [typeChange.rollouts], which asks the simulator.
package check

import (
	"cmp"
	"context"
	"io/fs"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// Project is what is judged.
type Project struct {
	Specs *spec.Specs

	// Releases are the baselines, oldest first, with their roles; see
	// [baseline.WithRoles]. If none is live, nothing runs beside the new release;
	// if there are none, nothing can break.
	Releases []baseline.Release

	// Seal holds the header versions of native seals that the runtime of the new
	// release knows. They are compared with those of the live releases, where
	// both are known.
	Seal baseline.SealVersions

	// Ledger names the releases of the ledger, whatever the baselines are.
	Ledger []string

	// MergeBase is where the change began on the default branch, or nil. What
	// only it holds was never in production: it feeds hints, and the rules
	// about files that are only ever added to.
	MergeBase *baseline.Release

	// Golden and MergeBaseGolden are the golden directory now and at the merge
	// base. Either may be nil.
	Golden, MergeBaseGolden fs.FS

	// GoldenName is what messages call the golden directory.
	GoldenName string

	Today time.Time         // for exceptions that end at a date
	Judge rollout.JudgeFunc // nil means rollout.Judge

	opened []openedFile // by type of the specs
}

// Result is what was found.
type Result struct {
	// Safe is false if there is a definition error, a broken promise, a change to
	// something released, or a condition that nobody has confirmed. Errors about
	// the protection of a secret leave it true.
	Safe     bool
	Findings []Finding  // by file, line and column
	Accepted []Accepted // what exceptions accept, in the same order

	// Exceptions are those in force, by type, in the order of the spec.
	Exceptions []Exception

	Baselines []Baseline // what the specs were compared with, oldest first
	Types     int        // how many types were judged, without those that have errors
}

// Baseline is a release that the specs were compared with.
type Baseline struct {
	Name string        `json:"name"`
	Role baseline.Role `json:"role"`
}

// In returns the names of the baselines of a role, oldest first.
func (r *Result) In(role baseline.Role) []string {
	var names []string
	for _, b := range r.Baselines {
		if b.Role == role {
			names = append(names, b.Name)
		}
	}
	return names
}

// HasErrors reports whether a finding is an error.
func (r *Result) HasErrors() bool { return r.Count(definition.Error) > 0 }

// Count returns how many findings of a severity there are.
func (r *Result) Count(severity definition.Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == severity {
			n++
		}
	}
	return n
}

// LedgerGone reports whether files of the ledger are gone or were changed, so that
// it may not be known what is deployed.
func (r *Result) LedgerGone() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == ledgerRewritten.ID })
}

// Finding is a rule that was broken, and where.
type Finding struct {
	Rule      string              `json:"rule"`
	Severity  definition.Severity `json:"severity"`
	Type      string              `json:"type"`
	Attribute string              `json:"attribute"` // or ""
	Model     int                 `json:"model"`     // or 0
	Message   string              `json:"message"`   // one sentence of fact
	Hint      string              `json:"hint"`      // one sentence: what to do
	File      string              `json:"file"`      // relative to the project, with slashes; "" if there is no place
	Line      int                 `json:"line"`
	Column    int                 `json:"column"`
	Baseline  string              `json:"baseline"` // the release that the finding is about, or ""
	Trace     []string            `json:"trace"`    // what would have happened, a line each
	Docs      string              `json:"docs"`     // where the rule is explained

	// Origin is what the simulator found, nil if it was not asked.
	Origin *rollout.Finding `json:"-"`
}

// DocsURL is the page that explains the rules. The id of a rule is an anchor in
// it.
const DocsURL = "https://github.com/esogen/esogen/blob/main/docs/rules.md"

// Run judges a project. The error says that it could not be judged: ctx ended,
// or golden files cannot be read. Everything else is a finding.
func Run(ctx context.Context, p Project) (Result, error) {
	if p.Judge == nil {
		p.Judge = rollout.Judge
	}
	if p.GoldenName == "" {
		p.GoldenName = "golden"
	}
	p.Releases = baseline.WithRoles(p.Releases)
	result := Result{Types: len(p.Specs.Types)}
	for _, r := range p.Releases {
		result.Baselines = append(result.Baselines, Baseline{r.Name, r.Role})
	}
	found, err := p.findings(ctx)
	if err != nil {
		return Result{}, err
	}
	exceptions, wrong := p.exceptions(found)
	findings := append(p.definitions(), wrong...)
	for _, f := range found {
		if reason, ok := exceptions.accept(&f); ok {
			result.Accepted = append(result.Accepted, Accepted{f, reason})
		} else {
			findings = append(findings, f)
		}
	}
	slices.SortStableFunc(findings, compareFindings)
	slices.SortStableFunc(result.Accepted, func(a, b Accepted) int { return compareFindings(a.Finding, b.Finding) })
	result.Findings, result.Exceptions = findings, exceptions.inForce
	result.Safe = !slices.ContainsFunc(findings, unsafe)
	return result, nil
}

// findings returns what the rules about the change and about files find.
func (p *Project) findings(ctx context.Context) ([]Finding, error) {
	found, err := p.changes(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.openSealed(ctx); err != nil {
		return nil, err
	}
	for _, r := range catalogue {
		if r.ofProject == nil {
			continue
		}
		more, err := r.ofProject(p, r)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		cmp.Compare(a.Type, b.Type), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Attribute, b.Attribute),
		cmp.Compare(a.Model, b.Model), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Baseline, b.Baseline))
}

// unsafe reports whether a finding means lost data, or specs that
// nothing can be said about.
func unsafe(f Finding) bool {
	rule := Lookup(f.Rule)
	return f.Severity == definition.Error && (rule == nil || !rule.Safe)
}

// definitions returns what the loader found.
func (p *Project) definitions() []Finding {
	findings := []Finding{}
	for _, d := range p.Specs.Diagnostics {
		if rule := Lookup(d.Rule); d.Hint == "" && rule != nil { // CUE itself says what is wrong, and not what to do
			d.Hint = rule.hint()
		}
		findings = append(findings, Finding{
			Rule: d.Rule, Severity: d.Severity, Type: d.Type, Attribute: d.Attribute, Model: d.Model, Message: d.Message, Hint: d.Hint,
			File: d.Position.File, Line: d.Position.Line, Column: d.Position.Column, Trace: []string{}, Docs: DocsURL + "#" + d.Rule,
		})
	}
	return findings
}

// onAllProcessors does something n times, on all processors.
func onAllProcessors(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}
