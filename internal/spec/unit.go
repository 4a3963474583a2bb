package spec

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// worker evaluates units, one after the other. It shares nothing with other
// workers that any of them writes to.
type worker struct {
	pkg     *pkg
	tree    *tree
	imports *imports
	locate  *locator

	context *cue.Context
	build   *build.Context
	esoRoot cue.Value
	units   int     // evaluated in this context
	strict  *worker // with the project's own eso package as it is

	replaced map[int][]token.Pos           // names that are not there, by declaration
	unitID   string                        // of the package of the unit at hand, for hidden fields
	packages map[*build.Instance]cue.Value // imported ones, evaluated
}

func (p *pkg) worker(t *tree, set *imports) *worker {
	return &worker{pkg: p, tree: t, imports: set, locate: &locator{pkg: p, tree: t}, replaced: map[int][]token.Pos{}}
}

// unitsPerContext is how many units share a context. A context keeps what it
// built for as long as it lives, so it may not live long; making one costs as
// much as a few units.
const unitsPerContext = 50

func (w *worker) fresh() {
	if w.context != nil && w.units%unitsPerContext != 0 {
		w.units++
		return
	}
	w.units, w.packages = 1, map[*build.Instance]cue.Value{}
	w.context = cuecontext.New(cuecontext.EvaluatorVersion(cuecontext.EvalV3), cuecontext.CUE_DEBUG(""))
	w.build = build.NewContext(build.Loader(w.imports.loader))
	w.esoRoot = w.context.BuildInstance(w.imports.eso)
}

// packageValue returns an imported package, evaluated.
func (w *worker) packageValue(i *build.Instance) cue.Value {
	v, ok := w.packages[i]
	if !ok {
		v = w.context.BuildInstance(i)
		w.packages[i] = v
	}
	return v
}

// outcome is what a unit yields.
type outcome struct {
	types    []*definition.Type
	broken   []*definition.Type // as far as they are known; Check is not for them
	problems []Diagnostic
	places   map[string]Position // of types by label, as CUE sees it
}

// evaluate evaluates a unit. A panic of CUE's is a problem of the unit's.
func (w *worker) evaluate(u unit) (out outcome) {
	defer func() {
		if failure := recover(); failure != nil {
			w.context = nil
			text := strings.Join(strings.Fields(fmt.Sprint(failure)), " ")
			if len(text) > maxMessage {
				text = text[:maxMessage]
			}
			out = given(u, "definition/unsupported", "write it in another way", "CUE cannot evaluate the declaration: "+text)
		}
	}()
	w.fresh()
	hidden := w.gaps(u)
	root, problems, ok := w.compile(u)
	out.problems = append(hidden, problems...)
	if !ok {
		for _, name := range u.types {
			out.broken = append(out.broken, &definition.Type{Name: name, Label: name})
		}
		return out
	}
	out.places = map[string]Position{}
	for _, label := range w.labels(u, root, &out) {
		r := w.typeOf(u, root, label)
		out.places[label] = r.at
		out.problems = append(out.problems, r.found...)
		if !r.failed {
			out.types = append(out.types, r.t)
		} else {
			out.broken = append(out.broken, r.t)
		}
	}
	if len(u.types) == 0 && !u.all {
		w.helpers(u, root, &out)
	}
	return out
}

// given is the outcome of a unit of which nothing more is known than one
// problem. Its position is still to be found.
func given(u unit, rule, hint, message string) outcome {
	var out outcome
	for _, name := range u.types {
		d := Diagnostic{Problem: problem(rule, hint, "%s", message)}
		d.Type = name
		out.problems = append(out.problems, d)
		out.broken = append(out.broken, &definition.Type{Name: name, Label: name})
	}
	if len(u.types) == 0 {
		out.problems = append(out.problems, Diagnostic{Problem: problem(rule, hint, "%s", message)})
	}
	return out
}

// gaps notes where the unit uses names that mean nothing, or something else
// than the reader thinks, and reports the latter.
func (w *worker) gaps(u unit) []Diagnostic {
	var problems []Diagnostic
	w.locate.gaps, w.locate.blamed = nil, nil
	for _, n := range u.decls {
		w.locate.gaps = append(w.locate.gaps, w.replaced[n]...)
		for _, h := range w.pkg.index.decls[n].hides {
			w.locate.gaps = append(w.locate.gaps, h.uses...)
			problems = append(problems, Diagnostic{
				Position: w.pkg.position(h.at),
				Problem: problem("definition/hidden-name", fmt.Sprintf("write the label in quotes, which hides nothing: %q: …", h.name),
					"the field %q hides %s %s from what stands beside it", h.name, h.what, h.name),
			})
		}
	}
	return problems
}

