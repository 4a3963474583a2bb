package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// retiring has the flags of retire.
type retiring struct {
	wrapping
	dsns       []string
	noDatabase bool
	older      bool
	asJSON     bool
}

func (a *app) keysRetireCommand() *cobra.Command {
	var r retiring
	cmd := &cobra.Command{
		Use:   "retire FILE [KEY…]",
		Short: "Remove keys that nothing needs any more",
		Long: `retire removes keys from a key file. Before, it goes through the database of --dsn,
which may be given several times: no process that has called CheckKeys there may seal
under the key still, and no object may be under it. It looks at the documents
themselves, of all namespaces and types, not at notes about them. If one needs the key,
nothing is removed.

--older names all keys that are older than the primary one of the same namespace, or of
the installation: those that rotations have left behind. A key that was added since,
and is not primary yet, is not among them, nor is one of a namespace without a primary
key.

--no-database says that no database has objects under the key. Objects elsewhere
(backups, exports) open no more without the key: keep it with them, in a copy of the
file.` + aboutKeyFiles,
		Example: `  go tool esogen keys retire keys.json 2026 --dsn postgres://app@db.example.com/product
  go tool esogen keys retire keys.json --older --dsn postgres://app@db.example.com/product
  go tool esogen keys retire keys.json 2026 --no-database`,
		Args: func(cmd *cobra.Command, args []string) error {
			if r.older {
				return fileArgument(0, true)(cmd, args)
			}
			return fileArgument(1, true)(cmd, args)
		},
		ValidArgsFunction: a.completeKeys(func(k keyfile.KeyInfo) bool { return !k.Primary }),
		PreRunE:           func(*cobra.Command, []string) error { return r.check() },
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.keysRetire(cmd.Context(), args[0], args[1:], &r)
		},
	}
	a.wrapFlags(cmd, &r.wrapping)
	flags := cmd.Flags()
	dsnsFlag(cmd, &r.dsns, "the database that must not need the keys")
	flags.BoolVar(&r.older, "older", false, "also all keys that are older than the primary one of their namespace")
	flags.BoolVar(&r.noDatabase, "no-database", false, "there is no database with objects under the keys")
	flags.BoolVar(&r.asJSON, "json", false, "print the result as JSON")
	return cmd
}

func (r *retiring) check() error {
	switch {
	case r.noDatabase && len(r.dsns) > 0:
		return errors.New("--no-database and --dsn do not go together")
	case !r.noDatabase && len(r.dsns) == 0:
		return hinted(errors.New("retire needs to see that nothing is under the key any more"), "write --dsn DSN, or --no-database if there is none")
	}
	return nil
}

func (a *app) keysRetire(ctx context.Context, name string, ids []string, r *retiring) error {
	var e keysEvent
	err := a.changeKeyFile(ctx, name, &r.wrapping, nil, func(f *openedFile) error {
		info := f.Info()
		if r.older {
			ids = append(ids, olderKeys(info)...)
		}
		noted := func() { a.mark(ctx, f, store.KeyRetired, ids, r.dsns...) }
		var going []keyfile.KeyInfo
		there := make(map[string]keyfile.KeyInfo, len(info.Keys))
		for _, k := range info.Keys {
			there[k.ID] = k
		}
		chosen := map[string]bool{}
		for _, id := range ids {
			k, known := there[id]
			switch {
			case known && k.Primary:
				return hinted(fmt.Errorf("key %q is primary%s: it seals", id, whose(k.Namespace)), fmt.Sprintf("make another one primary first: esogen keys primary %s KEY", name))
			case known:
				if !chosen[id] {
					chosen[id], going = true, append(going, k)
				}
			case !slices.ContainsFunc(info.Retired, func(k keyfile.RetiredKey) bool { return k.ID == id }):
				return noSuchKey(info, id)
			}
		}
		e = f.event("retire")
		e.Done = len(going) > 0
		if !e.Done {
			noted()
			return errUnchanged
		}
		for _, dsn := range r.dsns {
			if err := a.unused(ctx, f, going, dsn); err != nil {
				return err
			}
		}
		e.Keys = append(e.Keys, idsOf(going)...)
		if err := f.Retire(e.Keys...); err != nil {
			return keyError(err)
		}
		f.done = func() {
			e.Generation = f.Info().Generation
			noted()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if r.asJSON {
		return printJSON(a.out, e)
	}
	if !e.Done {
		if len(ids) == 0 {
			fmt.Fprintf(a.out, "%s: no key is older than the primary one, nothing changed\n", name)
			return nil
		}
		fmt.Fprintf(a.out, "%s: retired already, nothing changed\n", name)
		return nil
	}
	fmt.Fprintf(a.out, "%s: retired: %s\n", name, quotedIDs(e.Keys))
	if r.noDatabase {
		a.say("not checked, with --no-database: whether an object needs %s", phrase.Of(len(e.Keys), "it", "them"))
		a.say(unnoted)
	}
	a.next("have every process read the file again, by Refresh or a restart",
		"keep an older copy of the file with each backup of the database that needs the key",
		fmt.Sprintf("esogen keys rewrap %s, so that older copies of the file do not open what comes later", name))
	return nil
}

// olderKeys returns the ids of the keys that are older than the primary one of the same
// namespace. Keys stand in the order in which they were made.
func olderKeys(info keyfile.Info) []string {
	is, place := primaries(info), map[string]int{}
	for i, k := range info.Keys {
		if k.Primary {
			place[k.Namespace] = i
		}
	}
	var ids []string
	for i, k := range info.Keys {
		p, any := is[k.Namespace]
		if any && !k.Primary && !k.Made.After(p.Made) && i < place[k.Namespace] {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// retireStep returns the command that retires keys which others have replaced: all of
// them, however many.
func retireStep(name string, info keyfile.Info, old []string) string {
	older := map[string]bool{}
	for _, id := range olderKeys(info) {
		older[id] = true
	}
	what := strings.Join(old, " ")
	if len(old) > 3 && !slices.ContainsFunc(old, func(id string) bool { return !older[id] }) {
		what = "--older"
	}
	return fmt.Sprintf("esogen keys retire %s %s --dsn DSN", name, what)
}
