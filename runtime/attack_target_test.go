package eso

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// outcome is what comes of an attack.
type outcome string

const (
	detected    outcome = "detected"     // the object does not open, cannot be updated, migrated or rotated
	notDetected outcome = "not detected" // it opens, and shows what the attacker chose
	noEffect    outcome = "no effect"    // it opens, and shows what it showed before
	impossible  outcome = "-"            // the format has nothing of the kind
)

// target is the store that is attacked: objects of the type credential, and of
// another one with the same attributes.
type target struct {
	t      *testing.T
	format Format
	keys   Keyring

	*Definition
	doc   Document // that is attacked
	older Document // the same object, a generation earlier, bound attributes as they are now
	first Document // the same object at the first generation, when a bound attribute was another
	other Document // another object of the type
	alien Document // an object of the other type under the same id
}

const (
	credentialText = `{"host":"h","port":9007199254740992,"list":[1,"x"],"note":"n","password":"s3cret","token":"t0ken"}`
	olderText      = `{"host":"h","port":9007199254740992,"list":[1,"x"],"note":"n","password":"f0rmer","token":"0lder"}`
	firstText      = `{"host":"g","port":9007199254740992,"list":[1,"x"],"note":"n","password":"f1rst","token":"0ldest"}`
)

// credential is the type that is attacked. In model 1 the token is plain.
func credential(name string, format Format) *Definition {
	attributes := []Attribute{
		{Name: "host", Optional: true}, {Name: "port", Optional: true}, {Name: "list", Optional: true}, {Name: "absent", Optional: true},
		{Name: "note", Optional: true}, {Name: "password", Optional: true}, {Name: "token", Optional: true},
	}
	aad := []string{"host", "port", "list", "absent"}
	return &Definition{Type: name, Write: 2, Models: []Model{
		{Format: format, Namespaces: Single, Attributes: attributes, Encrypted: []string{"password"}, AAD: aad},
		{Format: format, Namespaces: Single, Attributes: attributes, Encrypted: []string{"password", "token"}, AAD: aad},
	}}
}

func newTarget(t *testing.T, format Format) *target {
	x := &target{t: t, format: format, keys: newCheapKeyring("primary"), Definition: credential("credential", format)}
	create := func(d *Definition, id, text string) Document {
		doc, err := d.SealJSON(t.Context(), x.keys, Ref{Namespace: "space", ID: id}, []byte(text))
		require.NoError(t, err)
		return doc
	}
	x.doc, x.older, x.first = create(x.Definition, "one", credentialText), create(x.Definition, "one", olderText), create(x.Definition, "one", firstText)
	x.other = create(x.Definition, "two", strings.ReplaceAll(olderText, "f0rmer", "0ther"))
	x.alien = create(credential("alien", format), "one", credentialText)
	return x
}

func (x *target) members(doc Document) members {
	x.t.Helper()
	ms, err := codec.ParseMembers(string(doc.Attributes))
	require.NoError(x.t, err)
	return ms
}

// with returns the attacked document with other members.
func (x *target) with(ms members) Document {
	doc := x.doc
	doc.Attributes = codec.AppendMembers(nil, ms)
	return doc
}

// put gives an attribute of the attacked document another text, or removes it.
func (x *target) put(name, raw string) Document {
	x.t.Helper()
	ms := x.members(x.doc)
	i := ms.Find(name)
	switch {
	case raw == "":
		require.NotEqual(x.t, -1, i, name)
		ms = slices.Delete(ms, i, i+1)
	case i >= 0:
		ms[i].Raw = raw
	default:
		ms = append(ms, member{Name: name, Raw: raw})
	}
	return x.with(ms)
}

// sealedNames are the attributes of the attacked document that hold ciphertext.
func (x *target) sealedNames() []string {
	if x.format == Native {
		return []string{seal.Attribute}
	}
	return []string{"password", "token"}
}

// from returns the attacked document with the ciphertexts of another.
func (x *target) from(other Document) Document {
	ms, others := x.members(x.doc), x.members(other)
	for _, name := range x.sealedNames() {
		ms[ms.Find(name)].Raw = others[others.Find(name)].Raw
	}
	return x.with(ms)
}

// ciphertext is the bytes of one.
func (x *target) ciphertext(name string) []byte {
	ms := x.members(x.doc)
	data, err := base64.StdEncoding.DecodeString(strings.Trim(ms[ms.Find(name)].Raw, `"`))
	require.NoError(x.t, err)
	return data
}

func (x *target) encoded(name string, data []byte) Document {
	return x.put(name, `"`+base64.StdEncoding.EncodeToString(data)+`"`)
}

// seal returns the attacked document with a changed seal.
func (x *target) seal(change func(data []byte) []byte) Document {
	return x.encoded(seal.Attribute, change(x.ciphertext(seal.Attribute)))
}

// at returns where in the seal the model stands, behind which come the names.
func (x *target) modelAt() int { return 3 + len("primary") + 64 }

// check opens, changes and rotates an attacked document.
func (x *target) check(what string, doc Document, want outcome) {
	x.t.Helper()
	opened, err := x.OpenJSON(x.t.Context(), x.keys, doc)
	switch want {
	case notDetected:
		require.NoError(x.t, err, what)
		return
	case noEffect:
		before, err := x.openView(x.t.Context(), x.keys, x.doc)
		require.NoError(x.t, err, what)
		after, err := x.openView(x.t.Context(), x.keys, doc)
		require.NoError(x.t, err, what)
		assert.JSONEq(x.t, string(codec.AppendMembers(nil, before.members)), string(codec.AppendMembers(nil, after.members)), what)
		return
	}
	require.Error(x.t, err, "%s: not detected", what)
	assert.Nil(x.t, opened, what)
	_, changed := x.update(x.t.Context(), x.keys, doc, setting("note", `"changed"`))
	assert.Error(x.t, changed, "%s: an update would seal it anew", what)
	_, rotated := x.Rotate(x.t.Context(), newCheapKeyring("next", "primary"), doc)
	assert.Error(x.t, rotated, "%s: a rotation would seal it anew", what)
	errs := []error{err, changed, rotated}
	if doc.Model < x.Write {
		_, migrated := x.Migrate(x.t.Context(), x.keys, doc)
		assert.Error(x.t, migrated, "%s: a migration would seal it anew", what)
		errs = append(errs, migrated)
	}
	for _, err := range errs {
		if err == nil {
			continue // which was reported
		}
		for _, secret := range []string{"s3cret", "t0ken", "f0rmer", "planted"} {
			assert.NotContains(x.t, err.Error(), secret, what)
		}
	}
	shown, _ := x.StripJSON(x.t.Context(), x.keys, doc)
	for _, secret := range []string{"s3cret", "t0ken", "f0rmer", "0lder"} {
		assert.NotContains(x.t, string(shown), secret, what)
	}
}
