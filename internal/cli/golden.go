package cli

import (
	"context"
	"fmt"
	"path"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
)

func (a *app) goldenCommand() *cobra.Command {
	var how checking
	var unreleased bool
	cmd := &cobra.Command{
		Use:   "golden",
		Short: "Write the golden files of the specs",
		Long: `golden writes what a reviewer looks at: the definitions, their hashes, and
documents of every model, plain and sealed. Its diff belongs into the change of
the spec; until it is there, the generated tests fail.

It opens every sealed document. One that no longer opens is replaced if no
release has its model. One of a released model is an error: documents like it
are in production. Then nothing is written. Without a ledger of releases, what
the default branch has counts as released; --unreleased says that nothing
shipped yet.

After a merge with conflicts, golden rewrites what follows from the specs, and
keeps the sealed documents and pins of both sides.`,
		Example: `  go tool esogen golden
  go tool esogen golden --check          in CI
  go tool esogen golden --unreleased     change a model of the default branch that never shipped`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.makeGolden(cmd.Context(), how, unreleased) },
	}
	how.flags(cmd)
	cmd.Flags().BoolVar(&unreleased, "unreleased", false, "there is no ledger because nothing shipped: replace sealed documents of the default branch, too")
	return cmd
}

func (a *app) makeGolden(ctx context.Context, how checking, unreleased bool) error {
	types, err := a.load(ctx, true)
	if err != nil {
		return err
	}
	tree, err := golden.Files(types)
	if err != nil {
		return err
	}
	t := target{command: "esogen golden", types: len(types), Dir: a.goldenDir()}
	records, err := a.records(ctx, types, unreleased)
	if err != nil {
		return err
	}
	if how.check {
		states := records.states(tree)
		return a.report(ctx, t, tree, states, how.json, records.hint())
	}
	if len(records.Broken) > 0 {
		a.sayBroken(records.Broken)
		return &exit{exitFindings, fmt.Sprintf("%s: nothing was written: %s", t.Name, countBroken(records.Broken)), records.hint()}
	}
	if err := records.Add(ctx, tree); err != nil {
		return err
	}
	t.Owned = func(path string, head []byte) bool { return golden.Owned(path, head) || records.Abandoned(path) }
	return a.write(ctx, t, tree)
}

func (a *app) goldenDir() files.Dir {
	dir := a.within(a.golden)
	dir.Depth, dir.Owned = 1, golden.Owned
	return dir
}

// upToDate refuses to record golden files that do not match the specs, or sealed
// documents that do not open: nobody has reviewed them. A project may have no
// golden files at all.
func (a *app) upToDate(ctx context.Context, types []*definition.Type) error {
	dir := a.goldenDir()
	if kept, err := golden.Kept(dir.Path); err != nil || !kept {
		return err
	}
	tree, err := golden.Files(types)
	if err != nil {
		return err
	}
	records, err := a.records(ctx, types, false)
	if err != nil {
		return err
	}
	states := records.states(tree)
	changes, err := dir.Compare(ctx, tree)
	if err != nil {
		return err
	}
	for i := range changes {
		states = append(states, state{Path: changes[i].Name, State: changes[i].Kind})
	}
	if len(states) == 0 {
		return nil
	}
	a.sayBroken(records.Broken)
	hint := `run "esogen golden", have its diff reviewed, and record the release then`
	if len(records.Broken) > 0 {
		hint = records.hint()
	}
	return &exit{exitFindings, fmt.Sprintf("%s: %s, and nothing was recorded", dir.Name, countStates(states)), hint}
}

// records is what is recorded in the golden directory, and what was released.
type records struct {
	*golden.Records
	shipped *baseline.Shipped
	dir     string // what messages call the golden directory
}

// records opens what is recorded, and finds out what must be as it is.
func (a *app) records(ctx context.Context, types []*definition.Type, unreleased bool) (*records, error) {
	r := &records{dir: name(a.golden)}
	var opened *golden.OpenedRecords
	progress := a.progress("opening", len(types))
	defer progress.end()
	group, within := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		r.shipped, err = baseline.ReadShipped(within, a.baselineOptions(nil))
		return baselineHint(err)
	})
	group.Go(func() (err error) {
		opened, err = golden.OpenRecords(within, a.goldenDir(), types, progress.step)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var err error
	r.Records, err = opened.Judge(ctx, func(typ, path string) golden.Held { return r.shipped.Held(typ, path, unreleased) })
	return r, err
}

// states puts the records into the tree as they are, and returns how they differ
// from what "esogen golden" makes of them.
func (r *records) states(tree files.Tree) []state {
	var states []state
	for _, s := range r.States(tree) {
		states = append(states, state{Path: s.Path, State: s.Kind, Detail: s.Detail})
	}
	return states
}

// sayBroken prints what is broken, a line each.
func (a *app) sayBroken(found []golden.BrokenRecord) {
	for _, b := range found {
		place := b.Path
		if b.Line > 0 {
			place = fmt.Sprintf("%s:%d", b.Path, b.Line)
		}
		fmt.Fprintf(a.err, "%s: %s %s\n", place, a.paint(red, "error:"), b.Text)
	}
}

// countBroken says how much is wrong.
func countBroken(found []golden.BrokenRecord) string {
	documents, gone := 0, 0
	for _, b := range found {
		switch {
		case b.Line == 0:
			gone++
		case path.Base(path.Dir(b.Path)) == "sealed":
			documents++
		}
	}
	switch {
	case documents == 1:
		return "a sealed document no longer opens, and neither would such documents in production"
	case documents > 1:
		return fmt.Sprintf("%d sealed documents no longer open, and neither would such documents in production", documents)
	case gone == len(found):
		return "what was released is missing"
	default:
		return "what is pinned of released models is broken"
	}
}

// hint says what to do about what is broken.
func (r *records) hint() string {
	if len(r.Broken) == 0 {
		return ""
	}
	b := r.Broken[0]
	restore := "put the lines back"
	if r.shipped.Branch != "" {
		restore += fmt.Sprintf(": git checkout %s -- %s", r.shipped.Branch, b.Path)
	}
	switch b.Reason {
	case golden.NoLedger:
		return fmt.Sprintf("the ledger of releases is gone: git checkout %s -- %s/%s", r.shipped.Branch, r.dir, baseline.LedgerPath)
	case golden.Newer:
		return "a newer esogen wrote it: take that one"
	case golden.Before:
		return fmt.Sprintf("%q has them, and may have shipped: add a model instead of changing one, or %s; if nothing shipped, run %q",
			r.shipped.Branch, restore, "esogen golden --unreleased")
	default:
		return "a release has the model: add a model instead of changing one, or " + restore
	}
}
