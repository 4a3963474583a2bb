package emit

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
)

// constructor emits New, for objects whose spec has defaults.
func (g *generator) constructor(f *jen.File) {
	f.Add(say("New returns a new %s with the defaults of the spec.", g.object))
	f.Func().Id("New").Params().Op("*").Id(g.object).Block(
		jen.Return(jen.Op("&").Id(g.object).Add(valuesOf(g.defaults(), true))),
	)
}

func (g *generator) hasDefaults() bool { return len(g.defaults()) > 0 }

// defaults are the fields of the object that the spec gives a value.
func (g *generator) defaults() []jen.Code {
	var values []jen.Code
	for _, f := range g.fields {
		if f.Dropped && f.Default == "" {
			continue
		}
		lit := g.defaultOf(f.Default, f.value, f.Pointer || f.Secret, f.Optional)
		if lit == nil {
			continue
		}
		if f.Secret && lit != nil {
			lit = g.secretLit(f)
		}
		if f.Pointer {
			lit = jen.New(lit)
		}
		values = append(values, jen.Id(f.goName).Op(":").Add(lit))
	}
	return values
}

// secretLit is the default of an encrypted attribute.
func (g *generator) secretLit(f *field) *jen.Statement {
	if f.value.nullable && f.Default == "null" {
		return g.goZeroSecret(f)
	}
	secret := g.eso("NewSecret").Call(g.defaultOf(f.Default, goValue{goType: f.value.goType}, true, false))
	if f.value.nullable {
		return g.eso("NotNull").Call(secret)
	}
	return secret
}

func (g *generator) goZeroSecret(f *field) *jen.Statement {
	return g.eso("Null").Types(g.eso("Secret").Types(g.bareTypeExpr(f.value.goType))).Values()
}

// defaultOf is the Go expression of a default, or nil if there is none. A
// struct that is always there has the defaults of its fields.
func (g *generator) defaultOf(text string, s goValue, typed, optional bool) *jen.Statement {
	if text != "" {
		var v any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return nil
		}
		return g.literal(s, v, text, typed)
	}
	if s.Kind == definition.Struct && !s.nullable && !optional {
		if fields := g.memberValues(s, nil); len(fields) > 0 {
			return jen.Id(s.typ.name).Add(valuesOf(fields, true))
		}
	}
	return nil
}

// literal is the Go expression of a JSON value. It is typed if the context does
// not give its constant a type.
func (g *generator) literal(s goValue, v any, text string, typed bool) *jen.Statement {
	switch {
	case s.nullable && v == nil:
		return g.typeExpr(s).Values()
	case s.nullable:
		return g.eso("NotNull").Call(g.literal(goValue{goType: s.goType}, v, text, true))
	case s.typ != nil && s.Kind != definition.Struct:
		return enumLit(s.typ, v)
	}
	switch s.Kind {
	case definition.JSON:
		if text == "" {
			encoded, _ := json.Marshal(v)
			text = string(encoded)
		}
		return g.eso("JSON").Call(stringLit(text))
	case definition.List:
		return g.listLit(s, v)
	case definition.Map:
		return g.mapLit(s, v)
	case definition.Struct:
		object, _ := v.(map[string]any)
		return jen.Id(s.typ.name).Add(valuesOf(g.memberValues(s, object), true))
	}
	lit := g.plainLit(s.Kind, v)
	if typed && lit != nil && untyped(s.Kind, v) {
		return g.bareTypeExpr(s.goType).Parens(lit)
	}
	return lit
}

// untyped reports whether Go takes the literal of a number for an int, although
// a double or an int64 is meant.
func untyped(kind definition.Kind, v any) bool {
	number, ok := v.(json.Number)
	return ok && (kind.Info().Integer || !strings.ContainsAny(number.String(), ".eE"))
}

func (g *generator) listLit(s goValue, v any) *jen.Statement {
	list, _ := v.([]any)
	var items []jen.Code
	for _, item := range list {
		items = append(items, g.element(s.elem, item))
	}
	return g.bareTypeExpr(s.goType).Add(valuesOf(items, len(items) > 4))
}

// element is a literal within that of a list or a map, which gives it its type.
func (g *generator) element(s goValue, v any) *jen.Statement {
	lit := g.literal(s, v, "", false)
	if lit != nil && !s.nullable && s.Kind.Info().Composite() {
		return jen.Add((*lit)[len(*lit)-1])
	}
	return lit
}

