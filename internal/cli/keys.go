package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/onefile"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

const aboutKeyFiles = `

A key file holds keys, each sealed under the key of the file, which is wrapped by
a passphrase (--wrap passphrase, the default) or by a key that stays in a service
(--wrap URL). The passphrase comes from --passphrase-file, from the environment
variable ESOGEN_PASSPHRASE, or from a prompt. No command prints a key.`

func (a *app) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make and change key files",
		Long: `keys makes key files, and changes them a step at a time.` + aboutKeyFiles + `

A rotation is these steps. Each says what comes next:

  go tool esogen keys add keys.json                 a new key, which only opens
  go tool esogen keys primary keys.json KEY         it seals, once every process knows it
  go tool esogen rotate --keys keys.json --dsn …    objects under older keys are sealed anew
  go tool esogen keys retire keys.json KEY --dsn …  the old key goes
  go tool esogen keys rewrap keys.json              older copies lack what comes later`,
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.keysMakeCommand(), a.keysListCommand(), a.keysAddCommand(), a.keysPrimaryCommand(),
		a.keysRewrapCommand(), a.keysCheckCommand(), a.keysRetireCommand(), a.keysShredCommand())
	return cmd
}

// fileArgument takes the name of a key file, and at least this many ids of keys.
func fileArgument(ids int, more bool) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		help := fmt.Sprintf("run %q", cmd.CommandPath()+" --help")
		switch {
		case len(args) == 0:
			return hinted(fmt.Errorf("%s needs the name of a key file", cmd.Name()), help)
		case len(args) < 1+ids:
			return hinted(fmt.Errorf("%s needs the id of a key", cmd.Name()), `"esogen keys list" shows the ids`)
		case len(args) > 1 && !more:
			return hinted(fmt.Errorf("%s takes one key file, and got %q too", cmd.Name(), args[1]), help)
		}
		return nil
	}
}

