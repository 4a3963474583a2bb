package check

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// historyRules are about what the change makes of what was released: of types
// and models, and then of golden files.
var historyRules = slices.Concat(modelHistoryRules, goldenRules)

var modelHistoryRules = []*Rule{
	{
		ID: "history/model-changed", Severity: definition.Error, NoPlan: true, OfModel: true,
		Purpose: "a released model was changed",
		Why: `Documents of a released model are in the store, and the release that wrote them may still run. Only the model says what they look like and what is ` +
			`bound in them. Comments and Go names may change.`,
		WayOut: `Restore the model, and make the change in a new one.`,
		ofChange: continued(func(c *typeChange, r *Rule) {
			reused := c.reused()
			reported := map[string]bool{} // a change of a model is one of those after it, too
			for number := 1; number <= c.releasedModels(); number++ {
				b, now := c.holder(number), c.now.Model(number)
				if now == nil {
					continue
				}
				for _, d := range compareModels(b.Model(number), now) {
					about := cmp.Or(d.attribute, d.text)
					if reported[about] || slices.ContainsFunc(reused, func(n reusedName) bool { return n.name == d.attribute }) {
						continue
					}
					reported[about] = true
					c.report(r, at{d.attribute, number, d.path, b.release},
						fmt.Sprintf("model %d of %q is not as %s has it: %s", number, c.name, released(b.release), d.text),
						fmt.Sprintf("restore it, and make the change in a model of its own: models: \"%d\": {…}", max(len(c.now.Models), c.releasedModels())+1))
				}
			}
		}),
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
		ID: "history/model-deleted", Severity: definition.Error, NoPlan: true, OfModel: true,
		Purpose: "a released model is gone",
		Why:     `A release may have written documents of the model, or may do so tomorrow. Without the model nobody can open them.`,
		WayOut:  `Restore the model. To undo what it did, add another model.`,
		ofChange: continued(func(c *typeChange, r *Rule) {
			for number := len(c.now.Models) + 1; number <= c.releasedModels(); number++ {
				b := c.holder(number)
				c.report(r, at{model: number, baseline: b.release, path: definition.Path{"models"}},
					fmt.Sprintf("%s has model %d of %q, but the specs do not", released(b.release), number, c.name),
					"restore it: documents of it may exist; a model is never deleted, only followed by another")
			}
		}),
		Example: Example{
			Released: example(`write: 1` + base + `models: "2": attributes: more?: string`),
			Change:   example(base),
			Instead:  example(`write: 1` + base + `models: "2": attributes: more?: string`),
		},
	},
	{
		ID: "history/type-removed", Severity: definition.Error, NoPlan: true,
		Purpose: "a released type is gone from the specs",
		Why: `Documents of the type may still be in the store. Its name must stay taken, or another type of that name would meet them. To the store, a renamed type ` +
			`is one type that is gone and another that is new.`,
		WayOut: `Keep the type in the specs with retired: true. Its models may go.`,
		ofChange: func(c *typeChange, r *Rule) {
			if c.now != nil {
				return
			}
			last := c.before[len(c.before)-1]
			c.report(r, at{baseline: last.release}, fmt.Sprintf("%s has the type %q, but the specs do not", released(last.release), c.name),
				fmt.Sprintf("if it is gone, write %s: eso.#Type & {retired: true}: documents of it may still exist, and its name stays taken", label(c.name)))
		},
		Example: Example{
			Released: example(base) + other,
			Change:   example(base),
			Instead:  example(base) + "other: eso.#Type & {retired: true}\n",
		},
	},
	{
		ID: "history/type-name-reused", Severity: definition.Error, NoPlan: true,
		Purpose: "the name of a retired type is used again",
		Why:     `Documents of the retired type may still be in the store, under this name and with other attributes.`,
		WayOut:  `Give the new type another name.`,
		ofChange: func(c *typeChange, r *Rule) {
			if i := slices.IndexFunc(c.before, releasedType.retired); i >= 0 && c.now != nil && !c.now.Retired {
				b := c.before[i]
				c.report(r, at{baseline: b.release},
					fmt.Sprintf("%s retired the type %q, but the specs have it again", released(b.release), c.name),
					"give the new type another name: documents of the old one may still exist")
			}
		},
		Example: Example{
			Released: example(base) + "other: eso.#Type & {retired: true}\n",
			Change:   example(base) + other,
			Instead:  example(base) + "other: eso.#Type & {retired: true}\nanother" + other[len("other"):],
		},
	},
	{
		ID: "history/attribute-name-reused", Severity: definition.Error, NoPlan: true, OfAttribute: true, OfModel: true,
		Purpose: "the name of an attribute that a release removed is used again",
		Why:     `Older documents may still hold the old attribute. A release that knows the name would take its value for the new one.`,
		WayOut:  `Choose another name for the new attribute.`,
		ofChange: continued(func(c *typeChange, r *Rule) {
			for _, n := range c.reused() {
				c.report(r, at{n.name, n.model, inModel(n.model, "attributes", n.name), n.release},
					fmt.Sprintf("model %d of %q in %s dropped %q, but model %d of the specs has it again", n.gone, c.name, released(n.release), n.name, n.model),
					"choose another name: older documents may still hold the old value")
			}
		}),
		Example: Example{
			Released: example(base + `models: "2": removed: ["note"]`),
			Change:   example(base + `models: "2": {}` + lostException),
			Instead:  example(base + `models: "2": removed: ["note"]` + "\n" + `models: "3": attributes: remark?: string`),
		},
	},
	oldestAboveLive,
	{
		ID: "history/oldest-raised", Severity: definition.Error, Condition: true, OfModel: true,
		Purpose: `"oldest" is raised, so no document below it may be left`,
		Why: `Documents below "oldest" no longer open. esogen cannot see whether there are any: only a scan of every store can, including exports and backups that ` +
			`may be restored.`,
		WayOut:    `Migrate every store until a migration reports that nothing is left below that model, then ship the release. An exception says that this was done.`,
		condition: rollout.NoneBelowOldest,
		confirm: func(c *typeChange, r *Rule, condition rollout.Condition) {
			if c.reported(oldestAboveLive) != nil || c.reported(r) != nil {
				return
			}
			c.report(r, at{"", condition.Model, definition.Path{"oldest"}, c.beside}, condition.Message,
				fmt.Sprintf("before the release ships, migrate every store until nothing is left below model %d, including exports and backups that may be restored; "+
					"then say so in an exception", condition.Model))
		},
		Example: Example{
			Earlier:  []string{example(base)},
			Released: example(base + `models: "2": attributes: more?: string`),
			Change:   example(`oldest: 2` + base + `models: "2": attributes: more?: string`),
			Instead: example(`oldest: 2` + base + `models: "2": attributes: more?: string` +
				"\nexceptions: [{rule: \"history/oldest-raised\", model: 2, reason: \"every store was migrated on 2026-10-30, and nothing was left\", until: \"v3\"}]"),
		},
	},
	{
		ID: "history/write-moved-back", Severity: definition.Error, NoPlan: true, OfModel: true,
		Purpose: "an older model is written again",
		Why: `Models go one way. Documents of the newer model exist and stay. A release that writes the older one again mixes both as long as it runs, and the next ` +
			`step must deal with two pasts.`,
		WayOut: `Leave "write" where it was. To undo a change, add a model that undoes it. To undo a release, deploy the one before: a rollback needs no change of ` +
			`specs.`,
		refuses: func(now *definition.Type) int { return now.Write },
		ofChange: continued(func(c *typeChange, r *Rule) {
			var highest *definition.Type
			var by string
			for _, live := range c.p.live() {
				if t := live.Type(c.name); t.Live() && (highest == nil || t.Write > highest.Write) {
					highest, by = t, live.Name
				}
			}
			if highest != nil && c.now.Write < highest.Write {
				c.report(r, at{"", c.now.Write, definition.Path{"write"}, by},
					fmt.Sprintf("%q writes model %d, but %s writes model %d", c.name, c.now.Write, released(by), highest.Write),
					fmt.Sprintf("write: %d; to undo a model, add another one after it", highest.Write))
			}
		}),
		Example: Example{
			Released: example(base + `models: "2": attributes: more?: string`),
			Change:   example(`write: 1` + base + `models: "2": attributes: more?: string`),
			Instead:  example(base + `models: "2": attributes: more?: string`),
		},
	},
	{
		ID: "history/several-models", Severity: definition.Warning, OfModel: true,
		Purpose: "one change adds several models",
		Why:     `Each model is a step that documents take, permanently. Two that are always written together are one step, and are reviewed as one.`,
		WayOut:  `Make them one model. If they are meant for different releases, add them one by one, which is easier to review.`,
		ofChange: continued(func(c *typeChange, r *Rule) {
			if c.running == nil {
				return
			}
			known := len(c.running.Models)
			if base := c.p.MergeBase.Type(c.name); base != nil {
				known = max(known, len(base.Models)) // they came with another change
			}
			if added := len(c.now.Models) - known; added > 1 {
				c.report(r, at{"", known + 2, inModel(known + 2), c.beside},
					fmt.Sprintf("the change adds %d models to %q, from %d to %d", added, c.name, known+1, known+added),
					"make them one model, unless different releases are meant to write them")
			}
		}),
		Example: Example{
			Released: example(base),
			Change:   example(base + `models: "2": attributes: more?: string` + "\n" + `models: "3": attributes: most?: string`),
			Instead:  example(base + `models: "2": attributes: {more?: string, most?: string}`),
		},
	},
	{
		ID: "history/namespace-dropped", Severity: definition.Error, Condition: true, OfModel: true,
		Purpose: "an object's identity loses the namespace, so ids must be unique without it",
		Why: `In a type whose namespace kind is "single", documents in two namespaces may share an id. Without the namespace they are one document, and one of the ` +
			`two is lost. The secrets are no longer tied to the namespace either. No simulation can see which ids a product uses.`,
		WayOut:    `Make sure that no id is used in two namespaces; random ids are not. Say so in an exception.`,
		condition: rollout.UniqueIDs,
		ofChange: protecting(func(c *typeChange, r *Rule) {
			for before, now := range c.unwritten() {
				if before.Namespaces == definition.Single && now.Namespaces != definition.Single {
					c.ask(r, now, "namespaces", fmt.Sprintf("model %d of %q removes the namespace from the identity: two documents with one id in two namespaces would become one", now.Number, c.name),
						"make sure that no id is used in two namespaces, and say so in an exception")
				}
			}
		}),
		Example: Example{
			Released: single(base),
			Change:   single(`write: 1` + base + `models: "2": namespaces: "multiple"`),
			Instead:  single(`write: 1` + base + `models: "2": namespaces: "multiple"` + namespaceException),
		},
	},
	{
		ID: "history/namespace-key-left", Severity: definition.Warning, OfModel: true,
		Purpose: "objects leave the key of their namespace",
		Why: `A namespace can have a key of its own, and is forgotten by shredding that key. Only native objects whose seal binds the namespace are sealed with it, ` +
			`and the installation's key seals the others. Objects of a kind that becomes wider stay under the key of their namespace until a release that writes ` +
			`the wider kind rotates them: until then, shredding the namespace destroys them for every other namespace, too. Objects that move to the kibana ` +
			`format outlive the key of their namespace.`,
		WayOut: `Migrate and rotate under the release with the wider kind before a namespace is shredded. If no namespace has a key of its own, say so in an ` +
			`exception.`,
		ofChange: protecting(func(c *typeChange, r *Rule) {
			for before, now := range c.unwritten() {
				switch {
				case !bindsNamespace(before):
				case !bindsNamespace(now) && c.keptByNamespace(now.Number-1):
					c.ask(r, now, "namespaces", fmt.Sprintf("model %d of %q is %q, but its objects stay under the keys of their namespaces until they are rotated", now.Number, c.name, now.Namespaces),
						"if namespaces have keys of their own, migrate and rotate under the release with the wider kind before a namespace is shredded")
				case usesNamespaceKey(before) && now.Format == definition.Kibana:
					c.ask(r, now, "format", fmt.Sprintf("model %d of %q uses the kibana format, whose objects outlive the keys of their namespaces", now.Number, c.name),
						"leave the format as it is if a namespace is to be shredded; or say in an exception that none is")
				}
			}
		}),
		Example: Example{
			Released: isolated(base),
			Change:   isolated(`write: 1` + base + `models: "2": namespaces: "multiple"`),
			Instead:  isolated(`write: 1` + base + `models: "2": namespaces: "multiple"` + namespaceKeyException),
		},
	},
	{
		ID: "history/passphrases-needed", Severity: definition.Error, Condition: true, OfModel: true,
		Purpose: "a type moves to the kibana format, for which every key must be a passphrase",
		Why: `The kibana format derives its keys from passphrases. A key of another kind, from a key file or a KMS, seals and opens nothing in this format, and a ` +
			`migrated document needs one of the passphrases permanently. No simulation can see which keys a product has.`,
		WayOut:    `Make sure that every key of every node is a passphrase. Say so in an exception.`,
		condition: rollout.Passphrases,
		ofChange: protecting(func(c *typeChange, r *Rule) {
			for before, now := range c.unwritten() {
				if before.Format != definition.Kibana && now.Format == definition.Kibana {
					c.ask(r, now, "format", fmt.Sprintf("model %d of %q uses the kibana format, which only passphrases can seal and open", now.Number, c.name),
						"make sure that every key of every node is a passphrase, and say so in an exception")
				}
			}
		}),
		Example: Example{
			Released: inNative(base),
			Change:   inNative(`write: 1` + base + `models: "2": format: "kibana"`),
			Instead:  inNative(`write: 1` + base + `models: "2": format: "kibana"` + passphrasesException),
		},
	},
}

