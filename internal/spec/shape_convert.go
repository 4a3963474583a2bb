package spec

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/esogen/esogen/internal/definition"
)

// value converts what an attribute, a list element or a map value is. It
// returns as well whether a default of CUE's for it is one that the spec
// states: an open list, for one, has the default [] without saying so.
func (s *shaper) value(v cue.Value, depth int) (out definition.Value, choice bool, no *refusal) {
	sh, no := s.read(v, 0)
	if no != nil {
		return out, false, no
	}
	if err := errorOf(v); err != nil && !aboutLength(err) {
		if incomplete(v) != nil {
			return out, false, &refusal{err: err, open: true, at: v.Pos()}
		}
		return out, false, &refusal{err: err, at: v.Pos()}
	}
	if sh.any {
		return definition.Value{Kind: definition.JSON}, sh.choice, nil
	}
	if no := sh.evaluated(v); no != nil {
		return out, false, no
	}
	inside := s.inside
	s.inside = append(slices.Clip(s.inside), sh.via...)
	out, no = s.alternatives(v, sh, depth)
	s.inside = inside
	if no != nil {
		return out, false, no
	}
	out.Nullable = sh.null
	if sh.shared != nil && (out.Kind == definition.Struct || len(out.Enum) > 0) {
		out.Definition = sh.shared.label
		out.GoName, out.Doc = sh.shared.goName, sh.shared.doc
	}
	return out, sh.choice, nil
}

// evaluated drops what evaluation has ruled out, and refuses a shape that
// allows less than CUE does, as for a bound without a type. Lists and structs
// are left alone: CUE takes an open list for an empty one, which rules out too
// much.
func (sh *shape) evaluated(v cue.Value) *refusal {
	kinds := v.IncompleteKind()
	if kinds == cue.BottomKind || slices.ContainsFunc(sh.alts, func(a alt) bool { return a.kind == definition.List || a.kind == definition.Struct }) {
		return nil
	}
	known := cue.BottomKind
	if sh.null {
		known |= cue.NullKind
	}
	for _, a := range sh.alts {
		known |= cueKind(a.kind)
	}
	if kinds&^known != 0 {
		return unsupported(v, "write the type too, as in string & !=\"\"", "does not say of which type it is")
	}
	sh.null = sh.null && kinds&cue.NullKind != 0
	sh.alts = slices.DeleteFunc(slices.Clone(sh.alts), func(a alt) bool { return kinds&cueKind(a.kind) == 0 })
	return nil
}

func cueKind(k definition.Kind) cue.Kind {
	return cueKinds[k.Info().JSON]
}

var cueKinds = map[definition.JSONKind]cue.Kind{
	definition.JSONString:  cue.StringKind,
	definition.JSONBoolean: cue.BoolKind,
	definition.JSONNumber:  cue.NumberKind,
	definition.JSONArray:   cue.ListKind,
	definition.JSONObject:  cue.StructKind,
	definition.JSONAny:     cue.TopKind,
}

// alternatives converts a shape that does not allow anything: to an enum, or
// to its one alternative.
func (s *shaper) alternatives(v cue.Value, sh shape, depth int) (out definition.Value, no *refusal) {
	var literals, others []alt
	for _, a := range sh.alts {
		if a.literal != "" {
			literals = append(literals, a)
		} else {
			others = append(others, a)
		}
	}
	if len(others) > 0 {
		literals = withoutDefault(v, literals)
	}
	switch {
	case len(sh.alts) == 0 && sh.null:
		return out, unsupported(v, "write what it is when it is not null, as in string | null", "is always null")
	case len(sh.alts) == 0:
		return out, unsupported(v, "leave one side out", "allows no value")
	case len(others) == 0:
		return s.enum(v, literals)
	case len(others) > 1 || len(literals) > 0:
		return out, mixed(v, sh.alts)
	}
	a := others[0]
	switch a.kind {
	case definition.List:
		return s.list(v, a, depth)
	case definition.Struct:
		return s.object(v, a, depth)
	default:
		return s.scalar(v, a)
	}
}

