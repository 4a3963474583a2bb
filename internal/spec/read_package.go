package spec

import (
	"bytes"
	"cmp"
	"context"
	stderrors "errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// pkg is the package of the specs as it was read: its files, not yet
// evaluated.
type pkg struct {
	config  load.Config
	fsys    fs.FS    // the directory of the specs
	overlay *overlay // where the files are in an fs.FS
	root    string   // the project directory, as CUE spells file names

	moduleRoot string
	inModule   bool // a cue.mod governs the specs
	theirs     bool // the module provides an eso package, and it differs from the embedded one
	limits     limits
	files      []*file        // sorted by name
	belowFiles []string       // CUE files in folders below the specs, with slashes
	missing    map[label]bool // what files declare that CUE leaves out
	syntax     []*ast.File    // of all files that can be parsed, in no order
	problems   []Diagnostic
	index      *index
}

// file is one file of the package.
type file struct {
	path   string // as CUE spells it
	name   string // relative to the project, with slashes
	text   []byte
	config parser.Config
	syntax *ast.File
}

// parse parses the file again, for a worker that needs a tree of its own. It
// succeeded once.
func (f *file) parse() *ast.File {
	syntax, err := parser.ParseFile(f.path, f.text, f.config)
	if err != nil {
		return f.syntax
	}
	return syntax
}

// readable reports whether there is something to evaluate.
func (p *pkg) readable() bool { return p.index != nil }

// position makes a place that CUE reports one of ours. Places outside of the
// spec's own files (the schema, other packages) are unknown.
func (p *pkg) position(pos token.Pos) Position {
	if !pos.IsValid() {
		return Position{}
	}
	at := pos.Position()
	i, found := slices.BinarySearchFunc(p.files, at.Filename, func(f *file, path string) int {
		return strings.Compare(f.path, path)
	})
	if !found {
		return Position{}
	}
	return Position{File: p.files[i].name, Line: at.Line, Column: at.Column}
}

// relative returns a file name of CUE's relative to the project.
func (p *pkg) relative(name string) string {
	if rel, err := filepath.Rel(p.root, name); err == nil {
		name = rel
	}
	return filepath.ToSlash(name)
}

func (p *pkg) problem(at Position, rule, hint, format string, args ...any) {
	p.problems = append(p.problems, Diagnostic{
		Problem:  definition.Problem{Rule: rule, Severity: definition.Error, Message: fmt.Sprintf(format, args...), Hint: hint},
		Position: at,
	})
}

// readPackage reads and parses the files. Where one of them cannot be parsed
// there is nothing to go on with, and the result is not readable.
func readPackage(ctx context.Context, o Options) (*pkg, error) {
	p, dir, err := newPackage(o)
	if err != nil {
		return nil, err
	}
	config := p.config
	config.SkipImports = true
	parsed := newParses(p)
	config.ParseFile = parsed.parse
	instances := load.Instances([]string{"."}, &config)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(instances) != 1 {
		return nil, fmt.Errorf("read specs in %q: CUE finds %d packages", dir, len(instances))
	}
	return p, p.take(dir, instances[0], parsed)
}

// newPackage says where the specs are, and that they are there.
func newPackage(o Options) (*pkg, string, error) {
	dir := o.Dir
	if dir == "" {
		dir = "specs"
	}
	p := &pkg{limits: o.limits.orDefault()}
	if o.FS != nil {
		return p, dir, p.within(o.FS, path.Clean(o.Root), dir)
	}
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, dir, err
	}
	p.root = root
	full := dir
	if !filepath.IsAbs(full) {
		full = filepath.Join(root, full)
	}
	p.config = load.Config{Dir: full}
	if err := mustBeDirectory(dir, func() (fs.FileInfo, error) { return os.Stat(full) }); err != nil {
		return nil, dir, err
	}
	p.fsys = os.DirFS(full)
	return p, dir, p.someFiles(dir)
}

// someFiles looks for CUE files, to say so where there is none.
func (p *pkg) someFiles(dir string) error {
	entries, err := fs.ReadDir(p.fsys, ".")
	if err != nil {
		return fmt.Errorf("read specs: %w", err)
	}
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isCUE(e.Name()) }) {
		return noSpecs(dir)
	}
	return p.findBelow()
}

