package esoimpl

import (
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// Models returns the models of a type. Each is given as the step from the one
// before: a zero Format, Namespaces or nil set means that of the model before,
// and Attributes lists those that are new or declared anew. What the step
// removes and renames is gone from the attributes and sets it does not state.
func Models(steps ...eso.Model) []eso.Model {
	models := slices.Clone(steps)
	for i := 1; i < len(models); i++ {
		complete(&models[i], &models[i-1])
	}
	return models
}

func complete(m, before *eso.Model) {
	if m.Format == "" {
		m.Format = before.Format
	}
	if m.Namespaces == "" {
		m.Namespaces = before.Namespaces
	}
	if m.Encrypted == nil {
		m.Encrypted = carry(m, before.Encrypted)
	}
	if m.AAD == nil {
		m.AAD = carry(m, before.AAD)
	}
	declared := m.Attributes
	m.Attributes = nil
	for _, a := range before.Attributes {
		if name, ok := m.After(a.Name); ok {
			a.Name = name
			m.Attributes = append(m.Attributes, a)
		}
	}
	for _, a := range declared {
		if i := slices.IndexFunc(m.Attributes, func(b eso.Attribute) bool { return b.Name == a.Name }); i >= 0 {
			m.Attributes[i] = a
		} else {
			m.Attributes = append(m.Attributes, a)
		}
	}
}

// carry returns names of the model before as this one has them.
func carry(m *eso.Model, names []string) []string {
	carried := []string{}
	for _, name := range names {
		if now, ok := m.After(name); ok {
			carried = append(carried, now)
		}
	}
	return carried
}
