package baseline

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"testing/fstest"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

// tree is what a commit holds of a project.
type tree struct {
	ids   map[string]string // of the files, by path
	files fstest.MapFS      // those that were read. Despite its place, MapFS is a map of files and no more
}

// at reads the definitions of a commit, and returns its golden directory, too.
func (l *loader) at(ctx context.Context, repo *repository, baseline, id string) ([]*definition.Type, fs.FS, error) {
	specs, golden, err := l.places()
	if err != nil {
		return nil, nil, err
	}
	specsIn, err := repo.inRepository(specs)
	if err == nil {
		golden, err = repo.inRepository(golden)
	}
	if err != nil {
		return nil, nil, gitTrouble(ctx, baseline, err)
	}
	t := l.trees[id]
	if t == nil {
		if t, err = repo.tree(ctx, id); err == nil {
			err = repo.read(ctx, t, func(name string) bool { return below(golden, name) })
		}
		if err != nil {
			return nil, nil, gitTrouble(ctx, baseline, err)
		}
		l.trees[id] = t
	}
	goldenFiles, err := fs.Sub(t.files, golden)
	if err != nil {
		return nil, nil, err
	}
	place := place{
		baseline: baseline, golden: goldenFiles, goldenName: golden, specsName: specsIn,
		load: spec.Options{Root: repo.within, Dir: slashed(specs), FS: t.files},
	}
	if !t.hasDefinitions(golden) {
		if err := repo.read(ctx, t, func(name string) bool { return cueSees(specsIn, name) }); err != nil {
			return nil, nil, gitTrouble(ctx, baseline, err)
		}
	}
	types, err := l.read(ctx, place)
	return types, goldenFiles, err
}

func (t *tree) hasDefinitions(golden string) bool {
	for name := range t.files {
		if below(path.Join(golden, "definitions"), name) {
			return true
		}
	}
	return false
}

// hasSpecs reports whether the commit has specs, be they good or bad.
func (t *tree) hasSpecs(specs string) bool {
	for name := range t.ids {
		if path.Ext(name) == ".cue" && path.Dir(name) == specs {
			return true
		}
	}
	return false
}

// below reports whether a path leads into a directory.
func below(dir, name string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }

// cueSees reports whether CUE may look at a file when it loads the specs of a
// directory: those in it, those of the same package above it, and the modules
// above it.
func cueSees(specs, name string) bool {
	if path.Ext(name) != ".cue" {
		return false
	}
	dir := path.Dir(name)
	if module, _, ok := strings.Cut("/"+name, "/cue.mod/"); ok {
		dir = strings.TrimPrefix(module, "/")
	}
	return dir == "" || dir == "." || dir == specs || strings.HasPrefix(specs, dir+"/")
}

// tree lists the files of a commit, wherever git was started.
func (r *repository) tree(ctx context.Context, id string) (*tree, error) {
	out, err := r.git(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", id)
	if err != nil {
		return nil, err
	}
	t := &tree{ids: map[string]string{}, files: fstest.MapFS{}}
	for line := range strings.SplitSeq(string(out), "\x00") {
		// "100644 blob ID<tab>PATH". Symbolic links (120000) and submodules
		// (commit) are no files.
		head, name, _ := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		if len(fields) == 3 && strings.HasPrefix(fields[0], "100") && fields[1] == "blob" && fs.ValidPath(name) {
			t.ids[name] = fields[2]
		}
	}
	return t, nil
}

// read reads the files that are wanted, in one run of git.
func (r *repository) read(ctx context.Context, t *tree, wanted func(name string) bool) error {
	var names []string
	var ids bytes.Buffer
	for name, id := range t.ids {
		if t.files[name] == nil && wanted(name) {
			names = append(names, name)
			ids.WriteString(id + "\n")
		}
	}
	if len(names) == 0 {
		return nil
	}
	out, err := r.git(ctx, &ids, "cat-file", "--batch")
	if failed, ok := errors.AsType[*gitError](err); ok && strings.Contains(failed.said, "promisor") {
		return errPartial()
	}
	if err != nil {
		return err
	}
	objects := bufio.NewReader(bytes.NewReader(out))
	for _, name := range names {
		content, err := nextObject(objects)
		if err != nil {
			return err
		}
		t.files[name] = &fstest.MapFile{Data: content, Mode: 0o444}
	}
	return nil
}

// nextObject reads what "git cat-file --batch" prints for one object: "ID blob
// SIZE", the content, and the end of the line; or "ID missing"
// (https://git-scm.com/docs/git-cat-file#_batch_output).
func nextObject(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("git cat-file ended early: %w", err)
	}
	fields := strings.Fields(line)
	if len(fields) == 2 && fields[1] == "missing" {
		return nil, errPartial()
	}
	if len(fields) != 3 || fields[1] != "blob" {
		return nil, fmt.Errorf("git cat-file answered %q", strings.TrimSpace(line))
	}
	size, err := strconv.Atoi(fields[2])
	if err != nil || size < 0 || size > maxObject {
		return nil, fmt.Errorf("git cat-file answered %q", strings.TrimSpace(line))
	}
	content := make([]byte, size+1)
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, fmt.Errorf("git cat-file ended early: %w", err)
	}
	return content[:size], nil
}

// maxObject bounds a file of a commit. Specs have lower limits of their own.
const maxObject = 1 << 30

// errPartial says that the clone left objects out, which git would get from
// the network; esogen does not go there.
func errPartial() error {
	return &Error{Message: "the clone is partial, and objects of the commit are not in it",
		Hint: `run "git fetch --refetch --no-filter", or clone without --filter`}
}