// withoutDefault drops the default from literals that stand beside a type, as
// in eso.#Duration | *"1h". Whether it is of that type is for
// definition.Check.
func withoutDefault(v cue.Value, literals []alt) []alt {
	chosen, ok := v.Default()
	if !ok {
		return literals
	}
	text, err := chosen.MarshalJSON()
	if err != nil {
		return literals
	}
	return slices.DeleteFunc(literals, func(a alt) bool { return a.literal == string(text) })
}

// mixed refuses alternatives that no Go type has.
func mixed(v cue.Value, alts []alt) *refusal {
	var kinds []string
	for _, a := range alts {
		if kind := a.kind.Info().Beside; !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) > 1 {
		return unsupported(v, anyHint+", or two attributes", "may be %s, and Go has no type for both", strings.Join(kinds, " or "))
	}
	if alts[0].kind == definition.Struct {
		return unsupported(v, "write one struct with optional fields, or eso.#JSON", "may be one of several structs, and Go has no type for them")
	}
	return unsupported(v, "write one constraint that covers all of it, such as one pattern, or a plain "+string(alts[0].kind),
		"has alternatives that Go does not check one by one")
}

// enum converts literals.
func (s *shaper) enum(v cue.Value, literals []alt) (out definition.Value, no *refusal) {
	out.Kind = literals[0].kind
	for _, a := range literals {
		if cueKind(a.kind) != cueKind(out.Kind) {
			return out, mixed(v, literals)
		}
		if a.constrained() && !s.allowed(v, a) {
			continue
		}
		if out.Kind.In(a.kind) {
			out.Kind = a.kind
		}
		if !slices.Contains(out.Enum, a.literal) {
			out.Enum = append(out.Enum, a.literal)
		}
	}
	switch {
	case out.Kind == definition.String:
	case out.Kind == definition.Bool:
		if len(out.Enum) < 2 {
			return out, unsupported(v, "write bool", "is always %s", out.Enum[0])
		}
		return definition.Value{Kind: definition.Bool}, nil
	case out.Kind.Info().JSON == definition.JSONNumber:
		return s.numberEnum(v, out)
	default:
		return out, unsupported(v, "write the type alone, or string with an enum", "lists values of a %s, which Go does not check", out.Kind)
	}
	if len(out.Enum) == 0 {
		return out, unsupported(v, "leave one side out", "allows no value")
	}
	return out, nil
}

func (s *shaper) numberEnum(v cue.Value, out definition.Value) (definition.Value, *refusal) {
	for _, text := range out.Enum {
		if !out.Kind.Info().Integer {
			continue
		}
		switch integerRange(text) {
		case beyondInt64:
			return out, unsupported(v, "write string", "has a value beyond 64 bits")
		case beyondExact:
			out.Kind = definition.Int64
		}
	}
	return out, nil
}

// allowed asks CUE whether a literal satisfies the constraints beside it.
func (s *shaper) allowed(v cue.Value, a alt) bool {
	if a.min == nil && a.max == nil && a.minLen == nil && a.maxLen == nil && len(a.not)+len(a.patterns)+len(a.notPatterns) == 0 {
		return true
	}
	return v.Unify(s.context.CompileString(a.literal)).Err() == nil
}

// scalar converts an alternative that is neither literal, list nor struct.
func (s *shaper) scalar(v cue.Value, a alt) (out definition.Value, no *refusal) {
	out = definition.Value{
		Kind: a.kind, Min: a.min, Max: a.max, MinLength: a.minLen, MaxLength: a.maxLen,
		Not: a.not, Patterns: a.patterns, NotPatterns: a.notPatterns,
	}
	for _, pattern := range slices.Concat(a.patterns, a.notPatterns) {
		if _, err := regexp.Compile(pattern); err != nil {
			no := unsupported(v, "write a pattern in RE2, see https://github.com/google/re2/wiki/Syntax", "has a pattern that does not compile")
			no.rule = "definition/pattern"
			return out, no
		}
	}
	if a.kind.Info().Integer {
		return s.integer(v, out)
	}
	return out, nil
}

