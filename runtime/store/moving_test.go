package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

const transferKey = "the passphrase of a transfer, of the tests only"

// exported returns what a store exports of a type.
func exported(t *testing.T, s *store.Store, d *eso.Definition, to eso.Keyring, o store.ExportOptions) (all []*store.Exported) {
	t.Helper()
	for e, err := range s.Export(t.Context(), d, to, o) {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// batchOf is a batch of all that opened.
func batchOf(d *eso.Definition, all []*store.Exported) store.ImportBatch {
	b := store.ImportBatch{Stream: "stream", Number: 1, Mark: "mark"}
	for _, e := range all {
		if e.Err == nil {
			b.Objects = append(b.Objects, store.Imported{Definition: d, Doc: e.Doc, Namespaces: e.Namespaces})
		}
	}
	return b
}

func importing(t *testing.T, policy store.OnConflict) store.ImportOptions {
	t.Helper()
	keys := keyring(t, transferKey)
	key, err := keys.SealingKey(t.Context(), eso.Ref{})
	require.NoError(t, err)
	return store.ImportOptions{From: keys, Notes: key, OnConflict: policy}
}

// results counts the results of an import.
func results(outcomes []store.ImportOutcome) map[store.ImportResult]int {
	counts := map[store.ImportResult]int{}
	for _, o := range outcomes {
		counts[o.Result]++
	}
	return counts
}

// put stores a document as it is, as a release that knows more would have.
func (db database) put(t *testing.T, doc eso.Document, scope, namespace, namespaces string) {
	t.Helper()
	statement := `INSERT INTO eso_objects (type, scope, id, namespace, namespaces, model, revision, key_ids, attributes, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, 7, '[]', ?, '2026-11-30', '2026-11-30')`
	if db.Dialect == store.PostgreSQL {
		statement = strings.Replace(statement, "?, '2026", "CAST(CAST(? AS text) AS jsonb), '2026", 1)
		for n := 1; strings.Contains(statement, "?"); n++ {
			statement = strings.Replace(statement, "?", fmt.Sprintf("$%d", n), 1)
		}
	}
	_, err := db.ExecContext(t.Context(), statement, doc.Ref.Type, scope, doc.Ref.ID, namespace, namespaces, doc.Model, string(doc.Attributes))
	require.NoError(t, err)
}

// TestMoving moves objects of every model from each database to each other one and
// back: each stays at its model, with all that nobody there knows.
func TestMoving(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		for _, way := range []struct{ from, to func(*testing.T) database }{{newSQLite, newPostgres}, {newPostgres, newSQLite}} {
			from, to := way.from(t), way.to(t)
			t.Run(fmt.Sprintf("%s from %s to %s", format, from.Dialect, to.Dialect), func(t *testing.T) {
				ctx := t.Context()
				old, moved := keyring(t, firstKey), keyring(t, secondKey)
				d := vault(format, 1, 2) // model 3 is unheard of
				source, target := from.open(t, old, store.Options{}), to.open(t, moved, store.Options{})
				want := map[string]string{}
				for model, attributes := range map[int]string{
					1: `{"owner":"ann","title":"Safe","level":9007199254740993,"note":"plain there","password":"s3cret \u00e9","unheard":{"of":[1,"\n"]}}`,
					2: `{"owner":"ann","label":"Safe","level":1.50,"note":"n0te","password":{"deep":[9007199254740993,null,""]}}`,
					3: `{"owner":"ann","label":"Safe","grade":10,"password":"s3cret","unheard":1}`,
				} {
					for _, namespace := range []string{"", "a"} {
						ref := eso.Ref{Type: d.Type, Namespace: namespace, ID: fmt.Sprint("m", model)}
						doc, err := vault(format, model, model).SealJSON(ctx, old, ref, []byte(attributes))
						require.NoError(t, err)
						from.put(t, doc, namespace, namespace, "")
						plain, err := vault(format, model, model).OpenJSON(ctx, old, doc)
						require.NoError(t, err)
						want[namespace+"/"+doc.Ref.ID] = string(plain)
					}
				}
				all := exported(t, source, d, keyring(t, transferKey), store.ExportOptions{Batch: 4})
				require.Len(t, all, 6)
				for _, e := range all {
					require.NoError(t, e.Err)
					assert.NotContains(t, string(e.Doc.Attributes), "s3cret")
				}
				rest := exported(t, source, d, keyring(t, transferKey), store.ExportOptions{After: all[2].Cursor})
				require.Len(t, rest, 3)
				assert.Equal(t, all[3].Doc.Ref, rest[0].Doc.Ref)

				outcomes, err := target.Import(ctx, batchOf(d, all), importing(t, ""))
				require.NoError(t, err)
				assert.Equal(t, map[store.ImportResult]int{store.ImportCreated: 6}, results(outcomes), "%v", outcomes)
				again, err := target.Import(ctx, batchOf(d, all), importing(t, ""))
				require.NoError(t, err)
				assert.Equal(t, map[store.ImportResult]int{store.ImportedBefore: 6}, results(again))

				home := exported(t, target, d, old, store.ExportOptions{})
				require.Len(t, home, 6)
				for i, e := range home {
					require.NoError(t, e.Err)
					assert.Equal(t, all[i].Doc.Ref, e.Doc.Ref)
					model := all[i].Doc.Model
					assert.Equal(t, model, e.Doc.Model)
					plain, err := vault(format, model, model).OpenJSON(ctx, old, e.Doc)
					require.NoError(t, err)
					assert.JSONEq(t, want[e.Doc.Ref.Namespace+"/"+e.Doc.Ref.ID], string(plain))
					if model < 3 {
						assert.Contains(t, string(plain), "9007199254740993")
					}
				}
				_, err = store.Of(target, things(d)).Open(ctx, eso.Ref{ID: "m2"})
				require.NoError(t, err)
			})
		}
	}
}

// TestImportRefuses has what an import does not store, whoever asks for it.
func TestImportRefuses(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := vault(format, 2, 3)
				s := db.open(t, keyring(t, firstKey), store.Options{})
				ref := eso.Ref{Type: d.Type, Namespace: "a", ID: "1"}
				sealed, err := d.SealJSON(ctx, keyring(t, transferKey), ref, []byte(`{"owner":"ann","label":"Safe","level":1,"note":"n0te","password":"s3cret"}`))
				require.NoError(t, err)
				foreign, err := d.SealJSON(ctx, keyring(t, secondKey), ref, []byte(`{"owner":"ann","label":"Safe","level":1,"note":"n0te","password":"s3cret"}`))
				require.NoError(t, err)
				elsewhere, moved, demoted, nameless, long, odd := sealed, sealed, sealed, sealed, sealed, sealed
				elsewhere.Ref.ID, moved.Ref.Namespace, demoted.Model, nameless.Ref.ID = "2", "b", 1, ""
				long.Ref.ID, odd.Ref.Namespace = strings.Repeat("x", 2000), "A b"
				batch := store.ImportBatch{Stream: "s", Mark: "m"}
				for name, doc := range map[string]eso.Document{
					"plaintext":                      {Ref: ref, Model: 2, Attributes: []byte(`{"owner":"ann","label":"Safe","level":1,"password":"s3cret"}`)},
					"no JSON":                        {Ref: ref, Model: 2, Attributes: []byte(`{"owner":"ann"`)},
					"a bound attribute changed":      with(t, sealed, "owner", `"eve"`),
					"a secret beside the seal":       with(t, sealed, "note", `"mine"`),
					"a secret of an announced model": with(t, sealed, "pin", `"1234"`),
					"another key":                    foreign,
					"another id":                     elsewhere, "another namespace": moved, "an older model": demoted, "no id": nameless, "a long id": long, "an odd namespace": odd,
				} {
					batch.Objects = append(batch.Objects, store.Imported{Definition: d, Doc: doc})
					outcomes, err := s.Import(ctx, batch, importing(t, store.ReplaceOnConflict))
					require.NoError(t, err, name)
					last := outcomes[len(outcomes)-1]
					assert.Equal(t, store.ImportFailed, last.Result, name)
					assert.Error(t, last.Err, name)
					assert.NotContains(t, last.Err.Error(), "s3cret", name)
				}
				listed := store.Imported{Definition: d, Doc: sealed, Namespaces: []string{"a", "b"}}
				batch.Objects = append(batch.Objects, listed, store.Imported{Definition: d, Doc: sealed})
				outcomes, err := s.Import(ctx, batch, importing(t, ""))
				require.NoError(t, err)
				assert.Equal(t, map[store.ImportResult]int{store.ImportFailed: 13, store.ImportCreated: 1}, results(outcomes), "one object does not stop the others")
			})
		})
	}
}

