package eso

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

func sealLogin(t *testing.T, o *Objects[login], keys Keyring) Document {
	t.Helper()
	doc, err := o.Seal(t.Context(), keys, Ref{ID: "l"}, &login{Host: "h", Note: "n", Password: NewSecret("s3cret")})
	require.NoError(t, err)
	return doc
}

func passwordOf(t *testing.T, o *Objects[login], keys Keyring, doc Document) string {
	t.Helper()
	object, err := o.Open(t.Context(), keys, doc)
	require.NoError(t, err)
	password, err := object.Password.Reveal()
	require.NoError(t, err)
	return password
}

// An object under a lost key takes an update that sets every secret in the
// kibana format, and a replacement that does in both.
func TestUpdateOfALostObject(t *testing.T) {
	lost, keys := testKeys(t, olderKey), testKeys(t)
	for _, format := range []Format{Native, Kibana} {
		o := logins(format)
		doc := sealLogin(t, o, lost)
		reason := map[Format]error{Native: ErrNoKey, Kibana: ErrTampered}[format]
		_, err := o.Open(t.Context(), keys, doc)
		require.ErrorIs(t, err, reason)

		for what, change := range map[string]func(*login) error{
			"nothing": func(*login) error { return nil },
			"plain":   func(l *login) error { l.Note = "m"; return nil },
			"bound":   func(l *login) error { l.Host = "i"; return nil },
			"the secret is asked for": func(l *login) error {
				l.Password = NewSecret("new")
				_, err := new(login).Password.Reveal()
				return err
			},
		} {
			_, err := o.Update(t.Context(), keys, doc, change)
			assert.ErrorIs(t, err, reason, "%s %s", format, what)
		}
		stop := errors.New("stop")
		_, err = o.Update(t.Context(), keys, doc, func(*login) error { return stop })
		assert.Equal(t, format == Kibana, errors.Is(err, stop))

		updated, err := o.Update(t.Context(), keys, doc, func(l *login) error {
			assert.Equal(t, "h", l.Host)
			assert.False(t, l.Password.Present())
			l.Host, l.Password = "i", NewSecret("new")
			return nil
		})
		if format == Native {
			require.Error(t, err, "a seal vouches for the host too")
		} else {
			require.NoError(t, err)
			assert.Equal(t, "new", passwordOf(t, o, keys, updated))
		}

		replaced, err := o.Replace(t.Context(), keys, doc, &login{Host: "i", Note: "m", Password: NewSecret("new")})
		require.NoError(t, err, format)
		assert.Equal(t, "new", passwordOf(t, o, keys, replaced))
		_, err = o.Replace(t.Context(), keys, doc, &login{Host: "i", Note: "m"})
		assert.ErrorIs(t, err, ErrStripped)

		patched, err := o.Patch(t.Context(), nil, doc, codec.NewPatch[login](func(w *codec.Writer) { w.Member("note").String("m") }))
		require.NoError(t, err)
		assert.Equal(t, "s3cret", passwordOf(t, o, lost, patched))
	}
}

// What a replacement would lose unseen is an error.
func TestReplaceLosesNothing(t *testing.T) {
	keys := testKeys(t)
	for _, format := range []Format{Native, Kibana} {
		o := logins(format)
		newer := logins(format)
		newer.definition.Write = 2
		second := newer.definition.Models[0]
		second.Attributes = append(second.Attributes[:3:3], Attribute{Name: "pin", Optional: true}, Attribute{Name: "until", Optional: true})
		second.Encrypted = []string{"password", "pin"}
		newer.definition.Models = append(newer.definition.Models, second)
		knows := *newer.definition
		knows.Write = 1
		announcing := o.WithDefinition(&knows)

		object := &login{Host: "i", Note: "m", Password: NewSecret("new")}
		plain, err := newer.definition.SealJSON(t.Context(), keys, Ref{ID: "l"}, []byte(`{"host":"h","note":"n","password":"s3cret"}`))
		require.NoError(t, err)
		_, err = o.Replace(t.Context(), keys, plain, object)
		assert.ErrorIs(t, err, ErrModel)
		replaced, err := announcing.Replace(t.Context(), keys, plain, object)
		require.NoError(t, err)
		assert.Equal(t, 2, replaced.Model, "a document never goes down")
		assert.Equal(t, "new", passwordOf(t, newer, keys, replaced))

		for member, kind := range map[string]error{`"pin":"1"`: ErrInvalid, `"until":"u"`: ErrInvalid, `"unknown":1`: ErrInvalid} {
			more, err := newer.definition.SealJSON(t.Context(), keys, Ref{ID: "l"}, []byte(`{"host":"h","note":"n","password":"s3cret",`+member+`}`))
			require.NoError(t, err)
			_, err = announcing.Replace(t.Context(), keys, more, object)
			assert.ErrorIs(t, err, kind, member)
			_, err = newer.Replace(t.Context(), keys, more, object)
			assert.Equal(t, member == `"until":"u"`, err == nil, "%s: %v", member, err)
		}
	}
}

