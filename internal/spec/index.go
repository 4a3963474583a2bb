package spec

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
)

// index knows the top-level declarations of a package and what each of them
// refers to, and from that which of them a type needs. It holds no syntax, so
// that workers with trees of their own can share it.
type index struct {
	decls   []decl
	byLabel map[label][]int // fields, in order, in all files
	always  []int           // patterns, which concern every field
	types   []string        // labels of regular fields, in order
	dynamic bool            // fields of any name come from comprehensions, embeddings or computed labels
}

// label is what a field is called. "#a" in quotes is a regular field, #a
// without them is a definition.
type label struct {
	name   string
	helper bool // a definition or a hidden field
}

func identLabel(name string) label {
	return label{name, strings.HasPrefix(name, "#") || strings.HasPrefix(name, "_")}
}

// decl is a top-level declaration.
type decl struct {
	file, at int   // index into files, and into the declarations of the file
	label    label // of a field
	field    bool  // a field with a label that is known
	dynamic  bool  // may declare fields of any name
	needs    []int // declarations that it refers to
	imports  []int // import specs of its file that it refers to
	size     int   // syntax nodes
}

// newIndex reads files whose identifiers CUE's loader has resolved.
func newIndex(files []*file) *index {
	x := &index{byLabel: map[label][]int{}}
	nodes := map[ast.Node]int{}
	for i, f := range files {
		for j, d := range f.syntax.Decls {
			x.add(nodes, d, i, j)
		}
	}
	imports := make([][]imported, len(files))
	for i, f := range files {
		imports[i] = importsOf(f.syntax)
	}
	for i := range x.decls {
		d := &x.decls[i]
		x.read(d, files[d.file].syntax.Decls[d.at], imports[d.file], nodes)
	}
	return x
}

// add takes up a declaration. It notes under which nodes identifiers may point
// to it: see the table in CUE's astutil.Resolve.
func (x *index) add(nodes map[ast.Node]int, d ast.Decl, file, at int) {
	e := decl{file: file, at: at}
	n := len(x.decls)
	switch d := d.(type) {
	case *ast.Field:
		nodes[d] = n
		nodes[d.Value] = n
		if alias, ok := d.Value.(*ast.Alias); ok {
			nodes[alias.Expr] = n
		}
		var pattern bool
		e.label, e.field, pattern = fieldLabel(d)
		switch {
		case pattern:
			x.always = append(x.always, n)
		case !e.field:
			e.dynamic, x.dynamic = true, true
		default:
			x.addField(e.label, n)
		}
	case *ast.LetClause, *ast.Alias:
		nodes[d] = n
	case *ast.Comprehension, *ast.EmbedDecl:
		e.dynamic, x.dynamic = true, true
	default:
		return // package clause, imports, attributes, ellipsis
	}
	x.decls = append(x.decls, e)
}

func (x *index) addField(l label, n int) {
	if !l.helper && len(x.byLabel[l]) == 0 {
		x.types = append(x.types, l.name)
	}
	x.byLabel[l] = append(x.byLabel[l], n)
}

// fieldLabel returns the label of a field where it is known without
// evaluation, and tells patterns from computed labels where it is not.
func fieldLabel(d *ast.Field) (l label, known, pattern bool) {
	node := d.Label
	if alias, ok := node.(*ast.Alias); ok {
		node, _ = alias.Expr.(ast.Label)
	}
	switch node := node.(type) {
	case *ast.ListLit:
		return label{}, false, true
	case *ast.Ident:
		return identLabel(node.Name), true, false
	case *ast.BasicLit:
		if name, _, err := ast.LabelName(node); err == nil {
			return label{name: name}, true, false
		}
	}
	return label{}, false, false
}

// imported is an import of a file, and the name that it has there.
type imported struct {
	spec *ast.ImportSpec
	path string
	name string
}

func importsOf(f *ast.File) []imported {
	var all []imported
	for spec := range f.ImportSpecs() {
		i := imported{spec: spec}
		if info, err := astutil.ParseImportSpec(spec); err == nil {
			i.name, i.path = info.Ident, info.ID
		}
		all = append(all, i)
	}
	return all
}

