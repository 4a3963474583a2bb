package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/phrase"
	eso "github.com/esogen/esogen/runtime"
)

const aboutObjects = `

Objects come one a line, in the form of Kibana's API:

  {"type": …, "id": …, "namespace": …, "typeMigrationVersion": "10.N.0", "attributes": {…}}

Members that esogen does not know, and the order of all, are kept. An object
that fails comes back without its secrets and with an "error"; the others still
come, and the exit code is 1.

The file of keys is {"primary": K, "decryptionOnly": [K, …]}, K being a
passphrase or {"id": …, "key": passphrase}.`

func (a *app) sealCommand() *cobra.Command {
	return a.objectsCommand(jsonl.Seal, &cobra.Command{
		Short: "Encrypt the secrets of objects on standard input",
		Long: `seal makes stored objects of plain ones, at the model that the spec writes. It
checks the values, fills in defaults, and makes an id where there is none.` + aboutObjects,
		Example: `  go tool esogen seal --keys keys.json < plain.jsonl > stored.jsonl`,
	})
}

func (a *app) openCommand() *cobra.Command {
	return a.objectsCommand(jsonl.Open, &cobra.Command{
		Short: "Decrypt the secrets of objects on standard input",
		Long:  `open shows stored objects with their secrets, each at its own model.` + aboutObjects,
		Example: `  go tool esogen open --keys keys.json < stored.jsonl
  go tool esogen open --keys golden/keys.json < golden/sealed/api_token.jsonl`,
	})
}

func (a *app) stripCommand() *cobra.Command {
	return a.objectsCommand(jsonl.Strip, &cobra.Command{
		Short: "Leave the secrets of objects on standard input out",
		Long: `strip shows stored objects as a normal read does: without their secrets, apart
from those that the spec exposes. Only these need keys.` + aboutObjects,
		Example: `  go tool esogen strip < stored.jsonl`,
	})
}

func (a *app) objectsCommand(operation jsonl.Operation, cmd *cobra.Command) *cobra.Command {
	var keys string
	cmd.Use = string(operation)
	cmd.Args = noArguments
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.objects(cmd.Context(), operation, keys)
	}
	keysFlag(cmd, &keys)
	return cmd
}

func keysFlag(cmd *cobra.Command, keys *string) {
	cmd.Flags().StringVar(keys, "keys", "", "the `FILE` of the keys")
}

// objects does the operation on the objects of standard input.
func (a *app) objects(ctx context.Context, operation jsonl.Operation, keysFile string) error {
	keys, err := a.keys(operation, keysFile)
	if err != nil {
		return err
	}
	types, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	if isTerminal(a.in) {
		a.say("waiting for objects on standard input, one a line")
	}
	worker := jsonl.NewWorker(operation, types, keys)
	tally, err := worker.Run(ctx, a.in, a.out)
	if err != nil {
		return err
	}
	for _, u := range worker.Undeclared() {
		a.say("warning: %q does not declare %q, which was stored as it stood, in the clear", u.Type, u.Attribute)
	}
	if operation == jsonl.Rotate {
		a.say("%s: %d rotated, %d unchanged", operation, tally.Done, tally.Unchanged)
	}
	if tally.Failed > 0 {
		return findings("%s: %s failed", operation, phrase.Count(tally.Failed, "line"))
	}
	return nil
}

// keys reads the file of keys. Stripping does without one.
func (a *app) keys(operation jsonl.Operation, file string) (eso.Keyring, error) {
	if file == "" {
		if operation == jsonl.Strip {
			return nil, nil
		}
		return nil, hinted(fmt.Errorf("%s needs keys", operation), `write --keys FILE; the file holds {"primary": "…"}`)
	}
	data, err := os.ReadFile(a.path(file))
	if err != nil {
		return nil, fmt.Errorf("the keys: %w", plainly(err))
	}
	keys, err := eso.ParseKeys(data)
	if err != nil {
		return nil, fmt.Errorf("the keys in %q: %w", file, err)
	}
	return keys, nil
}

// plainly leaves the name of the system call out of an error.
func plainly(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("%q: %w", at.Path, at.Err)
	}
	return err
}
