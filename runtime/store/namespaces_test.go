package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// kinds is a type whose models are alike but for the kind of namespaces, as a
// release sees it that writes one of them.
func kinds(format eso.Format, write int, models ...eso.Namespaces) *eso.Definition {
	d := &eso.Definition{Type: "kinds", Write: write}
	for _, kind := range models {
		d.Models = append(d.Models, eso.Model{Format: format, Namespaces: kind,
			Attributes: []eso.Attribute{{Name: "owner"}, {Name: "title", Optional: true}, {Name: "password", Optional: true}},
			Encrypted:  []string{"password"}, AAD: []string{"owner"}})
	}
	return d
}

func secretThing(d *eso.Definition) *thing {
	return newThing(map[string]string{"owner": `"ann"`, "title": `"t"`, "password": `"s3cret"`})
}

// overKinds runs a case over each database, format and some kinds of namespaces.
func overKinds(t *testing.T, work func(*testing.T, database, eso.Format, eso.Namespaces), some ...eso.Namespaces) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		for _, kind := range some {
			t.Run(fmt.Sprintf("%s/%s", format, kind), func(t *testing.T) {
				overDatabases(t, func(t *testing.T, db database) { work(t, db, format, kind) })
			})
		}
	}
}

// outcomes returns the error of each operation on one object, by the ref that asks.
func outcomes(ctx context.Context, c *store.Collection[thing], d *eso.Definition, ref eso.Ref, revision int64) map[string]error {
	noop := func(o *thing) error { return nil }
	said := map[string]error{}
	_, said["Get"] = c.Get(ctx, ref)
	_, said["Open"] = c.Open(ctx, ref)
	all, err := c.GetAll(ctx, []eso.Ref{ref})
	if said["GetAll"] = err; err == nil {
		said["GetAll"] = all[0].Err
	}
	said["Update"] = c.Update(ctx, ref, noop)
	said["UpdateAt"] = c.UpdateAt(ctx, ref, revision, noop)
	said["Patch"] = c.Patch(ctx, ref, patch{})
	said["PatchAt"] = c.PatchAt(ctx, ref, revision, patch{})
	said["Replace"] = c.Replace(ctx, ref, secretThing(d))
	said["ReplaceAt"] = c.ReplaceAt(ctx, ref, revision, secretThing(d))
	_, said["GetUnverified"] = c.GetUnverified(ctx, ref)
	_, _, said["Raw"] = c.Raw(ctx, ref)
	return said
}

// deletions are what the operations say that remove the object.
func deletions(ctx context.Context, c *store.Collection[thing], ref eso.Ref, revision int64) map[string]error {
	return map[string]error{"DeleteAt": c.DeleteAt(ctx, ref, revision), "Delete": c.Delete(ctx, ref)}
}

// foundFrom are the ids that a search from a namespace finds.
func foundFrom(t *testing.T, c *store.Collection[thing], namespace string, filters ...eso.Filter[thing]) []string {
	t.Helper()
	var ids []string
	for o, err := range c.Find(t.Context(), store.Query{Namespace: &namespace}, filters...) {
		require.NoError(t, err)
		ids = append(ids, o.Ref.ID)
	}
	return ids
}

