package spec

import (
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// What CUE cannot decide it leaves out: the fields of a comprehension whose
// condition depends on an open value, the elements of an open list. A spec that
// depends on such a thing is refused. The first kind CUE reports as errors that
// another value might still take away; the second kind it takes for decided,
// and the walk through the syntax finds it.

// incomplete returns why CUE cannot decide a value, or nil for one that is
// decided, or wrong for good.
func incomplete(v cue.Value) error {
	if v.IncompleteKind() != cue.BottomKind || v.Validate() != nil {
		return nil
	}
	for range 10 { // a value that is shared with another one has no error of its own
		if err := v.Err(); err != nil {
			return err
		}
		target := cue.Dereference(v)
		if target == v {
			break
		}
		v = target
	}
	return v.Eval().Err()
}

const undecidedHint = `give it a value, or a default, as in *false | bool`

// undecided reports a value that CUE cannot decide, at the condition or the
// name that is open where the syntax shows it.
func (r *reader) undecided(path definition.Path, subject string, err error) {
	if r.gap(path) {
		return
	}
	r.partial = r.partial || len(path) <= 3
	said := r.pkg.clean(err)
	at := Position{}
	c := r.walk.open(path, positions(err))
	if c == nil && r.pkg.explain(err, nil).rule != "definition/contradiction" {
		r.contradicted(path, subject, err)
		return
	}
	if c != nil {
		at = r.pkg.position(c.expr.Pos())
		said = c.String()
		if at.Line == 0 {
			said += " (see " + r.pkg.where(c.expr.Pos()) + ")"
		}
	} else if places := r.pkg.explain(err, nil).places; len(places) > 0 {
		at = places[0]
	}
	r.failAt(at, path, "definition/undecided", undecidedHint, "%s depends on an open value: %s", subject, said)
}

// condition is an expression that decides what stands at a place.
type condition struct {
	word  string // "if", "for … in" or "the name"
	expr  ast.Expr
	place *place
	scope scope
}

// decides notes a condition. In an alternative CUE does not report one that is
// open: it drops the alternative, a default too, and takes another one.
func (k *walk) decides(word string, e ast.Expr, at *place, s scope) {
	c := condition{word, e, at, s}
	k.conditions = append(k.conditions, c)
	if at.either && !k.tagsOnly && k.depends(&c) {
		k.report(e.Pos(), at, "definition/undecided", undecidedHint, "an alternative depends on an open value: %s", &c)
	}
}

func (c *condition) String() string {
	return strings.TrimSpace(c.word + " " + source(c.expr))
}

// source returns an expression as a spec writes it, in one line.
func source(e ast.Node) string {
	text, err := format.Node(e)
	if err != nil {
		return "…"
	}
	out := strings.Join(strings.Fields(string(text)), " ")
	if len(out) > 60 {
		out = strings.ToValidUTF8(out[:60], "") + " …"
	}
	return out
}

// open returns the condition at a path that depends on an open value: the one
// that CUE names, else one with an open name in it.
func (k *walk) open(path definition.Path, named []token.Pos) *condition {
	var here []*condition
	for i := range k.conditions {
		if c := &k.conditions[i]; hasPrefix(c.place.path(), path) || len(path) == 0 {
			here = append(here, c)
		}
	}
	for _, c := range here {
		if slices.ContainsFunc(named, func(pos token.Pos) bool { return holds(c.expr, pos) }) {
			return c
		}
	}
	for _, c := range here {
		if k.depends(c) {
			return c
		}
	}
	return nil
}

// depends reports whether a condition has a name in it whose value is open.
func (k *walk) depends(c *condition) bool {
	found := false
	ast.Walk(c.expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			found = found || slices.ContainsFunc(k.values(n, c.place, c.scope), notConcrete)
			return false
		case *ast.Ident:
			found = found || slices.ContainsFunc(k.values(n, c.place, c.scope), notConcrete)
		}
		return true
	}, nil)
	return found
}

// check looks for expressions that CUE decides although a value in them is
// open: a comparison with _|_, a list whose further elements are not known.
func (k *walk) check(e ast.Node, at *place, s scope) {
	if k.tagsOnly || !k.worker.pkg.index.decides {
		return
	}
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructLit:
			return false // the walk comes to it
		case *ast.CallExpr:
			k.call(n, at, s)
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				k.comparison(n, at, s)
			}
		}
		return true
	}, nil)
}