var oldestAboveLive = &Rule{
	ID: "history/oldest-above-live", Severity: definition.Error, OfModel: true,
	Purpose: `"oldest" is above what a live release writes`,
	Why:     `The running release goes on writing documents that the new one refuses to open.`,
	WayOut:  `Raise "oldest" in a release that ships after every live release writes that model.`,
	refuses: func(now *definition.Type) int { return now.Oldest },
	ofChange: continued(func(c *typeChange, r *Rule) {
		for _, live := range c.p.live() {
			t := live.Type(c.name)
			if !t.Live() || c.now.Oldest <= t.Write {
				continue
			}
			c.report(r, at{"", c.now.Oldest, definition.Path{"oldest"}, live.Name},
				fmt.Sprintf("%q opens no document below model %d, but %s writes model %d", c.name, c.now.Oldest, released(live.Name), t.Write),
				fmt.Sprintf("leave oldest at %d until every live release writes model %d", min(t.Oldest, t.Write), c.now.Oldest))
		}
	}),
	Example: Example{
		Released: example(`write: 1` + base + `models: "2": attributes: more?: string`),
		Change:   example(`oldest: 2` + base + `models: "2": attributes: more?: string`),
		Instead:  example(base + `models: "2": attributes: more?: string`),
	},
}

// continued finds in types that were there and go on.
func continued(find func(*typeChange, *Rule)) func(*typeChange, *Rule) {
	return func(c *typeChange, r *Rule) {
		if c.now != nil && !c.now.Retired && !slices.ContainsFunc(c.before, releasedType.retired) {
			find(c, r)
		}
	}
}