func TestImportConflicts(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 2, 2)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		refs := fill(t, s, d, 5)
		all := exported(t, s, d, keyring(t, transferKey), store.ExportOptions{})
		batch := batchOf(d, all)
		c := store.Of(s, things(d))
		require.NoError(t, c.Delete(ctx, refs[2]))
		require.NoError(t, c.Update(ctx, refs[0], func(o *thing) error { o.Set("owner", `"bob"`); return nil }))

		outcomes, err := s.Import(ctx, batch, importing(t, store.FailOnConflict))
		require.NoError(t, err)
		assert.Equal(t, map[store.ImportResult]int{store.ImportFailed: 4, store.ImportCreated: 1}, results(outcomes))
		assert.ErrorIs(t, outcomes[0].Err, store.ErrExists)

		outcomes, err = s.Import(ctx, batch, importing(t, store.SkipOnConflict))
		require.NoError(t, err)
		assert.Equal(t, map[store.ImportResult]int{store.ImportSkipped: 4, store.ImportedBefore: 1}, results(outcomes))
		o, err := c.Get(ctx, refs[0])
		require.NoError(t, err)
		assert.Equal(t, `"bob"`, o.Value.Text("owner"))

		outcomes, err = s.Import(ctx, batch, importing(t, store.ReplaceOnConflict))
		require.NoError(t, err)
		assert.Equal(t, map[store.ImportResult]int{store.ImportReplaced: 4, store.ImportedBefore: 1}, results(outcomes), "what was skipped was not imported")
		o, err = c.Get(ctx, refs[0])
		require.NoError(t, err)
		assert.Equal(t, `"ann"`, o.Value.Text("owner"))

		// What was imported stays as others have left it.
		require.NoError(t, c.Delete(ctx, refs[1]))
		outcomes, err = s.Import(ctx, batch, importing(t, store.ReplaceOnConflict))
		require.NoError(t, err)
		assert.Equal(t, map[store.ImportResult]int{store.ImportedBefore: 5}, results(outcomes))

		// A forged note says nothing, nor does that of other objects.
		_, err = db.ExecContext(ctx, "UPDATE eso_imports SET done = 'H.' || '"+strings.Repeat("0", 64)+"'")
		require.NoError(t, err)
		outcomes, err = s.Import(ctx, batch, importing(t, store.SkipOnConflict))
		require.NoError(t, err)
		assert.Equal(t, map[store.ImportResult]int{store.ImportSkipped: 4, store.ImportCreated: 1}, results(outcomes))
		batch.Mark = "another"
		outcomes, err = s.Import(ctx, batch, importing(t, store.SkipOnConflict))
		require.NoError(t, err)
		assert.Equal(t, map[store.ImportResult]int{store.ImportSkipped: 5}, results(outcomes))
	})
}

