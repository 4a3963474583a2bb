package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// migrateFile says what the handwritten convert.go has to declare, and has the
// structs of the models from which values are computed.
func (g *generator) migrateFile(f *jen.File) {
	f.Add(new(doc).say("What convert.go, a file of yours in this package, has to declare: pure functions. The same input gives the same output in every release, " +
		"and once a release has shipped one, it stays as it is. They see every document of an older model, and so take any value.").comment())
	f.Var().DefsFunc(func(s *jen.Group) {
		first := true
		for _, st := range g.steps {
			g.wanted(st, func(c *doc, function string, signature jen.Code) {
				if !first {
					s.Empty()
				}
				first = false
				s.Add(c.comment())
				s.Id("_").Func().Add(signature).Op("=").Id(function)
			})
		}
	})
	for _, s := range g.steps {
		if len(s.renamed) > 0 {
			f.Line()
			f.Var().Id(renamesVariable(s.Number)).Op("=").Add(g.renames(s))
		}
		if len(s.computed) > 0 {
			f.Line()
			f.Var().Id(computationsVariable(s.Number)).Op("=").Add(g.computations(s))
		}
	}
	for _, o := range g.before {
		f.Line()
		g.olderStruct(f, o)
		for _, field := range o.fields {
			g.typesOf(f, field.value.core)
		}
	}
	for _, typ := range g.types { // those that only conversions need
		g.typesOf(f, typ.core)
	}
	for _, o := range g.before {
		f.Line()
		g.readMethod(f, o.name, o.fields, false)
	}
	g.flush(f)
}

// wanted calls emit for each function that a step needs.
func (g *generator) wanted(s step, emit func(c *doc, function string, signature jen.Code)) {
	for _, r := range s.Renamed {
		c, ok := s.renamed[r.New]
		if !ok {
			continue
		}
		emit(new(doc).say("Model %d has %q in the place of %q.", s.Number, r.New, r.Old),
			c.up, jen.Params(jen.Id(c.oldName).Add(g.goType(c.old))).Add(g.goType(c.new)))
		emit(new(doc).say("The way back: %s is the inverse of %s.", c.down, c.up),
			c.down, jen.Params(jen.Id(c.newName).Add(g.goType(c.new))).Add(g.goType(c.old)))
	}
	for _, name := range s.Computed {
		if c, ok := s.computed[name]; ok {
			emit(new(doc).say("Model %d adds %q, and computes it for documents of model %d.", s.Number, name, s.Number-1),
				c.function, jen.Params(jen.Id("before").Id(c.before.name)).Add(g.goType(c.value)))
		}
	}
}

func (g *generator) olderStruct(f *jen.File, o *older) {
	c := new(doc).say("%s is the attributes of an object as model %d has them, for the functions of convert.go.", o.name, o.Number)
	f.Add(c.quote(o.Doc).comment())
	f.Type().Id(o.name).StructFunc(func(s *jen.Group) {
		for i, field := range o.fields {
			var remarks []string
			if field.Role == definition.Bound {
				remarks = append(remarks, "bound")
			}
			g.structField(s, i, field, remarks)
		}
	})
}

// parameter makes the name of a parameter of a Go name.
func parameter(goName string) string {
	name := lowerFirst(goName)
	if reserved(name) {
		return fmt.Sprintf("%sValue", name)
	}
	return name
}
