package spec

import (
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
)

// What a name of the syntax means: a field beside it or around it, a
// declaration of the file, something of an imported package.

// reference follows a name.
func (k *walk) reference(id *ast.Ident, at *place, s scope) {
	switch node := id.Node.(type) {
	case *ast.ImportSpec:
		return
	case *ast.LetClause:
		k.follow(node.Expr, at, s)
		return
	case *ast.Alias:
		k.follow(node.Expr, at, s)
		return
	case *ast.Field:
		if l, _, _ := fieldLabel(node); !k.sibling(id, l.name, at, s) {
			k.follow(node.Value, at, s)
		}
		return
	}
	if _, variable := s.vars[id.Name]; variable {
		return
	}
	if fields := k.top(identLabel(id.Name), s); len(fields) > 0 {
		for _, f := range fields {
			k.follow(f.Value, at, s)
		}
		return
	}
	if e, ok := id.Node.(ast.Expr); ok { // a field of an inner scope
		if !k.sibling(id, id.Name, at, s) {
			k.follow(e, at, s)
		}
	}
}

// sibling refuses a reference from one attribute, or part of one, to another:
// in CUE that is not a type, but the same value.
func (k *walk) sibling(id *ast.Ident, name string, at *place, s scope) bool {
	if name == "" || identLabel(name).helper || s.vars[id.Name] != nil {
		return false
	}
	for p := at.parent; p != nil; p = p.parent {
		path := p.path()
		if len(path) < 3 || path[0] != "models" || path[2] != "attributes" {
			return false
		}
		v := k.under(k.at(p), name, s)
		if !v.Exists() {
			continue
		}
		if !notConcrete(v) && v.IncompleteKind()&(cue.StructKind|cue.ListKind) == 0 {
			return false // a constant
		}
		k.report(id.Pos(), at, "definition/unsupported", "write what it is, or move what both are to a definition, #Name",
			"%q is to have the same value as %q, which Go does not check", at.name(), name)
		return true
	}
	return false
}

func (k *walk) follow(e ast.Expr, at *place, s scope) {
	if e == nil || k.seen[visited{e, at}] || k.active[e] {
		return
	}
	k.seen[visited{e, at}], k.active[e] = true, true
	k.expr(e, at, s)
	delete(k.active, e)
}

// top returns the top-level declarations of a field, in the package of the
// syntax.
func (k *walk) top(name label, s scope) []*ast.Field {
	var found []*ast.Field
	if s.pkg == nil {
		for _, n := range k.worker.locate.declared(name) {
			if f, ok := n.(*ast.Field); ok {
				found = append(found, f)
			}
		}
		return found
	}
	for _, file := range s.pkg.Files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.Field); ok {
				if l, known, _ := fieldLabel(f); known && l == name {
					found = append(found, f)
				}
			}
		}
	}
	return found
}

// selector follows a.b to the syntax that it means.
func (k *walk) selector(e *ast.SelectorExpr, at *place, s scope) {
	if id, ok := e.X.(*ast.Ident); ok {
		name := id.Name
		switch node := id.Node.(type) {
		case *ast.Alias:
			name, _, _ = ast.LabelName(e.Sel)
		case *ast.Field:
			l, _, _ := fieldLabel(node)
			name = l.name
		}
		if k.sibling(id, name, at, s) {
			return
		}
	}
	for _, n := range k.selected(e, s) {
		k.follow(n.value, at, n.scope)
	}
}

// meaning is syntax, and what names mean in it.
type meaning struct {
	value ast.Expr
	scope scope
}

func (k *walk) selected(e *ast.SelectorExpr, s scope) []meaning {
	name, _, err := ast.LabelName(e.Sel)
	if err != nil {
		return nil
	}
	l := label{name: name}
	if id, ok := e.Sel.(*ast.Ident); ok {
		l = identLabel(id.Name)
	}
	if id, ok := e.X.(*ast.Ident); ok {
		if spec, ok := id.Node.(*ast.ImportSpec); ok {
			pkg := k.imported(spec, s)
			if pkg == nil || isEso(pkg) {
				return nil
			}
			inner := scope{pkg: pkg}
			var all []meaning
			for _, f := range k.top(l, inner) {
				all = append(all, meaning{f.Value, inner})
			}
			return all
		}
	}
	sub := stepper{locator: k.worker.locate, name: name, budget: 500}
	sub.into(e.X)
	var all []meaning
	for _, n := range sub.found {
		if f, ok := n.(*ast.Field); ok {
			all = append(all, meaning{f.Value, s})
		}
	}
	return all
}

// imported returns the package of an import, or nil for one of the standard
// library.
func (k *walk) imported(spec *ast.ImportSpec, s scope) *build.Instance {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return nil
	}
	if s.pkg == nil {
		return k.worker.imports.byPath[canonical(path)]
	}
	for _, dependency := range s.pkg.Dependencies() {
		if dependency.ImportPath == path {
			return dependency
		}
	}
	return nil
}
