package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
)

func (a *app) releaseCommand() *cobra.Command {
	var list, asJSON bool
	cmd := &cobra.Command{
		Use:   "release NAME",
		Short: "Record the current definitions as a release",
		Long: `release appends the definitions of the specs to the ledger, the directory
releases of the golden files. From then on what the release knows and writes is
what later changes are checked against: run it when the release ships, not when
its branch is merged. An entry is never changed.`,
		Example: `  esogen release v1.4
  esogen release --list          which stage of each type is where`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case list && len(args) > 0:
				return hinted(errors.New("--list takes no name"), fmt.Sprintf("run %q", "esogen release --list"))
			case !list && len(args) != 1:
				return hinted(fmt.Errorf("release takes one name, and got %d", len(args)), fmt.Sprintf("run %q, or %q", "esogen release NAME", "esogen release --list"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if list {
				return a.listReleases(cmd.Context(), asJSON)
			}
			return a.release(cmd.Context(), args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "record nothing; show the ledger, and which stage of each type is where")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the same as JSON")
	return cmd
}

func (a *app) release(ctx context.Context, name string, asJSON bool) error {
	if err := baseline.CheckName(name); err != nil {
		return baselineHint(err)
	}
	entries, err := baseline.Ledger(ctx, a.baselineOptions(nil))
	if err != nil {
		return baselineHint(err)
	}
	// File systems that do not tell v1 from V1 have room for one of them.
	if i := slices.IndexFunc(entries, func(e baseline.Entry) bool { return strings.EqualFold(e.Name, name) }); i >= 0 {
		return hinted(fmt.Errorf("the release %q is recorded already, as number %d", entries[i].Name, entries[i].Number),
			"what a release shipped never changes; give the new one another name")
	}
	types, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	if err := a.upToDate(ctx, types); err != nil {
		return err
	}
	number := baseline.Next(entries)
	entry, err := baseline.Record(name, number, types)
	if err != nil {
		return err
	}
	dir := a.goldenDir()
	tree := files.Tree{baseline.EntryPath(name): entry}
	changes, err := a.within(a.golden).Compare(ctx, tree)
	if err != nil {
		return err
	}
	if err := dir.Write(ctx, changes); err != nil {
		return err
	}
	return a.printRecorded(name, number, types, asJSON)
}

func (a *app) goldenDir() files.Dir {
	dir := a.within(a.golden)
	dir.Depth, dir.Owned = 1, golden.Owned
	return dir
}

// upToDate refuses to go on with golden files that do not fit the specs: what
// is recorded would be what nobody reviewed. A project that has no golden
// definitions at all keeps none.
func (a *app) upToDate(ctx context.Context, types []*definition.Type) error {
	dir := a.goldenDir()
	hashes, err := dir.Read(golden.HashesPath)
	if err != nil || hashes == nil {
		return err
	}
	tree, err := golden.Files(types)
	if err != nil {
		return err
	}
	sealed, err := a.seal(ctx, dir, types, tree, false)
	if err != nil {
		return err
	}
	changes, err := dir.Compare(ctx, tree)
	if err != nil {
		return err
	}
	states := sealed.missing
	for i := range changes {
		states = append(states, state{Path: changes[i].Name, State: changes[i].Kind})
	}
	if len(states) == 0 {
		return nil
	}
	return &exit{exitFindings, fmt.Sprintf("%s: %s, and nothing was recorded", dir.Name, countStates(states)),
		`run "esogen golden", have its diff reviewed, and record the release then`}
}

// printRecorded says what a release writes and knows.
func (a *app) printRecorded(release string, number int, types []*definition.Type, asJSON bool) error {
	path := name(a.golden) + "/" + baseline.EntryPath(release)
	stages := []typeStage{}
	for _, t := range types {
		stages = append(stages, typeStage{t.Name, stageOf(t)})
	}
	if asJSON {
		return printJSON(a.out, struct {
			Release string      `json:"release"`
			Number  int         `json:"number"`
			Path    string      `json:"path"`
			Types   []typeStage `json:"types"`
		}{release, number, path, stages})
	}
	width := 0
	for _, s := range stages {
		width = max(width, len(s.Type))
	}
	for _, s := range stages {
		fmt.Fprintf(a.out, "%-*s  %s\n", width, s.Type, s.stage)
	}
	fmt.Fprintf(a.out, "%s: release %q is number %d, %s\n", path, release, number, count(len(types), "type"))
	return nil
}
