package check

import (
	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
)

var historyRules = []*Rule{
	{
		ID: "history/model-changed", Severity: definition.Error, OfModel: true,
		Purpose: "a released model is not as it was",
		Why: `Documents of a released model are in the store, and the release that wrote them may run. A model is the only thing that says what they look like and what is ` +
			`bound in them. Comments and names in Go may change.`,
		WayOut: `Put the model back as it was, and make the change in a new one behind it.`,
		Example: Example{
			Released: example(base),
			Change: example(`
models: "1": {
	attributes: {owner: string, note?: string, more?: string, token: string}
	encrypted: ["token"]
	aad: ["owner"]
}`),
			Instead: example(base + `models: "2": attributes: more?: string`),
		},
	},
	{
		ID: "history/model-deleted", Severity: definition.Error, OfModel: true,
		Purpose: "a released model is gone",
		Why:     `A release may have written documents of the model, or may do so tomorrow: without the model nobody opens them.`,
		WayOut:  `Put the model back. To undo what it did, add another model behind it.`,
		Example: Example{
			Released: example(`write: 1` + base + `models: "2": attributes: more?: string`),
			Change:   example(base),
			Instead:  example(`write: 1` + base + `models: "2": attributes: more?: string`),
		},
	},
	{
		ID: "history/type-removed", Severity: definition.Error,
		Purpose: "a released type is gone from the specs",
		Why: `Documents of the type may still be in the store. Its name must stay taken: another type of that name would meet them. A type that was renamed is, for the ` +
			`store, a type that is gone and another one that is new.`,
		WayOut: `Keep the type in the specs with retired: true. Its models may go.`,
		Example: Example{
			Released: example(base) + other,
			Change:   example(base),
			Instead:  example(base) + "other: eso.#Type & {retired: true}\n",
		},
	},
	{
		ID: "history/type-name-reused", Severity: definition.Error,
		Purpose: "the name of a retired type is used again",
		Why:     `Documents of the retired type may still be in the store, under this name, and with other attributes.`,
		WayOut:  `Give the new type another name.`,
		Example: Example{
			Released: example(base) + "other: eso.#Type & {retired: true}\n",
			Change:   example(base) + other,
			Instead:  example(base) + "other: eso.#Type & {retired: true}\nanother" + other[len("other"):],
		},
	},
	{
		ID: "history/attribute-name-reused", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "the name of an attribute that a release removed is used again",
		Why:     `Older documents may still hold the attribute that was. A release that knows the name would take its value for the new one.`,
		WayOut:  `Choose another name for the new attribute.`,
		Example: Example{
			Released: example(base + `models: "2": removed: ["note"]`),
			Change:   example(base + `models: "2": {}` + lostException),
			Instead:  example(base + `models: "2": removed: ["note"]` + "\n" + `models: "3": attributes: remark?: string`),
		},
	},
	{
		ID: "history/oldest-above-live", Severity: definition.Error, OfModel: true,
		Purpose: `"oldest" is above what a live release writes`,
		Why:     `The running release goes on writing documents that the new one refuses to open.`,
		WayOut:  `Raise "oldest" in a release after the one that made every live release write that model.`,
		Example: Example{
			Released: example(`write: 1` + base + `models: "2": attributes: more?: string`),
			Change:   example(`oldest: 2` + base + `models: "2": attributes: more?: string`),
			Instead:  example(base + `models: "2": attributes: more?: string`),
		},
	},
	{
		ID: "history/oldest-raised", Severity: definition.Error, Condition: true, OfModel: true,
		Purpose: `"oldest" is raised, so no document below it may be left`,
		Why: `Documents below "oldest" do not open any more. esogen cannot see whether there are any: only a scan of every store can, exports and backups that may be ` +
			`restored included.`,
		WayOut: `Migrate every store, until a migration reports that nothing is left below that model, and then ship the release. An exception says that it was done.`,
		Example: Example{
			Earlier:  []string{example(base)},
			Released: example(base + `models: "2": attributes: more?: string`),
			Change:   example(`oldest: 2` + base + `models: "2": attributes: more?: string`),
			Instead: example(`oldest: 2` + base + `models: "2": attributes: more?: string` +
				"\nexceptions: [{rule: \"history/oldest-raised\", model: 2, reason: \"every store was migrated on 2026-10-30, and nothing was left\", until: \"v3\"}]"),
		},
	},
	{
		ID: "history/write-moved-back", Severity: definition.Error, OfModel: true,
		Purpose: "an older model is written again",
		Why: `Models go one way. Documents of the newer model are there, and stay; a release that writes the older one again mixes both for as long as it runs, and the next ` +
			`step has to deal with two pasts.`,
		WayOut: `Leave "write" where it was. To take a change back, add a model that undoes it. To take a release back, deploy the one before: a rollback needs no change of specs.`,
		Example: Example{
			Released: example(base + `models: "2": attributes: more?: string`),
			Change:   example(`write: 1` + base + `models: "2": attributes: more?: string`),
			Instead:  example(base + `models: "2": attributes: more?: string`),
		},
	},
	{
		ID: "history/several-models", Severity: definition.Warning, OfModel: true,
		Purpose: "one change adds several models",
		Why:     `Each model is a step that documents take, for ever. Two that are always written together are one step, and one to review.`,
		WayOut:  `Make one model of them. Where they are meant for different releases, it is easier to review them one by one.`,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: more?: string` + "\n" + `models: "3": attributes: most?: string`),
			Instead:  example(base + `models: "2": attributes: {more?: string, most?: string}`),
		},
	},
	{
		ID: "history/namespace-dropped", Severity: definition.Error, Condition: true, OfModel: true,
		Purpose: "the identity of an object loses the namespace, so ids must be unique without it",
		Why: `In a type whose namespace kind is "single", two documents may have one id, in two namespaces. Without the namespace they are one document, and one of the two ` +
			`is lost. Nor are the secrets tied to the namespace any more. No simulation can see which ids a product uses.`,
		WayOut: `Make sure that no id is used in two namespaces, as is the case for random ids. Say so in an exception.`,
		Example: Example{
			Released: single(base),
			Change:   single(`write: 1` + base + `models: "2": namespaces: "multiple"`),
			Instead:  single(`write: 1` + base + `models: "2": namespaces: "multiple"` + namespaceException),
		},
	},
	{
		ID: "history/passphrases-needed", Severity: definition.Error, Condition: true, OfModel: true,
		Purpose: "a type moves to the kibana format, for which every key must be a passphrase",
		Why: `The kibana format derives its keys from passphrases. A key of another kind, as a key file or a KMS gives it, seals and opens nothing in this format, and a document ` +
			`that has been migrated needs one of the passphrases for ever. No simulation can see which keys a product has.`,
		WayOut: `Make sure that every key of every node is a passphrase. Say so in an exception.`,
		Example: Example{
			Released: inNative(base),
			Change:   inNative(`write: 1` + base + `models: "2": format: "kibana"`),
			Instead:  inNative(`write: 1` + base + `models: "2": format: "kibana"` + passphrasesException),
		},
	},
	{
		ID: "history/sealed-rewritten", Severity: definition.Error,
		Purpose: "a sealed golden document of a released model is gone, or was changed",
		Why: `The sealed golden documents stand for those in production: the generated tests open them with the code as it is. Where one is taken away, nobody notices any ` +
			`more that the documents do not open. Compared with the merge base; documents of models that no release has may go.`,
		WayOut: `Put the lines back as they were. "esogen golden" adds lines, and never takes one away.`,
		Example: Example{
			Released: example(base), Change: example(base),
			Golden: &Rewritten{File: "sealed/token.jsonl", Before: sealedLine(sealedToken), After: sealedLine(otherToken)},
		},
	},
	{
		ID: "history/sealed-lost", Severity: definition.Error, Final: true,
		Purpose: "a sealed golden document of a released model does not open",
		Why: `The sealed golden documents stand for those in production: what does not open here does not open there. Either the model was changed, or the line: cut off, merged ` +
			`by hand, or sealed under another key.`,
		WayOut: `Put the model back as it was, and make the change in a model of its own. If the line was damaged, take it from git.`,
		Example: Example{
			Released: example(base), Change: example(base),
			Golden: &Rewritten{File: "sealed/token.jsonl", Before: sealedLine(sealedToken), After: sealedLine("AAAA" + sealedToken[4:])},
		},
	},
	{
		ID: "history/sealed-stale", Severity: definition.Error, Safe: true, Final: true,
		Purpose: "a sealed golden document of a model that no release has does not open",
		Why:     `The model has changed since the document was sealed, which it may: no release has it. The golden files are those of another definition than the one that is judged.`,
		WayOut:  `Run "esogen golden", which replaces the document. Its diff belongs into the change.`,
		Example: Example{
			Change: example(`
models: "1": {
	attributes: {owner: string, note?: string, token: string}
	encrypted: ["token"]
	aad: []
}`),
			Golden: &Rewritten{File: "sealed/token.jsonl", After: sealedLine(sealedToken)},
		},
	},
	{
		ID: "history/seal-version", Severity: definition.Error, Final: true,
		Purpose: "a live release does not read the seals of this one's runtime",
		Why: `The header of a native seal has a version. A runtime that does not know the version opens no document that was sealed with it. So a release reads a new version ` +
			`before another one writes it, as with models. The ledger has what each release reads and writes.`,
		WayOut: `Ship a release first whose runtime reads the new version and does not write it yet; go.mod says which runtime it is. Then the one that writes it.`,
		Example: Example{
			Released: inNative(base), Change: inNative(base),
			Seals: &Seals{Released: baseline.SealVersions{Reads: []int{1, 2}, Writes: 2}, Change: baseline.SealVersions{Reads: []int{1, 2, 3}, Writes: 3}},
		},
	},
	{
		ID: "history/pin-changed", Severity: definition.Error,
		Purpose: "a function of a released model gives something else than it did",
		Why: `Conversions and computed values of a released model have brought documents to that model: what they gave is stored. With another function, the releases disagree ` +
			`about one document, and what was computed counts as set by hand. The generated tests pin what the functions give for golden documents, "esogen release" records ` +
			`it, and a pin that changed or is gone since is a function that changed. Pins of models that no release has may change.`,
		WayOut: `Put the function and its pins back as they were. Another value needs another model.`,
		Example: Example{
			Released: example(base + `models: "2": {attributes: url?: string, renamed: url: {from: "note", convert: true}}`),
			Change:   example(base + `models: "2": {attributes: url?: string, renamed: url: {from: "note", convert: true}}`),
			Golden:   &Rewritten{File: "pins/token.jsonl", Before: pinLine("https://a.example"), After: pinLine("http://a.example")},
		},
	},
	{
		ID: "history/ledger-rewritten", Severity: definition.Error, Final: true,
		Purpose: "an entry of the ledger is gone, or was changed",
		Why:     `The ledger says what is deployed. Every verdict hangs on it. Compared with the merge base.`,
		WayOut:  `Put the file back. "esogen release" adds entries, and never changes one.`,
		Example: Example{
			Released: example(base), Change: example(base),
			Golden: &Rewritten{File: "releases/v1.json", Before: ledgerEntry("2"), After: ledgerEntry("1")},
		},
	},
}

// sealedLine is a sealed document of the type of the examples, and ledgerEntry
// an entry of the ledger, as far as an example needs it.
func sealedLine(token string) string {
	return `{"format": "esogen-sealed/1", "fixture": "minimal", "type": "token", "id": "337e84e9-257f-8a7d-9955-95a2a78b2787", "typeMigrationVersion": "10.1.0", ` +
		`"attributes": {"owner":"","token":"` + token + `"}, "plain": {"owner":"","token":""}}` + "\n"
}

// pinLine is a pin of the type of the examples.
func pinLine(output string) string {
	return `{"format": "esogen-pin/1", "type": "token", "model": 2, "function": "convert", "attribute": "url", "input": "a.example", "output": "` + output + `"}` + "\n"
}

// Two ciphertexts of the empty token, under the test key.
const (
	sealedToken = "/prOfQ8wlLVHKPA/DxSgy+FTEyNHP4k4JhkNJy7FEG/bmQinvXpizf1iv4wO9TeT0QxNOoxJ4MrD1rozfzz/QAWm04r2Uz33vxAVwl6x2TT+9+mClS0CALZavkgbug=="
	otherToken  = "aFzkYT1gCtGJBgTRGHilz7kwtwhMZwyMv8zQwnUBTNApGIcbfmDGOmjSBFQlaSYPnWUsAj6ioiZCYdGO+KleNH7N9EG/HSWZyz7Y24u9GyqkjsCW9cs6GGCTiKdm9g=="
)

func ledgerEntry(write string) string {
	return "{\n  \"format\": \"esogen-release/3\",\n  \"release\": \"v1\",\n  \"number\": 1,\n  \"types\": [\n    {\"type\": \"token\", \"models\": [1, 2], \"write\": " + write + "}\n  ]\n}\n"
}

const other = `other: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	models: "1": {attributes: secret: string, encrypted: ["secret"], aad: []}
}
`
