package check

import (
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/esogen/esogen/internal/definition"
)

// The rules about secrets ask a person. What they find loses no data, and they
// stand until an exception says why it is right.

var secretRules = []*Rule{
	{
		ID: "secret/becomes-plain", Severity: definition.Error, Safe: true,
		Purpose: "a secret is stored in the clear from some model on",
		Why:     `Anyone who reads the store, a backup or a log of it can read the value from now on, including values that were written as secrets.`,
		WayOut:  `Keep it encrypted. If it is not a secret, say why in an exception.`,
		ofChange: protecting(func(c *typeChange, r *Rule) {
			for a := range c.uncovered() {
				if a.was == definition.Encrypted && a.is != definition.Encrypted {
					c.report(r, at{a.name, a.model, a.path, c.beside},
						fmt.Sprintf("%q is encrypted in model %d, but stored in the clear in model %d", a.old, a.model-1, a.model),
						"keep it encrypted; or say in an exception why it is not a secret, and replace the secret itself if it still is one")
				}
			}
		}),
		Example: Example{
			Released: example(twoSecrets),
			Change:   example(`write: 1` + twoSecrets + `models: "2": encrypted: ["token"]`),
			Instead:  example(`write: 1` + twoSecrets + `models: "2": encrypted: ["token"]` + plainException),
		},
	},
	{
		ID: "secret/becomes-exposed", Severity: definition.Error, Safe: true,
		Purpose:  "a normal read shows a secret that it did not show",
		Why:      `Lists and pages use a normal read. Code written for stripped secrets hands the object on: to a client, into a log, into a search index.`,
		WayOut:   `Leave the secret out of "exposes", and open the object where it is needed. If everyone who may read the object may read the secret, say so in an exception.`,
		ofChange: protecting(exposed),
		Example: Example{
			Released: example(base),
			Change:   example(`exposes: ["token"]` + base),
			Instead:  example(`exposes: ["token"]` + base + `exceptions: [{rule: "secret/becomes-exposed", attribute: "token", reason: "only the owner reads the object"}]`),
		},
	},
	{
		ID: "secret/unbound", Severity: definition.Error, Safe: true,
		Purpose: "an attribute is no longer bound",
		Why: `While the attribute is bound, a secret does not open after somebody changes it behind the product's back, for instance to send a password to a host of ` +
			`their own. From now on it does.`,
		WayOut: `Keep the attribute bound. If nobody gains by changing it, say so in an exception.`,
		ofChange: protecting(func(c *typeChange, r *Rule) {
			for a := range c.uncovered() {
				if a.was == definition.Bound && a.is == definition.Plain && len(c.now.Model(a.model).Encrypted) > 0 {
					c.report(r, at{a.name, a.model, a.path, c.beside},
						fmt.Sprintf("%q is bound in model %d, but not in model %d: anyone who can write to the store can change it unnoticed", a.old, a.model-1, a.model),
						"keep it bound; or say in an exception why the secrets need not be tied to it")
				}
			}
		}),
		Example: Example{
			Released: example(base),
			Change:   example(`write: 1` + base + `models: "2": aad: []`),
			Instead:  example(`write: 1` + base + `models: "2": aad: []` + unboundException),
		},
	},
	{
		ID: "secret/computed-in-clear", Severity: definition.Error, Safe: true,
		Purpose: "an attribute that is stored in the clear is computed from a secret",
		Why: `What a function makes of a secret may reveal it, in part or as a whole: its length, its beginning, a hash to test guesses against. It is written again ` +
			`with each new value, for everyone who can read the store.`,
		WayOut: `Encrypt the computed attribute, too, in every model from the one that encrypts the input. If it reveals nothing of the secret, say why in an ` +
			`exception.`,
		ofProject: computedInClear,
		Example: Example{
			Change:  example(one + "\n" + `models: "2": {attributes: hint: string, computed: hint: ["token"]}`),
			Instead: example(one + "\n" + `models: "2": {attributes: hint: string, computed: hint: ["token"], encrypted: ["token", "hint"]}`),
		},
	},
	{
		ID: "secret/predictable-ids", Severity: definition.Error, Safe: true,
		Purpose: "ids were random, and may be chosen from now on",
		Why: `Secrets are bound to the id of their document. Anyone who can choose an id, or knows the next one, can delete a document and have another one made ` +
			`under its id, whose secrets then pass for those of the first.`,
		WayOut: `Leave "randomID" out. If ids must be chosen, say in an exception who chooses them.`,
		ofChange: protecting(func(c *typeChange, r *Rule) {
			if c.running.RandomID && !c.now.RandomID && c.encrypts() {
				c.report(r, at{path: definition.Path{"randomID"}, baseline: c.beside},
					fmt.Sprintf("ids of %q may now be chosen, but %s made them at random", c.name, released(c.beside)),
					"leave randomID out; or say in an exception who chooses the ids, and why nobody can plant a document under such an id")
			}
		}),
		Example: Example{
			Released: example(base),
			Change:   example(`randomID: false` + base),
			Instead:  example(`randomID: false` + base + `exceptions: [{rule: "secret/predictable-ids", reason: "the id is that of the user, whom the product itself creates"}]`),
		},
	},
}

