package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// exporting has the flags of export.
type exporting struct {
	moving
	output         string
	types          []string
	batch, workers int
}

// moving has the flags that export and import share.
type moving struct {
	keys     keySource
	transfer keySource // its key file is called --to or --from
	dsn      string
	unknown  string
	asJSON   bool
}

func (m *moving) flags(a *app, cmd *cobra.Command, transfer string) {
	a.keysFlags(cmd, &m.keys)
	a.transferFlags(cmd, &m.transfer, transfer)
	cmd.Flags().StringVar(&m.dsn, "dsn", "", "the database of the store: `DSN` is sqlite:PATH or postgres://…")
	cmd.Flags().BoolVar(&m.asJSON, "json", false, "print the result as JSON")
	cmd.Flags().StringVar(&m.unknown, "unknown", unknownFails, "`WORD` is fail or pass: what to do with types that the specs lack")
	cmd.RegisterFlagCompletionFunc("unknown", cobra.FixedCompletions([]string{unknownFails, unknownPasses}, cobra.ShellCompDirectiveNoFileComp))
}

// check refuses what is missing.
func (m *moving) check() error {
	switch {
	case m.dsn == "":
		return hinted(errors.New("--dsn is missing"), dsnForm)
	case m.keys.file == "":
		return hinted(errors.New("--keys is missing"), "it names the file of the keys of the store")
	case m.transfer.file == "":
		return hinted(fmt.Errorf("--%s is missing", m.transfer.of), "it names the file of the transfer key, which both installations have")
	case m.unknown != unknownFails && m.unknown != unknownPasses:
		return fmt.Errorf("--unknown is %s or %s, not %q", unknownFails, unknownPasses, m.unknown)
	}
	return nil
}

func (a *app) exportCommand() *cobra.Command {
	var e exporting
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the objects of a store to a stream, under a transfer key",
		Long: `export writes the objects of a store to a stream of lines, which "esogen import"
stores in another database or installation. Secrets are sealed in it under the
primary key of --to, the transfer key, each object at its own model. Plain and
bound attributes, ids and namespaces are readable.

export runs beside live writers: each object is as it was when it was read, and
one that is created or deleted meanwhile may or may not be in the stream.

With --output, run it again after it was interrupted, even by a crash: it
verifies what the file holds, cuts off what is torn, and goes on from there. A
stream that is cut off does not pass for a whole one.

An object that does not open is reported and left out, with a line in its place,
and the exit code is 1. Objects whose key was shredded are counted.`,
		Example: `  go tool esogen export --dsn postgres://app@db.example.com/product --keys keys.json --to transfer.json --output objects.jsonl
  go tool esogen export --dsn sqlite:product.db --keys keys.json --to transfer.json | zstd > objects.jsonl.zst`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return e.check(cmd) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.export(cmd.Context(), &e) },
	}
	e.flags(a, cmd, "to")
	flags := cmd.Flags()
	flags.StringVar(&e.output, "output", "", "write to `FILE`, and resume what an earlier run wrote there")
	flags.StringArrayVar(&e.types, "type", nil, "only objects of this `TYPE`; may be repeated")
	flags.IntVar(&e.batch, "batch", 0, "read `N` objects at a time, with a checkpoint after each (default 100)")
	flags.IntVar(&e.workers, "workers", 0, "seal `N` objects at the same time (default: one a processor)")
	cmd.RegisterFlagCompletionFunc("type", a.completeTypes)
	return cmd
}

func (e *exporting) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	switch {
	case changed("batch") && (e.batch < 1 || e.batch > 10_000) || changed("workers") && e.workers < 1:
		return errors.New("--batch is 1 to 10000, and --workers at least 1")
	case e.asJSON && e.output == "":
		return hinted(errors.New("--json goes with --output"), "without it, standard output is the stream")
	}
	return e.moving.check()
}

func (a *app) export(ctx context.Context, e *exporting) error {
	keys, to, err := a.movingKeys(ctx, &e.moving)
	if err != nil {
		return err
	}
	o, err := a.openStoreOf(ctx, keys, e.dsn, e.types, store.Options{})
	if err != nil {
		return err
	}
	defer o.Close()
	if err := a.fitForExport(ctx, o); err != nil {
		return err
	}
	types, err := a.typesWithObjects(ctx, o, e)
	if err != nil {
		return err
	}
	if err := a.fitForFormats(ctx, o, to, types); err != nil {
		return err
	}
	out, w, err := a.stream(ctx, e, to, types)
	if err != nil {
		return err
	}
	defer out.Close()
	already := w.Complete()
	if w.Resumed() && !already {
		a.say("%q: goes on after %s that an earlier run wrote, as they were then; export to another file if that was another database", e.output, objectCount(w.Written()))
	}
	meter := a.meter()
	report, err := transfer.Export(ctx, o.Store, o.definitions, to, w, transfer.ExportOptions{
		Batch: e.batch, Workers: e.workers,
		Progress: func(typ string, done, failed, total int64) { meter.show(typ, int(done), int(total), int(failed)) },
	})
	meter.end()
	total := report.Total()
	if err == nil && e.output != "" {
		if err = transfer.Verify(ctx, out, to, w); err == nil {
			err = out.Sync()
		}
		if err != nil {
			return streamError(e.output, fmt.Errorf("what was written does not read back: %w", err), "does another export write to it? Export to another file")
		}
	}
	if err != nil {
		hint := ""
		if e.output != "" {
			hint = "run it again: it goes on where it stopped"
		}
		return movingStopped(ctx, err, fmt.Sprintf("%s exported so far", objectCount(total.Exported)), hint)
	}
	if already {
		a.say("%q was complete already", e.output)
	}
	if err := a.printExport(report, e); err != nil {
		return err
	}
	if failed := total.Failed + total.Unreadable; failed > 0 {
		return &exit{exitFindings, fmt.Sprintf("export: %s failed and %s not in the stream", objectCount(failed), phrase.Of(failed, "is", "are")), exportHint(report.Failures)}
	}
	return nil
}

