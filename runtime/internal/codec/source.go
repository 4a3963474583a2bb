package codec

import (
	"fmt"
	"io"

	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Source is an object as it was read. A struct keeps it, so that what is not
// changed, and what the struct has no field for, is written back verbatim. It
// never holds a secret of the object. The zero value means an object that was
// not read.
//
// Printing it within the struct that keeps it shows an address and numbers, and
// nothing of the text: it would repeat each value, and show members that the
// struct has no field for.
type Source struct {
	// Package fmt prints a pointer within a struct as an address. The objects of
	// one text share it.
	whole      *string
	begin, end int
}

// Format prints a fixed text, whatever the verb: alone, a Source has no struct
// around it that makes fmt print an address.
func (s Source) Format(f fmt.State, _ rune) { io.WriteString(f, "eso.Source") }

// sourceOf returns the Source of an object with the given text, which is kept
// alive.
func sourceOf(text string) Source { return Source{&text, 0, len(text)} }

// text returns the text of the object, or "".
func (s Source) text() string {
	if s.whole == nil {
		return ""
	}
	return (*s.whole)[s.begin:s.end]
}

// Lacks reports whether the object was read, and had no member of that name.
// Generated code asks it of a member that this release must not take away, and
// that another one may have left out.
func (s Source) Lacks(name string) bool {
	text := s.text()
	for key, value, _ := jsontext.NextMember(text, 0); key.End > 0; key, value, _ = jsontext.NextMember(text, value.End) {
		if jsontext.NameOf(key.Of(text)) == name {
			return false
		}
	}
	return text != ""
}
