package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestRotateToNamespaceKeys rotates objects of every kind of namespaces, from one key to
// those of namespaces: each is under the key of its namespace afterwards if its seal and
// the write model bind that, and under the installation's otherwise.
func TestRotateToNamespaceKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		w := newTenants(t)
		keys := w.open(t)
		s := db.over(t, keys)
		var types []*eso.Definition
		typeOf := func(name string, write int, models ...eso.Namespaces) *eso.Definition {
			d := kinds(eso.Native, write, models...)
			d.Type = name
			return d
		}
		create := func(d *eso.Definition, namespaces ...string) {
			t.Helper()
			for _, n := range namespaces {
				for i := range 3 {
					_, err := store.Of(s, things(d)).Create(ctx, eso.Ref{Namespace: n, ID: fmt.Sprint(n, "-", i)}, secretThing(d))
					require.NoError(t, err)
				}
			}
		}
		for _, kind := range []eso.Namespaces{eso.Single, eso.MultipleIsolated, eso.Multiple} {
			d := typeOf(string(kind), 1, kind)
			types = append(types, d)
			create(d, "", "default", "a", "b")
		}
		agnostic := typeOf("agnostic", 1, eso.Agnostic)
		types = append(types, agnostic)
		create(agnostic, "")
		narrow, wide := typeOf("widened", 1, eso.Single, eso.Multiple), typeOf("widened", 2, eso.Single, eso.Multiple)
		create(narrow, "", "a", "b")

		w.provision(t, "a", "b")
		w.save(t)
		refresh(t, keys)
		before := int64(3*3*4 + 3 + 3*3)
		report, err := s.Rotate(ctx, append(types, narrow), store.JobOptions{Batch: 4})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 3 * 6, Unchanged: before - 3*6}, report.Counts)
		of := func(name string) map[string]int64 {
			t.Helper()
			scan, err := s.ScanKeys(ctx, store.ScanOptions{})
			require.NoError(t, err)
			found := map[string]int64{}
			for _, u := range scan.Uses {
				if u.Type == name {
					found[u.KeyID] = u.Objects
				}
			}
			return found
		}
		assert.Equal(t, map[string]int64{"main": 6, "ns-a": 3, "ns-b": 3}, of("single"))
		assert.Equal(t, map[string]int64{"main": 6, "ns-a": 3, "ns-b": 3}, of("multiple-isolated"))
		assert.Equal(t, map[string]int64{"main": 12}, of("multiple"))
		assert.Equal(t, map[string]int64{"main": 3}, of("agnostic"))
		assert.Equal(t, map[string]int64{"main": 3, "ns-a": 3, "ns-b": 3}, of("widened"))
		noted := map[string]int64{}
		uses, err := s.KeyUsage(ctx)
		require.NoError(t, err)
		for _, u := range uses {
			noted[u.KeyID] += u.Objects
		}
		assert.Equal(t, underKeys(t, s, store.ScanOptions{}), noted, "the notes agree with the documents")

		// The release that widens the kind asks for a rotation, at the objects' own model.
		report, err = s.Rotate(ctx, []*eso.Definition{wide}, store.JobOptions{})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 6, Unchanged: 3}, report.Counts)
		assert.Equal(t, map[string]int64{"main": 9}, of("widened"))
		o, err := store.Of(s, things(wide)).Open(ctx, eso.Ref{Namespace: "a", ID: "a-1"})
		require.NoError(t, err)
		assert.Equal(t, 1, o.Model)

		// One without a key of its own fails alone.
		_, err = db.ExecContext(ctx, "DELETE FROM eso_objects WHERE type <> 'single'")
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "UPDATE eso_objects SET key_ids = '[]'")
		require.NoError(t, err)
		_, err = w.file.Shred("b", time.Now())
		require.NoError(t, err)
		w.save(t)
		refresh(t, keys)
		report, err = s.Rotate(ctx, types[:1], store.JobOptions{Batch: 2})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Unchanged: 9, Shredded: 3}, report.Counts)
		assert.Empty(t, report.Failures)
	})
}

