package definition_test

import "github.com/esogen/esogen/internal/definition"

// nameRules are cases of the rules about names, sets and numbers of models.
var nameRules = map[string]ruleCase{
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
		func(_ *typ, one, _ *model) { declare(one, attribute("ssl.key", definition.String)) },
		[]string{`dotted-name models/1/attributes/ssl.key: the name "ssl.key" has a dot in it`},
	},
	"a dot that is meant": {
		func(t *typ, one, _ *model) {
			declare(one, attribute("ssl.key", definition.String))
			t.DottedNames = true
		}, []string{},
	},
	"names that hide something": {
		func(_ *typ, one, _ *model) {
			declare(one, attribute("to\u200bken", definition.String), attribute("\u202ekey", definition.String), attribute("a\nb", definition.String))
		},
		[]string{
			"unprintable-name models/1/attributes/to\u200bken: the name \"to\\u200bken\" holds a character that is not seen",
			"unprintable-name models/1/attributes/\u202ekey: the name \"\\u202ekey\" holds a character that is not seen",
		},
	},
	"reserved names": {
		func(_ *typ, one, _ *model) {
			declare(one, attribute("__proto__", definition.String), attribute("$sealed", definition.String))
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
}
