package definition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// names checks every name that a model mentions: that it exists, that it is
// free where it is new, and that the sets do not overlap.
func (c *checker) names() {
	gone := map[string]goneName{}
	for i := range c.t.Models {
		m := &c.t.Models[i]
		c.newNames(m, gone)
		c.set(m, "encrypted", m.Encrypted, m.StatesEncrypted, i == 0)
		c.set(m, "aad", m.AAD, m.StatesAAD, i == 0)
		c.bothSets(m)
		c.oldNames(m, c.before(i))
		for _, name := range m.Removed {
			gone[name] = goneName{m.Number, "removed"}
		}
		for _, r := range m.Renamed {
			gone[r.Old] = goneName{m.Number, "renamed"}
		}
		c.takenNames(m, gone)
	}
}

// goneName is the model that took a name away, and how.
type goneName struct {
	model int
	how   string
}

// newNames checks the names that a model introduces.
func (c *checker) newNames(m *Model, gone map[string]goneName) {
	for _, a := range m.Declared {
		c.newName(a.Name, onAttribute(m, a.Name))
	}
	for _, r := range m.Renamed {
		if !slices.ContainsFunc(m.Declared, named(r.New)) {
			c.newName(r.New, onModel(m, "renamed", r.New).of(r.New))
		}
	}
	for _, r := range m.Renamed {
		if was, ok := gone[r.New]; ok {
			c.taken(m, r.New, was, onModel(m, "renamed", r.New).of(r.New))
		}
	}
}

func (c *checker) newName(name string, where at) {
	switch {
	case name == "__proto__" || name == "$sealed":
		c.fail("reserved-name", where, quoted(name)+" is a reserved name", "choose another name")
	case strings.Contains(name, ".") && !c.t.DottedNames:
		c.fail("dotted-name", where, "the name "+quoted(name)+" has a dot in it",
			"names are literal, never paths: declare a nested struct if you mean one, or write dottedNames: true in the type if the name is meant")
	case strings.ContainsFunc(name, unprintable):
		c.fail("unprintable-name", where, "the name "+strconv.QuoteToASCII(name)+" holds a character that is not seen",
			"leave it out: reviewers have to see what a golden file says")
	}
}

// unprintable reports whether a character shows nothing, or changes the direction
// of the text around it. Characters that JSON escapes are visible.
func unprintable(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) }

// takenNames refuses to declare what this or an earlier model did away with:
// older documents may still hold it.
func (c *checker) takenNames(m *Model, gone map[string]goneName) {
	for _, a := range m.Declared {
		if was, ok := gone[a.Name]; ok {
			c.taken(m, a.Name, was, onAttribute(m, a.Name))
		}
	}
}

func (c *checker) taken(m *Model, name string, was goneName, where at) {
	message := fmt.Sprintf("model %d declares %q again, which model %d %s", m.Number, name, was.model, was.how)
	if was.model == m.Number {
		message = fmt.Sprintf("model %d both declares %q and has it %s", m.Number, name, was.how)
	}
	c.fail("removed-name", where, message, "choose another name: this one stays taken, since older documents may hold it")
}

// set checks one of the two sets of a model, where the model states it.
func (c *checker) set(m *Model, key string, names []string, stated, first bool) {
	if !stated {
		if first {
			c.fail("missing-set", onModel(m), fmt.Sprintf("model %d leaves %q out", m.Number, key),
				fmt.Sprintf("the first model states both sets: write %s: […], or %s: [] for an empty one", key, key))
		}
		return
	}
	for i, name := range names {
		where := onModel(m, key, strconv.Itoa(i)).of(name)
		switch {
		case slices.Contains(names[:i], name):
			c.fail("twice-in-set", where, fmt.Sprintf("%q is in %q twice", name, key), "list it once")
		case m.Attribute(name) != nil:
		case slices.Contains(m.Removed, name):
			c.fail("unknown-name", where, fmt.Sprintf("%q lists %q, which model %d removes", key, name, m.Number), "take it out of the set")
		default:
			if r, ok := m.RenameFrom(name); ok {
				c.fail("unknown-name", where, fmt.Sprintf("%q lists %q, which model %d renames", key, name, m.Number), "write "+quoted(r.New))
				continue
			}
			c.unknown(where, quoted(key)+" lists", name, m.names())
		}
	}
}

// bothSets refuses an attribute that is bound and encrypted. The error is
// where this model states it.
func (c *checker) bothSets(m *Model) {
	for i, name := range m.AAD {
		e := slices.Index(m.Encrypted, name)
		if e < 0 || slices.Contains(m.AAD[:i], name) {
			continue
		}
		where, hint := onModel(m, "aad", strconv.Itoa(i)), "take it out of one: what is encrypted needs no binding"
		switch {
		case !m.StatesAAD && !m.StatesEncrypted:
			continue // reported where it was stated
		case !m.StatesAAD:
			where = onModel(m, "encrypted", strconv.Itoa(e))
			hint = `this model inherits "aad" from the one before: state it here, without this name`
		case !m.StatesEncrypted:
			hint = `this model inherits "encrypted" from the one before: state it here, without this name`
		}
		c.fail("both-sets", where.of(name), fmt.Sprintf(`%q is in both sets, "encrypted" and "aad"`, name), hint)
	}
}

