package spec

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/token"

	"github.com/esogen/esogen/internal/definition"
)

// A shape is what an expression of CUE's allows, as far as Go can check it:
// anything, or null, or one of several alternatives. Unification intersects
// shapes, disjunction joins them; in the end there must be one alternative
// left, or literals of one kind.
//
// Shapes come from expressions (cue.Value.Expr) and not from evaluated values,
// for three reasons: evaluation forgets that a string was an eso.#Timestamp, it
// reorders an enum, and it takes an open list for an empty one.
type shape struct {
	any  bool // anything, null included
	null bool
	alts []alt

	shared *shared  // the definition that the shape is, or nil
	via    []string // references on the way to it
	choice bool     // a disjunction was there, so a default is a real one
}

// alt is one alternative.
type alt struct {
	kind    definition.Kind
	literal string // JSON text, if only one value is allowed

	min, max              *definition.Limit
	minLen, maxLen        *int
	not                   []string
	patterns, notPatterns []string

	value cue.Value // of a list or struct; the zero Value for a constraint on one, such as list.MinItems(1)
}

// shared is a definition of the specs.
type shared struct {
	label  string
	goName string
	doc    string
}

// refusal is why a value cannot be taken.
type refusal struct {
	rule    string
	message string // about the value: "allows a string or a number"
	hint    string
	at      token.Pos
	err     error // of CUE, instead of the message
	open    bool  // CUE cannot decide the value
	nested  bool
}

// in says that the refusal is about a field of a struct.
func (no *refusal) in(field string) {
	if no.err != nil {
		return
	}
	if !no.nested {
		no.message = fmt.Sprintf("has a field %q that %s", field, no.message)
	}
	no.nested = true // the fields between would make it a long sentence
}

func unsupported(v cue.Value, hint, format string, args ...any) *refusal {
	return &refusal{rule: "definition/unsupported", message: fmt.Sprintf(format, args...), hint: hint, at: v.Pos()}
}

const anyHint = "write eso.#JSON, which takes any value"

// shaper reads shapes. It belongs to the evaluation of one type.
type shaper struct {
	context *cue.Context
	specs   func(cue.Value) bool // whether a root is the package of the specs
	eso     func(cue.Value) bool // or the eso package
	limits  limits
	values  int      // read so far
	reading []string // references being followed
	inside  []string // references to what is being converted
}

// read returns the shape of an expression.
func (s *shaper) read(v cue.Value, depth int) (shape, *refusal) {
	if s.values++; s.values > s.limits.values {
		return shape{}, &refusal{rule: "definition/too-large", at: v.Pos(),
			message: fmt.Sprintf("takes the type beyond %d values", s.limits.values), hint: "write a smaller type, or eso.#JSON for a part of it"}
	}
	if depth > s.limits.nesting {
		return shape{}, &refusal{rule: "definition/recursive", at: v.Pos(), message: "refers to itself, or nests too deeply", hint: anyHint}
	}
	if root, path := v.ReferencePath(); root.Exists() {
		return s.reference(v, root, path, depth)
	}
	op, args := v.Expr()
	switch op {
	case cue.NoOp:
		if len(args) == 1 && args[0] != v { // a disjunction, one alternative of which covers the others
			sh, no := s.read(args[0], depth+1)
			sh.choice = true
			return sh, no
		}
		return s.leaf(v, depth)
	case cue.AndOp:
		return s.unification(v, args, depth)
	case cue.OrOp:
		return s.disjunction(args, depth)
	case cue.CallOp:
		return s.call(v, args, depth)
	case cue.LessThanOp, cue.LessThanEqualOp, cue.GreaterThanOp, cue.GreaterThanEqualOp,
		cue.NotEqualOp, cue.RegexMatchOp, cue.NotRegexMatchOp:
		if len(args) == 1 {
			return s.bound(v, op, args[0])
		}
	}
	return s.computed(v, depth)
}

// of returns a shape of one alternative.
func of(kind definition.Kind) shape { return shape{alts: []alt{{kind: kind}}} }

// reference follows a reference, apart from those to types that CUE has no
// words for.
func (s *shaper) reference(v, root cue.Value, path cue.Path, depth int) (shape, *refusal) {
	name := path.String()
	instance := root.BuildInstance()
	if instance != nil {
		if kind, ok := esoKinds[name]; ok && s.eso(root) {
			if kind == definition.JSON {
				return shape{any: true}, nil
			}
			return of(kind), nil
		}
		if kind, ok := builtinKinds[instance.ImportPath+"."+name]; ok {
			return of(kind), nil
		}
		name = instance.ImportPath + "." + name
		if standard(instance.ImportPath) && !cue.Dereference(v).IsConcrete() {
			return shape{}, unchecked(v, name)
		}
	}
	if slices.Contains(s.reading, name) || slices.Contains(s.inside, name) {
		selectors := path.Selectors()
		return shape{}, &refusal{rule: "definition/recursive", at: v.Pos(),
			message: fmt.Sprintf("refers to %s, which refers to itself", selectors[len(selectors)-1]), hint: anyHint}
	}
	target := cue.Dereference(v)
	if target == v {
		return s.computed(v, depth)
	}
	s.reading = append(s.reading, name)
	sh, no := s.read(target, depth+1)
	s.reading = s.reading[:len(s.reading)-1]
	if no != nil {
		return sh, no
	}
	sh.via = append(slices.Clip(sh.via), name)
	sh.shared = nil
	if sel := path.Selectors(); len(sel) == 1 && s.specs(root) && strings.HasPrefix(name, ".#") {
		sh.shared = &shared{label: sel[0].String(), doc: docText(target.Doc()), goName: goAttribute(target)}
	}
	return sh, nil
}