// A required secret that is absent has to be set by an update, and stops nothing
// else.
func TestOperationsWithoutARequiredSecret(t *testing.T) {
	keys := testKeys(t)
	for _, format := range []Format{Native, Kibana} {
		o := logins(format)
		optional := logins(format).definition
		optional.Models[0].Attributes[2].Optional = true
		doc, err := optional.SealJSON(t.Context(), keys, Ref{ID: "l"}, []byte(`{"host":"h","note":"n"}`))
		require.NoError(t, err)

		for _, change := range []func(*login) error{
			func(*login) error { return nil },
			func(l *login) error { l.Note = "m"; return nil },
		} {
			_, err = o.Update(t.Context(), keys, doc, change)
			assert.ErrorIs(t, err, ErrRequired)
		}
		updated, err := o.Update(t.Context(), keys, doc, func(l *login) error { l.Password = NewSecret("new"); return nil })
		require.NoError(t, err)
		assert.Equal(t, "new", passwordOf(t, o, keys, updated))

		_, err = o.Patch(t.Context(), keys, doc, codec.NewPatch[login](func(w *codec.Writer) { w.Member("note").String("m") }))
		assert.NoError(t, err)
		_, err = o.definition.Rotate(t.Context(), testKeys(t, olderKey, primaryKey), doc)
		assert.NoError(t, err)
		_, err = o.definition.StripJSON(t.Context(), keys, doc)
		assert.NoError(t, err)

		second := o.definition.Models[0]
		second.AAD = nil
		o.definition.Models, o.definition.Write = append(o.definition.Models, second), 2
		migrated, err := o.Migrate(t.Context(), keys, doc)
		require.NoError(t, err)
		assert.Equal(t, 2, migrated.Model)
		patched, err := o.Patch(t.Context(), keys, doc, codec.NewPatch[login](func(w *codec.Writer) { w.Member("note").String("m") }))
		require.NoError(t, err)
		assert.Contains(t, string(patched.Attributes), `"note":"m"`)
	}
}

// A migration drops what does not open if it is told to, and only that.
func TestMigrateDropping(t *testing.T) {
	keys := testKeys(t)
	for _, format := range []Format{Native, Kibana} {
		m := Model{Format: format, Namespaces: Agnostic, Encrypted: []string{"one", "two"}, AAD: []string{"host"},
			Attributes: []Attribute{{Name: "host"}, {Name: "one"}, {Name: "two"}}}
		second := m
		second.Attributes = append(m.Attributes[:3:3], Attribute{Name: "three", Optional: true})
		second.AAD = []string{"host", "three"}
		d := &Definition{Type: "pair", Write: 1, Models: []Model{m, second}}
		doc, err := d.SealJSON(t.Context(), keys, Ref{ID: "p"}, []byte(`{"host":"h","one":"0ne","two":"tw0"}`))
		require.NoError(t, err)
		d.Write = 2

		migrated, dropped, err := d.MigrateDropping(t.Context(), keys, doc)
		require.NoError(t, err)
		assert.Empty(t, dropped)
		assert.Equal(t, 2, migrated.Model)

		_, err = d.Migrate(t.Context(), testKeys(t, olderKey), doc)
		require.Error(t, err)
		migrated, dropped, err = d.MigrateDropping(t.Context(), testKeys(t, olderKey), doc)
		require.NoError(t, err)
		assert.Equal(t, []string{"one", "two"}, dropped)
		opened, err := d.OpenJSON(t.Context(), testKeys(t, olderKey), migrated)
		require.NoError(t, err)
		assert.JSONEq(t, `{"host":"h"}`, string(opened))

		if format == Kibana { // where each secret stands by itself
			ms, err := codec.ParseMembers(string(doc.Attributes))
			require.NoError(t, err)
			ms[ms.Find("two")].Raw = `"` + string(bytes.Repeat([]byte("A"), 200)) + `"`
			half := doc
			half.Attributes = codec.AppendMembers(nil, ms)
			migrated, dropped, err = d.MigrateDropping(t.Context(), keys, half)
			require.NoError(t, err)
			assert.Equal(t, []string{"two"}, dropped)
			opened, err := d.OpenJSON(t.Context(), keys, migrated)
			require.NoError(t, err)
			assert.JSONEq(t, `{"host":"h","one":"0ne"}`, string(opened))
		}

		broken := brokenKeyring{errors.New("away")}
		_, _, err = d.MigrateDropping(t.Context(), broken, doc)
		assert.ErrorIs(t, err, broken.err, "a keyring that is away drops nothing")
	}
}
