package store_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestFindInANamespaceThatARowOnlyClaims has rows in one namespace, to which their
// secrets are bound, that claim another one in the column beside the key: a search in a
// namespace shows exactly its own objects.
func TestFindInANamespaceThatARowOnlyClaims(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := exposing(format)
				c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
				namespaces := []string{"", "a", "b"}
				for _, namespace := range namespaces {
					_, err := c.Create(ctx, eso.Ref{Namespace: namespace, ID: "1"}, newThing(map[string]string{"owner": `"ann"`, "password": `"s3cret"`}))
					require.NoError(t, err)
				}
				for _, claimed := range namespaces {
					_, err := db.ExecContext(ctx, "UPDATE eso_objects SET namespace = '"+claimed+"'")
					require.NoError(t, err)
					for _, namespace := range namespaces {
						var found []eso.Ref
						for o, err := range c.Find(ctx, store.Query{Namespace: &namespace}) {
							require.NoError(t, err)
							require.NoError(t, o.Problem)
							found = append(found, o.Ref)
						}
						assert.Equal(t, []eso.Ref{{Namespace: namespace, Type: d.Type, ID: "1"}}, found, "%q, where all rows claim %q", namespace, claimed)
					}
				}
			})
		})
	}
}

// TestReplaceRawInAnotherNamespace has a document that is bound to one namespace and an
// object of the same id in another: the document does not replace the object, since it
// would never open there.
func TestReplaceRawInAnotherNamespace(t *testing.T) {
	overKinds(t, func(t *testing.T, db database, format eso.Format, kind eso.Namespaces) {
		ctx := t.Context()
		d := kinds(format, 1, kind)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		ref, err := c.Create(ctx, eso.Ref{Namespace: "x", ID: "1"}, secretThing(d))
		require.NoError(t, err)
		doc, revision, err := c.Raw(ctx, ref)
		require.NoError(t, err)
		doc.Ref.Namespace = "y"
		assert.Error(t, c.ReplaceRaw(ctx, doc, revision))
		_, err = c.Open(ctx, ref)
		require.NoError(t, err)
		doc.Ref.Namespace = "x"
		require.NoError(t, c.ReplaceRaw(ctx, doc, revision))
		o, err := c.Open(ctx, ref)
		require.NoError(t, err)
		assert.Equal(t, `"s3cret"`, o.Value.Text("password"))
	}, eso.Single, eso.MultipleIsolated, eso.Multiple)
}

// TestRowOfManyMegabytes has a row that is far larger than any document: it
// fails, and is not read to its end for that.
func TestRowOfManyMegabytes(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.open(t, keyring(t, firstKey), store.Options{})
		d := vault(eso.Native, 1, 1)
		fill(t, s, d, 2)
		db.damage(t, "0001", `{"owner":"`+strings.Repeat("x", 5*eso.MaxSize)+`"}`)
		c := store.Of(s, things(d))
		ref := eso.Ref{ID: "0001"}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.Get(ctx, ref)
		runtime.ReadMemStats(&after)
		assert.ErrorIs(t, err, eso.ErrTooLarge)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(5*eso.MaxSize))
		_, _, err = c.Raw(ctx, ref)
		assert.ErrorIs(t, err, eso.ErrTooLarge, "nor is a part of it taken for the whole")
		found := 0
		for o, err := range c.Find(ctx, store.Query{}) {
			assert.Equal(t, o.Ref == eso.Ref{Type: d.Type, ID: "0001"}, err != nil)
			found++
		}
		assert.Equal(t, 2, found)
		require.NoError(t, c.Delete(ctx, ref))
	})
}

// TestFindInWhatIsNoNamespace asks for a namespace that no row can have, as a
// service may be asked, and gets the answer that all other reads give.
func TestFindInWhatIsNoNamespace(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(vault(eso.Native, 1, 1)))
		for _, namespace := range []string{"\xff", "a\x00b", strings.Repeat("n", 513)} {
			times := 0
			for o, err := range c.Find(t.Context(), store.Query{Namespace: &namespace}) {
				assert.Nil(t, o)
				assert.ErrorIs(t, err, eso.ErrID)
				times++
			}
			assert.Equal(t, 1, times)
		}
	})
}

// TestMigrateThatPanics has a document on which a function of the product
// panics: in a job, it fails like any other that does not open.
func TestMigrateThatPanics(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		var events []store.Event
		s := db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)})
		fill(t, s, vault(eso.Native, 1, 1), 3)
		db.damage(t, "0001", `{"owner":"ann","title":"x","level":"s3cret"}`)
		d := vault(eso.Native, 3, 3)
		d.Models[0].Encrypted, d.Models[0].AAD = nil, nil // so that what was written past the store is read
		d.Models[2].Renamed[0].Up = func(value eso.JSON) (eso.JSON, error) {
			if value == `"s3cret"` {
				panic(value)
			}
			return times(10)(value)
		}
		events = nil
		report, err := s.Migrate(ctx, []*eso.Definition{d}, store.JobOptions{Workers: 1})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 2, Failed: 1}, report.Counts)
		assert.Equal(t, []store.Failure{{Ref: eso.Ref{Type: d.Type, ID: "0001"}, Model: 1, Reason: store.ReasonPanicked}}, report.Failures)
		require.Len(t, events, 3)
		assert.NotContains(t, events[1].Err.Error(), "s3cret")
		report, err = s.Migrate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Unchanged: 2, Failed: 1}, report.Counts, "it stops nobody, nor the next run")
	})
}

// TestKeyUsageOfNonsense has notes beside objects that are none: they are
// counted as such, and no object is missing.
func TestKeyUsageOfNonsense(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		s := db.open(t, keyring(t, firstKey), store.Options{})
		notes := []string{"null", "{}", `"x"`, "", "[7]", "nonsense"}
		for i, ref := range fill(t, s, vault(eso.Native, 1, 1), len(notes)) {
			_, err := db.ExecContext(t.Context(), "UPDATE eso_objects SET key_ids = '"+notes[i]+"' WHERE id = '"+ref.ID+"'")
			require.NoError(t, err)
		}
		uses, err := s.KeyUsage(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.KeyUse{{Type: "vault", Objects: int64(len(notes))}}, uses)
	})
}