// compile builds the value of the unit's declarations. A name that is not
// there is reported, and replaced by any value, so that the rest of the type
// is read all the same.
func (w *worker) compile(u unit) (cue.Value, []Diagnostic, bool) {
	var problems []Diagnostic
	for {
		instance := w.instance(u)
		w.unitID = instance.ID()
		root := w.context.BuildInstance(instance)
		if instance.Err == nil {
			return root, problems, true
		}
		replaced := 0
		var others []Diagnostic
		for _, err := range errors.Errors(instance.Err) {
			e := w.pkg.explain(err, nil)
			if e.rule == "definition/import" && w.imports.failed(e.message) {
				continue
			}
			d := Diagnostic{Problem: problem(e.rule, e.hint, "%s", e.message), Position: e.at}
			if n, id := w.unresolved(u, err); id != nil {
				if path := packages[id.Name]; path != "" {
					d.Problem = problem("definition/import", fmt.Sprintf("write import %q", path), "%q is used and not imported", id.Name)
				}
				if !w.misspelledImport(n, packages[id.Name]) && !w.pkg.missing[identLabel(id.Name)] {
					problems = append(problems, d)
				}
				w.locate.gaps = append(w.locate.gaps, id.Pos())
				w.replaced[n] = append(w.replaced[n], id.Pos())
				id.Name, id.Node, id.Scope = "_", nil, nil
				replaced++
				continue
			}
			if d.Position.Line == 0 {
				d.Position = w.locate.at(w.tree.decl(w.pkg.index, u.decls[0]))
			}
			others = append(others, d)
		}
		if replaced == 0 { // for each round there is one name less
			return cue.Value{}, append(problems, others...), false
		}
	}
}

// misspelledImport reports whether the file of a declaration imports what is
// most likely meant as that package; the import is reported then.
func (w *worker) misspelledImport(decl int, path string) bool {
	file := w.tree.file(w.pkg.index.decls[decl].file)
	return path != "" && slices.ContainsFunc(importsOf(file), func(i imported) bool { return meantPackage(i.path) == path })
}

// unresolved returns the identifier that an error of the compiler's is about,
// where it says that there is nothing of that name, and the declaration that it
// is in.
func (w *worker) unresolved(u unit, err errors.Error) (decl int, found *ast.Ident) {
	format, _ := err.Msg()
	if format != "reference %q not found" {
		return 0, nil
	}
	for _, n := range u.decls {
		references(w.tree.decl(w.pkg.index, n), nil, func(id *ast.Ident) {
			if id.Pos() == err.Position() && id.Name != "_" {
				decl, found = n, id
			}
		}, nil)
	}
	return decl, found
}

// instance makes a package of the unit's declarations: for each file one with
// the same imports, apart from those that the unit does not need.
func (w *worker) instance(u unit) *build.Instance {
	instance := w.build.NewInstance("", nil)
	instance.CanonicalImportPath = canonical
	x := w.pkg.index
	for i := 0; i < len(u.decls); {
		file := x.decls[u.decls[i]].file
		source := w.tree.file(file)
		part := &ast.File{Filename: source.Filename, LanguageVersion: source.LanguageVersion}
		var decls []ast.Decl
		var needed []int
		for ; i < len(u.decls) && x.decls[u.decls[i]].file == file; i++ {
			d := x.decls[u.decls[i]]
			decls = append(decls, source.Decls[d.at])
			for _, n := range d.imports {
				needed = appendNew(needed, n)
			}
		}
		for _, d := range source.Decls {
			if clause, ok := d.(*ast.Package); ok {
				part.Decls = append(part.Decls, clause)
			}
		}
		part.Decls = append(part.Decls, importDecl(source, needed)...)
		part.Decls = append(part.Decls, decls...)
		if err := instance.AddSyntax(part); err != nil {
			break // kept in the instance
		}
	}
	return instance
}

func importDecl(f *ast.File, needed []int) []ast.Decl {
	if len(needed) == 0 {
		return nil
	}
	slices.Sort(needed)
	all := importsOf(f)
	decl := &ast.ImportDecl{}
	for _, n := range needed {
		decl.Specs = append(decl.Specs, all[n].spec)
	}
	return []ast.Decl{decl}
}

// labels returns the fields of the unit that should be types.
func (w *worker) labels(u unit, root cue.Value, out *outcome) []string {
	if !u.all {
		return u.types
	}
	if err := incomplete(root); err != nil {
		w.undecidedTop(u, root, err, out)
	}
	fields, err := root.Fields(cue.Optional(true))
	if err != nil {
		e := w.pkg.explain(err, nil)
		out.problems = append(out.problems, Diagnostic{Problem: problem(e.rule, e.hint, "%s", e.message), Position: e.at})
		return nil
	}
	var all []string
	for fields.Next() {
		all = append(all, fields.Selector().Unquoted())
	}
	return all
}

