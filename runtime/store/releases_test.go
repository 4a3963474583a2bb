package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestTwoReleasesOnOneTable plays the two stages of an upgrade: the older
// release announces model 2, the newer one writes it; then the newer one is
// rolled back, and comes again.
func TestTwoReleasesOnOneTable(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				keys := keyring(t, firstKey)
				d1, d2 := vault(format, 1, 2), vault(format, 2, 2)
				older := store.Of(db.open(t, keys, store.Options{}), things(d1))
				newer := store.Of(db.open(t, keys, store.Options{}), things(d2))
				ref := eso.Ref{Namespace: "team", ID: "1"}

				ref, err := older.Create(ctx, ref, newThing(map[string]string{
					"owner": `"ann"`, "title": `"Safe"`, "level": "1", "note": `"n0te"`, "password": `"s3cret"`}))
				require.NoError(t, err)
				expect := func(c *store.Collection[thing], model int, want map[string]string) {
					t.Helper()
					o, err := c.Open(ctx, ref)
					require.NoError(t, err)
					assert.Equal(t, model, o.Model)
					for name, text := range want {
						assert.JSONEq(t, text, o.Value.Text(name), name)
					}
				}
				change := func(c *store.Collection[thing], d *eso.Definition, name, text string) {
					t.Helper()
					require.NoError(t, c.Update(ctx, ref, func(o *thing) error { o.Set(name, text); return nil }))
				}

				// The newer release sees it as its own, and writes it so.
				expect(newer, 1, map[string]string{"label": `"Safe"`, "region": `"eu"`, "note": `"n0te"`, "password": `"s3cret"`})
				change(newer, d2, "tier", `"gold"`)
				expect(newer, 2, map[string]string{"label": `"Safe"`, "tier": `"gold"`})

				// The older one goes on with it, at its model, binding what that binds.
				expect(older, 2, map[string]string{"title": `"Safe"`, "note": `"n0te"`})
				change(older, d1, "owner", `"bob"`)
				change(older, d1, "password", `"an0ther"`)
				require.NoError(t, older.Patch(ctx, ref, patch{"title": `"Chest"`, "level": "7"}))
				expect(newer, 2, map[string]string{"owner": `"bob"`, "label": `"Chest"`, "level": "7", "tier": `"gold"`, "password": `"an0ther"`})

				// Rolled back, only the older one writes, for a while.
				change(older, d1, "note", `"rolled back"`)
				second, err := older.Create(ctx, eso.Ref{Namespace: "team", ID: "2"}, newThing(map[string]string{"owner": `"eve"`, "title": `"Box"`, "level": "2"}))
				require.NoError(t, err)

				// Upgraded again, and migrated.
				report, err := db.open(t, keys, store.Options{}).Migrate(ctx, []*eso.Definition{d2}, store.JobOptions{})
				require.NoError(t, err)
				assert.Equal(t, store.Counts{Done: 1, Unchanged: 1}, report.Counts)
				expect(newer, 2, map[string]string{"note": `"rolled back"`, "tier": `"gold"`})
				ref = second
				expect(newer, 2, map[string]string{"label": `"Box"`, "region": `"eu"`})
				expect(older, 2, map[string]string{"title": `"Box"`})
				_, err = older.Get(ctx, eso.Ref{Namespace: "other", ID: "1"})
				assert.ErrorIs(t, err, store.ErrNotFound, "another namespace has other objects")
			})
		})
	}
}

// TestMixedNamespaceKinds follows a type whose next model drops the namespace
// from the identity: objects keep the row that they were created with.
func TestMixedNamespaceKinds(t *testing.T) {
	define := func(write int, kinds ...eso.Namespaces) *eso.Definition {
		d := &eso.Definition{Type: "shared", Write: write}
		for _, kind := range kinds {
			d.Models = append(d.Models, eso.Model{Format: eso.Native, Namespaces: kind,
				Attributes: []eso.Attribute{{Name: "owner"}, {Name: "password", Optional: true}}, Encrypted: []string{"password"}, AAD: []string{"owner"}})
		}
		return d
	}
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		s := db.open(t, keyring(t, firstKey), store.Options{})
		d1, d2 := define(1, eso.Single, eso.Multiple), define(2, eso.Single, eso.Multiple)
		older, newer := store.Of(s, things(d1)), store.Of(s, things(d2))
		attributes := map[string]string{"owner": `"ann"`, "password": `"s3cret"`}
		first := eso.Ref{Namespace: "a", ID: "1"}
		second := eso.Ref{Namespace: "a", ID: "2"}
		_, err := older.Create(ctx, first, newThing(attributes))
		require.NoError(t, err)
		_, err = newer.Create(ctx, second, newThing(attributes))
		require.NoError(t, err)
		for _, ref := range []eso.Ref{first, second} {
			_, err = newer.Create(ctx, ref, newThing(attributes))
			assert.ErrorIs(t, err, store.ErrExists)
			_, err = older.Create(ctx, ref, newThing(attributes))
			assert.ErrorIs(t, err, store.ErrExists)
		}
		_, err = s.Migrate(ctx, []*eso.Definition{d2}, store.JobOptions{})
		require.NoError(t, err)
		for _, c := range []*store.Collection[thing]{older, newer} {
			for _, ref := range []eso.Ref{first, second} {
				o, err := c.Open(ctx, ref)
				require.NoError(t, err)
				assert.Equal(t, `"s3cret"`, o.Value.Text("password"))
				assert.Equal(t, "a", o.Ref.Namespace)
			}
		}
		require.NoError(t, older.Delete(ctx, first))
		require.NoError(t, older.Delete(ctx, second))
		usage, err := s.ModelUsage(ctx)
		require.NoError(t, err)
		assert.Empty(t, usage)
	})
}
