package golden

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/phrase"
)

// fixtureKind says which values a fixture has.
type fixtureKind string

const (
	full    fixtureKind = "full"    // every attribute, with what is hard to get right
	minimal fixtureKind = "minimal" // what is required, as small as it may be
	nulls   fixtureKind = "nulls"   // every attribute, null if that is allowed
)

// sample returns a value of a declaration as JSON text, always the same one for
// the same place. It takes the first candidate that the declaration allows, and
// instructive ones come first. If patterns rule all of them out, it takes one of
// the right JSON type: reading enforces no more.
func sample(v definition.Value, place string, which fixtureKind) string {
	if which == nulls && (v.Nullable || v.Kind == definition.JSON) {
		return "null"
	}
	var candidates []string
	switch kind := v.Kind.Info(); {
	case v.Kind == definition.List:
		return list(v, place, which)
	case v.Kind == definition.Map:
		return mapping(v, place, which)
	case v.Kind == definition.Struct:
		return structure(v.Fields, place, which)
	case v.Kind == definition.String:
		candidates = textCandidates(v, place, which)
	case kind.JSON == definition.JSONNumber:
		candidates = numberCandidates(v, which)
	default:
		candidates = kind.Golden(sha256.Sum256([]byte(place)), which == minimal)
	}
	if len(v.Enum) > 0 {
		candidates = slices.Clone(v.Enum)
		if which == minimal {
			slices.Reverse(candidates)
		}
	}
	for _, text := range candidates {
		if definition.Conform(v, text) == nil {
			return text
		}
	}
	return candidates[0]
}

func textCandidates(v definition.Value, place string, which fixtureKind) []string {
	name := place[strings.LastIndexByte(place, '/')+1:]
	texts := []string{name + " é<&>\u2028🔑", name}
	if which == minimal {
		texts = []string{"", name}
	}
	for _, pattern := range v.Patterns {
		texts = append(texts, matching(pattern)...)
	}
	texts = append(texts, "a", "0")
	if v.MinLength != nil && *v.MinLength <= 10_000 {
		for _, text := range texts {
			texts = append(texts, text+strings.Repeat("a", max(0, *v.MinLength-len([]rune(text)))))
		}
	}
	if v.MaxLength != nil {
		for _, text := range texts {
			runes := []rune(text)
			texts = append(texts, string(runes[:max(0, min(len(runes), *v.MaxLength))]))
		}
	}
	for i := range texts {
		texts[i] = phrase.JSON(texts[i])
	}
	return texts
}

func numberCandidates(v definition.Value, which fixtureKind) []string {
	candidates := []string{"42", "1", "0", "-1"}
	if which == minimal {
		candidates = []string{"0", "1", "-1"}
	}
	if !v.Kind.Info().Integer && which != minimal {
		candidates = append([]string{"-1.5e-7", "0.5"}, candidates...)
	}
	least, most := limitOf(v.Min), limitOf(v.Max)
	if least != nil {
		candidates = append(candidates, v.Min.Number, plus(least, 1), plus(least, 0.5))
	}
	if most != nil {
		candidates = append(candidates, v.Max.Number, plus(most, -1), plus(most, -0.5))
	}
	if least != nil && most != nil {
		middle := new(big.Float).Add(least, most)
		candidates = append(candidates, text(middle.Quo(middle, big.NewFloat(2))))
	}
	return candidates
}

func limitOf(l *definition.Limit) *big.Float {
	if l == nil {
		return nil
	}
	n, _, err := big.ParseFloat(l.Number, 10, 256, big.ToNearestEven)
	if err != nil || n.IsInf() || n.MantExp(nil) > 1024 {
		return nil
	}
	return n
}

func plus(n *big.Float, d float64) string { return text(new(big.Float).Add(n, big.NewFloat(d))) }

// text returns the JSON text of a number, without a fraction if it is an
// integer.
func text(n *big.Float) string {
	if n.IsInt() {
		return n.Text('f', 0)
	}
	return n.Text('g', 17)
}

// length returns how many entries a list or a map gets.
func length(v definition.Value, which fixtureKind) int {
	n := 2
	if which == minimal {
		n = 0
	}
	if v.MinLength != nil {
		n = max(n, min(*v.MinLength, 100))
	}
	if v.MaxLength != nil {
		n = max(0, min(n, *v.MaxLength))
	}
	return n
}

func list(v definition.Value, place string, which fixtureKind) string {
	items := make([]string, length(v, which))
	for i := range items {
		items[i] = sample(*v.Elem, fmt.Sprintf("%s%d", place, i), which)
	}
	return "[" + strings.Join(items, ",") + "]"
}

// mapping puts the names in descending order, so that the AAD must sort them.
func mapping(v definition.Value, place string, which fixtureKind) string {
	var members []string
	for i := length(v, which); i > 0; i-- {
		name := fmt.Sprintf("k%d", i)
		members = append(members, phrase.JSON(name)+":"+sample(*v.Elem, place+"/"+name, which))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// structure writes attributes or fields. A minimal one has those that are
// required and those that creation would fill in.
func structure(fields []definition.Attribute, place string, which fixtureKind) string {
	var members []string
	for _, f := range fields {
		switch {
		case which == minimal && f.Default != "":
			members = append(members, phrase.JSON(f.Name)+":"+f.Default)
		case which != minimal || !f.Optional:
			members = append(members, phrase.JSON(f.Name)+":"+sample(f.Value, place+"/"+f.Name, which))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}
