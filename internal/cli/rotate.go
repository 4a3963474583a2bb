package cli

import (
	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/objects"
)

func (a *app) rotateCommand() *cobra.Command {
	return a.objectsCommand(objects.Rotate, &cobra.Command{
		Short: "Seal the secrets of objects on standard input under the primary key",
		Long: `rotate seals the secrets of stored objects again, under the primary key, each
object at its own model. What the primary key sealed already comes out as it
went in.` + aboutObjects,
		Example: `  esogen rotate --keys keys.json < stored.jsonl > rotated.jsonl`,
	})
}