// protecting finds in types that the running release has and the specs still
// use.
func protecting(find func(*typeChange, *Rule)) func(*typeChange, *Rule) {
	return func(c *typeChange, r *Rule) {
		if c.running != nil && c.now.Live() {
			find(c, r)
		}
	}
}

// uncoveredAttribute is an attribute that a model no longer encrypts or binds.
type uncoveredAttribute struct {
	name, old string // in the model, and in the one before
	model     int
	was, is   definition.Role
	path      definition.Path // of the set that it left, or came into
}

// uncovered yields the attributes that a model which the running release does
// not write no longer encrypts or binds.
func (c *typeChange) uncovered() iter.Seq[uncoveredAttribute] {
	return func(yield func(uncoveredAttribute) bool) {
		for before, now := range c.unwritten() {
			for i := range now.Attributes {
				a := uncoveredAttribute{name: now.Attributes[i].Name, model: now.Number}
				declared := now.AttributeBefore(before, a.name)
				if declared == nil {
					continue
				}
				a.old = declared.Name
				a.was, a.is = before.Role(a.old), now.Role(a.name)
				if a.was == definition.Plain || a.was == a.is {
					continue
				}
				switch {
				case a.is == definition.Bound:
					a.path = inSet(now, "aad", a.name)
				case a.was == definition.Encrypted:
					a.path = inModel(now.Number, "encrypted")
				default:
					a.path = inModel(now.Number, "aad")
				}
				if !yield(a) {
					return
				}
			}
		}
	}
}

// exposed finds secrets that a normal read shows from now on.
func exposed(c *typeChange, r *Rule) {
	for i, name := range c.now.Exposes {
		names := c.everyName(name)
		known := slices.ContainsFunc(names, func(n string) bool { return slices.Contains(c.running.Exposes, n) })
		secret := slices.ContainsFunc(c.running.Models, func(m definition.Model) bool {
			return slices.ContainsFunc(names, func(n string) bool { return m.Role(n) == definition.Encrypted })
		})
		if secret && !known {
			c.report(r, at{name, 0, definition.Path{"exposes", strconv.Itoa(i)}, c.beside},
				fmt.Sprintf("a normal read of %q shows the secret %q, but in %s it does not", c.name, name, released(c.beside)),
				"leave it out, and open the object where the secret is needed; or say in an exception who may read it")
		}
	}
}

// everyName returns the names that an attribute has had.
func (c *typeChange) everyName(name string) []string {
	names := []string{name}
	for i := len(c.now.Models) - 1; i >= 0; i-- {
		if old, ok := c.now.Models[i].Before(name); ok && old != name {
			name = old
			names = append(names, name)
		}
	}
	return names
}

// encrypts reports whether any model has secrets.
func (c *typeChange) encrypts() bool {
	return slices.ContainsFunc(c.now.Models, func(m definition.Model) bool { return len(m.Encrypted) > 0 })
}

// computedInClear asks as long as such attributes are declared, whatever was
// released.
func computedInClear(p *Project, r *Rule) ([]Finding, error) {
	var findings []Finding
	for _, t := range p.Specs.Types {
		if t.Retired {
			continue
		}
		for i := range t.Models {
			m := &t.Models[i]
			for _, f := range m.Computed {
				input, encrypts, clear := t.SecretInput(m, f)
				if input == "" {
					continue
				}
				place := inModel(m.Number, "computed", f.Name, strconv.Itoa(slices.Index(f.Inputs, input)))
				findings = append(findings, r.finding(Finding{
					Type: t.Name, Attribute: f.Name, Model: m.Number,
					Message: fmt.Sprintf("%q is computed from %q, which model %d encrypts, and stored in the clear in model %d", f.Name, input, encrypts, clear),
					Hint:    fmt.Sprintf("encrypt %q, too; or say in an exception why it reveals nothing of the secret", f.Name),
				}, p.Specs.Position(t, place)))
			}
		}
	}
	return findings, nil
}
