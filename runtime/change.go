package eso

// Change is what a patch does to an attribute that may be absent. The zero
// value leaves it as it is.
type Change[T any] struct {
	value T
	does  action
}

type action uint8

const (
	leave action = iota
	set
	unset
)

// Set gives the attribute a value.
func Set[T any](value T) Change[T] { return Change[T]{value, set} }

// Unset removes the attribute.
func Unset[T any]() Change[T] { return Change[T]{does: unset} }