// esoKinds are the types of the eso package, and builtinKinds those of CUE's
// standard library that mean the same.
var esoKinds, builtinKinds = func() (eso, builtin map[string]definition.Kind) {
	eso, builtin = map[string]definition.Kind{}, map[string]definition.Kind{}
	for _, kind := range definition.Kinds() {
		if name, ok := strings.CutPrefix(kind.Spec, "eso."); ok {
			eso[name] = kind.Kind
		}
		for _, name := range kind.Builtins {
			builtin[name] = kind.Kind
		}
	}
	return eso, builtin
}()

// leaf reads an expression without an operator: a basic type, a literal, a
// struct, a list, or something that only evaluation resolves, such as a let.
func (s *shaper) leaf(v cue.Value, depth int) (shape, *refusal) {
	switch kind := v.IncompleteKind(); {
	case kind == cue.TopKind:
		if text := fmt.Sprint(v); text != "_" { // a validator that takes values of several kinds
			return shape{}, unchecked(v, text)
		}
		return shape{any: true}, nil
	case kind == cue.StructKind:
		return shape{alts: []alt{{kind: definition.Struct, value: v}}}, nil
	case kind == cue.ListKind:
		return shape{alts: []alt{{kind: definition.List, value: v}}}, nil
	case kind == cue.BottomKind:
		return shape{}, s.bottom(v)
	case kind == cue.NullKind:
		return shape{null: true}, nil
	case kind == cue.BytesKind:
		return shape{}, unsupported(v, "write eso.#Bytes", "is bytes, which JSON does not have")
	case v.IsConcrete():
		return s.literal(v)
	}
	evaluated := v.Eval()
	if op, args := evaluated.Expr(); op != cue.NoOp || len(args) == 1 && args[0] != evaluated {
		return s.resolved(evaluated, depth)
	}
	switch v.IncompleteKind() {
	case cue.StringKind:
		return of(definition.String), nil
	case cue.BoolKind:
		return of(definition.Bool), nil
	case cue.IntKind:
		return of(definition.Int), nil
	case cue.FloatKind, cue.NumberKind:
		return of(definition.Number), nil
	}
	return shape{}, unsupported(v, anyHint, "may be of more than one kind: %v", v.IncompleteKind())
}

// resolved reads an evaluated value. A part of it that is one of the patterns of
// the eso package is that type.
func (s *shaper) resolved(v cue.Value, depth int) (shape, *refusal) {
	sh, no := s.read(v, depth+1)
	for i := range sh.alts {
		a := &sh.alts[i]
		for j, pattern := range a.patterns {
			if kind, ok := esoPatterns()[pattern]; ok && a.kind == definition.String {
				a.kind = kind
				a.patterns = slices.Delete(slices.Clone(a.patterns), j, j+1)
				break
			}
		}
	}
	return sh, no
}

// computed reads an expression that is neither a type nor a constraint: what
// it evaluates to counts.
func (s *shaper) computed(v cue.Value, depth int) (shape, *refusal) {
	switch kind := v.IncompleteKind(); {
	case kind == cue.BottomKind:
		return shape{}, s.bottom(v)
	case v.IsConcrete() && kind&(cue.StructKind|cue.ListKind) == 0:
		return s.literal(v)
	}
	evaluated := v.Eval()
	if evaluated == v {
		return shape{}, unsupported(v, "write what the attribute is", "is computed from something that is not known")
	}
	return s.resolved(evaluated, depth)
}

func (s *shaper) bottom(v cue.Value) *refusal {
	if err := incomplete(v); err != nil && !aboutLength(err) {
		return &refusal{err: err, open: true, at: v.Pos()}
	}
	if err := v.Err(); err != nil {
		return &refusal{err: err, at: v.Pos()}
	}
	return unsupported(v, anyHint, "allows no value")
}

