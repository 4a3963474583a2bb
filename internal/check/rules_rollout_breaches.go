package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/plan"
	"github.com/esogen/esogen/internal/rollout"
)

// breachRules are about promises that break though no attribute moved.

var breachRules = []*Rule{
	{
		ID: "rollout/descriptor-changed", Severity: definition.Error, OfModel: true,
		Purpose: "secrets are bound to another identity, and a live release still uses the old one",
		Why: `Secrets are bound to type and id, and for some kinds of namespaces to the namespace. Two releases that disagree about that cannot open each other's ` +
			`documents.`,
		WayOut:  announce,
		matches: ofKind(rollout.DescriptorDiffers),
		fact: func(b *breach) string {
			if b.WasKind != "" {
				return fmt.Sprintf("this release and %s identify objects of %q differently: %s does not find what the other release creates", b.beside, b.c.name, b.sufferer)
			}
			return fmt.Sprintf("this release and %s bind the secrets of %q to different identities: %s cannot open what the other release sealed", b.beside, b.c.name, b.sufferer)
		},
		place: func(before, m *definition.Model, _ string) definition.Path {
			if before != nil && before.Namespaces != m.Namespaces {
				return inModel(m.Number, "namespaces")
			}
			return nil
		},
		Example: Example{
			Released: single(base),
			Change:   single(base + `models: "2": namespaces: "multiple"` + namespaceException),
			Instead:  single(`write: 1` + base + `models: "2": namespaces: "multiple"` + namespaceException),
		},
	},
	namespacesNarrower,
	{
		ID: "rollout/format-changed", Severity: definition.Error, OfModel: true,
		Purpose: "documents are sealed in a format that a live release does not expect",
		Why:     `Each model has one format, and a release opens a document by the format of its model. The running release does not know the new model.`,
		WayOut:  announce,
		matches: ofKind(rollout.FormatDiffers),
		fact: func(b *breach) string {
			return fmt.Sprintf("this release seals %q in a format that %s does not read", b.c.name, b.beside)
		},
		place: func(before, m *definition.Model, _ string) definition.Path {
			if before != nil && before.Format != m.Format {
				return inModel(m.Number, "format")
			}
			return nil
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": format: "native"`),
			Instead:  example(`write: 1` + base + `models: "2": format: "native"`),
		},
	},
	{
		ID: "rollout/value-unreadable", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a live release cannot read values that another one writes",
		Why: `The declaration became wider: nullable, a number instead of an integer, a new required field. The Go type of the running release cannot hold the new ` +
			`values, and the document does not open.`,
		WayOut:  announce + ` A release that announces a wider declaration reads it already.`,
		matches: ofKind(rollout.Unreadable, rollout.NotConverted),
		fact: func(b *breach) string {
			switch {
			case !b.Release.New:
				return fmt.Sprintf("model %d allows values of %s that %s cannot read", b.c.now.Write, b.name, b.sufferer)
			case b.Unnamed > 0:
				return fmt.Sprintf("this release cannot read values of %s that documents of model %d hold: model %d does not allow them", b.name, b.Unnamed, b.c.now.Write)
			case b.From == "":
				return fmt.Sprintf("this release cannot read values of %s that %s writes", b.name, b.beside)
			default:
				return fmt.Sprintf("this release cannot read values of %s that %s writes: model %d does not allow them", b.name, released(b.From), b.c.now.Write)
			}
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: note?: string | null`),
			Instead:  example(`write: 1` + base + `models: "2": attributes: note?: string | null`),
		},
	},
	{
		ID: "rollout/plaintext-secret", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a secret is stored in the clear, in documents of a model that encrypts it",
		Why: `Anyone who reads the store, a backup or a log of it reads the secret. A release refuses such a document: plaintext must never pass for a secret. Here ` +
			`a released model was changed to encrypt what its documents hold in the clear.`,
		WayOut:  `Restore the model, and encrypt the attribute in a model of its own, announced first.`,
		matches: ofKind(rollout.NotSealed, rollout.Plaintext),
		fact: func(b *breach) string {
			return fmt.Sprintf("%s is stored in the clear in a document whose model encrypts it", b.name)
		},
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
		Why:     `Two releases that run side by side are one product to its users: what one writes, the other must show.`,
		WayOut:  `Restore what was released, and make the change in a model of its own, announced first.`,
		matches: ofKind(rollout.ShowsCiphertext, rollout.Planted, rollout.Lost, rollout.Restored, rollout.Stale),
		fact: func(b *breach) string {
			return fmt.Sprintf("%s does not show the value that was last written to %s", b.sufferer, b.name)
		},
		Example: Example{
			Earlier:  []string{example(twoSecrets)},
			Released: example(twoSecrets + noteBound),
			Change:   example(base + noteBound + changedException("note")),
			Instead:  example(twoSecrets + noteBound),
		},
	},
	releasesDisagree,
	{
		ID: "rollout/computed-stale", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "a computed attribute goes stale when a live release changes what it is computed from",
		Why: `A release that knows the model computes the attribute again whenever it changes an input. The running release does not know the function: it changes ` +
			`the input and leaves the attribute as it was, permanently. Decisions based on the attribute are then based on old data.`,
		WayOut:  announce + ` The release that announces the model has the function, and keeps the attribute up to date.`,
		matches: ofKind(rollout.ComputedStale),
		fact: func(b *breach) string {
			return fmt.Sprintf("%s is computed, but %s does not know its function: it changes the inputs and leaves %s as it was", b.name, b.beside, b.name)
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}`),
			Instead:  example(`write: 1` + base + `models: "2": {attributes: kind: string, computed: kind: ["owner"]}`),
		},
	},
	{
		ID: "rollout/value-unsealable", Severity: definition.Error, OfAttribute: true, OfModel: true,
		Purpose: "an attribute may hold a value that the new sets or the new format cannot seal",
		Why: `An attribute that takes any value (eso.#JSON) takes numbers and texts that not every format can seal. The kibana format refuses to bind or encrypt a ` +
			`number beyond the range of a double, which Kibana would read as null. The native format refuses to bind a lone surrogate, which is not text, or an ` +
			`exponent of more than nine digits. A document that already holds one still opens, but can never be migrated or updated again.`,
		WayOut: `Check whether any document holds such a value, and say in an exception that none does. Or declare what the attribute really holds, under a new name, ` +
			`with a conversion that handles the rest.`,
		matches: ofKind(rollout.Unsealable),
		fact: func(b *breach) string {
			return fmt.Sprintf("%s may hold a value that %s cannot seal in model %d: a document with it opens, but can never be migrated or updated again", b.name, b.sufferer, b.c.now.Write)
		},
		Example: Example{
			Released: example(`write: 1` + anything + sealsAnything),
			Change:   example(anything + sealsAnything),
			Instead: example(anything + sealsAnything +
				`exceptions: [{rule: "rollout/value-unsealable", attribute: "extra", model: 2, reason: "a scan found no number beyond 1e308"}]` + "\n"),
		},
	},
	{
		ID: "rollout/undecided", Severity: definition.Error,
		Purpose: "the simulator could not try everything",
		Why: `The simulator plays a bounded number of operations per type, so that "check" ends soon. The change touches so much at once that the search reached the ` +
			`bound before it had tried every sequence. What was not tried may lose data: a change that is not decided is not safe. The trace is where the search ` +
			`ended. No usual spec gives this finding; the example lowers the bound.`,
		WayOut:  `Split the change: a few attributes at a time, each in a model of its own.`,
		matches: ofKind(rollout.Undecided),
		fact: func(b *breach) string {
			return fmt.Sprintf("it is not decided whether %q may change like this beside %s: the simulator could not try everything that the two can do", b.c.name, b.beside)
		},
		remedy: func(*breach) string {
			return "split the change: a few attributes at a time, each in a model of its own"
		},
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: scope?: string`),
			Instead:  example(base),
			Moves:    10,
		},
	},
	bugRule,
}

var namespacesNarrower = &Rule{
	ID: "rollout/namespaces-narrower", Severity: definition.Error, Final: true, NoPlan: true, OfModel: true,
	Purpose: "the kind of namespaces becomes narrower, and objects are no longer found",
	Why: `The kind of namespaces of an object's model decides who finds the object. With a narrower kind, an object that was shared, or that is in no namespace, ` +
		`is no longer found from where it was used, and ids that were unique across namespaces no longer are. It makes no difference whether the model was ` +
		`announced, how many releases the change takes, or which format seals the secrets. The kinds from narrow to wide: single, multiple-isolated, multiple, ` +
		`agnostic.`,
	WayOut: `Keep the kind as wide as it is. For objects of a narrower kind, declare another type, and let the product copy what belongs there. If the narrower ` +
		`model has been released already, raise "oldest" to it once nothing below it is left.`,
	matches: ofKind(rollout.OutOfReach),
	fact: func(b *breach) string {
		return fmt.Sprintf("model %d of %q is %q, but its documents were %q: an object is no longer found from where it was", b.Model, b.c.name, b.IsKind, b.WasKind)
	},
	where:  narrowerPlace,
	remedy: func(b *breach) string { return plan.Decide(*b.Finding) },
	Example: Example{
		Released: multiple(base),
		Change:   multiple(`write: 1` + base + `models: "2": namespaces: "single"`),
		Instead:  multiple(base) + "other" + single(base)[len("token"):],
	},
}

