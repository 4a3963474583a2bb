package spec

import (
	"fmt"
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// walk goes through the syntax of a type with all that it refers to, beside
// what CUE makes of it. Some things that CUE decides without a word can only be
// seen here: that a list was open, that a question mark was lost, which files a
// model comes from. What a name means is asked of the evaluated type, at the
// place where the syntax counts, so a helper may leave open what its user says.
type walk struct {
	worker *worker
	root   cue.Value
	seen   map[visited]bool
	active map[ast.Node]bool // being followed: a reference may lead back
	budget int
	found  []Diagnostic
	said   map[token.Pos]bool

	tagsOnly   bool        // nothing else is looked for
	conditions []condition // that decide what there is
}

// place is a node of the evaluated type, seen from the syntax.
type place struct {
	parent    *place
	selector  cue.Selector
	children  []*place
	optional  []token.Pos // declarations with a question mark
	required  []token.Pos // and without one
	uncertain bool        // in an alternative, or in a comprehension
	either    bool        // in an alternative

	value  cue.Value // what CUE makes of it
	looked bool
}

// visited is a declaration as it counts at a place.
type visited struct {
	node  ast.Node
	place *place
}

// scope is what names mean beside the fields of the type.
type scope struct {
	pkg  *build.Instance // whose syntax it is; nil for the specs
	vars map[string][]cue.Value
}

func (s scope) with(name *ast.Ident, values []cue.Value) scope {
	if name == nil {
		return s
	}
	vars := map[string][]cue.Value{name.Name: values}
	for n, v := range s.vars {
		if n != name.Name {
			vars[n] = v
		}
	}
	s.vars = vars
	return s
}

func (w *worker) walk(root cue.Value) *walk {
	return &walk{worker: w, root: root, seen: map[visited]bool{}, active: map[ast.Node]bool{}, budget: w.pkg.limits.expanded, said: map[token.Pos]bool{}}
}

// declarations goes through top-level declarations of the specs.
func (k *walk) declarations(decls []int) *place {
	top := &place{}
	for _, n := range decls {
		k.decl(k.worker.tree.decl(k.worker.pkg.index, n), top, scope{})
	}
	return top
}

func (k *walk) decl(d ast.Decl, at *place, s scope) {
	if k.budget--; k.budget < 0 {
		return
	}
	switch d := d.(type) {
	case *ast.Field:
		k.field(d, at, s)
	case *ast.EmbedDecl:
		k.expr(d.Expr, at, s)
	case *ast.Comprehension:
		k.comprehension(d, at, s)
	case *ast.LetClause:
		k.expr(d.Expr, at, s)
	case *ast.Ellipsis:
		if d.Type != nil {
			k.expr(d.Type, at.alternative(), s)
		}
	}
}

func (k *walk) field(f *ast.Field, at *place, s scope) {
	l, known, pattern := fieldLabel(f)
	switch {
	case pattern:
		at = at.child(cue.AnyString)
	case !known:
		if e, ok := f.Label.(ast.Expr); ok {
			k.decides("the name", e, at, s)
		}
		k.check(f.Label, at, s)
		at = at.alternative()
	case l.helper:
		at = at.child(k.hidden(l.name, s))
	default:
		at = at.child(cue.Str(l.name))
		if f.Constraint == token.OPTION {
			at.optional = append(at.optional, f.Label.Pos())
		} else {
			at.required = append(at.required, f.Label.Pos())
		}
	}
	if known {
		k.tag(f, at, s)
	}
	k.expr(f.Value, at, s)
}

// hidden returns the selector of a definition or hidden field.
func (k *walk) hidden(name string, s scope) cue.Selector {
	if name[0] == '#' {
		return cue.Def(name)
	}
	id := k.worker.unitID
	if s.pkg != nil {
		id = s.pkg.ID()
	}
	return cue.Hid(name, id)
}

// expr goes through what stands at a place.
func (k *walk) expr(e ast.Expr, at *place, s scope) {
	if k.budget--; k.budget < 0 || e == nil {
		return
	}
	switch e := e.(type) {
	case *ast.StructLit:
		for _, d := range e.Elts {
			k.decl(d, at, s)
		}
	case *ast.ListLit:
		k.list(e, at, s)
	case *ast.ParenExpr:
		k.expr(e.X, at, s)
	case *ast.Alias:
		k.expr(e.Expr, at, s)
	case *ast.UnaryExpr:
		k.expr(e.X, at, s)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.AND:
			k.expr(e.X, at, s)
			k.expr(e.Y, at, s)
		case token.OR:
			for _, side := range []ast.Expr{e.X, e.Y} {
				alternative := at.alternative()
				alternative.either = true
				k.expr(side, alternative, s)
			}
		default:
			k.check(e, at, s)
		}
	case *ast.Ident:
		k.reference(e, at, s)
	case *ast.SelectorExpr:
		k.selector(e, at, s)
	case *ast.IndexExpr:
		k.check(e.Index, at, s)
		k.expr(e.X, at.alternative(), s)
	case *ast.CallExpr:
		k.check(e, at, s)
		for _, arg := range e.Args {
			k.expr(arg, at, s)
		}
	default:
		k.check(e, at, s)
	}
}