// TestNotShredded: an object that was never rotated to the key of its namespace is not
// shredded with that. No job says so.
func TestNotShredded(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		w := newTenants(t)
		keys := w.open(t)
		d := kinds(eso.Native, 1, eso.Single)
		s := db.over(t, keys)
		c, ref := store.Of(s, things(d)), eso.Ref{Namespace: "a", ID: "1"}
		_, err := c.Create(ctx, ref, secretThing(d))
		require.NoError(t, err)
		w.provision(t, "a")
		_, err = w.file.Shred("a", time.Now())
		require.NoError(t, err)
		w.save(t)
		refresh(t, keys)
		_, err = c.Open(ctx, ref)
		require.NoError(t, err)
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Failed: 1}, report.Counts)
		assert.Equal(t, store.ReasonShredded, report.Failures[0].Reason)
		assert.Equal(t, map[string]int64{"main": 1}, underKeys(t, s, store.ScanOptions{Namespace: new("a")}))
	})
}

// TestRotationFollowsTheMark interrupts a rotation, and gives another namespace a key
// meanwhile: what was visited before is visited again.
func TestRotationFollowsTheMark(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		w := newTenants(t)
		keys := w.open(t)
		d := kinds(eso.Native, 1, eso.Single)
		s := db.over(t, keys)
		for _, n := range []string{"a", "b", "c"} {
			_, err := store.Of(s, things(d)).Create(t.Context(), eso.Ref{Namespace: n, ID: "1"}, secretThing(d))
			require.NoError(t, err)
		}
		interrupt := func() {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			_, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 1, Progress: func(p store.Progress) {
				if p.All() == 2 {
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
		}
		w.provision(t, "b", "c")
		w.save(t)
		refresh(t, keys)
		interrupt()
		_, err := w.file.Add("native", "ns-a", "a")
		require.NoError(t, err)
		w.save(t)
		refresh(t, keys)
		report, err := s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.True(t, report.Types[0].Resumed, "a key that does not seal changes nothing")

		w.file.SetPrimary("ns-a")
		w.save(t)
		refresh(t, keys)
		interrupt()
		_, err = w.file.Add("native", "ns-a2", "a")
		require.NoError(t, err)
		require.NoError(t, w.file.SetPrimary("ns-a2"))
		w.save(t)
		refresh(t, keys)
		report, err = s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.False(t, report.Types[0].Resumed)
		assert.Equal(t, map[string]int64{"ns-a2": 1, "ns-b": 1, "ns-c": 1}, underKeys(t, s, store.ScanOptions{}))

		// The keys change while it runs, behind where it is.
		_, err = w.file.Add("native", "ns-a3", "a")
		require.NoError(t, err)
		require.NoError(t, w.file.SetPrimary("ns-a3"))
		once := false
		report, err = s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 1, Progress: func(p store.Progress) {
			if !once && p.All() == 2 {
				once = true
				w.save(t)
				refresh(t, keys)
			}
		}})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 1, Unchanged: 2}, report.Counts)
		assert.Equal(t, map[string]int64{"ns-a3": 1, "ns-b": 1, "ns-c": 1}, underKeys(t, s, store.ScanOptions{}))
	})
}

// TestInterruptedAmongShredded: what an earlier run has counted as shredded counts.
func TestInterruptedAmongShredded(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		w := newTenants(t, "a", "b")
		keys := w.open(t)
		d := kinds(eso.Native, 1, eso.Single)
		s := db.over(t, keys)
		for _, n := range []string{"a", "b"} {
			for i := range 4 {
				_, err := store.Of(s, things(d)).Create(t.Context(), eso.Ref{Namespace: n, ID: fmt.Sprint(i)}, secretThing(d))
				require.NoError(t, err)
			}
		}
		_, err := w.file.Shred("a", time.Now())
		require.NoError(t, err)
		w.save(t)
		refresh(t, keys)
		for range 2 { // the second begins anew
			ctx, cancel := context.WithCancel(t.Context())
			_, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 3, Progress: func(store.Progress) { cancel() }})
			require.ErrorIs(t, err, context.Canceled)
			report, err := s.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{Batch: 3})
			require.NoError(t, err)
			assert.True(t, report.Types[0].Resumed)
			assert.Equal(t, store.Counts{Shredded: 4, Unchanged: 4}, report.Counts)
		}
	})
}