// integer settles between integers that JavaScript reads exactly and those of
// 64 bits, by the bounds: int64 of CUE's is an int with the bounds of one.
func (s *shaper) integer(v cue.Value, out definition.Value) (definition.Value, *refusal) {
	for _, bound := range []**definition.Limit{&out.Min, &out.Max} {
		limit := *bound
		if limit == nil {
			continue
		}
		switch integerRange(limit.Number) {
		case fraction:
			return out, unsupported(v, "write a bound without a fraction", "is an integer whose bound %s is none", limit.Number)
		case beyondInt64:
			return out, unsupported(v, "write int, eso.#Int64, or string for larger numbers", "allows integers beyond 64 bits, which Go does not have")
		case beyondExact:
			out.Kind = definition.Int64
			if !limit.Exclusive && (limit.Number == "-9223372036854775808" || limit.Number == "9223372036854775807") {
				*bound = nil
			}
		}
	}
	return out, nil
}

type numberRange int

const (
	exact       numberRange = iota // within ±(2^53-1)
	beyondExact                    // within 64 bits
	beyondInt64
	fraction
)

func integerRange(text string) numberRange {
	f, ok := parseNumber(text)
	switch {
	case !ok:
		return beyondInt64
	case !f.IsInt():
		return fraction
	}
	n, accuracy := f.Int64()
	switch {
	case accuracy != big.Exact:
		return beyondInt64
	case n > 1<<53-1 || n < -(1<<53-1):
		return beyondExact
	}
	return exact
}

// parseNumber parses JSON's number with far more precision than the bounds of
// any Go type have.
func parseNumber(text string) (*big.Float, bool) {
	f, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	return f, err == nil && !f.IsInf()
}

func compareNumbers(a, b string) int {
	x, okX := parseNumber(a)
	y, okY := parseNumber(b)
	if !okX || !okY {
		return 0
	}
	return x.Cmp(y)
}

// list converts [...T].
func (s *shaper) list(v cue.Value, a alt, depth int) (out definition.Value, no *refusal) {
	if !a.value.Exists() {
		return out, unsupported(v, "write what the list holds, as in [...string] & list.MinItems(1)", "says nothing about what the list holds")
	}
	if no := s.deep(v, depth); no != nil {
		return out, no
	}
	element := a.value.LookupPath(anyIndexPath)
	fixed, _ := a.value.List()
	switch {
	case fixed.Next():
		return out, unsupported(v, "write [...T] with one type for all elements", "is a list whose elements are declared one by one")
	case !element.Exists():
		return out, unsupported(v, "write [...string], or what else it holds", "is a list that is always empty")
	}
	elem, _, no := s.value(element, depth+1)
	if no != nil {
		return out, no
	}
	return definition.Value{Kind: definition.List, Elem: &elem, MinLength: a.minLen, MaxLength: a.maxLen}, nil
}

func (s *shaper) deep(v cue.Value, depth int) *refusal {
	if depth < s.limits.depth {
		return nil
	}
	return &refusal{rule: "definition/recursive", at: v.Pos(),
		message: fmt.Sprintf("refers to itself, or is nested more than %d deep", s.limits.depth), hint: anyHint}
}

var (
	anyIndexPath  = cue.MakePath(cue.AnyIndex)
	anyStringPath = cue.MakePath(cue.AnyString)
)

