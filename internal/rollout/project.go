package rollout

import (
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// project returns a type that has only the facts of a play.
func (a *atlas) project(t *definition.Type, c cast) *definition.Type {
	keeps := func(model int, name string) bool {
		f, ok := a.at[place{model, name}]
		return ok && slices.Contains(c, f)
	}
	out := &definition.Type{Name: t.Name, Write: t.Write, Oldest: t.Oldest}
	for i := range t.Models {
		m := &t.Models[i]
		here := func(name string) bool { return keeps(m.Number, name) }
		before := func(name string) bool { return keeps(m.Number-1, name) }
		model := definition.Model{
			Number: m.Number, Namespaces: m.Namespaces, Format: m.Format,
			Removed:   filter(m.Removed, before),
			Encrypted: filter(m.Encrypted, here), AAD: filter(m.AAD, here),
		}
		for _, c := range m.Computed {
			if here(c.Name) {
				model.Computed = append(model.Computed, definition.Compute{Name: c.Name, Inputs: filter(c.Inputs, before)})
			}
		}
		for _, r := range m.Renamed {
			if here(r.New) && before(r.Old) {
				model.Renamed = append(model.Renamed, r)
			}
		}
		for _, b := range m.Backfill {
			if here(b.Name) {
				model.Backfill = append(model.Backfill, b)
			}
		}
		for _, at := range m.Attributes {
			if here(at.Name) {
				model.Attributes = append(model.Attributes, definition.Attribute{Name: at.Name, Optional: at.Optional, Default: at.Default, Value: at.Value})
			}
		}
		out.Models = append(out.Models, model)
	}
	for _, name := range t.Exposes {
		if slices.ContainsFunc(t.Models, func(m definition.Model) bool { return keeps(m.Number, name) }) {
			out.Exposes = append(out.Exposes, name)
		}
	}
	return out
}

func filter(names []string, keep func(string) bool) []string {
	var kept []string
	for _, name := range names {
		if keep(name) {
			kept = append(kept, name)
		}
	}
	return kept
}