func (t releasedType) retired() bool { return t.Retired }

// releasedModels is the highest model that a release has.
func (c *typeChange) releasedModels() int {
	highest := 0
	for _, b := range c.before {
		highest = max(highest, len(b.Models))
	}
	return highest
}

// holder returns the newest release that has a model of that number.
func (c *typeChange) holder(number int) releasedType {
	for _, b := range slices.Backward(c.before) {
		if b.Model(number) != nil {
			return b
		}
	}
	return releasedType{}
}

// reusedName is a name that a release did away with, and the specs use again.
type reusedName struct {
	name    string
	gone    int    // the model that did away with it
	release string // that has that model
	model   int    // of the specs, which has it again
}

// reused finds such names. What the models of the specs themselves did away with
// is for the definition rules.
func (c *typeChange) reused() []reusedName {
	var found []reusedName
	for _, b := range slices.Backward(c.before) {
		for i := range b.Models {
			m := &b.Models[i]
			for _, name := range gone(m) {
				if slices.ContainsFunc(found, func(n reusedName) bool { return n.name == name }) {
					continue
				}
				if number := c.firstWith(name, m.Number); number > 0 {
					found = append(found, reusedName{name, m.Number, b.release, number})
				}
			}
		}
	}
	return found
}

// firstWith returns the first model from a number on that has an attribute of
// that name, or 0.
func (c *typeChange) firstWith(name string, number int) int {
	for ; number <= len(c.now.Models); number++ {
		if c.now.Model(number).Attribute(name) != nil {
			return number
		}
	}
	return 0
}

