package definition_test

import "github.com/esogen/esogen/internal/definition"

// valueRules are cases of the rules about formats, names in Go, and values.
var valueRules = map[string]ruleCase{
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
		[]string{`bad-value models/2/format: "other" is not a format`},
	},
	"no namespaces": {
		func(t *typ, one, two *model) { one.Namespaces, two.Namespaces = "", "" },
		[]string{`namespaces namespaces: the type does not say in which namespaces its objects live`},
	},
	"attributes that collide in Go": {
		func(_ *typ, one, _ *model) {
			declare(one, attribute("fooId", definition.String), attribute("foo_id", definition.String))
		},
		[]string{`go-name-collision models/1/attributes/foo_id: "fooId" and "foo_id" would both be FooID in Go`},
	},
	"attributes that would collide, but for @go": {
		func(_ *typ, one, _ *model) {
			declare(one, attribute("fooId", definition.String),
				definition.Attribute{Name: "foo_id", GoName: "OtherFooID", Value: definition.Value{Kind: definition.String}})
		}, []string{},
	},
	"no name in Go": {
		func(_ *typ, one, _ *model) {
			declare(one, attribute("_", definition.String), attribute("🔑", definition.String))
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
		[]string{"pattern models/1/attributes/p: the pattern \"(?=x)\" of \"p\" is not a regular expression: invalid or unsupported Perl syntax: `(?=`"},
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
			declare(two, attribute("any", definition.JSON), attribute("loose", definition.JSON))
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
			declare(two, optional(attribute("any", definition.JSON)), optional(attribute("updatedAt", definition.Timestamp)),
				optional(attribute("n", definition.Int64)),
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
}