// completeKeys completes the name of a file, and then ids of its keys.
func (a *app) completeKeys(fits func(keyfile.KeyInfo) bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		info, _, err := a.inspectKeys(args[0])
		if err != nil || fits == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var ids []string
		for _, k := range info.Keys {
			if fits(k) {
				ids = append(ids, k.ID)
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// keyFileError says what is wrong with a key file, by the name that the user gave it.
func keyFileError(name string, err error) error {
	var at *fs.PathError
	hint := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, onefile.ErrWritable):
		hint = fmt.Sprintf(`run "chmod 600 %s"`, name)
	case errors.Is(err, onefile.ErrBusy):
		hint = "run it again once that command has ended"
	case errors.Is(err, onefile.ErrChanged):
		hint = "run it again"
	case errors.Is(err, fs.ErrPermission):
		hint = "run it as the owner of the file and of its folder"
	case errors.Is(err, fs.ErrNotExist):
		hint = `"esogen keys make" makes a key file`
	}
	if said := (*exit)(nil); errors.As(err, &said) {
		return err // it names the file
	}
	if errors.As(err, &at) {
		err = at.Err
	}
	return hinted(fmt.Errorf("%q: %s", name, withoutPackages(err)), hint)
}

// inspectKeys reads a key file as far as that goes without its passphrase.
func (a *app) inspectKeys(name string) (keyfile.Info, onefile.Text, error) {
	text, err := onefile.Read(a.path(name), keyfile.MaxSize)
	if err != nil {
		return keyfile.Info{}, text, keyFileError(name, err)
	}
	if !claimsKeyFile(text.Bytes) {
		return keyfile.Info{}, text, notKeyFile(name, text.Bytes)
	}
	info, err := keyfile.Inspect(text.Bytes)
	return info, text, keyFileError(name, err)
}

// claimsKeyFile reports whether a text is meant to be a key file, whole or not.
func claimsKeyFile(text []byte) bool {
	return keyfile.IsKeyFile(text) || bytes.Contains(text, []byte(`"esogen-keys/`))
}

// notKeyFile says what a file is, and what to do about it.
func notKeyFile(name string, text []byte) error {
	if strings.TrimSpace(string(text)) == "" {
		return hinted(fmt.Errorf("%q: the file is empty", name), `if a command that makes a key file was interrupted, remove it, and run "esogen keys make" again`)
	}
	if strings.Contains(string(text), `"primary"`) {
		return hinted(fmt.Errorf("%q: a file of passphrases, not a key file", name), fmt.Sprintf(`"esogen keys make FILE --from %s" makes a key file with its keys`, name))
	}
	return hinted(fmt.Errorf("%q: not a key file", name), `"esogen keys make" makes one`)
}

// openedFile is a key file that a command may change.
type openedFile struct {
	*keyfile.File
	name    string        // as the user gave it
	wrapper eso.Wrapper   // of the text to come
	keyName string        // of the service's key that wrapped the text that was read, or ""
	disk    *onefile.File // nil if it was opened for reading, or is new
	wrapped bool          // what the new text is wrapped by wraps the old one already
	done    func()        // called once the change is on the disk
}

// readKeyFile opens a key file.
func (a *app) readKeyFile(ctx context.Context, name string, w *wrapping) (*openedFile, error) {
	info, text, err := a.inspectKeys(name)
	if err != nil {
		return nil, err
	}
	wrapper, err := a.fittingWrapper(ctx, name, info, text.Bytes, w)
	if err != nil {
		return nil, err
	}
	a.warnMode(name, text.Mode)
	return openText(ctx, name, text.Bytes, wrapper)
}

func openText(ctx context.Context, name string, text []byte, wrapper eso.Wrapper) (*openedFile, error) {
	file, err := keyfile.Read(ctx, text, wrapper)
	if err != nil {
		return nil, unwrapError(name, err)
	}
	return &openedFile{File: file, name: name, wrapper: wrapper, keyName: keyName(wrapper)}, nil
}

// changeKeyFile opens a key file under its lock, has it changed, and writes it, unless
// the change returns errUnchanged. To is the wrapper of the new text, or nil for the
// one of the old.
func (a *app) changeKeyFile(ctx context.Context, name string, w *wrapping, to eso.Wrapper, change func(*openedFile) error) error {
	info, text, err := a.inspectKeys(name)
	if err != nil {
		return err
	}
	wrapper, err := a.fittingWrapper(ctx, name, info, text.Bytes, w)
	if err != nil && (to == nil || info.WrapperID != to.ID()) {
		return err
	}
	a.warnMode(name, text.Mode)
	disk, err := a.disk.Open(ctx, a.path(name), keyfile.MaxSize)
	if err != nil {
		return keyFileError(name, err)
	}
	defer disk.Close()
	f, err := openEither(ctx, name, disk.Text(), wrapper, to)
	if err != nil {
		return err
	}
	f.disk = disk
	if to != nil {
		f.wrapper = to
	}
	a.wrapURL = f.wrapper.ID() != passphraseWrap
	if err := change(f); err != nil {
		if errors.Is(err, errUnchanged) {
			return nil
		}
		return err
	}
	if err := a.store(ctx, f); err != nil {
		return err
	}
	if f.done != nil {
		f.done()
	}
	return nil
}

// openEither opens a file that a command wraps anew. If it does not open as before, an
// earlier run of the command may have wrapped it anew already.
func openEither(ctx context.Context, name string, text []byte, wrapper, to eso.Wrapper) (*openedFile, error) {
	var failure error
	if wrapper != nil {
		f, err := openText(ctx, name, text, wrapper)
		if err == nil || to == nil || !errors.Is(err, eso.ErrTampered) && !errors.Is(err, eso.ErrNoKey) {
			return f, err
		}
		failure = err
	}
	f, err := openText(ctx, name, text, to)
	if err != nil {
		return nil, cmp.Or(failure, err)
	}
	f.wrapped = true
	return f, nil
}

// errUnchanged ends a change that found nothing to do.
var errUnchanged = errors.New("unchanged")

// store writes a key file. What was written is read back from the disk and opened
// before it takes the place of the old file.
func (a *app) store(ctx context.Context, f *openedFile) error {
	text, err := f.Text(ctx, f.wrapper)
	if err != nil {
		return unwrapError(f.name, err)
	}
	verify := func(text []byte) error {
		back, err := openText(ctx, f.name, text, f.wrapper)
		if err == nil && !reflect.DeepEqual(back.Info(), f.Info()) {
			err = fmt.Errorf("%q: what was written is not what was meant; nothing changed", f.name)
		}
		return err
	}
	if f.disk == nil {
		err = a.disk.Create(a.path(f.name), text, verify)
	} else {
		err = f.disk.Replace(text, verify)
	}
	if errors.Is(err, onefile.ErrUnsynced) {
		a.say("warning: %q: %v", f.name, err)
		return nil
	}
	if errors.Is(err, fs.ErrExist) {
		return fileExists(f.name)
	}
	return keyFileError(f.name, err)
}

// withoutPackages returns the message of an error without the names of Go packages.
func withoutPackages(err error) string {
	message := err.Error()
	for _, prefix := range []string{"keyfile: ", "passphrase: ", "eso: "} {
		message = strings.ReplaceAll(message, prefix, "")
	}
	return message
}
