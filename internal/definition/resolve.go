package definition

import "slices"

// Resolve computes the whole models from the steps between them: the
// attributes in order, and the sets that a model leaves out. It expects models
// in order of their numbers, and is lenient if a step names what does not
// exist: Check says what is wrong.
func (t *Type) Resolve() {
	for i := range t.Models {
		var before *Model
		if i > 0 {
			before = &t.Models[i-1]
		}
		t.Models[i].resolve(before)
	}
}

func (m *Model) resolve(before *Model) {
	var attributes []Attribute
	if before != nil {
		for i := range m.Computed {
			if m.Computed[i].Unstated {
				m.Computed[i].Inputs = before.names()
			}
		}
		attributes = m.carryOver(before)
		if !m.StatesEncrypted {
			m.Encrypted = m.carryNames(before.Encrypted)
		}
		if !m.StatesAAD {
			m.AAD = m.carryNames(before.AAD)
		}
	}
	for _, declared := range m.Declared {
		if i := slices.IndexFunc(attributes, named(declared.Name)); i >= 0 {
			attributes[i] = declared
		} else {
			attributes = append(attributes, declared)
		}
	}
	m.Attributes = attributes
}

// carryOver returns the attributes of the model before, renamed ones in the
// place and with the declaration of the old name, removed ones left out.
func (m *Model) carryOver(before *Model) []Attribute {
	var attributes []Attribute
	for _, a := range before.Attributes {
		name, kept := m.After(a.Name)
		if !kept {
			continue
		}
		if name != a.Name {
			a.Name, a.GoName = name, ""
		}
		attributes = append(attributes, a)
	}
	return attributes
}

func (m *Model) carryNames(names []string) []string {
	carried := []string{}
	for _, name := range names {
		if after, kept := m.After(name); kept {
			carried = append(carried, after)
		}
	}
	return carried
}

func named(name string) func(Attribute) bool {
	return func(a Attribute) bool { return a.Name == name }
}
