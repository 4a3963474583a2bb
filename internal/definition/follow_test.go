package definition_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
)

// drawStep draws a model and one after it, which removes, renames and adds
// attributes.
func drawStep(t *rapid.T) *definition.Type {
	all := []string{"a", "b", "c", "d", "e", "f"}
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 5, rapid.ID).Draw(t, "names")
	first, second := definition.Model{Number: 1}, definition.Model{Number: 2}
	for _, name := range names {
		first.Declared = append(first.Declared, definition.Attribute{Name: name})
	}
	second.Removed = names[:rapid.IntRange(0, len(names)).Draw(t, "removed")]
	kept := names[len(second.Removed):]
	renamed := kept[:rapid.IntRange(0, len(kept)).Draw(t, "renamed")]
	free := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		return slices.Contains(second.Removed, name) || slices.Contains(kept[len(renamed):], name)
	})
	free = rapid.Permutation(free).Draw(t, "new names")
	for i, old := range renamed {
		if free[i] != old {
			second.Renamed = append(second.Renamed, definition.Rename{Old: old, New: free[i]})
		}
	}
	for _, name := range free[len(renamed):] {
		if !slices.Contains(names, name) && rapid.Bool().Draw(t, "declared") {
			second.Declared = append(second.Declared, definition.Attribute{Name: name})
		}
	}
	typ := &definition.Type{Write: 2, Models: []definition.Model{first, second}}
	typ.Resolve()
	return typ
}

func TestAfterAndBeforeAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := drawStep(t)
		before, m := typ.Model(1), typ.Model(2)
		for _, a := range before.Attributes {
			after, ok := m.After(a.Name)
			assert.Equal(t, !slices.Contains(m.Removed, a.Name), ok, "is %q kept?", a.Name)
			if ok {
				back, ok := m.Before(after)
				assert.True(t, ok, "%q has become %q", a.Name, after)
				assert.Equal(t, a.Name, back, "of %q", after)
			}
		}
		for _, a := range m.Attributes {
			if old, ok := m.Before(a.Name); ok {
				after, ok := m.After(old)
				assert.True(t, ok, "%q was %q", a.Name, old)
				assert.Equal(t, a.Name, after, "of %q", old)
			}
		}
	})
}

// A name may lead to where no attribute is, before it is declared; an attribute
// may not.
func TestAttributesAreFollowedOnlyWhereTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := drawStep(t)
		before, m := typ.Model(1), typ.Model(2)
		for _, a := range m.Attributes {
			old := m.AttributeBefore(before, a.Name)
			added := slices.ContainsFunc(m.Declared, func(d definition.Attribute) bool { return d.Name == a.Name })
			assert.Equal(t, !added, old != nil, "%q", a.Name)
			if old != nil {
				assert.Equal(t, a.Name, m.AttributeAfter(old.Name).Name)
			}
		}
		for _, a := range before.Attributes {
			assert.Equal(t, !slices.Contains(m.Removed, a.Name), m.AttributeAfter(a.Name) != nil, "%q", a.Name)
		}
	})
}

func TestNamesAreFollowedThroughManyModels(t *testing.T) {
	typ := &definition.Type{Models: []definition.Model{
		{Number: 1},
		{Number: 2, Renamed: []definition.Rename{{New: "b", Old: "a"}, {New: "a", Old: "b"}}},
		{Number: 3, Renamed: []definition.Rename{{New: "c", Old: "b"}}},
		{Number: 4, Removed: []string{"a"}},
	}}
	for _, c := range []struct {
		name     string
		from, to int
		want     string
	}{
		{"a", 1, 1, "a"}, {"a", 1, 2, "b"}, {"a", 1, 4, "c"}, {"c", 4, 1, "a"}, {"b", 1, 3, "a"},
		{"b", 1, 4, ""}, {"a", 4, 3, ""}, {"b", 3, 1, ""},
	} {
		name, ok := typ.NameAt(c.name, c.from, c.to)
		assert.Equal(t, c.want, name, "%q of model %d in model %d", c.name, c.from, c.to)
		assert.Equal(t, c.want != "", ok)
	}
}
