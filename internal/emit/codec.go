package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// codecFile has the reading and writing of the object, and of the values in it.
func (g *generator) codecFile(f *jen.File) {
	patterns := f.Null() // filled in when they are known
	g.jsonMethods(f)
	f.Line()
	g.readMethod(f)
	f.Line()
	g.writeMethod(f)
	g.patchWriter(f)
	g.flush(f)
	switch len(g.variables) {
	case 0:
	case 1:
		patterns.Var().Add(g.variables[0]).Line()
	default:
		patterns.Var().Defs(g.variables...).Line()
	}
}

func (g *generator) jsonMethods(f *jen.File) {
	without, stripped := "", ""
	if g.hasSecrets() {
		without, stripped = ", without the secrets", " Secrets come out stripped."
	}
	f.Add(say("MarshalJSON returns the attributes as a JSON object%s.", without))
	f.Func().Params(jen.Id("o").Id(g.object)).Id("MarshalJSON").Params().Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(g.impl("Marshal").Call(jen.Id("o.write"))),
	)
	f.Line()
	f.Add(say("UnmarshalJSON reads the attributes from a JSON object.%s", stripped))
	f.Func().Params(jen.Id("o").Op("*").Id(g.object)).Id("UnmarshalJSON").Params(jen.Id("data").Index().Byte()).Error().Block(
		jen.Op("*").Id("o").Op("=").Id(g.object).Values(),
		jen.Return(g.impl("Unmarshal").Call(jen.Id("data"), jen.Id("o.read"))),
	)
}

// readMethod emits the method that reads the attributes of an object.
func (g *generator) readMethod(f *jen.File) {
	cases := make([]jen.Code, 0, len(g.fields)+1)
	for i, field := range g.fields {
		cases = append(cases, readCase(i, field.Name, jen.Id("o."+field.goName), g.readField(field)))
	}
	f.Func().Params(jen.Id("o").Op("*").Id(g.object)).Id("read").Params(jen.Id("d").Op("*").Add(g.impl("Reader"))).BlockFunc(func(s *jen.Group) {
		readLoop(s, cases)
		s.Id("o.source").Op("=").Id("d").Dot("Source").Call()
	})
}

// readLoop emits the loop over the members of an object.
func readLoop(s *jen.Group, cases []jen.Code) {
	unknown := jen.Id("d.Unknown").Call()
	s.Id("d.Object").Call()
	if len(cases) == 0 {
		s.For(jen.Id("d.Member").Call()).Block(unknown)
		return
	}
	s.For(jen.Id("d.Member").Call()).Block(
		jen.Switch(jen.Id("d.Name").Call()).Block(append(cases, jen.Default().Block(unknown))...),
	)
}

func readCase(i int, name string, into, value jen.Code) jen.Code {
	return jen.Case(stringLit(name)).Block(
		jen.Id("d.Once").Call(jen.Lit(i)),
		jen.Add(into).Op("=").Add(value),
	)
}

// readField is the expression that reads an attribute.
func (g *generator) readField(f *field) *jen.Statement {
	var value *jen.Statement
	switch {
	case f.Secret && f.value.nullable:
		value = g.impl("ReadNullSecret").Call(jen.Id("d"), g.reader(goValue{goType: f.value.goType}))
	case f.Secret:
		value = g.impl("ReadSecret").Call(jen.Id("d"), g.reader(f.value))
	default:
		value = g.readValue(f.value)
	}
	return optional(f.Pointer, value)
}

func optional(pointer bool, value *jen.Statement) *jen.Statement {
	if pointer {
		return jen.New(value)
	}
	return value
}

// readValue is the expression that reads a value from d.
func (g *generator) readValue(s goValue) *jen.Statement {
	d := jen.Id("d")
	switch {
	case s.nullable:
		return g.impl("ReadNull").Call(d, g.reader(goValue{goType: s.goType}))
	case s.Kind == definition.Struct:
		return g.reader(s).Call(d)
	case s.typ != nil:
		return jen.Id(s.typ.name).Call(jen.Id("d." + s.Kind.Info().Reader).Call())
	case s.Kind == definition.List:
		return g.impl("ReadList").Call(d, g.reader(s.elem))
	case s.Kind == definition.Map:
		return g.impl("ReadMap").Call(d, g.reader(s.elem))
	}
	return d.Dot(s.Kind.Info().Reader).Call()
}

// reader is a function that reads a value: a method of the Reader, or one that
// is made for it.
func (g *generator) reader(s goValue) *jen.Statement {
	switch {
	case s.nullable:
		return g.function(g.shared(s.goType), "read", "OrNull", func(name string) jen.Code { return g.readFunction(name, s) })
	case s.Kind == definition.Struct:
		return g.function(s.goType, "read", "", func(name string) jen.Code { return g.readStruct(name, s.typ) })
	case s.typ != nil, s.Kind == definition.List, s.Kind == definition.Map:
		return g.function(s.goType, "read", "", func(name string) jen.Code { return g.readFunction(name, s) })
	}
	return g.method("Reader", s.Kind.Info().Reader)
}

// function refers to a function that is made for a value, and sees to it that
// it is emitted once.
func (g *generator) function(c *goType, prefix, suffix string, emit func(name string) jen.Code) *jen.Statement {
	name, ok := c.functions[prefix+suffix]
	if !ok {
		name = g.helpers.take(prefix + c.funcSuffix() + suffix)
		c.functions[prefix+suffix] = name
		g.pending = append(g.pending, function{c, name, emit})
	}
	return jen.Id(name)
}

// shared returns the goType of all values without rules that one method of the
// runtime writes: they share their functions.
func (g *generator) shared(c *goType) *goType {
	if c.typ != nil || c.Kind == definition.List || c.Kind == definition.Map || g.hasRule(goValue{goType: c}) {
		return c
	}
	method := c.Kind.Info().Writer
	if g.plain[method] == nil {
		g.plain[method] = &goType{Value: c.Value, name: method, functions: map[string]string{}}
	}
	return g.plain[method]
}

// method is a method expression of the runtime.
func (g *generator) method(receiver, name string) *jen.Statement {
	return jen.Parens(jen.Op("*").Add(g.impl(receiver))).Dot(name)
}

func (g *generator) readFunction(name string, s goValue) jen.Code {
	return g.readSignature(name, s).Block(jen.Return(g.readValue(s)))
}

func (g *generator) readSignature(name string, s goValue) *jen.Statement {
	return jen.Func().Id(name).Params(jen.Id("d").Op("*").Add(g.impl("Reader"))).Add(g.typeExpr(s))
}

func (g *generator) readStruct(name string, typ *namedType) jen.Code {
	cases := make([]jen.Code, 0, len(typ.fields)+1)
	for i, m := range typ.fields {
		cases = append(cases, readCase(i, m.Name, jen.Id("v."+m.goName), optional(m.Optional, g.readValue(m.value))))
	}
	return jen.Func().Id(name).Params(jen.Id("d").Op("*").Add(g.impl("Reader"))).Params(jen.Id("v").Id(typ.name)).BlockFunc(func(s *jen.Group) {
		readLoop(s, cases)
		s.Id("v.source").Op("=").Id("d").Dot("Source").Call()
		s.Return(jen.Id("v"))
	})
}
