package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// with changes members of the attributes of a document: "" removes one.
func with(t *testing.T, doc eso.Document, changes ...string) eso.Document {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(doc.Attributes, &members))
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "" {
			delete(members, changes[i])
		} else {
			members[changes[i]] = json.RawMessage(changes[i+1])
		}
	}
	attributes, err := json.Marshal(members)
	require.NoError(t, err)
	doc.Attributes = attributes
	return doc
}

// TestRawDocuments takes a sealed document out, and puts it elsewhere: as it
// is, and as attackers and mistaken people would.
func TestRawDocuments(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := vault(format, 2, 3) // model 3 is announced
				keys := keyring(t, firstKey)
				c := store.Of(db.open(t, keys, store.Options{}), things(d))
				ref := eso.Ref{Namespace: "a", ID: "1"}
				sealed, err := d.SealJSON(ctx, keys, ref, []byte(`{"owner":"ann","label":"Safe","level":1,"note":"n0te","password":"s3cret","unheard":{"of":[1]}}`))
				require.NoError(t, err)
				old, err := vault(format, 1, 1).SealJSON(ctx, keys, ref, []byte(`{"owner":"ann","title":"Safe","level":1,"note":"plain there","password":"s3cret"}`))
				require.NoError(t, err)
				above, err := vault(format, 3, 3).SealJSON(ctx, keys, ref, []byte(`{"owner":"ann","label":"Safe","grade":10,"password":"s3cret","pin":"1234"}`))
				require.NoError(t, err)

				password := "password"
				if format == eso.Native {
					password = "$sealed"
				}
				elsewhere := sealed
				elsewhere.Ref.ID = "2"
				moved := sealed
				moved.Ref.Namespace = "b"
				typed := sealed
				typed.Ref.Type = "other"
				demoted := sealed
				demoted.Model = 1
				zero := sealed
				zero.Model = 0
				unidentified := sealed
				unidentified.Ref.ID = ""
				for name, doc := range map[string]eso.Document{
					"not sealed":                     {Ref: ref, Model: 2, Attributes: []byte(`{"owner":"ann","label":"Safe","level":1,"password":"s3cret"}`)},
					"no JSON":                        {Ref: ref, Model: 2, Attributes: []byte(`{"owner":"ann"`)},
					"twice the same name":            {Ref: ref, Model: 2, Attributes: []byte(`{"owner":"ann","label":"Safe","level":1,"level":2}`)},
					"a bound attribute changed":      with(t, sealed, "owner", `"eve"`),
					"a bound attribute added":        with(t, sealed, "tier", `"gold"`),
					"a bound attribute removed":      with(t, sealed, "owner", ""),
					"a secret beside the seal":       with(t, sealed, "note", `"mine"`),
					"a secret of an announced model": with(t, sealed, "pin", `"1234"`),
					"the ciphertext cut":             with(t, sealed, password, `"AAAA"`),
					"no string":                      with(t, sealed, password, `{"x":1}`),
					"another id":                     elsewhere, "another namespace": moved, "another type": typed, "an older model": demoted, "no model": zero, "no id": unidentified,
					"something required is missing":          with(t, sealed, "label", ""),
					"another type of value for a conversion": with(t, above, "grade", `"ten"`),
				} {
					assert.Error(t, c.PutRaw(ctx, doc), name)
					_, err := c.Get(ctx, doc.Ref)
					assert.Error(t, err, name)
				}
				stranger := store.Of(db.open(t, keyring(t, secondKey), store.Options{}), things(d))
				assert.Error(t, stranger.PutRaw(ctx, sealed), "under another key")

				// What opens comes in, with what this release does not know.
				require.NoError(t, c.PutRaw(ctx, sealed))
				assert.ErrorIs(t, c.PutRaw(ctx, sealed), store.ErrExists)
				doc, revision, err := c.Raw(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, 2, doc.Model)
				assert.JSONEq(t, string(sealed.Attributes), string(doc.Attributes))
				require.NoError(t, c.Update(ctx, ref, func(o *thing) error { o.Set("owner", `"bob"`); return nil }))
				after, _, err := c.Raw(ctx, ref)
				require.NoError(t, err)
				assert.JSONEq(t, `{"of":[1]}`, string(member(t, after, "unheard")))

				// In place of another, only if that is as it was read.
				assert.ErrorIs(t, c.ReplaceRaw(ctx, sealed, revision), store.ErrConflict)
				_, revision, err = c.Raw(ctx, ref)
				require.NoError(t, err)
				assert.Error(t, c.ReplaceRaw(ctx, with(t, sealed, "owner", `"eve"`), revision))
				require.NoError(t, c.ReplaceRaw(ctx, sealed, revision))
				o, err := c.Open(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, `"ann"`, o.Value.Text("owner"))

				// What an older model did not encrypt is encrypted before it comes in.
				require.NoError(t, c.Delete(ctx, ref))
				require.NoError(t, c.PutRaw(ctx, old))
				doc, _, err = c.Raw(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, 2, doc.Model)
				assert.NotContains(t, string(doc.Attributes), "plain there")
				o, err = c.Open(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, `"plain there"`, o.Value.Text("note"))

				// A document of an announced model stays what it is.
				require.NoError(t, c.Delete(ctx, ref))
				require.NoError(t, c.PutRaw(ctx, above))
				doc, _, err = c.Raw(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, 3, doc.Model)
				opened, err := vault(format, 3, 3).OpenJSON(ctx, keys, doc)
				require.NoError(t, err)
				assert.Contains(t, string(opened), "1234")
			})
		})
	}
}

func member(t *testing.T, doc eso.Document, name string) json.RawMessage {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(doc.Attributes, &members))
	return members[name]
}
