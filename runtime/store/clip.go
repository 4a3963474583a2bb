package store

import (
	"strings"
	"unicode/utf8"
)

// maxClipped is how many bytes of a name people are shown, and tables of
// failures keep. Whoever can write to the database chooses names, of any length.
const maxClipped = 200

// clippedLimit is how many characters of a name a statement gives, to be
// clipped: more than are shown.
const clippedLimit = "256"

// clip returns a name as people are shown it: its beginning, where it is long, as
// text that any database takes.
func clip(name string) string {
	shown := name[:min(len(name), maxClipped+utf8.UTFMax)]
	shown = strings.ReplaceAll(strings.ToValidUTF8(shown, "\ufffd"), "\x00", "\ufffd")
	if len(shown) <= maxClipped {
		return shown
	}
	end := maxClipped - len("…")
	for !utf8.RuneStart(shown[end]) {
		end--
	}
	return shown[:end] + "…"
}
