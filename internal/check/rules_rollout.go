package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// The rules about rollouts are names for what the simulator finds.
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

// rolloutRules are about an attribute that changed its name or role, and then
// about everything else that the simulator finds.
var rolloutRules = slices.Concat(moveRules, breachRules)

var moveRules = []*Rule{
	{
		ID: "rollout/aad-added-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute becomes bound, and a live release does not know it",
		Why: `A secret opens only if the same attributes are bound at opening as at sealing. The running release does not know that the attribute is bound: it ` +
			`leaves it out when it opens, or changes it without sealing again, and the secrets are lost.`,
		WayOut:  announce,
		matches: moves(becameBound),
		fact: func(b *breach) string {
			return fmt.Sprintf("model %d binds %s, but model %d, which %s writes, does not: %s cannot open what the other release sealed", b.After.Model, b.name, b.Before.Model, b.beside, b.sufferer)
		},
		place: func(before, m *definition.Model, name string) definition.Path {
			if m.Role(name) == definition.Bound && roleIn(before, name) != definition.Bound {
				return inSet(m, "aad", name)
			}
			return nil
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": {attributes: scope: string, aad: ["owner", "scope"], backfill: scope: "all"}`),
			Instead:  example(`write: 1` + base + `models: "2": {attributes: scope: string, aad: ["owner", "scope"], backfill: scope: "all"}`),
		},
	},
	{
		ID: "rollout/aad-removed-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a bound attribute becomes plain while a live release still binds it",
		Why:     `The running release binds the attribute when it opens; the new one did not when it sealed. The bound texts differ, and the secret does not open.`,
		WayOut:  announce,
		matches: moves(becameUnbound),
		fact: func(b *breach) string {
			return fmt.Sprintf("model %d, which %s writes, binds %s, but model %d does not: %s cannot open what the other release sealed", b.Before.Model, b.beside, b.name, b.After.Model, b.sufferer)
		},
		place: func(before, m *definition.Model, name string) definition.Path {
			if roleIn(before, name) == definition.Bound && m.Role(name) == definition.Plain {
				return inModel(m.Number, "aad")
			}
			return nil
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": aad: []` + unboundException),
			Instead:  example(`write: 1` + base + `models: "2": aad: []` + unboundException),
		},
	},
	{
		ID: "rollout/aad-changed-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "two live releases bind different texts for one attribute",
		Why: `What is bound is the stored text of an attribute. If two releases see different texts, or one of them changes the text without sealing the secrets ` +
			`again, the secrets do not open.`,
		WayOut:  `Make both releases bind the same text: restore what was released, and make the change in a model of its own, announced first.`,
		matches: ofKind(rollout.BoundDiffers, rollout.BoundChanged),
		fact: func(b *breach) string {
			if b.Kind == rollout.BoundChanged {
				return fmt.Sprintf("%s was changed without sealing again the secrets that are bound to it: %s cannot open the document", b.name, b.sufferer)
			}
			sealer := "this release"
			if b.From != "" {
				sealer = released(b.From)
			}
			return fmt.Sprintf("%s binds %s differently than %s did when it sealed, and cannot open the document", b.sufferer, b.name, sealer)
		},
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
		Purpose: "a plain or bound attribute becomes a secret, and a live release does not know it",
		Why: `The running release does not know that it is a secret: it shows the ciphertext as the value, and overwrites it in the clear. The first confuses users, ` +
			`the second gives the secret away. In the native format the secret stays sealed, and the release finds no value where it expects one.`,
		WayOut:  announce,
		matches: moves(becameEncrypted),
		fact: func(b *breach) string {
			return fmt.Sprintf("model %d encrypts %s, but %s does not know that it is a secret", b.After.Model, b.name, b.beside)
		},
		place: newlyEncrypted,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": encrypted: ["token", "note"]`),
			Instead:  example(`write: 1` + base + `models: "2": encrypted: ["token", "note"]`),
		},
	},
	{
		ID: "rollout/decrypted-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a secret becomes plain or bound while a live release still decrypts it",
		Why:     `The running release expects a ciphertext and meets a value. It refuses the document: plaintext must never pass for a secret.`,
		WayOut:  announce,
		matches: moves(becameClear),
		fact: func(b *breach) string {
			return fmt.Sprintf("model %d stores %s in the clear, but %s encrypts it", b.After.Model, b.name, b.beside)
		},
		place: func(before, m *definition.Model, name string) definition.Path {
			if roleIn(before, name) == definition.Encrypted && m.Role(name) != definition.Encrypted {
				return inModel(m.Number, "encrypted")
			}
			return nil
		},
		Example: Example{
			Released: example(twoSecrets),
			Change:   example(twoSecrets + `models: "2": encrypted: ["token"]` + plainException),
			Instead:  example(`write: 1` + twoSecrets + `models: "2": encrypted: ["token"]` + plainException),
		},
	},
	{
		ID: "rollout/secret-stranded", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a live release does not know a new secret, and does not seal it again when it must",
		Why: `All secrets of an object are bound to the same attributes. When the running release changes one of these, or rotates the key, it seals again the ` +
			`secrets that it knows. It carries the new one along unchanged, still bound to the old values, and nobody can open it any more.`,
		WayOut:  announce,
		matches: either(moves(cameEncrypted), ofKind(rollout.Stranded, rollout.OldKeyNeeded)),
		fact: func(b *breach) string {
			return fmt.Sprintf("%s does not know the secret %s, and does not seal it again when it must: it is lost for %s", b.beside, b.name, b.sufferer)
		},
		place: newlyEncrypted,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": {attributes: refresh?: string, encrypted: ["token", "refresh"]}`),
			Instead:  example(`write: 1` + base + `models: "2": {attributes: refresh?: string, encrypted: ["token", "refresh"]}`),
		},
	},
	{
		ID: "rollout/required-missing", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a live release requires an attribute that documents of another one lack",
		Why: `A document without a required attribute does not open. If a required attribute becomes optional, the new release leaves it out, and the running one ` +
			`fails. If an optional one becomes required, the running release unsets it, and the new one fails.`,
		WayOut:  announce,
		matches: ofKind(rollout.RequiredMissing),
		fact:    missing,
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: {owner: string, token?: string}`),
			Instead:  example(`write: 1` + base + `models: "2": attributes: {owner: string, token?: string}`),
		},
	},
	{
		ID: "rollout/lost-on-rollback", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute is removed while a live release still uses it",
		Why:     `The new release deletes the attribute when it migrates a document. The running release finds it gone, and so does the product after a rollback.`,
		WayOut:  announce,
		matches: moves(wasRemoved),
		fact: func(b *breach) string {
			return fmt.Sprintf("model %d does not have %s, which %s still uses: its value is lost, also after a rollback", b.c.now.Write, b.name, b.beside)
		},
		place: func(_, m *definition.Model, name string) definition.Path {
			if i := slices.Index(m.Removed, name); i >= 0 {
				return inModel(m.Number, "removed", strconv.Itoa(i))
			}
			return nil
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": removed: ["note"]`),
			Instead:  example(`write: 1` + base + `models: "2": removed: ["note"]`),
		},
	},
	{
		ID: "rollout/renamed-unannounced", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute gets a new name that a live release does not know",
		Why: `Releases that know a rename read and write one attribute under two names. The running release knows only the old name: it finds the attribute missing, ` +
			`and nobody reads what it writes under the old name.`,
		WayOut:  announce,
		matches: moves(wasRenamed),
		fact: func(b *breach) string {
			return fmt.Sprintf("model %d renames %q to %q, but %s does not know the new name", b.After.Model, b.Before.Name, b.After.Name, b.beside)
		},
		place: func(_, m *definition.Model, name string) definition.Path {
			if _, ok := m.RenameTo(name); ok {
				return inModel(m.Number, "renamed", name)
			}
			return nil
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": renamed: {remark: "note"}`),
			Instead:  example(`write: 1` + base + `models: "2": renamed: {remark: "note"}`),
		},
	},
}

