package spec

import (
	"fmt"
	"maps"
	"slices"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// CUE merges whatever stands under one label. Two branches that each add model
// 2, in files of their own, give one model that neither of them has seen, and
// git reports no conflict. So a model whose attributes or sets come from
// several files is worth a warning.

// modelPart is where a file says what a model holds.
type modelPart struct {
	model int
	pos   token.Pos
}

// twoPlaces warns of models that are put together from several files.
func (r *reader) twoPlaces() {
	const rule = "definition/model-in-two-places"
	if slices.ContainsFunc(r.t.Exceptions, func(e definition.Exception) bool { return e.Rule == rule && e.Reason != "" }) {
		return
	}
	for _, fields := range r.locate.groups(label{name: r.label}) {
		first := map[int]token.Pos{}
		others := map[int]modelPart{}
		for _, f := range fields {
			for _, part := range modelParts(f) {
				at, known := first[part.model]
				_, said := others[part.model]
				switch {
				case !known:
					first[part.model] = part.pos
				case at.Filename() != part.pos.Filename() && !said:
					others[part.model] = part
				}
			}
		}
		for _, number := range slices.Sorted(maps.Keys(others)) {
			part := others[number]
			p := problem(rule, "write a model in one file; where two branches each added it, the one that comes second adds the next model",
				"model %d comes from two files: attributes or sets of it are here and at %s", number, r.pkg.where(first[number]))
			p.Severity = definition.Warning
			p.Type, p.Model, p.Path = r.t.Name, number, definition.Path{"models", fmt.Sprint(number)}
			r.found = append(r.found, Diagnostic{Problem: p, Position: r.pkg.position(part.pos)})
		}
	}
}

// groups returns the declarations of a type, and of each helper that it
// consists of, by label.
func (l *locator) groups(name label) [][]*ast.Field {
	var groups [][]*ast.Field
	seen := map[label]bool{}
	var add func(label)
	add = func(name label) {
		if seen[name] {
			return
		}
		seen[name] = true
		var fields []*ast.Field
		for _, n := range l.pkg.index.byLabel[name] {
			if f, ok := l.treeOf().decl(l.pkg.index, n).(*ast.Field); ok {
				fields = append(fields, f)
			}
		}
		groups = append(groups, fields)
		for _, f := range fields {
			for _, e := range parts(f.Value) {
				if id, ok := e.(*ast.Ident); ok {
					add(identLabel(id.Name))
				}
			}
		}
	}
	add(name)
	return groups
}

// parts returns what an expression unifies: structs, and what else there is.
func parts(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return parts(e.X)
	case *ast.Alias:
		return parts(e.Expr)
	case *ast.BinaryExpr:
		if e.Op == token.AND {
			return append(parts(e.X), parts(e.Y)...)
		}
	case *ast.StructLit:
		all := []ast.Expr{e}
		for _, d := range e.Elts {
			if embedded, ok := d.(*ast.EmbedDecl); ok {
				all = append(all, parts(embedded.Expr)...)
			}
		}
		return all
	}
	return []ast.Expr{e}
}

// fieldsIn calls visit for the fields of a struct that an expression has in it.
func fieldsIn(e ast.Expr, visit func(name string, f *ast.Field)) {
	for _, part := range parts(e) {
		s, ok := part.(*ast.StructLit)
		if !ok {
			continue
		}
		for _, d := range s.Elts {
			if f, ok := d.(*ast.Field); ok {
				if l, known, _ := fieldLabel(f); known && !l.helper {
					visit(l.name, f)
				}
			}
		}
	}
}

// contents are the keys of a model that change attributes and sets.
// The other keys hold one value, and two that differ are an error.
var contents = []string{"attributes", "encrypted", "aad", "removed", "renamed", "backfill", "computed"}

// modelParts lists where a declaration of a type says what its models hold.
func modelParts(f *ast.Field) []modelPart {
	var all []modelPart
	fieldsIn(f.Value, func(name string, models *ast.Field) {
		if name != "models" {
			return
		}
		fieldsIn(models.Value, func(number string, model *ast.Field) {
			fieldsIn(model.Value, func(key string, f *ast.Field) {
				if n := modelNumber(number); n != 0 && slices.Contains(contents, key) {
					all = append(all, modelPart{n, f.Label.Pos()})
				}
			})
		})
	})
	return all
}
