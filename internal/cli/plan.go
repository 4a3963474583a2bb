package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/plan"
	"github.com/esogen/esogen/internal/rollout"
)

func (a *app) planCommand() *cobra.Command {
	var base against
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Find the shortest safe sequence of releases to the specs",
		Long: `plan finds the shortest sequence of releases that leads from the live ones to
the specs, and says what each of them changes. Every step keeps every promise,
with documents of all earlier releases in the store. Usually one release
announces the new models, and the next one writes them.

If a new model removes an attribute and computes another one from it, the release
that announces the model could change neither. Then a further model removes the
attribute, a release later, and the last stage differs from the specs.

The first release is safe beside each live one, and each later release beside
the one before it. If a later one is not safe beside a release that is live
today, such as a supported one, the plan says which must have ended by then.

--write puts the specs of each release into a directory of its own: copy the
first over the specs, merge and release it, then the second.

It exits with 0 if there is a plan, of one release too. Otherwise it exits with
1, and says which promise prevents a plan and what a person must decide. A plan
relies on the exceptions in the specs.` + aboutBaselines + `

If the ledger is empty, nothing is deployed, and one release is enough.`,
		Example: `  go tool esogen plan
  go tool esogen plan --write stages     the specs of each release, in stages/1-…, stages/2-…
  go tool esogen plan --against git:origin/main
  go tool esogen plan --beside release:v1.3 --beside release:v1.4     both of them run`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.plan(cmd.Context(), base, dir, asJSON) },
	}
	a.againstFlags(cmd, &base)
	cmd.Flags().StringVar(&dir, "write", "", "write the specs of each release below `DIR`, which must be empty")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	return cmd
}

func (a *app) plan(ctx context.Context, base against, dir string, asJSON bool) error {
	if dir != "" {
		if err := mustBeEmpty(a.path(dir), name(dir)); err != nil {
			return err
		}
	}
	project, _, err := a.project(ctx, base)
	if err != nil {
		return err
	}
	if project.Specs.HasErrors() {
		_, err := a.load(ctx, false) // which shows them
		return err
	}
	found, err := a.makePlan(ctx, project)
	if err != nil {
		return err
	}
	var tree files.Tree
	var unwritten error
	if dir != "" && found.Possible() {
		tree, unwritten = found.Files(ctx, plan.Specs{Root: a.dir(), Dir: a.specs})
		if unwritten == nil {
			unwritten = a.writeStages(ctx, dir, tree)
		}
		switch {
		case found.Releases() == 0:
			a.say("there is nothing to write")
		case unwritten == nil:
			found.written = name(dir)
		}
	}
	if asJSON {
		err = printJSON(a.out, found.json())
	} else {
		a.printPlan(found)
	}
	switch {
	case err != nil:
		return err
	case !found.Possible():
		return findings("there is no plan for %s", phrase.Count(len(found.blocked()), "type"))
	}
	if e, ok := errors.AsType[*plan.EditError](unwritten); ok {
		return hinted(e, "the plan holds all the same: make this change by hand; nothing was written")
	}
	return unwritten
}

// mustBeEmpty refuses a directory that has something in it.
func mustBeEmpty(path, shown string) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return plainly(err)
	case len(entries) > 0:
		return hinted(fmt.Errorf("%q is not empty", shown), "name a directory that is empty, or not there yet: plan overwrites nothing")
	}
	return nil
}

func (a *app) writeStages(ctx context.Context, dir string, tree files.Tree) error {
	into := a.within(dir)
	changes, err := into.Compare(ctx, tree)
	if err != nil {
		return err
	}
	return into.Write(ctx, changes)
}

// planned is a plan, and what check says of the change as a whole.
type planned struct {
	*plan.Plan
	reasons map[string][]check.Finding // by type: why one release is not enough
	risks   []check.Exception          // what a person has accepted, so that the plan need not avoid it
	confirm []check.Finding            // what a person must answer for, in an exception
	written string                     // the directory, or ""
}

// makePlan asks check first: what undoes a release has no plan, and what weakens
// a secret needs a person's word in any number of releases.
func (a *app) makePlan(ctx context.Context, project *check.Project) (*planned, error) {
	result, err := check.Run(ctx, *project)
	if err != nil {
		return nil, err
	}
	c := plan.Case{History: project.Releases, Target: project.Specs.Types, Obstacles: map[string][]plan.Obstacle{}, Judge: result.Accepting(rollout.Judge)}
	out := &planned{reasons: map[string][]check.Finding{}, risks: result.Risks()}
	for _, f := range result.Findings {
		rule := check.Lookup(f.Rule)
		if rule == nil || f.Type == "" || f.Severity != definition.Error {
			continue
		}
		switch {
		case rule.Safe || rule.Condition:
			out.confirm = append(out.confirm, f)
		case rule.NoPlan:
			c.Obstacles[f.Type] = append(c.Obstacles[f.Type], plan.Obstacle{Rule: f.Rule, Message: f.Message, Decide: f.Hint, Trace: f.Trace})
		case f.Origin != nil:
			out.reasons[f.Type] = append(out.reasons[f.Type], f)
		}
	}
	if out.Plan, err = plan.Make(ctx, c); err != nil {
		return nil, err
	}
	out.explain()
	return out, nil
}

func (p *planned) blocked() []plan.Type {
	return slices.DeleteFunc(slices.Clone(p.Types), func(t plan.Type) bool { return len(t.Blocked) == 0 })
}

// reason says what breaks, in the words of check where it is what check found:
// the rule, or "", and a sentence.
func (p *planned) reason(name string, f *rollout.Finding) (rule, message string) {
	for _, known := range p.reasons[name] {
		if known.Origin.Same(f) {
			return known.Rule, known.Message
		}
	}
	return "", plan.Sentence(*f)
}

// explain adds rule and words to what blocks a type.
func (p *planned) explain() {
	for i := range p.Types {
		t := &p.Types[i]
		for k := range t.Blocked {
			if o := &t.Blocked[k]; o.Finding != nil {
				o.Rule, o.Message = p.reason(t.Name, o.Finding)
			}
		}
	}
}