var releasesDisagree = &Rule{
	ID: "rollout/releases-disagree", Severity: definition.Error, OfModel: true,
	Purpose: "the running release is at odds with documents that an earlier release left",
	Why: `Documents outlive releases. An earlier one wrote documents of a model that the running release does not know, or knows differently: it shows wrong ` +
		`values, or strands secrets, whatever the change does. The cause is a release built from a branch without the model, or a finding that was ignored.`,
	WayOut: `No change repairs what was released. Find the documents that the earlier release left, and repair them; or say in an exception why there are none. A ` +
		`release that knows the model again ends the finding.`,
	matches: func(p *pair, f *rollout.Finding) bool { return p.conflict(f) > 0 },
	fact:    disagreement,
	where:   conflictPlace,
	remedy: func(b *breach) string {
		if b.c.conflict(b.Finding) == 0 {
			return ""
		}
		return fmt.Sprintf("no change repairs what was released: find the documents that %s left, and repair them; or say in an exception why there are none", released(b.From))
	},
	Example: Example{
		Earlier:  []string{example(base + scoped)},
		Released: example(base),
		Change:   example("write: 1" + base + scoped),
		Instead:  example("write: 1" + base + scoped + `exceptions: [{rule: "rollout/releases-disagree", model: 2, reason: "v1 never left the test system"}]` + "\n"),
	},
}