func (k *walk) call(c *ast.CallExpr, at *place, s scope) {
	for _, arg := range c.Args {
		if l, ok := arg.(*ast.ListLit); ok { // list.Concat([a, b])
			for _, elt := range l.Elts {
				if slices.ContainsFunc(k.values(elt, at, s), openList) {
					k.report(elt.Pos(), at, "definition/undecided", openListHint, "%s takes an open list, %s, whose elements are not known", source(c.Fun), source(elt))
				}
			}
		}
		if slices.ContainsFunc(k.values(arg, at, s), openList) {
			k.report(arg.Pos(), at, "definition/undecided", openListHint, "%s takes an open list, %s, whose elements are not known", source(c.Fun), source(arg))
		}
	}
}

const openListHint = `write all of its elements, as in ["a", "b"], without "..."`

func (k *walk) comparison(e *ast.BinaryExpr, at *place, s scope) {
	for _, side := range []struct{ this, other ast.Expr }{{e.X, e.Y}, {e.Y, e.X}} {
		values := k.values(side.this, at, s)
		if _, bottom := side.other.(*ast.BottomLit); bottom {
			if slices.ContainsFunc(values, notConcrete) {
				k.report(e.Pos(), at, "definition/undecided", undecidedHint, "%s is decided although %s has no value", source(e), source(side.this))
			}
		} else if slices.ContainsFunc(values, openList) {
			k.report(e.Pos(), at, "definition/undecided", openListHint, "%s compares an open list, %s, whose elements are not known", source(e), source(side.this))
		}
	}
}

// source checks what a comprehension ranges over.
func (k *walk) source(e ast.Expr, at *place, s scope) {
	if k.tagsOnly {
		return
	}
	for _, v := range k.values(e, at, s) {
		switch {
		case openList(v):
			k.report(e.Pos(), at, "definition/undecided", openListHint, "for … in %s ranges over an open list, whose elements are not known", source(e))
		case openStruct(v):
			k.report(e.Pos(), at, "definition/undecided", "write its fields, or give it a default, as in *{} | {[string]: string}",
				"for … in %s ranges over an open struct, whose fields are not known", source(e))
		}
	}
	if l, ok := e.(*ast.ListLit); ok && slices.ContainsFunc(l.Elts, func(e ast.Expr) bool { _, open := e.(*ast.Ellipsis); return open }) {
		k.report(e.Pos(), at, "definition/undecided", openListHint, "for … in %s ranges over an open list, whose elements are not known", source(e))
	}
}

// tag refuses a @tag that nothing gives a value: esogen sets no tags.
func (k *walk) tag(f *ast.Field, at *place, s scope) {
	for _, a := range f.Attrs {
		key, body := a.Split()
		if key != "tag" || s.pkg != nil {
			continue
		}
		if v := k.at(at); notConcrete(v) || !v.Exists() {
			k.report(f.Label.Pos(), at, "definition/undecided", "write the value here, or a default, as in *\"eu\" | string",
				"@tag(%s) has no value: a release declares the same types in every build, so esogen sets no tags", body)
		}
	}
}

// notConcrete reports whether a value is there and open: a scalar without a
// value or a default.
func notConcrete(v cue.Value) bool {
	if !v.Exists() || v.IncompleteKind() == cue.BottomKind || v.IncompleteKind()&^(cue.StructKind|cue.ListKind) == 0 {
		return false
	}
	v, _ = v.Default()
	return !v.IsConcrete()
}

// openList reports whether a value is a list with elements that are not known.
func openList(v cue.Value) bool {
	if v.IncompleteKind() != cue.ListKind {
		return false
	}
	return stated(v).LookupPath(anyIndexPath).Exists()
}

// openStruct reports whether a value is a struct of which it is not known which
// fields it has.
func openStruct(v cue.Value) bool {
	if v.IncompleteKind() != cue.StructKind {
		return false
	}
	v = stated(v)
	fields, err := v.Fields(cue.Optional(true), cue.Patterns(true))
	if err != nil {
		return false
	}
	known, patterns := 0, 0
	for fields.Next() {
		switch fields.Selector().ConstraintType() {
		case cue.OptionalConstraint, cue.RequiredConstraint:
			return true
		case cue.PatternConstraint:
			patterns++
		default:
			known++
		}
	}
	return known == 0 && (patterns > 0 || v.LookupPath(anyStringPath).Exists())
}

// stated returns the default that a spec states, if it does.
func stated(v cue.Value) cue.Value {
	if chosen, ok := v.Default(); ok && choice(v) {
		return chosen
	}
	return v
}

