package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/phrase"
	"github.com/esogen/esogen/runtime/esoimpl"
)

// releaseFlags are those of the command.
type releaseFlags struct {
	list, json       bool
	support, flags   []string
	setSupport       bool // --support was given, empty or not
	withdraw, reason string
}

func (a *app) releaseCommand() *cobra.Command {
	var f releaseFlags
	cmd := &cobra.Command{
		Use:   "release NAME",
		Short: "Record the current definitions as a release",
		Long: `release appends the definitions of the specs to the ledger, the directory
releases of the golden files. From then on what the release knows and writes is
what later changes are checked against: run it when the release ships, not when
its branch is merged. An entry is never changed.

The last release of the ledger is live: it runs beside the next one, or may come
back. So is every supported one. --support says which earlier releases customers
still upgrade from, all of them at once; --support "" says that there are none.
It goes with NAME, or alone.

--withdraw is for a release that was rolled back permanently: what it announced
no longer counts, its documents remain, and the release before it is live again.
It needs a --reason, and says which computed values may be out of date.

--flags names the feature flags that may be on in the release, for types with a
flag: without it, such a type is as good as unreleased.`,
		Example: `  go tool esogen release v1.4
  go tool esogen release v1.4 --support v1.2,v1.3      customers upgrade from these, too
  go tool esogen release --support v1.3                v1.2 is not supported any more
  go tool esogen release v1.4 --flags newTokens
  go tool esogen release --withdraw v1.4 --reason "lost tokens, rolled back everywhere"
  go tool esogen release --list                        which stage of each type is where`,
		Args: func(cmd *cobra.Command, args []string) error {
			f.setSupport = cmd.Flags().Changed("support")
			return f.check(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch ctx := cmd.Context(); {
			case f.list:
				return a.listReleases(ctx, f.json)
			case f.withdraw != "":
				return a.withdraw(ctx, f)
			case len(args) == 0:
				return a.support(ctx, f)
			default:
				return a.release(ctx, args[0], f)
			}
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.list, "list", false, "record nothing; show the ledger, and which stage of each type is where")
	flags.StringSliceVar(&f.support, "support", nil, "set the earlier `RELEASES` that customers still upgrade from, with commas between them")
	flags.StringVar(&f.withdraw, "withdraw", "", "record that `RELEASE` was rolled back permanently")
	flags.StringVar(&f.reason, "reason", "", "say in a `SENTENCE` why the release is withdrawn")
	flags.StringSliceVar(&f.flags, "flags", nil, "name the feature `FLAGS` that may be on in the release, with commas between them")
	flags.BoolVar(&f.json, "json", false, "print the same as JSON")
	cmd.RegisterFlagCompletionFunc("support", a.completeReleases)
	cmd.RegisterFlagCompletionFunc("withdraw", a.completeReleases)
	return cmd
}

// check refuses flags that do not go together.
func (f *releaseFlags) check(cmd *cobra.Command, args []string) error {
	ways := fmt.Sprintf("run %q, or %q", "esogen release NAME", "esogen release --list")
	given := func(name string) bool { return cmd.Flags().Changed(name) }
	alone := func(name string, others ...string) error {
		for _, other := range others {
			if given(other) {
				return hinted(fmt.Errorf("--%s does not go with --%s", name, other), fmt.Sprintf("run %q", "esogen release --help"))
			}
		}
		return nil
	}
	switch {
	case f.list && len(args) > 0:
		return hinted(errors.New("--list takes no name"), fmt.Sprintf("run %q", "esogen release --list"))
	case f.list:
		return alone("list", "support", "withdraw", "reason", "flags")
	case given("withdraw"):
		if len(args) > 0 {
			return hinted(errors.New("--withdraw names the release itself, and takes no other name"), `run "esogen release --withdraw NAME --reason SENTENCE"`)
		}
		if f.withdraw == "" || strings.TrimSpace(f.reason) == "" {
			return hinted(errors.New("--withdraw needs the name of a release and a --reason"), `run "esogen release --withdraw NAME --reason SENTENCE"`)
		}
		return alone("withdraw", "support", "flags")
	case given("reason"):
		return hinted(errors.New("--reason goes with --withdraw"), `run "esogen release --withdraw NAME --reason SENTENCE"`)
	case len(args) == 0 && f.setSupport:
		return alone("support without a NAME", "flags")
	case len(args) != 1:
		return hinted(fmt.Errorf("release takes one name, and got %d", len(args)), ways)
	}
	return nil
}

func (a *app) release(ctx context.Context, name string, f releaseFlags) error {
	if err := baseline.CheckName(name); err != nil {
		return baselineHint(err)
	}
	entries, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		if err := a.notLost(ctx); err != nil {
			return err
		}
	}
	if err := baseline.CheckNew(entries, name); err != nil {
		return baselineHint(err)
	}
	tree := files.Tree{}
	if f.setSupport {
		if tree, err = baseline.Support(entries, f.support); err != nil {
			return baselineHint(err)
		}
	}
	types, err := a.load(ctx, false)
	if err != nil {
		return err
	}
	if err := a.knownFlags(types, f.flags); err != nil {
		return err
	}
	if err := a.upToDate(ctx, types); err != nil {
		return err
	}
	pins, err := a.pins(types)
	if err != nil {
		return err
	}
	recording := baseline.Recording{Name: name, Types: types, Flags: f.flags, Pins: pins}
	recording.Seal.Reads, recording.Seal.Writes = esoimpl.SealVersions()
	entry, number, err := baseline.Record(entries, recording)
	if err != nil {
		return err
	}
	maps.Copy(tree, entry)
	if err := a.writeLedger(ctx, tree); err != nil {
		return err
	}
	return a.printRecorded(recording, number, f)
}

// notLost refuses to begin a new ledger if the default branch has one.
func (a *app) notLost(ctx context.Context) error {
	shipped, err := baseline.ReadShipped(ctx, a.baselineOptions(nil))
	if err != nil {
		return baselineHint(err)
	}
	if !shipped.Lost {
		return nil
	}
	ledger := name(filepath.Join(a.golden, baseline.LedgerPath))
	return hinted(fmt.Errorf("the ledger is gone, but %q has it", shipped.Branch), fmt.Sprintf("restore it: git checkout %s -- %s", shipped.Branch, ledger))
}

// pins returns a hash of each pin, and warns of functions without pins: nothing
// would notice when they change.
func (a *app) pins(types []*definition.Type) (map[string]string, error) {
	hashes := map[string]string{}
	kept, err := golden.Kept(a.goldenDir().Path)
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		file, err := a.goldenDir().Read(golden.PinsPath(t))
		if err != nil {
			return nil, err
		}
		pins := golden.ReadPins(t, file)
		maps.Copy(hashes, pins.Hashes(len(t.Models)))
		if unpinned := pins.Unpinned(); kept && len(unpinned) > 0 && !t.Retired {
			a.say("warning: type %q: nothing pins what %s gives: run %q", t.Name, unpinned[0], "ESOGEN_UPDATE=1 go test ./"+name(a.gen)+"/...")
		}
	}
	return hashes, nil
}

