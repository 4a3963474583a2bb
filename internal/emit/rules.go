package emit

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
)

// rule is a condition under which a written value v is refused, and what is
// wanted instead. The words never hold a value of an object.
type rule struct {
	broken jen.Code
	want   string
}

const notNull = "want a value other than null"

// checks emits the refusals of a value that has changed.
func checks(s *jen.Group, rules []rule) {
	if len(rules) == 1 {
		s.If(jen.Id("changed").Op("&&").Add(rules[0].broken)).Block(refuse(rules[0].want))
		return
	}
	cases := []jen.Code{jen.Case(jen.Op("!").Id("changed"))}
	for _, r := range rules {
		cases = append(cases, jen.Case(r.broken).Block(refuse(r.want)))
	}
	s.Switch().Block(cases...)
}

// refuse is the call that reports a broken rule. Its argument is a format.
func refuse(want string) *jen.Statement {
	return jen.Id("w").Dot("Refuse").Call(stringLit(strings.ReplaceAll(want, "%", "%%")))
}

// hasRule reports whether a written value is checked, apart from its parts.
func (g *generator) hasRule(s goValue) bool {
	if s.nullable {
		return s.refusesNull
	}
	return len(g.rules(s)) > 0
}

// rules returns what a written value must satisfy.
func (g *generator) rules(s goValue) []rule {
	if s.nullable {
		if s.refusesNull {
			return []rule{{jen.Op("!").Id("v").Dot("Valid"), notNull}}
		}
		return nil
	}
	if s.known {
		return s.checked
	}
	s.known = true
	collected := &ruleSet{g: g, goType: s.goType}
	if s.Kind != definition.Struct {
		collected.enum()
		for _, n := range s.narrow {
			collected.kind(n)
			collected.excluded(n)
			collected.limits(n)
			collected.lengths(n)
			collected.patterns(n)
		}
	}
	s.checked = collected.rules
	return s.checked
}

// ruleSet collects the rules of one value, each once.
type ruleSet struct {
	*goType
	g     *generator
	rules []rule
	seen  []string
}

func (r *ruleSet) add(want string, broken jen.Code) { r.addOnce(want, want, broken) }

func (r *ruleSet) addOnce(key, want string, broken jen.Code) {
	if !slices.Contains(r.seen, key) {
		r.seen = append(r.seen, key)
		r.rules = append(r.rules, rule{broken, want})
	}
}

// enum allows what all declarations allow that have one.
func (r *ruleSet) enum() {
	i := slices.IndexFunc(r.narrow, func(n definition.Value) bool { return len(n.Enum) > 0 })
	if i < 0 || r.Kind == definition.JSON {
		return
	}
	allowed := slices.DeleteFunc(slices.Clone(r.narrow[i].Enum), func(text string) bool { return !r.allows(text) })
	want := "want one of " + strings.Join(shown(allowed), ", ")
	if r.typ != nil && len(allowed) == len(r.Enum) {
		r.add(want, jen.Op("!").Id("v").Dot("Valid").Call())
		return
	}
	var items []jen.Code
	for _, text := range allowed {
		if i := slices.Index(r.Enum, text); r.typ != nil && i >= 0 {
			items = append(items, jen.Id(r.typ.constants[i]))
		} else {
			items = append(items, scalarLit(text))
		}
	}
	list := jen.Index().Add(r.g.bareTypeExpr(r.goType)).Add(valuesOf(items, len(items) > 4))
	r.add(want, jen.Op("!").Qual("slices", "Contains").Call(list, jen.Id("v")))
}

// shown makes the texts of an enum fit for a message.
func shown(texts []string) []string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = text
		if s, ok := jsonString(text); ok {
			list[i] = quoted(s)
		}
	}
	return list
}

func quoted(s string) string { return strconv.Quote(s) }

// kind checks what a value of a wider kind must be to be one of a narrower.
func (r *ruleSet) kind(n definition.Value) {
	if n.Kind == r.Kind {
		return
	}
	v, wide, narrow := jen.Id("v"), r.Kind.Info(), n.Kind.Info()
	switch {
	case r.Kind == definition.JSON: // only a map has turned into a struct, or the other way round: else it has another name
		r.add("want an object", jen.Op("!").Qual("strings", "HasPrefix").Call(jen.String().Call(v), jen.Lit("{")))
	case narrow.Form != nil:
		r.add("want "+narrow.Form.Want, jen.Op("!").Add(r.g.impl(narrow.Form.Check)).Call(v))
	case narrow.Integer && !wide.Integer:
		r.add("want an integer", v.Clone().Op("!=").Qual("math", "Trunc").Call(v))
		r.magnitude(narrow, ">=", strconv.FormatUint(uint64(narrow.Largest)+1, 10)) // 2^63-1 is not a double
	case narrow.Integer && narrow.Largest < wide.Largest:
		r.magnitude(narrow, ">", strconv.FormatInt(narrow.Largest, 10))
	}
}

