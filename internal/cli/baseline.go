package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
)

const aboutBaselines = `

B is a project directory (its golden files, or its specs where it has none),
git:REF, or release:NAME of the ledger. Without --against, the releases of the
ledger are the baselines; the last one and the supported ones are live. With
--against, they are what it names, oldest first, and the last one is live.
--beside names the live releases instead, and the rest is history.`

// against is what a command compares the specs with.
type against struct {
	releases []string // --against
	beside   []string // --beside
}

// againstFlags defines --against and --beside.
func (a *app) againstFlags(cmd *cobra.Command, base *against) {
	a.againstFlag(cmd, &base.releases)
	cmd.Flags().StringArrayVar(&base.beside, "beside", nil, "take `B` for live: it runs beside the new release, or may come back; may be repeated")
	cmd.RegisterFlagCompletionFunc("beside", a.completeBaselines)
}

// againstFlag defines --against.
func (a *app) againstFlag(cmd *cobra.Command, releases *[]string) {
	cmd.Flags().StringArrayVar(releases, "against", nil, "compare with `B`: a project directory, git:REF or release:NAME; may be repeated, oldest first")
	cmd.RegisterFlagCompletionFunc("against", a.completeBaselines)
}

// completeBaselines offers the releases of the ledger, and directories.
func (a *app) completeBaselines(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	entries, err := a.ledger(cmd.Context())
	if err != nil || !strings.HasPrefix("release:", typed[:min(len(typed), len("release:"))]) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	var names []string
	for _, e := range entries {
		names = append(names, "release:"+e.Name)
	}
	if typed == "" {
		names = append(names, "git:")
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// baselines reads what the specs are compared with. The notes are the caller's
// to print.
func (a *app) baselines(ctx context.Context, base against) (baseline.Set, error) {
	o := a.baselineOptions(base.releases)
	o.Beside = base.beside
	set, err := baseline.Load(ctx, o)
	return set, baselineHint(err)
}

func (a *app) baselineOptions(against []string) baseline.Options {
	return baseline.Options{Root: a.dir(), Specs: a.specs, Golden: a.golden, Against: against}
}

// baselineHint turns an error about a baseline into one that says what to do.
func baselineHint(err error) error {
	if e, ok := errors.AsType[*baseline.Error](err); ok {
		return hinted(err, e.Hint)
	}
	return err
}
