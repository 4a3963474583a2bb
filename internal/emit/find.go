package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// findable is an attribute that a filter may ask for, and the name of the
// function that makes the filter.
type findable struct {
	*field
	function string
}

// planFilters chooses the names of the filters. There is none for a secret: a
// program that looks for one does not compile. Lists, objects and values of any
// kind have none either, as equality says little of them.
func (g *generator) planFilters() {
	for _, f := range g.fields {
		if !f.Secret && f.value.Kind.Info().Search != definition.SearchNone {
			name := "By" + f.goName
			g.findable = append(g.findable, findable{f, g.identifiers.take(name, name+"Filter")})
		}
	}
}

// findFile has the filters, one for each attribute that can be searched.
func (g *generator) findFile(f *jen.File) {
	f.Add(say("Filters for the objects of a store. Secrets have none: nobody can search for them."))
	for _, field := range g.findable {
		f.Line()
		f.Add(say("%s selects the objects whose %q is v.", field.function, field.Name))
		f.Func().Id(field.function).Params(jen.Id("v").Add(g.bareTypeExpr(field.value.goType))).Add(g.eso("Filter")).Types(jen.Id(g.object)).Block(
			jen.Return(g.filter(field)),
		)
	}
}

// filter emits the filter itself. What has several spellings in a document is
// compared in Go alone.
func (g *generator) filter(f findable) jen.Code {
	matches := jen.Func().Params(jen.Id("o").Op("*").Id(g.object)).Bool().Block(jen.Return(matchOf(f)))
	if f.value.Kind.Info().Search == definition.SearchGo {
		return g.impl("Matching").Call(stringLit(f.Name), matches)
	}
	value := jen.Id("v")
	if f.value.typ != nil {
		value = g.scalarType(f.value.Kind).Parens(value)
	}
	return g.impl("Equal").Call(stringLit(f.Name), value, matches)
}

// matchOf emits the condition that the attribute of o is v.
func matchOf(f findable) *jen.Statement {
	name := "o." + f.goName
	value := jen.Id(name)
	var condition *jen.Statement
	and := func(c *jen.Statement) {
		if condition == nil {
			condition = c
		} else {
			condition.Op("&&").Add(c)
		}
	}
	if f.Pointer {
		and(jen.Id(name).Op("!=").Nil())
		value = jen.Op("*").Id(name)
	}
	if f.value.nullable {
		and(jen.Id(name + ".Valid"))
		value = jen.Id(name + ".V")
	}
	if equal := f.value.Kind.Info().Equal; equal != "" {
		if f.value.nullable {
			name += ".V"
		}
		and(jen.Id(name + "." + equal).Call(jen.Id("v")))
	} else {
		and(value.Op("==").Id("v"))
	}
	return condition
}