// move is how an attribute changed between the model that the running release
// knows and the one that the new release writes.
type move int

const (
	stayed move = iota // under its name and in its role, or it is not known to either
	wasRemoved
	wasRenamed
	becameEncrypted
	cameEncrypted // it is new
	becameClear
	becameBound
	becameUnbound
)

func moveOf(before, after rollout.Aspect) move {
	switch {
	case !before.Present && !after.Present:
		return stayed
	case !after.Present:
		return wasRemoved
	case before.Present && before.Name != after.Name:
		return wasRenamed
	case before.Present && before.Role == after.Role:
		return stayed
	case after.Role == definition.Encrypted && before.Present:
		return becameEncrypted
	case after.Role == definition.Encrypted:
		return cameEncrypted
	case before.Role == definition.Encrypted:
		return becameClear
	case after.Role == definition.Bound:
		return becameBound
	case before.Role == definition.Bound:
		return becameUnbound
	default:
		return stayed
	}
}

// tellingKinds say more than a move of the attribute does.
var tellingKinds = []rollout.Kind{
	rollout.ComputedStale, rollout.Unsealable, rollout.Undecided, rollout.DescriptorDiffers, rollout.FormatDiffers, rollout.OutOfReach,
	rollout.DoesNotOpen, rollout.OperationFails, rollout.NotBound, rollout.SecretShown, rollout.ModelRefused,
}

