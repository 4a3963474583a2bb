package spec

import (
	"slices"
	"strconv"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// tree gives a goroutine its own syntax of the files: CUE's compiler writes to
// the identifiers of what it compiles. Only the first tree has the syntax from
// reading; others parse the files that they need again.
type tree struct {
	files  []*file
	syntax []*ast.File
}

func (p *pkg) firstTree() *tree {
	t := &tree{files: p.files, syntax: make([]*ast.File, len(p.files))}
	for i, f := range p.files {
		t.syntax[i] = f.syntax
	}
	return t
}

func (p *pkg) anotherTree() *tree {
	return &tree{files: p.files, syntax: make([]*ast.File, len(p.files))}
}

func (t *tree) file(i int) *ast.File {
	if t.syntax[i] == nil {
		t.syntax[i] = t.files[i].parse()
	}
	return t.syntax[i]
}

func (t *tree) decl(x *index, n int) ast.Decl {
	d := x.decls[n]
	return t.file(d.file).Decls[d.at]
}

// locator finds where a path into a type's declaration stands. It reads the
// syntax, because there a label has a place of its own, which is the best
// place to point at; what the syntax does not show (fields that come from a
// comprehension) has the place of the nearest prefix.
type locator struct {
	pkg    *pkg
	tree   *tree               // nil: the first one
	gaps   []token.Pos         // names that are not there, which were reported
	blamed map[token.Pos]bool  // those inside of an attribute or a setting that was looked at
	places map[string]Position // of types that no label shows, because they are computed
}

// settings are the keys whose value is the better place: what is wrong with
// them is their value.
var settings = []string{
	"name", "namespaces", "format", "write", "oldest", "randomID", "dottedNames", "retired",
	"rule", "attribute", "reason", "until", "from", "convert",
}

func (l *locator) position(label string, path definition.Path) Position {
	if l == nil || l.pkg.index == nil {
		return Position{}
	}
	node, parent := l.nearest(label, path)
	field, ok := node.(*ast.Field)
	switch {
	case l.templateOnly(label, node):
		return l.places[label]
	case !ok:
		return l.at(node)
	case !parent && len(path) > 0 && slices.Contains(settings, path[len(path)-1]):
		return l.at(field.Value)
	default:
		return l.at(field.Label)
	}
}

// templateOnly reports whether a node is not the type's own, but a pattern that
// concerns all types.
func (l *locator) templateOnly(name string, n ast.Node) bool {
	x := l.pkg.index
	return len(x.byLabel[label{name: name}]) == 0 && (n == nil ||
		slices.ContainsFunc(x.always, func(i int) bool { return l.treeOf().decl(x, i) == n }))
}

// ofUnit returns the place of a type, or of the first declaration of the unit
// where the type has none.
func (l *locator) ofUnit(u unit, label string) Position {
	if at := l.position(label, nil); at.Line != 0 || len(u.decls) == 0 {
		return at
	}
	return l.at(l.treeOf().decl(l.pkg.index, u.decls[0]))
}

func (l *locator) at(node ast.Node) Position {
	if node == nil {
		return Position{}
	}
	return l.pkg.position(node.Pos())
}

// nearest returns the node of the path, or of the longest prefix that has one.
func (l *locator) nearest(label string, path definition.Path) (node ast.Node, prefix bool) {
	found := l.find(label)
	if len(found) == 0 {
		return nil, true
	}
	node = found[0]
	for i := range path {
		found = l.step(found, path[i])
		if len(found) == 0 {
			// A step that the syntax does not have (a list element inside of
			// an attribute, say) does not end the way if a later one is there.
			return node, true
		}
		node = found[0]
	}
	return node, false
}

// exact returns the nodes at a path, none where the syntax does not have it.
func (l *locator) exact(label string, path definition.Path) []ast.Node {
	found := l.find(label)
	for _, name := range path {
		found = l.step(found, name)
	}
	return found
}

// find returns the declarations of a regular field.
func (l *locator) find(name string) []ast.Node { return l.declared(label{name: name}) }

func (l *locator) declared(name label) []ast.Node {
	x := l.pkg.index
	var found []ast.Node
	for _, n := range x.byLabel[name] {
		found = append(found, l.treeOf().decl(x, n))
	}
	if !name.helper {
		for _, n := range x.always {
			found = append(found, l.treeOf().decl(x, n))
		}
	}
	return found
}

func (l *locator) treeOf() *tree {
	if l.tree == nil {
		l.tree = l.pkg.firstTree()
	}
	return l.tree
}

// step goes from nodes to what they hold under a name: fields of that label
// first, then patterns, which hold every name.
func (l *locator) step(nodes []ast.Node, name string) []ast.Node {
	s := stepper{locator: l, name: name, budget: 2000}
	for _, n := range nodes {
		s.into(n)
	}
	return append(s.found, s.patterns...)
}

type stepper struct {
	locator         *locator
	name            string
	found, patterns []ast.Node
	budget          int // nodes to look at: references may be circular
}

func (s *stepper) into(n ast.Node) {
	if s.budget--; s.budget < 0 || n == nil {
		return
	}
	switch n := n.(type) {
	case *ast.Field:
		s.into(n.Value)
	case *ast.LetClause:
		s.into(n.Expr)
	case *ast.Alias:
		s.into(n.Expr)
	case *ast.ParenExpr:
		s.into(n.X)
	case *ast.UnaryExpr:
		s.into(n.X)
	case *ast.BinaryExpr:
		if n.Op == token.AND || n.Op == token.OR {
			s.into(n.X)
			s.into(n.Y)
		}
	case *ast.CallExpr: // close({…})
		for _, arg := range n.Args {
			s.into(arg)
		}
	case *ast.Ident:
		s.reference(n)
	case *ast.SelectorExpr:
		s.selector(n)
	case *ast.StructLit:
		s.decls(n.Elts)
	case *ast.ListLit:
		s.list(n)
	}
}

func (s *stepper) decls(decls []ast.Decl) {
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.Field:
			switch label, known, pattern := fieldLabel(d); {
			case pattern:
				s.patterns = append(s.patterns, d)
			case known && !label.helper && label.name == s.name:
				s.found = append(s.found, d)
			}
		case *ast.EmbedDecl:
			s.into(d.Expr)
		case *ast.Comprehension:
			s.into(d.Value)
		}
	}
}

