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

func TestRules(t *testing.T) {
	type (
		typ   = definition.Type
		model = definition.Model
	)
	kind := func(name string, k definition.Kind) definition.Attribute { return attribute(name, k) }
	declare := func(m *model, attributes ...definition.Attribute) { m.Declared = append(m.Declared, attributes...) }
	three := 3

	for name, c := range map[string]struct {
		change func(t *typ, one, two *model)
		want   []string
	}{
		"a typo in a set": {
			func(_ *typ, one, _ *model) { one.AAD = []string{"ower"} },
			[]string{`unknown-name models/1/aad/0: "aad" lists "ower", which is not declared`},
		},
		"a name of a later model": {
			func(_ *typ, one, _ *model) { one.Encrypted = []string{"secret", "second"} },
			[]string{`unknown-name models/1/encrypted/1: "encrypted" lists "second", which is not declared`},
		},
		"a removed name in a set": {
			func(_ *typ, _, two *model) { two.Removed = []string{"owner"} },
			[]string{`unknown-name models/2/aad/0: "aad" lists "owner", which model 2 removes`},
		},
		"an old name in a set": {
			func(_ *typ, _, two *model) { two.Renamed = []definition.Rename{{New: "holder", Old: "owner"}} },
			[]string{`unknown-name models/2/aad/0: "aad" lists "owner", which model 2 renames`},
		},
		"twice in a set": {
			func(_ *typ, one, _ *model) { one.AAD = []string{"owner", "scope", "owner"} },
			[]string{`twice-in-set models/1/aad/2: "owner" is in "aad" twice`},
		},
		"both sets": {
			func(_ *typ, one, _ *model) { one.AAD = []string{"owner", "secret"} },
			[]string{`both-sets models/1/aad/1: "secret" is in both sets, "encrypted" and "aad"`},
		},
		"both sets, one of them inherited": {
			func(_ *typ, _, two *model) {
				two.StatesAAD, two.AAD = false, nil
				two.Encrypted = []string{"secret", "owner"}
			},
			[]string{`both-sets models/2/encrypted/1: "owner" is in both sets, "encrypted" and "aad"`},
		},
		"the first model leaves the sets out": {
			func(_ *typ, one, _ *model) {
				one.StatesEncrypted, one.StatesAAD, one.Encrypted, one.AAD = false, false, nil, nil
			},
			[]string{
				`missing-set models/1: model 1 leaves "encrypted" out`,
				`missing-set models/1: model 1 leaves "aad" out`,
			},
		},
		"a dot": {
			func(_ *typ, one, _ *model) { declare(one, kind("ssl.key", definition.String)) },
			[]string{`dotted-name models/1/attributes/ssl.key: the name "ssl.key" has a dot in it`},
		},
		"a dot that is meant": {
			func(t *typ, one, _ *model) {
				declare(one, kind("ssl.key", definition.String))
				t.DottedNames = true
			}, []string{},
		},
		"names that hide something": {
			func(_ *typ, one, _ *model) {
				declare(one, kind("to\u200bken", definition.String), kind("\u202ekey", definition.String), kind("a\nb", definition.String))
			},
			[]string{
				"unprintable-name models/1/attributes/to\u200bken: the name \"to\\u200bken\" holds a character that is not seen",
				"unprintable-name models/1/attributes/\u202ekey: the name \"\\u202ekey\" holds a character that is not seen",
			},
		},
		"reserved names": {
			func(_ *typ, one, _ *model) {
				declare(one, kind("__proto__", definition.String), kind("$sealed", definition.String))
			},
			[]string{
				`reserved-name models/1/attributes/__proto__: "__proto__" is a reserved name`,
				`reserved-name models/1/attributes/$sealed: "$sealed" is a reserved name`,
			},
		},
		"a removed name declared again": {
			func(t *typ, _, two *model) {
				two.Removed = []string{"note"}
				t.Models = append(t.Models, model{
					Number: 3, Namespaces: definition.Agnostic, Format: definition.Kibana,
					Declared: []definition.Attribute{optional(attribute("note", definition.String))},
				})
			},
			[]string{`removed-name models/3/attributes/note: model 3 declares "note" again, which model 2 removed`},
		},
		"a name removed and declared at once": {
			func(_ *typ, _, two *model) {
				two.Removed = []string{"note"}
				declare(two, optional(attribute("note", definition.String)))
			},
			[]string{`removed-name models/2/attributes/note: model 2 both declares "note" and has it removed`},
		},
		"renamed back": {
			func(t *typ, _, two *model) {
				two.Renamed = []definition.Rename{{New: "remark", Old: "note"}}
				t.Models = append(t.Models, model{
					Number: 3, Namespaces: definition.Agnostic, Format: definition.Kibana,
					Renamed: []definition.Rename{{New: "note", Old: "remark"}},
				})
			},
			[]string{`removed-name models/3/renamed/note: model 3 declares "note" again, which model 2 renamed`},
		},
		"a gap in the numbers": {
			func(t *typ, _, two *model) { two.Number = 3 },
			[]string{`model-numbers models/3: model 3 comes after model 1`},
		},
		"numbers that begin too high": {
			func(t *typ, one, _ *model) { t.Models = t.Models[:1]; one.Number = 2 },
			[]string{`model-numbers models/2: the first model has the number 2`},
		},
		"no models": {
			func(t *typ, _, _ *model) { t.Models = nil },
			[]string{`no-models models: the type has no model`},
		},
		"write without its model": {
			func(t *typ, _, _ *model) { t.Write = 3 },
			[]string{`write write: "write" is 3, but there is no model 3`},
		},
		"oldest above write": {
			func(t *typ, _, _ *model) { t.Oldest = 2 },
			[]string{`oldest oldest: "oldest" is 2, above the model 1 that is written`},
		},
		"oldest below 1": {
			func(t *typ, _, _ *model) { t.Oldest = 0 },
			[]string{`oldest oldest: "oldest" is 0`},
		},
		"required without a value": {
			func(_ *typ, _, two *model) { two.Backfill = nil },
			[]string{`required-without-value models/2/attributes/kind: "kind" is required in model 2, and documents of model 1 lack it`},
		},
		"optional to required without a value": {
			func(_ *typ, _, two *model) { declare(two, kind("note", definition.String)) },
			[]string{`required-without-value models/2/attributes/note: "note" becomes required in model 2, and documents of model 1 may lack it`},
		},
		"required, computed": {
			func(_ *typ, _, two *model) { two.Backfill, two.Computed = nil, computed("kind", "owner") }, []string{},
		},
		"required, renamed": {
			func(_ *typ, _, two *model) { two.Renamed = []definition.Rename{{New: "reach", Old: "scope"}} }, []string{},
		},
		"computed and backfilled": {
			func(_ *typ, _, two *model) { two.Computed = computed("kind", "owner") },
			[]string{`two-values models/2/computed/kind: "kind" is in "computed" and in "backfill"`},
		},
		"a backfill of another kind": {
			func(_ *typ, _, two *model) { two.Backfill[0].Value = "1" },
			[]string{`backfill models/2/backfill/kind: the backfill of "kind" does not fit its declaration: a number, where a string is declared`},
		},
		"a backfill beyond a bound": {
			func(_ *typ, _, two *model) { two.Declared[0].Value.MaxLength = &three },
			[]string{`backfill models/2/backfill/kind: the backfill of "kind" does not fit its declaration: it has 6 characters, more than 3`},
		},
		"a backfill beside the enum": {
			func(_ *typ, _, two *model) { two.Declared[0].Value.Enum = []string{`"basic"`, `"digest"`} },
			[]string{`backfill models/2/backfill/kind: the backfill of "kind" does not fit its declaration: it is none of "basic", "digest"`},
		},
		"unknown names in a step": {
			func(_ *typ, _, two *model) {
				two.Removed = []string{"notes"}
				two.Renamed = []definition.Rename{{New: "x", Old: "scop"}}
				two.Backfill = append(two.Backfill, definition.Backfill{Name: "kynd", Value: "1"})
				two.Computed = computed("secnd", "ownr")
			},
			[]string{
				`unknown-name models/2/removed/0: "removed" lists "notes", which model 1 does not have`,
				`unknown-name models/2/renamed/x: "renamed" takes "scop", which model 1 does not have`,
				`unknown-name models/2/backfill/kynd: "backfill" has "kynd", which is not declared`,
				`unknown-name models/2/computed/secnd: "computed" has "secnd", which is not declared`,
				`unknown-name models/2/computed/secnd/0: "secnd" is computed from "ownr", which model 1 does not have`,
			},
		},
		"required, and renamed from an unknown name": {
			func(_ *typ, _, two *model) {
				declare(two, kind("x", definition.String))
				two.Renamed = []definition.Rename{{New: "x", Old: "scop"}}
			},
			[]string{`unknown-name models/2/renamed/x: "renamed" takes "scop", which model 1 does not have`},
		},
		"steps in the first model": {
			func(_ *typ, one, _ *model) {
				one.Removed, one.Computed = []string{"x"}, computed("owner", "x")
			},
			[]string{
				`first-model models/1/removed: the first model has "removed", but no model stands before it`,
				`first-model models/1/computed: the first model has "computed", but no model stands before it`,
			},
		},
		"renamed to a name in use": {
			func(_ *typ, _, two *model) { two.Renamed = []definition.Rename{{New: "note", Old: "scope"}} },
			[]string{`rename models/2/renamed/note: "scope" is renamed to "note", which model 1 already has`},
		},
		"renamed twice": {
			func(_ *typ, _, two *model) {
				two.Renamed = []definition.Rename{{New: "x", Old: "scope"}, {New: "y", Old: "scope"}}
			},
			[]string{`rename models/2/renamed/y: "scope" is renamed to "x" and to "y"`},
		},
		"removed and renamed": {
			func(_ *typ, _, two *model) {
				two.Removed, two.Renamed = []string{"note"}, []definition.Rename{{New: "x", Old: "note"}}
			},
			[]string{`rename models/2/renamed/x: "note" is both removed and renamed`},
		},
		"another kind": {
			func(_ *typ, _, two *model) { declare(two, kind("scope", definition.Int)) },
			[]string{`kind-changed models/2/attributes/scope: "scope" is a string in model 1 and a number in model 2`},
		},
		"another kind, renamed without conversion": {
			func(_ *typ, _, two *model) {
				two.Renamed = []definition.Rename{{New: "level", Old: "scope"}}
				declare(two, kind("level", definition.Int))
			},
			[]string{`kind-changed models/2/attributes/level: "level" is a string in model 1 and a number in model 2`},
		},
		"another kind, renamed with conversion": {
			func(_ *typ, _, two *model) {
				two.Renamed = []definition.Rename{{New: "level", Old: "scope", Convert: true}}
				declare(two, kind("level", definition.Int))
			}, []string{},
		},
		"from a string to any value": {
			func(_ *typ, _, two *model) { declare(two, kind("scope", definition.JSON)) },
			[]string{`kind-changed models/2/attributes/scope: "scope" is a string in model 1 and any value in model 2`},
		},
		"another kind within a list": {
			func(_ *typ, one, two *model) {
				list := func(k definition.Kind) definition.Attribute {
					return definition.Attribute{Name: "tags", Value: definition.Value{Kind: definition.List, Elem: &definition.Value{Kind: k}}}
				}
				declare(one, list(definition.String))
				declare(two, list(definition.Bool))
			},
			[]string{`kind-changed models/2/attributes/tags: an element of "tags" is a string in model 1 and a boolean in model 2`},
		},
		"nullable is no other kind": {
			func(_ *typ, _, two *model) {
				declare(two, definition.Attribute{Name: "scope", Value: definition.Value{Kind: definition.String, Nullable: true}})
			}, []string{},
		},
		"integer to number": {
			func(_ *typ, one, two *model) {
				declare(one, kind("n", definition.Int))
				declare(two, kind("n", definition.Number))
			}, []string{},
		},
		"number to integer": {
			func(_ *typ, one, two *model) {
				declare(one, kind("n", definition.Number))
				declare(two, kind("n", definition.Int))
			},
			[]string{`warning: narrower models/2/attributes/n: "n" is a number in model 1 and an int in model 2, so a document from before may not be read`},
		},
		"a nested field that is required from now on": {
			func(_ *typ, one, two *model) {
				object := func(fields ...definition.Attribute) definition.Attribute {
					return definition.Attribute{Name: "o", Value: definition.Value{Kind: definition.Struct, Fields: fields}}
				}
				declare(one, object(kind("a", definition.String)))
				declare(two, object(kind("a", definition.String), kind("b", definition.String)))
			},
			[]string{`warning: narrower models/2/attributes/o: "o.b" is not there in model 1 and required in model 2, so a document from before may not be read`},
		},
		"exceptions": {
			func(t *typ, _, _ *model) {
				t.Exceptions = []definition.Exception{
					{Rule: "rollout/removed", Reason: "agreed", Until: "2027-03-01"},
					{Rule: "rollout/removed", Attribute: "owner", Reason: "agreed", Until: "9.4.0"},
					{Rule: "rollout/removed"},
					{Reason: "agreed"},
					{Rule: "a rule", Reason: "agreed", Until: "2027-13-01", Attribute: "owned"},
					{Rule: "a/b", Reason: "agreed", Until: "some day"},
				}
			},
			[]string{
				`exception exceptions/2/reason: an exception gives no reason`,
				`exception exceptions/3/rule: an exception names no rule`,
				`exception exceptions/4/rule: "a rule" is not the id of a rule`,
				`unknown-name exceptions/4/attribute: an exception is for "owned", which is not declared`,
				`exception exceptions/4/until: "2027-13-01" is neither a date nor the name of a release`,
				`exception exceptions/5/until: "some day" is neither a date nor the name of a release`,
			},
		},
		"exposes": {
			func(t *typ, _, _ *model) { t.Exposes = []string{"second", "owner", "secrets", "second"} },
			[]string{
				`not-encrypted exposes/1: "exposes" lists "owner", which no model encrypts`,
				`unknown-name exposes/2: "exposes" lists "secrets", which is not declared`,
				`twice-in-list exposes/3: "second" is in "exposes" twice`,
			},
		},
		"exceptions to rules about releases name what may be gone": {
			func(t *typ, _, _ *model) {
				t.Exceptions = []definition.Exception{
					{Rule: "history/model-deleted", Model: 9, Reason: "agreed"},
					{Rule: "history/model-changed", Attribute: "gone", Model: 1, Reason: "agreed"},
					{Rule: "secret/unbound", Model: 9, Reason: "agreed"},
				}
			},
			[]string{`exception exceptions/2/model: an exception is for model 9, which is not there`},
		},
		"flags": {
			func(t *typ, _, _ *model) { t.Flag = "a,b" },
			[]string{`flag flag: "a,b" cannot be the name of a flag`},
		},
		"the name of a type": {
			func(t *typ, _, _ *model) { t.Name = "../up" },
			[]string{`type-name name: "../up" cannot be the name of a type`},
		},
		"the native format": {
			func(t *typ, one, two *model) { one.Format, two.Format = definition.Native, definition.Native },
			[]string{},
		},
		"the native format in one model": {
			func(t *typ, _, two *model) { two.Format = definition.Native },
			[]string{},
		},
		"a format of another program": {
			func(t *typ, _, two *model) { two.Format = "other" },
			[]string{`bad-value models/2/format: "other" is no format`},
		},
		"no namespaces": {
			func(t *typ, one, two *model) { one.Namespaces, two.Namespaces = "", "" },
			[]string{`namespaces namespaces: the type does not say in which namespaces its objects live`},
		},
		"attributes that collide in Go": {
			func(_ *typ, one, _ *model) {
				declare(one, kind("fooId", definition.String), kind("foo_id", definition.String))
			},
			[]string{`go-name-collision models/1/attributes/foo_id: "fooId" and "foo_id" would both be FooID in Go`},
		},
		"attributes that would collide, but for @go": {
			func(_ *typ, one, _ *model) {
				declare(one, kind("fooId", definition.String),
					definition.Attribute{Name: "foo_id", GoName: "OtherFooID", Value: definition.Value{Kind: definition.String}})
			}, []string{},
		},
		"no name in Go": {
			func(_ *typ, one, _ *model) {
				declare(one, kind("_", definition.String), kind("🔑", definition.String))
			},
			[]string{
				`no-go-name models/1/attributes/_: "_" has no name in Go`,
				`no-go-name models/1/attributes/🔑: "🔑" has no name in Go`,
			},
		},
		"a bad @go": {
			func(t *typ, one, _ *model) {
				t.GoName = "Seal"
				declare(one,
					definition.Attribute{Name: "a", GoName: "a b; func init() {}", Value: definition.Value{Kind: definition.String}},
					definition.Attribute{Name: "b", GoName: "MarshalJSON", Value: definition.Value{Kind: definition.String}})
			},
			[]string{
				`go-name models/1/attributes/a: @go(a b; func init() {}) on "a" is not an exported Go identifier`,
				`go-name-taken models/1/attributes/b: @go(MarshalJSON) on "b" is a name that the generated struct needs itself`,
				`go-name-taken : @go(Seal) on the type is a name that the generated package needs itself`,
			},
		},
		"nested types that collide in Go": {
			func(_ *typ, one, _ *model) {
				inner := definition.Value{Kind: definition.Struct}
				declare(one,
					definition.Attribute{Name: "config", Value: definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{{Name: "retry", Value: inner}}}},
					definition.Attribute{Name: "configRetry", Value: inner})
			},
			[]string{`go-name-collision models/1/attributes/configRetry: the Go types of "config.retry" and of "configRetry" would both be called ConfigRetry`},
		},
		"a shared definition used twice": {
			func(_ *typ, one, _ *model) {
				shared := definition.Value{Kind: definition.Struct, Definition: "#Schedule", Fields: []definition.Attribute{attribute("every", definition.String)}}
				declare(one, definition.Attribute{Name: "a", Value: shared}, definition.Attribute{Name: "b", Value: shared})
			}, []string{},
		},
		"a pattern that does not compile": {
			func(_ *typ, one, _ *model) {
				declare(one, definition.Attribute{Name: "p", Value: definition.Value{Kind: definition.String, Patterns: []string{"(?=x)"}}})
			},
			[]string{"pattern models/1/attributes/p: the pattern \"(?=x)\" of \"p\" is no regular expression: invalid or unsupported Perl syntax: `(?=`"},
		},
		"a default that does not fit": {
			func(_ *typ, one, _ *model) {
				declare(one, definition.Attribute{Name: "p", Default: "1", Value: definition.Value{Kind: definition.String}})
			},
			[]string{`default models/1/attributes/p: the default of "p" does not fit its declaration: a number, where a string is declared`},
		},
		"numbers beyond a double": {
			func(_ *typ, one, two *model) {
				declare(one, definition.Attribute{Name: "p", Value: definition.Value{Kind: definition.Number, Enum: []string{"1", "1e400"}}},
					definition.Attribute{Name: "q", Default: "-1e400", Value: definition.Value{Kind: definition.Number}},
					definition.Attribute{Name: "free", Default: "1e400", Value: definition.Value{Kind: definition.JSON}})
				declare(two, kind("any", definition.JSON), kind("loose", definition.JSON))
				two.Encrypted = append(two.Encrypted, "any")
				two.Backfill = append(two.Backfill, definition.Backfill{Name: "any", Value: `[{"a": 1e400}]`}, definition.Backfill{Name: "loose", Value: "1e400"})
			},
			[]string{
				`backfill models/2/backfill/any: the backfill of "any" cannot be sealed: the kibana format binds and encrypts what JavaScript reads, and that reads a number beyond the range of a double as null`,
				`bounds models/1/attributes/p: "p" cannot be 1e400: it is beyond the range of a double`,
				`default models/1/attributes/q: the default of "q" does not fit its declaration: it is beyond the range of a double`,
			},
		},
		"bounds that nothing fits": {
			func(_ *typ, one, _ *model) {
				declare(one, definition.Attribute{Name: "p", Value: definition.Value{
					Kind: definition.Int, Min: &definition.Limit{Number: "3"}, Max: &definition.Limit{Number: "3", Exclusive: true},
				}})
			},
			[]string{`bounds models/1/attributes/p: no value fits the declaration of "p": from 3 to 3`},
		},
		"what is hard to keep still": {
			func(_ *typ, _, two *model) {
				list := definition.Value{Kind: definition.List, Elem: &definition.Value{Kind: definition.String}}
				declare(two, optional(kind("any", definition.JSON)), optional(kind("updatedAt", definition.Timestamp)),
					optional(kind("n", definition.Int64)),
					optional(definition.Attribute{Name: "o", Value: definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{{Name: "tags", Value: list}}}}))
				two.AAD = []string{"any", "updatedAt", "n", "o"}
			},
			[]string{
				`warning: optional-bound models/2/aad/0: "any" is bound and optional, and a secret sealed while it was absent does not open once it is null`,
				`warning: unbounded-bound models/2/aad/0: "any" is bound, and it may be any JSON value, of any size`,
				`warning: optional-bound models/2/aad/1: "updatedAt" is bound and optional, and a secret sealed while it was absent does not open once it is null`,
				`warning: changing-bound models/2/aad/1: "updatedAt" is bound, and by its name it changes often`,
				`warning: optional-bound models/2/aad/2: "n" is bound and optional, and a secret sealed while it was absent does not open once it is null`,
				`warning: inexact-bound models/2/aad/2: "n" is bound and may hold integers beyond 2^53, which the kibana format binds as doubles`,
				`warning: optional-bound models/2/aad/3: "o" is bound and optional, and a secret sealed while it was absent does not open once it is null`,
				`warning: unbounded-bound models/2/aad/3: "o" is bound, and "tags" in it is a list of any length`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			typ := token()
			c.change(typ, &typ.Models[0], &typ.Models[1])
			assert.Equal(t, c.want, checked(typ))
		})
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