func (s *shaper) literal(v cue.Value) (shape, *refusal) {
	v, _ = v.Default()
	if v.IncompleteKind() == cue.NullKind {
		return shape{null: true}, nil
	}
	text, err := v.MarshalJSON()
	if err != nil {
		return shape{}, &refusal{err: err, at: v.Pos()}
	}
	a := alt{literal: string(text)}
	switch v.Kind() {
	case cue.StringKind:
		a.kind = definition.String
	case cue.BoolKind:
		a.kind = definition.Bool
	case cue.IntKind:
		a.kind = definition.Int
	case cue.FloatKind, cue.NumberKind:
		a.kind = definition.Number
	case cue.BytesKind:
		return shape{}, unsupported(v, "write eso.#Bytes", "is bytes, which JSON does not have")
	default:
		return shape{}, unsupported(v, anyHint, "is a constant that is neither a string nor a number")
	}
	return shape{alts: []alt{a}}, nil
}

// bound reads >=1, !="x", =~"^a" and the like.
func (s *shaper) bound(v cue.Value, op cue.Op, arg cue.Value) (shape, *refusal) {
	arg, _ = arg.Default()
	if !arg.IsConcrete() {
		return shape{}, unsupported(v, "write a number or a string after the operator", "has a bound that is not a constant")
	}
	text, err := arg.MarshalJSON()
	if err != nil {
		return shape{}, &refusal{err: err, at: v.Pos()}
	}
	limit := &definition.Limit{Number: string(text)}
	var a alt
	switch kind := arg.Kind(); {
	case kind == cue.StringKind:
		return s.stringBound(v, op, arg)
	case kind&cue.NumberKind == 0:
		return shape{}, unsupported(v, anyHint, "has the constraint %v %s, which Go does not check", op, text)
	}
	a.kind = definition.Number
	switch op {
	case cue.GreaterThanOp, cue.GreaterThanEqualOp:
		limit.Exclusive = op == cue.GreaterThanOp
		a.min = limit
	case cue.LessThanOp, cue.LessThanEqualOp:
		limit.Exclusive = op == cue.LessThanOp
		a.max = limit
	case cue.NotEqualOp:
		a.not = []string{string(text)}
	default:
		return shape{}, unsupported(v, "write the pattern as a string", "has a pattern that is not a string")
	}
	return shape{alts: []alt{a}}, nil
}

func (s *shaper) stringBound(v cue.Value, op cue.Op, arg cue.Value) (shape, *refusal) {
	a := alt{kind: definition.String}
	text, _ := arg.String()
	switch op {
	case cue.NotEqualOp:
		quoted, err := arg.MarshalJSON()
		if err != nil {
			return shape{}, &refusal{err: err, at: v.Pos()}
		}
		a.not = []string{string(quoted)}
	case cue.RegexMatchOp:
		a.patterns = []string{text}
	case cue.NotRegexMatchOp:
		a.notPatterns = []string{text}
	default:
		return shape{}, unsupported(v, "write a pattern (=~) or an enum", "compares strings by order, which Go does not check")
	}
	return shape{alts: []alt{a}}, nil
}

// call reads the validators that Go checks too.
func (s *shaper) call(v cue.Value, args []cue.Value, depth int) (shape, *refusal) {
	name := fmt.Sprint(args[0])
	if name == "close" && len(args) == 2 {
		return s.read(args[1], depth+1)
	}
	if kind, ok := builtinKinds[name]; ok && len(args) == 1 {
		return of(kind), nil
	}
	if target, ok := lengths[name]; ok && len(args) == 2 {
		limit, _ := args[1].Default()
		n, err := limit.Int64()
		if err != nil || n < 0 || n > 1<<31 {
			return shape{}, unsupported(v, "write a number that is not negative", "has a length in %s that is not a constant", name)
		}
		length := int(n)
		a := alt{kind: target.kind}
		if target.upper {
			a.maxLen = &length
		} else {
			a.minLen = &length
		}
		return shape{alts: []alt{a}}, nil
	}
	if v.IncompleteKind() == cue.BottomKind || v.IsConcrete() {
		return s.computed(v, depth)
	}
	if evaluated := v.Eval(); evaluated != v {
		if op, _ := evaluated.Expr(); op != cue.CallOp {
			return s.resolved(evaluated, depth)
		}
	}
	return shape{}, unchecked(v, name)
}

// unchecked refuses a validator of CUE's standard library that Go lacks.
func unchecked(v cue.Value, name string) *refusal {
	return unsupported(v, "leave it out, or write a bound, a pattern, an enum or a length that says the same",
		"is checked by %s, which Go does not have", strings.TrimSuffix(name, "()"))
}

// standard reports whether an import path is one of CUE's standard library,
// whose first element has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return path != "" && !strings.Contains(first, ".")
}

// lengths are the validators of lengths, and what they are the lengths of.
var lengths = map[string]struct {
	kind  definition.Kind
	upper bool
}{
	"strings.MinRunes": {definition.String, false},
	"strings.MaxRunes": {definition.String, true},
	"list.MinItems":    {definition.List, false},
	"list.MaxItems":    {definition.List, true},
	"struct.MinFields": {definition.Struct, false},
	"struct.MaxFields": {definition.Struct, true},
}
