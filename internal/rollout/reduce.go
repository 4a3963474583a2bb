package rollout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// What all releases declare alike is represented once, at every depth: of the
// parts of a struct that all releases declare alike one represents the others,
// and of those that changed in the same way as many are kept as are played
// together. A level that differs only further inside keeps nothing but the path
// there.

// reduced returns the case with declarations reduced to shapes. It does not change
// the definitions of the case.
func reduced(c Case) Case {
	known := map[*definition.Type]*definition.Type{}
	reduce := func(r Release) Release {
		if r.Type == nil {
			return r
		}
		if known[r.Type] == nil {
			t := *r.Type
			t.Models = slices.Clone(t.Models)
			for i := range t.Models {
				m := &t.Models[i]
				m.Backfill = slices.Clone(m.Backfill)
				m.Attributes = slices.Clone(m.Attributes)
				for k := range m.Attributes {
					m.Attributes[k].Value = shapeOf(m.Attributes[k].Value)
				}
			}
			known[r.Type] = &t
		}
		r.Type = known[r.Type]
		return r
	}
	out := Case{New: reduce(c.New)}
	for _, r := range c.History {
		out.History = append(out.History, reduce(r))
	}
	return out
}

// occurrence is a fact in a model.
type occurrence struct {
	model *definition.Model
	*definition.Attribute
}

// reduceFact reduces all declarations of a fact, encoding by encoding, and notes
// their likeness.
func reduceFact(f *fact, types []*definition.Type) {
	numbers := encodingsOf(f, types)
	byForm := map[int][]occurrence{}
	var order []int
	for _, t := range types {
		for i := range t.Models {
			m := &t.Models[i]
			if at := f.in(m); at != nil {
				form := numbers[place{m.Number, at.Name}]
				if byForm[form] == nil {
					order = append(order, form)
				}
				byForm[form] = append(byForm[form], occurrence{m, at})
			}
		}
	}
	var like []string
	f.shapes = map[*definition.Attribute]string{}
	for _, form := range order {
		list := byForm[form]
		var all []definition.Value
		for _, at := range list {
			all = appendNew(all, at.Value)
		}
		like = append(like, likeness(all))
		out := reduceValues(all, true)
		for _, at := range list {
			i := slices.IndexFunc(all, at.Value.Equal)
			f.shapes[at.Attribute] = fmt.Sprint(form, ".", i)
			if b := slices.IndexFunc(at.model.Backfill, func(b definition.Backfill) bool { return b.Name == at.Name }); b >= 0 {
				at.model.Backfill[b].Value = pruned(all[i], out[i], at.model.Backfill[b].Value)
			}
			if at.Default != "" {
				at.Default = pruned(all[i], out[i], at.Default)
			}
			at.Value = out[i]
		}
	}
	f.like = strings.Join(like, " ")
}

func appendNew(all []definition.Value, v definition.Value) []definition.Value {
	if slices.ContainsFunc(all, v.Equal) {
		return all
	}
	return append(all, v)
}

// likeness describes the different declarations of a position completely, apart
// from names, and from kinds that all have in common.
func likeness(all []definition.Value) string {
	if len(all) == 1 {
		text := "="
		if nullable(all[0]) {
			text += "null"
		}
		if holdsAny(all[0]) {
			text += "any"
		}
		return text
	}
	var heads, parts []string
	for _, v := range all {
		heads = append(heads, fmt.Sprintf("%s%t", v.Kind, v.Nullable))
	}
	for _, name := range partNames(all) {
		parts = append(parts, presence(name, all)+likeness(partsOf(name, all)))
	}
	slices.Sort(parts)
	text := strings.Join(heads, " ") + "(" + strings.Join(parts, " ") + ")"
	if items := itemsOf(all); len(items) > 0 {
		text += "[" + likeness(items) + "]"
	}
	if members := membersOf(all); len(members) > 0 {
		text += "{" + likeness(members) + "}"
	}
	return text
}

// presence describes for each declaration of a position whether it has a part,
// requires it, and how it declares the part.
func presence(name string, all []definition.Value) string {
	values := partsOf(name, all)
	var b strings.Builder
	for _, v := range all {
		switch part := partOf(v, name); {
		case part == nil:
			b.WriteByte('-')
		case part.Optional:
			fmt.Fprintf(&b, "?%d", slices.IndexFunc(values, part.Value.Equal))
		default:
			fmt.Fprintf(&b, "!%d", slices.IndexFunc(values, part.Value.Equal))
		}
	}
	return b.String()
}

// differs reports whether the declarations of a position differ in a part.
func differs(name string, all []definition.Value) bool {
	return differsInPresence(name, all) || len(partsOf(name, all)) > 1
}

// differsInPresence reports whether only some of the declarations have a part, or
// only some require it.
func differsInPresence(name string, all []definition.Value) bool {
	first := partOf(all[0], name)
	return first == nil || slices.ContainsFunc(all, func(v definition.Value) bool {
		part := partOf(v, name)
		return part == nil || part.Optional != first.Optional
	})
}

