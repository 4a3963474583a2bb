package definition_test

import "github.com/esogen/esogen/internal/definition"

// stepRules are cases of the rules about steps from a model to the next, and settings of a type.
var stepRules = map[string]ruleCase{
	"required without a value": {
		func(_ *typ, _, two *model) { two.Backfill = nil },
		[]string{`required-without-value models/2/attributes/kind: "kind" is required in model 2, and documents of model 1 lack it`},
	},
	"optional to required without a value": {
		func(_ *typ, _, two *model) { declare(two, attribute("note", definition.String)) },
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
		func(_ *typ, _, two *model) { two.Declared[0].Value.MaxLength = new(3) },
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
			declare(two, attribute("x", definition.String))
			two.Renamed = []definition.Rename{{New: "x", Old: "scop"}}
		},
		[]string{`unknown-name models/2/renamed/x: "renamed" takes "scop", which model 1 does not have`},
	},
	"steps in the first model": {
		func(_ *typ, one, _ *model) {
			one.Removed, one.Computed = []string{"x"}, computed("owner", "x")
		},
		[]string{
			`first-model models/1/removed: the first model has "removed", but there is no model before it`,
			`first-model models/1/computed: the first model has "computed", but there is no model before it`,
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
		func(_ *typ, _, two *model) { declare(two, attribute("scope", definition.Int)) },
		[]string{`kind-changed models/2/attributes/scope: "scope" is a string in model 1 and a number in model 2`},
	},
	"another kind, renamed without conversion": {
		func(_ *typ, _, two *model) {
			two.Renamed = []definition.Rename{{New: "level", Old: "scope"}}
			declare(two, attribute("level", definition.Int))
		},
		[]string{`kind-changed models/2/attributes/level: "level" is a string in model 1 and a number in model 2`},
	},
	"another kind, renamed with conversion": {
		func(_ *typ, _, two *model) {
			two.Renamed = []definition.Rename{{New: "level", Old: "scope", Convert: true}}
			declare(two, attribute("level", definition.Int))
		}, []string{},
	},
	"from a string to any value": {
		func(_ *typ, _, two *model) { declare(two, attribute("scope", definition.JSON)) },
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
			declare(one, attribute("n", definition.Int))
			declare(two, attribute("n", definition.Number))
		}, []string{},
	},
	"number to integer": {
		func(_ *typ, one, two *model) {
			declare(one, attribute("n", definition.Number))
			declare(two, attribute("n", definition.Int))
		},
		[]string{`warning: narrower models/2/attributes/n: "n" is a number in model 1 and an int in model 2, so a document from before may not be read`},
	},
	"a nested field that is required from now on": {
		func(_ *typ, one, two *model) {
			object := func(fields ...definition.Attribute) definition.Attribute {
				return definition.Attribute{Name: "o", Value: definition.Value{Kind: definition.Struct, Fields: fields}}
			}
			declare(one, object(attribute("a", definition.String)))
			declare(two, object(attribute("a", definition.String), attribute("b", definition.String)))
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
}
