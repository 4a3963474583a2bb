package check

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// secrets finds where the change weakens the protection of a secret. Models
// count until the running release writes them: that they were announced makes
// the change safe for the data, and is no word of a person about the secret.
func (s *subject) secrets() {
	if s.running == nil || !s.now.Live() {
		return
	}
	for number := s.running.Write + 1; number <= len(s.now.Models); number++ {
		before, now := s.now.Model(number-1), s.now.Model(number)
		s.uncovered(before, now)
		s.confirmations(before, now)
	}
	s.exposed()
	if s.running.RandomID && !s.now.RandomID && s.now.Newest() != nil && s.encrypts() {
		s.report("secret/predictable-ids", at{path: definition.Path{"randomID"}, baseline: s.runningName()},
			fmt.Sprintf("the ids of %q may be chosen, and %s made them at random", s.name, released(s.runningName())),
			"leave randomID out; or say in an exception who chooses the ids, and why nobody can plant a document under one")
	}
}

// uncovered finds attributes that a model encrypts or binds no more.
func (s *subject) uncovered(before, now *definition.Model) {
	for i := range now.Attributes {
		name := now.Attributes[i].Name
		declared := now.AttributeBefore(before, name)
		if declared == nil {
			continue
		}
		old := declared.Name
		was, is := before.Role(old), now.Role(name)
		switch {
		case was == definition.Encrypted && is != definition.Encrypted:
			s.report("secret/becomes-plain", at{name, now.Number, s.whereUncovered(now, name, is, "encrypted"), s.runningName()},
				fmt.Sprintf("%q is encrypted in model %d, and stored in the clear in model %d", old, before.Number, now.Number),
				"keep it encrypted; or say in an exception why it is no secret, and change the secret itself where it still is one")
		case was == definition.Bound && is == definition.Plain && len(now.Encrypted) > 0:
			s.report("secret/unbound", at{name, now.Number, s.whereUncovered(now, name, is, "aad"), s.runningName()},
				fmt.Sprintf("%q is bound in model %d, and not in model %d: whoever can write to the store can change it under the secrets", old, before.Number, now.Number),
				"keep it bound; or say in an exception why the secrets need not be tied to it")
		}
	}
}

// whereUncovered is the set that no longer has the name.
func (s *subject) whereUncovered(m *definition.Model, name string, is definition.Role, key string) definition.Path {
	if is == definition.Bound {
		return inSet(m, "aad", name)
	}
	return inModel(m.Number, key)
}

// confirmations asks for what a model takes for granted, and no simulation can
// see. It asks until the running release writes the model, or has shipped the
// answer of a person.
func (s *subject) confirmations(before, now *definition.Model) {
	ask := func(id, key, message, hint string) {
		if s.running.Holds(definition.Exception{Rule: id, Model: now.Number}) {
			return
		}
		s.report(id, at{"", now.Number, inModel(now.Number, key), s.runningName()}, message, hint)
	}
	if before.Namespaces == definition.Single && now.Namespaces != definition.Single {
		ask("history/namespace-dropped", "namespaces",
			fmt.Sprintf("model %d of %q takes the namespace out of the identity, so two documents of one id in two namespaces would be one", now.Number, s.name),
			"make sure that no id is used in two namespaces, and say so in an exception")
	}
	if before.Format != definition.Kibana && now.Format == definition.Kibana {
		ask("history/passphrases-needed", "format",
			fmt.Sprintf("model %d of %q is sealed in the kibana format, which only keys that are passphrases can seal and open", now.Number, s.name),
			"make sure that every key of every node is a passphrase, and say so in an exception")
	}
}

// exposed finds secrets that a normal read shows from now on.
func (s *subject) exposed() {
	for i, name := range s.now.Exposes {
		names := s.everyName(name)
		known := slices.ContainsFunc(names, func(n string) bool { return slices.Contains(s.running.Exposes, n) })
		secret := slices.ContainsFunc(s.running.Models, func(m definition.Model) bool {
			return slices.ContainsFunc(names, func(n string) bool { return m.Role(n) == definition.Encrypted })
		})
		if secret && !known {
			s.report("secret/becomes-exposed", at{name, 0, definition.Path{"exposes", fmt.Sprint(i)}, s.runningName()},
				fmt.Sprintf("a normal read of %q shows the secret %q, and that of %s does not", s.name, name, released(s.runningName())),
				"leave it out, and open the object where the secret is needed; or say in an exception who may read it")
		}
	}
}

// everyName returns the names that an attribute has had.
func (s *subject) everyName(name string) []string {
	names := []string{name}
	for i := len(s.now.Models) - 1; i >= 0; i-- {
		if old, ok := s.now.Models[i].Before(name); ok && old != name {
			name = old
			names = append(names, name)
		}
	}
	return names
}

// encrypts tells whether any model has secrets.
func (s *subject) encrypts() bool {
	return slices.ContainsFunc(s.now.Models, func(m definition.Model) bool { return len(m.Encrypted) > 0 })
}
