package eso

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

// login is an object of a type with a bound attribute, a plain and a secret one.
type login struct {
	Host, Note string
	Password   Secret[string]
	source     codec.Source
}

func logins(format Format, exposes ...string) *Objects[login] {
	return NewObjects(
		&Definition{Type: "login", Write: 1, Exposes: exposes, Models: []Model{{
			Format: format, Namespaces: Agnostic, Encrypted: []string{"password"}, AAD: []string{"host"},
			Attributes: []Attribute{{Name: "host"}, {Name: "note"}, {Name: "password"}},
		}}},
		func(o *login, d *codec.Reader) {
			d.Object()
			for d.Member() {
				switch d.Name() {
				case "host":
					d.Once(0)
					o.Host = d.String()
				case "note":
					d.Once(1)
					o.Note = d.String()
				case "password":
					d.Once(2)
					o.Password = codec.ReadSecret(d, (*codec.Reader).String)
				default:
					d.Unknown()
				}
			}
			o.source = d.Source()
		},
		func(o *login, w *codec.Writer) {
			w.Begin(o.source)
			w.Member("host").String(o.Host)
			w.Member("note").String(o.Note)
			codec.WriteSecret(w, "password", o.Password, (*codec.Writer).String)
			w.End()
		},
	)
}

// A read shows no bound value of the native format that somebody changed. In the
// kibana format one may ask for that.
func TestReadVerifies(t *testing.T) {
	keys, lost := testKeys(t), testKeys(t, olderKey)
	for _, format := range []Format{Native, Kibana} {
		for _, exposes := range [][]string{nil, {"password"}} {
			o := logins(format, exposes...)
			doc, err := o.Seal(t.Context(), keys, Ref{ID: "l"}, &login{Host: "h", Note: "n", Password: NewSecret("s3cret")})
			require.NoError(t, err)
			changed := doc
			changed.Attributes = bytes.Replace(doc.Attributes, []byte(`"host":"h"`), []byte(`"host":"evil"`), 1)

			for _, read := range []func() (*login, error){
				func() (*login, error) { return o.Read(t.Context(), keys, doc) },
				func() (*login, error) { return o.ReadVerified(t.Context(), keys, doc) },
				func() (*login, error) { return o.ReadUnverified(t.Context(), keys, doc) },
			} {
				object, err := read()
				require.NoError(t, err)
				assert.Equal(t, "h", object.Host)
				assert.Equal(t, exposes != nil, object.Password.Present())
			}
			for what, c := range map[string]struct {
				keys Keyring
				doc  Document
				err  error
			}{"changed": {keys, changed, ErrTampered}, "lost key": {lost, doc, map[Format]error{Native: ErrNoKey, Kibana: ErrTampered}[format]}, "no key": {nil, doc, ErrNoKey}} {
				object, err := o.ReadVerified(t.Context(), c.keys, c.doc)
				assert.ErrorIs(t, err, c.err, "%s %s", format, what)
				assert.Nil(t, object)

				object, err = o.Read(t.Context(), c.keys, c.doc)
				stripped, strip := o.definition.StripJSON(t.Context(), c.keys, c.doc)
				if format == Native {
					assert.ErrorIs(t, err, c.err, "%s %s", format, what)
					assert.Nil(t, object)
					assert.ErrorIs(t, strip, c.err)
					assert.Nil(t, stripped)
				} else {
					assert.Equal(t, exposes != nil, err != nil, "%s %s: %v", format, what, err)
					require.NotNil(t, object)
					assert.False(t, object.Password.Present())
				}

				object, err = o.ReadUnverified(t.Context(), c.keys, c.doc)
				assert.Equal(t, exposes != nil, err != nil, "%s %s: %v", format, what, err)
				require.NotNil(t, object, what)
				assert.False(t, object.Password.Present())
				assert.Equal(t, "n", object.Note)
				stripped, err = o.definition.StripUnverifiedJSON(t.Context(), c.keys, c.doc)
				assert.Equal(t, exposes != nil, err != nil, "%s %s: %v", format, what, err)
				assert.Contains(t, string(stripped), `"note":"n"`)
				assert.NotContains(t, string(stripped), "s3cret")
			}
		}
	}
}

// A model that binds or encrypts nothing has no seal, and needs no key.
func TestReadOfPlainModelsNeedsNoKey(t *testing.T) {
	o := logins(Native)
	o.definition.Models[0].Encrypted, o.definition.Models[0].AAD = nil, nil
	object, err := o.Read(t.Context(), nil, Document{Ref: Ref{ID: "l"}, Model: 1, Attributes: []byte(`{"host":"h","note":"n","password":""}`)})
	require.NoError(t, err)
	assert.Equal(t, "h", object.Host)
}

// A required secret that is absent, as migrations of Kibana's leave it, reads as
// stripped, and is asked for by those who open.
func TestRequiredSecretIsAbsent(t *testing.T) {
	keys := testKeys(t)
	for _, format := range []Format{Native, Kibana} {
		o := logins(format)
		optional := logins(format).definition
		optional.Models[0].Attributes[2].Optional = true
		doc, err := optional.SealJSON(t.Context(), keys, Ref{ID: "l"}, []byte(`{"host":"h","note":"n"}`))
		require.NoError(t, err)

		object, err := o.Read(t.Context(), keys, doc)
		require.NoError(t, err)
		_, err = object.Password.Reveal()
		assert.ErrorIs(t, err, ErrStripped)
		_, err = o.Open(t.Context(), keys, doc)
		assert.ErrorIs(t, err, ErrRequired)
	}
}

// With a namespace, or without: what an isolated object is bound to in the native
// format, and in kibana's is not.
func TestIsolatedNamespaceIsBound(t *testing.T) {
	keys := testKeys(t)
	for _, kind := range []Namespaces{Single, MultipleIsolated, Multiple, Agnostic} {
		for _, format := range []Format{Native, Kibana} {
			d := logins(format).definition
			d.Models[0].Namespaces = kind
			ref := Ref{Namespace: "a", ID: "l"}
			if kind == Agnostic {
				ref.Namespace = ""
			}
			doc, err := d.SealJSON(t.Context(), keys, ref, []byte(`{"host":"h","note":"n","password":"s3cret"}`))
			require.NoError(t, err)
			_, err = d.OpenJSON(t.Context(), keys, doc)
			require.NoError(t, err)
			doc.Ref.Namespace = "b"
			_, err = d.OpenJSON(t.Context(), keys, doc)
			bound := kind == Single || kind == MultipleIsolated && format == Native
			assert.Equal(t, bound, err != nil, "%s %s: %v", kind, format, err)
			if bound {
				assert.ErrorIs(t, err, ErrTampered)
			}
		}
	}
}
