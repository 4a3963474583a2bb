package baseline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/definition"
)

// LedgerPath is where the ledger lies in the golden directory: a file per
// release.
const LedgerPath = "releases"

// EntryPath returns where a release is recorded, relative to the golden
// directory, with slashes.
func EntryPath(name string) string { return LedgerPath + "/" + name + ".json" }

// Entry is a release of the ledger.
type Entry struct {
	Release
	Number    int    // later releases have higher ones; two branches may have given the same
	Supported bool   // customers still upgrade from it
	Reason    string // why it was withdrawn; "" if it was not

	content content
}

// Next returns the number of the release that comes after these.
func Next(entries []Entry) int {
	if len(entries) == 0 {
		return 1
	}
	return entries[len(entries)-1].Number + 1
}

// releaseName is what an exception may name as its end; a date there is a date.
var (
	releaseName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$`)
	date        = regexp.MustCompile(`^[0-9]+-[0-9]+-[0-9]+$`)
)

// CheckName returns why a name cannot be that of a release, as an *Error, or
// nil. A name that passes is the name of a file on every system.
func CheckName(name string) error {
	failed := func(message, hint string) error { return &Error{"release:" + name, message, hint} }
	switch {
	case !releaseName.MatchString(name):
		return failed(fmt.Sprintf("%q is not the name of a release", name),
			`write letters, digits, ".", "_", "+" and "-", at most 128, beginning with a letter or a digit: v1.4`)
	case date.MatchString(name):
		return failed(fmt.Sprintf("%q looks like a date, and an exception that ends with a release could not name it", name), "write v"+name)
	case definition.FileName(name) != name:
		return failed(fmt.Sprintf("%q is a device on Windows, and the ledger has a file of that name", name), "write v"+name)
	}
	return nil
}

// CheckNew returns why a release cannot be recorded under that name, as an
// *Error, or nil. File systems that ignore case have room for v1 or V1.
func CheckNew(ledger []Entry, name string) error {
	if i := slices.IndexFunc(ledger, func(e Entry) bool { return strings.EqualFold(e.Name, name) }); i >= 0 {
		return &Error{"release:" + name, fmt.Sprintf("the release %q is recorded already, as number %d", ledger[i].Name, ledger[i].Number),
			"what a release shipped never changes; give the new one another name"}
	}
	return nil
}

// ledger reads the ledger of the project, oldest first.
func (l *loader) ledger(ctx context.Context) ([]Entry, error) {
	if l.entries != nil {
		return l.entries, nil
	}
	entries, err := l.types.ledger(ctx, l.goldenFiles())
	if err != nil && !l.strict && (errors.Is(err, errMissing) || errors.Is(err, fs.ErrNotExist)) {
		entries, err = l.restored(ctx, err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		hint := "entries of the ledger are never changed; take the file as it was committed"
		switch {
		case errors.Is(err, errNewer):
			hint = "a newer esogen wrote it: take that one"
		case errors.Is(err, errConflict):
			hint = "entries of the ledger are never changed: take the file as either branch has it"
		case errors.Is(err, errMissing), errors.Is(err, fs.ErrNotExist):
			hint = "take it from where it was committed; the ledger is only ever added to"
		}
		return nil, &Error{Message: fmt.Sprintf("the ledger: %s/%s", filepath.ToSlash(filepath.Clean(l.Golden)), err), Hint: hint}
	}
	l.entries = entries
	return entries, nil
}

// restored reads a ledger that lacks files which others build on, with these as
// the merge base has them: what a change takes away from the ledger is a finding
// of check, and no reason not to look for others. Without a merge base that has
// them it returns the failure.
func (l *loader) restored(ctx context.Context, failure error) ([]Entry, error) {
	_, base, err := l.mergeBase(ctx)
	if err != nil || base == nil {
		return nil, failure
	}
	entries, err := l.types.ledger(ctx, filled{l.goldenFiles(), base})
	if err != nil {
		return nil, failure
	}
	return entries, nil
}

// filled is a directory that reads files it lacks from another one.
// It lists only what it has itself.
type filled struct {
	fs.FS
	from fs.FS
}

func (f filled) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS, name) }

func (f filled) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(f.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ReadFile(f.from, name)
	}
	return data, err
}

// goldenFiles is the golden directory of the project.
func (l *loader) goldenFiles() fs.FS {
	if filepath.IsAbs(l.Golden) {
		return os.DirFS(l.Golden)
	}
	return os.DirFS(filepath.Join(l.Root, l.Golden))
}

// recordedNames lists the releases of the ledger without reading them: the file
// of a release has its name.
func (l *loader) recordedNames() ([]string, error) {
	found, err := entryFiles(l.goldenFiles())
	if err != nil {
		return nil, &Error{Message: "the ledger is left out: " + err.Error()}
	}
	var names []string
	for _, file := range found {
		names = append(names, strings.TrimSuffix(file.Name(), ".json"))
	}
	return names, nil
}

// entryFiles lists the files of a ledger.
func entryFiles(dir fs.FS) ([]fs.DirEntry, error) {
	found, err := fs.ReadDir(dir, LedgerPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", LedgerPath, plainly(err))
	}
	return slices.DeleteFunc(found, func(e fs.DirEntry) bool { return e.IsDir() || path.Ext(e.Name()) != ".json" }), nil
}

// errMissing means that the ledger names a release that it does not have.
var errMissing = errors.New("which the ledger does not have")

// ledger reads the files on all processors.
func (p parsed) ledger(ctx context.Context, dir fs.FS) ([]Entry, error) {
	found, err := entryFiles(dir)
	if err != nil {
		return nil, err
	}
	files := make([]written, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range found {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			name := path.Join(LedgerPath, file.Name())
			data, err := fs.ReadFile(dir, name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, plainly(err))
			}
			files[i], err = p.entry(file.Name(), data)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	entries, err := p.resolve(dir, files)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Name, b.Name))
	})
	if err := readSupport(dir, entries); err != nil {
		return nil, err
	}
	if err := readWithdrawals(dir, entries); err != nil {
		return nil, err
	}
	assignRoles(entries)
	return entries, nil
}

// assignRoles says which releases are live: the last one that was not
// withdrawn, and those that customers still upgrade from. Where two branches
// each recorded a release, both have the same number. Nothing says which is the
// later one, so both are live until another release follows.
func assignRoles(entries []Entry) {
	last := 0
	for i := range entries {
		if entries[i].Reason == "" {
			last = entries[i].Number
		}
	}
	for i := range entries {
		switch e := &entries[i]; {
		case e.Reason != "":
			e.Role = Withdrawn
		case e.Number == last || e.Supported:
			e.Role = Live
		default:
			e.Role = History
		}
	}
}