// TestOtherNamespaces asks for an object from another namespace than its own: it
// does not exist there, for any operation; its id is taken, unless the namespace
// is a part of it.
func TestOtherNamespaces(t *testing.T) {
	overKinds(t, func(t *testing.T, db database, format eso.Format, kind eso.Namespaces) {
		ctx := t.Context()
		d := kinds(format, 1, kind)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		for _, places := range [][2]string{{"a", "b"}, {"a", ""}, {"", "b"}, {"default", "b"}, {"a", "default"}, {"a", "a-"}, {"a", "*"}} {
			own, other := places[0], places[1]
			id := strings.Join(places[:], "|")
			ref, err := c.Create(ctx, eso.Ref{Namespace: own, ID: id}, secretThing(d))
			require.NoError(t, err)
			before, err := c.Open(ctx, ref)
			require.NoError(t, err)
			elsewhere := eso.Ref{Namespace: other, ID: id}
			for op, err := range outcomes(ctx, c, d, elsewhere, before.Revision) {
				assert.ErrorIs(t, err, store.ErrNotFound, "%s from %q of an object in %q", op, other, own)
			}
			for op, err := range deletions(ctx, c, elsewhere, before.Revision) {
				assert.ErrorIs(t, err, store.ErrNotFound, op)
			}
			assert.NotContains(t, foundFrom(t, c, other), id)
			assert.NotContains(t, foundFrom(t, c, other, by("title", "t")), id)
			assert.Contains(t, foundFrom(t, c, own), id)
			doc, revision, err := c.Raw(ctx, ref)
			require.NoError(t, err)
			assert.Equal(t, before.Revision, revision, "nothing has changed it")
			doc.Ref.Namespace = other
			assert.Error(t, c.ReplaceRaw(ctx, doc, revision))
			if other != "*" {
				_, err = c.Create(ctx, elsewhere, secretThing(d))
				_, bulk := c.CreateAll(ctx, []store.NewObject[thing]{{Ref: elsewhere, Object: secretThing(d)}})
				if kind == eso.Single {
					require.NoError(t, err)
					assert.ErrorIs(t, bulk, store.ErrExists, "which was created a moment before")
				} else {
					assert.ErrorIs(t, err, store.ErrExists)
					assert.ErrorIs(t, bulk, store.ErrExists)
					doc.Ref.Namespace = normalized(other)
					put := c.PutRaw(ctx, doc)
					if format == eso.Kibana || kind == eso.Multiple {
						assert.ErrorIs(t, put, store.ErrExists)
					} else {
						assert.Error(t, put)
					}
				}
			}
			after, err := c.Open(ctx, ref)
			require.NoError(t, err)
			assert.Equal(t, before.Revision, after.Revision)
			assert.Equal(t, ref.Namespace, after.Ref.Namespace)
			for op, err := range outcomes(ctx, c, d, eso.Ref{Namespace: own, ID: id}, before.Revision) {
				if strings.HasSuffix(op, "At") {
					continue // others were there first
				}
				assert.NoError(t, err, op)
			}
			require.NoError(t, c.Delete(ctx, eso.Ref{Namespace: own, ID: id}))
		}
	}, eso.Single, eso.MultipleIsolated, eso.Multiple)
}

func normalized(namespace string) string {
	if namespace == "default" {
		return ""
	}
	return namespace
}

// TestDefaultNamespaceIsNone has one object under the two names of the default
// namespace.
func TestDefaultNamespaceIsNone(t *testing.T) {
	overKinds(t, func(t *testing.T, db database, format eso.Format, kind eso.Namespaces) {
		ctx := t.Context()
		d := kinds(format, 1, kind)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		names := []string{"", "default"}
		for i, name := range names {
			ref, err := c.Create(ctx, eso.Ref{Namespace: name, ID: fmt.Sprint(i)}, secretThing(d))
			require.NoError(t, err)
			assert.Empty(t, ref.Namespace)
			for _, other := range names {
				_, err := c.Create(ctx, eso.Ref{Namespace: other, ID: ref.ID}, secretThing(d))
				assert.ErrorIs(t, err, store.ErrExists)
				o, err := c.Open(ctx, eso.Ref{Namespace: other, ID: ref.ID})
				require.NoError(t, err)
				assert.Equal(t, `"s3cret"`, o.Value.Text("password"))
				assert.Contains(t, foundFrom(t, c, other), ref.ID)
			}
		}
	}, eso.Single, eso.MultipleIsolated, eso.Multiple)
}