// differsHere reports whether the declarations of a position differ in more than
// what is within its parts.
func differsHere(all []definition.Value) bool {
	for _, v := range all {
		if v.Kind != all[0].Kind || v.Nullable != all[0].Nullable || v.Kind != definition.Struct || len(v.Fields) != len(all[0].Fields) {
			return true
		}
		for _, f := range v.Fields {
			if first := partOf(all[0], f.Name); first == nil || first.Optional != f.Optional {
				return true
			}
		}
	}
	return false
}

// reduceValues reduces the different declarations of a position, and returns them
// in their order.
func reduceValues(all []definition.Value, outermost bool) []definition.Value {
	if len(all) == 1 {
		return []definition.Value{reduceAlike(all[0])}
	}
	out := slices.Clone(all)
	mixed := slices.ContainsFunc(all, func(v definition.Value) bool { return v.Kind != all[0].Kind })
	kept := keptParts(all, outermost)
	for i := range out {
		out[i].Fields = slices.DeleteFunc(slices.Clone(out[i].Fields), func(f definition.Attribute) bool { return !slices.Contains(kept, f.Name) })
	}
	if mixed {
		return out
	}
	switch all[0].Kind {
	case definition.Struct:
		for _, name := range kept {
			values := partsOf(name, all)
			for k, v := range reduceValues(values, false) {
				for i := range out {
					if part := partOf(all[i], name); part != nil && part.Value.Equal(values[k]) {
						partOf(out[i], name).Value = v
					}
				}
			}
		}
	case definition.List, definition.Map:
		var values []definition.Value
		for _, v := range all {
			values = appendNew(values, elem(v))
		}
		elems := reduceValues(values, outermost)
		for i := range out {
			if all[i].Elem != nil {
				out[i].Elem = &elems[slices.IndexFunc(values, all[i].Elem.Equal)]
			}
		}
	}
	return out
}

// keptParts returns the names of the parts that represent all of them.
func keptParts(all []definition.Value, outermost bool) []string {
	var kept []string
	count := map[string]int{}
	direct := outermost || differsHere(all)
	var same []definition.Attribute
	for _, name := range partNames(all) {
		values := partsOf(name, all)
		if !differs(name, all) {
			same = append(same, *partOf(all[0], name))
			continue
		}
		direct = direct || len(values) > 1 && differsHere(values)
		how := presence(name, all) + likeness(values)
		if count[how]++; count[how] <= together {
			kept = append(kept, name)
		}
	}
	return append(kept, representatives(same, direct)...)
}

// representatives returns the names of the parts that represent some that all
// releases declare alike: a required one if there is one, and one that holds any
// value.
func representatives(same []definition.Attribute, wanted bool) []string {
	var names []string
	find := func(match func(definition.Attribute) bool) bool {
		i := slices.IndexFunc(same, match)
		if i >= 0 && !slices.Contains(names, same[i].Name) {
			names = append(names, same[i].Name)
		}
		return i >= 0
	}
	find(func(a definition.Attribute) bool { return holdsAny(a.Value) })
	if wanted && !find(func(a definition.Attribute) bool { return !a.Optional }) {
		find(func(definition.Attribute) bool { return true })
	}
	return names
}

// reduceAlike reduces a declaration that all releases have in common.
func reduceAlike(v definition.Value) definition.Value {
	if v.Elem != nil {
		elem := reduceAlike(*v.Elem)
		v.Elem = &elem
	}
	if v.Kind != definition.Struct {
		return v
	}
	kept := representatives(v.Fields, true)
	v.Fields = slices.DeleteFunc(slices.Clone(v.Fields), func(f definition.Attribute) bool { return !slices.Contains(kept, f.Name) })
	for i := range v.Fields {
		v.Fields[i].Value = reduceAlike(v.Fields[i].Value)
	}
	return v
}

// holdsAny reports whether some position in a value takes any value.
func holdsAny(v definition.Value) bool {
	switch v.Kind {
	case definition.JSON:
		return true
	case definition.List, definition.Map:
		return holdsAny(elem(v))
	default:
		return slices.ContainsFunc(v.Fields, func(f definition.Attribute) bool { return holdsAny(f.Value) })
	}
}

// pruned removes from a text what was removed from its declaration.
func pruned(was, is definition.Value, text string) string {
	if !structured(was) {
		return text
	}
	return encode(prune(was, is, decode(text)))
}

func prune(was, is definition.Value, tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		for name, value := range tree {
			before, after := partOf(was, name), partOf(is, name)
			switch {
			case was.Kind == definition.Map:
				tree[name] = prune(elem(was), elem(is), value)
			case before != nil && after == nil:
				delete(tree, name)
			case before != nil:
				tree[name] = prune(before.Value, after.Value, value)
			}
		}
	case []any:
		for i := range tree {
			tree[i] = prune(elem(was), elem(is), tree[i])
		}
	}
	return tree
}