func (k *walk) list(e *ast.ListLit, at *place, s scope) {
	for i, elt := range e.Elts {
		switch elt := elt.(type) {
		case *ast.Ellipsis:
			if elt.Type != nil {
				k.expr(elt.Type, at.child(cue.AnyIndex), s)
			}
		case *ast.Comprehension:
			k.comprehension(elt, at.alternative(), s)
		default:
			k.expr(elt, at.child(cue.Index(i)), s)
		}
	}
}

func (k *walk) comprehension(c *ast.Comprehension, at *place, s scope) {
	for _, clause := range c.Clauses {
		switch clause := clause.(type) {
		case *ast.ForClause:
			k.decides("for … in", clause.Source, at, s)
			k.check(clause.Source, at, s)
			k.source(clause.Source, at, s)
			elements := k.elements(clause.Source, at, s)
			s = s.with(clause.Key, nil).with(clause.Value, elements)
		case *ast.IfClause:
			k.decides("if", clause.Condition, at, s)
			k.check(clause.Condition, at, s)
		case *ast.LetClause:
			k.check(clause.Expr, at, s)
			s = s.with(clause.Ident, k.values(clause.Expr, at, s))
		}
	}
	k.expr(c.Value, at.alternative(), s)
}

// child returns the place of a field or element.
func (p *place) child(s cue.Selector) *place {
	for _, c := range p.children {
		if c.selector == s {
			return c
		}
	}
	c := &place{parent: p, selector: s, uncertain: p.uncertain, either: p.either}
	p.children = append(p.children, c)
	return c
}

// alternative returns the same place, seen from syntax that may not count.
func (p *place) alternative() *place {
	return &place{parent: p.parent, selector: p.selector, uncertain: true, either: p.either}
}

// selectors returns the path from the root of the unit.
func (p *place) selectors() []cue.Selector {
	var all []cue.Selector
	for ; p.parent != nil; p = p.parent {
		all = append(all, p.selector)
	}
	slices.Reverse(all)
	return all
}

// at returns what CUE makes of a place.
func (k *walk) at(p *place) cue.Value {
	switch {
	case p.parent == nil:
		return k.root
	case !p.looked:
		parent := k.at(p.parent)
		p.looked, p.value = true, parent.LookupPath(cue.MakePath(p.selector))
		if s := p.selector; !p.value.Exists() && s.LabelType() == cue.StringLabel && s.ConstraintType() == 0 {
			p.value = parent.LookupPath(cue.MakePath(s.Optional()))
		}
	}
	return p.value
}

// name returns what a place is called.
func (p *place) name() string {
	path := p.path()
	return path[len(path)-1]
}

// path returns the path below the type, as problems have it.
func (p *place) path() definition.Path {
	var path definition.Path
	for i, s := range p.selectors() {
		switch {
		case i == 0:
		case s.Type() == cue.StringLabel:
			path = append(path, s.Unquoted())
		case s.Type() == cue.IndexLabel:
			path = append(path, strconv.Itoa(s.Index()))
		default:
			return path
		}
	}
	return path
}

// report adds a finding at a place of the syntax. Syntax of other packages has
// no place in the specs: then it is that of the field it counts at.
func (k *walk) report(pos token.Pos, at *place, rule, hint, format string, args ...any) {
	if k.said[pos] {
		return
	}
	k.said[pos] = true
	p := problem(rule, hint, format, args...)
	position := k.worker.pkg.position(pos)
	selectors := at.selectors()
	if position.Line == 0 && len(selectors) > 0 {
		position = k.worker.locate.position(selectors[0].String(), at.path())
		p.Message += " (see " + k.worker.pkg.where(pos) + ")"
	}
	p.Path = at.path()
	if len(p.Path) > 1 && p.Path[0] == "models" {
		p.Model = modelNumber(p.Path[1])
	}
	if len(p.Path) > 3 && p.Path[2] == "attributes" {
		p.Attribute = p.Path[3]
	}
	k.found = append(k.found, Diagnostic{Problem: p, Position: position})
}

// where returns a place in any file, relative to the project.
func (p *pkg) where(pos token.Pos) string {
	at := pos.Position()
	return fmt.Sprintf("%s:%d:%d", p.relative(at.Filename), at.Line, at.Column)
}
