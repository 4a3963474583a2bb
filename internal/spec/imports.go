package spec

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/definition"
)

// imports are the packages that the specs import, apart from CUE's standard
// library. A set belongs to one worker: CUE writes to packages while it builds
// them.
type imports struct {
	byPath map[string]*build.Instance
	errs   map[string]string // what is wrong with those that cannot be imported
	eso    *build.Instance
	theirs bool // the project provides an eso package, and it differs from the embedded one
}

// imports loads what the files import. The eso package is the project's where
// its cue.mod provides one, and else the embedded one, so that a project needs
// no cue.mod. It is relaxed on demand.
func (p *pkg) imports(relaxed bool) *imports {
	set := &imports{byPath: map[string]*build.Instance{}, errs: map[string]string{}}
	for _, name := range p.importPaths() {
		if canonical(name) == eso.ImportPath {
			set.addEso(p, name)
			continue
		}
		if !p.inModule {
			set.errs[name] = "the project has no cue.mod/module.cue, so only the standard library and " + eso.ImportPath + " can be imported"
			continue
		}
		instance, _ := p.load(name)
		if err := instanceError(instance); err != nil {
			set.errs[name] = p.clean(err)
			continue
		}
		set.byPath[name] = instance
	}
	if set.eso == nil {
		set.eso = embedded()
	}
	if set.eso.CanonicalID == "" {
		set.eso.CanonicalID = eso.ImportPath
	}
	if relaxed {
		relax(set.eso)
	}
	return set
}

// completeOverlay takes all of the module where the specs import packages other
// than eso: they may be anywhere in it.
func (p *pkg) completeOverlay() error {
	if p.overlay == nil || p.overlay.module == "" {
		return nil
	}
	if !slices.ContainsFunc(p.importPaths(), func(name string) bool { return canonical(name) != eso.ImportPath }) {
		return nil
	}
	if err := p.overlay.tree(p.overlay.module); err != nil {
		return fmt.Errorf("read what the specs import: %w", err)
	}
	return nil
}

// importPaths lists what is imported from outside of the standard library,
// whose paths have no dot in the first element.
func (p *pkg) importPaths() []string {
	paths := map[string]bool{}
	for _, f := range p.files {
		for _, i := range importsOf(f.syntax) {
			if first, _, _ := strings.Cut(i.path, "/"); strings.Contains(first, ".") {
				paths[i.path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// canonical returns the one spelling of an import path of the eso package,
// which may be written with a major version and a qualifier. Others it leaves
// alone.
func canonical(name string) string {
	if ast.ParseImportPath(name).Path == eso.ImportPath {
		return eso.ImportPath
	}
	return name
}

func (set *imports) addEso(p *pkg, name string) {
	if set.eso == nil && p.inModule {
		instance, texts := p.load(name)
		switch {
		case len(texts) == 0: // not provided
		case instanceError(instance) != nil:
			set.errs[name] = p.clean(instanceError(instance))
		default:
			set.eso, set.theirs = instance, !isOurs(texts)
		}
	}
	if set.eso == nil {
		set.eso = embedded()
	}
	set.byPath[eso.ImportPath] = set.eso
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

// failed tells whether a message of CUE's is about an import that is known to
// have failed.
func (set *imports) failed(message string) bool {
	for name := range set.errs {
		if strings.Contains(message, quoted(name)) {
			return true
		}
	}
	return false
}

// load loads one package by its import path, and returns what its files say.
func (p *pkg) load(name string) (*build.Instance, map[string][]byte) {
	var mu sync.Mutex
	texts := map[string][]byte{}
	config := p.config
	config.ParseFile = func(file string, src any, c parser.Config) (*ast.File, error) {
		if text, ok := src.([]byte); ok {
			mu.Lock()
			texts[file] = text
			mu.Unlock()
		}
		return parser.ParseFile(file, src, c)
	}
	instances := load.Instances([]string{name}, &config)
	if len(instances) != 1 {
		return &build.Instance{}, nil
	}
	// Only the package's own files count, not those of what it imports.
	own := map[string][]byte{}
	for _, f := range slices.Concat(instances[0].BuildFiles, instances[0].InvalidFiles) {
		own[path.Base(strings.ReplaceAll(f.Filename, "\\", "/"))] = texts[f.Filename]
	}
	return instances[0], own
}

func isOurs(texts map[string][]byte) bool {
	return maps.EqualFunc(texts, eso.Files(), func(a, b []byte) bool { return string(a) == string(b) })
}

// embedded builds the embedded eso package.
func embedded() *build.Instance {
	instance := build.NewContext().NewInstance("", nil)
	files := eso.Files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		syntax, err := parser.ParseFile(path.Join(eso.ModulePackage, name), files[name], parser.ParseComments)
		if err != nil {
			panic(err) // it is embedded, and a test reads it
		}
		if err := instance.AddSyntax(syntax); err != nil {
			panic(err)
		}
	}
	instance.ImportPath = eso.ImportPath
	if err := instance.Complete(); err != nil {
		panic(err)
	}
	return instance
}

// marker is the hidden field of eso.#Type by which a type is known.
const marker = "_savedObject"

// relax makes the eso package its permissive twin: #Type keeps nothing but the
// marker. What a type may say is checked here, in words about the spec; CUE
// would say it in words about the schema, and hide one mistake behind another.
// It also evaluates faster.
func relax(instance *build.Instance) {
	for _, f := range instance.Files {
		for _, d := range f.Decls {
			field, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			if l, known, _ := fieldLabel(field); known && l == identLabel("#Type") {
				field.Value = ast.NewStruct(&ast.Field{Label: ast.NewIdent(marker), Value: ast.NewBool(true)}, &ast.Ellipsis{})
			}
		}
	}
}

// markerPath is where the marker of types is.
func (set *imports) markerPath() cue.Path {
	return cue.MakePath(cue.Hid(marker, set.eso.ID()))
}

// loader resolves the import paths of a unit.
func (set *imports) loader(_ token.Pos, name string) *build.Instance {
	return set.byPath[name]
}

// esoPatterns tells the types of the embedded eso package by their patterns,
// for values of which only the evaluated form is known.
var esoPatterns = sync.OnceValue(func() map[string]definition.Kind {
	patterns := map[string]definition.Kind{}
	for _, f := range embedded().Files {
		for _, d := range f.Decls {
			field, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			bound, ok := field.Value.(*ast.UnaryExpr)
			if !ok || bound.Op != token.MAT {
				continue
			}
			if lit, ok := bound.X.(*ast.BasicLit); ok {
				if text, err := literal.Unquote(lit.Value); err == nil {
					l, _, _ := fieldLabel(field)
					patterns[text] = esoKinds[l.name]
				}
			}
		}
	}
	return patterns
})
