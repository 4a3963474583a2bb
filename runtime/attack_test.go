package eso

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

// What somebody tries who can write to the store and has no key, and what the
// errors and dumps of a working program must not tell.

// renamedSecret is a type of which model 2 calls the secret of model 1 by
// another name.
func renamedSecret(write int, up, down Convert) *Definition {
	return &Definition{Type: "note", Write: write, Models: []Model{
		{Format: Kibana, Namespaces: Agnostic, Attributes: []Attribute{{Name: "old", Optional: true}}, Encrypted: []string{"old"}},
		{
			Format: Kibana, Namespaces: Agnostic, Attributes: []Attribute{{Name: "new", Optional: true}}, Encrypted: []string{"new"},
			Renamed: []Rename{{New: "new", Old: "old", Up: up, Down: down}},
		},
	}}
}

func withMember(doc Document, member string) Document {
	doc.Attributes = []byte(strings.TrimSuffix(strings.Replace(string(doc.Attributes), "{", "{"+member+",", 1), ",}"))
	if !bytes.HasSuffix(doc.Attributes, []byte("}")) {
		doc.Attributes = append(doc.Attributes, '}')
	}
	return doc
}

// A document is said to be of the model before the one that adds a secret, and
// has that secret in the clear.
func TestPlantedSecretDoesNotOpen(t *testing.T) {
	keys := testKeys(t)
	doc := createToken(t, tokenDefinition(1), tokenText)
	planted := withMember(doc, `"refreshToken":"planted"`)
	d := tokenDefinition(2)

	_, err := d.openView(t.Context(), keys, planted)
	assert.ErrorIs(t, err, ErrMalformed)
	_, err = d.Migrate(t.Context(), keys, planted)
	assert.ErrorIs(t, err, ErrMalformed)
	assert.NotContains(t, err.Error(), "planted")
	_, _, err = d.readView(t.Context(), keys, planted, normal)
	assert.ErrorIs(t, err, ErrMalformed)

	_, err = d.Migrate(t.Context(), keys, withMember(doc, `"refreshToken":null`))
	assert.NoError(t, err, "null is no secret")
	_, err = d.Migrate(t.Context(), keys, withMember(doc, `"unknown":"kept"`))
	assert.NoError(t, err)
}

// The same through the names of a rename, in both directions.
func TestPlantedUnderTheOtherName(t *testing.T) {
	keys := testKeys(t)
	for _, c := range []struct {
		write, model int
		name         string
	}{{2, 1, "new"}, {1, 2, "old"}, {1, 7, "old"}} {
		d := renamedSecret(c.write, nil, nil)
		own := renamedSecret(min(c.model, 2), nil, nil)
		real, err := own.SealJSON(t.Context(), keys, Ref{ID: "n"}, fmt.Appendf(nil, `{%q:"real"}`, map[int]string{1: "old", 2: "new"}[own.Write]))
		require.NoError(t, err)
		real.Model = c.model
		_, err = d.openView(t.Context(), keys, real)
		require.NoError(t, err)
		for _, doc := range []Document{real, {Ref: real.Ref, Model: c.model, Attributes: []byte("{}")}} {
			_, err = d.openView(t.Context(), keys, withMember(doc, fmt.Sprintf(`%q:"planted"`, c.name)))
			assert.ErrorIs(t, err, ErrMalformed, "%+v", c)
		}
	}
}

// Two members that a rename would bring under one name never become a document
// that nobody can read: the stray one is dropped.
func TestRenameOntoATakenName(t *testing.T) {
	d := &Definition{Type: "note", Write: 2, Models: []Model{
		{Format: Kibana, Namespaces: Agnostic, Attributes: []Attribute{{Name: "old"}}},
		{Format: Kibana, Namespaces: Agnostic, Attributes: []Attribute{{Name: "new"}}, Renamed: []Rename{{New: "new", Old: "old"}}},
	}}
	migrated, err := d.Migrate(t.Context(), testKeys(t), Document{Model: 1, Attributes: []byte(`{"old":1,"new":2}`)})
	require.NoError(t, err)
	assert.Equal(t, `{"new":1}`, string(migrated.Attributes))
}

