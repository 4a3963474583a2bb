package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// migrateFile says what the handwritten convert.go has to declare, and has the
// types that its functions speak of.
func (g *generator) migrateFile(f *jen.File) {
	g.wantedFunctions(f)
	for i := range g.steps {
		s := &g.steps[i]
		if s.converts() {
			f.Line()
			f.Var().Id(renamesVariable(s.Number)).Op("=").Add(g.renames(s))
		}
		if s.computes() {
			f.Line()
			f.Var().Id(computationsVariable(s.Number)).Op("=").Add(g.computations(s))
		}
	}
	for _, typ := range g.types { // those that only these functions need
		g.typesOf(f, typ.goType)
	}
	g.flush(f)
}

func (g *generator) wantedFunctions(f *jen.File) {
	var lines []jen.Code
	for i := range g.steps {
		g.wanted(&g.steps[i], func(c *doc, function string, signature jen.Code) {
			if len(lines) > 0 {
				lines = append(lines, jen.Empty())
			}
			lines = append(lines, c.comment(), jen.Id("_").Func().Add(signature).Op("=").Id(function))
		})
	}
	if len(lines) == 0 {
		return
	}
	f.Add(new(doc).say("What convert.go, a file of yours in this package, has to declare, from the release that announces a model on: pure functions, which always give a value. " +
		"The same input gives the same output in every release, and once a release has shipped one, it stays as it is. They see every document of an older model, and so take any value. " +
		"A function that computes is asked again whenever one of its inputs changes.").comment())
	f.Var().Defs(lines...)
}

// wanted calls emit for each function that a step needs.
func (g *generator) wanted(s *step, emit func(c *doc, function string, signature jen.Code)) {
	for _, r := range s.Renamed {
		c, ok := s.renamed[r.New]
		if !ok || !c.needed {
			continue
		}
		emit(new(doc).say("Model %d has %q in the place of %q.", s.Number, r.New, r.Old),
			c.up, jen.Params(jen.Id(c.oldName).Add(g.typeExpr(c.old))).Add(g.typeExpr(c.new)))
		emit(new(doc).say("The way back: %s is the inverse of %s.", c.down, c.up),
			c.down, jen.Params(jen.Id(c.newName).Add(g.typeExpr(c.new))).Add(g.typeExpr(c.old)))
	}
	for _, declared := range s.Computed {
		c, ok := s.computed[declared.Name]
		if !ok || !c.needed {
			continue
		}
		parameters := make([]jen.Code, len(c.inputs))
		names := make([]string, len(c.inputs))
		for i, in := range c.inputs {
			parameters[i] = jen.Id(in.parameter).Add(g.inputType(in))
			names[i] = quoted(in.name)
		}
		emit(new(doc).say("Model %d adds %q, and computes it from %s of model %d.", s.Number, declared.Name, listed(names), s.Number-1),
			c.function, jen.Params(parameters...).Add(g.typeExpr(c.value)))
	}
}

// inputType is the type of a parameter: a pointer if the attribute may be
// absent.
func (g *generator) inputType(in input) *jen.Statement {
	if in.optional {
		return jen.Op("*").Add(g.typeExpr(in.value))
	}
	return g.typeExpr(in.value)
}

func listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// parameter makes the name of a parameter of an attribute's.
func parameter(taken scope, a *definition.Attribute) string {
	name := lowerFirst(a.FieldName())
	if reserved(name) {
		name += "Value"
	}
	return taken.take(name, name+"Value")
}
