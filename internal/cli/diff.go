package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/diff"
	"github.com/esogen/esogen/internal/phrase"
)

func (a *app) diffCommand() *cobra.Command {
	var releases []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Say in words what changed since a release",
		Long: `diff says what changed in each type, in a reviewer's words: what is bound,
encrypted or announced that was not, what is written now, and the definition
hash before and after. It judges nothing. It exits with 1 where something
changed.

The baseline is the last live release of the ledger, or else the merge base with
the default branch. With --against it is B, and of several the last one: a project
directory (its golden files, or its specs where it has none), git:REF, or
release:NAME of the ledger.`,
		Example: `  go tool esogen diff
  go tool esogen diff --against git:origin/main
  go tool esogen diff --against release:v1.3`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.diff(cmd.Context(), releases, asJSON) },
	}
	a.againstFlag(cmd, &releases)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the same as JSON")
	return cmd
}

func (a *app) diff(ctx context.Context, releases []string, asJSON bool) error {
	types, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	set, err := a.baselines(ctx, against{releases: releases})
	if err != nil {
		return err
	}
	since := set.Last()
	if since == nil {
		since = set.MergeBase
	}
	if since == nil {
		return a.nothingToCompare(set.Notes, asJSON)
	}
	changed := diff.Compare(since.Types, types)
	if asJSON {
		err = a.printDiffJSON(since, changed)
	} else {
		a.printDiff(sinceName(&set, since), changed)
	}
	if err != nil || len(changed) == 0 {
		return err
	}
	return findings("%s changed since %s", phrase.Count(len(changed), "type"), sinceName(&set, since))
}

// nothingToCompare says so. In a new project that is not a failure.
func (a *app) nothingToCompare(notes []string, asJSON bool) error {
	for _, note := range notes {
		a.say("%s", note)
	}
	if asJSON {
		return a.printDiffJSON(&baseline.Release{}, nil)
	}
	fmt.Fprintln(a.out, "nothing to compare with: no release is recorded, and there is no merge base")
	return nil
}

// sinceName is what a sentence calls a baseline.
func sinceName(set *baseline.Set, r *baseline.Release) string {
	if r == set.MergeBase {
		return fmt.Sprintf("the merge base with %q", r.Name)
	}
	return fmt.Sprintf("%q", r.Source)
}

// printDiff prints a paragraph per type: what changed in all of it, then what
// changed in each model, further to the right.
func (a *app) printDiff(since string, changed []diff.Type) {
	if len(changed) == 0 {
		fmt.Fprintf(a.out, "nothing changed since %s\n", since)
		return
	}
	for i, t := range changed {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		fmt.Fprintln(a.out, t.Name)
		for _, c := range t.Changes {
			indent := "  "
			if c.Model > 0 && !heads(c.Kind) {
				indent = "    "
			}
			fmt.Fprintf(a.out, "%s%s\n", indent, c.Text)
		}
		switch {
		case t.Before == t.After:
			fmt.Fprintf(a.out, "  definition hash %s, as before\n", t.After)
		case t.Before == "":
			fmt.Fprintf(a.out, "  definition hash %s\n", t.After)
		case t.After == "":
			fmt.Fprintf(a.out, "  definition hash %s before\n", t.Before)
		default:
			fmt.Fprintf(a.out, "  definition hash %s before\n  definition hash %s now\n", t.Before, t.After)
		}
	}
}

// heads reports whether a change is about a model itself.
func heads(k diff.Kind) bool {
	switch k {
	case diff.ModelAnnounced, diff.ModelAdded, diff.ModelRemoved, diff.ModelChanged:
		return true
	}
	return false
}

func (a *app) printDiffJSON(since *baseline.Release, changed []diff.Type) error {
	type change struct {
		Kind      diff.Kind `json:"kind"`
		Model     int       `json:"model"`
		Attribute string    `json:"attribute"`
		Text      string    `json:"text"`
	}
	type entry struct {
		Type    string   `json:"type"`
		Before  string   `json:"hashBefore"`
		After   string   `json:"hashAfter"`
		Changes []change `json:"changes"`
	}
	types := []entry{}
	for _, t := range changed {
		e := entry{t.Name, t.Before, t.After, []change{}}
		for _, c := range t.Changes {
			e.Changes = append(e.Changes, change(c))
		}
		types = append(types, e)
	}
	return printJSON(a.out, struct {
		Baseline string  `json:"baseline"`
		Types    []entry `json:"types"`
	}{since.Source, types})
}
