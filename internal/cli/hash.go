package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) hashCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "hash",
		Short: "Print the definition hash of each type",
		Long: `hash prints a line per type, sorted by name: the name, a space, and the
definition hash that Kibana pins. Retired types are left out.`,
		Example: `  esogen hash
  esogen hash | grep connector_token`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.hash(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array of objects with type and hash")
	return cmd
}

func (a *app) hash(ctx context.Context, asJSON bool) error {
	types, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	type line struct {
		Type string `json:"type"`
		Hash string `json:"hash"`
	}
	lines := []line{}
	for _, t := range live(types) {
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
