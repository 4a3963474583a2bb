// Package clip shortens what somebody else chose, for people to see: whoever can
// write to the database chooses names, of any length, and could fill logs, errors
// and tables with them.
package clip

import (
	"strings"
	"unicode/utf8"
)

// Length is how many bytes of a name are shown, at most.
const Length = 200

const more = "…"

// Text returns a name that is not longer than Length as it is, and else its
// beginning with an ellipsis behind it, within Length. What it returns keeps no
// longer text alive.
func Text(name string) string {
	if len(name) <= Length {
		return name
	}
	end := Length - len(more)
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + more
}

// Storable is Text for a column of any database: invalid UTF-8 and NUL become
// U+FFFD.
func Storable(name string) string {
	shown := name[:min(len(name), Length+utf8.UTFMax)]
	return Text(strings.ReplaceAll(strings.ToValidUTF8(shown, "\ufffd"), "\x00", "\ufffd"))
}
