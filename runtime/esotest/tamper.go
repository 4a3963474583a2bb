package esotest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	eso "github.com/esogen/esogen/runtime"
)

// Tampering changes golden documents in every way that opening must detect: each
// bound attribute, each part of the identity, each byte of each ciphertext; in the
// native format also the model, a missing seal, and a plaintext secret beside the
// seal. It takes the fullest document of each model.
func (s Suite[T]) Tampering(t *testing.T) {
	keys := s.keys(t)
	tried := false
	for _, o := range s.fullest(t) {
		v := &victim{Definition: s.Objects.Definition(), doc: o.document(), sets: s.model(o.model()), stored: members(t, o.Attributes)}
		v.keys = v.knownSalts(t, keys)
		if len(v.ciphertexts()) == 0 {
			continue
		}
		tried = true
		t.Run(o.title(), func(t *testing.T) {
			if _, err := v.OpenJSON(t.Context(), v.keys, v.doc); err != nil {
				t.Fatalf("the untouched document does not open: %v", err)
			}
			v.bound(t)
			v.identity(t)
			v.flipped(t)
			if v.sets.Format == eso.Native {
				v.unsealed(t)
			}
		})
	}
	if !tried {
		t.Skip("no golden document of this type is sealed")
	}
}

// fullest returns the golden document with most attributes of each model.
func (s Suite[T]) fullest(t *testing.T) []object {
	var fullest []object
	for _, o := range s.documents(t) {
		i := slices.IndexFunc(fullest, func(other object) bool { return other.model() == o.model() })
		switch {
		case i < 0:
			fullest = append(fullest, o)
		case len(members(t, o.Plain)) > len(members(t, fullest[i].Plain)):
			fullest[i] = o
		}
	}
	return fullest
}

// victim is a golden document that is tampered with.
type victim struct {
	*eso.Definition
	keys   eso.Keyring
	doc    eso.Document
	sets   *eso.Model
	stored map[string]json.RawMessage
}

// ciphertexts returns the names of the attributes that hold ciphertext.
func (v *victim) ciphertexts() []string {
	var names []string
	if v.sets.Format == eso.Native {
		if v.stored[SealName] != nil {
			names = append(names, SealName)
		}
		return names
	}
	for _, name := range v.sets.Encrypted {
		if raw := v.stored[name]; len(raw) > 0 && raw[0] == '"' {
			names = append(names, name)
		}
	}
	return names
}

// noticed opens a document that was tampered with. The error is ErrTampered, or
// one of those given.
func (v *victim) noticed(t *testing.T, what string, doc eso.Document, others ...error) {
	t.Helper()
	opened, err := v.OpenJSON(t.Context(), v.keys, doc)
	is := func(kind error) bool { return errors.Is(err, kind) }
	if err == nil || opened != nil {
		t.Errorf("%s: not noticed", what)
	} else if !is(eso.ErrTampered) && !slices.ContainsFunc(others, is) {
		t.Errorf("%s: want ErrTampered, got %v", what, err)
	}
}

// with returns the document with another value of one attribute, or without it.
func (v *victim) with(t *testing.T, name string, raw []byte) eso.Document {
	t.Helper()
	return with(t, v.doc, name, raw)
}

// bound changes, removes and adds bound attributes.
func (v *victim) bound(t *testing.T) {
	for _, name := range v.sets.AAD {
		if _, ok := v.stored[name]; !ok {
			v.noticed(t, `"`+name+`" added`, v.with(t, name, []byte("null")))
			continue
		}
		v.noticed(t, `"`+name+`" changed`, v.with(t, name, []byte(`["changed"]`)))
		v.noticed(t, `"`+name+`" removed`, v.with(t, name, nil))
	}
}

// identity moves the document to another id, type or namespace.
func (v *victim) identity(t *testing.T) {
	moved := v.doc
	moved.Ref.ID = eso.NewID()
	v.noticed(t, "another id", moved)

	retyped := *v
	other := *v.Definition
	other.Type += "_"
	retyped.Definition, moved = &other, v.doc
	moved.Ref.Type = other.Type
	retyped.noticed(t, "another type", moved)

	if v.bindsNamespace(t) {
		moved = v.doc
		moved.Ref.Namespace += "other"
		v.noticed(t, "another namespace", moved)
	}
}

