package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// shredding has the flags of shred.
type shredding struct {
	rewrapping
	namespace string
	dsns      []string
	confirm   bool

	noDatabase bool
}

func (a *app) keysShredCommand() *cobra.Command {
	var s shredding
	cmd := &cobra.Command{
		Use:   "shred FILE --namespace NS",
		Short: "Destroy the keys of a namespace, so that its secrets are gone",
		Long: `shred removes the keys of a namespace from a key file, and gives the file a new
file key, which --to and --new-passphrase-file wrap as for rewrap. Nobody can undo it:
no secret of the namespace opens any more, for any process that reads the file again.

Until every older copy of the file is destroyed, or the passphrase or the provider's
key that wrapped them, the keys are recoverable. Once they are, --confirm records that.

Shared, agnostic and default-namespace objects are under the installation's key. If
a type's kind of namespaces became wider, rotate before: shred looks into the database
of --dsn, and refuses as long as an object that other namespaces see needs a key of this
one, or an object of this one is under a key that stays. --no-database does not look.

shred prints an event for the audit log. It may be repeated after a crash.` + aboutKeyFiles,
		Example: `  go tool esogen keys shred keys.json --namespace acme --dsn postgres://app@db.example.com/product
  go tool esogen keys shred keys.json --namespace acme --no-database --json >> audit.jsonl
  go tool esogen keys shred keys.json --namespace acme --confirm`,
		Args:              fileArgument(0, false),
		ValidArgsFunction: a.completeKeys(nil),
		PreRunE:           func(*cobra.Command, []string) error { return s.check() },
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keysShred(cmd.Context(), args[0], &s) },
	}
	a.rewrapFlags(cmd, &s.rewrapping)
	flags := cmd.Flags()
	flags.StringVar(&s.namespace, "namespace", "", "the namespace `NS`")
	flags.BoolVar(&s.confirm, "confirm", false, "record that no older copy of the file opens any more")
	dsnsFlag(cmd, &s.dsns, "refuse if objects of this database that other namespaces see need the keys")
	flags.BoolVar(&s.noDatabase, "no-database", false, "do not look into a database")
	cmd.RegisterFlagCompletionFunc("namespace", a.completeNamespaces)
	return cmd
}

func (s *shredding) check() error {
	switch {
	case s.namespace == "":
		return hinted(errors.New("shred needs a namespace"), "write --namespace NS")
	case s.confirm && (s.to != "" || s.newPassphraseFile != "" || len(s.dsns) > 0 || s.noDatabase):
		return errors.New("--confirm goes with neither --to, --new-passphrase-file, --dsn nor --no-database: it changes no key")
	case s.noDatabase && len(s.dsns) > 0:
		return errors.New("--no-database and --dsn do not go together")
	case !s.confirm && !s.noDatabase && len(s.dsns) == 0:
		return hinted(errors.New("shred needs to see which objects are under the keys"), "write --dsn DSN, or --no-database not to look")
	}
	return nil
}

