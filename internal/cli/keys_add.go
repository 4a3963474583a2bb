package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/onefile"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/runtime/keyfile"
)

// adding has the flags of add.
type adding struct {
	wrapping
	id             string
	namespaces     []string
	from, listFile string
	missing        bool
	kibana, native bool
	asJSON         bool
}

func (a *app) keysAddCommand() *cobra.Command {
	var d adding
	cmd := &cobra.Command{
		Use:   "add FILE",
		Short: "Add a key, which only opens until it is made primary",
		Long: `add makes a new random key: one of the installation, or one for each namespace that
is named. The key is known: it opens, and seals nothing until "esogen keys primary".
Make it primary only once every process has read the file again.

A key of the installation is of the kind of its primary key: native, or a passphrase,
which seals the kibana format too. Keys of namespaces are native.

With --from, the file takes over the keys of a file of passphrases.` + aboutKeyFiles,
		Example: `  go tool esogen keys add keys.json --id 2027
  go tool esogen keys add keys.json --namespace acme --namespace globex
  go tool esogen keys add keys.json --namespaces-from tenants.txt --missing
  go tool esogen keys add keys.json --from passphrases.json`,
		Args:              fileArgument(0, false),
		ValidArgsFunction: a.completeKeys(nil),
		PreRunE:           func(*cobra.Command, []string) error { return d.check() },
		RunE:              func(cmd *cobra.Command, args []string) error { return a.keysAdd(cmd.Context(), args[0], &d) },
	}
	a.wrapFlags(cmd, &d.wrapping)
	flags := cmd.Flags()
	flags.StringVar(&d.id, "id", "", "the `ID` of the key, such as the year (default: a random one)")
	flags.StringArrayVar(&d.namespaces, "namespace", nil, "a key of its own for the namespace `NS`; may be repeated")
	flags.StringVar(&d.listFile, "namespaces-from", "", "a key for each namespace in a `FILE`, one a line; - is standard input")
	flags.BoolVar(&d.missing, "missing", false, "leave out namespaces that have a key already")
	flags.StringVar(&d.from, "from", "", "take over the keys of a `FILE` of passphrases")
	flags.BoolVar(&d.kibana, "kibana", false, "make a key of a random passphrase, which seals both formats")
	flags.BoolVar(&d.native, "native", false, "make a key that seals the native format only")
	flags.BoolVar(&d.asJSON, "json", false, "print the result as JSON")
	return cmd
}

func (d *adding) check() error {
	byNamespace := len(d.namespaces) > 0 || d.listFile != ""
	switch {
	case d.kibana && d.native:
		return errors.New("--kibana and --native do not go together")
	case byNamespace && d.kibana:
		return errors.New("--kibana does not go with namespaces: the kibana format is sealed under the installation's key")
	case d.from != "" && (byNamespace || d.id != "" || d.kibana || d.native || d.missing):
		return errors.New("--from goes with no other flag about keys")
	case d.missing && !byNamespace:
		return errors.New("--missing goes with --namespace or --namespaces-from")
	case d.id != "" && (d.listFile != "" || len(d.namespaces) > 1):
		return errors.New("--id names one key: give it with one --namespace, or with none")
	}
	return nil
}

func (a *app) keysAdd(ctx context.Context, name string, d *adding) error {
	plain, err := a.plainKeys(d.from)
	if err != nil {
		return err
	}
	namespaces, err := a.namespaces(d)
	if err != nil {
		return err
	}
	var e keysEvent
	var before, after keyfile.Info
	err = a.changeKeyFile(ctx, name, &d.wrapping, nil, func(f *openedFile) error {
		before = f.Info()
		ids, err := f.add(d, plain, namespaces)
		if err != nil {
			return err
		}
		e = f.event("add")
		e.Keys = append(e.Keys, ids...)
		e.Done = len(ids) > 0
		if !e.Done {
			return errUnchanged
		}
		f.done = func() { after = f.Info(); e.Generation = after.Generation }
		return nil
	})
	if err != nil {
		return err
	}
	if d.asJSON {
		return printJSON(a.out, e)
	}
	if !e.Done {
		fmt.Fprintf(a.out, "%s: every namespace has a key already\n", name)
		return nil
	}
	added := map[string]bool{}
	for _, id := range e.Keys {
		added[id] = true
	}
	for _, k := range after.Keys {
		if added[k.ID] {
			fmt.Fprintf(a.out, "key %q%s: %s, %s\n", k.ID, whose(k.Namespace), k.Kind, role(k))
		}
	}
	a.afterAdd(name, d, e.Keys, before)
	return nil
}

