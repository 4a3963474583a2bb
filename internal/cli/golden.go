package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

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
	g, err := a.recorded(ctx, types, unreleased)
	if err != nil {
		return err
	}
	if how.check {
		states := g.states(tree)
		return a.report(ctx, t, tree, states, how.json, g.hint())
	}
	if len(g.broken) > 0 {
		a.sayBroken(g.broken)
		return &exit{exitFindings, fmt.Sprintf("%s: nothing was written: %s", t.Name, countBroken(g.broken)), g.hint()}
	}
	if err := g.add(ctx, tree); err != nil {
		return err
	}
	t.Owned = func(path string, head []byte) bool { return golden.Owned(path, head) || g.left[path] }
	return a.write(ctx, t, tree)
}

func (a *app) goldenDir() files.Dir {
	dir := a.within(a.golden)
	dir.Depth, dir.Owned = 1, golden.Owned
	return dir
}

// upToDate refuses to go on with golden files that do not fit the specs, or
// with sealed documents that do not open: what is recorded would be what
// nobody reviewed. A project that has no golden files at all keeps none.
func (a *app) upToDate(ctx context.Context, types []*definition.Type) error {
	dir := a.goldenDir()
	if kept, err := golden.Kept(dir.Path); err != nil || !kept {
		return err
	}
	tree, err := golden.Files(types)
	if err != nil {
		return err
	}
	g, err := a.recorded(ctx, types, false)
	if err != nil {
		return err
	}
	states := g.states(tree)
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
	a.sayBroken(g.broken)
	hint := `run "esogen golden", have its diff reviewed, and record the release then`
	if len(g.broken) > 0 {
		hint = g.hint()
	}
	return &exit{exitFindings, fmt.Sprintf("%s: %s, and nothing was recorded", dir.Name, countStates(states)), hint}
}
