package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// importing has the flags of import.
type importing struct {
	moving
	input      string
	kibana     bool
	onConflict string
	newIDs     bool
	idMap      string
	enabled    []string
	workers    int
}

func (a *app) importCommand() *cobra.Command {
	var i importing
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Store the objects of a stream that export wrote",
		Long: `import stores the objects of a stream of "esogen export", each at its own model,
sealed under the keys of the store. --from has the transfer key. The tables have
to be there: the product makes them when it starts.

Nothing is stored before it has verified, and what stands between two
checkpoints of the stream is stored in one transaction. A stream without its end
is incomplete: what verified is stored, and the exit code is 2. Run import again
after it was interrupted, even by a crash: what this stream has stored before is
no conflict, and stays as it is.

If the id of an object is taken, --on-conflict decides: fail reports it, skip
keeps the object that is there, and replace stores the other one in its place.

--new-ids gives the objects new ids, the same ones each time the stream is
imported; --id-map writes which. It refuses types whose ids are not random. An
object that holds an id of the stream in an attribute fails, since nothing says
what that id is for. What secrets hold is not looked at.

With --kibana, the input is Kibana's: hits of searches in Elasticsearch, or lines
of its API and exports, and --from has Kibana's keys. Nothing vouches that such an
input is complete. A store has no place for the references of Kibana's objects.`,
		Example: `  go tool esogen import --dsn sqlite:product.db --keys keys.json --from transfer.json --input objects.jsonl
  zstdcat objects.jsonl.zst | go tool esogen import --dsn postgres://app@db.example.com/product --keys keys.json --from transfer.json
  go tool esogen import --dsn sqlite:product.db --keys keys.json --kibana --from kibana-keys.json --input hits.jsonl --unknown pass`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return i.check(cmd) },
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runImport(cmd.Context(), &i) },
	}
	i.flags(a, cmd, "from")
	flags := cmd.Flags()
	flags.StringVar(&i.input, "input", "", "read the stream from `FILE` (default standard input)")
	flags.BoolVar(&i.kibana, "kibana", false, "the input is hits of Elasticsearch, or lines of Kibana's API and exports")
	flags.StringVar(&i.onConflict, "on-conflict", string(store.FailOnConflict), "`WORD` is fail, skip or replace: what to do if an id is taken")
	flags.BoolVar(&i.newIDs, "new-ids", false, "give the objects new ids")
	flags.StringVar(&i.idMap, "id-map", "", "with --new-ids: write the old and new ids to `FILE`")
	flags.StringSliceVar(&i.enabled, "flags", nil, "the flags `A,B` that are on: without its flag, no object of a type is stored")
	flags.IntVar(&i.workers, "workers", 0, "seal `N` objects at the same time (default: one a processor)")
	cmd.RegisterFlagCompletionFunc("on-conflict", cobra.FixedCompletions(conflictWords, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

var conflictWords = []string{string(store.FailOnConflict), string(store.SkipOnConflict), string(store.ReplaceOnConflict)}

func (i *importing) check(cmd *cobra.Command) error {
	switch {
	case !slices.Contains(conflictWords, i.onConflict):
		return fmt.Errorf("--on-conflict is fail, skip or replace, not %q", i.onConflict)
	case i.idMap != "" && !i.newIDs:
		return errors.New("--id-map goes with --new-ids")
	case i.newIDs && i.kibana:
		return errors.New("--new-ids does not go with --kibana")
	case i.newIDs && i.input == "":
		return hinted(errors.New("--new-ids goes with --input"), "the stream is read twice: first for its ids")
	case cmd.Flags().Changed("workers") && i.workers < 1:
		return errors.New("--workers is at least 1")
	}
	return i.moving.check()
}

func (a *app) runImport(ctx context.Context, i *importing) error {
	keys, from, err := a.movingKeys(ctx, &i.moving)
	if err != nil {
		return err
	}
	o, err := a.openStoreOf(ctx, keys, i.dsn, nil, store.Options{Flags: i.enabled, Process: "esogen import"})
	if err != nil {
		return err
	}
	defer o.Close()
	in := a.in
	if i.input != "" {
		file, err := os.Open(a.path(i.input))
		if err != nil {
			return fmt.Errorf("the stream: %w", plainly(err))
		}
		defer file.Close()
		in = file
	} else if isTerminal(in) {
		a.say("waiting for a stream on standard input")
	}
	options := transfer.ImportOptions{OnConflict: store.OnConflict(i.onConflict), Workers: i.workers, PassOver: i.unknown == unknownPasses}
	ids, err := a.newIDs(ctx, i, in, from)
	if err != nil {
		return streamError(i.input, err, streamHint(err))
	}
	defer ids.discard()
	options.NewIDs = ids.new
	r, err := i.source(ctx, in, from, o)
	if err != nil {
		return streamError(i.input, err, streamHint(err))
	}
	if _, err := o.Store.CheckKeys(ctx); errors.Is(err, store.ErrKeys) {
		return hinted(plainError(err), "is --keys the file of this installation, and the newest one?")
	} else if err != nil {
		return movingStopped(ctx, err, "nothing imported", "")
	}
	// Until it leaves, nobody gives up the key that it seals under.
	defer o.Store.Leave(context.WithoutCancel(ctx))
	meter, checked := a.meter(), time.Now()
	options.Progress = func(done, failed int64) error {
		meter.show("import", int(done), 0, int(failed))
		if time.Since(checked) < time.Minute {
			return nil
		}
		checked = time.Now()
		_, err := o.Store.CheckKeys(ctx)
		return err
	}
	report, err := transfer.Import(ctx, o.Store, o.definitions, from, r, options)
	meter.end()
	if err == nil {
		err = ids.keep()
	}
	total := report.Total()
	if err == nil || i.asJSON || total.All() > 0 {
		if err := a.printImport(report, i.asJSON); err != nil {
			return err
		}
	}
	if err != nil {
		return importStopped(ctx, i, report, err)
	}
	a.sayOfKibana(r)
	if total.Failed > 0 {
		return &exit{exitFindings, fmt.Sprintf("import: %s failed and %s not stored", objectCount(total.Failed), phrase.Of(total.Failed, "is", "are")), importHint(ctx, i, keys, report.Failures)}
	}
	return nil
}

// plainError leaves the operation out of an error about no object.
func plainError(err error) error {
	if at := (*eso.Error)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}

// importStopped returns the error of an import that ended early. What it had stored stays.
func importStopped(ctx context.Context, i *importing, report transfer.ImportReport, err error) error {
	total := report.Total()
	soFar := fmt.Sprintf("%s imported so far", objectCount(total.Created+total.Replaced+total.Before))
	if total.Failed > 0 {
		soFar += fmt.Sprintf(", %d failed", total.Failed)
	}
	if hint := streamHint(err); hint != "" {
		return streamError(i.input, fmt.Errorf("%w; %s", err, soFar), hint)
	}
	return movingStopped(ctx, err, soFar, "run it again: it goes on where it stopped")
}

// streamHint says what to do about an error of a stream, "" if it is another error.
func streamHint(err error) string {
	var unknown *transfer.UnknownType
	switch {
	case errors.As(err, &unknown):
		return "--unknown pass leaves them out"
	case errors.Is(err, transfer.ErrIncomplete):
		return "finish the export, and import the whole stream: it goes on where it stopped"
	case errors.Is(err, transfer.ErrForged):
		return "it was changed or damaged on its way: get it again from where it was exported"
	case errors.Is(err, transfer.ErrFormat):
		return `"esogen export" writes such streams; --kibana takes hits of Elasticsearch and exports of Kibana`
	case errors.Is(err, eso.ErrNoKey):
		return "--from has to have the transfer key that the export was under"
	}
	return ""
}

// idMap is the file of the new ids, while it is written.
type idMap struct {
	new  *transfer.NewIDs
	file *os.File
	name string
}

// newIDs prepares new ids, if they are asked for: it reads the stream once.
func (a *app) newIDs(ctx context.Context, i *importing, in io.Reader, from eso.Keyring) (*idMap, error) {
	m := &idMap{}
	if !i.newIDs {
		return m, nil
	}
	r, err := transfer.NewReader(ctx, in, from)
	if err != nil {
		return nil, err
	}
	m.new = &transfer.NewIDs{}
	if err := m.new.Collect(ctx, r); err != nil {
		return nil, err
	}
	if _, err := in.(io.Seeker).Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if i.idMap == "" {
		return m, nil
	}
	m.name = a.path(i.idMap)
	if m.file, err = os.CreateTemp(filepath.Dir(m.name), ".esogen-id-map-*"); err != nil {
		return nil, plainly(err)
	}
	encoder := json.NewEncoder(m.file)
	encoder.SetEscapeHTML(false)
	m.new.Map = func(old eso.Ref, id string) error {
		return encoder.Encode(struct {
			Type      string `json:"type"`
			Namespace string `json:"namespace,omitempty"`
			From      string `json:"from"`
			To        string `json:"to"`
		}{old.Type, old.Namespace, old.ID, id})
	}
	return m, nil
}

// keep puts the file in its place.
func (m *idMap) keep() error {
	if m.file == nil {
		return nil
	}
	if err := m.file.Close(); err != nil {
		return err
	}
	err := os.Rename(m.file.Name(), m.name)
	if err == nil {
		m.file = nil
	}
	return err
}

// discard removes the file, unless it was kept.
func (m *idMap) discard() {
	if m.file != nil {
		m.file.Close()
		os.Remove(m.file.Name())
	}
}