// gone returns the names that a model does away with.
func gone(m *definition.Model) []string {
	names := slices.Clone(m.Removed)
	for _, r := range m.Renamed {
		names = append(names, r.Old)
	}
	return names
}

// unwritten yields the models that the running release does not write, each with
// the one before. They count until it does: that they were announced makes the
// change safe for the data, and is not a person's word about the secret.
func (c *typeChange) unwritten() iter.Seq2[*definition.Model, *definition.Model] {
	return func(yield func(before, now *definition.Model) bool) {
		for number := c.running.Write + 1; number <= len(c.now.Models); number++ {
			if !yield(c.now.Model(number-1), c.now.Model(number)) {
				return
			}
		}
	}
}

// ask asks for what a model takes for granted, and no simulation can see. It
// asks until the running release writes the model, or has shipped the answer of
// a person.
func (c *typeChange) ask(r *Rule, m *definition.Model, key, message, hint string) {
	if !c.running.Holds(definition.Exception{Rule: r.ID, Model: m.Number}) {
		c.report(r, at{"", m.Number, inModel(m.Number, key), c.beside}, message, hint)
	}
}

// bindsNamespace reports whether a native seal of the model binds the namespace.
func bindsNamespace(m *definition.Model) bool {
	return m.Namespaces == definition.Single || m.Namespaces == definition.MultipleIsolated
}

// usesNamespaceKey reports whether the key of a namespace seals objects of the
// model, where namespaces have keys of their own.
func usesNamespaceKey(m *definition.Model) bool {
	return m.Format == definition.Native && bindsNamespace(m) && len(m.Encrypted)+len(m.AAD) > 0
}

// keptByNamespace reports whether documents may be stored, of a model up to a
// number, which the key of a namespace seals.
func (c *typeChange) keptByNamespace(number int) bool {
	for ; number >= max(c.now.Oldest, 1); number-- {
		if usesNamespaceKey(c.now.Model(number)) {
			return true
		}
	}
	return false
}

const other = `other: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	models: "1": {attributes: secret: string, encrypted: ["secret"], aad: []}
}
`
