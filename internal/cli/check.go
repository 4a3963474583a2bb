package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/report"
	"github.com/esogen/esogen/internal/spec"
	"github.com/esogen/esogen/runtime/esoimpl"
)

func (a *app) checkCommand() *cobra.Command {
	var base against
	var format, traceFile string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judge whether the specs are safe beside the releases that run",
		Long: `check judges the specs against the releases that are deployed. It plays each
live release and the new one over one store, and either finds no way to lose
data, or shows the shortest one. Released models must not change; those that only
the default branch has may. Errors in the specs are findings, too.

It exits with 1 if there is an error. To get past an error about a change, make
the change in another way, or accept the finding by an exception in the spec,
with a reason. "esogen explain RULE" says more about a rule.` + aboutBaselines + `

Where the ledger is empty, nothing is deployed, and nothing can break.`,
		Example: `  go tool esogen check
  go tool esogen check --against git:origin/main     where every merge is deployed
  go tool esogen check --beside release:v1.3 --beside release:v1.4     both of them run
  go tool esogen check --format github               in CI`,
		Args: noArguments,
		PreRunE: func(*cobra.Command, []string) error {
			if report.Known(format) {
				return checkTraceTest(traceFile)
			}
			return hinted(fmt.Errorf("there is no format %q", format), "the formats are "+strings.Join(report.Formats(), ", "))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), base, format, traceFile) },
	}
	a.againstFlags(cmd, &base)
	cmd.Flags().StringVar(&format, "format", report.Formats()[0], "print the findings as `FORMAT`: "+strings.Join(report.Formats(), ", "))
	cmd.Flags().StringVar(&traceFile, "trace-test", "", "write the trace of the first rollout finding to `FILE`, as a Go test that fails for its reason")
	return cmd
}

func (a *app) check(ctx context.Context, base against, format, file string) error {
	project, prefix, err := a.project(ctx, base)
	if err != nil {
		return err
	}
	result, err := check.Run(ctx, *project)
	if err != nil {
		return err
	}
	err = report.Write(a.out, format, &result, report.Options{Colours: isTerminal(a.out) && a.colours, Specs: name(a.specs), Version: version(), Prefix: prefix})
	if err != nil {
		return err
	}
	if !report.Talks(format) {
		for _, line := range report.Remarks(&result) {
			a.say("%s", line)
		}
	}
	if file != "" {
		if err := a.writeTraceTest(ctx, file, &result); err != nil {
			return err
		}
	}
	if result.HasErrors() {
		return &exit{code: exitFindings}
	}
	return nil
}

// project gathers what is judged, and says what could not be found. The prefix
// leads to the project from the top of its repository.
func (a *app) project(ctx context.Context, base against) (p *check.Project, prefix string, err error) {
	var set baseline.Set
	var unread error
	var reading sync.WaitGroup
	reading.Go(func() { set, unread = a.baselines(ctx, base) })
	specs, err := spec.Load(ctx, spec.Options{Root: a.dir(), Dir: a.specs})
	reading.Wait()
	switch {
	case err != nil:
		return nil, "", hinted(err, `run "esogen init" for a first spec, or say where they are with --specs`)
	case unread != nil:
		return nil, "", unread
	}
	p = &check.Project{
		Specs: specs, Releases: baseline.Counted(set.Releases), MergeBase: set.MergeBase, Golden: os.DirFS(a.path(a.golden)), GoldenName: name(a.golden),
		Ledger: set.Ledger, MergeBaseGolden: set.MergeBaseFiles, Today: time.Now().UTC(),
	}
	p.Seal.Reads, p.Seal.Writes = esoimpl.SealVersions()
	for _, note := range set.Notes {
		a.say("%s", note)
	}
	return p, set.Prefix, nil
}
