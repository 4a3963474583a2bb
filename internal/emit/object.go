package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// objectFile has the package comment, the struct of the write model, and the
// types of its fields.
func (g *generator) objectFile(f *jen.File) {
	f.PackageComment(g.packageDoc().String())
	g.objectStruct(f)
	if g.hasDefaults() {
		f.Line()
		g.constructor(f)
	}
	for _, field := range g.fields {
		g.typesOf(f, field.value.goType)
	}
}

// packageDoc names no model: what moves with each release is in definition.go.
func (g *generator) packageDoc() *doc {
	return new(doc).say("Package %s seals, opens and migrates saved objects of type %q.", g.Package(), g.Name)
}

func (g *generator) objectStruct(f *jen.File) {
	c := new(doc).say("%s holds the attributes of one object, as the write model has them.", g.object).quote(g.Doc)
	f.Add(c.comment())
	f.Type().Id(g.object).StructFunc(func(s *jen.Group) {
		for i, field := range g.fields {
			g.structField(s, i, field, g.remarks(field))
		}
		if len(g.fields) > 0 {
			s.Empty()
		}
		s.Id("source").Add(g.impl("Source")).Comment("as it was read")
	})
}

// structField emits a field: comments of their own above it, remarks behind
// it.
func (g *generator) structField(s *jen.Group, i int, f *field, remarks []string) {
	c := new(doc).quote(f.Doc)
	if f.Dropped {
		c.say("Deprecated: model %d drops it. Set it at creation and leave it alone.", g.droppedBy(f.Name))
	}
	if !c.empty() {
		if i > 0 {
			s.Empty()
		}
		s.Add(c.comment())
	}
	line := s.Id(f.goName).Add(g.fieldType(f))
	if len(remarks) > 0 {
		line.Comment(strings.Join(remarks, "; "))
	}
}

// remarks returns what a reader of the struct must know about a field: whether
// it is bound, and how announced models change it.
func (g *generator) remarks(f *field) []string {
	var remarks []string
	if f.Role == definition.Bound {
		remarks = append(remarks, "bound")
	}
	if f.computed {
		remarks = append(remarks, "computed if a new object has none")
	}
	name, role, optional := f.Name, f.Role, f.Optional
	for _, m := range g.Announced() {
		a := m.AttributeAfter(name)
		if a == nil {
			break
		}
		if a.Name != name {
			name = a.Name
			remarks = append(remarks, fmt.Sprintf("%q from model %d", name, m.Number))
		}
		if now := m.Role(name); now != role {
			role = now
			remarks = append(remarks, fmt.Sprintf("%s from model %d", roleWord[role], m.Number))
		}
		if a.Optional != optional {
			optional = a.Optional
			remarks = append(remarks, fmt.Sprintf("%s from model %d", optionalWord[optional], m.Number))
		}
	}
	if f.Secret && slices.Contains(g.Exposes, f.Name) {
		remarks = append(remarks, "shown by Read")
	}
	return remarks
}

var (
	roleWord     = map[definition.Role]string{definition.Plain: "plain", definition.Bound: "bound", definition.Encrypted: "encrypted"}
	optionalWord = map[bool]string{true: "optional", false: "required"}
)

// droppedBy returns the announced model that drops an attribute of the write
// model.
func (g *generator) droppedBy(name string) int {
	for _, m := range g.Announced() {
		var kept bool
		if name, kept = m.After(name); !kept {
			return m.Number
		}
	}
	return len(g.Models)
}

// typesOf emits the types that a value consists of, those outside before those
// within.
func (g *generator) typesOf(f *jen.File, c *goType) {
	if c.elem.goType != nil {
		g.typesOf(f, c.elem.goType)
	}
	if c.typ == nil || c.typ.emitted {
		return
	}
	c.typ.emitted = true
	f.Line()
	if c.Kind != definition.Struct {
		g.enum(f, c.typ)
		g.redact(f, c.typ)
		return
	}
	g.nestedStruct(f, c.typ)
	g.redact(f, c.typ)
	for _, m := range c.typ.fields {
		g.typesOf(f, m.value.goType)
	}
}

func (g *generator) nestedStruct(f *jen.File, typ *namedType) {
	f.Add(g.typeDoc(typ, "").comment())
	f.Type().Id(typ.name).StructFunc(func(s *jen.Group) {
		for i, m := range typ.fields {
			f := &field{Field: definition.Field{Attribute: m.Attribute, Pointer: m.Optional}, goName: m.goName, value: m.value}
			g.structField(s, i, f, nil)
		}
		if len(typ.fields) > 0 {
			s.Empty()
		}
		s.Id("source").Add(g.impl("Source")).Comment("as it was read")
	})
}

func (g *generator) enum(f *jen.File, typ *namedType) {
	f.Add(g.typeDoc(typ, " Documents may hold values that this release does not know: see Valid.").comment())
	f.Type().Id(typ.name).Add(g.scalarType(typ.Kind))
	f.Line()
	f.Const().DefsFunc(func(s *jen.Group) {
		for i, constant := range typ.constants {
			line := s.Id(constant).Id(typ.name).Op("=").Add(scalarLit(typ.Enum[i]))
			if !typ.allows(typ.Enum[i]) {
				line.Comment("read, and not written by this release")
			}
		}
	})
	f.Line()
	f.Add(say("Valid reports whether this release knows the value."))
	f.Func().Params(jen.Id("v").Id(typ.name)).Id("Valid").Params().Bool().Block(
		jen.Switch(jen.Id("v")).Block(
			jen.Case(jen.ListFunc(func(s *jen.Group) {
				for _, constant := range distinct(typ) {
					s.Id(constant)
				}
			})).Block(jen.Return(jen.True())),
		),
		jen.Return(jen.False()),
	)
}

// allows reports whether this release writes a value of an enum.
func (c *goType) allows(text string) bool {
	for _, n := range c.narrow {
		if len(n.Enum) > 0 && !slices.Contains(n.Enum, text) {
			return false
		}
	}
	return true
}

// typeDoc is the comment of a nested type: esogen's sentence, and the words of
// the spec.
func (g *generator) typeDoc(typ *namedType, more string) *doc {
	return new(doc).say("%s is %s.%s", typ.name, typ.place, more).quote(typ.Doc)
}
