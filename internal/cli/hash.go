package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/definition"
)

func (a *app) hashCommand() *cobra.Command {
	var asJSON bool
	var flags []string
	cmd := &cobra.Command{
		Use:   "hash",
		Short: "Print the definition hash of each type",
		Long: `hash prints a line per type, sorted by name: the name, a space, and the
definition hash that Kibana pins. It leaves out retired types, and types behind a
flag that --flags does not name: the lines are those of a product with exactly
these flags on.`,
		Example: `  go tool esogen hash
  go tool esogen hash | grep api_token
  go tool esogen hash --flags tokenRotation,uiam | wc -l`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.hash(cmd.Context(), flags, asJSON) },
	}
	cmd.Flags().StringSliceVar(&flags, "flags", nil, "count types behind these `FLAGS` in, with commas between them")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array of objects with type and hash")
	return cmd
}

func (a *app) hash(ctx context.Context, flags []string, asJSON bool) error {
	types, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	if err := a.knownFlags(types, flags); err != nil {
		return err
	}
	type line struct {
		Type string `json:"type"`
		Hash string `json:"hash"`
	}
	lines := []line{}
	for _, t := range definition.Used(types, flags) {
		lines = append(lines, line{t.Name, t.Hash()})
	}
	if asJSON {
		return printJSON(a.out, lines)
	}
	for _, l := range lines {
		fmt.Fprintln(a.out, l.Type, l.Hash)
	}
	return nil
}