// The names within a secret are a part of it, also where a function of the
// product works on it.
func TestConversionErrorsTellNothingOfASecret(t *testing.T) {
	keys := testKeys(t)
	readCounts := func(d *codec.Reader) map[string]int64 { return codec.ReadMap(d, (*codec.Reader).Int) }
	badName := func(map[string]int64) map[string]string { return map[string]string{hush + "\xff": ""} }
	writeTexts := func(w *codec.Writer, m map[string]string) bool { return codec.WriteMap(w, m, (*codec.Writer).String) }
	convert := codec.Converting(readCounts, badName, writeTexts)
	for _, value := range []string{`{"` + hush + `":{"` + hush + `":0}}`, `{"` + hush + `":"` + hush + `"}`, `{"a":1}`} {
		doc, err := renamedSecret(1, convert, convert).SealJSON(t.Context(), keys, Ref{ID: "n"}, []byte(`{"old":`+value+`}`))
		require.NoError(t, err)
		_, err = renamedSecret(2, convert, convert).Migrate(t.Context(), keys, doc)
		require.Error(t, err)
		assert.Contains(t, err.Error(), `attribute "new": conversion: `)
		for ; err != nil; err = errors.Unwrap(err) {
			assert.False(t, shows(fmt.Sprintf("%v %+v %#v", err, err, err)), err)
		}
	}

	d := renamedSecret(2, nil, nil)
	d.Models[1].Renamed, d.Models[1].Removed = nil, []string{"old"}
	compute := func(*codec.Inputs) map[string]string { return badName(nil) }
	d.Models[1].Computed = []Compute{{Name: "new", From: codec.Computing(compute, writeTexts)}}
	_, err := d.Migrate(t.Context(), keys, Document{Model: 1, Attributes: []byte(`{}`)})
	assert.ErrorContains(t, err, `attribute "new": computed value: `)
	assert.False(t, shows(err.Error()), err)
}

// The error of a caller's function, or of a keyring, may wrap one about another
// object.
func TestErrorsOfOthersReachTheCaller(t *testing.T) {
	doc := createToken(t, tokenDefinition(1), tokenText)
	other := &Error{Op: OpOpen, Ref: Ref{Type: "other", ID: otherID}, Attribute: "elsewhere", Err: ErrTampered}
	stop := errors.New("stop")
	for _, given := range []error{stop, other, fmt.Errorf("%w: %w", stop, other)} {
		_, err := tokens(1).Update(t.Context(), testKeys(t), doc, func(*token) error { return given })
		assert.ErrorIs(t, err, given)
		assert.Equal(t, `eso: update "connector_token" "`+testID+`": `+given.Error(), err.Error())
	}
	_, err := tokens(1).Open(t.Context(), brokenKeyring{fmt.Errorf("%w: %w", stop, other)}, doc)
	assert.ErrorIs(t, err, stop)
	assert.ErrorContains(t, err, testID)
}

type brokenKeyring struct{ err error }

func (k brokenKeyring) SealingKey(context.Context, Ref) (Key, error) { return nil, k.err }

func (k brokenKeyring) OpeningKey(context.Context, Ref, string) (Key, error) { return nil, k.err }

func (k brokenKeyring) Keys(context.Context) ([]Key, error) { return nil, k.err }

// A codec or a computed value that logs what it was handed logs no secret.
func TestWhatGeneratedCodeIsHandedIsNotPrinted(t *testing.T) {
	ms := members{{Name: "s", Raw: `"` + hush + `"`, Secret: true}}
	d := codec.NewReader(ms)
	d.Object()
	require.True(t, d.Member())
	for _, v := range []any{&view{members: ms}, d, codec.NewWriter(ms)} {
		for _, verb := range "vsqdxXp" {
			assert.False(t, shows(fmt.Sprintf("%"+string(verb)+" %+"+string(verb)+" %#"+string(verb), v, v, v)), "%T", v)
		}
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v)
		assert.False(t, shows(b.String()), b.String())
	}
	assert.Equal(t, hush, d.String(), "printing read nothing")
}

const hush = "q7hush7q"

// shows reports whether a text shows hush, in any of the forms of package fmt.
func shows(text string) bool {
	for _, form := range []string{hush, fmt.Sprintf("%x", hush), fmt.Sprintf("%X", hush), fmt.Sprint([]byte(hush)), strings.Trim(fmt.Sprint([]byte(hush)), "[]"), "0x71, 0x37, 0x68"} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}
