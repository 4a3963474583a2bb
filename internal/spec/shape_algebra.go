package spec

import (
	"slices"

	"cuelang.org/go/cue"

	"github.com/esogen/esogen/internal/definition"
)

// unification intersects the shapes of what is unified.
func (s *shaper) unification(v cue.Value, args []cue.Value, depth int) (shape, *refusal) {
	all, structs := shape{any: true}, 0
	for i, arg := range args {
		sh, no := s.read(arg, depth+1)
		if no != nil && no.open && v.IncompleteKind() == cue.StructKind {
			// What this side leaves open, another one decides.
			sh, no, structs = shape{alts: []alt{{kind: definition.Struct, value: v}}}, nil, structs+1
		}
		if no != nil {
			return shape{}, no
		}
		if slices.ContainsFunc(sh.alts, func(a alt) bool { return a.kind == definition.Struct && a.value.Exists() }) {
			structs++
		}
		if i == 0 {
			all = sh
			continue
		}
		if all, no = intersect(v, all, sh); no != nil {
			return shape{}, no
		}
	}
	// CUE has unified the structs already, and knows their fields.
	if len(all.alts) == 1 && !all.null && structs > 1 {
		all.alts[0].value = v
	}
	return all, nil
}

func intersect(v cue.Value, a, b shape) (shape, *refusal) {
	out := shape{
		via:    append(slices.Clip(a.via), b.via...),
		choice: a.choice || b.choice,
	}
	switch {
	case a.any:
		out.any, out.null, out.alts, out.shared = b.any, b.null, b.alts, b.shared
		return out, nil
	case b.any:
		out.null, out.alts, out.shared = a.null, a.alts, a.shared
		return out, nil
	}
	out.null = a.null && b.null
	for _, x := range a.alts {
		for _, y := range b.alts {
			both, ok, no := x.and(v, y)
			if no != nil {
				return shape{}, no
			}
			if ok {
				out.alts = append(out.alts, both)
			}
		}
	}
	if len(out.alts) == 0 && !out.null {
		if kind := boundedText(a.alts, b.alts); kind != "" {
			return shape{}, unsupported(v, "leave the bound out, and check it in Go", "has a numeric bound, and a %s is a string", kind)
		}
		if err := errorOf(v); err != nil {
			return shape{}, &refusal{err: err, at: v.Pos()}
		}
		return shape{}, &refusal{rule: "definition/contradiction", at: v.Pos(),
			message: "unifies what no value can be at once", hint: "leave one side out"}
	}
	return out, nil
}

// boundedText returns the kind of string, or "", that alternatives on one side
// are, while those on the other are bounds of numbers.
func boundedText(a, b []alt) definition.Kind {
	text := func(x alt) bool { return x.kind.Info().Form != nil }
	bound := func(x alt) bool { return x.min != nil || x.max != nil }
	for _, sides := range [][2][]alt{{a, b}, {b, a}} {
		if i := slices.IndexFunc(sides[0], text); i >= 0 && slices.ContainsFunc(sides[1], bound) {
			return sides[0][i].kind
		}
	}
	return ""
}

// and intersects two alternatives. It is not ok if they have nothing in common.
func (x alt) and(v cue.Value, y alt) (both alt, ok bool, no *refusal) {
	kind, ok := commonKind(x.kind, y.kind)
	if !ok {
		return alt{}, false, nil
	}
	if x.literal != "" && y.literal != "" && x.literal != y.literal {
		return alt{}, false, nil
	}
	both = alt{
		kind:        kind,
		literal:     x.literal,
		min:         tighter(x.min, y.min, +1),
		max:         tighter(x.max, y.max, -1),
		minLen:      longer(x.minLen, y.minLen),
		maxLen:      shorter(x.maxLen, y.maxLen),
		not:         union(x.not, y.not),
		patterns:    union(x.patterns, y.patterns),
		notPatterns: union(x.notPatterns, y.notPatterns),
		value:       x.value,
	}
	if both.literal == "" {
		both.literal = y.literal
	}
	switch {
	case !x.value.Exists():
		both.value = y.value
	case y.value.Exists():
		both.value = x.value.Unify(y.value)
	}
	if both.literal == "" && kind.Info().Form != nil && both.constrained() {
		return alt{}, false, unsupported(v, "leave the constraint out", "constrains a %s further, which Go does not check", kind)
	}
	return both, true, nil
}

// constrained reports whether an alternative allows less than its kind.
func (x alt) constrained() bool {
	return x.literal != "" || x.min != nil || x.max != nil || x.minLen != nil || x.maxLen != nil ||
		len(x.not)+len(x.patterns)+len(x.notPatterns) > 0
}

// commonKind returns the narrower of two kinds of the same JSON kind.
func commonKind(a, b definition.Kind) (definition.Kind, bool) {
	switch {
	case a.In(b):
		return a, true
	case b.In(a):
		return b, true
	}
	return "", false
}

// disjunction joins shapes.
func (s *shaper) disjunction(args []cue.Value, depth int) (shape, *refusal) {
	shapes := make([]shape, 0, len(args))
	for _, arg := range args {
		sh, no := s.read(arg, depth+1)
		if no != nil {
			return shape{}, no
		}
		shapes = append(shapes, sh)
	}
	out := shape{choice: true, shared: keptDefinition(shapes)}
	for _, sh := range shapes {
		out.any = out.any || sh.any
		out.null = out.null || sh.null
		out.via = append(out.via, sh.via...)
		out.alts = append(out.alts, sh.alts...)
	}
	if out.any {
		return shape{any: true, choice: true}, nil
	}
	out.alts = simplify(out.alts)
	return out, nil
}

// keptDefinition returns the definition that a disjunction still is: one
// alternative is the definition, and the others are null or among its values.
func keptDefinition(shapes []shape) *shared {
	i := slices.IndexFunc(shapes, func(sh shape) bool { return sh.shared != nil })
	if i < 0 {
		return nil
	}
	for j, sh := range shapes {
		if i == j {
			continue
		}
		for _, a := range sh.alts {
			if !slices.ContainsFunc(shapes[i].alts, func(b alt) bool { return a.literal != "" && a.literal == b.literal }) {
				return nil
			}
		}
	}
	return shapes[i].shared
}

// simplify drops alternatives that another one covers.
func simplify(alts []alt) []alt {
	var kept []alt
	for i, a := range alts {
		covered := false
		for j, b := range alts {
			if i == j || b.value.Exists() || a.value.Exists() {
				continue
			}
			same := a.kind == b.kind && a.literal == b.literal && !a.boundsDiffer(b)
			if same && j < i || !b.constrained() && (a.kind == b.kind && a.constrained() || a.kind != b.kind && a.kind.In(b.kind)) {
				covered = true
				break
			}
		}
		if !covered {
			kept = append(kept, a)
		}
	}
	return kept
}

func (x alt) boundsDiffer(y alt) bool {
	x.literal, y.literal = "", ""
	return x.constrained() || y.constrained()
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func longer(a, b *int) *int {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func shorter(a, b *int) *int {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// tighter returns the bound that allows less: the greater one for sign +1, the
// smaller one for -1.
func tighter(a, b *definition.Limit, sign int) *definition.Limit {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	switch c := sign * compareNumbers(a.Number, b.Number); {
	case c > 0, c == 0 && a.Exclusive:
		return a
	default:
		return b
	}
}
