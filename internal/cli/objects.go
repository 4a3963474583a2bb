package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/phrase"
)

const aboutObjects = `

Objects come one a line, in the form of Kibana's API, as its exports hold them:

  {"type": …, "id": …, "namespace": …, "typeMigrationVersion": "10.N.0", "attributes": {…}}

or as hits of a search in Elasticsearch:

  {"_id": "[namespace:]type:id", "_source": {"type": …, type: {attributes}, …}, …}

What comes out has the form of what came in. Members that esogen does not know, and the order of all, are kept. An object
that fails comes back without its secrets and with an "error"; the others still
come, and the exit code is 1.

The keys are a key file, which "esogen keys make" makes, or a file of passphrases,
{"primary": K, "decryptionOnly": [K, …]}, K being a passphrase or
{"id": …, "key": passphrase}.`

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
	var f objectFlags
	cmd.Use = string(operation)
	cmd.Args = noArguments
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.objects(cmd.Context(), operation, f)
	}
	a.keysFlags(cmd, &f.keys)
	if operation != jsonl.Seal {
		unknownFlag(cmd, &f.unknown)
	}
	return cmd
}

// objectFlags are the flags of commands on objects.
type objectFlags struct {
	keys    keySource
	unknown string
}

// Words for --unknown.
const (
	unknownFails  = "fail"
	unknownPasses = "pass"
)

func unknownFlag(cmd *cobra.Command, word *string) {
	cmd.Flags().StringVar(word, "unknown", unknownFails, "`WORD` is fail or pass: what becomes of lines of types that the specs lack")
	cmd.RegisterFlagCompletionFunc("unknown", cobra.FixedCompletions([]string{unknownFails, unknownPasses}, cobra.ShellCompDirectiveNoFileComp))
}

// passUnknown reports whether lines of unknown types pass.
func (f objectFlags) passUnknown() (bool, error) {
	switch f.unknown {
	case unknownPasses:
		return true, nil
	case unknownFails, "":
		return false, nil
	default:
		return false, fmt.Errorf("--unknown is %s or %s, not %q", unknownFails, unknownPasses, f.unknown)
	}
}

// objects does the operation on the objects of standard input.
func (a *app) objects(ctx context.Context, operation jsonl.Operation, f objectFlags) error {
	pass, err := f.passUnknown()
	if err != nil {
		return err
	}
	keys, err := a.keys(ctx, operation, &f.keys)
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
	if pass {
		worker.PassUnknown()
	}
	tally, err := worker.Run(ctx, a.in, a.out)
	if err != nil {
		return err
	}
	for _, u := range worker.Undeclared() {
		a.say("warning: %q does not declare %q, which was stored as it stood, in the clear", u.Type, u.Attribute)
	}
	a.sayUnbound(worker.Unbound())
	if operation == jsonl.Rotate {
		a.say("%s: %d rotated, %d unchanged", operation, tally.Done, tally.Unchanged)
	}
	if tally.Passed > 0 {
		a.say("%s: passed over %s of types that the specs lack: %s", operation, phrase.Count(tally.Passed, "line"), passedTypes(worker.PassedOver()))
	}
	return undone(operation, tally)
}

// undone is the error of lines that came out without their secrets. The shredded ones are
// among them: an older key file may still open what came in.
func undone(operation jsonl.Operation, tally jsonl.Tally) error {
	var what []string
	if tally.Failed > 0 {
		what = append(what, phrase.Count(tally.Failed, "line")+" failed")
	}
	if tally.Shredded > 0 {
		what = append(what, "the secrets of "+phrase.Count(tally.Shredded, "line")+" are shredded")
	}
	if what == nil {
		return nil
	}
	return findings("%s: %s", operation, phrase.List(what))
}

// passedTypes lists types, of which some may be left out.
func passedTypes(found []jsonl.Name) string {
	var names []string
	for _, n := range found {
		names = append(names, n.Type)
	}
	list := phrase.List(phrase.Quoted(names))
	if len(names) >= jsonl.MostNames {
		list += ", and maybe others"
	}
	return list
}

// sayUnbound says which attributes of objects that do not open may be bound.
func (a *app) sayUnbound(found []jsonl.Name) {
	attributes := map[string][]string{}
	for _, n := range found {
		attributes[n.Type] = append(attributes[n.Type], n.Attribute)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a.say("warning: objects of %q that do not open have attributes that the spec lacks: %s; Kibana before 8.13 bound those too, unless it excluded them", name, phrase.List(phrase.Quoted(attributes[name])))
	}
}

// plainly leaves the name of the system call out of an error.
func plainly(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("%q: %w", at.Path, at.Err)
	}
	return err
}
