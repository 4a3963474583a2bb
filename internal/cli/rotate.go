package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/spec"
)

// rotation has the flags of rotate.
type rotation struct {
	objectFlags
	dsn            string
	types          []string
	batch, workers int
	restart        bool
	usage, asJSON  bool
}

func (a *app) rotateCommand() *cobra.Command {
	var r rotation
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Seal the secrets of objects again, under the primary key",
		Long: `rotate seals the secrets of stored objects again, under the primary key, each
object at its own model. Objects under the primary key stay unchanged.

With --dsn, the objects are those of a store:

  sqlite:PATH
  postgres://USER@HOST:PORT/DATABASE

rotate goes through it in batches, beside live writers. An object that fails is
reported and stays unchanged, and the others go on. Run again after it was
interrupted, even by a crash, rotate continues. Every process can see a password
in --dsn: set PGPASSWORD or PGPASSFILE instead, or write ~/.pgpass. --usage
rotates nothing: it counts the objects that need each key.

Without --dsn, the objects come on standard input, as with open and strip.` + aboutObjects,
		Example: `  go tool esogen rotate --keys keys.json --dsn postgres://app@db.example.com/product
  go tool esogen rotate --keys keys.json --dsn sqlite:product.db --usage
  go tool esogen rotate --keys keys.json < stored.jsonl > rotated.jsonl`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return r.check(cmd) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case r.dsn == "":
				return a.objects(cmd.Context(), jsonl.Rotate, r.objectFlags)
			case r.usage:
				return a.keyUsage(cmd.Context(), &r)
			default:
				return a.rotateStore(cmd.Context(), &r)
			}
		},
	}
	a.keysFlags(cmd, &r.keys)
	unknownFlag(cmd, &r.unknown)
	flags := cmd.Flags()
	flags.StringVar(&r.dsn, "dsn", "", "rotate the store in this database: `DSN` is sqlite:PATH or postgres://…")
	flags.StringArrayVar(&r.types, "type", nil, "only objects of this `TYPE`; may be repeated")
	flags.IntVar(&r.batch, "batch", 0, "read `N` objects at a time, and save the progress after each (default 100)")
	flags.IntVar(&r.workers, "workers", 0, "rotate `N` objects at the same time (default: one a processor)")
	flags.BoolVar(&r.restart, "restart", false, "begin anew, even if an earlier run was interrupted")
	flags.BoolVar(&r.usage, "usage", false, "rotate nothing, and count the objects that need each key")
	flags.BoolVar(&r.asJSON, "json", false, "print the result as JSON")
	cmd.RegisterFlagCompletionFunc("type", a.completeTypes)
	return cmd
}

// withDSN are the flags that need a store.
var withDSN = []string{"type", "batch", "workers", "restart", "usage", "json"}

// check refuses flags that do not go together.
func (r *rotation) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	if !changed("dsn") {
		for _, name := range withDSN {
			if changed(name) {
				return fmt.Errorf("--%s goes with --dsn", name)
			}
		}
		return nil
	}
	if changed("unknown") {
		return errors.New("--unknown does not go with --dsn: a store has nothing to pass over")
	}
	if r.dsn == "" {
		return hinted(errors.New("--dsn is empty"), dsnForm)
	}
	for _, name := range []string{"batch", "workers", "restart"} {
		if r.usage && changed(name) {
			return fmt.Errorf("--%s does not go with --usage, which rotates nothing", name)
		}
	}
	if changed("batch") && r.batch < 1 || changed("workers") && r.workers < 1 {
		return errors.New("--batch and --workers are at least 1")
	}
	return nil
}

// completeTypes lists the types of the specs, for the shell.
func (a *app) completeTypes(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if specs, err := spec.Load(cmd.Context(), spec.Options{Root: a.dir(), Dir: a.specs}); err == nil {
		for _, t := range specs.Types {
			names = append(names, t.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