// within says where the specs are in an fs.FS.
func (p *pkg) within(fsys fs.FS, root, dir string) error {
	full := path.Join(root, dir)
	if err := mustBeDirectory(dir, func() (fs.FileInfo, error) { return fs.Stat(fsys, full) }); err != nil {
		return err
	}
	o, err := newOverlay(fsys, full)
	if err != nil {
		return fmt.Errorf("read specs: %w", err)
	}
	if p.fsys, err = fs.Sub(fsys, full); err != nil {
		return fmt.Errorf("read specs: %w", err)
	}
	p.overlay, p.root = o, o.name(root)
	p.config = load.Config{Dir: o.name(full), Overlay: o.files, ModuleRoot: o.name(cmp.Or(o.module, full))}
	return p.someFiles(dir)
}

func noSpecs(dir string) error {
	return fmt.Errorf("there are no specs in %q: no file ends in .cue", dir)
}

func mustBeDirectory(dir string, stat func() (fs.FileInfo, error)) error {
	switch info, err := stat(); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no directory %q with specs", dir)
	case err != nil:
		return fmt.Errorf("read specs: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%q is not a directory with specs", dir)
	}
	return nil
}

// take takes over what CUE's loader found.
func (p *pkg) take(dir string, instance *build.Instance, parsed *parses) error {
	p.inModule, p.moduleRoot = instance.ModuleFile != nil, instance.Root
	for _, syntax := range instance.Files {
		p.add(parsed.files[syntax.Filename], syntax)
	}
	for _, f := range parsed.files {
		if f.syntax != nil {
			p.syntax = append(p.syntax, f.syntax)
		}
	}
	p.external()
	named, err := p.named()
	if err != nil {
		return err
	}
	excluded := p.excluded(instance, parsed) || named
	slices.SortFunc(p.files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
	p.loaderErrors(instance)
	total := 0
	for _, f := range p.files {
		total += len(f.text)
	}
	switch {
	case len(p.files) == 0 && !excluded && instance.Err != nil && !isNoFiles(instance.Err):
		return fmt.Errorf("read specs in %q: %s", dir, p.clean(instance.Err))
	case len(p.files) == 0 && !excluded:
		return noSpecs(dir)
	case total > p.limits.totalSize:
		return fmt.Errorf("the specs in %q have %d bytes, and %d are allowed", dir, total, p.limits.totalSize)
	}
	if !slices.ContainsFunc(p.problems, func(d Diagnostic) bool { return d.Rule != "definition/left-out" }) {
		p.index = newIndex(p.files)
	}
	return nil
}

func (p *pkg) add(f *file, syntax *ast.File) {
	if f == nil || syntax == nil {
		return
	}
	f.name = p.relative(f.path)
	f.syntax = syntax
	p.files = append(p.files, f)
}

// external refuses @extern, with which a file takes in others: what a spec
// declares stands in it.
func (p *pkg) external() {
	for _, f := range p.files {
		for _, d := range f.syntax.Decls {
			if a, ok := d.(*ast.Attribute); ok && strings.HasPrefix(a.Text, "@extern(") {
				p.problem(p.spot(f, a.Pos()), "definition/unsupported", "write what they hold as CUE", "the file takes in other files")
			}
		}
	}
}

// excluded reports files that the loader left out although they look like
// specs, and reports whether there were any.
func (p *pkg) excluded(instance *build.Instance, parsed *parses) bool {
	found := false
	for _, f := range instance.IgnoredFiles {
		if reason, _ := nameLeftOut(filepath.Base(f.Filename)); reason != "" || f.ExcludeReason == nil {
			continue
		}
		at := Position{p.relative(f.Filename), 1, 1}
		switch reason := f.ExcludeReason.Error(); {
		case reason == "no package name":
			p.problem(at, "definition/package", fmt.Sprintf("begin the file with `package %s`", packageName(instance)),
				"the file has no package clause, so CUE leaves it out")
			found = true
		case strings.HasPrefix(reason, "@"):
			p.problem(at, "definition/unsupported", excludedHint, "the file has @if or @ignore, so CUE leaves it out")
			found = true
		}
	}
	for _, f := range instance.InvalidFiles {
		if reason, _ := nameLeftOut(filepath.Base(f.Filename)); reason != "" {
			continue
		}
		found = true
		bad := parsed.files[f.Filename]
		switch {
		case bad == nil:
			p.problem(Position{File: p.relative(f.Filename)}, "definition/syntax", "", "%s", p.clean(f.ExcludeReason))
		case bad.syntax != nil && parsed.errs[bad.path] == nil:
			at, name := packageClause(bad.syntax)
			p.add(bad, bad.syntax)
			p.problem(p.spot(bad, at), "definition/package", fmt.Sprintf("write `package %s` as the other files do", packageName(instance)),
				"the file is of package %q, and the files beside it are of package %q", name, packageName(instance))
		default:
			p.add(bad, bad.syntax)
			p.syntaxErrors(bad, parsed.errs[bad.path])
		}
	}
	return found
}

func packageName(instance *build.Instance) string {
	if instance.PkgName == "" || instance.PkgName == "_" {
		return "specs"
	}
	return instance.PkgName
}

func packageClause(f *ast.File) (token.Pos, string) {
	for _, d := range f.Decls {
		if clause, ok := d.(*ast.Package); ok {
			return clause.Pos(), clause.Name.Name
		}
	}
	return f.Pos(), ""
}

func (p *pkg) spot(f *file, pos token.Pos) Position {
	at := pos.Position()
	return Position{p.relative(f.path), max(at.Line, 1), max(at.Column, 1)}
}

// maxSyntaxErrors is how many errors of one file are worth showing: after the
// first ones, most come from those before.
const maxSyntaxErrors = 20

// syntaxErrors reports what the parser found, one error a line. What it misses
// at the end of the file, after another error, follows from that.
func (p *pkg) syntaxErrors(f *file, err error) {
	if bad, ok := stderrors.AsType[*textError](err); ok {
		for _, place := range bad.places {
			p.problem(Position{p.relative(f.path), place.line, place.column}, bad.rule, place.hint, "%s", place.message)
		}
		return
	}
	if lines := conflictMarkers(f.text); len(lines) > 0 {
		for _, line := range lines {
			p.problem(Position{p.relative(f.path), line, 1}, "definition/syntax", "keep what is meant, and take the three lines with markers out",
				"a merge left a conflict here")
		}
		return
	}
	end := len(bytes.TrimRightFunc(f.text, unicode.IsSpace))
	line, count, last := 0, 0, ""
	for _, e := range errors.Errors(err) {
		if last == markBehind && strings.HasPrefix(p.clean(e), "expected operand") {
			continue // the parser took the next line for an alternative
		}
		at, offset := p.spot(f, e.Position()), e.Position().Offset()
		if at.Line == line || count == maxSyntaxErrors || (count > 0 && offset >= end) {
			continue
		}
		line, count = at.Line, count+1
		said := p.syntaxError(f, at, p.clean(e), min(max(offset, 0), len(f.text)))
		last = said.message
		p.problem(said.at, "definition/syntax", said.hint, "%s", said.message)
	}
}

// loaderErrors reports errors of the loader that stand at a place in the specs
// and were not reported as syntax errors.
func (p *pkg) loaderErrors(instance *build.Instance) {
	for _, e := range errors.Errors(instance.Err) {
		at := p.position(e.Position())
		if at.Line == 0 || slices.ContainsFunc(p.problems, func(d Diagnostic) bool { return d.Position.File == at.File }) {
			continue
		}
		p.problem(at, "definition/syntax", "", "%s", p.clean(e))
	}
}

func isNoFiles(err error) bool {
	_, ok := stderrors.AsType[*load.NoFilesError](err)
	return ok
}

// parses keeps what the loader parsed. The loader may parse concurrently.
type parses struct {
	pkg   *pkg
	mu    sync.Mutex
	files map[string]*file
	errs  map[string]error
}

func newParses(p *pkg) *parses {
	return &parses{pkg: p, files: map[string]*file{}, errs: map[string]error{}}
}

func (ps *parses) parse(name string, src any, config parser.Config) (*ast.File, error) {
	text, ok := src.([]byte)
	if !ok {
		return parser.ParseFile(name, src, config) // not a file of ours
	}
	config = config.Apply(parser.ParseComments, parser.AllErrors)
	f := &file{path: name, text: text, config: config}
	var err error
	if bad := ps.pkg.unreadable(name, text); bad != nil {
		err = bad
	} else {
		f.syntax, err = parser.ParseFile(name, text, config)
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.files[name] = f
	if err != nil {
		ps.errs[name] = err
	}
	return f.syntax, err
}
