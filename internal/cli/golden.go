package cli

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
)

func (a *app) goldenCommand() *cobra.Command {
	var how checking
	cmd := &cobra.Command{
		Use:   "golden",
		Short: "Write the golden files of the specs",
		Long: `golden writes what a reviewer looks at: the definitions, their hashes, and
objects of every model, plain and sealed. Its diff belongs into the change of
the spec; until it is there, the generated tests fail.

Sealed objects are only ever added. Where one no longer opens, golden says so,
and the generated tests fail.`,
		Example: `  esogen golden
  esogen golden --check          in CI`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.makeGolden(cmd.Context(), how) },
	}
	how.flags(cmd)
	return cmd
}

func (a *app) makeGolden(ctx context.Context, how checking) error {
	types, err := a.load(ctx, true)
	if err != nil {
		return err
	}
	tree, err := golden.Files(types)
	if err != nil {
		return err
	}
	t := target{command: "esogen golden", types: len(types), Dir: a.goldenDir()}
	sealed, err := a.seal(ctx, t.Dir, types, tree, !how.check)
	if err != nil {
		return err
	}
	a.lost(sealed.lost)
	for _, path := range strangers(t.Dir, types) {
		a.say("warning: %s: no spec declares its type; a type that is gone stays in the specs as retired", path)
	}
	if how.check {
		return a.report(ctx, t, tree, sealed.missing, how.json)
	}
	return a.write(ctx, t, tree)
}

// sealing is what there is to say of the sealed objects.
type sealing struct {
	missing []state // objects that are not there, when checking
	lost    []error // objects that no longer open
}

// seal puts the files of sealed objects into the tree: with those that are
// missing, or as they are. Where a definition has changed, it opens what is
// there; where it has not, the generated tests do so.
func (a *app) seal(ctx context.Context, dir files.Dir, types []*definition.Type, tree files.Tree, add bool) (sealing, error) {
	var found sealing
	var mu sync.Mutex
	objects := files.Tree{}
	progress := a.progress("sealing", len(types))
	defer progress.end()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range types {
		definition := tree[golden.DefinitionPath(t)]
		group.Go(func() error {
			file, s, err := sealType(ctx, dir, t, definition, add)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			progress.step()
			if len(file) > 0 {
				objects[golden.SealedPath(t)] = file
			}
			found.missing = append(found.missing, s.missing...)
			found.lost = append(found.lost, s.lost...)
			return nil
		})
	}
	err := group.Wait()
	maps.Copy(tree, objects)
	slices.SortFunc(found.missing, func(a, b state) int { return strings.Compare(a.Path+a.Detail, b.Path+b.Detail) })
	slices.SortStableFunc(found.lost, func(a, b error) int { return strings.Compare(fileOf(a), fileOf(b)) })
	return found, err
}

// fileOf is the file that an error begins with.
func fileOf(err error) string {
	file, _, _ := strings.Cut(err.Error(), ":")
	return file
}

func sealType(ctx context.Context, dir files.Dir, t *definition.Type, definition []byte, add bool) ([]byte, sealing, error) {
	var s sealing
	path := golden.SealedPath(t)
	file, err := dir.Read(path)
	if err != nil {
		return nil, s, err
	}
	before, err := dir.Read(golden.DefinitionPath(t))
	if err != nil {
		return nil, s, err
	}
	sealed, err := golden.ReadSealed(ctx, t, file, !bytes.Equal(before, definition))
	if err != nil {
		return nil, s, fmt.Errorf("%s/%w", dir.Name, err)
	}
	for _, err := range sealed.Lost {
		s.lost = append(s.lost, fmt.Errorf("%s/%w", dir.Name, err))
	}
	if add {
		file, err = sealed.Add(ctx)
		return file, s, err
	}
	for _, f := range sealed.Missing {
		s.missing = append(s.missing, state{
			Path: dir.Name + "/" + path, State: files.Missing, Detail: fmt.Sprintf("the object %q of model %d", f.Name, f.Model),
		})
	}
	return file, s, nil
}

// lost warns of golden objects that no longer open. The generated tests fail on
// them, which is what they are for.
func (a *app) lost(errs []error) {
	if len(errs) == 0 {
		return
	}
	for _, err := range errs {
		fmt.Fprintln(a.err, strings.Replace(err.Error(), ": ", ": "+a.paint(yellow, "warning:")+" ", 1))
	}
	open := "open"
	if len(errs) == 1 {
		open = "opens"
	}
	a.say("%s no longer %s, and neither would documents in production", count(len(errs), "golden object"), open)
	a.hint("add a model instead of changing one; only if no release wrote the model, delete these lines")
}

// strangers returns the files of sealed objects that belong to no type.
func strangers(dir files.Dir, types []*definition.Type) []string {
	known := map[string]bool{}
	for _, t := range types {
		known[golden.SealedPath(t)] = true
	}
	entries, err := os.ReadDir(filepath.Join(dir.Path, "sealed"))
	if err != nil {
		return nil // there are none yet
	}
	var found []string
	for _, entry := range entries {
		path := "sealed/" + entry.Name()
		if strings.HasSuffix(path, ".jsonl") && !known[path] {
			found = append(found, dir.Name+"/"+path)
		}
	}
	return found
}
