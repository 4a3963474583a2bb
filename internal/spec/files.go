package spec

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"cuelang.org/go/cue/load"
)

// overlay lays CUE files of an fs.FS over a directory that does not exist, and
// so makes them files of the operating system for CUE's loader. The loader can
// read an fs.FS too, but then cannot resolve imports within it
// (cuelang.org/go v0.17: "cannot get absolute path for FS").
type overlay struct {
	fsys   fs.FS
	at     string // the directory
	module string // the directory in fsys that holds cue.mod, or ""
	files  map[string]load.Source
	texts  map[string][]byte
}

// newOverlay takes the files of a directory, and of those above it that CUE
// may look at: up to the module root, and what its cue.mod holds.
func newOverlay(fsys fs.FS, dir string) (*overlay, error) {
	o := &overlay{
		fsys:  fsys,
		at:    filepath.Join(filepath.VolumeName(os.TempDir())+string(filepath.Separator), ".esogen-no-such-directory"),
		files: map[string]load.Source{},
		texts: map[string][]byte{},
	}
	for d := dir; ; d = path.Dir(d) {
		if err := o.directory(d); err != nil {
			return nil, err
		}
		if info, err := fs.Stat(fsys, path.Join(d, "cue.mod")); err == nil && info.IsDir() {
			o.module = d
			return o, o.tree(path.Join(d, "cue.mod"))
		}
		if d == "." {
			return o, nil
		}
	}
}

// name returns the path that a file or directory has for the loader.
func (o *overlay) name(inside string) string {
	return filepath.Join(o.at, filepath.FromSlash(inside))
}

func (o *overlay) directory(dir string) error {
	entries, err := fs.ReadDir(o.fsys, dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			if err := o.file(path.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *overlay) file(name string) error {
	if !strings.HasSuffix(name, ".cue") {
		return nil
	}
	text, err := fs.ReadFile(o.fsys, name)
	if err != nil {
		return err
	}
	o.files[o.name(name)], o.texts[o.name(name)] = load.FromBytes(text), text
	return nil
}

// tree takes all files below a directory.
func (o *overlay) tree(dir string) error {
	return fs.WalkDir(o.fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		return o.file(name)
	})
}