var bugRule = &Rule{
	ID: "rollout/bug", Severity: definition.Error, Final: true,
	Purpose: "esogen cannot explain its own verdict",
	Why: `The simulator found something that no rule names, or could not play the releases. Either way esogen cannot say that the change is safe, so it says ` +
		`that it is not. No spec gives this finding; the example puts a fault into the simulator.`,
	WayOut:  `This is a bug in esogen. Please report it with both specs.`,
	matches: ofKind(rollout.DoesNotOpen, rollout.OperationFails, rollout.NotBound, rollout.SecretShown, rollout.ModelRefused),
	fact: func(b *breach) string {
		return fmt.Sprintf("the simulator found %q in %q, but esogen has no rule that explains it", b.Kind, b.c.name)
	},
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
}

// conflict returns the lowest model about which the running release and the
// earlier one that left the document disagree, or 0.
func (p *pair) conflict(f *rollout.Finding) int {
	if p.running == nil || f.From == p.beside || f.Kind == rollout.OutOfReach {
		return 0
	}
	for _, r := range p.History {
		if r.Name != f.From || !r.Type.Live() {
			continue
		}
		if number := p.conflictingModel(r.Type); number > 0 {
			return number
		}
	}
	return 0
}

// conflictingModel returns the lowest model that a release writes or wrote and
// the running release does not know as that, or 0.
func (p *pair) conflictingModel(t *definition.Type) int {
	if p.running == nil {
		return 0
	}
	for number := 1; number <= t.Write; number++ {
		m := p.running.Model(number)
		if m == nil || len(compareModels(t.Model(number), m)) > 0 {
			return number
		}
	}
	return 0
}

// conflictPlace is the model about which two releases disagree.
func conflictPlace(p *pair, f *rollout.Finding) at {
	where := at{model: p.conflict(f), baseline: f.From}
	if where.model == 0 {
		where.model, where.baseline = f.Model, p.beside
	}
	if p.now.Model(where.model) != nil {
		where.path = inModel(where.model)
	}
	return where
}

// disagreement says which releases disagree, and about which model.
func disagreement(b *breach) string {
	c, number := b.c, b.c.conflict(b.Finding)
	var wrote *definition.Model
	for _, r := range c.History {
		if r.Name == b.From && r.Type != nil {
			wrote = r.Type.Model(number)
		}
	}
	switch {
	case number == 0:
		return fmt.Sprintf("this release and %s disagree about model %d of %q", released(cmp.Or(c.beside, b.From)), b.Model, c.name)
	case c.running.Model(number) == nil:
		return fmt.Sprintf("%s wrote documents of model %d of %q, but %s, which runs, does not know that model", released(b.From), number, c.name, released(c.beside))
	default:
		return fmt.Sprintf("%s wrote documents of model %d of %q, but that model differs in %s, which runs: %s", released(b.From), number, c.name,
			released(c.beside), compareModels(wrote, c.running.Model(number))[0].text)
	}
}

// narrowerPlace is where the model of a finding gets its kind of namespaces: in
// itself, in one before it, or in the type. The chain of models is to blame, so
// no release is if none has the type.
func narrowerPlace(p *pair, f *rollout.Finding) at {
	where := at{model: f.Model, path: definition.Path{"namespaces"}}
	if slices.ContainsFunc(p.History, func(r rollout.Release) bool { return r.Type != nil }) {
		where.baseline = p.beside
	}
	for n := f.Model; n > 1; n-- {
		if p.now.Model(n).Namespaces != p.now.Model(n-1).Namespaces {
			where.path = inModel(n, "namespaces")
			break
		}
	}
	return where
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

// Models that change the role of a note, and one that has it as a secret.
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
	namespaceKeyException = `
exceptions: [{rule: "history/namespace-key-left", model: 2, reason: "no namespace has a key of its own"}]`
	namespaceException = `
exceptions: [{rule: "history/namespace-dropped", model: 2, reason: "ids are UUIDs that esogen makes"}]
`
	passphrasesException = `
exceptions: [{rule: "history/passphrases-needed", model: 2, reason: "all keys are passphrases, and come from one setting"}]
`
)
