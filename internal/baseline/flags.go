package baseline

import (
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Counted returns the releases with the types that count as released: all but
// those that were behind a flag in every release, and no release was recorded
// with it. Of such a type no object is anywhere. Once a release was recorded
// with the flag, the others know and maintain what it creates.
//
// A directory or a commit does not say which flags are on, so that all of its
// types count.
func Counted(releases []Release) []Release {
	on := map[string]bool{}
	for i := range releases {
		r := &releases[i]
		for _, flag := range r.Flags {
			on[flag] = true
		}
		if !strings.HasPrefix(r.Source, "release:") {
			for _, flag := range definition.Flags(r.Types) {
				on[flag] = true
			}
		}
	}
	released := map[string]bool{}
	for i := range releases {
		for _, t := range releases[i].Types {
			if t.Flag == "" || on[t.Flag] {
				released[t.Name] = true
			}
		}
	}
	counted := slices.Clone(releases)
	for i := range counted {
		counted[i].Types = slices.DeleteFunc(slices.Clone(counted[i].Types), func(t *definition.Type) bool { return !released[t.Name] })
	}
	return counted
}
