package codec

// Filter selects the objects in which an attribute has a value. Generated
// packages make them, for attributes that are not secrets in this release or in
// a model that it announces; there is none for others, so that a program which
// looks for a secret does not compile.
//
// A store narrows its search by Attribute and Value, and asks Matches of what
// it finds.
type Filter[T any] struct {
	attribute string
	value     any
	matches   func(*T) bool
}

// Equal returns a filter on an attribute whose values are equal in a database
// exactly if they are equal in Go. The attribute is named as
// the write model names it.
func Equal[T any, V string | bool | int64](attribute string, value V, matches func(*T) bool) Filter[T] {
	return Filter[T]{attribute: attribute, value: value, matches: matches}
}

// Matching returns a filter on an attribute whose values have several spellings,
// as timestamps do, so that a database cannot tell which are equal.
func Matching[T any](attribute string, matches func(*T) bool) Filter[T] {
	return Filter[T]{attribute: attribute, matches: matches}
}

// Attribute is the name of the attribute in the write model.
func (f Filter[T]) Attribute() string { return f.attribute }

// Value is what the attribute must be: a string, a bool or an int64, and nil if
// only Matches can tell.
func (f Filter[T]) Value() any { return f.value }

// Matches reports whether an object has the value. The zero Filter takes all.
func (f Filter[T]) Matches(object *T) bool { return f.matches == nil || f.matches(object) }
