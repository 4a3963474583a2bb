package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/runtime/keyfile"
)

// promoting has the flags of primary.
type promoting struct {
	wrapping
	dsns       []string
	namespaces bool
	asJSON     bool
}

func (a *app) keysPrimaryCommand() *cobra.Command {
	var p promoting
	cmd := &cobra.Command{
		Use:   "primary FILE KEY…",
		Short: "Make known keys primary: from then on they seal",
		Long: `primary makes keys the ones that seal, each for its namespace or for the
installation. What was primary is known, and opens what it sealed.

Every process has to know a key before another one seals with it. With --dsn, primary
refuses a key that a process lacks which has called CheckKeys in this database.
Without, it cannot check that.

Once a namespace has a primary key of its own, every other namespace needs one: an
object of a namespace without is refused, not sealed under a key that others share.` + aboutKeyFiles,
		Example: `  go tool esogen keys primary keys.json 2027 --dsn postgres://app@db.example.com/product
  go tool esogen keys primary keys.json --namespaces --dsn sqlite:product.db`,
		Args: func(cmd *cobra.Command, args []string) error {
			ids := 1
			if p.namespaces {
				ids = 0
			}
			return fileArgument(ids, true)(cmd, args)
		},
		ValidArgsFunction: a.completeKeys(func(k keyfile.KeyInfo) bool { return !k.Primary }),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.keysPrimary(cmd.Context(), args[0], args[1:], &p)
		},
	}
	a.wrapFlags(cmd, &p.wrapping)
	dsnsFlag(cmd, &p.dsns, "refuse keys that a process of this database lacks")
	cmd.Flags().BoolVar(&p.namespaces, "namespaces", false, "also the newest key of each namespace")
	cmd.Flags().BoolVar(&p.asJSON, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) keysPrimary(ctx context.Context, name string, ids []string, p *promoting) error {
	var e keysEvent
	var old, warnings []string
	var after keyfile.Info
	err := a.changeKeyFile(ctx, name, &p.wrapping, nil, func(f *openedFile) error {
		info := f.Info()
		promoted, err := promotions(info, ids, p.namespaces)
		if err != nil {
			return err
		}
		for _, k := range promoted {
			if err := f.SetPrimary(k.ID); err != nil {
				return keyError(err)
			}
		}
		e = f.event("primary")
		e.Done = len(promoted) > 0
		if !e.Done {
			return errUnchanged
		}
		for _, dsn := range p.dsns {
			if err := a.knownEverywhere(ctx, f, promoted, dsn); err != nil {
				return err
			}
		}
		for _, k := range promoted {
			e.Keys = append(e.Keys, k.ID)
		}
		after = f.Info()
		old, warnings = demoted(info, promoted), refusals(info, after)
		f.done = func() { e.Generation = f.Info().Generation }
		return nil
	})
	if err != nil {
		return err
	}
	if p.asJSON {
		return printJSON(a.out, e)
	}
	if !e.Done {
		fmt.Fprintf(a.out, "%s: primary already, nothing changed\n", name)
		return nil
	}
	fmt.Fprintf(a.out, "%s: primary now: %s\n", name, quotedIDs(e.Keys))
	if len(p.dsns) == 0 {
		a.say("not checked, without --dsn: whether every process knows %s; one that does not opens nothing that others seal from now on", phrase.Of(len(e.Keys), "it", "them"))
	}
	for _, warning := range warnings {
		a.say("warning: %s", warning)
	}
	steps := []string{"have every process read the file again, by Refresh or a restart", fmt.Sprintf("esogen rotate --keys %s --dsn DSN", name)}
	if len(old) > 0 {
		steps = append(steps, retireStep(name, after, old))
	}
	a.next(steps...)
	return nil
}

// refusals says which objects are no longer written with the new primary keys, that were
// with the old ones.
func refusals(before, after keyfile.Info) (warnings []string) {
	was, is := primaries(before), primaries(after)
	if was[""].Kind == keyfile.Passphrase && is[""].Kind == keyfile.Native {
		warnings = append(warnings, fmt.Sprintf("key %q seals the native format only: no object of the kibana format is written from now on", is[""].ID))
	}
	if len(was) == 1 && len(before.Shredded) == 0 && len(is) > 1 {
		warnings = append(warnings, fmt.Sprintf("every namespace needs a key of its own from now on, and the file has %s: what is bound to another namespace is not written", phrase.Count(len(is)-1, "such key")))
	}
	return warnings
}

// primaries returns the primary keys by namespace.
func primaries(info keyfile.Info) map[string]keyfile.KeyInfo {
	keys := map[string]keyfile.KeyInfo{}
	for _, k := range info.Keys {
		if k.Primary {
			keys[k.Namespace] = k
		}
	}
	return keys
}

// promotions returns the keys that become primary: those that are named and not
// primary, and the newest of each namespace if these are wanted.
func promotions(info keyfile.Info, ids []string, namespaces bool) ([]keyfile.KeyInfo, error) {
	var chosen []keyfile.KeyInfo
	of := map[string]string{}
	for _, id := range ids {
		at := slices.IndexFunc(info.Keys, func(k keyfile.KeyInfo) bool { return k.ID == id })
		if at < 0 {
			return nil, noSuchKey(info, id)
		}
		k := info.Keys[at]
		if other, twice := of[k.Namespace]; twice && other != id {
			return nil, fmt.Errorf("%q and %q are keys of the same namespace: one of them can be primary", other, id)
		}
		of[k.Namespace] = id
		if !k.Primary && !slices.ContainsFunc(chosen, func(c keyfile.KeyInfo) bool { return c.ID == id }) {
			chosen = append(chosen, k)
		}
	}
	if !namespaces {
		return chosen, nil
	}
	newest, order := map[string]keyfile.KeyInfo{}, []string{}
	for _, k := range info.Keys {
		if k.Namespace == "" || of[k.Namespace] != "" {
			continue
		}
		last, known := newest[k.Namespace]
		if !known {
			order = append(order, k.Namespace)
		}
		if !known || !k.Made.Before(last.Made) { // keys stand in the order in which they were made
			newest[k.Namespace] = k
		}
	}
	if len(order) == 0 && len(ids) == 0 {
		return nil, hinted(errors.New("no namespace has a key"), "esogen keys add FILE --namespace NS adds one")
	}
	for _, namespace := range order {
		if k := newest[namespace]; !k.Primary {
			chosen = append(chosen, k)
		}
	}
	return chosen, nil
}

// demoted returns the ids of the keys whose place others take.
func demoted(info keyfile.Info, promoted []keyfile.KeyInfo) []string {
	var ids []string
	taken := map[string]bool{}
	for _, k := range promoted {
		taken[k.Namespace] = true
	}
	for _, k := range info.Keys {
		if k.Primary && taken[k.Namespace] {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// noSuchKey says why a file lacks a key.
func noSuchKey(info keyfile.Info, id string) error {
	for _, r := range info.Retired {
		if r.ID == id {
			return fmt.Errorf("key %q was retired on %s", id, day(r.At))
		}
	}
	for _, s := range info.Shredded {
		if slices.Contains(s.KeyIDs, id) {
			return fmt.Errorf("key %q was shredded with namespace %q on %s", id, s.Namespace, day(s.At))
		}
	}
	return hinted(fmt.Errorf("the file has no key %q", id), `"esogen keys list" shows the ids`)
}
