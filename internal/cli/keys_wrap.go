package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/esogen/esogen/internal/onefile"
	"github.com/esogen/esogen/internal/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// wrapping has the flags that say what wraps a key file. The file does not decide: an
// attacker who replaces it would name a key of his own.
type wrapping struct {
	wrap, passphraseFile string
	of                   string // "to" or "from": it is the transfer key's, and so the flags begin
}

// flag returns a flag of the key file by its name for --keys.
func (w *wrapping) flag(name string) string {
	if w.of != "" {
		name = w.of + "-" + name
	}
	return "--" + name
}

func (a *app) wrapFlags(cmd *cobra.Command, w *wrapping) {
	flags := cmd.Flags()
	flags.StringVar(&w.wrap, "wrap", passphraseWrap, "what wraps the key file: passphrase, or the `URL` of a key")
	flags.StringVar(&w.passphraseFile, "passphrase-file", "", "read the passphrase from `FILE` instead of ESOGEN_PASSPHRASE or a prompt")
	cmd.RegisterFlagCompletionFunc("wrap", a.completeWraps)
}

func (a *app) completeWraps(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	wraps := []string{passphraseWrap}
	for _, p := range a.providers {
		wraps = append(wraps, p.Scheme+"://")
	}
	return wraps, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// source says where a passphrase comes from.
type source struct {
	file, flag string // the file that the flag named, or ""
	variable   string
	prompt     string
	twice      bool // a prompt asks again: a new passphrase may be mistyped
}

func (w *wrapping) present() source {
	if w.of != "" {
		return source{w.passphraseFile, w.flag("passphrase-file"), "ESOGEN_TRANSFER_PASSPHRASE", "Passphrase of the transfer key", false}
	}
	return source{w.passphraseFile, "--passphrase-file", "ESOGEN_PASSPHRASE", "Passphrase of the key file", false}
}

func (w *wrapping) first() source {
	s := w.present()
	s.twice = true
	return s
}

// meant returns what says that the keys are in a key file, and not in a file of
// passphrases, or "".
func (w *wrapping) meant() string {
	from := w.present()
	switch {
	case from.file != "":
		return from.flag
	case w.wrap != passphraseWrap:
		return w.flag("wrap")
	case os.Getenv(from.variable) != "":
		return from.variable
	}
	return ""
}

// opener returns the wrapper that a flag names. It has the passphrase by then, if it needs one:
// no lock is held while a person types.
func (a *app) opener(ctx context.Context, flag, wrap string, from source) (eso.Wrapper, error) {
	if wrap != passphraseWrap {
		if from.file != "" {
			return nil, fmt.Errorf("%s goes with a passphrase, and the key file is wrapped by a URL", from.flag)
		}
		w, err := a.wrapper(ctx, flag, wrap, nil)
		return remembering(w), err
	}
	secret, err := a.passphrase(ctx, from)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	if err := passphrase.Check(secret); err != nil {
		return nil, err
	}
	w, err := a.wrapper(ctx, flag, wrap, passphrase.Of(secret))
	return remembering(w), err
}

// remembering returns a Wrapper that asks no second time what the same bytes unwrap to.
// A command reads back what it wrote: where the file key stayed, that need not take the
// provider another call, or a passphrase another third of a second.
func remembering(w eso.Wrapper) eso.Wrapper {
	if w == nil {
		return nil
	}
	return &memory{Wrapper: w}
}

// memory is for one goroutine at a time.
type memory struct {
	eso.Wrapper
	wrapped []byte
	secret  []byte
}

func (m *memory) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	if m.secret == nil || !bytes.Equal(m.wrapped, wrapped) {
		secret, err := m.Wrapper.Unwrap(ctx, wrapped)
		if err != nil {
			return nil, err
		}
		m.wrapped, m.secret = bytes.Clone(wrapped), bytes.Clone(secret)
		clear(secret)
	}
	return bytes.Clone(m.secret), nil
}

// keyName returns the full name of the service's key that wrapped what a Wrapper
// unwrapped last, with its version, or "" if the Wrapper does not know such.
func keyName(w eso.Wrapper) string {
	m, ok := w.(*memory)
	if !ok || m.wrapped == nil {
		return ""
	}
	names, ok := m.Wrapper.(interface {
		KeyName(wrapped []byte) (string, error)
	})
	if !ok {
		return ""
	}
	name, err := names.KeyName(m.wrapped)
	if err != nil || strings.HasSuffix(m.ID(), name) {
		return "" // the id says it all
	}
	return name
}

// String keeps the secret out of everything that is printed.
func (m *memory) String() string { return "wrapper(redacted)" }

// GoString does the same.
func (m *memory) GoString() string { return m.String() }

