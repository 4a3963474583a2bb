package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// writeMethod emits the method that writes the object against what was read.
func (g *generator) writeMethod(f *jen.File) {
	f.Func().Params(jen.Id("o").Op("*").Id(g.object)).Id("write").Params(jen.Id("w").Op("*").Add(g.impl("Writer"))).BlockFunc(func(s *jen.Group) {
		s.Id("w.Begin").Call(jen.Id("o.source"))
		for _, field := range g.fields {
			g.writeField(s, field)
		}
		s.Id("w.End").Call()
	})
}

// writeField emits the statement that writes an attribute.
func (g *generator) writeField(s *jen.Group, f *field) {
	x, w := jen.Id("o."+f.goName), jen.Id("w")
	if f.computed && !f.Pointer {
		w = jen.Id("w.Computed").Call()
	}
	if !f.Secret {
		s.Add(g.writeMember(w, f.Name, f.Pointer, f.value, x))
		return
	}
	function := "Write"
	if f.Pointer {
		function += "Optional"
	}
	if f.value.nullable {
		function += "Null"
	}
	call := g.impl(function+"Secret").Call(w, stringLit(f.Name), x, g.writer(goValue{goType: f.value.goType}))
	if !f.value.refusesNull {
		s.Add(call)
		return
	}
	s.If(call.Op("&&").Op("!").Add(x).Dot("Valid")).Block(refuse(notNull))
}

// writeMember is the expression that writes the member x of an object.
func (g *generator) writeMember(w *jen.Statement, name string, pointer bool, s goValue, x *jen.Statement) jen.Code {
	switch {
	case pointer && s.nullable && !s.refusesNull:
		return g.impl("WriteOptionalNull").Call(w, stringLit(name), x, g.writer(goValue{goType: s.goType}))
	case pointer:
		return g.impl("WriteOptional").Call(w, stringLit(name), x, g.writer(s))
	}
	return g.writeValue(s, jen.Add(w).Dot("Member").Call(stringLit(name)), x)
}

// writeValue is the expression that writes the value x to the writer w, and
// reports whether it differs from the stored one.
func (g *generator) writeValue(s goValue, w, x *jen.Statement) *jen.Statement {
	if g.hasRule(s) || s.Kind == definition.Struct && !s.nullable {
		return g.writer(s).Call(w, x)
	}
	return g.writeBare(s, w, x)
}

// writeBare is writeValue without the rules of the value itself.
func (g *generator) writeBare(s goValue, w, x *jen.Statement) *jen.Statement {
	switch {
	case s.nullable:
		return g.impl("WriteNull").Call(w, x, g.writer(goValue{goType: s.goType}))
	case s.Kind == definition.List:
		return g.impl("WriteList").Call(w, x, g.writer(s.elem))
	case s.Kind == definition.Map:
		return g.impl("WriteMap").Call(w, x, g.writer(s.elem))
	case s.typ != nil:
		x = g.scalarType(s.Kind).Call(x)
	}
	return w.Dot(s.Kind.Info().Writer).Call(x)
}

// writer is a function that writes a value: a method of the writer, or one that
// is made for it.
func (g *generator) writer(s goValue) *jen.Statement {
	switch {
	case s.nullable && s.refusesNull:
		return g.function(g.shared(s.goType), "write", "NotNull", func(name string) jen.Code { return g.writeFunction(name, s) })
	case s.nullable:
		return g.function(g.shared(s.goType), "write", "OrNull", func(name string) jen.Code { return g.writeFunction(name, s) })
	case s.Kind == definition.Struct:
		return g.function(s.goType, "write", "", func(name string) jen.Code { return g.writeStruct(name, s.typ) })
	case g.hasRule(s), s.typ != nil, s.Kind == definition.List, s.Kind == definition.Map:
		return g.function(s.goType, "write", "", func(name string) jen.Code { return g.writeFunction(name, s) })
	}
	return g.method("Writer", s.Kind.Info().Writer)
}

// writeFunction emits a function that writes a value and checks its rules.
func (g *generator) writeFunction(name string, s goValue) jen.Code {
	bare := g.writeBare(s, jen.Id("w"), jen.Id("v"))
	rules := g.rules(s)
	return g.writeSignature(name, g.typeExpr(s)).BlockFunc(func(body *jen.Group) {
		if len(rules) == 0 {
			body.Return(bare)
			return
		}
		body.Id("changed").Op(":=").Add(bare)
		checks(body, rules)
		body.Return(jen.Id("changed"))
	})
}

func (g *generator) writeSignature(name string, typ jen.Code) *jen.Statement {
	return jen.Func().Id(name).Params(jen.Id("w").Op("*").Add(g.impl("Writer")), jen.Id("v").Add(typ)).Bool()
}

func (g *generator) writeStruct(name string, typ *namedType) jen.Code {
	return g.writeSignature(name, jen.Id(typ.name)).BlockFunc(func(s *jen.Group) {
		s.Id("w.Begin").Call(jen.Id("v.source"))
		var required []rule
		for _, m := range typ.fields {
			x := jen.Id("v." + m.goName)
			s.Add(g.writeMember(jen.Id("w"), m.Name, m.Optional, m.value, x))
			if m.required {
				required = append(required, rule{
					broken: jen.Add(x).Op("==").Nil().Op("&&").Op("!").Id("v.source").Dot("Lacks").Call(stringLit(m.Name)),
					want:   "want an object that has the member " + quoted(m.Name),
				})
			}
		}
		if len(required) == 0 {
			s.Return(jen.Id("w.End").Call())
			return
		}
		s.Id("changed").Op(":=").Id("w").Dot("End").Call()
		checks(s, required)
		s.Return(jen.Id("changed"))
	})
}
