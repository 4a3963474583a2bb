package spec

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/parser"
)

// A file that CUE's loader leaves out may declare a type, and no release would
// ever be compared with it. So every CUE file in the directory of the specs,
// and below it, is read or reported.

// isCUE reports whether a file is meant as CUE, by its name.
func isCUE(name string) bool { return strings.EqualFold(path.Ext(name), ".cue") }

// nameLeftOut says why the loader leaves a file out because of its name, and
// what to call it; both are "" where it does not.
func nameLeftOut(name string) (reason, instead string) {
	stem := name[:len(name)-len(".cue")]
	switch {
	case path.Ext(name) != ".cue":
		return "its name does not end in .cue, in small letters", stem + ".cue"
	case name[0] == '_', name[0] == '.':
		return fmt.Sprintf("its name begins with %q", name[:1]), strings.TrimLeft(name, "_.")
	case strings.HasSuffix(stem, "_test"):
		return "its name ends in _test.cue", strings.TrimSuffix(stem, "_test") + "_tests.cue"
	case strings.HasSuffix(stem, "_tool"):
		return "its name ends in _tool.cue", strings.TrimSuffix(stem, "_tool") + "_tools.cue"
	}
	return "", ""
}

// named reports files of the directory that the loader leaves out because of
// their names, and returns whether there are any.
func (p *pkg) named() (bool, error) {
	entries, err := fs.ReadDir(p.fsys, ".")
	if err != nil {
		return false, fmt.Errorf("read specs: %w", err)
	}
	found := false
	for _, entry := range entries {
		if !isCUE(entry.Name()) || !p.isFile(entry.Name(), entry) {
			continue
		}
		if reason, _ := nameLeftOut(entry.Name()); reason != "" {
			p.leftOut(entry.Name())
			p.miss(entry.Name())
			found = true
		}
	}
	return found, nil
}

// miss notes what a file declares that CUE leaves out, so that its names are not
// reported as missing too.
func (p *pkg) miss(name string) {
	text, err := fs.ReadFile(p.fsys, name)
	if err != nil || p.limits.check(text) != nil {
		return
	}
	syntax, _ := parser.ParseFile(name, text)
	if syntax == nil {
		return
	}
	for _, d := range syntax.Decls {
		if f, ok := d.(*ast.Field); ok {
			if l, known, _ := fieldLabel(f); known {
				if p.missing == nil {
					p.missing = map[label]bool{}
				}
				p.missing[l] = true
			}
		}
	}
}

// isFile reports whether an entry is a file, or a link to one. A link to
// nothing, as editors leave them beside a file that they have open, is none.
func (p *pkg) isFile(name string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return !entry.IsDir()
	}
	info, err := fs.Stat(p.fsys, name)
	return err == nil && !info.IsDir()
}

func (p *pkg) leftOut(name string) {
	at := Position{p.relative(filepath.Join(p.config.Dir, filepath.FromSlash(name))), 1, 1}
	reason, instead := nameLeftOut(path.Base(name))
	if instead == "" || instead == ".cue" {
		instead = "another name"
	}
	p.problem(at, "definition/left-out", fmt.Sprintf("call it %s if it is a spec, or move it out of the specs", instead),
		"CUE leaves the file out, because %s", reason)
}

// below reports CUE files in the folders below the specs that are in none of
// the packages that the specs import. Where an import fails, it is not known
// which folders are read.
func (p *pkg) below(set *imports) {
	p.excludedFiles(set.loaded())
	read := map[string]bool{}
	for _, instance := range set.loaded() {
		for _, f := range instance.BuildFiles {
			read[f.Filename] = true
		}
	}
	for _, name := range p.belowFiles {
		full := filepath.Join(p.config.Dir, filepath.FromSlash(name))
		if read[full] || p.reported(full) {
			continue
		}
		if reason, _ := nameLeftOut(path.Base(name)); reason != "" {
			p.leftOut(name)
			continue
		}
		if len(set.errs) > 0 {
			continue
		}
		hint := "move the file up to the other specs, or out of their directory"
		if p.inModule {
			hint = "move the file up to the other specs, or import its package"
		}
		p.problem(Position{p.relative(full), 1, 1}, "definition/left-out", hint,
			"CUE leaves the file out, because it is in a folder below the specs, and nothing imports it")
	}
}

// unevaluated reports what is in no package where the specs themselves cannot
// be evaluated.
func (p *pkg) unevaluated() {
	if len(p.belowFiles) > 0 && p.settleImports() == nil {
		p.below(p.imports(true))
	}
}

// skipped are folders that never hold specs: of CUE's modules, and of others.
var skipped = []string{"cue.mod", ".git", "node_modules"}

// findBelow lists the CUE files in the folders below the specs.
func (p *pkg) findBelow() error {
	err := fs.WalkDir(p.fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(skipped, entry.Name()):
			return fs.SkipDir
		case entry.Type()&fs.ModeSymlink != 0 && !isCUE(name):
			p.linked(name)
		case path.Dir(name) != "." && isCUE(name) && p.isFile(name, entry):
			p.belowFiles = append(p.belowFiles, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read specs: %w", err)
	}
	return nil
}

// linked takes the files of a folder that is a link, and not what is below
// them: links may lead in circles.
func (p *pkg) linked(name string) {
	entries, err := fs.ReadDir(p.fsys, name)
	if err != nil {
		return // not a folder
	}
	for _, entry := range entries {
		if full := path.Join(name, entry.Name()); isCUE(full) && p.isFile(full, entry) {
			p.belowFiles = append(p.belowFiles, full)
		}
	}
}

// excludedFiles reports files that packages of the project's own module leave
// out by an attribute, where the specs import them.
func (p *pkg) excludedFiles(instances []*build.Instance) {
	for _, instance := range instances {
		for _, f := range instance.IgnoredFiles {
			within, err := filepath.Rel(p.moduleRoot, f.Filename)
			if f.ExcludeReason == nil || !strings.HasPrefix(f.ExcludeReason.Error(), "@") ||
				err != nil || !filepath.IsLocal(within) || strings.HasPrefix(filepath.ToSlash(within), "cue.mod/") {
				continue
			}
			if !p.reported(f.Filename) {
				p.problem(Position{p.relative(f.Filename), 1, 1}, "definition/unsupported", excludedHint, "the file has @if or @ignore, so CUE leaves it out")
			}
		}
	}
}

// reported returns whether a file as a whole was reported.
func (p *pkg) reported(full string) bool {
	at := Position{p.relative(full), 1, 1}
	return slices.ContainsFunc(p.problems, func(d Diagnostic) bool { return d.Position == at })
}

const excludedHint = "take the attribute out: a release declares all of its types, whatever the build"

// loaded returns the instances of a set of imports, with all that they import.
func (set *imports) loaded() []*build.Instance {
	var all []*build.Instance
	for _, instance := range set.byPath {
		all = append(append(all, instance), instance.Dependencies()...)
	}
	return all
}
