package golden

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/phrase"
)

// Records are the golden files that do not follow from the specs alone: the
// sealed documents and the pins.
type Records struct {
	// Broken is what must be mended by hand, sorted by place, before anything
	// is written.
	Broken []BrokenRecord

	dir       files.Dir
	files     []record
	abandoned map[string]bool // files of types that no spec declares, and that may go
}

// BrokenRecord is what must open and does not, or must be there and is not.
type BrokenRecord struct {
	Path   string // with the golden directory's name
	Line   int    // 0 for the file
	Text   string
	Reason Reason
}

// FileState is how a file differs from what Add would make of it.
type FileState struct {
	Path   string // with the golden directory's name
	Kind   files.Kind
	Detail string
}

// BrokenFile is the state of a file that has something in Records.Broken.
const BrokenFile files.Kind = "broken"

// record is a file of a type with sealed documents or pins.
type record struct {
	path    string // relative to the golden directory
	file    []byte // as it is, nil if it is not there
	tidy    bool
	broken  []Broken
	gone    string   // what it lacks that was released, or ""
	missing []string // what Add adds
	renew   func(context.Context) ([]byte, error)
}

// OpenedRecords are records whose documents have been opened. What must stay of
// them is known only once earlier releases have been read, which takes its time
// too.
type OpenedRecords struct {
	dir    files.Dir
	types  []*definition.Type
	sealed []openedFile // by type
}

type openedFile struct {
	file   []byte
	sealed *Sealed
}

// OpenRecords reads the records below a golden directory and opens the sealed
// documents, on all processors. It calls step once a type, never concurrently.
func OpenRecords(ctx context.Context, dir files.Dir, types []*definition.Type, step func()) (*OpenedRecords, error) {
	o := &OpenedRecords{dir, types, make([]openedFile, len(types))}
	var stepping sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range types {
		group.Go(func() error {
			file, err := dir.Read(SealedPath(t))
			if err != nil {
				return err
			}
			sealed, err := ReadSealed(ctx, t, file)
			o.sealed[i] = openedFile{file, sealed}
			stepping.Lock()
			defer stepping.Unlock()
			step()
			return err
		})
	}
	return o, group.Wait()
}

// Judge finds out what must stay as it is. held returns what must stay of a
// file, given the name of its type, or "" if the specs have no such type.
func (o *OpenedRecords) Judge(ctx context.Context, held func(typ, path string) Held) (*Records, error) {
	r := &Records{dir: o.dir, abandoned: map[string]bool{}}
	known := map[string]bool{}
	for i, t := range o.types {
		known[SealedPath(t)], known[PinsPath(t)] = true, true
		sealed, err := o.sealed[i].record(ctx, t, held(t.Name, SealedPath(t)))
		if err != nil {
			return nil, err
		}
		r.add(sealed)
		file, err := o.dir.Read(PinsPath(t))
		if err != nil {
			return nil, err
		}
		r.add(pinsRecord(t, file, held(t.Name, PinsPath(t))))
	}
	if err := r.strangers(known, held); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.Broken, func(a, b BrokenRecord) int {
		if a.Path != b.Path {
			return strings.Compare(a.Path, b.Path)
		}
		return a.Line - b.Line
	})
	return r, nil
}

func (o *openedFile) record(ctx context.Context, t *definition.Type, held Held) (record, error) {
	r := record{
		path: SealedPath(t), file: o.file, tidy: o.sealed.Tidy, broken: o.sealed.Broken(held),
		renew: func(ctx context.Context) ([]byte, error) { return o.sealed.Renew(ctx, held) },
	}
	for _, f := range o.sealed.Missing(held) {
		r.missing = append(r.missing, fmt.Sprintf("the document %q of model %d", f.Name, f.Model))
	}
	gone, err := o.sealed.Gone(ctx, held)
	r.lacks(gone, "document", held)
	return r, err
}

func pinsRecord(t *definition.Type, file []byte, held Held) record {
	pins := ReadPins(t, file)
	r := record{
		path: PinsPath(t), file: file, tidy: pins.Tidy, broken: pins.Broken(held),
		renew: func(context.Context) ([]byte, error) { return pins.Renew(held), nil },
	}
	r.lacks(pins.Gone(held), "pin", held)
	return r
}