// completeNamespaces lists the namespaces with keys of a file.
func (a *app) completeNamespaces(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) > 0 {
		if info, _, err := a.inspectKeys(args[0]); err == nil {
			for _, k := range info.Keys {
				if k.Namespace != "" && !slices.Contains(names, k.Namespace) {
					names = append(names, k.Namespace)
				}
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) keysShred(ctx context.Context, name string, s *shredding) error {
	if s.confirm {
		return a.keysConfirm(ctx, name, s)
	}
	to, err := a.newWrapper(ctx, name, &s.rewrapping)
	if err != nil {
		return err
	}
	var e keysEvent
	var old before
	var again *keyfile.ShreddedNamespace // what an earlier run did
	err = a.changeKeyFile(ctx, name, &s.wrapping, to, func(f *openedFile) error {
		info := f.Info()
		old = before{info.Generation, info.WrapperID, f.keyName, to != nil}
		f.done = func() {
			shredded := f.Info().Shredded
			at := slices.IndexFunc(shredded, func(n keyfile.ShreddedNamespace) bool { return n.Namespace == s.namespace })
			e = f.shredEvent("shred", shredded[at])
			e.Done = again == nil
			a.mark(ctx, f, store.KeyShredded, e.Keys, s.dsns...)
		}
		if at := slices.IndexFunc(info.Shredded, func(n keyfile.ShreddedNamespace) bool { return n.Namespace == s.namespace }); at >= 0 {
			again = &info.Shredded[at]
			if to == nil || f.wrapped {
				f.done()
				return errUnchanged
			}
			return keyError(f.Rewrap()) // which the first time did not ask for
		}
		if err := sealedUnderOwn(info, name, s.namespace); err != nil {
			return err
		}
		for _, dsn := range s.dsns {
			if err := a.onlyOf(ctx, f, s.namespace, dsn); err != nil {
				return err
			}
		}
		_, err := f.Shred(s.namespace, time.Now())
		return keyError(err)
	})
	if err != nil {
		return err
	}
	if err := a.printShred(e, s.asJSON); err != nil || e.State != string(keyfile.Recoverable) {
		return err
	}
	switch {
	case again != nil && again.State == keyfile.Recoverable && !e.Done:
		a.say("shredded before")
	case len(s.dsns) == 0:
		a.say("warning: not checked, with --no-database: whether objects of %q are under another key, which still opens them, and whether an object that other namespaces see needed these keys", s.namespace)
		a.say(unnoted)
	}
	a.afterShred(name, s.namespace, old, again != nil)
	return nil
}

// unnoted is what a change without a database means for an older file.
const unnoted = "not noted in a database: an older copy of the file, put back, is noticed only once a process with the new one has called CheckKeys"

// sealedUnderOwn refuses a namespace whose keys have never sealed: those of the
// installation have, and go on doing so in processes that have the file as it is.
func sealedUnderOwn(info keyfile.Info, file, namespace string) error {
	var ids []string
	for _, k := range info.Keys {
		if k.Namespace == namespace && k.Primary {
			return nil
		}
		if k.Namespace == namespace {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) == 0 {
		if namespace == "default" || slices.ContainsFunc(info.Shredded, func(n keyfile.ShreddedNamespace) bool { return n.Namespace == namespace }) {
			return nil // which Shred says better
		}
		return hinted(fmt.Errorf("namespace %q has no keys of its own", namespace),
			fmt.Sprintf(`is that its name? "esogen keys list %s" shows those with keys; the secrets of another one are under the installation's key, which stays`, file))
	}
	return hinted(fmt.Errorf("no key of %q is primary: its secrets are under the installation's key, which stays", namespace),
		fmt.Sprintf("esogen keys primary %s %s --dsn DSN; rotate; then run this again", file, ids[len(ids)-1]))
}

// afterShred says what is left to do until nothing of the namespace can be recovered.
func (a *app) afterShred(name, namespace string, old before, again bool) {
	copies := fmt.Sprintf("every copy of %s that has keys of %q: backups, images, snapshots, editors' files", name, namespace)
	if !again {
		copies = fmt.Sprintf("every copy of %s of generation %d and below: backups, images, snapshots, editors' files", name, old.generation)
	}
	steps := []string{"have every process read the file again, by Refresh or a restart: it has the keys until then"}
	if old.changed {
		a.say("recoverable from older copies, with %s", wrapName(old))
		steps = append(steps, fmt.Sprintf("destroy %s, or else %s", wrapName(old), copies))
	} else {
		a.say("recoverable from older copies, with %s, which wraps the new file too", wrapName(old))
		steps = append(steps, "destroy "+copies, fmt.Sprintf("or give the file another wrap, esogen keys rewrap %s %s, and destroy %s", name, another(old), wrapName(old)))
	}
	a.next(append(steps, fmt.Sprintf("esogen keys shred %s --namespace %s --confirm", name, namespace))...)
}

// another is the flag that wraps a file by something else of the same sort.
func another(old before) string {
	if old.wrapperID == passphraseWrap {
		return "--new-passphrase-file FILE"
	}
	return "--to WRAP"
}

// keysConfirm records that the keys of a namespace are gone everywhere.
func (a *app) keysConfirm(ctx context.Context, name string, s *shredding) error {
	var e keysEvent
	err := a.changeKeyFile(ctx, name, &s.wrapping, nil, func(f *openedFile) error {
		info := f.Info()
		at := slices.IndexFunc(info.Shredded, func(n keyfile.ShreddedNamespace) bool { return n.Namespace == s.namespace })
		if at < 0 {
			return hinted(fmt.Errorf("namespace %q was not shredded", s.namespace), "run it without --confirm first")
		}
		if info.Shredded[at].State == keyfile.Destroyed {
			e = f.shredEvent("confirm", info.Shredded[at])
			e.Done = false
			return errUnchanged
		}
		if err := f.ConfirmShred(s.namespace); err != nil {
			return keyError(err)
		}
		f.done = func() { e = f.shredEvent("confirm", f.Info().Shredded[at]) }
		return nil
	})
	if err != nil {
		return err
	}
	return a.printShred(e, s.asJSON)
}

// shredEvent describes what happened to a namespace. A repeated command prints the time
// of the first one.
func (f *openedFile) shredEvent(what string, n keyfile.ShreddedNamespace) keysEvent {
	e := f.event(what)
	e.Namespace, e.State = n.Namespace, string(n.State)
	e.Keys = append(e.Keys, n.KeyIDs...)
	if what == "shred" {
		e.Time = stamp(n.At)
	}
	return e
}

// printShred prints the event of the audit log: with --json as a line of JSON.
func (a *app) printShred(e keysEvent, asJSON bool) error {
	if asJSON {
		return printLine(a.out, e)
	}
	fmt.Fprintf(a.out, "%s %s namespace %q: keys %s; generation %d; %s\n", e.Time, e.Event, e.Namespace, quotedIDs(e.Keys), e.Generation, shredState(keyfile.State(e.State)))
	return nil
}
