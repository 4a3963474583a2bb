package rollout

import (
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// same tells whether two definitions behave alike in everything that the
// simulator plays. Comments, names of Go things, exceptions and the rule for
// ids, which no reader asks for, do not count.
func same(a, b *definition.Type) bool {
	if a == b {
		return true
	}
	return a.Name == b.Name && a.Write == b.Write && a.Oldest == b.Oldest && a.Retired == b.Retired &&
		sameNames(a.Exposes, b.Exposes) && slices.EqualFunc(a.Models, b.Models, sameModel)
}

func sameModel(a, b definition.Model) bool {
	return a.Number == b.Number && a.Namespaces == b.Namespaces && a.Format == b.Format &&
		sameNames(a.Encrypted, b.Encrypted) && sameNames(a.AAD, b.AAD) && sameNames(a.Removed, b.Removed) &&
		slices.EqualFunc(a.Computed, b.Computed, definition.Compute.Equal) && slices.Equal(a.Renamed, b.Renamed) && slices.Equal(a.Backfill, b.Backfill) &&
		slices.EqualFunc(a.Attributes, b.Attributes, sameAttribute)
}

func sameAttribute(a, b definition.Attribute) bool {
	return a.Name == b.Name && a.Optional == b.Optional && a.Default == b.Default && a.Value.Equal(b.Value)
}

// sameNames compares sets: the order of the names means nothing to a document.
func sameNames(a, b []string) bool {
	if slices.Equal(a, b) {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	for _, name := range a {
		if !slices.Contains(b, name) {
			return false
		}
	}
	return true
}
