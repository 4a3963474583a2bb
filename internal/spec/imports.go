package spec

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/definition"
)

// imports are the packages that the specs import, apart from CUE's standard
// library. A set belongs to one worker: CUE writes to packages while it builds
// them.
type imports struct {
	byPath map[string]*build.Instance
	errs   map[string]string // what is wrong with those that cannot be imported
	eso    *build.Instance
}

// packages are the packages that specs use, by the names under which files that
// do not import them may mean them.
var packages = map[string]string{
	"eso":     schema.ImportPath,
	"list":    "list",
	"math":    "math",
	"net":     "net",
	"regexp":  "regexp",
	"strings": "strings",
	"struct":  "struct",
	"time":    "time",
}

// meantPackage returns the import path of the package that a wrong import path
// most likely means, or "".
func meantPackage(wrong string) string {
	base := path.Base(ast.ParseImportPath(wrong).Path)
	switch {
	case canonical(wrong) == schema.ImportPath, packages[wrong] == wrong:
		return ""
	case base == "eso", strings.Contains(wrong, "esogen"):
		return schema.ImportPath
	case strings.Contains(wrong, "."):
		return ""
	}
	return packages[definition.Nearest(base, slices.Sorted(maps.Keys(packages)))]
}

func didYouMean(path, otherwise string) string {
	if path == "" {
		return otherwise
	}
	return fmt.Sprintf("did you mean %q?", path)
}

// settleImports prepares what imports needs, once for all workers. The eso
// package is the project's where its module provides one, and else the
// embedded one, so that a project needs no cue.mod. Where there is a module
// without it, the embedded one is laid under its cue.mod, so that other
// packages of the module find it too.
func (p *pkg) settleImports() error {
	if !p.inModule {
		return nil
	}
	others := slices.ContainsFunc(p.importPaths(), func(name string) bool { return name != schema.ImportPath })
	if p.overlay != nil && others {
		// They may be anywhere in the module.
		if err := p.overlay.tree(p.overlay.module); err != nil {
			return fmt.Errorf("read what the specs import: %w", err)
		}
	}
	instances, texts := p.load(schema.ImportPath)
	if len(texts) > 0 {
		p.theirs = instanceError(instances[0]) == nil && !isOurs(texts)
		return nil
	}
	laid := maps.Clone(p.config.Overlay)
	if laid == nil {
		laid = map[string]load.Source{}
	}
	for name, text := range schema.Files() {
		laid[filepath.Join(p.moduleRoot, filepath.FromSlash(schema.ModulePackage), name)] = load.FromBytes(text)
	}
	p.config.Overlay = laid
	return nil
}

// imports loads what the files import. The eso package is relaxed on demand.
func (p *pkg) imports(permissive bool) *imports {
	set := &imports{byPath: map[string]*build.Instance{}, errs: map[string]string{}}
	paths := p.importPaths()
	if p.inModule {
		instances, _ := p.load(paths...)
		for i, name := range paths {
			if err := instanceError(instances[i]); err != nil {
				set.errs[name] = unwrapped(p.clean(err))
			} else {
				set.byPath[name] = instances[i]
			}
		}
	} else {
		for _, name := range paths {
			if name != schema.ImportPath {
				set.errs[name] = "the project has no cue.mod/module.cue, so only the standard library and " + schema.ImportPath + " can be imported"
			}
		}
	}
	if set.byPath[schema.ImportPath] == nil {
		set.byPath[schema.ImportPath] = embedded()
	}
	set.eso = set.byPath[schema.ImportPath]
	if set.eso.CanonicalID == "" {
		set.eso.CanonicalID = schema.ImportPath
	}
	if permissive {
		relax(set.eso)
		for _, instance := range set.byPath {
			for _, imported := range instance.Dependencies() {
				if isEso(imported) {
					relax(imported)
				}
			}
		}
	}
	return set
}

// importPaths lists what is imported from outside of the standard library,
// whose paths have no dot in the first element. The eso package is always
// among it.
func (p *pkg) importPaths() []string {
	paths := map[string]bool{schema.ImportPath: true}
	for _, f := range p.syntax {
		for _, i := range importsOf(f) {
			if !standard(i.path) && i.path != "" {
				paths[canonical(i.path)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// canonical returns the one spelling of an import path of the eso package,
// which may be written with a major version and a qualifier. Others it leaves
// alone.
func canonical(name string) string {
	if ast.ParseImportPath(name).Path == schema.ImportPath {
		return schema.ImportPath
	}
	return name
}

// isEso reports whether a package is the eso package. There may be several of it:
// one for the specs, and one for the packages that they import.
func isEso(i *build.Instance) bool {
	return i != nil && canonical(i.ImportPath) == schema.ImportPath
}

func instanceError(i *build.Instance) error {
	switch {
	case i.Err != nil:
		return i.Err
	case len(i.DepsErrors) > 0:
		return i.DepsErrors[0]
	}
	return nil
}

// unwrapped leaves out how CUE's loader came to a file that it cannot read.
func unwrapped(message string) string {
	if _, why, ok := strings.Cut(message, "cannot read "); ok {
		if _, said, ok := strings.Cut(why, ": "); ok {
			return said
		}
	}
	return message
}

// failed reports whether a message of CUE's is about an import that is known to
// have failed.
func (set *imports) failed(message string) bool {
	for name := range set.errs {
		if strings.Contains(message, quoted(name)) {
			return true
		}
	}
	return false
}

// load loads packages by their import paths. It returns them in order, and what
// the files of the first one say, by name.
func (p *pkg) load(paths ...string) ([]*build.Instance, map[string][]byte) {
	var mu sync.Mutex
	texts := map[string][]byte{}
	config := p.config
	config.ParseFile = func(file string, src any, c parser.Config) (*ast.File, error) {
		if text, ok := src.([]byte); ok {
			mu.Lock()
			texts[file] = text
			mu.Unlock()
			if bad := p.unreadable(file, text); bad != nil {
				return nil, fmt.Errorf("%s:%w", p.relative(file), bad)
			}
		}
		return parser.ParseFile(file, src, c)
	}
	instances := load.Instances(paths, &config)
	for len(instances) < len(paths) {
		failed := &build.Instance{Err: errors.Newf(token.NoPos, "the package cannot be found")}
		if len(instances) > 0 && instances[0].Err != nil {
			failed.Err = instances[0].Err
		}
		instances = append(instances, failed)
	}
	own := map[string][]byte{}
	for _, f := range slices.Concat(instances[0].BuildFiles, instances[0].InvalidFiles) {
		own[filepath.Base(f.Filename)] = texts[f.Filename]
	}
	return instances, own
}

func isOurs(texts map[string][]byte) bool {
	return maps.EqualFunc(texts, schema.Files(), func(a, b []byte) bool { return string(a) == string(b) })
}

// loader resolves the import paths of a unit.
func (set *imports) loader(_ token.Pos, name string) *build.Instance {
	return set.byPath[name]
}
