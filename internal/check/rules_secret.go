package check

import (
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// The rules about secrets ask a person. What they find loses no data, and they
// stand until an exception says why it is right.

var secretRules = []*Rule{
	{
		ID: "secret/becomes-plain", Severity: definition.Error, Safe: true,
		Purpose: "a secret is stored in the clear from some model on",
		Why:     `Whoever reads the store, a backup or a log of it can read the value from now on. That includes values that were written as secrets.`,
		WayOut:  `Keep it encrypted. If it is no secret, say why in an exception.`,
		Example: Example{
			Released: example(twoSecrets),
			Change:   example(`write: 1` + twoSecrets + `models: "2": encrypted: ["token"]`),
			Instead:  example(`write: 1` + twoSecrets + `models: "2": encrypted: ["token"]` + plainException),
		},
	},
	{
		ID: "secret/becomes-exposed", Severity: definition.Error, Safe: true,
		Purpose: "a normal read shows a secret that it did not show",
		Why: `A normal read is what lists and pages are made of. Code that was written for stripped secrets hands the object on: to a client, into a ` +
			`log, into a search index.`,
		WayOut: `Leave the secret out of "exposes", and open the object where it is needed. If everyone who may read the object may read the secret, say so in an exception.`,
		Example: Example{
			Released: example(base),
			Change:   example(`exposes: ["token"]` + base),
			Instead:  example(`exposes: ["token"]` + base + `exceptions: [{rule: "secret/becomes-exposed", attribute: "token", reason: "only the owner reads the object"}]`),
		},
	},
	{
		ID: "secret/unbound", Severity: definition.Error, Safe: true,
		Purpose: "an attribute is bound no more",
		Why: `As long as it is bound, a secret does not open when somebody changes the attribute past the product, for instance to send a password to a host of their own. ` +
			`From now on it does.`,
		WayOut: `Keep the attribute bound. If nobody gains by changing it, say so in an exception.`,
		Example: Example{
			Released: example(base),
			Change:   example(`write: 1` + base + `models: "2": aad: []`),
			Instead:  example(`write: 1` + base + `models: "2": aad: []` + unboundException),
		},
	},
	{
		ID: "secret/computed-in-clear", Severity: definition.Error, Safe: true,
		Purpose: "an attribute that is stored in the clear is computed from a secret",
		Why: `What a function makes of a secret may tell it, in part or as a whole: its length, its beginning, a hash that can be tried. It is written again with each new value, ` +
			`and everyone who can read the store reads it.`,
		WayOut: `Encrypt the computed attribute, too, in every model from the one that encrypts the input. If it tells nothing of the secret, say why in an exception.`,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: hint: string, computed: hint: ["token"]}`),
			Instead: example(one + "\n" + `models: "2": {attributes: hint: string, computed: hint: ["token"], encrypted: ["token", "hint"]}`),
		},
	},
	{
		ID: "secret/predictable-ids", Severity: definition.Error, Safe: true,
		Purpose: "ids were random, and may be chosen from now on",
		Why: `Secrets are bound to the id of their document. Who can choose an id, or knows which one comes next, can delete a document and have another one made under its id, ` +
			`whose secrets then pass for those of the first.`,
		WayOut: `Leave "randomID" out. If ids have to be chosen, say in an exception who chooses them.`,
		Example: Example{
			Released: example(base),
			Change:   example(`randomID: false` + base),
			Instead:  example(`randomID: false` + base + `exceptions: [{rule: "secret/predictable-ids", reason: "the id is that of the user, whom the product itself creates"}]`),
		},
	},
}

// single is example for the namespace kind "single".
func single(body string) string {
	return strings.Replace(example(body), `"agnostic"`, `"single"`, 1)
}

// multiple is example for the namespace kind "multiple", and inNative for the
// native format.
func multiple(body string) string {
	return strings.Replace(example(body), `"agnostic"`, `"multiple"`, 1)
}

func inNative(body string) string {
	return strings.Replace(example(body), `"kibana"`, `"native"`, 1)
}
