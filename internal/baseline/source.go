package baseline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

// loader reads baselines of one project. What it has read once it does not
// read again.
type loader struct {
	Options
	types   parsed
	entries []Entry // of the ledger, once it was read
	strict  bool    // takes nothing of the ledger from the merge base
	repo    *repository
	trees   map[string]*tree // by commit
}

func newLoader(o Options) *loader {
	return &loader{Options: o, types: newParsed(), trees: map[string]*tree{}}
}

// release reads one baseline.
func (l *loader) release(ctx context.Context, name string) (Release, error) {
	if ref, ok := strings.CutPrefix(name, "git:"); ok {
		return l.commit(ctx, name, ref)
	}
	if recorded, ok := strings.CutPrefix(name, "release:"); ok {
		return l.recorded(ctx, name, recorded)
	}
	return l.directory(ctx, name)
}

// recorded finds a release in the ledger.
func (l *loader) recorded(ctx context.Context, baseline, name string) (Release, error) {
	entries, err := l.ledger(ctx)
	if err != nil {
		return Release{}, err
	}
	if i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name }); i >= 0 {
		return entries[i].Release, nil
	}
	failed := &Error{Baseline: baseline, Message: fmt.Sprintf("there is no release %q in the ledger", name)}
	if len(entries) == 0 {
		failed.Hint = fmt.Sprintf("the ledger is empty; %q records the first release", "esogen release NAME")
	} else {
		failed.Hint = fmt.Sprintf("the last one is %q; %q shows all", entries[len(entries)-1].Name, "esogen release --list")
	}
	return Release{}, failed
}

// directory reads another project directory.
func (l *loader) directory(ctx context.Context, name string) (Release, error) {
	failed := func(hint, format string, args ...any) (Release, error) {
		return Release{}, &Error{name, fmt.Sprintf("the baseline %q: ", name) + fmt.Sprintf(format, args...), hint}
	}
	if name == "" {
		return Release{}, &Error{"", "a baseline has no name", "write a project directory, git:REF or release:NAME"}
	}
	dir := name
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(l.Root, dir)
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return failed(notDirectory(name), "there is no such directory")
	case err != nil:
		return failed("", "%s", plainly(err))
	case !info.IsDir():
		return failed("name the project directory, the one that holds the specs", "it is not a directory")
	}
	specs, golden, err := l.places()
	if err != nil {
		return Release{}, err
	}
	at := place{
		baseline: name, golden: os.DirFS(filepath.Join(dir, golden)), goldenName: slashed(golden), specsName: slashed(specs),
		load: spec.Options{Root: dir, Dir: specs},
	}
	types, err := l.read(ctx, at)
	return Release{Name: name, Types: types, Source: name}, err
}

// notDirectory guesses what a name that is not a directory was meant to be.
func notDirectory(name string) string {
	return fmt.Sprintf("for a commit write git:%s, for a release of the ledger release:%s", name, name)
}

// places returns where specs and golden files lie, relative to a project.
func (l *loader) places() (specs, golden string, err error) {
	if specs, err = l.relative(l.Specs); err == nil {
		golden, err = l.relative(l.Golden)
	}
	return specs, golden, err
}

func (l *loader) relative(dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		return filepath.Clean(dir), nil
	}
	root, err := filepath.Abs(l.Root)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return "", &Error{Message: fmt.Sprintf("there is no way from the project to %q, so baselines cannot have it in the same place", dir)}
	}
	return rel, nil
}

// place is where the definitions of a baseline may lie.
type place struct {
	baseline              string // as it was given
	golden                fs.FS  // the golden directory
	goldenName, specsName string // for messages
	load                  spec.Options
}

// read reads the golden definitions of a place, or else its specs.
func (l *loader) read(ctx context.Context, at place) ([]*definition.Type, error) {
	types, err := l.types.golden(at.golden)
	if err != nil {
		return nil, at.goldenError(err)
	}
	if len(types) > 0 {
		return types, nil
	}
	specs, err := spec.Load(ctx, at.load)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &Error{at.baseline,
			fmt.Sprintf("the baseline %q has no golden definitions in %q, and its specs cannot be read: %s", at.baseline, at.goldenName, err),
			"name a project directory or a commit that has one of them; --specs and --golden say where they lie in it"}
	case specs.HasErrors():
		return nil, at.broken(specs)
	}
	return specs.Types, nil
}

func (at place) goldenError(err error) error {
	hint := "it is read as it is, and never changed; take it from where it is whole"
	if errors.Is(err, errNewer) {
		hint = "a newer esogen wrote it: take that one"
	}
	return &Error{at.baseline, fmt.Sprintf("the baseline %q: %s/%s", at.baseline, at.goldenName, err), hint}
}

// broken names the first of the errors: they are in files that cannot be
// changed any more.
func (at place) broken(specs *spec.Specs) error {
	var first spec.Diagnostic
	errors := 0
	for _, d := range specs.Diagnostics {
		if d.Severity != definition.Error {
			continue
		}
		if errors++; errors == 1 {
			first = d
		}
	}
	counted := "an error"
	if errors > 1 {
		counted = fmt.Sprintf("%d errors, the first of them", errors)
	}
	return &Error{at.baseline,
		fmt.Sprintf("the specs of the baseline %q have %s at %s: %s [%s]", at.baseline, counted, first.Position, first.Message, first.Rule),
		`a baseline with golden files is read from them instead; "esogen release" keeps definitions in the ledger`}
}

// slashed returns how messages write a path.
func slashed(dir string) string { return filepath.ToSlash(dir) }

// plainly leaves the name of the system call out of an error.
func plainly(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}
