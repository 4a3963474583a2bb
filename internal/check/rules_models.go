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
		Purpose: `"write" is the number of no model`,
		Why:     `It says which model this release writes.`,
		WayOut:  `Write the number of a model, or add the model.`,
		Example: Example{Change: example("write: 3\n" + two), Instead: example("write: 2\n" + two)},
	},
	{
		ID: "definition/oldest", Severity: definition.Error,
		Purpose: `"oldest" is below 1, or above the model that is written`,
		Why:     `It says from which model on documents open. Above "write", the release could not open what it writes itself.`,
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
		Purpose: "the first model leaves out what is encrypted or what is bound",
		Why:     `What is a secret is a decision, and not to be guessed.`,
		WayOut:  `Write encrypted: […] and aad: […], with [] for an empty one.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"]}`),
			Instead: example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/unknown-name", Severity: definition.Error,
		Purpose: "a set or a list names an attribute that the model does not have",
		Why:     `Most likely it is misspelt, and the attribute that was meant is not encrypted, or not bound.`,
		WayOut:  `Correct the name, or declare the attribute.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["tokn"], aad: []}`),
			Instead: example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/twice-in-set", Severity: definition.Error,
		Purpose: `a name is in "encrypted" or in "aad" twice`,
		Why:     `It says nothing more, and changes the definition hash.`,
		WayOut:  `List it once.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: ["owner", "owner"]}`),
			Instead: example(one),
		},
	},
	{
		ID: "definition/twice-in-list", Severity: definition.Error,
		Purpose: `a name is in "exposes" or "removed" twice, or twice among the inputs of a computed attribute`,
		Why:     `It says nothing more; another name may have been meant.`,
		WayOut:  `List it once.`,
		Example: Example{Change: example(`exposes: ["token", "token"]` + "\n" + one), Instead: example(`exposes: ["token"]` + "\n" + one)},
	},
	{
		ID: "definition/both-sets", Severity: definition.Error,
		Purpose: "an attribute is both encrypted and bound",
		Why:     `What is encrypted cannot be read before it is opened, so it cannot be what opening depends on. It needs no binding: nobody can change it unseen.`,
		WayOut:  `Take it out of one of them. A model that states only one set inherits the other one.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": encrypted: ["token", "owner"]`),
			Instead: example(one + "\n" + `models: "2": {encrypted: ["token", "owner"], aad: []}`),
		},
	},
	{
		ID: "definition/not-encrypted", Severity: definition.Error,
		Purpose: `"exposes" lists what no model encrypts`,
		Why:     `It names secrets that a normal read decrypts. What is not encrypted a normal read shows anyway.`,
		WayOut:  `Take it out, or encrypt it.`,
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
		Why:     `Names are literal, never paths: "ssl.key" is an attribute of that name, and no part of "ssl". Whoever writes it may mean either.`,
		WayOut:  `Declare a nested struct, or write dottedNames: true in the type if the name is meant.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {"ssl.key": string}, encrypted: ["ssl.key"], aad: []}`),
			Instead: example("dottedNames: true\n" + `models: "1": {attributes: {"ssl.key": string}, encrypted: ["ssl.key"], aad: []}`),
		},
	},
	{
		ID: "definition/removed-name", Severity: definition.Error,
		Purpose: "a model declares a name again that was removed or renamed",
		Why:     `Older documents may still hold the attribute that was. Its value would pass for the new one.`,
		WayOut:  `Choose another name.`,
		Example: Example{
			Change:  example(two + "\n" + `models: "3": removed: ["kind"]` + "\n" + `models: "4": attributes: kind?: int`),
			Instead: example(two + "\n" + `models: "3": removed: ["kind"]` + "\n" + `models: "4": attributes: sort?: int`),
		},
	},
	{
		ID: "definition/first-model", Severity: definition.Error,
		Purpose: "the first model removes, renames, backfills or computes something",
		Why:     `These say what becomes of documents of the model before, and there is none.`,
		WayOut:  `Take it out.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: [], backfill: owner: "nobody"}`),
			Instead: example(`models: "1": {attributes: {owner: string | *"nobody", token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/rename", Severity: definition.Error,
		Purpose: "a rename cannot be carried out",
		Why:     `It gives one attribute of the model before one new name, which nothing else has.`,
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
		Why: `Documents of the model before hold a value of their own there. The function would have to write over it, or leave it: in the one case data is lost, ` +
			`in the other the attribute is not what the function says.`,
		WayOut: `Rename it with a conversion, which goes there and back. Or compute an attribute of a new name, and remove the old one a model later.`,
		Example: Example{
			Change:  example(two + "\n" + `models: "3": computed: kind: ["owner"]`),
			Instead: example(two + "\n" + `models: "3": {attributes: sort: string, computed: sort: ["owner", "kind"]}`),
		},
	},
	{
		ID: "definition/computed-cycle", Severity: definition.Error,
		Purpose: "an attribute is computed from itself",
		Why:     `A function takes attributes of the model before, which do not depend on what it gives. Nothing could begin such a circle.`,
		WayOut:  `Compute each from attributes of the model before.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: {kind: string, sort: string}, computed: {kind: ["kind"], sort: ["owner"]}}`),
			Instead: example(one + "\n" + `models: "2": {attributes: {kind: string, sort: string}, computed: {kind: ["owner"], sort: ["owner"]}}`),
		},
	},
	{
		ID: "definition/no-inputs", Severity: definition.Error,
		Purpose: "an attribute is computed from nothing",
		Why:     `A pure function of nothing gives the same value each time.`,
		WayOut:  `Name the attributes of the model before that the function takes. For a constant, write a backfill.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: []}`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, backfill: kind: "user"}`),
		},
	},
	{
		ID: "definition/computed-input-wider", Severity: definition.Error,
		Purpose: "a model declares an attribute wider than the function takes that computes another from it",
		Why: `The function is asked again whenever the attribute changes, in documents of the later models too, and has to give a value for all that they hold. ` +
			`It was written for less, and as it was released, it stays.`,
		WayOut: `Keep the declaration. Or remove the computed attribute in the model that declares more, and compute one of a new name in the next.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}` + "\n" + `models: "3": attributes: owner: string | null`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}` + "\n" + `models: "3": {attributes: owner: string | null, removed: ["kind"]}`),
		},
	},
	{
		ID: "definition/computed-from-removed", Severity: definition.Warning,
		Purpose: "what a model computes from is removed by it, or by another one that is announced with it",
		Why: `The release that announces the model may not change what the model drops, and what it adds is not a field there yet: it can write neither of the two. ` +
			`As long as it runs, objects are read and not changed in this respect.`,
		WayOut: `Compute the attribute in this model, and remove the other one in the next, which the release announces that writes this one. "esogen plan --write" writes the stages.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"], removed: ["owner"], aad: []}`),
			Instead: example(one + "\n" + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}` + "\n" + `models: "3": {removed: ["owner"], aad: []}`),
		},
	},
	{
		ID: "definition/required-without-value", Severity: definition.Error,
		Purpose: "an attribute is required that documents of the model before may lack",
		Why:     `The step to this model would have nothing to give them, and they would not open. A default applies to new documents only.`,
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
		Why:     `A release that expects a string and meets a number does not read the document. Under a new name, with a conversion there and back, both releases read what they know.`,
		WayOut:  `Rename it with a conversion: renamed: {newName: {from: "old", convert: true}}.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {every: string, token: string}, encrypted: ["token"], aad: []}` + "\n" + `models: "2": attributes: every: int`),
			Instead: example(`models: "1": {attributes: {every: string, token: string}, encrypted: ["token"], aad: []}` + "\n" + `models: "2": {attributes: interval: int, renamed: interval: {from: "every", convert: true}}`),
		},
	},
	{
		ID: "definition/narrower", Severity: definition.Warning,
		Purpose: "an attribute allows less than in the model before, and older documents may not be read",
		Why:     `A document that holds a value which the new Go type cannot hold does not open any more.`,
		WayOut:  `Keep the wider declaration, or rename the attribute with a conversion that deals with the rest.`,
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
		Purpose: "a pattern is no regular expression",
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
		Purpose: "@go(Name) gives a name that Go cannot have",
		Why:     `The generated code would not compile.`,
		WayOut:  `Begin it with a capital letter, and use letters, digits and underscores only.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner: string @go(owner), token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {owner: string @go(Holder), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/no-go-name", Severity: definition.Error,
		Purpose: "a name has nothing that could become a name in Go",
		Why:     `A Go name begins with a letter that has a capital form.`,
		WayOut:  `Give it a name: @go(Name) behind its declaration.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {"?": string, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {"?": string @go(Question), token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/go-name-taken", Severity: definition.Error,
		Purpose: "@go(Name) gives a name that the generated code needs itself",
		Why:     `A field cannot be called as a method of its struct.`,
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
		Why: `Absent and null are not the same to what is bound. A secret that was sealed while the attribute was absent does not open once something writes null ` +
			`for it.`,
		WayOut: `Make it required if every object has it. Else take care that nothing writes null where it was absent.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {owner?: string, token: string}, encrypted: ["token"], aad: ["owner"]}`),
			Instead: example(one),
		},
	},
	{
		ID: "definition/unbounded-bound", Severity: definition.Warning,
		Purpose: "a bound attribute may be of any size",
		Why:     `All of it is read and written canonically at every opening and sealing, and every change of any part of it seals all secrets again.`,
		WayOut:  `Bind the few values that matter, each as an attribute of its own, or limit the size.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {config: eso.#JSON, token: string}, encrypted: ["token"], aad: ["config"]}`),
			Instead: example(`models: "1": {attributes: {config: eso.#JSON, url: string, token: string}, encrypted: ["token"], aad: ["url"]}`),
		},
	},
	{
		ID: "definition/changing-bound", Severity: definition.Warning,
		Purpose: "a bound attribute changes often, by its name",
		Why:     `Each change of a bound attribute decrypts all secrets and seals them again. A change that goes past esogen loses them.`,
		WayOut:  `Leave it plain.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {updatedAt: eso.#Timestamp, token: string}, encrypted: ["token"], aad: ["updatedAt"]}`),
			Instead: example(`models: "1": {attributes: {updatedAt: eso.#Timestamp, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/inexact-bound", Severity: definition.Warning,
		Purpose: "a bound attribute may hold integers that the kibana format binds inexactly",
		Why:     `The format knows doubles only: 2^53 and 2^53 + 1 are one number to it, and one may be written for the other unseen.`,
		WayOut:  `Bound it within ±9007199254740991, or make it a string.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {account: eso.#Int64, token: string}, encrypted: ["token"], aad: ["account"]}`),
			Instead: example(`models: "1": {attributes: {account: eso.#Int64 & >=0 & <=9007199254740991, token: string}, encrypted: ["token"], aad: ["account"]}`),
		},
	},
}