// list goes to an element, or into the element type of an open list, whose
// fields have no index in a path.
func (s *stepper) list(n *ast.ListLit) {
	i, err := strconv.Atoi(s.name)
	for j, elt := range n.Elts {
		if open, ok := elt.(*ast.Ellipsis); ok {
			s.into(open.Type)
		} else if err == nil && i == j {
			s.found = append(s.found, elt)
		}
	}
}

func (s *stepper) reference(id *ast.Ident) {
	switch node := id.Node.(type) {
	case *ast.ImportSpec:
		return
	case *ast.LetClause, *ast.Field, *ast.Alias:
		s.into(node)
		return
	}
	if fields := s.locator.declared(identLabel(id.Name)); len(fields) > 0 {
		for _, f := range fields {
			s.into(f)
		}
		return
	}
	s.into(id.Node) // a field of an inner scope
}

func (s *stepper) selector(n *ast.SelectorExpr) {
	name, _, err := ast.LabelName(n.Sel)
	if err != nil {
		return
	}
	sub := stepper{locator: s.locator, name: name, budget: s.budget / 2}
	sub.into(n.X)
	s.budget = min(s.budget, sub.budget)
	for _, found := range sub.found {
		s.into(found)
	}
}

// missing reports whether what stands at a path uses a name that is not there,
// so that nothing more is to be said about it.
func (l *locator) missing(label string, path definition.Path) bool {
	if len(l.gaps) == 0 || len(path) == 0 {
		return false
	}
	found := false
	for _, n := range l.exact(label, path) {
		for _, gap := range l.gaps {
			if !holds(n, gap) {
				continue
			}
			if l.blamed == nil {
				l.blamed = map[token.Pos]bool{}
			}
			l.blamed[gap] = true
			found = true
		}
	}
	return found
}

func holds(n ast.Node, at token.Pos) bool {
	from, to := n.Pos(), n.End()
	return from.Filename() == at.Filename() && from.Offset() <= at.Offset() && at.Offset() < to.Offset()
}

// hasChains reports whether models or attributes of the type have doc comments
// above a chain of fields in one line.
func (l *locator) hasChains(label string) bool {
	for _, n := range l.exact(label, definition.Path{"models"}) {
		models, ok := n.(*ast.Field)
		if !ok {
			continue
		}
		if len(docComments(models)) > 0 && shorthand(models) != nil {
			return true
		}
		found := false
		ast.Walk(models.Value, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && len(docComments(f)) > 0 && shorthand(f) != nil {
				found = true
			}
			return !found
		}, nil)
		if found {
			return true
		}
	}
	return false
}

// involved reports whether one of the places that an error names is in what
// stands at a path. It is so where there is no telling.
func (l *locator) involved(label string, path definition.Path, err error) bool {
	nodes := l.exact(label, path)
	places := positions(err)
	known := false
	for _, at := range places {
		if l.pkg.position(at).Line == 0 {
			continue
		}
		known = true
		for _, n := range nodes {
			if holds(n, at) {
				return true
			}
		}
	}
	return !known
}
