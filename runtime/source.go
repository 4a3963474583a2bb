package eso

import "unsafe"

// Source is an object as it was read. A struct keeps it, so that what is not
// changed, and what the struct has no field for, is written back as it stood. It
// never holds a secret of the object. The zero value means an object that was
// not read.
//
// Printing it, alone or within the struct that keeps it, shows an address and a
// length, and nothing of the text: it would repeat each value, and show members
// that the struct has no field for.
type Source struct {
	// The text, which begins with its brace. Package fmt prints a pointer within
	// a struct as an address, and what follows pointers finds the brace. A string
	// would be printed, and a closure would be an allocation for each object.
	brace *byte
	size  int
}

// sourceOf returns the Source of an object with the given text, which is kept
// alive.
func sourceOf(text string) Source { return Source{unsafe.StringData(text), len(text)} }

// text returns the text of the object, or "".
func (s Source) text() string { return unsafe.String(s.brace, s.size) }

// Lacks tells whether the object was read, and had no member of that name.
// Generated code asks it of a member that this release must not take away, and
// that another one may have left out.
func (s Source) Lacks(name string) bool {
	text := s.text()
	for key, value, _ := nextMember(text, 0); key.end > 0; key, value, _ = nextMember(text, value.end) {
		if nameOf(key.of(text)) == name {
			return false
		}
	}
	return text != ""
}
