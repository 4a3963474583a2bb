package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// Types that occur only in secrets print "[secret]" in the place of their
// values. A type that occurs in the clear as well is printed: there, it is not a secret.

// occursInClear notes that the value, and what is within it, occurs outside of
// secrets.
func (c *goType) occursInClear() {
	if c.elem.goType != nil {
		c.elem.occursInClear()
	}
	if c.typ == nil || c.typ.inClear {
		return
	}
	c.typ.inClear = true
	for _, m := range c.typ.fields {
		m.value.occursInClear()
	}
}

// encryptedFrom reports whether a model, or a later one, encrypts an attribute.
func (g *generator) encryptedFrom(number int, name string) bool {
	for n := number; n <= len(g.Models); n++ {
		at, kept := g.NameAt(name, number, n)
		if !kept {
			return false
		}
		if g.Model(n).Role(at) == definition.Encrypted {
			return true
		}
	}
	return false
}

// printing are the methods with which a value prints itself.
var printing = []string{"String", "GoString", "Format", "LogValue", "MarshalText"}

// planRedaction has the fields of a struct that redacts itself give way to its
// methods.
func (g *generator) planRedaction() {
	for _, typ := range g.types {
		if typ.inClear {
			continue
		}
		names := newScope(printing...)
		for i := range typ.fields {
			typ.fields[i].goName = fieldName(names, &typ.fields[i].Attribute)
		}
	}
}

// redact emits the methods of a type that occurs only in secrets.
func (g *generator) redact(f *jen.File, typ *namedType) {
	if typ.inClear {
		return
	}
	f.Line()
	f.Add(say("String, and whatever else prints, logs or encodes a %s, shows that it is a secret, and no value: the type occurs only in secrets.", typ.name))
	for i, name := range printing {
		if i > 0 {
			f.Line()
		}
		method := f.Func().Params(jen.Id(typ.name)).Id(name)
		concealed := g.impl("Concealed").Dot(name)
		switch name {
		case "Format":
			method.Params(jen.Id("f").Qual("fmt", "State"), jen.Id("verb").Rune()).Block(concealed.Call(jen.Id("f"), jen.Id("verb")))
		case "LogValue":
			method.Params().Qual("log/slog", "Value").Block(jen.Return(concealed.Call()))
		case "MarshalText":
			method.Params().Params(jen.Index().Byte(), jen.Error()).Block(jen.Return(concealed.Call()))
		default:
			method.Params().String().Block(jen.Return(concealed.Call()))
		}
	}
}
