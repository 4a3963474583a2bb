package cli

import (
	"fmt"
	"slices"

	"github.com/esogen/esogen/internal/definition"
)

// knownFlags says which of the product's flags no type is behind. That is fine:
// a product has flags for other things, too. One that is nearly the flag of a
// type is an error, since the type would count as unreleased.
func (a *app) knownFlags(types []*definition.Type, flags []string) error {
	known := definition.Flags(types)
	for _, flag := range flags {
		if slices.Contains(known, flag) {
			continue
		}
		if near := definition.Nearest(flag, known); near != "" && !slices.Contains(flags, near) {
			return hinted(fmt.Errorf("no type is behind the flag %q", flag), fmt.Sprintf("did you mean %q?", near))
		}
		a.say("no type is behind the flag %q", flag)
	}
	return nil
}