// values returns what an expression at a place evaluates to, as far as that is
// easily known: names and what is selected from them. A variable of a
// comprehension has several values.
func (k *walk) values(e ast.Expr, at *place, s scope) []cue.Value {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return k.values(e.X, at, s)
	case *ast.Ident:
		return k.named(e, at, s)
	case *ast.SelectorExpr:
		name, _, err := ast.LabelName(e.Sel)
		if err != nil {
			return nil
		}
		id, plain := e.Sel.(*ast.Ident)
		if x, ok := e.X.(*ast.Ident); ok {
			if spec, ok := x.Node.(*ast.ImportSpec); ok {
				return k.fromPackage(spec, name, s)
			}
		}
		var all []cue.Value
		for _, v := range k.values(e.X, at, s) {
			if plain && identLabel(id.Name).helper {
				all = append(all, k.under(v, name, s))
			} else {
				all = append(all, v.LookupPath(cue.MakePath(cue.Str(name))))
			}
		}
		return existing(all)
	case *ast.IndexExpr:
		var all []cue.Value
		for _, v := range k.values(e.X, at, s) {
			all = append(all, members(v)...)
		}
		return all
	case *ast.BinaryExpr:
		if e.Op != token.AND {
			return nil
		}
		var all []cue.Value
		for _, x := range k.values(e.X, at, s) {
			for _, y := range k.values(e.Y, at, s) {
				all = append(all, x.Unify(y))
			}
		}
		return all
	}
	return nil
}

// named returns what a name means at a place: a variable, or the field of that
// name that is nearest.
func (k *walk) named(id *ast.Ident, at *place, s scope) []cue.Value {
	if values, ok := s.vars[id.Name]; ok {
		return values
	}
	switch node := id.Node.(type) {
	case *ast.ImportSpec:
		return nil
	case *ast.LetClause:
		if k.budget--; k.budget < 0 {
			return nil
		}
		return k.values(node.Expr, at, s)
	}
	for p := at; p != nil; p = p.parent {
		if found := k.under(k.at(p), id.Name, s); found.Exists() {
			return []cue.Value{found}
		}
	}
	if s.pkg != nil {
		return existing([]cue.Value{k.under(k.worker.packageValue(s.pkg), id.Name, s)})
	}
	return nil
}

// under returns the field of a value that an identifier names.
func (k *walk) under(v cue.Value, name string, s scope) cue.Value {
	if l := identLabel(name); !l.helper || strings.HasPrefix(name, "#") {
		if l.helper {
			return v.LookupPath(cue.MakePath(cue.Def(name)))
		}
		return v.LookupPath(cue.MakePath(cue.Str(name)))
	}
	return v.LookupPath(cue.MakePath(k.hidden(name, s)))
}

func (k *walk) fromPackage(spec *ast.ImportSpec, name string, s scope) []cue.Value {
	pkg := k.imported(spec, s)
	if pkg == nil {
		return nil
	}
	return existing([]cue.Value{k.under(k.worker.packageValue(pkg), name, scope{pkg: pkg})})
}

// elements returns the values that a comprehension's variable takes.
func (k *walk) elements(e ast.Expr, at *place, s scope) []cue.Value {
	var all []cue.Value
	for _, v := range k.values(e, at, s) {
		all = append(all, members(v)...)
	}
	return all
}

// maxMembers bounds how many values of one variable are looked at.
const maxMembers = 100

func members(v cue.Value) []cue.Value {
	var all []cue.Value
	v = stated(v)
	if list, err := v.List(); err == nil {
		for list.Next() && len(all) < maxMembers {
			all = append(all, list.Value())
		}
		return all
	}
	if fields, err := v.Fields(); err == nil {
		for fields.Next() && len(all) < maxMembers {
			all = append(all, fields.Value())
		}
	}
	return all
}

func existing(values []cue.Value) []cue.Value {
	return slices.DeleteFunc(values, func(v cue.Value) bool { return !v.Exists() })
}

// lost reports what is declared with a question mark and without one: CUE
// takes it for required.
func (k *walk) lost(top *place) {
	for _, c := range top.children {
		k.lost(c)
	}
	if len(top.optional) == 0 || top.uncertain {
		return
	}
	if len(top.required) == 0 && !k.at(top.parent).LookupPath(cue.MakePath(top.selector)).Exists() {
		return
	}
	const hint = "write the question mark in both places, or in none"
	if len(top.required) > 0 {
		k.report(top.required[0], top, "definition/optional-and-required", hint,
			"%q is required here, and optional at %s: CUE takes it for required", top.selector.Unquoted(), k.worker.pkg.where(top.optional[0]))
		return
	}
	k.report(top.optional[0], top, "definition/optional-and-required", hint,
		"%q is optional here, and something else makes it required", top.selector.Unquoted())
}