// TestNamespacesOfAgnosticTypes has objects that live in none.
func TestNamespacesOfAgnosticTypes(t *testing.T) {
	overKinds(t, func(t *testing.T, db database, format eso.Format, kind eso.Namespaces) {
		ctx := t.Context()
		d := kinds(format, 1, kind)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		_, err := c.Create(ctx, eso.Ref{Namespace: "a", ID: "1"}, secretThing(d))
		assert.ErrorIs(t, err, eso.ErrID)
		ref, err := c.Create(ctx, eso.Ref{ID: "1"}, secretThing(d))
		require.NoError(t, err)
		o, err := c.Open(ctx, ref)
		require.NoError(t, err)
		refused := outcomes(ctx, c, d, eso.Ref{Namespace: "a", ID: "1"}, o.Revision)
		maps.Copy(refused, deletions(ctx, c, eso.Ref{Namespace: "a", ID: "1"}, o.Revision))
		doc, _, err := c.Raw(ctx, ref)
		require.NoError(t, err)
		doc.Ref.Namespace = "a"
		refused["PutRaw"] = c.PutRaw(ctx, doc)
		refused["ReplaceRaw"] = c.ReplaceRaw(ctx, doc, o.Revision)
		for o, err := range c.Find(ctx, store.Query{Namespace: new("a")}) {
			assert.Nil(t, o)
			refused["Find"] = err
		}
		for op, err := range refused {
			assert.ErrorIs(t, err, eso.ErrID, op)
		}
		assert.Equal(t, []string{"1"}, foundFrom(t, c, ""))

		// The document itself: the kind ignores the column beside it.
		_, err = things(d).Open(ctx, keyring(t, firstKey), doc)
		assert.NoError(t, err)
	}, eso.Agnostic)
}

// TestFormOfNamespaces has names that are none: nothing is created under them.
func TestFormOfNamespaces(t *testing.T) {
	overKinds(t, func(t *testing.T, db database, format eso.Format, kind eso.Namespaces) {
		ctx := t.Context()
		d := kinds(format, 1, kind)
		c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
		bad := []string{"Team A!", "A", "é", "a b", "a.b", "a/b", "a\x00", "\xff", " ", "Default", "a*", "**", "%", "'", strings.Repeat("a", 513)}
		if kind != eso.Multiple {
			bad = append(bad, "*")
		}
		for _, name := range bad {
			ref := eso.Ref{Namespace: name, ID: "1"}
			_, err := c.Create(ctx, ref, secretThing(d))
			assert.ErrorIs(t, err, eso.ErrID, "%q", name)
			_, err = c.CreateAll(ctx, []store.NewObject[thing]{{Ref: ref, Object: secretThing(d)}})
			assert.ErrorIs(t, err, eso.ErrID, "%q", name)
			doc, err := things(d).Seal(ctx, keyring(t, firstKey), ref, secretThing(d))
			require.NoError(t, err, "which is not the store's")
			assert.ErrorIs(t, c.PutRaw(ctx, doc), eso.ErrID, "%q", name)
		}
		for i, name := range []string{"a", "0", "_", "-", "team-a_1", strings.Repeat("z", 512)} {
			_, err := c.Create(ctx, eso.Ref{Namespace: name, ID: fmt.Sprint(i)}, secretThing(d))
			assert.NoError(t, err, "%q", name)
		}

		// What is stored already opens, and can be worked with.
		_, err := db.ExecContext(ctx, "UPDATE eso_objects SET namespace = 'Team A!' WHERE id = '0'")
		require.NoError(t, err)
		if format == eso.Kibana && kind != eso.Single {
			ref := eso.Ref{Namespace: "Team A!", ID: "0"}
			for op, err := range outcomes(ctx, c, d, ref, 1) {
				if !strings.HasSuffix(op, "At") {
					assert.NoError(t, err, op)
				}
			}
			assert.Equal(t, []string{"0"}, foundFrom(t, c, "Team A!"))
		}
	}, eso.Single, eso.MultipleIsolated, eso.Multiple)
}