// TestImportUnderANewID gives an object another id: its secrets are bound to that one.
func TestImportUnderANewID(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			ctx := t.Context()
			db := newSQLite(t)
			d := vault(format, 2, 2)
			s := db.open(t, keyring(t, firstKey), store.Options{})
			doc, err := vault(format, 3, 3).SealJSON(ctx, keyring(t, transferKey), eso.Ref{ID: "old"}, []byte(`{"owner":"ann","label":"Safe","grade":10,"slug":"safe","password":"s3cret"}`))
			require.NoError(t, err)
			outcomes, err := s.Import(ctx, store.ImportBatch{Stream: "s", Mark: "m", Objects: []store.Imported{{Definition: d, Doc: doc, NewID: "new"}}}, importing(t, ""))
			require.NoError(t, err)
			require.NoError(t, outcomes[0].Err)
			c := store.Of(s, things(d))
			_, _, err = c.Raw(ctx, eso.Ref{ID: "old"})
			assert.ErrorIs(t, err, store.ErrNotFound)
			raw, _, err := c.Raw(ctx, eso.Ref{ID: "new"})
			require.NoError(t, err)
			plain, err := vault(format, 3, 3).OpenJSON(ctx, keyring(t, firstKey), raw)
			require.NoError(t, err)
			assert.JSONEq(t, `{"owner":"ann","label":"Safe","grade":10,"slug":"safe","password":"s3cret"}`, string(plain))
		})
	}
}

// perNamespace is a keyring with a key for each namespace.
type perNamespace struct{ keys map[string]eso.Keyring }

func (p perNamespace) SealingKey(ctx context.Context, ref eso.Ref) (eso.Key, error) {
	k, ok := p.keys[ref.Namespace]
	if !ok {
		return nil, eso.ErrNoKey
	}
	return k.SealingKey(ctx, ref)
}

