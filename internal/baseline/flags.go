package baseline

import (
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Counted returns the releases with the types that count as released: all but
// those that were behind a flag in every release, and no release was recorded
// with it. Of such a type no object is anywhere. Once a release was recorded
// with the flag, those that are live or come later know and maintain what it
// creates; earlier ones left nothing.
//
// A directory or a commit does not say which flags are on, so that all of its
// types count.
func Counted(releases []Release) []Release {
	first := map[string]int{} // by type, the first release that may have created objects of it
	for i := range releases {
		r := &releases[i]
		for _, t := range r.Types {
			_, known := first[t.Name]
			ledger := strings.HasPrefix(r.Source, "release:")
			if !known && (t.Flag == "" || !ledger || slices.Contains(r.Flags, t.Flag)) {
				first[t.Name] = i
			}
		}
	}
	without := func(i int, t *definition.Type) bool {
		at, known := first[t.Name]
		return !known || i < at && releases[i].Role == History
	}
	counted := slices.Clone(releases)
	for i := range counted {
		counted[i].Types = slices.DeleteFunc(slices.Clone(counted[i].Types), func(t *definition.Type) bool { return without(i, t) })
	}
	return counted
}
