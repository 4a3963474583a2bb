package eso

import (
	"strings"
	"unicode/utf8"
)

// maxShown is how many bytes of a name an error shows: whoever can write to the
// store chooses names, and could fill logs with them.
const maxShown = 200

// maxSteps is how many steps of the way to a value an error shows.
const maxSteps = 10

// clip shortens what somebody else chose for an error.
func clip(name string) string {
	if len(name) <= maxShown {
		return name
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return strings.Clone(name[:end]) + "…"
}