// afterAdd says how the new keys come into use.
func (a *app) afterAdd(name string, d *adding, ids []string, before keyfile.Info) {
	const again = "have every process read the file again, by Refresh or a restart"
	byNamespace := len(d.namespaces) > 0 || d.listFile != ""
	switch {
	case d.from != "":
		a.next(fmt.Sprintf("esogen keys primary %s %s, if processes still seal with %s: they know no other key", name, ids[0], d.from),
			again, "once no process uses that file any more, remove it")
	case byNamespace:
		if len(before.Shredded) == 0 && !slices.ContainsFunc(before.Keys, func(k keyfile.KeyInfo) bool { return k.Primary && k.Namespace != "" }) {
			a.say("no namespace has a primary key yet: the installation's key seals for all; once one has, every namespace needs its own")
		}
		a.next(again, fmt.Sprintf("esogen keys primary %s --namespaces --dsn DSN", name))
	default:
		a.next(again, fmt.Sprintf("esogen keys primary %s %s --dsn DSN", name, ids[0]))
	}
}

// add adds what the flags ask for, and returns the ids.
func (f *openedFile) add(d *adding, plain []plainKey, namespaces []string) ([]string, error) {
	var ids []string
	info := f.Info()
	if d.from != "" {
		for _, k := range plain {
			if err := f.take(k); err != nil {
				return nil, err
			}
			ids = append(ids, k.id)
		}
		return ids, nil
	}
	if len(d.namespaces) == 0 && d.listFile == "" {
		namespaces = []string{""}
	}
	have := map[string]bool{}
	kind := keyfile.Native
	for _, k := range info.Keys {
		have[k.Namespace] = true
		if k.Namespace == "" && k.Primary {
			kind = k.Kind
		}
	}
	switch {
	case d.native, len(namespaces) != 1 || namespaces[0] != "":
		kind = keyfile.Native
	case d.kibana:
		kind = keyfile.Passphrase
	}
	for _, namespace := range namespaces {
		if d.missing && have[namespace] {
			continue
		}
		k, err := f.Add(kind, d.id, namespace)
		if err != nil {
			return nil, keyError(err)
		}
		ids = append(ids, k.ID)
	}
	return ids, nil
}

// maxList bounds a list of namespaces.
const maxList = 64 << 20

// namespaces returns the namespaces that the flags name, each once.
func (a *app) namespaces(d *adding) ([]string, error) {
	names := slices.Clone(d.namespaces)
	if d.listFile != "" {
		text, err := a.list(d.listFile)
		if err != nil {
			return nil, fmt.Errorf("--namespaces-from: %w", plainly(err))
		}
		if !utf8.Valid(text) {
			return nil, errors.New("--namespaces-from: not valid UTF-8")
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				names = append(names, line)
			}
		}
		if len(names) == 0 {
			return nil, errors.New("--namespaces-from: it names no namespace")
		}
	}
	seen := map[string]bool{}
	unique := names[:0]
	for _, name := range names {
		switch {
		case name == "":
			return nil, errors.New("--namespace is empty")
		case name == "default":
			a.say("%q has no key of its own: the installation's key seals its objects", name)
		case !seen[name]:
			seen[name] = true
			unique = append(unique, name)
		}
	}
	if len(unique) == 0 && len(names) > 0 {
		return nil, errors.New("no namespace is left that can have a key")
	}
	return unique, nil
}

// list reads a list from a file, or from standard input.
func (a *app) list(name string) ([]byte, error) {
	if name != "-" {
		text, err := onefile.Read(a.path(name), maxList)
		return text.Bytes, err
	}
	if isTerminal(a.in) {
		a.say("waiting for namespaces on standard input, one a line")
	}
	var text bytes.Buffer
	if _, err := io.Copy(&text, io.LimitReader(a.in, maxList+1)); err != nil {
		return nil, err
	}
	if text.Len() > maxList {
		return nil, fmt.Errorf("more than %s", phrase.Count(maxList, "byte"))
	}
	return text.Bytes(), nil
}