// undecidedTop reports that CUE cannot decide which types there are.
func (w *worker) undecidedTop(u unit, root cue.Value, err error, out *outcome) {
	k := w.walk(root)
	k.declarations(u.decls)
	at, said := Position{}, w.pkg.clean(err)
	if c := k.open(nil, positions(err)); c != nil {
		at, said = w.pkg.position(c.expr.Pos()), c.String()
	}
	out.problems = append(out.problems, Diagnostic{Position: at,
		Problem: problem("definition/undecided", undecidedHint, "which types there are depends on an open value: %s", said)})
}

// helpers reports errors in declarations that no type uses.
func (w *worker) helpers(u unit, root cue.Value, out *outcome) {
	k := w.walk(root)
	k.tagsOnly = true
	k.declarations(u.decls)
	out.problems = append(out.problems, k.found...)
	err := root.Validate()
	if err == nil || aboutLength(err) {
		return
	}
	for _, one := range errors.Errors(err) {
		e := w.pkg.explain(one, nil)
		subject := ""
		if path := one.Path(); len(path) > 0 {
			subject = quoted(strings.Join(path, ".")) + ": "
		}
		out.problems = append(out.problems, Diagnostic{Problem: problem(e.rule, e.hint, "%s", subject+e.message), Position: e.at})
	}
}

// typeOf reads one type of the unit.
func (w *worker) typeOf(u unit, root cue.Value, label string) *reader {
	v := root.LookupPath(cue.MakePath(cue.Str(label)))
	r := &reader{
		pkg: w.pkg, locate: w.locate, label: label, at: w.placeOf(label, v),
		t:        &definition.Type{Name: label, Label: label, RandomID: true, Oldest: 1},
		broken:   map[string]bool{},
		chains:   w.locate.hasChains(label),
		esoNames: w.esoNames,
		shaper: &shaper{
			context: w.context,
			specs:   func(v cue.Value) bool { i := v.BuildInstance(); return i != nil && i.ImportPath == "" },
			eso:     func(v cue.Value) bool { return isEso(v.BuildInstance()) },
			limits:  w.pkg.limits,
		},
	}
	decls := w.pkg.index.declsOf(label)
	r.walk = w.walk(root)
	top := r.walk.declarations(w.pkg.index.ownDecls(label))
	if r.isType(root, v, w.imports.markerPath()) {
		r.read(v)
		r.walked(top)
		r.remaining(v)
		if w.pkg.theirs {
			r.remaining(w.strictly(u, label))
		}
		r.t.Resolve()
		if !w.lacks(decls) && !r.partial {
			r.check()
		}
	}
	r.failed = r.failed || w.gapIn(decls)
	return r
}

// placeOf returns where a type is declared that no label shows: the first of
// the places that it comes from, patterns for all types apart.
func (w *worker) placeOf(name string, v cue.Value) Position {
	x := w.pkg.index
	if len(x.byLabel[label{name: name}]) > 0 {
		return Position{}
	}
	_, parts := v.Expr()
	for _, part := range parts {
		if at := w.pkg.position(part.Pos()); at.Line != 0 && !w.holdAny(x.always, part.Pos()) {
			return at
		}
	}
	return w.pkg.position(v.Pos())
}

// gapIn reports whether declarations use a name that is not there.
func (w *worker) gapIn(decls []int) bool {
	return slices.ContainsFunc(w.locate.gaps, func(gap token.Pos) bool { return w.holdAny(decls, gap) })
}

// lacks reports whether a name that is not there may stand for any part of what
// declarations declare, and not only for an attribute.
func (w *worker) lacks(decls []int) bool {
	return slices.ContainsFunc(w.locate.gaps, func(gap token.Pos) bool {
		return !w.locate.blamed[gap] && w.holdAny(decls, gap)
	})
}

func (w *worker) holdAny(decls []int, at token.Pos) bool {
	return slices.ContainsFunc(decls, func(n int) bool { return holds(w.tree.decl(w.pkg.index, n), at) })
}

// strictly returns the type as the project's own eso package sees it.
func (w *worker) strictly(u unit, label string) cue.Value {
	if w.strict == nil {
		w.strict = w.pkg.worker(w.tree, w.pkg.imports(false))
	}
	w.strict.fresh()
	root, _, _ := w.strict.compile(u)
	return root.LookupPath(cue.MakePath(cue.Str(label)))
}

// esoNames lists the definitions of the eso package.
func (w *worker) esoNames() []string {
	var names []string
	fields, err := w.esoRoot.Fields(cue.Definitions(true))
	if err != nil {
		return nil
	}
	for fields.Next() {
		names = append(names, fields.Selector().String())
	}
	return names
}