// read finds what a declaration refers to.
func (x *index) read(e *decl, d ast.Decl, imports []imported, nodes map[ast.Node]int) {
	e.size = references(d, func(id *ast.Ident) {
		if spec, ok := id.Node.(*ast.ImportSpec); ok {
			e.imports = appendNew(e.imports, slices.IndexFunc(imports, func(i imported) bool { return i.spec == spec }))
			return
		}
		if n, ok := nodes[id.Node]; ok && id.Node != nil {
			if !x.decls[n].field {
				e.needs = appendNew(e.needs, n)
				return
			}
			// One of the declarations of the field; the field is all of them.
			for _, n := range x.byLabel[x.decls[n].label] {
				e.needs = appendNew(e.needs, n)
			}
			return
		}
		if id.Node == nil {
			for _, n := range x.byLabel[identLabel(id.Name)] {
				e.needs = appendNew(e.needs, n)
			}
			e.imports = appendNew(e.imports, slices.IndexFunc(imports, func(i imported) bool { return i.name == id.Name }))
		}
	})
}

func appendNew(list []int, n int) []int {
	if n < 0 || slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

// references calls visit for every identifier of a declaration that refers to
// something, and returns how many nodes the declaration has.
func references(d ast.Node, visit func(*ast.Ident)) (size int) {
	var walk func(n ast.Node) bool
	walk = func(n ast.Node) bool {
		size++
		switch n := n.(type) {
		case *ast.CommentGroup, *ast.Attribute:
			return false
		case *ast.Field:
			if _, known, _ := fieldLabel(n); !known {
				ast.Walk(n.Label, walk, nil)
			}
			if n.Value != nil {
				ast.Walk(n.Value, walk, nil)
			}
			return false
		case *ast.SelectorExpr:
			ast.Walk(n.X, walk, nil)
			return false
		case *ast.Ident:
			visit(n)
		}
		return true
	}
	ast.Walk(d, walk, nil)
	return size
}

// unit is what one evaluation is about: the declarations of the types that it
// is to yield, and all that they need.
type unit struct {
	types []string // labels; none where the unit only looks for errors in helpers
	all   bool     // every regular field that evaluation yields
	decls []int    // sorted
	size  int      // syntax nodes after following references, saturating
}

// units splits the package. Where fields of any name may come from anywhere,
// the whole package is one unit.
func (x *index) units() []unit {
	if x.dynamic {
		u := unit{all: true, types: x.types}
		for n := range x.decls {
			u.decls = append(u.decls, n)
		}
		return []unit{x.sized(u)}
	}
	var units []unit
	used := make([]bool, len(x.decls))
	for _, name := range x.types {
		u := unit{types: []string{name}, decls: x.closure(x.byLabel[label{name: name}])}
		for _, n := range u.decls {
			used[n] = true
		}
		units = append(units, x.sized(u))
	}
	var helpers []int
	for n := range x.decls {
		if !used[n] {
			helpers = append(helpers, n)
		}
	}
	if len(helpers) > 0 {
		units = append(units, x.sized(unit{decls: x.closure(helpers)}))
	}
	return units
}

func (x *index) closure(start []int) []int {
	seen := map[int]bool{}
	var visit func(n int)
	visit = func(n int) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, needed := range x.decls[n].needs {
			visit(needed)
		}
	}
	for _, n := range start {
		visit(n)
	}
	for _, n := range x.always {
		visit(n)
	}
	all := make([]int, 0, len(seen))
	for n := range seen {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// maxSize is where sizes saturate.
const maxSize = 1 << 40

// sized computes how large a unit is once references are followed, which is
// exponential for definitions that each use the next one twice.
func (x *index) sized(u unit) unit {
	memo := make(map[int]int, len(u.decls))
	var size func(n int) int
	size = func(n int) int {
		if s, ok := memo[n]; ok {
			return s
		}
		memo[n] = 0 // a cycle counts once
		d := x.decls[n]
		s := d.size
		for _, needed := range d.needs {
			s = min(s+size(needed), maxSize)
		}
		memo[n] = s
		return s
	}
	for _, n := range u.decls {
		u.size = max(u.size, size(n))
	}
	return u
}
