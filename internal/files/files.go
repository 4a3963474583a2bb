// Package files brings a directory to the state that esogen wants it in, or
// says what is missing to that. Both go the same way: everything is made in
// memory first, compared with what is there, and then reported or written.
//
// Nothing outside of the directory is read or written, whatever a path or a
// symbolic link says, and the directory itself lies in the project. Files that are not esogen's are left alone.
package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Tree is the files of a directory by their paths, relative to it, with
// slashes.
type Tree map[string][]byte

// Dir is a directory that esogen writes.
type Dir struct {
	Path string // where it is
	Name string // what messages call it, with slashes: "generated"

	// Root is the project. A Path that lies in it by its name may not leave it
	// through a symbolic link. A Path elsewhere is what the user named, and
	// taken as it is; so is any where Root is "".
	Root string

	// Depth is how many levels of directories below are looked through for
	// orphans.
	Depth int

	// Owned reports whether esogen wrote a file, by its path and the beginning
	// of its content. Only such a file is ever an orphan.
	Owned func(path string, head []byte) bool
}

// Kind is what is wrong with a file.
type Kind string

const (
	Stale    Kind = "stale"    // it has another content
	Missing  Kind = "missing"  // it is not there
	Orphaned Kind = "orphaned" // it is there, esogen wrote it, and no longer would
)

// Change is one file that is not as it should be.
type Change struct {
	Kind     Kind
	Path     string // relative to the directory, with slashes
	Name     string // for messages: with the name of the directory before it
	Old, New []byte
}

// Diff returns the change as a unified diff.
func (c *Change) Diff() string {
	before, after := c.Name, c.Name
	switch c.Kind {
	case Missing:
		before = "/dev/null"
	case Orphaned:
		after = "/dev/null"
	}
	return udiff.Unified(before, after, string(c.Old), string(c.New))
}

// Compare returns what has to change so that the directory has the files of
// the tree, but for line ends, and no other that esogen wrote, sorted by path.
// It changes nothing.
// A directory that is not there is an empty one. It is an error when something
// else than a file stands in the place of a file.
func (d Dir) Compare(ctx context.Context, tree Tree) ([]Change, error) {
	root, err := d.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return d.allMissing(tree)
	}
	if err != nil {
		return nil, d.failed(".", err)
	}
	defer root.Close()

	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		change, err := d.compare(root, name, tree[name])
		if err != nil {
			return nil, err
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	orphans, err := d.orphans(ctx, root, tree)
	if err != nil {
		return nil, err
	}
	changes = append(changes, orphans...)
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}

func (d Dir) allMissing(tree Tree) ([]Change, error) {
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if err := d.local(name); err != nil {
			return nil, err
		}
		changes = append(changes, Change{Missing, name, d.named(name), nil, tree[name]})
	}
	return changes, nil
}

func (d Dir) compare(root *os.Root, name string, want []byte) (*Change, error) {
	if err := d.local(name); err != nil {
		return nil, err
	}
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Change{Missing, name, d.named(name), nil, want}, nil
	case err != nil:
		return nil, d.failed(name, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %s is where a file belongs; move it away", d.named(name), describe(info.Mode()))
	}
	have, err := root.ReadFile(name)
	if err != nil {
		return nil, d.failed(name, err)
	}
	if bytes.Equal(UnixLines(have), UnixLines(want)) {
		return nil, nil
	}
	return &Change{Stale, name, d.named(name), have, want}, nil
}

// orphans returns the files of esogen's that are not in the tree. It follows
// no symbolic links.
func (d Dir) orphans(ctx context.Context, root *os.Root, tree Tree) ([]Change, error) {
	var orphans []Change
	err := fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if entry.IsDir() && name != "." && strings.Count(name, "/") >= d.Depth {
			return fs.SkipDir
		}
		if _, wanted := tree[name]; wanted || !entry.Type().IsRegular() {
			return nil
		}
		head, err := readHead(root, name)
		if err != nil {
			return err
		}
		if d.Owned == nil || !d.Owned(name, head) {
			return nil
		}
		content, err := root.ReadFile(name)
		if err != nil {
			return err
		}
		orphans = append(orphans, Change{Orphaned, name, d.named(name), content, nil})
		return nil
	})
	if err != nil {
		return nil, d.failed("", err)
	}
	return orphans, nil
}

// headSize is how much of a file shows whose it is.
const headSize = 512

func readHead(root *os.Root, name string) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return head[:n], nil
}

// UnixLines undoes what git does to line ends where core.autocrlf is set: a
// checkout with CRLF is judged as one with LF.
func UnixLines(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

// FirstLine returns the first line of a file's beginning, without its end.
func FirstLine(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return string(bytes.TrimSuffix(line, []byte("\r")))
}

// local refuses a path that leads out of the directory.
func (d Dir) local(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\:\x00") {
		return fmt.Errorf("%s: %q is not a path in it", d.Name, name)
	}
	return nil
}

func (d Dir) named(name string) string { return path.Join(d.Name, name) }

// failed puts the place to an error, in the words of the user.
func (d Dir) failed(name string, err error) error {
	var at *fs.PathError
	var move *os.LinkError
	switch {
	case errors.As(err, &at):
		if name == "" {
			name = at.Path
		}
		err = at.Err
	case errors.As(err, &move):
		err = move.Err
	}
	return fmt.Errorf("%s: %w", d.named(name), err)
}

func describe(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	default:
		return "something that is not a file"
	}
}

// open opens the directory, and makes it first where asked to. The operating
// system resolves each step below Root, so that a link which is exchanged
// meanwhile leads nowhere else either.
func (d Dir) open(create bool) (*os.Root, error) {
	within, err := filepath.Rel(d.Root, d.Path)
	if d.Root == "" || err != nil || !filepath.IsLocal(within) {
		if create {
			if err := os.MkdirAll(d.Path, 0o777); err != nil {
				return nil, err
			}
		}
		return os.OpenRoot(d.Path)
	}
	if create {
		if err := os.MkdirAll(d.Root, 0o777); err != nil {
			return nil, err
		}
	}
	project, err := os.OpenRoot(d.Root)
	if err != nil {
		return nil, err
	}
	defer project.Close()
	root, err := openWithin(project, within, create)
	if err != nil && d.leaves() {
		return nil, errors.New("a symbolic link leads out of the project; replace it with a directory, or name the directory itself")
	}
	return root, err
}

func openWithin(project *os.Root, within string, create bool) (*os.Root, error) {
	if create {
		if err := project.MkdirAll(within, 0o777); err != nil {
			return nil, err
		}
	}
	return project.OpenRoot(within)
}

// leaves reports whether a symbolic link is on the way from Root to Path.
// It only chooses the words for an error.
func (d Dir) leaves() bool {
	for at := filepath.Clean(d.Path); at != filepath.Clean(d.Root) && at != filepath.Dir(at); at = filepath.Dir(at) {
		if info, err := os.Lstat(at); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

// Read returns a file of the directory, and nil if there is none. It does
// not leave the directory.
func (d Dir) Read(name string) ([]byte, error) {
	if err := d.local(name); err != nil {
		return nil, err
	}
	root, err := d.open(false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, d.failed(".", err)
	}
	defer root.Close()
	content, err := root.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, d.failed(name, err)
	}
	return content, nil
}
