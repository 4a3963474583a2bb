package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
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
	"github.com/esogen/esogen/internal/phrase"
)

// recorded is the golden files that do not follow from the specs alone: the
// sealed documents and the pins.
type recorded struct {
	dir     files.Dir
	files   []records
	shipped *baseline.Shipped

	broken []broken
	left   map[string]bool // files of types that no spec declares, and that may go
}

// records is a file of a type with sealed documents or pins.
type records struct {
	path    string // relative to the golden directory
	file    []byte // as it is, nil if it is not there
	tidy    bool
	broken  []golden.Broken
	gone    string   // what it lacks that was released, or ""
	missing []string // what "esogen golden" adds
	renew   func(context.Context) ([]byte, error)
}

// broken is what must open and does not, or must be there and is not.
type broken struct {
	path   string
	line   int // 0 for the file
	text   string
	reason golden.Reason
}

// recorded reads the files, on all processors, opens the sealed documents, and
// finds out what must be as it is.
func (a *app) recorded(ctx context.Context, types []*definition.Type, unreleased bool) (*recorded, error) {
	g := &recorded{dir: a.goldenDir(), left: map[string]bool{}}
	sealed := make([]func() (records, error), len(types))
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
		group.Go(func() error {
			file, err := g.dir.Read(golden.SealedPath(t))
			if err != nil {
				return err
			}
			s, err := golden.ReadSealed(within, t, file)
			sealed[i] = func() (records, error) { return g.sealed(ctx, t, file, s, unreleased) }
			stepping.Lock()
			defer stepping.Unlock()
			progress.step()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for i, t := range types {
		known[golden.SealedPath(t)], known[golden.PinsPath(t)] = true, true
		documents, err := sealed[i]()
		if err != nil {
			return nil, err
		}
		pins, err := g.pins(t, unreleased)
		if err != nil {
			return nil, err
		}
		g.files = append(g.files, documents, pins)
	}
	for i := range g.files {
		g.judge(&g.files[i])
	}
	return g, g.strangers(known, unreleased)
}

func (g *recorded) sealed(ctx context.Context, t *definition.Type, file []byte, s *golden.Sealed, unreleased bool) (records, error) {
	held := g.shipped.Held(t.Name, golden.SealedPath(t), unreleased)
	r := records{
		path: golden.SealedPath(t), file: file, tidy: s.Tidy, broken: s.Broken(held),
		renew: func(ctx context.Context) ([]byte, error) { return s.Renew(ctx, held) },
	}
	for _, f := range s.Missing(held) {
		r.missing = append(r.missing, fmt.Sprintf("the document %q of model %d", f.Name, f.Model))
	}
	gone, err := s.Gone(ctx, held)
	if gone > 0 {
		r.gone = phrase.Count(gone, "document")
	}
	return r, err
}

func (g *recorded) pins(t *definition.Type, unreleased bool) (records, error) {
	path := golden.PinsPath(t)
	file, err := g.dir.Read(path)
	held := g.shipped.Held(t.Name, path, unreleased)
	p := golden.ReadPins(t, file)
	r := records{
		path: path, file: file, tidy: p.Tidy, broken: p.Broken(held),
		renew: func(context.Context) ([]byte, error) { return p.Renew(held), nil },
	}
	if gone := p.Gone(held); gone > 0 {
		r.gone = phrase.Count(gone, "pin")
	}
	return r, err
}

// judge finds the lines of a file that must stay and are broken, and those that
// are gone.
func (g *recorded) judge(r *records) {
	file := g.dir.Name + "/" + r.path
	for _, b := range r.broken {
		if b.Keep != golden.Renewable {
			g.broken = append(g.broken, broken{file, b.Number, b.Err.Error(), b.Keep})
		}
	}
	if r.gone != "" {
		text := fmt.Sprintf("it lacks %s of a released model that %q has", r.gone, g.shipped.Branch)
		g.broken = append(g.broken, broken{file, 0, text, golden.Released})
	}
}

// strangers looks at the files that belong to no type. What may have shipped
// needs its type.
func (g *recorded) strangers(known map[string]bool, unreleased bool) error {
	for _, folder := range []string{"sealed", "pins"} {
		entries, err := os.ReadDir(filepath.Join(g.dir.Path, folder))
		if err != nil {
			continue // there are none yet
		}
		for _, entry := range entries {
			path := folder + "/" + entry.Name()
			if !strings.HasSuffix(path, ".jsonl") || known[path] || !entry.Type().IsRegular() {
				continue
			}
			file, err := g.dir.Read(path)
			if err != nil {
				return err
			}
			held := g.shipped.Stranger(path, unreleased)
			if reason := held.KeepsAny(file); reason != golden.Renewable {
				text := "no spec declares its type; a type that is gone stays in the specs as retired"
				g.broken = append(g.broken, broken{g.dir.Name + "/" + path, 0, text, reason})
			} else {
				g.left[path] = true
			}
		}
	}
	return nil
}

// add puts the files into the tree, as they should be.
func (g *recorded) add(ctx context.Context, tree files.Tree) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range g.files {
		r := &g.files[i]
		group.Go(func() error {
			file, err := r.renew(ctx)
			mu.Lock()
			defer mu.Unlock()
			if len(file) > 0 {
				tree[r.path] = file
			} else {
				g.left[r.path] = true
			}
			return err
		})
	}
	return group.Wait()
}

// states puts the files into the tree as they are, and says what is wrong with
// them.
func (g *recorded) states(tree files.Tree) []state {
	var states []state
	for i := range g.files {
		r := &g.files[i]
		if len(r.file) > 0 {
			tree[r.path] = r.file
		}
		states = append(states, g.statesOf(r)...)
	}
	for _, b := range g.broken {
		states = append(states, state{Path: b.path, State: brokenKind, Detail: b.detail()})
	}
	for path := range g.left {
		states = append(states, state{Path: g.dir.Name + "/" + path, State: files.Orphaned, Detail: "no spec declares its type, and no release has it"})
	}
	slices.SortStableFunc(states, func(a, b state) int { return strings.Compare(a.Path, b.Path) })
	return states
}

// statesOf says what "esogen golden" would do to a file.
func (g *recorded) statesOf(r *records) []state {
	var states []state
	path := g.dir.Name + "/" + r.path
	if !r.tidy {
		states = append(states, state{Path: path, State: files.Stale, Detail: "conflict markers, repeated lines or white space"})
	}
	for _, b := range r.broken {
		if b.Keep == golden.Renewable {
			states = append(states, state{Path: path, State: files.Stale, Detail: fmt.Sprintf("line %d: %v; no release has its model", b.Number, b.Err)})
		}
	}
	if slices.ContainsFunc(g.broken, func(b broken) bool { return b.path == path }) {
		return states // golden adds nothing before that is mended
	}
	for _, what := range r.missing {
		states = append(states, state{Path: path, State: files.Missing, Detail: what})
	}
	return states
}

// brokenKind is the state of a file of which a line must stay, and be mended.
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
	documents, gone := 0, 0
	for _, b := range found {
		switch {
		case b.line == 0:
			gone++
		case path.Base(path.Dir(b.path)) == "sealed":
			documents++
		}
	}
	switch {
	case documents == 1:
		return "a sealed document no longer opens, and neither would such documents in production"
	case documents > 1:
		return fmt.Sprintf("%d sealed documents no longer open, and neither would such documents in production", documents)
	case gone == len(found):
		return "what was released is missing"
	default:
		return "what is pinned of released models is broken"
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
