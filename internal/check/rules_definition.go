package check

import (
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// The definition rules are found by internal/spec and internal/definition,
// which speak for every command. Here is what there is to say about them: first
// of the language, then of models, sets, steps, values, and names in Go.

var definitionRules = slices.Concat(languageRules, modelRules, boundRules)

const one = `models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: ["owner"]}`

var languageRules = []*Rule{
	{
		ID: "definition/syntax", Severity: definition.Error,
		Purpose: "a file is not CUE",
		Why:     `A file that cannot be parsed may declare any type, so nothing can be said about the types that are missing.`,
		WayOut:  `Correct the text at the place that the finding names. "cue fmt" finds the same.`,
		Example: Example{Change: "package specs\n\nlimit: 5 6\n"},
	},
	{
		ID: "definition/package", Severity: definition.Error,
		Purpose: "a file belongs to another package than the files beside it, or to none",
		Why:     `CUE silently ignores such a file, and the types in it.`,
		WayOut:  `Begin the file with the package clause of the others.`,
		Example: Example{Change: "!import \"github.com/esogen/esogen/eso\"\n\n" + example(one), Instead: example(one)},
	},
	{
		ID: "definition/left-out", Severity: definition.Error,
		Purpose: "CUE ignores a file because of its name or its folder",
		Why: `A type in such a file does not exist: nothing is generated from it, and no release is ever compared with it. CUE ignores files whose names begin with ` +
			`"_" or ".", end in _test.cue or _tool.cue, or do not end in lower-case .cue, and files in subfolders that nothing imports.`,
		WayOut: `Rename the file, or move it. A subfolder is read if the specs import its package.`,
		Example: Example{
			Change:  "-- specs/token.cue --\n" + Source(example(one)) + "-- specs/session_test.cue --\n" + Source("session: eso.#Type & {retired: true}\n"),
			Instead: "-- specs/token.cue --\n" + Source(example(one)) + "-- specs/session.cue --\n" + Source("session: eso.#Type & {retired: true}\n"),
		},
	},
	{
		ID: "definition/encoding", Severity: definition.Error,
		Purpose: "a file is not UTF-8",
		Why:     `CUE replaces invalid bytes by U+FFFD: names and values would differ from those that were written.`,
		WayOut:  `Save the file as UTF-8.`,
		Example: Example{
			Change:  Source(example("models: \"1\": {attributes: {drink: \"caf\xe9\" | \"tea\", token: string}, encrypted: [\"token\"], aad: []}")),
			Instead: example(`models: "1": {attributes: {drink: "café" | "tea", token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/undecided", Severity: definition.Error,
		Purpose: "a declaration depends on an open value",
		Why: `CUE leaves out what it cannot decide: fields behind a condition without an answer, elements of an open list. An attribute, a model or a whole type ` +
			`would silently be gone. A value that @tag sets is open too: a release declares the same types in every build, so esogen sets no tags.`,
		WayOut: `Give the open value a value, or a default. A helper may leave it open if each type that uses the helper states it.`,
		Example: Example{
			Change:  "_audited: bool @tag(audited)\n\n" + example("models: \"1\": {\n\tattributes: {\n\t\ttoken: string\n\t\tif _audited {\n\t\t\tauditedBy: string\n\t\t}\n\t}\n\tencrypted: [\"token\"]\n\taad: []\n}"),
			Instead: "_audited: true\n\n" + example("models: \"1\": {\n\tattributes: {\n\t\ttoken: string\n\t\tif _audited {\n\t\t\tauditedBy: string\n\t\t}\n\t}\n\tencrypted: [\"token\"]\n\taad: []\n}"),
		},
	},
	{
		ID: "definition/optional-and-required", Severity: definition.Error,
		Purpose: "one attribute is declared with a question mark and without one",
		Why:     `CUE takes such an attribute as required and drops the question mark. Objects without it would not open.`,
		WayOut:  `Write the question mark in both places, or in none.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {note?: string, note: string, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {note?: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/model-in-two-places", Severity: definition.Warning,
		Purpose: "attributes or sets of one model come from two files",
		Why: `CUE merges everything under one label, from any file. Two branches that each add model 2, in separate files, merge without a conflict into a model ` +
			`that neither of them has seen.`,
		WayOut: `Write a model in one file. Of two branches, the second one adds the next model.`,
		Example: Example{
			Change: "-- specs/note.cue --\n" + "package specs\n\ntoken: models: \"2\": attributes: note?: string\n" +
				"-- specs/region.cue --\n" + "package specs\n\ntoken: models: \"2\": attributes: region?: string\n" +
				"-- specs/token.cue --\n" + Source(example(one)),
			Instead: "-- specs/note.cue --\n" + "package specs\n\ntoken: models: \"2\": attributes: note?: string\n" +
				"-- specs/region.cue --\n" + "package specs\n\ntoken: models: \"3\": attributes: region?: string\n" +
				"-- specs/token.cue --\n" + Source(example(one)),
		},
	},
	{
		ID: "definition/import", Severity: definition.Error,
		Purpose: "an import is unused, or does not exist",
		Why:     `CUE does not evaluate such a file.`,
		WayOut:  `Remove the import, or correct its path. Without a cue.mod only the standard library and the schema of esogen can be imported.`,
		Example: Example{
			Change:  "package specs\n\nimport (\n\t\"strings\"\n\n\t\"github.com/esogen/esogen/eso\"\n)\n\n" + example(one),
			Instead: example(one),
		},
	},
	{
		ID: "definition/reference", Severity: definition.Error,
		Purpose: "a name refers to nothing",
		Why:     `Its meaning is unknown, and so is that of the type.`,
		WayOut:  `Declare it, import its package, or correct the name.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {token: string, expiresAt: eso.#Timestmp}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {token: string, expiresAt: eso.#Timestamp}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/contradiction", Severity: definition.Error,
		Purpose: "two declarations of one thing contradict each other",
		Why:     `In CUE every declaration of a field counts, wherever it is. If two of them cannot both hold, there is no value.`,
		WayOut:  `Keep the one that is meant.`,
		Example: Example{
			Change:  example(one) + "token: randomID: true\ntoken: randomID: false\n",
			Instead: example(one) + "token: randomID: false\n",
		},
	},
	{
		ID: "definition/hidden-name", Severity: definition.Error,
		Purpose: "a field hides a type or a package from its neighbours",
		Why:     `Inside its struct, a field called string is what the word string means, so its neighbours are not what they look like.`,
		WayOut:  `Write the label in quotes, which hides nothing.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {string: eso.#UUID, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {"string": eso.#UUID, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/not-a-type", Severity: definition.Error,
		Purpose: "a field of the specs is not a type",
		Why:     `Each field of the package is a type. Anything else would silently be ignored.`,
		WayOut:  `Write eso.#Type & {…}, or make it a helper: a definition (#limits), a hidden field (_limits) or a let.`,
		Example: Example{Change: example(one) + "limits: {max: 5}\n", Instead: example(one) + "#limits: {max: 5}\n"},
	},
	{
		ID: "definition/no-types", Severity: definition.Warning, Final: true,
		Purpose: "the specs declare no type",
		Why:     `There is nothing to generate. Most likely esogen looks in the wrong place.`,
		WayOut:  `Write name: eso.#Type & {…}, or say with --specs where the specs are.`,
		Example: Example{Change: "package specs\n\n#limit: 5\n", Instead: example(one)},
	},
	{
		ID: "definition/unknown-key", Severity: definition.Error,
		Purpose: "a type, a model or an entry has a key that does not exist",
		Why:     `A misspelt key would have no effect: "ad" binds nothing.`,
		WayOut:  `Correct the key, or remove it.`,
		Example: Example{Change: example("randomId: false\n" + one), Instead: example("randomID: false\n" + one)},
	},
	{
		ID: "definition/missing-key", Severity: definition.Error,
		Purpose: "an entry lacks a key that it needs",
		Why:     `A rename says from which name.`,
		WayOut:  `Add the key.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": renamed: {holder: {convert: true}}`),
			Instead: example(one + "\n" + `models: "2": renamed: {holder: {from: "owner", convert: true}}`),
		},
	},
	{
		ID: "definition/bad-value", Severity: definition.Error,
		Purpose: "a key has a value that it does not take",
		Why:     `Each key of a type takes constants of one kind: a type must not depend on anything.`,
		WayOut:  `Write what the finding says.`,
		Example: Example{Change: example("write: \"1\"\n" + one), Instead: example("write: 1\n" + one)},
	},
	{
		ID: "definition/unsupported", Severity: definition.Error,
		Purpose: "a declaration has no counterpart in Go",
		Why:     `A declaration becomes a Go type and a check. A union of a string and a number, or a constraint that only CUE can evaluate, becomes neither.`,
		WayOut:  `Declare it differently, or as eso.#JSON, which takes any value.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {limit: string | int, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {limit: eso.#JSON, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/recursive", Severity: definition.Error,
		Purpose: "a declaration contains itself",
		Why:     `A value of it would never end, and neither would the Go type.`,
		WayOut:  `Declare the part as eso.#JSON, which takes any value.`,
		Example: Example{
			Change:  "#Tree: {label: string, children?: [...#Tree]}\n\n" + example(`models: "1": {attributes: {tree: #Tree, token: string}, encrypted: ["token"], aad: []}`),
			Instead: "#Tree: {label: string, children?: eso.#JSON}\n\n" + example(`models: "1": {attributes: {tree: #Tree, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/too-large", Severity: definition.Error,
		Purpose: "a spec is larger than esogen reads",
		Why:     `The limits are far above what a product declares. They keep a hostile or runaway spec from exhausting the machine.`,
		WayOut:  `Split the file, nest definitions less deeply, or use eso.#JSON for a part.`,
		Example: Example{
			Change:  example(one) + "#deep: " + strings.Repeat("[", 101) + strings.Repeat("]", 101) + "\n",
			Instead: example(one),
		},
	},
	{
		ID: "definition/type-name", Severity: definition.Error,
		Purpose: "the name of a type has characters that are not allowed",
		Why:     `The name becomes part of file names, in golden/ and elsewhere.`,
		WayOut:  `Use letters, digits, ".", "_" and "-", at most 128 of them, a letter or a digit first. name: "…" gives a type another name than its label.`,
		Example: Example{Change: example("name: \"api token\"\n" + one), Instead: example("name: \"api-token\"\n" + one)},
	},
	{
		ID: "definition/unprintable-name", Severity: definition.Error,
		Purpose: "a name has invisible characters",
		Why:     `Two names that look alike and differ in an invisible character are a trap for the reviewer.`,
		WayOut:  `Write the name in visible characters.`,
		Example: Example{
			Change:  example(`models: "1": {attributes: {"own\u200ber": string, token: string}, encrypted: ["token"], aad: []}`),
			Instead: example(`models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: []}`),
		},
	},
	{
		ID: "definition/same-name", Severity: definition.Error,
		Purpose: "two types have one name, or names that differ by case only",
		Why:     `In the store they would be one type; on a disk that ignores case, one file. The name of a retired type stays taken.`,
		WayOut:  `Give one of them another name.`,
		Example: Example{Change: example(one) + "Token: eso.#Type & {retired: true}\n", Instead: example(one) + "key: eso.#Type & {retired: true}\n"},
	},
	{
		ID: "definition/same-package", Severity: definition.Error,
		Purpose: "two types would be one Go package",
		Why:     `Package names have no "_" and no "-", so api_token and apitoken are the same.`,
		WayOut:  `Give one of them another Go name: @go(Name) behind the type.`,
		Example: Example{Change: example(one) + "to_ken" + other[len("other"):], Instead: example(one) + other},
	},
	{
		ID: "definition/flag", Severity: definition.Error,
		Purpose: "the name of a flag has characters that are not allowed",
		Why:     `The name appears in comma-separated lists on the command line: esogen hash --flags a,b.`,
		WayOut:  `Use letters, digits, ".", "_", ":", "/" and "-", at most 128 of them, a letter or a digit first.`,
		Example: Example{Change: example("flag: \"a,b\"\n" + one), Instead: example("flag: \"tokenRotation\"\n" + one)},
	},
	wrongException,
	endedException,
}

var wrongException = &Rule{
	ID: "definition/exception", Severity: definition.Error,
	Purpose: "an exception names no known rule or finding, gives no reason, or has an end that is neither a day nor a release",
	Why: `An exception is a person's decision. Without a reason nobody can reconsider it; with a wrong rule it accepts nothing. A decision about one change must ` +
		`not accept the next one: an exception to a rule about releases names the attribute and the model that the finding names, and ends with the release ` +
		`that ships it.`,
	WayOut: `Name the rule, the attribute and the model as the finding shows them, and say why the finding is acceptable here.`,
	Example: Example{
		Change:  example(one + "\n" + `exceptions: [{rule: "secret/unbound", reason: ""}]`),
		Instead: example(one + "\n" + `exceptions: [{rule: "secret/unbound", reason: "tokens move between owners"}]`),
	},
}

var endedException = &Rule{
	ID: "definition/exception-expired", Severity: definition.Error,
	Purpose: "an exception has ended",
	Why: `Somebody accepted a finding for a limited time, which is over: its day has passed, or the release that it names is in the ledger. The finding counts ` +
		`again.`,
	WayOut: `Remove the exception; or reconsider its reason, and give it another end.`,
	Example: Example{
		Change:  example(one + "\n" + `exceptions: [{rule: "secret/unbound", reason: "tokens move between owners", until: "2026-03-01"}]`),
		Instead: example(one + "\n" + `exceptions: [{rule: "secret/unbound", reason: "tokens move between owners", until: "2027-03-01"}]`),
	},
}