func (r *record) lacks(n int, thing string, held Held) {
	if n > 0 {
		r.gone = fmt.Sprintf("it lacks %s of a released model that %q has", phrase.Count(n, thing), held.Branch)
	}
}

// add takes a file in, with the lines that are broken and must stay, and what
// is gone.
func (r *Records) add(file record) {
	r.files = append(r.files, file)
	path := r.dir.Name + "/" + file.path
	for _, b := range file.broken {
		if b.Keep != Renewable {
			r.Broken = append(r.Broken, BrokenRecord{path, b.Number, b.Err.Error(), b.Keep})
		}
	}
	if file.gone != "" {
		r.Broken = append(r.Broken, BrokenRecord{path, 0, file.gone, Released})
	}
}

// strangers looks at the files that belong to no type. What may have shipped
// needs its type.
func (r *Records) strangers(known map[string]bool, held func(typ, path string) Held) error {
	for _, folder := range []string{"sealed", "pins"} {
		entries, err := os.ReadDir(filepath.Join(r.dir.Path, folder))
		if err != nil {
			continue // there are none yet
		}
		for _, entry := range entries {
			path := folder + "/" + entry.Name()
			if !strings.HasSuffix(path, ".jsonl") || known[path] || !entry.Type().IsRegular() {
				continue
			}
			file, err := r.dir.Read(path)
			if err != nil {
				return err
			}
			held := held("", path)
			if reason := held.KeepsAny(file); reason != Renewable {
				text := "no spec declares its type; a type that is gone stays in the specs as retired"
				r.Broken = append(r.Broken, BrokenRecord{r.dir.Name + "/" + path, 0, text, reason})
			} else {
				r.abandoned[path] = true
			}
		}
	}
	return nil
}

// Add puts the records into the tree, as they should be. It is for records of
// which nothing is broken.
func (r *Records) Add(ctx context.Context, tree files.Tree) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range r.files {
		f := &r.files[i]
		group.Go(func() error {
			file, err := f.renew(ctx)
			mu.Lock()
			defer mu.Unlock()
			if len(file) > 0 {
				tree[f.path] = file
			} else {
				r.abandoned[f.path] = true
			}
			return err
		})
	}
	return group.Wait()
}

// Abandoned reports whether a file, by its path in the golden directory, is of a
// type that is gone and never shipped.
func (r *Records) Abandoned(path string) bool { return r.abandoned[path] }

// States puts the records into the tree as they are, and returns how they differ
// from what Add makes of them, sorted by path.
func (r *Records) States(tree files.Tree) []FileState {
	var states []FileState
	for i := range r.files {
		f := &r.files[i]
		if len(f.file) > 0 {
			tree[f.path] = f.file
		}
		states = append(states, r.statesOf(f)...)
	}
	for _, b := range r.Broken {
		states = append(states, FileState{b.Path, BrokenFile, b.detail()})
	}
	for path := range r.abandoned {
		states = append(states, FileState{r.dir.Name + "/" + path, files.Orphaned, "no spec declares its type, and no release has it"})
	}
	slices.SortStableFunc(states, func(a, b FileState) int { return strings.Compare(a.Path, b.Path) })
	return states
}

func (r *Records) statesOf(f *record) []FileState {
	var states []FileState
	path := r.dir.Name + "/" + f.path
	if !f.tidy {
		states = append(states, FileState{path, files.Stale, "conflict markers, repeated lines or white space"})
	}
	for _, b := range f.broken {
		if b.Keep == Renewable {
			states = append(states, FileState{path, files.Stale, fmt.Sprintf("line %d: %v; no release has its model", b.Number, b.Err)})
		}
	}
	if slices.ContainsFunc(r.Broken, func(b BrokenRecord) bool { return b.Path == path }) {
		return states // Add adds nothing before that is mended
	}
	for _, what := range f.missing {
		states = append(states, FileState{path, files.Missing, what})
	}
	return states
}

func (b *BrokenRecord) detail() string {
	if b.Line == 0 {
		return b.Text
	}
	return fmt.Sprintf("line %d: %s", b.Line, b.Text)
}