// TestTablesOfVersion2 brings tables of version 2 up, with an interrupted rotation, under
// a process that has checked their version, and goes on.
func TestTablesOfVersion2(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		running := db.over(t, keyring(t, firstKey))
		refs := fill(t, running, d, 3)
		for _, statement := range []string{
			"DROP TABLE eso_keys", "DROP TABLE eso_processes", "DROP TABLE eso_job_counts", "DROP TABLE eso_imports", "UPDATE eso_schema SET version = 2",
			`INSERT INTO eso_jobs VALUES ('rotate', 'vault', '` + identifiersOf(t, keyring(t, secondKey))[0] + `', 'r', 0, '', '0000', 0, 1, 0, 0, '2027-01-01', '2027-01-01')`,
		} {
			_, err := db.ExecContext(ctx, statement)
			require.NoError(t, err, statement)
		}
		s, err := store.New(db.DB, db.Dialect, keyring(t, secondKey, firstKey), store.Options{})
		require.NoError(t, err)
		_, err = s.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrSchema)
		require.NoError(t, s.CreateSchema(ctx))
		_, err = s.CheckKeys(ctx)
		require.NoError(t, err)
		_, err = store.Of(running, things(d)).Open(ctx, refs[1])
		require.NoError(t, err)
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.True(t, report.Types[0].Resumed)
		assert.Equal(t, store.Counts{Done: 2, Unchanged: 1}, report.Counts)
		_, err = store.Of(s, things(d)).Open(ctx, refs[0])
		require.NoError(t, err)
		var version int
		require.NoError(t, db.QueryRowContext(ctx, "SELECT version FROM eso_schema").Scan(&version))
		assert.Equal(t, store.SchemaVersion, version)
		fresh := newSQLite(t)
		if db.Dialect == store.PostgreSQL {
			fresh = newPostgres(t)
		}
		fresh.over(t, keyring(t, firstKey))
		for _, table := range []string{"eso_objects", "eso_jobs", "eso_job_counts", "eso_keys", "eso_processes"} {
			assert.Equal(t, columnsOf(t, fresh, table), columnsOf(t, db, table))
		}
	})
}

// meddling is a keyring that lets somebody else write an object whenever it is opened.
type meddling struct {
	eso.Keyring
	meddle func(id string)
}

func (m *meddling) OpeningKey(ctx context.Context, ref eso.Ref, id string) (eso.Key, error) {
	m.meddle(ref.ID)
	return m.Keyring.OpeningKey(ctx, ref, id)
}

// TestCountsAddUp rotates objects with every outcome that there is. Each is counted
// once, and the sum is the total.
func TestCountsAddUp(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		w := newTenants(t)
		keys := w.open(t)
		d := kinds(eso.Native, 1, eso.Single)
		c := store.Of(db.over(t, keys), things(d))
		create := func(namespace string, ids ...string) {
			t.Helper()
			for _, id := range ids {
				_, err := c.Create(ctx, eso.Ref{Namespace: namespace, ID: id}, secretThing(d))
				require.NoError(t, err)
			}
		}
		create("a", "deleted", "rotated", "rotated too", "lost", "tampered", "nobody's")
		create("", "current")
		w.provision(t, "a", "b")
		w.save(t)
		refresh(t, keys)
		create("a", "current too")
		create("b", "shredded", "shredded too")
		_, err := w.file.Shred("b", time.Now())
		require.NoError(t, err)
		w.save(t)
		refresh(t, keys)
		db.damage(t, "tampered", `{"owner":"eve"}`)
		db.damage(t, "nobody's", `{"owner":"eve","$sealed":"AAAA"}`)

		s := db.open(t, &meddling{keys, func(id string) {
			statement := map[string]string{"deleted": "DELETE FROM eso_objects WHERE id = 'deleted'", "lost": "UPDATE eso_objects SET revision = revision + 1 WHERE id = 'lost'"}[id]
			if statement != "" {
				_, err := db.ExecContext(ctx, statement)
				assert.NoError(t, err)
			}
		}}, store.Options{Attempts: 3})
		var last store.Progress
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 3, Restart: true, Progress: func(p store.Progress) { last = p }})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 2, Unchanged: 2, Gone: 1, Failed: 3, Shredded: 2}, report.Counts)
		assert.EqualValues(t, 10, report.All())
		assert.Equal(t, report.Counts, last.Counts)
		assert.Equal(t, last.Total, last.All())
		reasons := map[string]store.Reason{}
		for _, f := range report.Failures {
			reasons[f.Ref.ID] = f.Reason
		}
		assert.Equal(t, map[string]store.Reason{"lost": store.ReasonConflict, "tampered": store.ReasonTampered, "nobody's": store.ReasonMalformed}, reasons)
	})
}
