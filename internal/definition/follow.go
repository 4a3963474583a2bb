package definition

import "slices"

// A step from one model to the next renames and removes attributes. Two
// questions follow an attribute through it, and they are not the same:
//
//   - After and Before follow a name. They go by the renames and removals of the
//     step alone, and answer for any name, whatever the models declare.
//   - AttributeAfter and AttributeBefore find the attribute itself, and so
//     return nil also if the other model has no attribute of that name.

// After returns the name in m of what the model before it calls name. It
// reports false if m removes it.
func (m *Model) After(name string) (string, bool) {
	if slices.Contains(m.Removed, name) {
		return "", false
	}
	if r, ok := m.RenameFrom(name); ok {
		return r.New, true
	}
	return name, true
}

// Before returns the name in the model before m of what m calls name. It
// reports false if m removes an attribute of that name, or gives it another
// name: what m calls name is then new. Before is the inverse of After.
func (m *Model) Before(name string) (string, bool) {
	if r, ok := m.RenameTo(name); ok {
		return r.Old, true
	}
	if _, renamed := m.RenameFrom(name); renamed || slices.Contains(m.Removed, name) {
		return "", false
	}
	return name, true
}

// AttributeAfter returns the attribute of m that the model before it calls
// name, or nil if m has none.
func (m *Model) AttributeAfter(name string) *Attribute {
	if after, ok := m.After(name); ok {
		return m.Attribute(after)
	}
	return nil
}

// AttributeBefore returns the attribute of the model before m that m calls
// name, or nil if that model has none.
func (m *Model) AttributeBefore(before *Model, name string) *Attribute {
	if old, ok := m.Before(name); ok {
		return before.Attribute(old)
	}
	return nil
}

// NameAt returns the name in model to of what model from calls name. It goes up
// by [Model.After] and down by [Model.Before], and reports false as soon as one
// of them does, or there is no such model.
func (t *Type) NameAt(name string, from, to int) (string, bool) {
	if t.Model(from) == nil || t.Model(to) == nil {
		return "", false
	}
	kept := true
	for n := from + 1; n <= to && kept; n++ {
		name, kept = t.Models[n-1].After(name)
	}
	for n := from; n > to && kept; n-- {
		name, kept = t.Models[n-1].Before(name)
	}
	return name, kept
}

// Converts reports whether the step to m converts the value of what m calls
// name.
func (m *Model) Converts(name string) bool {
	r, _ := m.RenameTo(name)
	return r.Convert
}

// RenameFrom returns the rename whose old name that is.
func (m *Model) RenameFrom(old string) (Rename, bool) {
	return m.findRename(func(r Rename) bool { return r.Old == old })
}

// RenameTo returns the rename whose new name that is.
func (m *Model) RenameTo(name string) (Rename, bool) {
	return m.findRename(func(r Rename) bool { return r.New == name })
}

func (m *Model) findRename(match func(Rename) bool) (Rename, bool) {
	if i := slices.IndexFunc(m.Renamed, match); i >= 0 {
		return m.Renamed[i], true
	}
	return Rename{}, false
}
