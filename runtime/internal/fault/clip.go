package fault

import (
	"strings"
	"unicode/utf8"
)

// Whoever can write to the database chooses names, of any length, and could fill
// logs, errors and tables with them. So what people see of a name is short.

// ShownLength is how many bytes of a name are shown, at most.
const ShownLength = 200

const more = "…"

// Clip returns a name of at most ShownLength bytes unchanged, and of a longer one
// the beginning with an ellipsis behind it, within ShownLength. The result keeps
// no longer text alive.
func Clip(name string) string {
	if len(name) <= ShownLength {
		return name
	}
	end := ShownLength - len(more)
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + more
}

// Storable is Clip for a column of any database: invalid UTF-8 and NUL become
// U+FFFD.
func Storable(name string) string {
	shown := name[:min(len(name), ShownLength+utf8.UTFMax)]
	return Clip(strings.ReplaceAll(strings.ToValidUTF8(shown, "\ufffd"), "\x00", "\ufffd"))
}
