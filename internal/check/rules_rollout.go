package check

import (
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// The rules about rollouts are names for what the simulator finds; see ruleOf.
// Their examples are the shortest change that gives the finding, and give it
// together with the trace that "esogen explain" shows.

const base = `
models: "1": {
	attributes: {owner: string, note?: string, token: string}
	encrypted: ["token"]
	aad: ["owner"]
}
`

const announce = `Announce the model first: let this change add it and leave "write" where it is, release that, and move "write" in the next change. ` +
	`"esogen plan" writes both changes.`

var rolloutRules = []*Rule{
	{
		ID: "rollout/aad-added-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute becomes bound while a live release does not know of it",
		Why: `A secret opens only where the attributes that are bound at opening are those that were bound at sealing. The running release does not know that the ` +
			`attribute is bound. It leaves it out when it opens, or it changes it in the clear, and the secrets are lost.`,
		WayOut: announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": {attributes: scope: string, aad: ["owner", "scope"], backfill: scope: "all"}`),
			Instead:  example(`write: 1` + base + `models: "2": {attributes: scope: string, aad: ["owner", "scope"], backfill: scope: "all"}`),
		},
	},
	{
		ID: "rollout/aad-removed-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a bound attribute becomes plain while a live release still binds it",
		Why:     `The running release binds the attribute when it opens, and the new one did not when it sealed. Their texts differ, and the secret does not open.`,
		WayOut:  announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": aad: []` + unboundException),
			Instead:  example(`write: 1` + base + `models: "2": aad: []` + unboundException),
		},
	},
	{
		ID: "rollout/aad-changed-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "two live releases bind different things under one attribute",
		Why: `What is bound is the stored text of an attribute. Where two releases see different texts under it, or one of them changes it without sealing the ` +
			`secrets again, the secrets do not open.`,
		WayOut: "Let both releases bind the same: put what was released back as it was, and make the change in a model of its own, announced first.",
		Example: Example{
			Earlier:  []string{example(base)},
			Released: example(base + scoped),
			Change: example(strings.Replace(base, `aad: ["owner"]`, `aad: []`, 1) + scoped +
				`exceptions: [{rule: "history/model-changed", attribute: "owner", model: 1, reason: "nothing reads model 1 any more"}]` + "\n"),
			Instead: example(base + scoped),
		},
	},
	{
		ID: "rollout/encrypted-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a plain or bound attribute becomes a secret while a live release does not know of it",
		Why: `The running release does not know that it is a secret: it shows the ciphertext as if it were the value, and writes the value in the clear over it. The one ` +
			`confuses users, the other gives the secret away. In the native format it keeps the secret sealed, and finds no value where it expects one.`,
		WayOut: announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": encrypted: ["token", "note"]`),
			Instead:  example(`write: 1` + base + `models: "2": encrypted: ["token", "note"]`),
		},
	},
	{
		ID: "rollout/decrypted-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a secret becomes plain or bound while a live release still decrypts it",
		Why:     `The running release expects a ciphertext and meets a value. It does not open the document: a value in the clear must never pass for a secret.`,
		WayOut:  announce,
		Example: Example{
			Released: example(twoSecrets),
			Change:   example(twoSecrets + `models: "2": encrypted: ["token"]` + plainException),
			Instead:  example(`write: 1` + twoSecrets + `models: "2": encrypted: ["token"]` + plainException),
		},
	},
	{
		ID: "rollout/secret-stranded", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a new secret is not sealed again by a live release that does not know it",
		Why: `All secrets of an object are bound to the same attributes. When the running release changes one of these, or rotates the key, it seals the secrets that it ` +
			`knows. It carries the new one along as it stands, bound to what was, and nobody can open it any more.`,
		WayOut: announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": {attributes: refresh?: string, encrypted: ["token", "refresh"]}`),
			Instead:  example(`write: 1` + base + `models: "2": {attributes: refresh?: string, encrypted: ["token", "refresh"]}`),
		},
	},
	{
		ID: "rollout/required-missing", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a live release requires an attribute that documents of another one lack",
		Why: `A required attribute that is missing is an error at every opening. Where a required attribute becomes optional, the new release leaves it out, and the ` +
			`running one fails. Where an optional one becomes required, the running release unsets it, and the new one fails.`,
		WayOut: announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: {owner: string, token?: string}`),
			Instead:  example(`write: 1` + base + `models: "2": attributes: {owner: string, token?: string}`),
		},
	},
	{
		ID: "rollout/lost-on-rollback", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute is removed while a live release still uses it",
		Why: `The new release deletes the attribute when it migrates a document. The running release finds it gone, and so does the product when the new release ` +
			`is rolled back.`,
		WayOut: announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": removed: ["note"]`),
			Instead:  example(`write: 1` + base + `models: "2": removed: ["note"]`),
		},
	},
	{
		ID: "rollout/renamed-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute gets a new name that a live release does not know",
		Why: `A rename is one fact under two names, for releases that know both. The running release knows the old one only: it finds the attribute missing, and what it ` +
			`writes under the old name nobody reads.`,
		WayOut: announce,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": renamed: {remark: "note"}`),
			Instead:  example(`write: 1` + base + `models: "2": renamed: {remark: "note"}`),
		},
	},
	{
		ID: "rollout/descriptor-changed", Severity: definition.Error, OfModel: true,
		Purpose: "the identity that secrets are bound to changes while a live release binds the other",
		Why: `Secrets are bound to type and id, and for the namespace kind "single" to the namespace. Two releases that disagree about that cannot open each other's ` +
			`documents.`,
		WayOut: announce,
		Example: Example{
			Released: single(base),
			Change:   single(base + `models: "2": namespaces: "multiple"` + namespaceException),
			Instead:  single(`write: 1` + base + `models: "2": namespaces: "multiple"` + namespaceException),
		},
	},
	{
		ID: narrower, Severity: definition.Error, Final: true, OfModel: true,
		Purpose: "a kind of namespaces becomes narrower, and objects are no longer found",
		Why: `Who finds an object follows from the kind of namespaces of its model. With a narrower one, an object that was shared, or that is in no namespace, is not found any more ` +
			`from where it was used; and ids that were unique in all namespaces are so no longer. It makes no difference whether the model was announced, in how many releases it comes, ` +
			`or which format seals the secrets. The kinds from narrow to wide: single, multiple-isolated, multiple, agnostic.`,
		WayOut: `Leave the kind as wide as it is. For objects of a narrower kind, declare a type of its own, and let the product copy what belongs there. Where the narrower model has been ` +
			`released already, raise "oldest" to it once nothing below it is left.`,
		Example: Example{
			Released: multiple(base),
			Change:   multiple(`write: 1` + base + `models: "2": namespaces: "single"`),
			Instead:  multiple(base) + "other" + single(base)[len("token"):],
		},
	},
	{
		ID: "rollout/format-changed", Severity: definition.Error, OfModel: true,
		Purpose: "documents are sealed in a format that a live release does not know for them",
		Why:     `Each model has one format, and a release opens a document by the format of its model. The running release does not know the new model.`,
		WayOut:  announce + ``,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": format: "native"`),
			Instead:  example(`write: 1` + base + `models: "2": format: "native"`),
		},
	},
	{
		ID: "rollout/value-unreadable", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a live release cannot read values that another one writes",
		Why: `The declaration became wider: nullable, a number instead of an integer, a new field that is required. The Go type of the running release does ` +
			`not hold the new values, and the document does not open.`,
		WayOut: announce + ` A release that announces a wider declaration reads it already.`,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: note?: string | null`),
			Instead:  example(`write: 1` + base + `models: "2": attributes: note?: string | null`),
		},
	},
	{
		ID: "rollout/plaintext-secret", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a secret is stored in the clear, in documents of a model that encrypts it",
		Why: `Whoever reads the store, a backup or a log of it reads the secret. A release refuses such a document: a value in the clear must never pass for a secret. ` +
			`Here a released model was changed so that it encrypts what its documents hold in the clear.`,
		WayOut: `Put the model back as it was, and encrypt the attribute in a model of its own, announced first.`,
		Example: Example{
			Earlier:  []string{example(base)},
			Released: example(base + noteSealed),
			Change:   example(withNote + noteSealed + changedException("note")),
			Instead:  example(base + noteSealed),
		},
	},
	{
		ID: "rollout/value-lost", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a live release does not show the value that was written last",
		Why:     `Two releases that run side by side are one product to its users: what one of them writes, the other one must show.`,
		WayOut:  `Put what was released back as it was, and make the change in a model of its own, announced first.`,
		Example: Example{
			Earlier:  []string{example(twoSecrets)},
			Released: example(twoSecrets + noteBound),
			Change:   example(base + noteBound + changedException("note")),
			Instead:  example(twoSecrets + noteBound),
		},
	},
	{
		ID: "rollout/releases-disagree", Severity: definition.Error, OfModel: true,
		Purpose: "the running release is at odds with documents that an earlier release left",
		Why: `Documents outlive releases. An earlier one wrote documents of a model that the running release does not know, or knows as another one: it shows wrong values, or ` +
			`strands secrets, whatever the change does. It comes from a release that was built from a branch without the model, or from a finding that was ignored.`,
		WayOut: `No change mends what was released. Find the documents that the earlier release left, and put them right; or say in an exception why there are none. ` +
			`A release that knows the model again ends it.`,
		Example: Example{
			Earlier:  []string{example(base + scoped)},
			Released: example(base),
			Change:   example("write: 1" + base + scoped),
			Instead:  example("write: 1" + base + scoped + `exceptions: [{rule: "rollout/releases-disagree", model: 2, reason: "v1 never left the test system"}]` + "\n"),
		},
	},
	{
		ID: "rollout/computed-stale", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a computed attribute goes stale when a live release changes what it is computed from",
		Why: `A release that knows the model computes the attribute anew whenever it changes an input. The running release does not know the function: it changes the input, and leaves ` +
			`the attribute as it was, for good. Where something is decided by a computed attribute, that is decided by what no longer is.`,
		WayOut: announce + ` The release that announces the model has the function, and keeps the attribute in step.`,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}`),
			Instead:  example(`write: 1` + base + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}`),
		},
	},
	{
		ID: "rollout/value-unsealable", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute may hold a value that the new sets or the new format cannot seal",
		Why: `Where any value may stand (eso.#JSON), numbers and texts may stand that not every format seals. The kibana format refuses to bind or encrypt a number beyond ` +
			`the range of a double, since Kibana would read it as null; the native format refuses to bind a surrogate that stands alone, which is no text, or an exponent ` +
			`of more than nine digits. A document that holds one since it was allowed still opens, and can never be migrated or updated again.`,
		WayOut: `Find out whether any document holds such a value, and say in an exception that none does. ` +
			`Or declare what the attribute really holds, under a new name, with a conversion that deals with the rest.`,
		Example: Example{
			Released: example(`write: 1` + anything + sealsAnything),
			Change:   example(anything + sealsAnything),
			Instead: example(anything + sealsAnything +
				`exceptions: [{rule: "rollout/value-unsealable", attribute: "extra", model: 2, reason: "a scan found no number beyond 1e308"}]` + "\n"),
		},
	},
	{
		ID: "rollout/undecided", Severity: definition.Error,
		Purpose: "the simulator did not get to try everything",
		Why: `Of each type a bounded number of operations is played, so that "check" always ends soon. The change touches so much at once that the bound was reached ` +
			`before every sequence of operations was tried. What was not tried may lose data: a change that is not decided is not safe. The trace is where the search ` +
			`ended. No usual spec gives this finding; for the example the bound was lowered.`,
		WayOut: `Make the change in smaller ones: a few attributes at a time, each in a model of its own.`,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: scope?: string`),
			Instead:  example(base),
			Moves:    10,
		},
	},
	{
		ID: "rollout/bug", Severity: definition.Error, Final: true,
		Purpose: "esogen cannot explain its own verdict",
		Why: `The simulator found something that no rule names, or could not play the releases. Either way esogen cannot say that the change is safe, and so it says that it ` +
			`is not. No spec gives this finding; for the example, a fault was put into the simulator, so that it does not know what it has found.`,
		WayOut: `This is a bug in esogen. Please report it with both specs.`,
		Example: Example{
			Released: example(base),
			Change:   example(base + scoped),
			Fault: func(v rollout.Verdict) rollout.Verdict {
				v.Findings = slices.Clone(v.Findings[:min(1, len(v.Findings))])
				for i := range v.Findings {
					v.Findings[i].Kind = rollout.DoesNotOpen
				}
				return v
			},
		},
	},
}

const anything = `
models: "1": {
	attributes: {owner: string, extra?: eso.#JSON, token: string}
	encrypted: ["token"]
	aad: ["owner"]
}
`

const sealsAnything = `models: "2": encrypted: ["token", "extra"]
`

const scoped = `models: "2": {attributes: scope: string, aad: ["owner", "scope"], backfill: scope: "all"}
`

// Models that change what becomes of a note, and one that has it as a secret.
const (
	noteSealed = `models: "2": encrypted: ["token", "note"]
`
	noteBound = `models: "2": {attributes: note: string, backfill: note: "none", encrypted: ["token"], aad: ["owner", "note"]}
`
	withNote = twoSecrets
)

// changedException accepts that a released model was changed in place, so that
// an example shows what comes of it.
func changedException(attribute string) string {
	return `exceptions: [{rule: "history/model-changed", attribute: "` + attribute + `", model: 1, reason: "no document of model 1 is left"}]
`
}

const twoSecrets = `
models: "1": {
	attributes: {owner: string, note?: string, token: string}
	encrypted: ["token", "note"]
	aad: ["owner"]
}
`

// An example is to give one finding. What a change is also asked about is
// answered by an exception.
const (
	unboundException = `
exceptions: [{rule: "secret/unbound", attribute: "owner", reason: "tokens move between owners"}]
`
	plainException = `
exceptions: [{rule: "secret/becomes-plain", attribute: "note", reason: "notes were never secret"}]
`
	lostException = `
exceptions: [{rule: "rollout/value-lost", attribute: "note", model: 2, reason: "nobody misses the notes"}]
`
	namespaceException = `
exceptions: [{rule: "history/namespace-dropped", model: 2, reason: "ids are UUIDs that esogen makes"}]
`
	passphrasesException = `
exceptions: [{rule: "history/passphrases-needed", model: 2, reason: "all keys are passphrases, and come from one setting"}]
`
)
