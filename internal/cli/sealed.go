package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
)

// recorded is the golden files that do not follow from the specs alone: the
// sealed documents.
type recorded struct {
	dir     files.Dir
	types   []*definition.Type
	sealed  []*golden.Sealed // of each type
	files   [][]byte         // as they are
	held    []golden.Held
	shipped *baseline.Shipped

	broken []broken
	left   map[string]bool // files of types that no spec declares, and that may go
}

// broken is a sealed document that does not open, and must.
type broken struct {
	path   string
	line   int // 0 for the file
	text   string
	reason golden.Reason
}

// recorded opens the sealed documents, on all processors, and finds out which
// must open.
func (a *app) recorded(ctx context.Context, types []*definition.Type, unreleased bool) (*recorded, error) {
	g := &recorded{
		dir: a.goldenDir(), types: types, left: map[string]bool{},
		sealed: make([]*golden.Sealed, len(types)), files: make([][]byte, len(types)), held: make([]golden.Held, len(types)),
	}
	progress := a.progress("opening", len(types))
	defer progress.end()
	var stepping sync.Mutex
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	group.Go(func() (err error) {
		g.shipped, err = baseline.ReadShipped(within, a.baselineOptions(nil))
		return baselineHint(err)
	})
	for i, t := range types {
		group.Go(func() (err error) {
			if g.files[i], err = g.dir.Read(golden.SealedPath(t)); err != nil {
				return err
			}
			g.sealed[i], err = golden.ReadSealed(within, t, g.files[i])
			stepping.Lock()
			defer stepping.Unlock()
			progress.step()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, t := range types {
		path := golden.SealedPath(t)
		g.held[i] = g.shipped.Held(t.Name, path, unreleased)
		if err := g.judge(ctx, path, g.sealed[i], g.held[i]); err != nil {
			return nil, err
		}
	}
	return g, g.strangers(unreleased)
}

// judge finds the lines of a file that must open and do not, and those that
// are gone.
func (g *recorded) judge(ctx context.Context, path string, sealed *golden.Sealed, held golden.Held) error {
	path = g.dir.Name + "/" + path
	for _, l := range sealed.Broken(held) {
		if reason := held.Keeps(&l); reason != golden.Renewable {
			g.broken = append(g.broken, broken{path, l.Number, l.Err.Error(), reason})
		}
	}
	gone, err := sealed.Gone(ctx, held)
	if gone > 0 {
		text := fmt.Sprintf("it lacks %s of a released model that %q has", count(gone, "document"), g.shipped.Branch)
		g.broken = append(g.broken, broken{path, 0, text, golden.Released})
	}
	return err
}

// strangers looks at the files of sealed documents that belong to no type.
// What may have shipped needs its type.
func (g *recorded) strangers(unreleased bool) error {
	known := map[string]bool{}
	for _, t := range g.types {
		known[golden.SealedPath(t)] = true
	}
	entries, err := os.ReadDir(filepath.Join(g.dir.Path, "sealed"))
	if err != nil {
		return nil // there are none yet
	}
	for _, entry := range entries {
		path := "sealed/" + entry.Name()
		if !strings.HasSuffix(path, ".jsonl") || known[path] || !entry.Type().IsRegular() {
			continue
		}
		file, err := g.dir.Read(path)
		if err != nil {
			return err
		}
		held := g.shipped.Stranger(path, unreleased)
		if reason := held.KeepsAny(file); reason != golden.Renewable {
			text := "no spec declares the type of its documents; a type that is gone stays in the specs as retired"
			g.broken = append(g.broken, broken{g.dir.Name + "/" + path, 0, text, reason})
		} else {
			g.left[path] = true
		}
	}
	return nil
}

// add puts the files into the tree: as they should be, or, for a check, as they
// are, with what is wrong with them.
func (g *recorded) add(ctx context.Context, tree files.Tree, check bool) ([]state, error) {
	var states []state
	var mu sync.Mutex
	renewed := files.Tree{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range g.types {
		path := golden.SealedPath(t)
		if check {
			if len(g.files[i]) > 0 {
				tree[path] = g.files[i]
			}
			states = append(states, g.states(i)...)
			continue
		}
		group.Go(func() error {
			file, err := g.sealed[i].Renew(ctx, g.held[i])
			mu.Lock()
			defer mu.Unlock()
			if len(file) > 0 {
				renewed[path] = file
			} else {
				g.left[path] = true
			}
			return err
		})
	}
	err := group.Wait()
	maps.Copy(tree, renewed)
	for _, b := range g.broken {
		states = append(states, state{Path: b.path, State: brokenKind, Detail: b.detail()})
	}
	for path := range g.left {
		states = append(states, state{Path: g.dir.Name + "/" + path, State: files.Orphaned, Detail: "no spec declares its type, and no release has it"})
	}
	slices.SortStableFunc(states, func(a, b state) int { return strings.Compare(a.Path, b.Path) })
	return states, err
}

// states says what "esogen golden" would do to the file of a type.
func (g *recorded) states(i int) []state {
	var states []state
	path := g.dir.Name + "/" + golden.SealedPath(g.types[i])
	if !g.sealed[i].Tidy {
		states = append(states, state{Path: path, State: files.Stale, Detail: "conflict markers, repeated lines or white space"})
	}
	for _, l := range g.sealed[i].Broken(g.held[i]) {
		if g.held[i].Keeps(&l) == golden.Renewable {
			states = append(states, state{Path: path, State: files.Stale, Detail: fmt.Sprintf("line %d: %v; no release has its model", l.Number, l.Err)})
		}
	}
	if slices.ContainsFunc(g.broken, func(b broken) bool { return b.path == path }) {
		return states // golden adds nothing before that is mended
	}
	for _, f := range g.sealed[i].Missing(g.held[i]) {
		states = append(states, state{Path: path, State: files.Missing, Detail: fmt.Sprintf("the document %q of model %d", f.Name, f.Model)})
	}
	return states
}

// brokenKind is the state of a file with sealed documents that must open, and
// do not.
const brokenKind files.Kind = "broken"

func (b *broken) detail() string {
	if b.line == 0 {
		return b.text
	}
	return fmt.Sprintf("line %d: %s", b.line, b.text)
}

// sayBroken prints what does not open, a line each.
func (a *app) sayBroken(found []broken) {
	slices.SortStableFunc(found, func(a, b broken) int { return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.line, b.line)) })
	for _, b := range found {
		place := b.path
		if b.line > 0 {
			place = fmt.Sprintf("%s:%d", b.path, b.line)
		}
		fmt.Fprintf(a.err, "%s: %s %s\n", place, a.paint(red, "error:"), b.text)
	}
}

// countBroken says how much is wrong.
func countBroken(found []broken) string {
	lines := 0
	for _, b := range found {
		if b.line > 0 {
			lines++
		}
	}
	switch lines {
	case 0:
		return "sealed documents are missing"
	case 1:
		return "a sealed document no longer opens, and neither would such documents in production"
	default:
		return fmt.Sprintf("%d sealed documents no longer open, and neither would such documents in production", lines)
	}
}

// hint says what to do about what is broken.
func (g *recorded) hint() string {
	if len(g.broken) == 0 {
		return ""
	}
	b := g.broken[0]
	restore := "put the lines back"
	if g.shipped.Branch != "" {
		restore += fmt.Sprintf(": git checkout %s -- %s", g.shipped.Branch, b.path)
	}
	switch b.reason {
	case golden.NoLedger:
		return fmt.Sprintf("the ledger of releases is gone: git checkout %s -- %s/%s", g.shipped.Branch, g.dir.Name, baseline.LedgerPath)
	case golden.Newer:
		return "a newer esogen wrote it: take that one"
	case golden.Before:
		return fmt.Sprintf("%q has them, and may have shipped: add a model instead of changing one, or %s; if nothing shipped, run %q",
			g.shipped.Branch, restore, "esogen golden --unreleased")
	default:
		return "a release has the model: add a model instead of changing one, or " + restore
	}
}
