package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// goValue is a value as Go code sees it: of a Go type, or null if it may be.
type goValue struct {
	*goType
	nullable    bool
	refusesNull bool // although it may be read as null, it may not become null
}

// goType is the Go type of a value that is not null. Equal values of one name
// share it, and so the functions that are made for it.
type goType struct {
	definition.Value
	narrow []definition.Value // what a written value must satisfy; none if the code only reads or converts
	name   string             // what types and functions are called after
	place  string             // where the spec has it, in words
	typ    *namedType         // enums and structs
	elem   goValue            // lists and maps

	functions map[string]string // those made for it, by what they do

	checked []rule // of what is written, once known
	known   bool
}

// namedType is a Go type of its own.
type namedType struct {
	*goType
	name      string
	constants []string // of an enum
	fields    []member // of a struct
	inClear   bool     // it occurs outside of secrets too
	emitted   bool
}

// member is a field of a nested struct.
type member struct {
	definition.Attribute
	goName   string
	value    goValue
	required bool // a new struct has it, although this release reads one without it
}

// goValue plans the Go form of a value. The name is what types and functions are
// called after, and place says in words where it is in the spec, unless the
// value comes from a shared definition.
func (g *generator) goValue(v definition.Value, narrow []definition.Value, name, place string) goValue {
	s := goValue{nullable: v.Nullable && v.Kind != definition.JSON}
	for _, n := range narrow {
		s.refusesNull = s.refusesNull || s.nullable && !n.Nullable && n.Kind != definition.JSON
	}
	v.Nullable = false
	narrow = slices.Clone(narrow)
	for i := range narrow {
		narrow[i].Nullable = false
	}
	if shared := sharedName(v); shared != "" {
		name, place = shared+g.suffix, v.Definition+" of the specs"
	}
	s.goType = g.goTypeOf(v, narrow, name, place)
	return s
}

func (g *generator) goTypeOf(v definition.Value, narrow []definition.Value, name, place string) *goType {
	for _, c := range g.goTypes {
		if c.name == name && c.Value.Equal(v) && (narrow == nil || slices.EqualFunc(c.narrow, narrow, definition.Value.Equal)) {
			return c
		}
	}
	c := &goType{Value: v, narrow: narrow, name: name, place: place, functions: map[string]string{}}
	switch {
	case v.Kind == definition.Struct:
		c.typ = g.namedType(c)
		g.planMembers(c)
	case len(v.Enum) > 0:
		c.typ = g.namedType(c)
		c.typ.constants = definition.ConstantNames(c.typ.name, v.Enum)
		for i, constant := range c.typ.constants {
			c.typ.constants[i] = g.identifiers.take(constant, constant+"Value")
		}
	case v.Kind == definition.List:
		c.elem = g.goValue(*v.Elem, elemsOf(narrow), name+"Item", "an item of "+place)
	case v.Kind == definition.Map:
		c.elem = g.goValue(*v.Elem, elemsOf(narrow), name+"Value", "a value of "+place)
	}
	g.goTypes = append(g.goTypes, c)
	return c
}

func (g *generator) namedType(c *goType) *namedType {
	typ := &namedType{goType: c, name: g.identifiers.take(c.name, g.object+c.name)}
	g.types = append(g.types, typ)
	return typ
}

func (g *generator) planMembers(c *goType) {
	goNames := newScope()
	for _, a := range c.Fields {
		var narrow []definition.Value
		required := false
		for _, n := range c.narrow {
			i := slices.IndexFunc(n.Fields, func(b definition.Attribute) bool { return a.Name == b.Name })
			if i >= 0 {
				narrow = append(narrow, n.Fields[i].Value)
				required = required || a.Optional && !n.Fields[i].Optional
			}
		}
		goName := fieldName(goNames, &a)
		c.typ.fields = append(c.typ.fields, member{a, goName, g.goValue(a.Value, narrow, c.typ.name+goName, fmt.Sprintf("the member %q of %s", a.Name, c.typ.name)), required})
	}
}

func elemsOf(narrow []definition.Value) []definition.Value {
	var elems []definition.Value
	for _, n := range narrow {
		if n.Elem != nil {
			elems = append(elems, *n.Elem)
		}
	}
	return elems
}

// sharedName is the name of the shared definition that an enum or a struct
// comes from, or "".
func sharedName(v definition.Value) string {
	if v.Definition == "" || v.Kind != definition.Struct && len(v.Enum) == 0 {
		return ""
	}
	return v.TypeName()
}

// stem is X in the functions readX and writeX.
func (c *goType) funcSuffix() string {
	if c.typ != nil {
		return c.typ.name
	}
	return c.name
}

// goType is the type of the value itself.
func (g *generator) typeExpr(s goValue) *jen.Statement {
	if s.nullable {
		return g.eso("Null").Types(g.bareTypeExpr(s.goType))
	}
	return g.bareTypeExpr(s.goType)
}

func (g *generator) bareTypeExpr(c *goType) *jen.Statement {
	if c.typ != nil {
		return jen.Id(c.typ.name)
	}
	switch c.Kind {
	case definition.List:
		return jen.Index().Add(g.typeExpr(c.elem))
	case definition.Map:
		return jen.Map(jen.String()).Add(g.typeExpr(c.elem))
	}
	return g.scalarType(c.Kind)
}

// scalarType is the Go type of a kind that is not made of others.
func (g *generator) scalarType(kind definition.Kind) *jen.Statement {
	name := kind.Info().Go
	switch pkg, local, qualified := strings.Cut(name, "."); {
	case !qualified:
		return jen.Id(name)
	case pkg == "eso":
		return g.eso(local)
	default:
		return jen.Qual(pkg, local)
	}
}

// fieldType is the type of the struct field of an attribute.
func (g *generator) fieldType(f *field) *jen.Statement {
	typ := g.typeExpr(f.value)
	if f.Secret {
		typ = g.eso("Secret").Types(g.bareTypeExpr(f.value.goType))
		if f.value.nullable {
			typ = g.eso("Null").Types(typ)
		}
	}
	if f.Pointer {
		return jen.Op("*").Add(typ)
	}
	return typ
}
