package eso

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// Ref is the identity of an object. It stands beside the object, not in it:
// the secrets are bound to it.
type Ref struct {
	Namespace string // "" means none; types of another kind than Single ignore it
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
}

// Namespaces is the namespace kind of a type.
type Namespaces string

const (
	Single           Namespaces = "single"            // an object lives in one namespace, and is bound to it
	Multiple         Namespaces = "multiple"          // an object may be shared into others
	MultipleIsolated Namespaces = "multiple-isolated" // an object lives in one namespace, under an id unique in all
	Agnostic         Namespaces = "agnostic"          // an object lives in none
)

// descriptor returns what identifies an object in the AAD: the namespace,
// where the kind binds it and it is not the default one, the type and the id.
func (n Namespaces) descriptor(ref Ref) []string {
	if n == Single && ref.Namespace != "" && ref.Namespace != "default" {
		return []string{ref.Namespace, ref.Type, ref.ID}
	}
	return []string{ref.Type, ref.ID}
}

// NewID returns a random UUID, version 4 (RFC 9562, section 5.4).
func NewID() string {
	var u [16]byte
	rand.Read(u[:]) // never fails: crypto/rand ends the program instead
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// IsUUID tells whether s has the form of a UUID: 8-4-4-4-12 hexadecimal
// digits, of either case, of any version (RFC 9562, section 4).
func IsUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	_, err := hex.DecodeString(digits)
	return err == nil
}