// fitForExport refuses keys that are not those of the database, or that were destroyed on
// purpose. Where some keys are missing, some objects will fail.
func (a *app) fitForExport(ctx context.Context, o *openedStore) error {
	_, err := o.Store.CompareKeys(ctx)
	var misfit *store.KeysError
	switch {
	case !errors.As(err, &misfit):
		return movingStopped(ctx, err, "nothing exported", "")
	case len(misfit.Report.Different)+len(misfit.Report.Shredded) > 0:
		return hinted(misfit, "is --keys the file of this installation, and the newest one?")
	}
	opens, err := o.opensSome(ctx)
	switch {
	case err != nil:
		return movingStopped(ctx, err, "nothing exported", "")
	case !opens:
		return hinted(errors.New("--keys has no key of any object in the database; nothing exported"), "is --keys the file of this installation, and the newest one?")
	}
	a.say("warning: %v", misfit)
	return nil
}

// opensSome reports whether the keys have one that the notes of an object name.
func (o *openedStore) opensSome(ctx context.Context) (bool, error) {
	uses, err := o.Store.KeyUsage(ctx)
	for _, u := range uses {
		_, missing := o.keys.OpeningKey(ctx, eso.Ref{Type: u.Type}, u.KeyID)
		if missing == nil || errors.Is(missing, eso.ErrShredded) {
			return true, nil
		}
	}
	return len(uses) == 0, err
}

// fitForFormats warns of objects that the transfer key cannot seal.
func (a *app) fitForFormats(ctx context.Context, o *openedStore, to eso.Keyring, types []string) error {
	key, err := to.SealingKey(ctx, eso.Ref{})
	if err != nil {
		return fmt.Errorf("the transfer key: %w", err)
	}
	if _, both := key.(eso.KibanaKey); both {
		return nil
	}
	var odd []string
	for _, d := range o.definitions {
		kibana := slices.ContainsFunc(d.Models, func(m eso.Model) bool { return m.Format == eso.Kibana })
		if kibana && slices.Contains(types, d.Type) {
			odd = append(odd, d.Type)
		}
	}
	if len(odd) > 0 {
		a.say("warning: the transfer key %q seals the native format only: objects in the kibana format fail, which %s may have; \"esogen keys make --kibana\" makes a key for both", key.ID(), phrase.List(phrase.Quoted(odd)))
	}
	return nil
}

// typesWithObjects returns the types to export. It refuses objects of types that no spec
// declares, unless they are to be passed over.
func (a *app) typesWithObjects(ctx context.Context, o *openedStore, e *exporting) ([]string, error) {
	uses, err := o.Store.ModelUsage(ctx)
	if err != nil {
		return nil, movingStopped(ctx, err, "nothing exported", "")
	}
	objects := map[string]int64{}
	for _, u := range uses {
		objects[u.Type] += u.Objects
	}
	types := []string{}
	for _, d := range o.definitions {
		if objects[d.Type] > 0 {
			types = append(types, d.Type)
		}
		delete(objects, d.Type)
	}
	if len(e.types) > 0 {
		return types, nil
	}
	for _, name := range sortedKeys(objects) {
		if e.unknown == unknownFails {
			return nil, hinted(fmt.Errorf("no spec declares %q, of which there are %s", name, objectCount(objects[name])), "--unknown pass leaves them out")
		}
		a.say("warning: no spec declares %q: %s left out", name, objectCount(objects[name]))
	}
	return types, nil
}

// stream begins the stream, or resumes it in the file that was named.
func (a *app) stream(ctx context.Context, e *exporting, to eso.Keyring, types []string) (*os.File, *transfer.Writer, error) {
	if e.output == "" {
		w, err := transfer.NewWriter(ctx, a.out, to, types)
		return nil, w, err
	}
	file, err := os.OpenFile(a.path(e.output), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("the stream: %w", plainly(err))
	}
	w, err := transfer.Resume(ctx, file, to, types)
	if err == nil {
		err = a.sameTypes(e, w.Types(), types)
	}
	if err != nil {
		file.Close()
		return nil, nil, streamError(e.output, err, "export to another file")
	}
	return file, w, nil
}

// sameTypes compares the types of a stream that is resumed with those that were asked for.
func (a *app) sameTypes(e *exporting, there, types []string) error {
	for _, name := range there {
		if len(e.types) > 0 && !slices.Contains(e.types, name) {
			return fmt.Errorf("it holds objects of %s, which is not what --type says", phrase.List(phrase.Quoted(there)))
		}
	}
	for _, name := range types {
		if !slices.Contains(there, name) {
			a.say("warning: there was no %q when the stream in %q was begun: its objects are left out", name, e.output)
		}
	}
	return nil
}

// streamError says what is wrong with the stream in a file.
func streamError(name string, err error, hint string) error {
	if name == "" {
		name = "standard input"
	} else {
		name = fmt.Sprintf("%q", name)
	}
	return hinted(fmt.Errorf("%s: %w", name, err), hint)
}

// movingStopped is the error of an export or import that ended early.
func movingStopped(ctx context.Context, err error, soFar, hint string) error {
	if err == nil {
		return nil
	}
	var at *eso.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	switch {
	case ctx.Err() != nil:
		return &exit{exitFailed, "interrupted, " + soFar, hint}
	case errors.Is(err, store.ErrSchema):
		return hinted(err, "is this the database of the product? It creates the tables when it starts")
	}
	return unreached(hinted(fmt.Errorf("%w; %s", err, soFar), hint), err)
}