// fittingWrapper returns the wrapper of a key file that is there, whose text is text.
func (a *app) fittingWrapper(ctx context.Context, name string, info keyfile.Info, text []byte, w *wrapping) (eso.Wrapper, error) {
	byPassphrase := info.WrapperID == passphraseWrap
	if byPassphrase != (w.wrap == passphraseWrap) {
		return nil, misfit(name, info.WrapperID, w.flag("wrap"))
	}
	if err := worthAsking(ctx, name, info, text); err != nil {
		return nil, err
	}
	wrapper, err := a.opener(ctx, w.flag("wrap"), w.wrap, w.present())
	if err == nil && wrapper.ID() != info.WrapperID {
		err = misfit(name, info.WrapperID, w.flag("wrap"))
	}
	return wrapper, err
}

// worthAsking refuses a key file that no passphrase opens, because what is wrapped has
// other costs or another form than any that was wrapped. Nobody is asked for a passphrase
// of such a file.
func worthAsking(ctx context.Context, name string, info keyfile.Info, text []byte) error {
	if info.WrapperID != passphraseWrap {
		return nil
	}
	would := false
	probe, err := passphrase.New(func(context.Context) ([]byte, error) {
		would = true
		return nil, errors.New("not asked yet")
	}, passphrase.DefaultCosts)
	if err != nil {
		return err
	}
	if _, err = keyfile.Read(ctx, text, probe); err != nil && !would {
		return unwrapError(name, err)
	}
	return nil
}

func misfit(name, id, flag string) error {
	hint := "write " + flag + " with what wraps the file, if that is yours"
	if id != passphraseWrap {
		hint += "; without it, a passphrase is meant"
	}
	return hinted(fmt.Errorf("%q: wrapped by %q, which is not what %s says", name, id, flag), hint)
}

// passphrase reads a passphrase. The caller clears it.
func (a *app) passphrase(ctx context.Context, from source) ([]byte, error) {
	if from.file != "" {
		return a.passphraseOf(from)
	}
	if text := os.Getenv(from.variable); text != "" {
		return []byte(text), nil
	}
	if !isTerminal(a.in) {
		return nil, hinted(errors.New("the key file needs a passphrase"), fmt.Sprintf("set %s, or write %s FILE", from.variable, from.flag))
	}
	secret, err := a.prompt(ctx, from.prompt)
	if err != nil || !from.twice {
		return secret, err
	}
	again, err := a.prompt(ctx, from.prompt+", again")
	defer clear(again)
	if err == nil && !bytes.Equal(secret, again) {
		err = errors.New("the two passphrases differ")
	}
	return secret, err
}

func (a *app) passphraseOf(from source) ([]byte, error) {
	text, err := onefile.Read(a.path(from.file), passphrase.MaxSize+2)
	if err != nil {
		// Without its name, which is the passphrase if somebody took one for the other.
		if at := (*fs.PathError)(nil); errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Errorf("%s: %w", from.flag, err)
	}
	if text.Mode.IsRegular() && text.Mode.Perm()&0o044 != 0 {
		a.say(`warning: %q can be read by other users; run "chmod 600 %s"`, from.file, from.file)
	}
	line := bytes.TrimSuffix(text.Bytes, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// prompt asks a person on the terminal. An interrupt ends it, and the terminal shows
// again what is typed.
func (a *app) prompt(ctx context.Context, text string) ([]byte, error) {
	terminal := int(a.in.(*os.File).Fd())
	state, err := term.GetState(terminal)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(a.err, "%s: ", text)
	type answer struct {
		secret []byte
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := term.ReadPassword(terminal)
		done <- answer{secret, err}
	}()
	defer fmt.Fprintln(a.err)
	select {
	case got := <-done:
		return got.secret, got.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(terminal, state))
	}
}

// warnMode warns of a key file that others reach. It is wrapped, and so may be read by
// the group of the service that uses it.
func (a *app) warnMode(name string, mode fs.FileMode) {
	switch {
	case !mode.IsRegular():
	case mode.Perm()&0o022 != 0:
		a.say(`warning: %q can be changed by other users; run "chmod 600 %s"`, name, name)
	case mode.Perm()&0o004 != 0:
		a.say(`warning: %q can be read by every user of this machine; run "chmod 600 %s"`, name, name)
	}
}

// unwrapError says why a key file does not open, and what to do.
func unwrapError(name string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	message := strings.ReplaceAll(withoutPackages(err), withoutPackages(eso.ErrTampered)+": ", "")
	hint := ""
	switch {
	case strings.Contains(message, "passphrase is wrong"):
		hint = `"esogen keys list" shows generation and keys without the passphrase: is it the file that you mean?`
	case errors.Is(err, eso.ErrTampered):
		hint = "restore the file from a copy"
	case errors.Is(err, eso.ErrNoKey):
		hint = "may this process use the key, and does it still exist?"
	case errors.Is(err, context.DeadlineExceeded):
		hint = "does this machine reach the service?"
	}
	return &unopened{&exit{exitFailed, fmt.Sprintf("%q: %s", name, message), hint}, err}
}

// unopened ends a command because a key file does not open.
type unopened struct {
	*exit
	cause error
}

func (e *unopened) Unwrap() []error { return []error{e.exit, e.cause} }
