package diff

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// changes collects what changed in one type.
type changes struct{ list []Change }

func (c *changes) add(kind Kind, model int, attribute, format string, args ...any) {
	c.list = append(c.list, Change{kind, model, attribute, fmt.Sprintf(format, args...)})
}

// lifecycle reports whether the type comes or goes.
func (c *changes) lifecycle(before, after *definition.Type) {
	switch {
	case before == nil && after.Retired:
		c.add(TypeRetired, 0, "", "the type is added as a retired one: its name is taken")
	case before == nil:
		c.add(TypeAdded, 0, "", "the type is added, and writes model %d", after.Write)
	case after == nil && before.Retired:
		c.add(TypeRemoved, 0, "", "the type, which was retired, is gone: its name is no longer taken")
	case after == nil:
		c.add(TypeRemoved, 0, "", "the type is gone, and nothing says that it is retired")
	case !before.Retired && after.Retired:
		c.add(TypeRetired, 0, "", "the type is retired: nothing opens its documents, its name stays taken")
	case before.Retired && !after.Retired:
		c.add(TypeRevived, 0, "", "the type was retired, and is back")
	}
}

// settings compares what is said of the type as a whole.
func (c *changes) settings(before, after *definition.Type) {
	if !gone(before) && !gone(after) {
		c.write(before, after)
		if before.Oldest != after.Oldest {
			c.add(Oldest, 0, "", "it opens documents from model %d on, where it was model %d", after.Oldest, before.Oldest)
		}
	}
	switch {
	case before.RandomID && !after.RandomID:
		c.add(RandomID, 0, "", "ids need no longer be UUIDs")
	case !before.RandomID && after.RandomID:
		c.add(RandomID, 0, "", "ids must be UUIDs")
	}
	added, removed := difference(before.Exposes, after.Exposes)
	for _, name := range added {
		c.add(Exposed, 0, name, "%q is exposed: a normal read shows it", name)
	}
	for _, name := range removed {
		c.add(NotExposed, 0, name, "%q is no longer exposed", name)
	}
	switch {
	case before.Flag == after.Flag:
	case before.Flag == "":
		c.add(Flag, 0, "", "it is behind the flag %q from now on", after.Flag)
	case after.Flag == "":
		c.add(Flag, 0, "", "it is no longer behind the flag %q", before.Flag)
	default:
		c.add(Flag, 0, "", "it is behind the flag %q instead of %q", after.Flag, before.Flag)
	}
	c.exceptions(before, after)
	if before.GoName != after.GoName {
		c.add(GoName, 0, "", "in Go it is %s instead of %s", after.ObjectName(), before.ObjectName())
	}
	if before.Doc != after.Doc {
		c.add(Docs, 0, "", "the comment of the type is changed")
	}
}

func (c *changes) write(before, after *definition.Type) {
	switch {
	case before.Write == after.Write:
	case after.Write < before.Write:
		c.add(WriteMovedBack, 0, "", "it writes model %d again, instead of model %d", after.Write, before.Write)
	case before.Model(after.Write) != nil:
		c.add(WriteMoved, 0, "", "it now writes model %d, which was announced, instead of model %d", after.Write, before.Write)
	default:
		c.add(WriteMoved, 0, "", "it now writes model %d, which was not announced, instead of model %d", after.Write, before.Write)
	}
}

func (c *changes) exceptions(before, after *definition.Type) {
	for _, e := range after.Exceptions {
		if !slices.Contains(before.Exceptions, e) {
			c.add(Exception, 0, e.Attribute, "an exception from %s is in force: %q", about(e), e.Reason)
		}
	}
	for _, e := range before.Exceptions {
		if !after.Holds(e) {
			c.add(Exception, 0, e.Attribute, "the exception from %s is gone", about(e))
		}
	}
}

func about(e definition.Exception) string {
	text := e.Rule
	if e.Attribute != "" {
		text += fmt.Sprintf(" for %q", e.Attribute)
	}
	if e.Model != 0 {
		text += fmt.Sprintf(" in model %d", e.Model)
	}
	if e.Until != "" {
		text += " until " + e.Until
	}
	return text
}

// models compares the models that both have, and tells what new ones do.
func (c *changes) models(before, after *definition.Type) {
	var inherited []Change // those of the model before, which later ones take over
	for i := range after.Models {
		m := &after.Models[i]
		var was *definition.Model
		if before != nil {
			was = before.Model(m.Number)
		}
		if was == nil {
			c.newModel(before, after, m)
			inherited = nil
			continue
		}
		changed := compareModels(was, m)
		own := slices.DeleteFunc(slices.Clone(changed), func(change Change) bool {
			change.Model = m.Number - 1
			return slices.Contains(inherited, change)
		})
		if len(own) > 0 {
			c.add(ModelChanged, m.Number, "", "model %d is changed", m.Number)
			c.list = append(c.list, own...)
		}
		inherited = changed
	}
	if before == nil || after.Retired && len(after.Models) == 0 {
		return
	}
	for i := range before.Models {
		if number := before.Models[i].Number; after.Model(number) == nil {
			c.add(ModelRemoved, number, "", "model %d is gone", number)
		}
	}
}

func (c *changes) newModel(before, after *definition.Type, m *definition.Model) {
	switch {
	case after.Retired:
		c.add(ModelAdded, m.Number, "", "model %d is added", m.Number)
	case m.Number > after.Write:
		c.add(ModelAnnounced, m.Number, "", "model %d is announced: this release reads it, and writes model %d", m.Number, after.Write)
	case m.Number == after.Write && gone(before):
		c.add(ModelAdded, m.Number, "", "model %d is added, and written", m.Number)
	case m.Number == after.Write:
		c.add(ModelAdded, m.Number, "", "model %d is added, and written at once", m.Number)
	default:
		c.add(ModelAdded, m.Number, "", "model %d is added, and not written", m.Number)
	}
	c.list = append(c.list, stepTo(after.Model(m.Number-1), m)...)
}

// difference returns what the second list has more, and what it lacks, each in
// its order.
func difference(before, after []string) (added, removed []string) {
	for _, name := range after {
		if !slices.Contains(before, name) {
			added = append(added, name)
		}
	}
	for _, name := range before {
		if !slices.Contains(after, name) {
			removed = append(removed, name)
		}
	}
	return added, removed
}
