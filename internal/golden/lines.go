package golden

import (
	"bytes"
	"strings"
)

// line is a record of a file that holds one a line.
type line struct {
	number int // in the file, from 1
	text   string
}

// records takes a file with a record a line apart. Of a file with the markers
// of a merge conflict it takes the records of both sides, and leaves out what
// diff3 shows of the common ancestor: a record that neither side kept. Line
// ends are as git makes them, and a record that is there twice counts once.
// Tidy is false if join would write another file, but for line ends:
// because of markers, white space or repeated records.
func records(file []byte) (found []line, tidy bool) {
	tidy = len(file) == 0 || file[len(file)-1] == '\n'
	seen := map[string]bool{}
	var markers conflict
	number := 0
	for text := range bytes.Lines(file) {
		number++
		record := strings.TrimSpace(string(text))
		tidy = tidy && record == strings.TrimRight(string(text), "\r\n")
		switch {
		case markers.next(record), record == "", seen[record]:
			tidy = false
			continue
		case markers.ancestor():
			continue
		}
		seen[record] = true
		found = append(found, line{number, record})
	}
	return found, tidy
}

// join writes records as a file.
func join(lines []line) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.Bytes()
}

// conflict follows the markers that git leaves in a file
// (https://git-scm.com/docs/git-merge#_how_conflicts_are_presented). Within
// the text of a common ancestor, which may have had conflicts of its own with
// longer markers, only those of the outer conflict count.
type conflict struct {
	size  int // of the markers, 0 outside of a conflict
	older bool
}

// next looks at a line, and reports whether it is a marker.
func (c *conflict) next(text string) bool {
	kind, size := marker(text)
	switch {
	case kind == 0:
		return false
	case c.size == 0:
		if kind == '<' {
			c.size = size
		}
		return true // one that is left over from an edit is not a record either
	case size != c.size:
		return true
	case kind == '|':
		c.older = true
	case kind == '=':
		c.older = false
	case kind == '>':
		*c = conflict{}
	}
	return true
}

// ancestor reports whether the lines that follow are those of the common
// ancestor.
func (c *conflict) ancestor() bool { return c.older }

// marker returns which marker a line is, and its length, or 0.
func marker(text string) (kind byte, size int) {
	if text == "" || !strings.ContainsRune("<|=>", rune(text[0])) {
		return 0, 0
	}
	rest := strings.TrimLeft(text, text[:1])
	size = len(text) - len(rest)
	if size < 7 || rest != "" && rest[0] != ' ' {
		return 0, 0
	}
	return text[0], size
}

// hasMarkers reports whether a file has the markers of a merge conflict.
func hasMarkers(file []byte) bool {
	for text := range bytes.Lines(file) {
		if kind, _ := marker(strings.TrimSpace(string(text))); kind != 0 {
			return true
		}
	}
	return false
}

// WithoutMarker skips the marker of a conflict at the beginning of a file.
func WithoutMarker(head []byte) []byte {
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	if kind, _ := marker(strings.TrimSpace(string(first))); kind == '<' {
		return rest
	}
	return head
}
