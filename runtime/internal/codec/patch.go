package codec

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

// PatchOf is what a Patch of a generated package asks for, tied to the type of
// its objects: a patch of another type does not compile where one of T is
// wanted. The zero value changes nothing.
//
// A PatchOf is a value that nobody changes, and so is safe for concurrent use as
// long as nobody changes what the patch points to.
type PatchOf[T any] struct {
	write func(*Writer)
}

// NewPatch returns the patch that writes the attributes that change with write.
func NewPatch[T any](write func(*Writer)) PatchOf[T] { return PatchOf[T]{write} }

// deltasOf returns what a patch changes.
func PatchDeltas[T any](patch PatchOf[T]) ([]Delta, error) {
	if patch.write == nil {
		return nil, nil
	}
	w := NewWriter(nil)
	patch.write(w)
	return w.deltas()
}