// TestNamespacesOfSharedObjects has objects of the kind multiple, which are
// reached from each namespace of their list: the one that they were created in,
// until the row has one.
func TestNamespacesOfSharedObjects(t *testing.T) {
	overKinds(t, func(t *testing.T, db database, format eso.Format, kind eso.Namespaces) {
		ctx := t.Context()
		d := kinds(format, 1, kind)
		s := db.open(t, keyring(t, firstKey, secondKey), store.Options{})
		c := store.Of(s, things(d))
		for _, id := range []string{"own", "shared", "all", "nonsense"} {
			_, err := c.Create(ctx, eso.Ref{Namespace: "a", ID: id}, secretThing(d))
			require.NoError(t, err)
		}
		everywhere, err := c.Create(ctx, eso.Ref{Namespace: "*", ID: "everywhere"}, secretThing(d))
		require.NoError(t, err)
		assert.Equal(t, "*", everywhere.Namespace)
		for id, list := range map[string]string{"shared": `["b","default"]`, "all": `["*"]`, "nonsense": `["a"`} {
			_, err := db.ExecContext(ctx, fmt.Sprintf("UPDATE eso_objects SET namespaces = '%s' WHERE id = '%s'", list, id))
			require.NoError(t, err)
		}
		reached := map[string][]string{"a": {"all", "everywhere", "own"}, "b": {"all", "everywhere", "shared"}, "": {"all", "everywhere", "shared"}, "c": {"all", "everywhere"}}
		for namespace, ids := range reached {
			assert.Equal(t, ids, foundFrom(t, c, namespace), "%q", namespace)
			assert.Equal(t, ids, foundFrom(t, c, namespace, by("title", "t")), "%q", namespace)
			for _, id := range []string{"own", "shared", "all", "nonsense", "everywhere"} {
				for op, err := range outcomes(ctx, c, d, eso.Ref{Namespace: namespace, ID: id}, 1) {
					switch {
					case !slices.Contains(ids, id):
						assert.ErrorIs(t, err, store.ErrNotFound, "%s of %s from %q", op, id, namespace)
					case !strings.HasSuffix(op, "At"):
						assert.NoError(t, err, "%s of %s from %q", op, id, namespace)
					}
				}
			}
			for o, err := range c.Find(ctx, store.Query{Namespace: &namespace}) {
				require.NoError(t, err)
				assert.Equal(t, namespace, o.Ref.Namespace, "the ref is one that reaches the object from there")
			}
		}
		for o, err := range c.Find(ctx, store.Query{}) {
			require.NoError(t, err)
			if o.Ref.ID == "nonsense" {
				continue // out of everyone's reach
			}
			_, err = c.Open(ctx, o.Ref)
			assert.NoError(t, err, "%+v", o.Ref)
		}

		// Jobs are not of a namespace, and rows keep theirs.
		report, err := db.open(t, keyring(t, secondKey, firstKey), store.Options{}).Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 5}, report.Counts)
		var namespace, list string
		require.NoError(t, db.QueryRowContext(ctx, "SELECT namespace, namespaces FROM eso_objects WHERE id = 'shared'").Scan(&namespace, &list))
		assert.Equal(t, "a", namespace)
		assert.Equal(t, `["b","default"]`, list)
	}, eso.Multiple)
}

// TestWiderKinds follows a type whose next model has a wider kind: what was
// stored before is reached as the write model says, of either release, migrated
// or not, and below the oldest model too; ids are unique in all.
func TestWiderKinds(t *testing.T) {
	type wider struct{ from, to eso.Namespaces }
	for _, w := range []wider{
		{eso.Single, eso.MultipleIsolated}, {eso.Single, eso.Multiple}, {eso.Single, eso.Agnostic},
		{eso.MultipleIsolated, eso.Multiple}, {eso.MultipleIsolated, eso.Agnostic}, {eso.Multiple, eso.Agnostic},
	} {
		for _, format := range []eso.Format{eso.Kibana, eso.Native} {
			t.Run(fmt.Sprintf("%s/%s to %s", format, w.from, w.to), func(t *testing.T) {
				overDatabases(t, func(t *testing.T, db database) { widen(t, db, format, w.from, w.to) })
			})
		}
	}
}

