package definition

import (
	"fmt"
	"slices"
)

// steps checks the attributes of each model against the model before: nothing
// required comes out of nowhere, and no name changes its meaning.
func (c *checker) steps() {
	for i := range c.t.Models {
		m, before := &c.t.Models[i], c.before(i)
		c.backfills(m)
		if before == nil {
			continue
		}
		for _, a := range m.Attributes {
			old, rename := m.origin(a.Name, before)
			if old == nil && rename.Old != "" {
				continue // the rename is wrong, and reported
			}
			c.requiredValue(m, a, old)
			if old != nil && !rename.Convert {
				c.kindChange(m, before, a, old)
			}
		}
	}
}

// origin returns the attribute of the model before from which m has the
// named one, and the rename between them.
func (m *Model) origin(name string, before *Model) (*Attribute, Rename) {
	if r, ok := m.RenameTo(name); ok {
		return before.Attribute(r.Old), r
	}
	return before.Attribute(name), Rename{}
}

// requiredValue refuses an attribute that documents of the model before lack,
// and this model requires.
func (c *checker) requiredValue(m *Model, a Attribute, old *Attribute) {
	if a.Optional || (old != nil && !old.Optional) || m.givesValue(a.Name) {
		return
	}
	message := fmt.Sprintf("%q is required in model %d, and documents of model %d lack it", a.Name, m.Number, m.Number-1)
	if old != nil {
		message = fmt.Sprintf("%q becomes required in model %d, and documents of model %d may lack it", a.Name, m.Number, m.Number-1)
	}
	hint := fmt.Sprintf(`write backfill: {%[1]s: …} for a constant, computed: {%[1]s: ["…"]} for a function of attributes of model %[2]d, or declare it optional: %[1]s?`,
		label(a.Name), m.Number-1)
	if old != nil {
		hint = fmt.Sprintf("write backfill: {%[1]s: …}, or leave it optional: %[1]s?", label(a.Name))
	}
	if a.Default != "" {
		hint += " (a default applies to new documents only)"
	}
	c.fail("required-without-value", onAttribute(m, a.Name), message, hint)
}

// givesValue reports whether migration fills the attribute in.
func (m *Model) givesValue(name string) bool {
	if _, ok := m.BackfillOf(name); ok {
		return true
	}
	_, ok := m.ComputeOf(name)
	return ok
}

func (c *checker) backfills(m *Model) {
	for _, b := range m.Backfill {
		a := m.Attribute(b.Name)
		if a == nil {
			continue
		}
		if err := Conform(a.Value, b.Value); err != nil {
			c.fail("backfill", onModel(m, "backfill", b.Name).of(b.Name),
				fmt.Sprintf("the backfill of %q does not fit its declaration: %s", b.Name, err), "write a value that the declaration allows")
			continue
		}
		if reason := unsealable(m, b.Name, b.Value); reason != "" {
			c.fail("backfill", onModel(m, "backfill", b.Name).of(b.Name),
				fmt.Sprintf("the backfill of %q cannot be sealed: %s", b.Name, reason), "write a value that the format of the model seals")
		}
	}
}

// kindChange compares the declarations of one attribute in adjacent models.
//
// "any" is a kind of its own here, in both directions: what was any value may
// hold another kind than the new one says, and code that was written for one
// kind would meet the others under the same name.
func (c *checker) kindChange(m, before *Model, a Attribute, old *Attribute) {
	var compare comparison
	compare.values(old.Value, a.Value, []string{a.Name})

	where := onAttribute(m, a.Name)
	if ch := compare.kind; ch != nil {
		c.fail("kind-changed", where,
			fmt.Sprintf("%s is %s in model %d and %s in model %d", ch.what(), ch.old, before.Number, ch.new, m.Number),
			fmt.Sprintf(`an attribute keeps its JSON kind under one name: rename it with a conversion, renamed: {newName: {from: %s, convert: true}}`, quoted(old.Name)))
		return
	}
	for _, n := range compare.narrower {
		c.warn("narrower", where,
			fmt.Sprintf("%s is %s in model %d and %s in model %d, so a document from before may not be read", n.what(), n.old, before.Number, n.new, m.Number),
			"keep the wider declaration, or rename the attribute with a conversion that deals with the rest")
	}
}

// comparison walks two declarations of one value.
type comparison struct {
	kind     *change  // the first change of a JSON kind
	narrower []change // what the old one allows and the new one cannot read
}

type change struct {
	path     []string // with element and entry for what lists and maps hold
	old, new string
}

const (
	element = "[]"
	entry   = "{}"
)

// what names what has changed.
func (c *change) what() string {
	named := quoted(dotted(slices.DeleteFunc(slices.Clone(c.path), func(step string) bool { return step == element || step == entry })))
	switch c.path[len(c.path)-1] {
	case element:
		return "an element of " + named
	case entry:
		return "an entry of " + named
	}
	return named
}

func (c *comparison) values(old, new Value, path []string) {
	if c.kind != nil {
		return
	}
	if old.Kind.Info().JSON != new.Kind.Info().JSON {
		c.kind = &change{path, kindName(old), kindName(new)}
		return
	}
	if !readsAs(old.Kind, new.Kind) {
		c.narrow(path, withArticle(string(old.Kind)), withArticle(string(new.Kind)))
	}
	if old.Nullable && !new.Nullable && new.Kind != JSON {
		c.narrow(path, "nullable", "not nullable")
	}
	if old.Kind != new.Kind {
		return
	}
	switch {
	case old.Kind == Struct:
		c.fields(old.Fields, new.Fields, path)
	case old.Elem != nil && new.Elem != nil && old.Kind == List:
		c.values(*old.Elem, *new.Elem, append(path[:len(path):len(path)], element))
	case old.Elem != nil && new.Elem != nil:
		c.values(*old.Elem, *new.Elem, append(path[:len(path):len(path)], entry))
	}
}

// fields compares nested structs. Nothing fills in a nested field, so one that
// is required from now on is missing in older documents.
func (c *comparison) fields(old, new []Attribute, path []string) {
	for _, field := range new {
		below := append(path[:len(path):len(path)], field.Name)
		before := find(old, field.Name)
		switch {
		case before == nil && !field.Optional:
			c.narrow(below, "not there", "required")
		case before == nil:
		default:
			if before.Optional && !field.Optional {
				c.narrow(below, "optional", "required")
			}
			c.values(before.Value, field.Value, below)
		}
	}
}

func (c *comparison) narrow(path []string, old, new string) {
	c.narrower = append(c.narrower, change{path, old, new})
}

// readsAs reports whether what was written as one kind can be read as another
// of the same JSON kind.
func readsAs(old, new Kind) bool {
	return old.In(new.ReadAs())
}

// kindName is the JSON kind of a value with its article.
func kindName(v Value) string {
	if v.Kind == JSON {
		return "any value"
	}
	return withArticle(string(v.Kind.Info().JSON))
}

func find(attributes []Attribute, name string) *Attribute {
	for i := range attributes {
		if attributes[i].Name == name {
			return &attributes[i]
		}
	}
	return nil
}

// label writes a name as the label of a CUE field.
func label(name string) string {
	for i, r := range name {
		letter := r == '_' || r == '$' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !letter && (i == 0 || r < '0' || r > '9') {
			return quoted(name)
		}
	}
	if name == "" || name[0] == '_' {
		return quoted(name)
	}
	return name
}
