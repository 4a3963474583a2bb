package definition

import "slices"

// Equal tells whether two declarations hold the same values and have the same
// Go type. Comments and names of Go fields do not count.
func (v Value) Equal(other Value) bool {
	return v.Nullable == other.Nullable && v.Definition == other.Definition && sameShape(v, other)
}

// sameShape compares declarations without nullability and without the label
// of the definition that they come from.
func sameShape(a, b Value) bool {
	return a.Kind == b.Kind &&
		slices.Equal(a.Enum, b.Enum) && slices.Equal(a.Not, b.Not) &&
		samePointee(a.Min, b.Min) && samePointee(a.Max, b.Max) &&
		samePointee(a.MinLength, b.MinLength) && samePointee(a.MaxLength, b.MaxLength) &&
		slices.Equal(a.Patterns, b.Patterns) && slices.Equal(a.NotPatterns, b.NotPatterns) &&
		sameElem(a.Elem, b.Elem) && slices.EqualFunc(a.Fields, b.Fields, sameField)
}

func sameElem(a, b *Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func sameField(a, b Attribute) bool {
	return a.Name == b.Name && a.Optional == b.Optional && a.Default == b.Default && a.Value.Equal(b.Value)
}

func samePointee[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
