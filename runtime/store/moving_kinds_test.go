package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// kinds is a type whose models have these kinds of namespaces.
func ofKinds(format eso.Format, write int, kinds ...eso.Namespaces) *eso.Definition {
	d := &eso.Definition{Type: "kind", Write: write}
	for _, kind := range kinds {
		d.Models = append(d.Models, eso.Model{
			Format: format, Namespaces: kind, Attributes: []eso.Attribute{{Name: "owner"}, {Name: "secret", Optional: true}},
			Encrypted: []string{"secret"}, AAD: []string{"owner"},
		})
	}
	return d
}

// sealedAt seals an object as a release that writes a model does.
func sealedAt(t *testing.T, d *eso.Definition, model int, k eso.Keyring, ref eso.Ref) eso.Document {
	t.Helper()
	at := *d
	at.Models, at.Write = d.Models[:model], model
	ref.Type = d.Type
	doc, err := at.SealJSON(t.Context(), k, ref, []byte(`{"owner":"ann","secret":"hush"}`))
	require.NoError(t, err)
	return doc
}

// TestMovingNamespaces moves objects of every kind: what reaches them stays.
func TestMovingNamespaces(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		for name, kinds := range map[string][]eso.Namespaces{
			"single": {eso.Single}, "isolated": {eso.MultipleIsolated}, "multiple": {eso.Multiple}, "agnostic": {eso.Agnostic},
			"made multiple": {eso.Single, eso.Multiple}, "made agnostic": {eso.MultipleIsolated, eso.Agnostic},
		} {
			t.Run(string(format)+" "+name, func(t *testing.T) {
				ctx := t.Context()
				d := ofKinds(format, len(kinds), kinds...)
				from := newSQLite(t)
				source := from.open(t, keyring(t, firstKey), store.Options{})
				for model, kind := range kinds {
					for _, namespace := range []string{"", "a"} {
						if kind == eso.Agnostic && namespace != "" {
							continue
						}
						doc := sealedAt(t, d, model+1, keyring(t, firstKey), eso.Ref{Namespace: namespace, ID: name + namespace + string(rune('1'+model))})
						scope, list := "", ""
						if kind == eso.Single {
							scope = namespace
						}
						if kind == eso.Multiple && namespace != "" {
							list = `["b","a","default"]`
						}
						from.put(t, doc, scope, namespace, list)
					}
				}
				target := newPostgres(t).open(t, keyring(t, secondKey), store.Options{})
				all := exported(t, source, d, keyring(t, transferKey), store.ExportOptions{})
				require.NotEmpty(t, all)
				outcomes, err := target.Import(ctx, batchOf(d, all), importing(t, ""))
				require.NoError(t, err)
				assert.Equal(t, map[store.ImportResult]int{store.ImportCreated: len(all)}, results(outcomes), "%v", outcomes)
				back := exported(t, target, d, keyring(t, transferKey), store.ExportOptions{})
				require.Len(t, back, len(all))
				for i := range all {
					require.NoError(t, back[i].Err)
					assert.Equal(t, all[i].Doc.Ref, back[i].Doc.Ref)
					assert.Equal(t, all[i].Namespaces, back[i].Namespaces)
				}
				was, is := store.Of(source, things(d)), store.Of(target, things(d))
				for _, e := range all {
					for _, namespace := range []string{"", "a", "b", "c"} {
						ref := eso.Ref{Namespace: namespace, ID: e.Doc.Ref.ID}
						_, before := was.Open(ctx, ref)
						o, after := is.Open(ctx, ref)
						assert.Equal(t, store.ReasonOf(before), store.ReasonOf(after), "%v", ref)
						if after == nil {
							assert.Equal(t, `"hush"`, o.Value.Text("secret"))
						}
					}
				}
				outcomes, err = source.Import(ctx, batchOf(d, back), importing(t, store.ReplaceOnConflict))
				require.NoError(t, err)
				assert.Equal(t, map[store.ImportResult]int{store.ImportReplaced: len(all)}, results(outcomes), "%v", outcomes)
			})
		}
	}
}

