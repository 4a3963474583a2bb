package check

import "github.com/esogen/esogen/internal/definition"

const two = one + "\n" + `models: "2": attributes: kind?: string`

var modelRules = []*Rule{
	{
		ID: "definition/no-models", Severity: definition.Error,
		Purpose: "a type has no model",
		Why:     `The models say what a document of the type looks like.`,
		WayOut:  `Write models: "1": {attributes: {…}, encrypted: […], aad: […]}, or retired: true for a type that is gone.`,
		Example: Example{Change: example(""), Instead: example(one)},
	},
	{
		ID: "definition/model-numbers", Severity: definition.Error,
		Purpose: "the models are not numbered from 1, without gaps",
		Why:     `Documents carry the number of their model, and take one step after the other. A gap is a model that nobody can open.`,
		WayOut:  `Number the models 1, 2, 3.`,
		Example: Example{Change: example("write: 1\n" + one + "\n" + `models: "3": attributes: kind?: string`), Instead: example("write: 1\n" + two)},
	},
	{
		ID: "definition/write", Severity: definition.Error,
		Purpose: `"write" is not the number of a model`,
		Why:     `It says which model this release writes.`,
		WayOut:  `Write the number of a model, or add the model.`,
		Example: Example{Change: example("write: 3\n" + two), Instead: example("write: 2\n" + two)},
	},
	{
		ID: "definition/oldest", Severity: definition.Error,
		Purpose: `"oldest" is below 1, or above the model that is written`,
		Why:     `It is the oldest model whose documents open. Above "write", the release could not open what it writes itself.`,
		WayOut:  `Write a number from 1 to that of "write".`,
		Example: Example{Change: example("write: 1\noldest: 2\n" + two), Instead: example("write: 2\noldest: 2\n" + two)},
	},
	{
		ID: "definition/namespaces", Severity: definition.Error,
		Purpose: "a type does not say in which namespaces its objects live",
		Why:     `It decides whether the secrets are bound to the namespace. No default is right often enough.`,
		WayOut:  `Write namespaces: "single", "multiple", "multiple-isolated" or "agnostic".`,
		Example: Example{
			Change:  "token: eso.#Type & {\n\tformat: \"kibana\"\n\t" + one + "\n}\n",
			Instead: example(one),
		},
	},
	{
		ID: "definition/missing-set", Severity: definition.Error,
		Purpose: "the first model does not say what is encrypted or what is bound",
		Why:     `What is secret is a decision that esogen does not guess.`,
		WayOut:  `Write encrypted: […] and aad: […], with [] for an empty one.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"]}`),
			Instead: example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/unknown-name", Severity: definition.Error,
		Purpose: "a set or a list names an attribute that the model does not have",
		Why:     `Most likely the name is misspelt, and the attribute that was meant is not encrypted, or not bound.`,
		WayOut:  `Correct the name, or declare the attribute.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["tokn"], aad: []}`),
			Instead: example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/twice-in-set", Severity: definition.Error,
		Purpose: `a name is in "encrypted" or in "aad" twice`,
		Why:     `It adds nothing, and changes the definition hash.`,
		WayOut:  `List it once.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: ["owner", "owner"]}`),
			Instead: example(one),
		},
	},
	{
		ID: "definition/twice-in-list", Severity: definition.Error,
		Purpose: `a name is in "exposes" or "removed" twice, or twice among the inputs of a computed attribute`,
		Why:     `It adds nothing; another name may have been meant.`,
		WayOut:  `List it once.`,
		Example: Example{Change: example(`exposes: ["token", "token"]` + "\n" + one), Instead: example(`exposes: ["token"]` + "\n" + one)},
	},
	{
		ID: "definition/both-sets", Severity: definition.Error,
		Purpose: "an attribute is both encrypted and bound",
		Why:     `An encrypted value cannot be read before it is opened, so opening cannot depend on it. It needs no binding: nobody can change it unnoticed.`,
		WayOut:  `Remove it from one of them. A model that states only one set inherits the other.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": encrypted: ["token", "owner"]`),
			Instead: example(one + "\n" + `models: "2": {encrypted: ["token", "owner"], aad: []}`),
		},
	},
	{
		ID: "definition/not-encrypted", Severity: definition.Error,
		Purpose: `"exposes" lists an attribute that no model encrypts`,
		Why:     `It names secrets that a normal read decrypts. A normal read shows everything else anyway.`,
		WayOut:  `Remove it, or encrypt it.`,
		Example: Example{Change: example(`exposes: ["owner"]` + "\n" + one), Instead: example(one)},
	},
	{
		ID: "definition/reserved-name", Severity: definition.Error,
		Purpose: "an attribute has a name that is reserved",
		Why:     `"$sealed" is where the native format keeps its seal, and JavaScript does not keep "__proto__" as an ordinary member.`,
		WayOut:  `Choose another name.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {"$sealed": string, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {sealed: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/dotted-name", Severity: definition.Error,
		Purpose: "the name of an attribute has a dot in it",
		Why:     `Names are literal, never paths: "ssl.key" is an attribute of that name, not a part of "ssl". A reader may expect either.`,
		WayOut:  `Declare a nested struct, or write dottedNames: true in the type if the name is meant.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {"ssl.key": string}, encrypted: ["ssl.key"], aad: []}`),
			Instead: example("dottedNames: true\n" + `models: "1": {attributes: {"ssl.key": string}, encrypted: ["ssl.key"], aad: []}`),
		},
	},
	{
		ID: "definition/removed-name", Severity: definition.Error,
		Purpose: "a model declares a name again that was removed or renamed",
		Why:     `Older documents may still hold the old attribute, and its value would pass for the new one.`,
		WayOut:  `Choose another name.`,
		Example: Example{
			Change:  example(two + "\n" + `models: "3": removed: ["kind"]` + "\n" + `models: "4": attributes: kind?: int`),
			Instead: example(two + "\n" + `models: "3": removed: ["kind"]` + "\n" + `models: "4": attributes: sort?: int`),
		},
	},
	{
		ID: "definition/first-model", Severity: definition.Error,
		Purpose: "the first model removes, renames, backfills or computes something",
		Why:     `These steps start from documents of the model before, and there is none.`,
		WayOut:  `Remove it.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: [], backfill: owner: "nobody"}`),
			Instead: example(`models: "1": {attributes: {owner: string | *"nobody", token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/rename", Severity: definition.Error,
		Purpose: "a rename cannot be carried out",
		Why:     `A rename gives one attribute of the model before a new name that nothing else has.`,
		WayOut:  `Give the new name first, then the old one: renamed: {new: "old"}.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": renamed: {token: "owner"}`),
			Instead: example(one + "\n" + `models: "2": renamed: {holder: "owner"}`),
		},
	},
	{
		ID: "definition/two-values", Severity: definition.Error,
		Purpose: "a computed attribute is also backfilled, renamed to or removed in the same model",
		Why:     `Only one of them can say what a document of the model holds.`,
		WayOut:  `Keep the one that is meant.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, backfill: kind: "user", computed: kind: ["owner"]}`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}`),
		},
	},
	{
		ID: "definition/computed-existing", Severity: definition.Error,
		Purpose: "a model computes an attribute that the model before has",
		Why: `Documents of the model before hold a value of their own there. The function would either overwrite it, which loses data, or leave it, and then the ` +
			`attribute is not what the function returns.`,
		WayOut: `Rename it with a conversion, which goes both ways. Or compute an attribute with a new name, and remove the old one a model later.`,
		Example: Example{
			Change:  example(two + "\n" + `models: "3": computed: kind: ["owner"]`),
			Instead: example(two + "\n" + `models: "3": {attributes: sort: string, computed: sort: ["owner", "kind"]}`),
		},
	},
	{
		ID: "definition/computed-cycle", Severity: definition.Error,
		Purpose: "an attribute is computed from itself",
		Why:     `A function takes attributes of the model before, which cannot depend on what it returns.`,
		WayOut:  `Compute each from attributes of the model before.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: {kind: string, sort: string}, computed: {kind: ["kind"], sort: ["owner"]}}`),
			Instead: example(one + "\n" + `models: "2": {attributes: {kind: string, sort: string}, computed: {kind: ["owner"], sort: ["owner"]}}`),
		},
	},
	{
		ID: "definition/no-inputs", Severity: definition.Error,
		Purpose: "an attribute is computed from nothing",
		Why:     `A pure function without inputs returns the same value each time.`,
		WayOut:  `Name the attributes of the model before that the function takes. For a constant, write a backfill.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: []}`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, backfill: kind: "user"}`),
		},
	},
	{
		ID: "definition/computed-input-wider", Severity: definition.Error,
		Purpose: "a model widens an attribute beyond what a function that computes from it takes",
		Why: `The function is called again whenever the attribute changes, in documents of later models too, and must return a value for everything that they hold. ` +
			`It was written for less, and a released function does not change.`,
		WayOut: `Keep the declaration. Or remove the computed attribute in the model that widens its input, and compute one with a new name in the next.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}` + "\n" + `models: "3": attributes: owner: string | null`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}` + "\n" + `models: "3": {attributes: owner: string | null, removed: ["kind"]}`),
		},
	},
	{
		ID: "definition/computed-from-removed", Severity: definition.Warning,
		Purpose: "a model removes an attribute that it computes from, or a model that is announced with it does",
		Why: `The release that announces the model may not change what the model drops, and has no field for what the model adds: it can write neither. While it ` +
			`runs, this part of an object can be read but not changed.`,
		WayOut: `Compute the attribute in this model, and remove the input in the next one, announced by the release that writes this one. "esogen plan --write" writes ` +
			`the stages.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"], removed: ["owner"], aad: []}`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}` + "\n" + `models: "3": {removed: ["owner"], aad: []}`),
		},
	},
	{
		ID: "definition/required-without-value", Severity: definition.Error,
		Purpose: "documents of the model before may lack a required attribute",
		Why:     `The step to this model would have no value for them, and they would not open. A default applies to new documents only.`,
		WayOut:  `Write a backfill, ask for a function with computed, or declare the attribute optional.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": attributes: kind: string`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, backfill: kind: "user"}`),
		},
	},
	{
		ID: "definition/backfill", Severity: definition.Error,
		Purpose: "a backfill does not fit the declaration",
		Why:     `Migration would write a value that no release accepts.`,
		WayOut:  `Write a value that the declaration allows.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: "user" | "service", backfill: kind: "robot"}`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: "user" | "service", backfill: kind: "user"}`),
		},
	},
	{
		ID: "definition/kind-changed", Severity: definition.Error,
		Purpose: "an attribute changes its JSON kind under one name",
		Why: `A release that expects a string and meets a number cannot read the document. Under a new name, with a conversion both ways, both releases read what ` +
			`they know.`,
		WayOut: `Rename it with a conversion: renamed: {newName: {from: "old", convert: true}}.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {every: string, token: string}, encrypted: ["token"], aad: []}` + "\n" + `models: "2": attributes: every: int`),
			Instead: example(`models: "1": {attributes: {every: string, token: string}, encrypted: ["token"], aad: []}` + "\n" + `models: "2": {attributes: interval: int, renamed: interval: {from: "every", convert: true}}`),
		},
	},
	{
		ID: "definition/narrower", Severity: definition.Warning,
		Purpose: "an attribute allows less than in the model before, so older documents may not open",
		Why:     `A document with a value that the new Go type cannot hold no longer opens.`,
		WayOut:  `Keep the wider declaration, or rename the attribute with a conversion that handles the rest.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {limit: number, token: string}, encrypted: ["token"], aad: []}` + "\n" + `models: "2": attributes: limit: int`),
			Instead: example(`models: "1": {attributes: {limit: number, token: string}, encrypted: ["token"], aad: []}` + "\n" + `models: "2": attributes: limit: number & >=0`),
		},
	},
	{
		ID: "definition/default", Severity: definition.Error,
		Purpose: "a default does not fit the declaration",
		Why:     `New documents would get a value that no release accepts.`,
		WayOut:  `Write a default that the declaration allows.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {day: eso.#Timestamp | *"tomorrow", token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {day: eso.#Timestamp | *"2027-01-01T00:00:00Z", token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/pattern", Severity: definition.Error,
		Purpose: "a pattern is not a regular expression",
		Why:     `Nothing would ever match it.`,
		WayOut:  `Write it in the syntax of RE2, which has no look-ahead and no back references.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {host: =~"^(?!localhost$)", token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {host: !~"^localhost$", token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/bounds", Severity: definition.Error,
		Purpose: "no value fits a declaration",
		Why:     `No document could be written.`,
		WayOut:  `Correct the bounds.`,
		Example: Example{
			Change:  "import \"strings\"\n\n" + example(`models: "1": {attributes: {code: strings.MinRunes(8) & strings.MaxRunes(6), token: string}, encrypted: ["token"], aad: []}`),
			Instead: "import \"strings\"\n\n" + example(`models: "1": {attributes: {code: strings.MinRunes(6) & strings.MaxRunes(8), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/go-name", Severity: definition.Error,
		Purpose: "@go(Name) gives a name that is not a Go name",
		Why:     `The generated code would not compile.`,
		WayOut:  `Begin it with a capital letter, and use letters, digits and underscores only.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string @go(owner), token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {owner: string @go(Holder), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/no-go-name", Severity: definition.Error,
		Purpose: "a name cannot become a Go name",
		Why:     `A Go name begins with a letter that has an upper-case form.`,
		WayOut:  `Give it a name: @go(Name) behind its declaration.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {"?": string, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {"?": string @go(Question), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/go-name-taken", Severity: definition.Error,
		Purpose: "@go(Name) gives a name that the generated code uses itself",
		Why:     `A field cannot have the name of a method of its struct.`,
		WayOut:  `Choose another name.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string @go(MarshalJSON), token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {owner: string @go(Holder), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/go-name-collision", Severity: definition.Error,
		Purpose: "two things would have one name in Go",
		Why:     `The generated code would not compile.`,
		WayOut:  `Give one of them another name: @go(Name) behind its declaration.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {ownerID: string, owner_id: string, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {ownerID: string, owner_id: string @go(OldOwnerID), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
}

// boundRules are warnings: what is bound should be small and still.
var boundRules = []*Rule{
	{
		ID: "definition/optional-bound", Severity: definition.Warning,
		Purpose: "a bound attribute is optional",
		Why:     `Absent and null are bound differently. A secret that was sealed while the attribute was absent does not open once something writes null for it.`,
		WayOut:  `Make it required if every object has it. Otherwise make sure that nothing writes null where it was absent.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner?: string, token: string}, encrypted: ["token"], aad: ["owner"]}`),
			Instead: example(one),
		},
	},
	{
		ID: "definition/unbounded-bound", Severity: definition.Warning,
		Purpose: "a bound attribute may be of any size",
		Why:     `Every opening and sealing reads and writes all of it canonically, and a change of any part seals all secrets again.`,
		WayOut:  `Bind the few values that matter, each as an attribute of its own, or limit the size.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {config: eso.#JSON, token: string}, encrypted: ["token"], aad: ["config"]}`),
			Instead: example(`models: "1": {attributes: {config: eso.#JSON, url: string, token: string}, encrypted: ["token"], aad: ["url"]}`),
		},
	},
	{
		ID: "definition/changing-bound", Severity: definition.Warning,
		Purpose: "the name of a bound attribute suggests that it changes often",
		Why:     `Each change of a bound attribute decrypts all secrets and seals them again. A change that bypasses esogen loses them.`,
		WayOut:  `Leave it plain.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {updatedAt: eso.#Timestamp, token: string}, encrypted: ["token"], aad: ["updatedAt"]}`),
			Instead: example(`models: "1": {attributes: {updatedAt: eso.#Timestamp, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/inexact-bound", Severity: definition.Warning,
		Purpose: "a bound attribute may hold integers that the kibana format binds inexactly",
		Why:     `The format knows only doubles: 2^53 and 2^53 + 1 are one number to it, and one can replace the other unnoticed.`,
		WayOut:  `Limit it to ±9007199254740991, or make it a string.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {account: eso.#Int64, token: string}, encrypted: ["token"], aad: ["account"]}`),
			Instead: example(`models: "1": {attributes: {account: eso.#Int64 & >=0 & <=9007199254740991, token: string}, encrypted: ["token"], aad: ["account"]}`),
		},
	},
}
