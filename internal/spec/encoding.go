package spec

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// textError is why a text was not given to the parser.
type textError struct {
	rule   string
	places []excess
}

func (e *textError) Error() string {
	first := e.places[0]
	return fmt.Sprintf("%d:%d: %s", first.line, first.column, first.message)
}

// unreadable returns why a file is not for the parser, or nil. The text is what
// CUE's loader makes of the file: it has replaced what is not UTF-8, and so
// would change names and values silently.
func (p *pkg) unreadable(name string, text []byte) *textError {
	if over := p.limits.check(text); over != nil {
		return &textError{"definition/too-large", []excess{*over}}
	}
	return misencoded(p.raw(name, text))
}

// raw returns the bytes of a file as they are stored; otherwise is for files
// that are not stored anywhere.
func (p *pkg) raw(name string, otherwise []byte) []byte {
	if p.overlay != nil {
		if text, ok := p.overlay.texts[name]; ok {
			return text
		}
		return otherwise
	}
	if text, err := os.ReadFile(name); err == nil {
		return text
	}
	return otherwise
}

// misencoded returns where a text is not UTF-8, or nil.
func misencoded(text []byte) *textError {
	const hint = "save the file as UTF-8"
	marked := bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
	if marked || bytes.IndexByte(text[:min(len(text), 4)], 0) >= 0 {
		return &textError{"definition/encoding", []excess{{1, 1, "the file is UTF-16, and CUE is UTF-8", hint}}}
	}
	if utf8.Valid(text) {
		return nil
	}
	var places []excess
	line := 0
	for content := range bytes.Lines(text) {
		line++
		if column := invalidUTF8(content); column >= 0 && len(places) < maxSyntaxErrors {
			message := fmt.Sprintf("the byte %#02x is not UTF-8", content[column])
			places = append(places, excess{line, column + 1, message, hint})
		}
	}
	return &textError{"definition/encoding", places}
}

// invalidUTF8 returns the index of the first byte that is not part of a
// character, or -1.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// conflictMarkers returns the lines of a text on which git leaves a conflict
// of a merge to people.
func conflictMarkers(text []byte) []int {
	var lines []int
	line := 0
	for content := range bytes.Lines(text) {
		line++
		if strings.HasPrefix(string(content), "<<<<<<< ") {
			lines = append(lines, line)
		}
	}
	return lines
}
