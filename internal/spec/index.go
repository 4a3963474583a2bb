package spec

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/token"
)

// index knows the top-level declarations of a package and what each of them
// refers to, and from that which of them a type needs. It holds no syntax, so
// that workers with trees of their own can share it.
type index struct {
	decls   []decl
	byLabel map[label][]int // fields, in order, in all files
	always  []int           // patterns, which concern every field
	types   []string        // labels of regular fields, in order
	decides bool            // something is decided by an expression: a comprehension, a function, a comparison
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
	needs    []need
	imports  []int // import specs of its file that it refers to
	hides    []hides
	size     int // syntax nodes
}

// need is a declaration that another one refers to, and how often.
type need struct{ decl, times int }

// hides is a field that takes a name away, as the second one here does, whose
// value is the field itself and no string:
//
//	label:  string
//	string: string
//
// CUE does not mind, and takes both for any value.
type hides struct {
	name string
	what string      // theType or thePackage
	at   token.Pos   // of the field's label
	uses []token.Pos // of the name, meaning the other thing
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

const (
	theType    = "the type"
	thePackage = "the package"
)

// reading is the state while the references of one declaration are read.
type reading struct {
	x       *index
	decl    *decl
	imports []imported
	nodes   map[ast.Node]int
	fields  map[ast.Node]*ast.Field // whose labels are names of types or packages, by value
	uses    []*ast.Ident            // of such names, where they mean a field
}

// read finds what a declaration refers to.
func (x *index) read(d *decl, syntax ast.Decl, imports []imported, nodes map[ast.Node]int) {
	r := &reading{x: x, decl: d, imports: imports, nodes: nodes}
	d.size = references(syntax, r.field, r.reference, &x.decides)
	for _, id := range r.uses {
		if f := r.fields[id.Node]; f != nil {
			r.hidden(f, id)
		}
	}
}

func (r *reading) reference(id *ast.Ident) {
	if spec, ok := id.Node.(*ast.ImportSpec); ok {
		r.decl.imports = appendNew(r.decl.imports, slices.IndexFunc(r.imports, func(i imported) bool { return i.spec == spec }))
		return
	}
	if id.Node != nil && r.other(id.Name) != "" {
		r.uses = append(r.uses, id)
	}
	n, top := r.nodes[id.Node]
	switch {
	case id.Node == nil:
		r.need(identLabel(id.Name))
		r.decl.imports = appendNew(r.decl.imports, slices.IndexFunc(r.imports, func(i imported) bool { return i.name == id.Name }))
	case top && r.x.decls[n].field:
		r.need(r.x.decls[n].label) // the field is all of its declarations
	case top:
		r.decl.need(n)
	}
}

func (r *reading) need(l label) {
	for _, n := range r.x.byLabel[l] {
		r.decl.need(n)
	}
}

func (d *decl) need(n int) {
	if i := slices.IndexFunc(d.needs, func(known need) bool { return known.decl == n }); i >= 0 {
		d.needs[i].times++
		return
	}
	d.needs = append(d.needs, need{n, 1})
}

func (r *reading) field(f *ast.Field) {
	id, ok := f.Label.(*ast.Ident)
	if !ok || r.other(id.Name) == "" {
		return
	}
	if r.fields == nil {
		r.fields = map[ast.Node]*ast.Field{}
	}
	r.fields[f.Value] = f
}

// other tells what a name means where no field has it.
func (r *reading) other(name string) string {
	if slices.Contains(basicTypes, name) {
		return theType
	}
	if slices.ContainsFunc(r.imports, func(i imported) bool { return i.name == name }) {
		return thePackage
	}
	return ""
}

var basicTypes = []string{
	"string", "bool", "int", "float", "number", "bytes", "uint", "rune",
	"int8", "int16", "int32", "int64", "int128", "uint8", "uint16", "uint32", "uint64", "uint128", "float32", "float64",
}

func (r *reading) hidden(f *ast.Field, id *ast.Ident) {
	i := slices.IndexFunc(r.decl.hides, func(h hides) bool { return h.at == f.Label.Pos() })
	if i < 0 {
		i = len(r.decl.hides)
		r.decl.hides = append(r.decl.hides, hides{name: id.Name, what: r.other(id.Name), at: f.Label.Pos()})
	}
	r.decl.hides[i].uses = append(r.decl.hides[i].uses, id.Pos())
}

func appendNew(list []int, n int) []int {
	if n < 0 || slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

// references calls visit for every identifier of a declaration that refers to
// something, and inside for every field in it, and returns how many nodes the
// declaration has. It sets decides where a value may decide what there is.
func references(d ast.Node, inside func(*ast.Field), visit func(*ast.Ident), decides *bool) (size int) {
	var walk func(n ast.Node) bool
	walk = func(n ast.Node) bool {
		size++
		switch n := n.(type) {
		case *ast.CommentGroup, *ast.Attribute:
			return false
		case *ast.Field:
			if inside != nil {
				inside(n)
			}
			if _, known, pattern := fieldLabel(n); !known {
				if decides != nil && !pattern {
					*decides = true
				}
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
		case *ast.Comprehension, *ast.BottomLit, *ast.CallExpr:
			if decides != nil && decide(n) {
				*decides = true
			}
		}
		return true
	}
	ast.Walk(d, walk, nil)
	return size
}

// decide reports whether a node may decide what there is by a value.
func decide(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return true
	}
	if f, ok := call.Fun.(*ast.SelectorExpr); ok {
		_, length := lengths[source(f)]
		return !length
	}
	return true
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

// declsOf returns the declarations that a type needs: its own, or where no
// label shows it those that may declare it.
func (x *index) declsOf(name string) []int {
	if own := x.byLabel[label{name: name}]; len(own) > 0 {
		return x.closure(own)
	}
	var computed []int
	for n, d := range x.decls {
		if d.dynamic {
			computed = append(computed, n)
		}
	}
	return x.closure(computed)
}

// ownDecls returns the declarations that may say what a type is: its own, and
// those of any name.
func (x *index) ownDecls(name string) []int {
	own := slices.Concat(x.byLabel[label{name: name}], x.always)
	for n, d := range x.decls {
		if d.dynamic {
			own = append(own, n)
		}
	}
	return own
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
			visit(needed.decl)
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
const maxSize = 1 << 30

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
			s = int(min(int64(s)+int64(needed.times)*int64(size(needed.decl)), maxSize))
		}
		memo[n] = s
		return s
	}
	for _, n := range u.decls {
		u.size = max(u.size, size(n))
	}
	return u
}
