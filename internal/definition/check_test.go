package definition_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
)

// token returns a type in which nothing is wrong: model 1 is written, model 2
// announced.
func token() *definition.Type {
	return &definition.Type{
		Name: "token", Label: "token", RandomID: true, Write: 1, Oldest: 1,
		Models: []definition.Model{
			{
				Number: 1, Namespaces: definition.Agnostic, Format: definition.Kibana,
				Declared: []definition.Attribute{
					attribute("owner", definition.String),
					attribute("secret", definition.String),
					attribute("scope", definition.String),
					optional(attribute("note", definition.String)),
				},
				Encrypted: []string{"secret"}, StatesEncrypted: true,
				AAD: []string{"owner"}, StatesAAD: true,
			},
			{
				Number: 2, Namespaces: definition.Agnostic, Format: definition.Kibana,
				Declared: []definition.Attribute{
					attribute("kind", definition.String),
					optional(attribute("second", definition.String)),
				},
				Backfill:  []definition.Backfill{{Name: "kind", Value: `"bearer"`}},
				Encrypted: []string{"secret", "second"}, StatesEncrypted: true,
				AAD: []string{"owner", "kind"}, StatesAAD: true,
			},
		},
	}
}

// render writes a problem as the tests below expect it.
func render(p definition.Problem) string {
	mark := ""
	if p.Severity == definition.Warning {
		mark = "warning: "
	}
	return fmt.Sprintf("%s%s %s: %s", mark, strings.TrimPrefix(p.Rule, "definition/"), strings.Join(p.Path, "/"), p.Message)
}

func checked(t *definition.Type) []string {
	t.Resolve()
	found := []string{}
	for _, p := range definition.Check(t) {
		found = append(found, render(p))
	}
	return found
}

func TestNothingIsWrong(t *testing.T) {
	assert.Empty(t, checked(token()))
	assert.Empty(t, checked(&definition.Type{Name: "gone", Retired: true}))
}

// ruleCase changes the type that [token] returns, and names what is then wrong
// with it.
type ruleCase struct {
	change func(t *typ, one, two *model)
	want   []string
}

type (
	typ   = definition.Type
	model = definition.Model
)

func declare(m *model, attributes ...definition.Attribute) {
	m.Declared = append(m.Declared, attributes...)
}

func TestRules(t *testing.T) {
	for _, cases := range []map[string]ruleCase{nameRules, stepRules, valueRules} {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				typ := token()
				c.change(typ, &typ.Models[0], &typ.Models[1])
				assert.Equal(t, c.want, checked(typ))
			})
		}
	}
}

func TestExceptionsSilenceWarnings(t *testing.T) {
	noisy := func(exceptions ...definition.Exception) []string {
		typ := token()
		typ.Models[1].AAD = []string{"owner", "note", "second"}
		typ.Models[1].Encrypted = []string{"secret"}
		typ.Exceptions = exceptions
		return checked(typ)
	}
	require.Len(t, noisy(), 2)
	assert.Len(t, noisy(definition.Exception{Rule: "definition/optional-bound", Attribute: "note", Reason: "agreed"}), 1)
	assert.Empty(t, noisy(definition.Exception{Rule: "definition/optional-bound", Reason: "agreed"}))
	assert.Len(t, noisy(definition.Exception{Rule: "definition/changing-bound", Reason: "agreed"}), 2)
}

func TestHints(t *testing.T) {
	typ := token()
	typ.Models[0].AAD = []string{"Owner"}
	typ.Models[1].Backfill = nil
	typ.Resolve()
	problems := definition.Check(typ)
	require.Len(t, problems, 2)
	assert.Equal(t, `write "owner", if that is meant`, problems[0].Hint)
	assert.Equal(t, definition.Problem{
		Rule: "definition/required-without-value", Severity: definition.Error, Type: "token", Attribute: "kind", Model: 2,
		Path:    definition.Path{"models", "2", "attributes", "kind"},
		Message: `"kind" is required in model 2, and documents of model 1 lack it`,
		Hint:    `write backfill: {kind: …} for a constant, computed: {kind: ["…"]} for a function of attributes of model 1, or declare it optional: kind?`,
	}, problems[1])
}

func TestCheckAll(t *testing.T) {
	types := []*definition.Type{
		{Name: "foo-bar"}, {Name: "foo_bar"}, {Name: "Gone", Retired: true}, {Name: "gone"}, {Name: "twice"}, {Name: "twice"},
		{Name: "foo.bar", GoName: "Other"},
	}
	found := []string{}
	for _, p := range definition.CheckAll(types) {
		found = append(found, p.Type+" "+render(p))
	}
	assert.Equal(t, []string{
		`foo_bar same-package : the types "foo-bar" and "foo_bar" would both be the Go package foobar`,
		`gone same-name name: the types "Gone" and "gone" differ by case only; the name of a retired type stays taken`,
		`twice same-name name: two types have the name "twice"`,
	}, found)
}

// What the loader hands over need not make sense: Check and Fields take it all
// the same.
func TestCheckNeverPanics(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "c.d", "_", "__proto__", "🔑", ""})
	kinds := rapid.SampledFrom([]definition.Kind{definition.String, definition.Int, definition.JSON, definition.List, definition.Map, definition.Struct, ""})
	texts := rapid.SampledFrom([]string{"", "1", "null", `"x"`, "[1]", "{}", "{", "1e999999999"})
	lists := rapid.SliceOfN(names, 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		typ := &definition.Type{Name: names.Draw(t, "name"), Write: rapid.IntRange(-1, 4).Draw(t, "write"), Exposes: lists.Draw(t, "exposes")}
		for range rapid.IntRange(0, 3).Draw(t, "models") {
			m := definition.Model{
				Number: rapid.IntRange(0, 4).Draw(t, "number"), StatesAAD: rapid.Bool().Draw(t, "states"),
				Removed: lists.Draw(t, "removed"), AAD: lists.Draw(t, "aad"), Encrypted: lists.Draw(t, "encrypted"),
			}
			for range rapid.IntRange(0, 3).Draw(t, "attributes") {
				v := definition.Value{Kind: kinds.Draw(t, "kind"), Definition: names.Draw(t, "definition")}
				v.Enum = rapid.SliceOfN(texts, 0, 2).Draw(t, "enum")
				v.Min = &definition.Limit{Number: texts.Draw(t, "min")}
				if rapid.Bool().Draw(t, "elem") {
					v.Elem = &definition.Value{Kind: kinds.Draw(t, "elem kind")}
				}
				m.Declared = append(m.Declared, definition.Attribute{
					Name: names.Draw(t, "attribute"), Value: v, Default: texts.Draw(t, "default"), Optional: rapid.Bool().Draw(t, "optional"),
				})
			}
			m.Renamed = append(m.Renamed, definition.Rename{New: names.Draw(t, "new"), Old: names.Draw(t, "old")})
			m.Computed = append(m.Computed, definition.Compute{Name: names.Draw(t, "computed"), Inputs: lists.Draw(t, "inputs"), Unstated: rapid.Bool().Draw(t, "unstated")})
			m.Backfill = append(m.Backfill, definition.Backfill{Name: names.Draw(t, "backfilled"), Value: texts.Draw(t, "backfill")})
			typ.Models = append(typ.Models, m)
		}
		typ.Resolve()
		definition.Check(typ)
		definition.CheckAll([]*definition.Type{typ, typ})
		definition.Fields(typ)
	})
}

func computed(name string, inputs ...string) []definition.Compute {
	return []definition.Compute{{Name: name, Inputs: inputs}}
}
