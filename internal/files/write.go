package files

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// Write makes the changes that Compare returned. It writes everything beside
// the files first, and then puts it in their places, so that a run which fails
// leaves the directory as it was, and a reader sees a file either old or new.
// Directories that become empty with an orphan go with it.
func (d Dir) Write(ctx context.Context, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	w, err := d.begin(min(len(changes), runtime.GOMAXPROCS(0)))
	if err != nil {
		return err
	}
	defer w.root.Close()
	err = w.stage(ctx, changes)
	if err == nil {
		err = w.place(changes)
	}
	return errors.Join(err, w.end(err == nil))
}

// writer is one run of Write.
type writer struct {
	Dir
	root    *os.Root
	staging []string // directories within, one per worker, where files are made
	made    []string // directories that were not there, outer ones first
	whole   bool     // the directory itself was not there
}

func (d Dir) begin(workers int) (*writer, error) {
	w := &writer{Dir: d}
	if _, err := os.Stat(d.Path); errors.Is(err, fs.ErrNotExist) {
		w.whole = true
	}
	root, err := d.open(true)
	if err != nil {
		return nil, d.failed(".", err)
	}
	w.root = root
	for range workers {
		name := ".esogen-" + rand.Text()
		if err := root.Mkdir(name, 0o777); err != nil {
			return nil, errors.Join(d.failed(".", err), w.end(false), root.Close())
		}
		w.staging = append(w.staging, name)
	}
	return w, nil
}

// stage makes the directories, and writes the new contents where nobody looks:
// as many files at a time as there are processors, each worker in a directory
// of its own, since file systems let one at a time create a file in one.
func (w *writer) stage(ctx context.Context, changes []Change) error {
	there := "."
	for i := range changes {
		c := &changes[i]
		if err := w.local(c.Path); err != nil {
			return err
		}
		if dir := path.Dir(c.Path); c.Kind == Missing && dir != there {
			if err := w.makeDir(dir); err != nil {
				return w.failed(c.Path, err)
			}
			there = dir
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for worker := range w.staging {
		group.Go(func() error { return w.stageEach(ctx, changes, worker) })
	}
	return group.Wait()
}

// stageEach writes the contents that fall to one worker.
func (w *writer) stageEach(ctx context.Context, changes []Change, worker int) error {
	dir, err := w.root.OpenRoot(w.staging[worker])
	if err != nil {
		return w.failed("", err)
	}
	defer dir.Close()
	for i := worker; i < len(changes); i += len(w.staging) {
		if changes[i].Kind == Orphaned {
			continue
		}
		if err := errors.Join(ctx.Err(), dir.WriteFile(path.Base(w.staged(i)), changes[i].New, 0o666)); err != nil {
			return w.failed(changes[i].Path, err)
		}
	}
	return ctx.Err()
}

// staged is where the content of change i waits.
func (w *writer) staged(i int) string {
	return path.Join(w.staging[i%len(w.staging)], strconv.Itoa(i))
}

// makeDir makes a directory and those above it, and remembers which it made.
func (w *writer) makeDir(name string) error {
	if name == "." {
		return nil
	}
	info, err := w.root.Stat(name)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%q is not a directory", name)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := w.makeDir(path.Dir(name)); err != nil {
		return err
	}
	if err := w.root.Mkdir(name, 0o777); err != nil {
		return err
	}
	w.made = append(w.made, name)
	return nil
}

// place moves the files to their places. Where one fails, it puts back what it
// replaced.
func (w *writer) place(changes []Change) error {
	for i := range changes {
		c := &changes[i]
		var err error
		if c.Kind == Orphaned {
			err = w.root.Remove(c.Path)
		} else {
			err = w.root.Rename(w.staged(i), c.Path)
		}
		if err != nil {
			return errors.Join(w.failed(c.Path, err), w.restore(changes[:i]))
		}
	}
	for i := range changes {
		if changes[i].Kind == Orphaned {
			w.removeEmpty(path.Dir(changes[i].Path))
		}
	}
	return nil
}

func (w *writer) restore(changes []Change) error {
	var failures []error
	for i := range changes {
		c := &changes[i]
		var err error
		if c.Kind == Missing {
			err = w.root.Remove(c.Path)
		} else {
			err = w.root.WriteFile(c.Path, c.Old, 0o666)
		}
		if err != nil {
			failures = append(failures, w.failed(c.Path, fmt.Errorf("could not be put back: %w", err)))
		}
	}
	return errors.Join(failures...)
}

// removeEmpty removes a directory and those above it, as long as they are
// empty.
func (w *writer) removeEmpty(name string) {
	for name != "." && w.root.Remove(name) == nil {
		name = path.Dir(name)
	}
}

// end removes what only this run needed: on failure the new directories too.
func (w *writer) end(done bool) error {
	var err error
	for _, name := range w.staging {
		err = errors.Join(err, w.root.RemoveAll(name))
	}
	if done {
		return err
	}
	for i := len(w.made) - 1; i >= 0; i-- {
		err = errors.Join(err, w.root.Remove(w.made[i]))
	}
	return errors.Join(err, w.removeWhole())
}

func (w *writer) removeWhole() error {
	if !w.whole {
		return nil
	}
	return os.Remove(w.Path)
}