// TestImportTakesNothingFromOthers: an id that another namespace holds is taken, and
// nobody replaces the object from elsewhere.
func TestImportTakesNothingFromOthers(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := ofKinds(eso.Native, 1, eso.MultipleIsolated)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		mine := sealedAt(t, d, 1, keyring(t, firstKey), eso.Ref{Namespace: "mine", ID: "x"})
		require.NoError(t, store.Of(s, things(d)).PutRaw(ctx, mine))
		theirs := sealedAt(t, d, 1, keyring(t, transferKey), eso.Ref{Namespace: "theirs", ID: "x"})
		batch := store.ImportBatch{Stream: "s", Mark: "m", Objects: []store.Imported{{Definition: d, Doc: theirs}}}
		outcomes, err := s.Import(ctx, batch, importing(t, store.ReplaceOnConflict))
		require.NoError(t, err)
		assert.ErrorIs(t, outcomes[0].Err, store.ErrExists)
		_, err = store.Of(s, things(d)).Open(ctx, eso.Ref{Namespace: "mine", ID: "x"})
		assert.NoError(t, err)

		// Nor does an object of an older model make a kind narrower.
		wide := ofKinds(eso.Native, 2, eso.Single, eso.Multiple)
		wide.Type = "wide"
		shared := sealedAt(t, wide, 2, keyring(t, firstKey), eso.Ref{Namespace: "a", ID: "x"})
		db.put(t, shared, "", "a", `["a","b"]`)
		older := sealedAt(t, wide, 1, keyring(t, transferKey), eso.Ref{Namespace: "a", ID: "x"})
		batch = store.ImportBatch{Stream: "s", Number: 1, Mark: "m", Objects: []store.Imported{{Definition: wide, Doc: older}}}
		outcomes, err = s.Import(ctx, batch, importing(t, store.ReplaceOnConflict))
		require.NoError(t, err)
		assert.ErrorIs(t, outcomes[0].Err, eso.ErrModel)
	})
}

// TestExportOfUnknownSecrets: in the kibana format, a secret of an unknown model looks
// like any text, and its key stays behind.
func TestExportOfUnknownSecrets(t *testing.T) {
	db := newSQLite(t)
	s := db.open(t, keyring(t, firstKey), store.Options{})
	doc, err := vault(eso.Kibana, 3, 3).SealJSON(t.Context(), keyring(t, firstKey), eso.Ref{Type: "vault", ID: "1"}, []byte(`{"owner":"ann","label":"Safe","grade":10,"pin":"1234","password":"s3cret"}`))
	require.NoError(t, err)
	db.put(t, doc, "", "", "")
	all := exported(t, s, vault(eso.Kibana, 2, 2), keyring(t, transferKey), store.ExportOptions{})
	require.Len(t, all, 1)
	assert.ErrorIs(t, all[0].Err, eso.ErrModel)
	assert.ErrorContains(t, all[0].Err, `"pin"`)
	all = exported(t, s, vault(eso.Kibana, 2, 3), keyring(t, transferKey), store.ExportOptions{})
	require.NoError(t, all[0].Err)
	target := newSQLite(t).open(t, keyring(t, secondKey), store.Options{})
	outcomes, err := target.Import(t.Context(), batchOf(vault(eso.Kibana, 2, 2), all), importing(t, ""))
	require.NoError(t, err)
	assert.ErrorIs(t, outcomes[0].Err, eso.ErrModel, "nor does an older release take it in")
	outcomes, err = target.Import(t.Context(), batchOf(vault(eso.Kibana, 2, 3), all), importing(t, ""))
	require.NoError(t, err)
	assert.NoError(t, outcomes[0].Err)
}

// TestExportEvents: every object that leaves or comes is an event.
func TestExportEvents(t *testing.T) {
	var events []store.Event
	d := vault(eso.Native, 2, 2)
	s := newSQLite(t).open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)})
	fill(t, s, d, 2)
	events = nil
	all := exported(t, s, d, keyring(t, transferKey), store.ExportOptions{})
	require.Len(t, events, 2)
	assert.Equal(t, store.OpExport, events[0].Op)
	assert.Equal(t, all[0].Doc.KeyIDs, events[0].KeyIDs)
	events = nil
	_, err := s.Import(t.Context(), batchOf(d, all), importing(t, ""))
	require.NoError(t, err)
	require.Len(t, events, 2)
	assert.Equal(t, store.OpImport, events[0].Op)
	assert.Equal(t, store.ReasonExists, events[0].Reason)
}