func (g *generator) mapLit(s goValue, v any) *jen.Statement {
	object, _ := v.(map[string]any)
	var items []jen.Code
	for _, name := range slices.Sorted(maps.Keys(object)) {
		items = append(items, stringLit(name).Op(":").Add(g.element(s.elem, object[name])))
	}
	return g.bareTypeExpr(s.goType).Add(valuesOf(items, true))
}

// memberValues are the fields of a struct literal: what the object has, and
// defaults for what it lacks.
func (g *generator) memberValues(s goValue, object map[string]any) []jen.Code {
	var values []jen.Code
	for _, m := range s.typ.fields {
		var lit *jen.Statement
		if v, ok := object[m.Name]; ok {
			lit = g.literal(m.value, v, "", m.Optional)
		} else {
			lit = g.defaultOf(m.Default, m.value, m.Optional, m.Optional)
		}
		if lit == nil {
			continue
		}
		if m.Optional {
			lit = jen.New(lit)
		}
		values = append(values, jen.Id(m.goName).Op(":").Add(lit))
	}
	return values
}

// plainLit is the Go expression of a scalar.
func (g *generator) plainLit(kind definition.Kind, v any) *jen.Statement {
	switch v := v.(type) {
	case bool:
		return jen.Lit(v)
	case json.Number:
		return jen.Id(v.String())
	case string:
		return g.textLit(kind, v)
	}
	return nil
}

// textLit is the Go expression of what JSON has as a string.
func (g *generator) textLit(kind definition.Kind, text string) *jen.Statement {
	if lit, ok := textLits[kind]; ok {
		return lit(text)
	}
	if kind.Info().Go != "string" {
		return g.scalarType(kind).Parens(stringLit(text)) // a type of the runtime that is a text
	}
	return stringLit(text)
}

// textLits has the kinds whose Go type is not a text.
var textLits = map[definition.Kind]func(text string) *jen.Statement{
	definition.Timestamp: func(text string) *jen.Statement {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil
		}
		return timeLit(t.UTC())
	},
	definition.Duration: func(text string) *jen.Statement {
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil
		}
		return durationLit(d)
	},
	definition.Bytes: func(text string) *jen.Statement {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil
		}
		return jen.Index().Byte().Parens(stringLit(string(b)))
	},
}

func timeLit(t time.Time) *jen.Statement {
	return jen.Qual("time", "Date").Call(jen.Lit(t.Year()), jen.Qual("time", t.Month().String()), jen.Lit(t.Day()),
		jen.Lit(t.Hour()), jen.Lit(t.Minute()), jen.Lit(t.Second()), jen.Lit(t.Nanosecond()), jen.Qual("time", "UTC"))
}

// durationLit is a duration in its largest unit.
func durationLit(d time.Duration) *jen.Statement {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"Hour", time.Hour}, {"Minute", time.Minute}, {"Second", time.Second}, {"Millisecond", time.Millisecond}, {"Microsecond", time.Microsecond}} {
		if d%unit.size == 0 {
			return jen.Id(strconv.FormatInt(int64(d/unit.size), 10)).Op("*").Qual("time", unit.name)
		}
	}
	return jen.Qual("time", "Duration").Parens(jen.Id(strconv.FormatInt(int64(d), 10)))
}

// enumLit is the constant of a value of an enum.
func enumLit(typ *namedType, v any) *jen.Statement {
	for i, text := range typ.Enum {
		var known any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if d.Decode(&known) == nil && known == v {
			return jen.Id(typ.constants[i])
		}
	}
	return nil
}

// scalarLit is a constant for the JSON text of a string or a number.
func scalarLit(text string) *jen.Statement {
	if s, ok := jsonString(text); ok {
		return stringLit(s)
	}
	return jen.Id(text)
}

// jsonString decodes the JSON text of a string.
func jsonString(text string) (s string, ok bool) {
	ok = strings.HasPrefix(text, `"`) && json.Unmarshal([]byte(text), &s) == nil
	return s, ok
}

// distinct are the constants of an enum without those that spell the same
// number again.
func distinct(typ *namedType) []string {
	var constants []string
	seen := map[string]bool{}
	for i, text := range typ.Enum {
		key := text
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			key = strconv.FormatFloat(f, 'g', -1, 64)
		}
		if !seen[key] {
			seen[key] = true
			constants = append(constants, typ.constants[i])
		}
	}
	return constants
}