// moves matches what breaks because an attribute moved: a person recognises the
// change by that, whatever it breaks.
func moves(to move) func(*pair, *rollout.Finding) bool {
	return func(_ *pair, f *rollout.Finding) bool {
		return moveOf(f.Before, f.After) == to && !slices.Contains(tellingKinds, f.Kind)
	}
}

// ofKind matches what breaks in one of some ways, though no attribute moved, or
// if the kind says more.
func ofKind(kinds ...rollout.Kind) func(*pair, *rollout.Finding) bool {
	return func(_ *pair, f *rollout.Finding) bool {
		return slices.Contains(kinds, f.Kind) && (moveOf(f.Before, f.After) == stayed || slices.Contains(tellingKinds, f.Kind))
	}
}

func either(a, b func(*pair, *rollout.Finding) bool) func(*pair, *rollout.Finding) bool {
	return func(p *pair, f *rollout.Finding) bool { return a(p, f) || b(p, f) }
}

// roleIn is the role of a name in a model, which may be nil.
func roleIn(m *definition.Model, name string) definition.Role {
	if m == nil {
		return definition.Plain
	}
	return m.Role(name)
}

// newlyEncrypted is where a model makes an attribute a secret.
func newlyEncrypted(before, m *definition.Model, name string) definition.Path {
	if m.Role(name) == definition.Encrypted && roleIn(before, name) != definition.Encrypted {
		return inSet(m, "encrypted", name)
	}
	return nil
}

// missing says who leaves out what the other one requires.
func missing(b *breach) string {
	beside, write := b.beside, b.c.now.Write
	if b.Unnamed > 0 {
		beside = fmt.Sprintf("model %d", b.Unnamed)
	}
	const ofValue = 2 // the promise that breaks if a part of a value is missing; such a document still opens
	switch {
	case b.Promise == ofValue && b.Release.New:
		return fmt.Sprintf("model %d requires a part of %s that documents of %s lack", write, b.name, beside)
	case b.Promise == ofValue:
		return fmt.Sprintf("%s requires a part of %s that is optional in model %d", b.sufferer, b.name, write)
	case b.Release.New && b.From != "" && len(b.Trace) < 2:
		return fmt.Sprintf("model %d requires %s, but documents of %s lack it", write, b.name, released(b.From))
	case b.Release.New:
		return fmt.Sprintf("model %d requires %s, but %s leaves it out or unsets it", write, b.name, beside)
	case b.After.Present:
		return fmt.Sprintf("%s requires %s, but it is optional in model %d", b.sufferer, b.name, write)
	default:
		return fmt.Sprintf("%s requires %s, but model %d does not have it", b.sufferer, b.name, write)
	}
}