func widen(t *testing.T, db database, format eso.Format, from, to eso.Namespaces) {
	ctx := t.Context()
	s := db.open(t, keyring(t, firstKey, secondKey), store.Options{})
	d1, d2 := kinds(format, 1, from, to), kinds(format, 2, from, to)
	older, newer := store.Of(s, things(d1)), store.Of(s, things(d2))
	inNewer := func(ref eso.Ref) eso.Ref { // as the newer release asks for it
		if to == eso.Agnostic {
			ref.Namespace = ""
		}
		return ref
	}
	first, second := eso.Ref{Namespace: "a", ID: "1"}, eso.Ref{Namespace: "a", ID: "2"}
	_, err := older.Create(ctx, first, secretThing(d1))
	require.NoError(t, err)
	_, err = newer.Create(ctx, inNewer(second), secretThing(d2))
	require.NoError(t, err)
	opens := func(when string, d *eso.Definition, c *store.Collection[thing], refs ...eso.Ref) {
		t.Helper()
		for _, ref := range refs {
			o, err := c.Open(ctx, ref)
			require.NoError(t, err, "%s, %v", when, ref)
			assert.Equal(t, `"s3cret"`, o.Value.Text("password"))
			for op, err := range outcomes(ctx, c, d, o.Ref, 1) {
				if !strings.HasSuffix(op, "At") {
					require.NoError(t, err, "%s, %s %v", when, op, o.Ref)
				}
			}
		}
		var found []string
		for o, err := range c.Find(ctx, store.Query{}) {
			require.NoError(t, err)
			_, err = c.Open(ctx, o.Ref)
			require.NoError(t, err, "%s, %v as found", when, o.Ref)
			found = append(found, o.Ref.ID)
		}
		slices.Sort(found)
		assert.Equal(t, []string{"1", "2"}, found)
		assert.Len(t, foundFrom(t, c, refs[0].Namespace), len(refs))
	}
	check := func(when string) {
		t.Helper()
		opens(when, d1, older, first, second)
		opens(when, d2, newer, inNewer(first), inNewer(second))
		for _, id := range []string{"1", "2"} {
			// The older release may create the id of one of its own in another
			// namespace, where that is a part of it; none of one that has it alone.
			_, err := newer.Create(ctx, inNewer(eso.Ref{Namespace: "b", ID: id}), secretThing(d2))
			assert.ErrorIs(t, err, store.ErrExists, when)
			_, err = older.Create(ctx, eso.Ref{Namespace: "a", ID: id}, secretThing(d1))
			assert.ErrorIs(t, err, store.ErrExists, when)
		}
		_, err := older.Create(ctx, eso.Ref{Namespace: "b", ID: "2"}, secretThing(d1))
		assert.ErrorIs(t, err, store.ErrExists, when)
		if to != eso.Agnostic {
			for _, id := range []string{"1", "2"} {
				_, err = newer.Get(ctx, eso.Ref{Namespace: "b", ID: id})
				assert.ErrorIs(t, err, store.ErrNotFound, when)
			}
		}
	}
	check("side by side")

	// No document of a narrower kind takes the place of one that is wider already.
	narrow, err := things(d1).Seal(ctx, keyring(t, firstKey), second, secretThing(d1))
	require.NoError(t, err)
	stored, err := older.Open(ctx, second)
	require.NoError(t, err)
	assert.ErrorIs(t, older.ReplaceRaw(ctx, narrow, stored.Revision), eso.ErrModel)
	check("with a backup refused")
	report, err := db.open(t, keyring(t, secondKey, firstKey), store.Options{}).Rotate(ctx, []*eso.Definition{d1}, store.JobOptions{})
	require.NoError(t, err)
	assert.Equal(t, store.Counts{Done: 2}, report.Counts)
	check("rotated")
	report, err = s.Migrate(ctx, []*eso.Definition{d2}, store.JobOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 2, report.Done+report.Unchanged)
	check("migrated")

	// A backup of both goes into another store, and takes the place of what is
	// there.
	other := newSQLite(t).open(t, keyring(t, secondKey, firstKey), store.Options{})
	for _, ref := range []eso.Ref{first, second} {
		doc, revision, err := newer.Raw(ctx, inNewer(ref))
		require.NoError(t, err)
		require.NoError(t, store.Of(other, things(d2)).PutRaw(ctx, doc), "%+v", doc.Ref)
		require.NoError(t, newer.ReplaceRaw(ctx, doc, revision))
	}
	opens("of a backup", d2, store.Of(other, things(d2)), inNewer(first), inNewer(second))
	old, err := things(d1).Seal(ctx, keyring(t, firstKey), eso.Ref{Namespace: "a", ID: "3"}, secretThing(d1))
	require.NoError(t, err)
	require.NoError(t, newer.PutRaw(ctx, old), "of the older model")
	require.NoError(t, newer.Delete(ctx, inNewer(eso.Ref{Namespace: "a", ID: "3"})))

	d2.Oldest = 2
	opens("with the older model given up", d2, newer, inNewer(first), inNewer(second))
	var namespace string
	require.NoError(t, db.QueryRowContext(ctx, "SELECT namespace FROM eso_objects WHERE id = '1'").Scan(&namespace))
	assert.Equal(t, "a", namespace, "the row keeps the namespace that its seal bound")
}
