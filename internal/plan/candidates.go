package plan

import (
	"cmp"
	"slices"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// candidate is a definition between the deployed one and that of the specs. It
// has the first models of the specs, and holds back what it writes, what it
// refuses to open, and the settings of the type that do not belong to a model.
type candidate struct {
	typ                   *definition.Type
	models, write, oldest int
	held                  int // settings that are still those of the deployed release
}

// between returns the candidates in order of preference: those that have most
// of the specs in them first. Stages that differ from the specs in write alone
// are what a person would write, so models are left out last.
func between(running *definition.Type, history []rollout.Release, target *definition.Type) []candidate {
	known, write, oldest := knownModels(history), 1, target.Oldest
	if running.Live() {
		write, oldest = running.Write, min(running.Oldest, target.Oldest)
	}
	var out []candidate
	for _, settings := range settingsBetween(running, target) {
		for models := len(target.Models); models >= max(known, 1); models-- {
			for w := min(models, target.Write); w >= write; w-- {
				for o := min(w, target.Oldest); o >= oldest; o-- {
					c := candidate{models: models, write: w, oldest: o, held: settings.held}
					c.typ = settings.apply(target, c)
					if valid(c.typ) && !slices.ContainsFunc(out, func(other candidate) bool { return identical(other.typ, c.typ) }) &&
						!identical(c.typ, target) && !identical(c.typ, running) {
						out = append(out, c)
					}
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.held, b.held), cmp.Compare(b.models, a.models), cmp.Compare(b.write, a.write), cmp.Compare(b.oldest, a.oldest))
	})
	return out
}

// after reports whether a way may go from a node to the candidate: forward only.
// What was announced stays announced, and what is written is not taken back.
func (c candidate) after(from *node) bool {
	if from == nil {
		return true
	}
	b := from.at
	return c.typ != b.typ && c.models >= b.models && c.write >= b.write && c.oldest >= b.oldest && c.held <= b.held
}

// settings are those of a type that are outside the models.
type settings struct {
	held     int
	randomID bool
	exposes  []string
}

// settingsBetween returns the settings of the specs, and those of the deployed
// release if they are others.
func settingsBetween(running, target *definition.Type) []settings {
	out := []settings{{0, target.RandomID, target.Exposes}}
	if running.Live() && (running.RandomID != target.RandomID || !slices.Equal(running.Exposes, target.Exposes)) {
		out = append(out, settings{1, running.RandomID, running.Exposes})
	}
	return out
}

// apply makes the definition of a candidate. What the settings and exceptions
// say of attributes that only later models have is left out with the models.
func (s settings) apply(target *definition.Type, c candidate) *definition.Type {
	t := *target
	t.Models = target.Models[:c.models:c.models]
	t.Write, t.Oldest, t.RandomID = c.write, c.oldest, s.randomID
	t.Exposes = nil
	for _, name := range s.exposes {
		if ever(&t, name) {
			t.Exposes = append(t.Exposes, name)
		}
	}
	t.Exceptions = slices.DeleteFunc(slices.Clone(target.Exceptions), func(e definition.Exception) bool {
		return e.Attribute != "" && !ever(&t, e.Attribute)
	})
	return &t
}

// ever reports whether a model has the attribute.
func ever(t *definition.Type, name string) bool {
	return slices.ContainsFunc(t.Models, func(m definition.Model) bool { return m.Attribute(name) != nil })
}

func valid(t *definition.Type) bool {
	return !slices.ContainsFunc(definition.Check(t), func(p definition.Problem) bool { return p.Severity == definition.Error })
}

// identical compares definitions that have the same models in front.
func identical(a, b *definition.Type) bool {
	return a != nil && b != nil && len(a.Models) == len(b.Models) && a.Write == b.Write && a.Oldest == b.Oldest &&
		a.RandomID == b.RandomID && slices.Equal(a.Exposes, b.Exposes) && a.Retired == b.Retired
}