// ledger reads the ledger.
func (a *app) ledger(ctx context.Context) ([]baseline.Entry, error) {
	entries, err := baseline.Ledger(ctx, a.baselineOptions(nil))
	return entries, baselineHint(err)
}

// writeLedger writes files of the ledger, all or none.
func (a *app) writeLedger(ctx context.Context, tree files.Tree) error {
	dir := a.goldenDir()
	changes, err := a.within(a.golden).Compare(ctx, tree)
	if err != nil {
		return err
	}
	return dir.Write(ctx, changes)
}

// printRecorded says what a release writes and knows.
func (a *app) printRecorded(r baseline.Recording, number int, f releaseFlags) error {
	path := name(a.golden) + "/" + baseline.EntryPath(r.Name)
	type typeStage struct {
		Type string `json:"type"`
		baseline.Stage
	}
	stages := []typeStage{}
	for _, t := range r.Types {
		stages = append(stages, typeStage{t.Name, baseline.StageOf(t)})
	}
	if f.json {
		return printJSON(a.out, struct {
			Release string      `json:"release"`
			Number  int         `json:"number"`
			Path    string      `json:"path"`
			Flags   []string    `json:"flags"`
			Support []string    `json:"support"` // as --support sets it
			Types   []typeStage `json:"types"`
		}{r.Name, number, path, notNil(r.Flags), notNil(f.support), stages})
	}
	width := 0
	for _, s := range stages {
		width = max(width, len(s.Type))
	}
	for _, s := range stages {
		fmt.Fprintf(a.out, "%-*s  %s\n", width, s.Type, s.Stage)
	}
	fmt.Fprintf(a.out, "%s: release %q is number %d, %s\n", path, r.Name, number, phrase.Count(len(r.Types), "type"))
	if f.setSupport {
		a.printSupport(f.support)
	}
	return nil
}