// oldNames checks the names that a step mentions: those of the model before,
// and those to which it gives values.
func (c *checker) oldNames(m, before *Model) {
	if before == nil {
		c.noStep(m)
		return
	}
	for i, name := range m.Removed {
		where := onModel(m, "removed", strconv.Itoa(i)).of(name)
		if slices.Contains(m.Removed[:i], name) {
			c.fail("twice-in-list", where, fmt.Sprintf(`%q is in "removed" twice`, name), "list it once")
		} else if before.Attribute(name) == nil {
			c.unknownBefore(where, `"removed" lists`, name, before)
		}
	}
	for _, r := range m.Renamed {
		c.rename(m, before, r)
	}
	for _, b := range m.Backfill {
		if m.Attribute(b.Name) == nil {
			c.unknown(onModel(m, "backfill", b.Name).of(b.Name), `"backfill" has`, b.Name, m.names())
		}
	}
	c.computed(m, before)
}

func (c *checker) rename(m, before *Model, r Rename) {
	where := onModel(m, "renamed", r.New).of(r.New)
	switch {
	case r.New == r.Old:
		c.fail("rename", where, fmt.Sprintf("%q is renamed to itself", r.New), "give the new name first, then the old one: renamed: {new: \"old\"}")
	case before.Attribute(r.Old) == nil:
		c.unknownBefore(where, `"renamed" takes`, r.Old, before)
	case slices.Contains(m.Removed, r.Old):
		c.fail("rename", where, fmt.Sprintf("%q is both removed and renamed", r.Old), `take it out of "removed": a rename leaves the old name behind`)
	case before.Attribute(r.New) != nil:
		c.fail("rename", where, fmt.Sprintf("%q is renamed to %q, which model %d already has", r.Old, r.New, before.Number), "choose a new name")
	default:
		if first, ok := m.RenameFrom(r.Old); ok && first.New != r.New {
			c.fail("rename", where, fmt.Sprintf("%q is renamed to %q and to %q", r.Old, first.New, r.New), `keep one rename, and give the other attribute its value with "computed": {new: ["old"]}`)
		}
	}
}

// noStep refuses steps in the first model, which has none before it.
func (c *checker) noStep(m *Model) {
	refuse := func(key string, entries int) {
		if entries > 0 {
			c.fail("first-model", onModel(m, key), fmt.Sprintf("the first model has %q, but there is no model before it", key), fmt.Sprintf("take %q out", key))
		}
	}
	refuse("removed", len(m.Removed))
	refuse("renamed", len(m.Renamed))
	refuse("backfill", len(m.Backfill))
	refuse("computed", len(m.Computed))
}

// exposes checks that what the normal read decrypts is encrypted by a model.
func (c *checker) exposes() {
	var secrets []string
	for i := range c.t.Models {
		secrets = append(secrets, c.t.Models[i].Encrypted...)
	}
	for i, name := range c.t.Exposes {
		where := onType("exposes", strconv.Itoa(i)).of(name)
		switch {
		case slices.Contains(c.t.Exposes[:i], name):
			c.fail("twice-in-list", where, fmt.Sprintf(`%q is in "exposes" twice`, name), "list it once")
		case slices.Contains(secrets, name):
		case c.everHas(name):
			c.fail("not-encrypted", where, fmt.Sprintf(`"exposes" lists %q, which no model encrypts`, name),
				"take it out: a normal read shows what is not encrypted")
		default:
			c.unknown(where, `"exposes" lists`, name, secrets)
		}
	}
}

func (c *checker) unknown(where at, says, name string, candidates []string) {
	c.fail("unknown-name", where, fmt.Sprintf("%s %q, which is not declared", says, name), suggestion(name, candidates))
}

func (c *checker) unknownBefore(where at, says, name string, before *Model) {
	c.fail("unknown-name", where, fmt.Sprintf("%s %q, which model %d does not have", says, name, before.Number), suggestion(name, before.names()))
}

func suggestion(name string, candidates []string) string {
	if whole, _, dotted := strings.Cut(name, "."); dotted && slices.Contains(candidates, whole) {
		return "write " + quoted(whole) + ": names are literal, never paths, and a role belongs to a whole attribute"
	}
	if near := Nearest(name, candidates); near != "" {
		return "write " + quoted(near) + ", if that is meant"
	}
	if len(candidates) == 0 {
		return "no name fits here"
	}
	list := slices.Clone(candidates)
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > 12 {
		return "declare it, or take it out"
	}
	for i := range list {
		list[i] = quoted(list[i])
	}
	return "declare it, or write one of " + strings.Join(list, ", ")
}

func (m *Model) names() []string {
	names := make([]string, len(m.Attributes))
	for i, a := range m.Attributes {
		names[i] = a.Name
	}
	return names
}

// everHas reports whether any model has an attribute of that name.
func (c *checker) everHas(name string) bool { return slices.Contains(c.everyName(), name) }

func (c *checker) everyName() []string {
	var names []string
	for i := range c.t.Models {
		names = append(names, c.t.Models[i].names()...)
	}
	return names
}
