package golden_test

import (
	"encoding/json"
	"fmt"

	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
)

// texts are strings that a layout could stumble over.
var texts = rapid.OneOf(
	rapid.StringMatching(`[a-z]{0,6}`),
	rapid.SampledFrom([]string{"a\nb", `"quoted"`, "<&>", "\u2028", "ключ", "🔑", "\\", "}],", "\x00"}),
)

var numbers = rapid.SampledFrom([]string{"0", "-1", "1.50", "1e3", "9007199254740993", "-0.0"})

func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// types draws resolved definitions. They need not make sense: the golden file
// keeps whatever stands in them.
var types = rapid.Custom(func(t *rapid.T) *definition.Type {
	typ := &definition.Type{
		Name: rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "name"), Label: texts.Draw(t, "label"),
		GoName: texts.Draw(t, "go"), Doc: texts.Draw(t, "doc"),
		RandomID: rapid.Bool().Draw(t, "randomID"), DottedNames: rapid.Bool().Draw(t, "dotted"), Retired: rapid.Bool().Draw(t, "retired"),
		Write: rapid.IntRange(0, 3).Draw(t, "write"), Oldest: rapid.IntRange(0, 3).Draw(t, "oldest"),
		Exposes: some(t, "exposes", texts),
	}
	typ.Exceptions = some(t, "exceptions", rapid.Custom(func(t *rapid.T) definition.Exception {
		return definition.Exception{Rule: texts.Draw(t, "rule"), Attribute: texts.Draw(t, "attribute"), Model: rapid.IntRange(0, 9).Draw(t, "model"), Reason: texts.Draw(t, "reason"), Until: texts.Draw(t, "until")}
	}))
	for i := range rapid.IntRange(0, 3).Draw(t, "models") {
		typ.Models = append(typ.Models, drawModel(t, i+1))
	}
	typ.Resolve()
	return typ
})

func drawModel(t *rapid.T, number int) definition.Model {
	m := definition.Model{
		Number: number, Doc: texts.Draw(t, "doc"),
		Format:     rapid.SampledFrom([]definition.Format{definition.Kibana, definition.Native}).Draw(t, "format"),
		Namespaces: rapid.SampledFrom([]definition.Namespaces{definition.Single, definition.Agnostic}).Draw(t, "namespaces"),
		Declared:   drawAttributes(t, 2),
		Removed:    some(t, "removed", texts),
		Computed: some(t, "computed", rapid.Custom(func(t *rapid.T) definition.Compute {
			return definition.Compute{Name: texts.Draw(t, "computed name"), Inputs: rapid.SliceOfN(texts, 0, 3).Draw(t, "inputs")}
		})),
		Renamed: some(t, "renamed", rapid.Custom(func(t *rapid.T) definition.Rename {
			return definition.Rename{New: texts.Draw(t, "new"), Old: texts.Draw(t, "old"), Convert: rapid.Bool().Draw(t, "convert")}
		})),
		Backfill: some(t, "backfill", rapid.Custom(func(t *rapid.T) definition.Backfill {
			return definition.Backfill{Name: texts.Draw(t, "name"), Value: rapid.SampledFrom([]string{"null", "1.0", `{"a": [1, "<"]}`, `"x"`}).Draw(t, "value")}
		})),
	}
	if rapid.Bool().Draw(t, "states encrypted") {
		m.StatesEncrypted, m.Encrypted = true, some(t, "encrypted", texts)
	}
	if rapid.Bool().Draw(t, "states aad") {
		m.StatesAAD, m.AAD = true, some(t, "aad", texts)
	}
	return m
}

func drawAttributes(t *rapid.T, depth int) []definition.Attribute {
	var attributes []definition.Attribute
	for i := range rapid.IntRange(0, 3).Draw(t, "attributes") {
		attributes = append(attributes, definition.Attribute{
			Name:   fmt.Sprint(rapid.SampledFrom([]string{"a", "b.c", `"`, "é"}).Draw(t, "name"), i),
			GoName: texts.Draw(t, "go"), Doc: texts.Draw(t, "doc"), Optional: rapid.Bool().Draw(t, "optional"),
			Default: rapid.SampledFrom([]string{"", "null", "1.50", `"<"`, `{"b":1,"a":2}`}).Draw(t, "default"),
			Value:   drawValue(t, depth),
		})
	}
	return attributes
}

func drawValue(t *rapid.T, depth int) definition.Value {
	v := definition.Value{
		Kind:        rapid.SampledFrom([]definition.Kind{definition.String, definition.Int64, definition.Number, definition.Bytes}).Draw(t, "kind"),
		Nullable:    rapid.Bool().Draw(t, "nullable"),
		Enum:        some(t, "enum", rapid.Map(texts, jsonText)),
		Not:         some(t, "not", numbers),
		Patterns:    some(t, "patterns", texts),
		NotPatterns: some(t, "not patterns", texts),
		Min:         drawLimit(t), Max: drawLimit(t),
		Definition: texts.Draw(t, "definition"), GoName: texts.Draw(t, "definition go"), Doc: texts.Draw(t, "definition doc"),
	}
	if rapid.Bool().Draw(t, "lengths") {
		least, most := rapid.Int().Draw(t, "least"), 0
		v.MinLength, v.MaxLength = &least, &most
	}
	if depth == 0 {
		return v
	}
	switch v.Kind = rapid.SampledFrom([]definition.Kind{v.Kind, definition.List, definition.Struct}).Draw(t, "deep kind"); v.Kind {
	case definition.List:
		elem := drawValue(t, depth-1)
		v.Elem = &elem
	case definition.Struct:
		v.Fields = drawAttributes(t, depth-1)
	}
	return v
}

func drawLimit(t *rapid.T) *definition.Limit {
	if rapid.Bool().Draw(t, "unlimited") {
		return nil
	}
	return &definition.Limit{Number: numbers.Draw(t, "limit"), Exclusive: rapid.Bool().Draw(t, "exclusive")}
}

// some draws a list, and nil if it is empty.
func some[T any](t *rapid.T, label string, elem *rapid.Generator[T]) []T {
	list := rapid.SliceOfN(elem, 0, 3).Draw(t, label)
	if len(list) == 0 {
		return nil
	}
	return list
}
