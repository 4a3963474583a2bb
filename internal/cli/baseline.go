package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
)

const aboutBaselines = `

B is a project directory (its golden files, or its specs where it has none),
git:REF, or release:NAME of the ledger. Several are given oldest first; the last
one is the release that runs beside the new one. Without --against, they are the
releases of the ledger.`

// againstFlag defines --against.
func againstFlag(cmd *cobra.Command, against *[]string) {
	cmd.Flags().StringArrayVar(against, "against", nil, "compare with `B`: a project directory, git:REF or release:NAME; may be repeated, oldest first")
}

// baselines reads what the specs are compared with. The notes are the caller's
// to print.
func (a *app) baselines(ctx context.Context, against []string) (baseline.Set, error) {
	set, err := baseline.Load(ctx, a.baselineOptions(against))
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