// magnitude keeps a value within the integers of a kind.
func (r *ruleSet) magnitude(kind *definition.KindInfo, op, beyond string) {
	words := fmt.Sprintf("2^%d-1", bits.Len64(uint64(kind.Largest)))
	r.limit("want at least -("+words+")", "<", strconv.FormatInt(-kind.Largest, 10))
	r.limit("want at most "+words, op, beyond)
}

// excluded refuses single values. The words do not repeat them: they may be
// guesses at a secret.
func (r *ruleSet) excluded(n definition.Value) {
	if r.Kind == definition.JSON {
		return
	}
	for _, text := range n.Not {
		r.addOnce("not "+text, "want another value: the spec excludes this one", jen.Id("v").Op("==").Add(scalarLit(text)))
	}
}

func (r *ruleSet) limits(n definition.Value) {
	if r.Kind == definition.JSON {
		return
	}
	if l := n.Min; l != nil {
		op, words := "<", "at least "
		if l.Exclusive {
			op, words = "<=", "more than "
		}
		r.limit("want "+words+l.Number, op, l.Number)
	}
	if l := n.Max; l != nil {
		op, words := ">", "at most "
		if l.Exclusive {
			op, words = ">=", "less than "
		}
		r.limit("want "+words+l.Number, op, l.Number)
	}
}

// limit compares v with a bound. Whether Go can compare them as integers or as
// doubles depends on the bound.
func (r *ruleSet) limit(want, op, number string) {
	exact, ok := new(big.Rat).SetString(number)
	if !ok {
		return
	}
	if !r.Kind.Info().Integer {
		if f, _ := exact.Float64(); math.IsInf(f, 0) {
			r.unreachable(want, op, exact.Sign())
			return
		}
		r.add(want, jen.Id("v").Op(op).Id(number))
		return
	}
	bound, strict := integerBound(exact, op)
	if !bound.IsInt64() {
		r.unreachable(want, op, exact.Sign())
		return
	}
	r.add(want, jen.Id("v").Op(strict).Id(bound.String()))
}

// integerBound converts a bound of a number to the equivalent bound of an
// integer.
func integerBound(exact *big.Rat, op string) (*big.Int, string) {
	if exact.IsInt() {
		return exact.Num(), op
	}
	floor := new(big.Int).Div(exact.Num(), exact.Denom()) // Euclidean: towards minus infinity
	if op[0] == '<' {
		return floor, "<=" // below 0.5 is at most 0
	}
	return floor, ">"
}

// unreachable handles a bound beyond what v can be: it refuses nothing, or
// everything.
func (r *ruleSet) unreachable(want, op string, sign int) {
	if (op[0] == '<') == (sign > 0) {
		r.add(want, jen.True())
	}
}

func (r *ruleSet) lengths(n definition.Value) {
	words, length := "item", jen.Len(jen.Id("v"))
	switch r.Kind {
	case definition.List:
	case definition.Map:
		words = "member"
	case definition.String:
		words, length = "character", jen.Qual("unicode/utf8", "RuneCountInString").Call(jen.Id("v"))
	default:
		return
	}
	if n.MinLength != nil && *n.MinLength > 0 {
		want := fmt.Sprintf("want at least %s", phrase.Count(*n.MinLength, words))
		switch {
		case *n.MinLength == 1 && r.Kind == definition.String:
			r.add(want, jen.Id("v").Op("==").Lit(""))
		default:
			r.add(want, length.Clone().Op("<").Lit(*n.MinLength))
		}
	}
	if n.MaxLength != nil {
		r.add(fmt.Sprintf("want at most %s", phrase.Count(*n.MaxLength, words)), length.Clone().Op(">").Lit(*n.MaxLength))
	}
}

func (r *ruleSet) patterns(n definition.Value) {
	if r.Kind != definition.String {
		return
	}
	text := jen.Id("v")
	if r.typ != nil {
		text = jen.String().Call(text)
	}
	for _, pattern := range n.Patterns {
		r.add("want a string that matches "+visible(pattern), jen.Op("!").Add(r.g.pattern(r.goType, pattern)).Dot("MatchString").Call(text))
	}
	for _, pattern := range n.NotPatterns {
		r.add("want a string that does not match "+visible(pattern), r.g.pattern(r.goType, pattern).Dot("MatchString").Call(text))
	}
}

// pattern refers to the variable of a compiled pattern, which is made once.
func (g *generator) pattern(c *goType, pattern string) *jen.Statement {
	name, ok := g.patterns[pattern]
	if !ok {
		name = g.helpers.take(lowerFirst(c.name) + "Pattern")
		g.patterns[pattern] = name
		g.variables = append(g.variables, jen.Id(name).Op("=").Qual("regexp", "MustCompile").Call(stringLit(pattern)))
	}
	return jen.Id(name)
}