func (p perNamespace) OpeningKey(ctx context.Context, ref eso.Ref, id string) (eso.Key, error) {
	for _, k := range p.keys {
		if key, err := k.OpeningKey(ctx, ref, id); err == nil {
			return key, nil
		}
	}
	return nil, eso.ErrShredded
}

func (p perNamespace) Keys(ctx context.Context) (all []eso.Key, err error) {
	for _, k := range p.keys {
		keys, err := k.Keys(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, keys...)
	}
	return all, nil
}

func TestMovingKeysPerNamespace(t *testing.T) {
	ctx := t.Context()
	d := vault(eso.Native, 2, 2)
	from, to := newSQLite(t), newSQLite(t)
	source := from.open(t, perNamespace{map[string]eso.Keyring{"": keyring(t, firstKey), "a": keyring(t, secondKey)}}, store.Options{})
	c := store.Of(source, things(d))
	for _, namespace := range []string{"", "a"} {
		_, err := c.Create(ctx, eso.Ref{Namespace: namespace, ID: "1"}, newThing(map[string]string{"owner": `"ann"`, "label": `"x"`, "level": "1", "password": `"s3cret"`}))
		require.NoError(t, err)
	}
	all := exported(t, source, d, keyring(t, transferKey), store.ExportOptions{})
	require.Len(t, all, 2)
	for _, e := range all {
		require.NoError(t, e.Err)
		assert.Len(t, e.Doc.KeyIDs, 1)
		assert.Equal(t, all[0].Doc.KeyIDs, e.Doc.KeyIDs)
	}
	target := to.open(t, perNamespace{map[string]eso.Keyring{"": keyring(t, firstKey), "a": keyring(t, secondKey)}}, store.Options{})
	outcomes, err := target.Import(ctx, batchOf(d, all), importing(t, ""))
	require.NoError(t, err)
	assert.Equal(t, map[store.ImportResult]int{store.ImportCreated: 2}, results(outcomes))
	uses, err := target.KeyUsage(ctx)
	require.NoError(t, err)
	assert.Len(t, uses, 2)

	// A namespace without a key fails alone; one whose key is gone is shredded.
	target = newSQLite(t).open(t, perNamespace{map[string]eso.Keyring{"": keyring(t, firstKey)}}, store.Options{})
	outcomes, err = target.Import(ctx, batchOf(d, all), importing(t, ""))
	require.NoError(t, err)
	assert.Equal(t, map[store.ImportResult]int{store.ImportCreated: 1, store.ImportFailed: 1}, results(outcomes))
	source = from.open(t, perNamespace{map[string]eso.Keyring{"": keyring(t, firstKey)}}, store.Options{})
	all = exported(t, source, d, keyring(t, transferKey), store.ExportOptions{})
	require.Len(t, all, 2)
	assert.NoError(t, all[0].Err)
	assert.ErrorIs(t, all[1].Err, eso.ErrShredded)
}

// TestMovingBetweenKeysOfOneID: the ids of keys are names that two installations may
// both give.
func TestMovingBetweenKeysOfOneID(t *testing.T) {
	ctx := t.Context()
	one, err := eso.NewPassphraseKey("k", firstKey)
	require.NoError(t, err)
	two, err := eso.NewPassphraseKey("k", secondKey)
	require.NoError(t, err)
	first, err := eso.NewKeyringOf(one)
	require.NoError(t, err)
	second, err := eso.NewKeyringOf(two)
	require.NoError(t, err)
	d := vault(eso.Native, 2, 2)
	s := newSQLite(t).open(t, first, store.Options{})
	fill(t, s, d, 1)
	all := exported(t, s, d, second, store.ExportOptions{})
	require.Len(t, all, 1)
	assert.ErrorContains(t, all[0].Err, "not the same")
	assert.Empty(t, all[0].Doc.Attributes)
	doc, err := d.SealJSON(ctx, second, eso.Ref{ID: "1"}, []byte(`{"owner":"ann","label":"Safe","level":1,"password":"s3cret"}`))
	require.NoError(t, err)
	outcomes, err := s.Import(ctx, store.ImportBatch{Stream: "s", Mark: "m", Objects: []store.Imported{{Definition: d, Doc: doc}}},
		store.ImportOptions{From: second, Notes: two})
	require.NoError(t, err)
	assert.ErrorContains(t, outcomes[0].Err, "not the same")
}
