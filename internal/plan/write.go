package plan

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/spec"
)

// Specs says where the specs are that a plan is for.
type Specs struct {
	Root string // the project directory
	Dir  string // the directory of the specs, relative to Root unless it is absolute
}

// EditError says that a release of a plan cannot be written as an edit of the
// specs.
type EditError struct {
	Release int
	Type    string // or ""
	Message string
}

func (e *EditError) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("release %d cannot be written as an edit of the specs: %s", e.Release, e.Message)
	}
	return fmt.Sprintf("release %d cannot be written as an edit of the specs: type %q: %s", e.Release, e.Type, e.Message)
}

// Directory is what the specs of release number i are put into: its number and
// what it does, "1-announce" or "2-write".
func (p *Plan) Directory(i int) string {
	announces, writes, adds := false, false, false
	for k := range p.Types {
		now, before := p.Types[k].Stage(i), (*definition.Type)(nil)
		if now == nil {
			continue
		}
		if before = p.Types[k].Before(i); before == nil {
			adds = true
			continue
		}
		announces = announces || len(now.Type.Models) > max(len(before.Models), now.Type.Write)
		writes = writes || now.Type.Write > before.Write
	}
	name := "change"
	switch {
	case announces && writes:
		name = "announce-and-write"
	case announces:
		name = "announce"
	case writes:
		name = "write"
	case adds:
		name = "add"
	}
	return strconv.Itoa(i) + "-" + name
}

// Files returns the specs of every release of a plan, by their paths below the
// directory that they are to be put into: "1-announce/specs/token.cue". The
// last release has the current specs, unless a removal was moved; the others
// have them with the edits that they need. Each is loaded again before it is returned, in the place of
// the specs, and must give the definitions of the plan; where it does not, the
// error is an *EditError.
func (p *Plan) Files(ctx context.Context, s Specs) (files.Tree, error) {
	o, err := s.open()
	if err != nil {
		return nil, err
	}
	texts, err := o.read()
	if err != nil {
		return nil, err
	}
	tree := files.Tree{}
	for i := 1; i <= p.Releases(); i++ {
		stage := texts
		if i < p.Releases() || p.moves() {
			if stage, err = p.edit(i, texts); err != nil {
				return nil, err
			}
		}
		if err := p.verify(ctx, i, o, stage); err != nil {
			return nil, err
		}
		for name, text := range stage {
			tree[path.Join(p.Directory(i), o.shown, name)] = text
		}
	}
	return tree, nil
}

// edit returns the specs as release number i has them.
func (p *Plan) edit(i int, texts map[string][]byte) (map[string][]byte, error) {
	moved, err := editAll(texts, func(sources []*source) {
		for k := range p.Types {
			if way := &p.Types[k]; len(way.Moved) > 0 {
				way.moveRemovals(sources)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return editAll(moved, func(sources []*source) {
		for k := range p.Types {
			way := &p.Types[k]
			if stage := way.Stage(i); stage != nil {
				retreat(sources, way.Stages[len(way.Stages)-1].Type, stage.Type)
			}
		}
	})
}

// moves reports whether the plan removes an attribute later than the specs.
func (p *Plan) moves() bool {
	return slices.ContainsFunc(p.Types, func(t Type) bool { return len(t.Moved) > 0 })
}

// editAll edits files, by name.
func editAll(texts map[string][]byte, change func([]*source)) (map[string][]byte, error) {
	var sources []*source
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		s, err := parseSource(name, texts[name])
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	change(sources)
	out := map[string][]byte{}
	for _, s := range sources {
		out[s.name] = s.apply()
	}
	return out, nil
}

// retreat edits the declaration of a type back to a stage on the way to it.
func retreat(sources []*source, target, stage *definition.Type) {
	if len(stage.Models) < len(target.Models) {
		takeModels(sources, target.Label, len(stage.Models))
	}
	for _, setting := range differing(stage, target) {
		set(sources, target.Label, setting.key, setting.value)
	}
}

// verify loads the specs of a release, and compares them with the plan.
func (p *Plan) verify(ctx context.Context, i int, o *opened, texts map[string][]byte) error {
	in := &edited{o.fsys, map[string][]byte{}}
	for name, text := range texts {
		in.texts[path.Join(o.dir, name)] = text
	}
	specs, err := spec.Load(ctx, spec.Options{Root: ".", Dir: o.dir, FS: in})
	if err != nil {
		return err
	}
	for _, d := range specs.Diagnostics {
		if d.Severity == definition.Error {
			return &EditError{i, d.Type, d.String()}
		}
	}
	want := p.Release(i)
	for k, t := range want {
		if k >= len(specs.Types) || specs.Types[k].Name != t.Name {
			return &EditError{i, t.Name, "the edit loses the type"}
		}
		same, err := equal(t, specs.Types[k])
		if err != nil {
			return err
		}
		if !same {
			return &EditError{i, t.Name, "its declaration is not one that write, oldest and the like can be changed in by an edit; write this release by hand"}
		}
	}
	if len(specs.Types) > len(want) {
		return &EditError{i, specs.Types[len(want)].Name, "the edit adds a type"}
	}
	return nil
}

// opened is a directory of specs, as a path within a file system that begins
// where CUE begins to look: at the module, or at the project.
type opened struct {
	fsys  fs.FS
	dir   string
	shown string // what the directory is called below that of a release
}

func (s Specs) open() (*opened, error) {
	dir := s.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.Root, dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	o := &opened{shown: filepath.Base(dir)}
	if root, err := filepath.Abs(s.Root); err == nil {
		if inside, err := filepath.Rel(root, dir); err == nil && filepath.IsLocal(inside) && inside != "." {
			o.shown = filepath.ToSlash(inside)
		}
	}
	top := dir
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, "cue.mod")); err == nil && info.IsDir() {
			top = at
			break
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	inside, err := filepath.Rel(top, dir)
	if err != nil {
		return nil, err
	}
	o.fsys, o.dir = os.DirFS(top), filepath.ToSlash(inside)
	return o, nil
}

// read returns the CUE files of the directory, by name.
func (o *opened) read() (map[string][]byte, error) {
	entries, err := fs.ReadDir(o.fsys, o.dir)
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".cue") {
			continue
		}
		if texts[entry.Name()], err = fs.ReadFile(o.fsys, path.Join(o.dir, entry.Name())); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// edited is a file system some of whose files have other contents.
type edited struct {
	fs.FS
	texts map[string][]byte
}

// ReadFile is what the loader reads files with.
func (e *edited) ReadFile(name string) ([]byte, error) {
	if text, ok := e.texts[name]; ok {
		return slices.Clone(text), nil
	}
	return fs.ReadFile(e.FS, name)
}

// quote writes a string of CUE.
func quote(s string) string { return literal.String.Quote(s) }

// quoteLabel writes the label of a field.
func quoteLabel(name string) string {
	if ast.IsValidIdent(name) && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "#") {
		return name
	}
	return quote(name)
}
