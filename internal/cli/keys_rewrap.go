package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	eso "github.com/esogen/esogen/runtime"
)

// rewrapping has the flags that say what wraps the new file key.
type rewrapping struct {
	wrapping
	to, newPassphraseFile string
	asJSON                bool
}

func (a *app) rewrapFlags(cmd *cobra.Command, r *rewrapping) {
	a.wrapFlags(cmd, &r.wrapping)
	flags := cmd.Flags()
	flags.StringVar(&r.to, "to", "", "wrap the new file key by this: passphrase, or the `URL` of a key (default: as before)")
	flags.StringVar(&r.newPassphraseFile, "new-passphrase-file", "", "read a new passphrase from `FILE` instead of ESOGEN_NEW_PASSPHRASE or a prompt")
	flags.BoolVar(&r.asJSON, "json", false, "print the result as JSON")
	cmd.RegisterFlagCompletionFunc("to", a.completeWraps)
}

func (a *app) keysRewrapCommand() *cobra.Command {
	var r rewrapping
	cmd := &cobra.Command{
		Use:   "rewrap FILE",
		Short: "Give a key file a new file key, under the same wrap or another one",
		Long: `rewrap seals all keys of a file anew, under a new file key. With --to, another
provider's key or a passphrase wraps that; with --new-passphrase-file or
ESOGEN_NEW_PASSPHRASE, another passphrase.

Older copies of the file still open with what wrapped them, and give the keys that
they have. Where those must not be used any more, rotate: add, primary, rotate, retire.` + aboutKeyFiles,
		Example: `  go tool esogen keys rewrap keys.json
  go tool esogen keys rewrap keys.json --new-passphrase-file new.txt
  go tool esogen keys rewrap keys.json --to gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k`,
		Args:              fileArgument(0, false),
		ValidArgsFunction: a.completeKeys(nil),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keysRewrap(cmd.Context(), args[0], &r) },
	}
	a.rewrapFlags(cmd, &r)
	return cmd
}

// newWrapper returns the wrapper of the new file key, or nil for the one before.
func (a *app) newWrapper(ctx context.Context, name string, r *rewrapping) (eso.Wrapper, error) {
	from := source{r.newPassphraseFile, "--new-passphrase-file", "ESOGEN_NEW_PASSPHRASE", "New passphrase of the key file", true}
	given := r.newPassphraseFile != "" || os.Getenv(from.variable) != ""
	to := cmp.Or(r.to, r.wrap)
	if r.to == "" && !(given && to == passphraseWrap) {
		if r.newPassphraseFile != "" {
			return nil, fmt.Errorf("--new-passphrase-file goes with --to passphrase")
		}
		return nil, nil
	}
	info, text, err := a.inspectKeys(name)
	if err != nil {
		return nil, err
	}
	if err = worthAsking(ctx, name, info, text.Bytes); err != nil {
		return nil, err
	}
	return a.opener(ctx, "--to", to, from)
}

// before is what older copies of a key file are.
type before struct {
	generation int64
	wrapperID  string
	keyName    string // of the service's key that wrapped, with its version, or ""
	changed    bool   // another wrapper, or another passphrase, wraps the new one
}

func (a *app) keysRewrap(ctx context.Context, name string, r *rewrapping) error {
	to, err := a.newWrapper(ctx, name, r)
	if err != nil {
		return err
	}
	var e keysEvent
	var old before
	var wrapperID string
	err = a.changeKeyFile(ctx, name, &r.wrapping, to, func(f *openedFile) error {
		info := f.Info()
		old = before{info.Generation, info.WrapperID, f.keyName, to != nil}
		if err := f.Rewrap(); err != nil {
			return keyError(err)
		}
		f.done = func() {
			e = f.event("rewrap")
			wrapperID = f.Info().WrapperID
		}
		return nil
	})
	if err != nil {
		return err
	}
	if r.asJSON {
		return printJSON(a.out, e)
	}
	fmt.Fprintf(a.out, "%s: generation %d, a new file key, wrapped by %q\n", name, e.Generation, wrapperID)
	a.olderCopies(name, old)
	if !old.changed {
		a.next("have every process read the file again, by Refresh or a restart: each asks the provider once")
	} else {
		a.next("give every process the new wrap before it next starts; until then its Refresh fails, and it keeps the keys that it has",
			fmt.Sprintf("destroy what wrapped the file before, %s, once nothing else needs it", wrapName(old)))
	}
	return nil
}

// olderCopies says what rewrapping does not change.
func (a *app) olderCopies(name string, old before) {
	a.say("copies of %s of generation %d and below still open with %s, and give the keys that they have", name, old.generation, wrapName(old))
}

// wrapName names what wrapped older copies.
func wrapName(old before) string {
	switch {
	case old.wrapperID != passphraseWrap && old.keyName != "":
		return fmt.Sprintf("the key %q (%s)", old.wrapperID, old.keyName)
	case old.wrapperID != passphraseWrap:
		return fmt.Sprintf("the key %q", old.wrapperID)
	case old.changed:
		return "the old passphrase"
	}
	return "the passphrase"
}
