package rollout

import (
	"slices"
	"strconv"

	"github.com/esogen/esogen/internal/definition"
)

// A declaration reads a value if it reads each part, item and member of it, and
// every required part is present. So if two declarations of one attribute disagree
// about any value, they disagree about one that is ordinary everywhere but in one
// position. The values that tell declarations apart are therefore an ordinary one,
// and for each position what another declaration might refuse there. Their number
// grows with the positions, not with the combinations.

// rule is one of the rules that find such values. Tests leave one out, and check
// that verdicts become wrong.
type rule string

const (
	ruleNames    rule = "names"    // members of a map have the names of parts of a struct elsewhere
	rulePatterns rule = "patterns" // a part is absent, or nothing but it is there
	ruleNulls    rule = "nulls"    // null if that is allowed
	ruleEmpties  rule = "empties"  // lists and maps without items
	ruleKinds    rule = "kinds"    // every kind of value if any is allowed
)

// teller finds values that tell declarations apart.
type teller struct {
	n       int // makes the values distinct from those of another teller
	without rule
}

// texts returns values that the declaration own takes, an ordinary one first. all
// has the declarations of the same position, own among them.
func (t teller) texts(own definition.Value, all []definition.Value) []string {
	texts := []string{t.full(own, all)}
	add := func(text string) {
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if alike(all) {
		if own.Nullable || own.Kind == definition.JSON {
			add("null")
		}
		return texts
	}
	if (own.Nullable || own.Kind == definition.JSON) && t.without != ruleNulls {
		add("null")
	}
	switch own.Kind {
	case definition.List:
		t.list(own, all, add)
	case definition.Map:
		t.members(own, all, add)
	case definition.Struct:
		t.parts(own, all, add)
	case definition.JSON:
		t.kinds(all, add)
	}
	return texts
}

// full returns an ordinary value, with something in every position.
func (t teller) full(own definition.Value, all []definition.Value) string {
	switch own.Kind {
	case definition.List:
		return "[" + t.full(elem(own), itemsOf(all)) + "]"
	case definition.Map:
		return objectText(t.fullMembers(own, all))
	case definition.Struct:
		return objectText(t.fullParts(own, all))
	default:
		return sampler{}.text(own, t.n)
	}
}

func (t teller) list(own definition.Value, all []definition.Value, add func(string)) {
	if t.without != ruleEmpties {
		add("[]")
	}
	for _, text := range t.texts(elem(own), itemsOf(all)) {
		add("[" + text + "]")
	}
}

// fullMembers returns a member for every name that is a part in another
// declaration, and one of another name.
func (t teller) fullMembers(own definition.Value, all []definition.Value) []member {
	members := []member{{anyName, t.full(elem(own), membersOf(all))}}
	if t.without == ruleNames {
		return members
	}
	for _, name := range partNames(all) {
		members = append(members, member{name, t.full(elem(own), partsOf(name, all))})
	}
	return members
}

// anyName is a name that is not a part in any declaration.
const anyName = "key"

func (t teller) members(own definition.Value, all []definition.Value, add func(string)) {
	if t.without != ruleEmpties {
		add("{}")
	}
	full := t.fullMembers(own, all)
	for i, m := range full {
		places := partsOf(m.name, all)
		if i == 0 {
			places = membersOf(all)
		}
		for _, text := range t.texts(elem(own), places) {
			add(objectText(replaced(full, i, text)))
		}
	}
}

func (t teller) fullParts(own definition.Value, all []definition.Value) []member {
	var members []member
	for _, f := range own.Fields {
		members = append(members, member{f.Name, t.full(f.Value, partsOf(f.Name, all))})
	}
	return members
}

func (t teller) parts(own definition.Value, all []definition.Value, add func(string)) {
	full := t.fullParts(own, all)
	required := func(m member) bool {
		return slices.ContainsFunc(own.Fields, func(f definition.Attribute) bool { return f.Name == m.name && !f.Optional })
	}
	if t.without != rulePatterns {
		add(objectText(slices.DeleteFunc(slices.Clone(full), func(m member) bool { return !required(m) })))
	}
	for i, f := range own.Fields {
		if f.Optional && t.without != rulePatterns {
			add(objectText(slices.Delete(slices.Clone(full), i, i+1)))
			add(objectText(slices.DeleteFunc(slices.Clone(full), func(m member) bool { return m.name != f.Name && !required(m) })))
		}
		for _, text := range t.texts(f.Value, partsOf(f.Name, all)) {
			add(objectText(replaced(full, i, text)))
		}
	}
}

// kinds adds a value of every kind, for declarations that take only some.
func (t teller) kinds(all []definition.Value, add func(string)) {
	if t.without == ruleKinds {
		return
	}
	for _, text := range []string{"true", strconv.Itoa(t.n + 1), sampler{}.text(definition.Value{Kind: definition.Number}, t.n), sampler{}.text(definition.Value{Kind: definition.String}, t.n), "[]", "{}"} {
		add(text)
	}
	anything := definition.Value{Kind: definition.JSON}
	if items := itemsOf(all); !alike(items) {
		for _, text := range t.texts(anything, items) {
			add("[" + text + "]")
		}
	}
	if members := membersOf(all); !alike(members) {
		for _, text := range t.texts(anything, members) {
			add(objectText([]member{{anyName, text}}))
		}
	}
	for _, name := range partNames(all) {
		for _, text := range t.texts(anything, partsOf(name, all)) {
			add(objectText([]member{{name, text}}))
		}
	}
}

// member is a member of an object: a name, and the text of its value.
type member struct{ name, text string }

func replaced(members []member, i int, text string) []member {
	out := slices.Clone(members)
	out[i].text = text
	return out
}

func objectText(members []member) string {
	text := "{"
	for i, m := range members {
		if i > 0 {
			text += ","
		}
		text += encode(m.name) + ":" + m.text
	}
	return text + "}"
}

// alike reports whether all declarations are the same.
func alike(all []definition.Value) bool {
	return !slices.ContainsFunc(all, func(v definition.Value) bool { return !v.Equal(all[0]) })
}

// itemsOf returns the declarations of list items.
func itemsOf(all []definition.Value) []definition.Value {
	return stepInto(all, func(v definition.Value) (definition.Value, bool) { return elem(v), v.Kind == definition.List })
}

// membersOf returns the declarations of members whose names are not parts.
func membersOf(all []definition.Value) []definition.Value {
	return stepInto(all, func(v definition.Value) (definition.Value, bool) { return elem(v), v.Kind == definition.Map })
}

// partsOf returns the declarations of the part or member of a name.
func partsOf(name string, all []definition.Value) []definition.Value {
	return stepInto(all, func(v definition.Value) (definition.Value, bool) {
		if v.Kind == definition.Map {
			return elem(v), true
		}
		part := partOf(v, name)
		if part == nil {
			return v, false
		}
		return part.Value, true
	})
}

func stepInto(all []definition.Value, step func(definition.Value) (definition.Value, bool)) []definition.Value {
	var out []definition.Value
	for _, v := range all {
		next, ok := step(v)
		if v.Kind == definition.JSON {
			next, ok = v, true
		}
		if ok && !slices.ContainsFunc(out, next.Equal) {
			out = append(out, next)
		}
	}
	return out
}

// partOf returns the declaration of a part, or nil.
func partOf(v definition.Value, name string) *definition.Attribute {
	if i := slices.IndexFunc(v.Fields, func(f definition.Attribute) bool { return f.Name == name }); i >= 0 {
		return &v.Fields[i]
	}
	return nil
}

// partNames returns the names of the parts in any of the declarations.
func partNames(all []definition.Value) []string {
	var names []string
	for _, v := range all {
		for _, f := range v.Fields {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}
