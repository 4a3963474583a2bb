package eso

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/codec"
)

// Whoever can write to the store, but has no key, changes a document in one
// way. Whatever it was, either nothing that is bound changed its meaning, or the
// document does not open, and no error shows a secret.
func TestTamperedDocumentsDoNotOpen(t *testing.T) {
	d := tokenDefinition(2)
	keys := testKeys(t)
	text := `{"refreshToken":"r3fresh",` + tokenText[1:]
	doc := createToken(t, d, text)
	want, err := d.OpenJSON(t.Context(), keys, doc)
	require.NoError(t, err)

	rapid.Check(t, func(t *rapid.T) {
		changed, harmless := tamper(t, d, doc)
		opened, err := d.OpenJSON(t.Context(), keys, changed)
		if err != nil {
			assert.Nil(t, opened)
			assert.NotContains(t, err.Error(), "s3cret")
			assert.NotContains(t, err.Error(), "r3fresh")
			return
		}
		if harmless {
			return
		}
		assert.Equal(t, string(want), string(opened), "it opened, though something bound changed")
	})
}

// tamper changes one thing. Harmless is what the format cannot, and need not,
// notice: a plain attribute that comes, a secret that goes.
func tamper(t *rapid.T, d *Definition, doc Document) (changed Document, harmless bool) {
	ms, err := codec.ParseMembers(string(doc.Attributes))
	require.NoError(t, err)
	i := rapid.IntRange(0, len(ms)-1).Draw(t, "member")
	m := &ms[i]
	secret := d.Models[1].encrypts(m.Name)
	switch rapid.SampledFrom([]string{"bit", "cut", "value", "gone", "null", "name", "plain", "swap", "id", "twice"}).Draw(t, "how") {
	case "bit":
		if !secret {
			return doc, false
		}
		raw, err := base64.StdEncoding.DecodeString(strings.Trim(m.Raw, `"`))
		require.NoError(t, err)
		at := rapid.IntRange(0, len(raw)*8-1).Draw(t, "bit")
		raw[at/8] ^= 1 << (at % 8)
		m.Raw = `"` + base64.StdEncoding.EncodeToString(raw) + `"`
	case "cut":
		if !secret {
			return doc, false
		}
		m.Raw = m.Raw[:rapid.IntRange(1, len(m.Raw)-2).Draw(t, "length")] + `"`
	case "value":
		m.Raw = rapid.SampledFrom([]string{`""`, `0`, `{}`, `[]`, `false`, `"2026-01-01"`}).Draw(t, "value")
	case "gone":
		harmless = secret
		ms = append(ms[:i], ms[i+1:]...)
	case "null":
		harmless = secret
		m.Raw = "null"
	case "name":
		harmless = secret
		m.Name = "other"
	case "plain":
		harmless = true
		ms = append(ms, member{Name: "note", Raw: `1`})
	case "swap": // the kibana format does not bind a secret's own name
		harmless = true
		a, b := ms.Find("token"), ms.Find("refreshToken")
		ms[a].Raw, ms[b].Raw = ms[b].Raw, ms[a].Raw
	case "id":
		doc.Ref.ID = NewID()
	case "twice":
		ms = append(ms, *m)
	}
	doc.Attributes = codec.AppendMembers(nil, ms)
	return doc, harmless
}

// FuzzOpenDocument hands stored attributes to every operation that reads: none
// panics, and none gives attributes beside an error.
func FuzzOpenDocument(f *testing.F) {
	d := tokenDefinition(2)
	keys, err := NewKeyring(primaryKey)
	if err != nil {
		f.Fatal(err)
	}
	doc, err := d.SealJSON(f.Context(), keys, Ref{ID: testID}, []byte(tokenText))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(doc.Attributes), 2)
	f.Add(string(doc.Attributes), 1)
	f.Add(tokenText, 2)
	f.Add(`{"token":null,"token":null}`, 7)
	f.Add(`{"token":"`+strings.Repeat("A", 124)+`"}`, 1)
	objects := tokens(2)
	f.Fuzz(func(t *testing.T, attributes string, model int) {
		c := Document{Ref: doc.Ref, Model: model, Attributes: []byte(attributes)}
		opened, err := d.OpenJSON(t.Context(), keys, c)
		if err != nil && opened != nil {
			t.Fatal("attributes beside an error")
		}
		_, _ = d.StripJSON(t.Context(), keys, c)
		_, _ = objects.Read(t.Context(), keys, c)
		_, _ = objects.Update(t.Context(), keys, c, func(x *token) error { x.ConnectorID = "c9"; return nil })
	})
}
