package eso

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/esogen/esogen/runtime/internal/codec"
)

// Ref is the identity of an object. It is kept beside the object, not in it:
// the secrets are bound to it.
type Ref struct {
	Namespace string // "" and "default" mean the default one; objects of agnostic types have none
	Type      string
	ID        string
}

// Document is an object as it is stored: its identity, the model by which it
// was written, and its attributes, a JSON object in which secrets are sealed.
//
// The package never changes the bytes of Attributes; it returns new ones.
type Document struct {
	Ref        Ref
	Model      int // from 1
	Attributes []byte

	// KeyIDs are the ids of the keys that seal the secrets, each once: empty if
	// nothing is sealed, nil if they are not known. Every operation that seals
	// or opens all secrets sets them; one that leaves the secrets sealed keeps
	// those that it was given. No operation depends on them.
	KeyIDs []string
}

// Namespaces is the namespace kind of a type. docs/namespaces.md compares the
// kinds.
type Namespaces string

const (
	Single           Namespaces = "single"            // an object lives in one namespace, which is a part of its identity
	Multiple         Namespaces = "multiple"          // an object may be shared into others
	MultipleIsolated Namespaces = "multiple-isolated" // an object lives in one namespace, under an id unique in all
	Agnostic         Namespaces = "agnostic"          // an object lives in none
)

// IsNamespace reports whether s is the name of a namespace: one or more
// lower-case letters and digits of ASCII, "_" and "-", as Kibana's space ids.
func IsNamespace(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return s != ""
}

// descriptor returns what identifies an object in the AAD: the namespace,
// if the kind binds it and it is not the default one, the type and the id.
func (n Namespaces) descriptor(ref Ref) []string {
	if n == Single && ref.Namespace != "" && ref.Namespace != "default" {
		return []string{ref.Namespace, ref.Type, ref.ID}
	}
	return []string{ref.Type, ref.ID}
}

// boundInNative reports whether the native format binds the namespace of objects
// of the kind.
func (n Namespaces) boundInNative() bool { return n == Single || n == MultipleIsolated }

// NewID returns a random UUID, version 4 (RFC 9562, section 5.4).
func NewID() string {
	var u [16]byte
	rand.Read(u[:]) // never fails: crypto/rand ends the program instead
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// isRandomID reports whether an id may be given to a new object of a type whose
// ids are random, as Kibana counts UUIDs: versions 1 to 5 of the variant of RFC
// 9562, and the nil UUID, in either case.
func isRandomID(s string) bool {
	if !codec.IsUUID(s) {
		return false
	}
	return s[14] >= '1' && s[14] <= '5' && strings.IndexByte("89abAB", s[19]) >= 0 || strings.Trim(s, "0-") == ""
}
