package definition

import "slices"

// widening lists the kinds of namespaces from the one whose objects are found
// from the fewest places to the one whose objects are found from everywhere.
var widening = []Namespaces{Single, MultipleIsolated, Multiple, Agnostic}

// Narrower reports whether objects of the kind are found from fewer places than
// those of another one, or share an id that was theirs alone.
func (n Namespaces) Narrower(than Namespaces) bool {
	return slices.Index(widening, n) < slices.Index(widening, than)
}