// object converts a struct: to a struct if it names fields, else to a map.
func (s *shaper) object(v cue.Value, a alt, depth int) (out definition.Value, no *refusal) {
	if !a.value.Exists() {
		return out, unsupported(v, "write what it holds, as in {[string]: string}", "says nothing about what the struct holds")
	}
	if no := s.deep(v, depth); no != nil {
		return out, no
	}
	fields, err := a.value.Fields(cue.Optional(true), cue.Patterns(true), cue.Hidden(true))
	if err != nil {
		return out, &refusal{err: err, at: v.Pos()}
	}
	var patterns []cue.Selector
	var types []cue.Value
	for fields.Next() {
		if fields.Selector().ConstraintType() == cue.PatternConstraint {
			patterns = append(patterns, fields.Selector())
			types = append(types, fields.Value())
			continue
		}
		if no := helper(fields.Selector(), fields.Value()); no != nil {
			return out, no
		}
		if !fields.Selector().IsString() {
			continue
		}
		field, no := s.field(fields.Selector(), fields.Value(), depth+1)
		if no != nil {
			return out, no
		}
		out.Fields = append(out.Fields, field)
	}
	switch {
	case len(patterns) > 0:
		return s.dictionary(v, a, patterns, types, len(out.Fields), depth)
	case len(out.Fields) > 0 && (a.minLen != nil || a.maxLen != nil):
		return out, unsupported(v, "leave struct.MinFields and struct.MaxFields to maps", "counts the fields of a struct, which Go does not")
	case len(out.Fields) > 0:
		out.Kind = definition.Struct
		return out, nil
	case a.value.LookupPath(anyStringPath).Exists():
		elem := definition.Value{Kind: definition.JSON}
		return definition.Value{Kind: definition.Map, Elem: &elem, MinLength: a.minLen, MaxLength: a.maxLen}, nil
	}
	return out, unsupported(v, "write {...} for an object with any fields, or name its fields", "is an object without fields")
}

// helper refuses a hidden field among attributes: most likely it is meant as
// an attribute, and CUE would drop it without a word.
func helper(selector cue.Selector, v cue.Value) *refusal {
	if selector.LabelType() != cue.HiddenLabel {
		return nil
	}
	return unsupported(v, fmt.Sprintf("write the label in quotes, %q: …, or move it out if it is a helper", selector),
		"has %s, which without quotes is hidden, and no attribute", selector)
}

// dictionary converts {[string]: T}.
func (s *shaper) dictionary(v cue.Value, a alt, patterns []cue.Selector, types []cue.Value, fields, depth int) (out definition.Value, no *refusal) {
	switch {
	case fields > 0:
		return out, unsupported(v, "name all fields, or none of them", "names some fields and allows others by a pattern")
	case len(patterns) > 1 || !plainString(patterns[0].Pattern()):
		return out, unsupported(v, "write {[string]: T}", "constrains the keys of a map, which Go does not check")
	}
	elem, _, no := s.value(types[0], depth+1)
	if no != nil {
		return out, no
	}
	return definition.Value{Kind: definition.Map, Elem: &elem, MinLength: a.minLen, MaxLength: a.maxLen}, nil
}

func plainString(v cue.Value) bool {
	if v.IncompleteKind() == cue.TopKind { // [_]: T
		return true
	}
	op, args := v.Expr()
	return op == cue.NoOp && len(args) == 1 && v.IncompleteKind() == cue.StringKind && !v.IsConcrete()
}

// field converts a field of a nested struct.
func (s *shaper) field(selector cue.Selector, v cue.Value, depth int) (definition.Attribute, *refusal) {
	a := definition.Attribute{
		Name:     selector.Unquoted(),
		Optional: selector.ConstraintType() == cue.OptionalConstraint,
		Doc:      docText(v.Doc()),
	}
	var no *refusal
	if a.GoName, no = goName(v); no != nil {
		return a, no
	}
	value, choice, no := s.value(v, depth)
	if no != nil {
		no.in(a.Name)
		return a, no
	}
	a.Value = value
	a.Default, no = defaultText(v, choice)
	return a, no
}

// defaultText returns the default of an attribute as JSON.
func defaultText(v cue.Value, choice bool) (string, *refusal) {
	chosen, ok := v.Default()
	if !ok || !choice {
		return "", nil
	}
	text, err := chosen.MarshalJSON()
	if err != nil {
		return "", unsupported(v, "write a default that is a constant", "has a default that is not known")
	}
	return string(text), nil
}
