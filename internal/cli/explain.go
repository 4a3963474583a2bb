package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/check"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Explain a rule of check: what, why, an example, the way out",
		Long: `explain says what a rule of "esogen check" finds, why that is bad, which change
of a spec gives it, what would happen to a document, and what to do instead.
Without a rule it lists them.`,
		Example: `  go tool esogen explain
  go tool esogen explain rollout/secret-stranded`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return hinted(fmt.Errorf("explain takes one rule, and got %q, too", args[1]), fmt.Sprintf("run %q", cmd.CommandPath()+" --help"))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, rule := range check.Rules() {
				ids = append(ids, rule.ID)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := a.out.Write([]byte(check.List()))
				return err
			}
			return a.explain(cmd.Context(), args[0])
		},
	}
}

func (a *app) explain(ctx context.Context, id string) error {
	rule := check.Lookup(id)
	if rule == nil {
		hint := `"esogen explain" lists the rules`
		if near := check.Nearest(id); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return hinted(fmt.Errorf("there is no rule %q", id), hint)
	}
	text, err := check.Explain(ctx, rule)
	if err != nil {
		return err
	}
	_, err = a.out.Write([]byte(text))
	return err
}