// bindsNamespace reports whether the secrets are bound to the namespace. A seal of
// version 1 binds it for types of kind single only.
func (v *victim) bindsNamespace(t *testing.T) bool {
	switch {
	case v.sets.Namespaces == eso.Single:
		return true
	case v.sets.Format != eso.Native || v.sets.Namespaces != eso.MultipleIsolated:
		return false
	}
	names := v.ciphertexts()
	return len(names) > 0 && v.ciphertext(t, names[0])[0] > 1
}

// flipped flips a bit in every byte of every ciphertext. The header of a seal may
// become malformed, or name another key.
func (v *victim) flipped(t *testing.T) {
	var others []error
	if v.sets.Format == eso.Native {
		others = []error{eso.ErrMalformed, eso.ErrNoKey}
	}
	for _, name := range v.ciphertexts() {
		sealed := v.ciphertext(t, name)
		for i := range sealed {
			sealed[i] ^= 1 << (i % 8)
			raw, err := json.Marshal(base64.StdEncoding.EncodeToString(sealed))
			if err != nil {
				t.Fatal(err)
			}
			v.noticed(t, `a byte of "`+name+`" changed`, v.with(t, name, raw), others...)
			sealed[i] ^= 1 << (i % 8)
		}
	}
}

// unsealed removes the seal, gives the document another model, and puts a plaintext
// secret beside the seal.
func (v *victim) unsealed(t *testing.T) {
	v.noticed(t, "the seal removed", v.with(t, SealName, nil))
	for _, name := range v.sets.Encrypted {
		for _, planted := range []string{"null", `"planted"`} {
			v.noticed(t, `"`+name+`" in the clear`, v.with(t, name, []byte(planted)), eso.ErrMalformed)
		}
	}
	for model := max(v.Oldest, 1); model <= len(v.Models)+1; model++ {
		if other := v.doc; model != v.doc.Model {
			other.Model = model
			v.noticed(t, "another model", other, eso.ErrMalformed)
		}
	}
}

func (v *victim) ciphertext(t *testing.T, name string) []byte {
	t.Helper()
	var text string
	if err := json.Unmarshal(v.stored[name], &text); err != nil {
		t.Fatalf("%q: %v", name, err)
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sealed) <= saltSize {
		t.Fatalf("%q is not a ciphertext: %v", name, err)
	}
	return sealed
}

// saltSize is the length of the salt at the start of a ciphertext.
const saltSize = 64

// knownSalts returns, for the kibana format, a keyring that derives the real keys
// for the salts of the document once, and something cheap for all others: deriving
// takes milliseconds, and a test of every byte meets many salts.
func (v *victim) knownSalts(t *testing.T, keys eso.Keyring) eso.Keyring {
	t.Helper()
	if v.sets.Format == eso.Native {
		return keys
	}
	list, err := keys.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := make([]eso.Key, len(list))
	for i, key := range list {
		kibana, ok := key.(eso.KibanaKey)
		if !ok {
			t.Fatalf("key %q does not open the kibana format", key.ID())
		}
		k := saltedKey{kibana, map[string][]byte{}}
		for _, name := range v.ciphertexts() {
			salt := v.ciphertext(t, name)[:saltSize]
			if k.derived[string(salt)], err = kibana.DeriveKibana(t.Context(), salt); err != nil {
				t.Fatal(err)
			}
		}
		known[i] = k
	}
	ring, err := eso.NewKeyringOf(known[0], known[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

type saltedKey struct {
	eso.KibanaKey
	derived map[string][]byte // by salt
}

func (k saltedKey) DeriveKibana(_ context.Context, salt []byte) ([]byte, error) {
	if derived, ok := k.derived[string(salt)]; ok {
		return derived, nil
	}
	sum := sha256.Sum256(salt)
	return sum[:], nil
}
