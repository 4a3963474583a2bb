package store_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// plant puts a row into the table, as somebody with access to the database
// would. Values are expressions of SQL.
func (db database) plant(t *testing.T, values map[string]string) error {
	t.Helper()
	row := map[string]string{"type": "'vault'", "scope": "''", "id": "'planted'", "namespace": "''", "model": "1", "revision": "1", "key_ids": "'[]'",
		"attributes": "'{}'", "created_at": "'2027-01-01'", "updated_at": "'2027-01-01'"}
	var columns, expressions []string
	for column, value := range values {
		row[column] = value
	}
	for column, value := range row {
		columns, expressions = append(columns, column), append(expressions, value)
	}
	_, err := db.ExecContext(t.Context(), "INSERT INTO eso_objects ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(expressions, ", ")+")")
	return err
}

// repeated is an expression of SQL for a text of that many letters.
func (db database) repeated(n int) string {
	if db.Dialect == store.PostgreSQL {
		return "repeat('k', " + strconv.Itoa(n) + ")"
	}
	return "replace(hex(zeroblob(" + strconv.Itoa(n/2) + ")), '0', 'k')"
}

// allocated is how many bytes work takes of the heap.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestColumnsOfManyMegabytes has rows whose columns beside the attributes are far
// larger than any that the store writes: each fails, is reported, and is not
// fetched.
func TestColumnsOfManyMegabytes(t *testing.T) {
	const large = 4 << 20
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 2)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		fill(t, s, d, 3)
		c := store.Of(s, things(d))
		long := []string{"namespace", "namespaces", "key_ids"}
		key := 2000
		if db.Dialect == store.SQLite {
			long = append(long, "scope", "id")
			key = large
		}
		n := 0
		for _, column := range long {
			for range 3 {
				n++
				row := map[string]string{"id": fmt.Sprintf("'x%d'", n)}
				row[column] = fmt.Sprintf("'%d' || %s", n, db.repeated(large))
				require.NoError(t, db.plant(t, row))
			}
		}
		for range 2 {
			n++
			require.NoError(t, db.plant(t, map[string]string{"id": fmt.Sprintf("'y%d' || %s", n, db.repeated(key))}))
		}
		var found, failed int
		var usage []store.KeyUse
		var report store.Report
		took := allocated(func() {
			for o, err := range c.Find(ctx, store.Query{}) {
				require.NotNil(t, o, err)
				assert.LessOrEqual(t, len(o.Ref.ID), 200)
				assert.LessOrEqual(t, len(o.Cursor().String()), 100)
				found++
				if err == nil {
					err = o.Problem
				}
				if err != nil {
					failed++
					assert.Less(t, len(err.Error()), 1000)
				}
			}
			var err error
			usage, err = s.KeyUsage(ctx)
			require.NoError(t, err)
			_, err = s.ModelUsage(ctx)
			require.NoError(t, err)
			report, err = s.Migrate(ctx, []*eso.Definition{vault(eso.Native, 2, 2)}, store.JobOptions{})
			require.NoError(t, err)
			_, err = c.Get(ctx, eso.Ref{ID: "x1"})
			require.Error(t, err)
			_, _, err = c.Raw(ctx, eso.Ref{ID: "x1"})
			assert.Error(t, err)
		})
		assert.Less(t, took, uint64(2*large), "%d rows of %d bytes", n, large)
		assert.Equal(t, 3+n, found)
		assert.Equal(t, n, failed)
		assert.Equal(t, store.Counts{Done: 3, Failed: int64(n)}, report.Counts)
		assert.Len(t, report.Failures, n)
		for _, f := range report.Failures {
			assert.LessOrEqual(t, len(f.Ref.ID)+len(f.Ref.Namespace)+len(f.Attribute), 600)
			assert.NotEmpty(t, f.Reason)
		}
		for _, use := range usage {
			assert.LessOrEqual(t, len(use.KeyID), 64)
		}
		assert.True(t, slices.ContainsFunc(usage, func(u store.KeyUse) bool { return u.KeyID == "" }), "notes that make no sense are counted")
		require.NoError(t, c.Delete(ctx, eso.Ref{ID: "x1"}), "what does not read can be deleted")
	})
}

// TestPagesCountAllColumns has rows whose columns are as large as they may be: a
// page ends when all of them together are enough.
func TestPagesCountAllColumns(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		var events []store.Event
		s := db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)})
		fill(t, s, d, 300)
		_, err := db.ExecContext(ctx, "UPDATE eso_objects SET namespaces = "+db.repeated(60<<10))
		require.NoError(t, err)
		events = nil
		found := 0
		for _, err := range store.Of(s, things(d)).Find(ctx, store.Query{PageSize: 1000}) {
			require.NoError(t, err)
			found++
		}
		assert.Equal(t, 300, found)
		pages := slices.DeleteFunc(events, func(e store.Event) bool { return e.Objects < 2 })
		require.Greater(t, len(pages), 1)
		for _, e := range pages {
			assert.Less(t, e.Objects, 200, "which take 12 MB")
		}
	})
}

// TestSearchPastKeysThatAreTooLong pages as a service does, one object at a time,
// among rows with keys that the store would not write: it gets past them.
func TestSearchPastKeysThatAreTooLong(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		fill(t, s, d, 3)
		for i := range 4 {
			require.NoError(t, db.plant(t, map[string]string{"id": fmt.Sprintf("'%d' || %s", i, db.repeated(2000))}))
		}
		c := store.Of(s, things(d))
		text := ""
		var read []string
		for range 10 {
			var after store.Cursor
			require.NoError(t, after.UnmarshalText([]byte(text)))
			before := text
			for o, err := range c.Find(ctx, store.Query{After: after, PageSize: 1}) {
				if text = o.Cursor().String(); err == nil {
					read = append(read, o.Ref.ID)
				}
				break
			}
			if text == before {
				break
			}
		}
		assert.Equal(t, []string{"0000", "0001", "0002"}, read)
	})
}

// TestRowsWhoseFailureCannotBeNoted has failures that the table of failures refuses:
// they are counted, and the job goes on.
func TestRowsWhoseFailureCannotBeNoted(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		fill(t, s, d, 12)
		planted := 0
		// As long as the index of the objects takes, and longer than one of a table
		// with the job in its key would.
		for n := 2720; n > 2600 && planted == 0; n-- {
			if db.plant(t, map[string]string{"id": "'" + incompressible(n) + "'"}) == nil {
				planted++
			}
		}
		require.Equal(t, 1, planted)
		for _, id := range []string{"0003", "0004", "0008"} {
			db.damage(t, id, `[]`)
		}
		statement := "CREATE TRIGGER refuse BEFORE INSERT ON eso_job_failures WHEN NEW.id IN ('0004', '0008') BEGIN SELECT RAISE(ABORT, 'no'); END"
		if db.Dialect == store.PostgreSQL {
			statement = `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.id IN ('0004', '0008') THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END$$;
				CREATE TRIGGER refuse BEFORE INSERT ON eso_job_failures FOR EACH ROW EXECUTE FUNCTION refuse()`
		}
		_, err := db.ExecContext(ctx, statement)
		require.NoError(t, err)
		to := []string{secondKey, firstKey}
		for _, work := range []store.JobOptions{{}, {Restart: true}, {Batch: 1}, {Batch: 5}} {
			report, err := db.open(t, keyring(t, to[0], to[1]), store.Options{}).Rotate(ctx, []*eso.Definition{d}, work)
			require.NoError(t, err)
			assert.EqualValues(t, 9, report.Done+report.Unchanged)
			assert.EqualValues(t, 4, report.Failed)
			var noted []string
			for _, f := range report.Failures {
				noted = append(noted, f.Ref.ID[:4])
			}
			assert.Equal(t, []string{"0003", incompressible(4)}, noted)
			slices.Reverse(to)
		}

		// A table that takes nothing at all.
		_, err = db.ExecContext(ctx, "DROP TABLE eso_job_failures")
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "CREATE TABLE eso_job_failures (job text, type text, number bigint, scope text, id text, namespace text, model bigint, attribute text, reason text, CHECK (number < 0))")
		require.NoError(t, err)
		db = connect(t, db.Dialect, db.driver, db.dsn)
		report, err := db.open(t, keyring(t, to[0], to[1]), store.Options{}).Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 3})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 9, Failed: 4}, report.Counts)
		assert.Empty(t, report.Failures)
	})
}

// incompressible is the beginning of a text that no database makes shorter.
func incompressible(n int) string {
	random := rand.NewChaCha8([32]byte{1})
	raw := make([]byte, 3000)
	random.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)[:n]
}

// TestNamesOfFailuresAreClipped has documents with a name of a megabyte, on which
// they fail: no table, report, event or error keeps it.
func TestNamesOfFailuresAreClipped(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		var events []store.Event
		s := db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)})
		fill(t, s, d, 30)
		name := strings.Repeat("\u00e9", 1<<19)
		for i := range 30 {
			db.damage(t, fmt.Sprintf("%04d", i), `{"`+name+`":`+strings.Repeat("[", 120)+strings.Repeat("]", 120)+`}`)
		}
		events = nil
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.EqualValues(t, 30, report.Failed)
		require.Len(t, report.Failures, 30)
		for _, f := range report.Failures {
			assert.LessOrEqual(t, len(f.Attribute), 200)
		}
		for _, e := range events {
			assert.LessOrEqual(t, len(e.Attribute), 200)
		}
		var longest int
		require.NoError(t, db.QueryRowContext(ctx, "SELECT max(length(attribute)) FROM eso_job_failures").Scan(&longest))
		assert.LessOrEqual(t, longest, 200)
	})
}

// TestHostileKeys has ids and values that are statements, words of statements,
// and characters of all kinds: each is itself.
func TestHostileKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		c := store.Of(s, things(d))
		hostile := []string{"'; DROP TABLE eso_objects; --", `"`, "?", "$1", "{attributes}", "{readable}", "{schema}", "a\nb", `a\b`, "%", "_", "\u202e", "é", "e\u0301",
			"default ", "Default", "\u2028", strings.Repeat("x", 512), "') OR 1=1 --", "null", "[]", "\x7f", "😀", "\uffff", "\ufffd"}
		text := func(s string) string {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
		}
		var items []store.NewObject[thing]
		for _, namespace := range []string{"", "a", "b"} {
			for _, id := range hostile {
				items = append(items, store.NewObject[thing]{Ref: eso.Ref{Namespace: namespace, ID: id},
					Object: newThing(map[string]string{"owner": `"ann"`, "title": text(id), "level": "1", "password": text(namespace + id)})})
			}
		}
		_, err := c.CreateAll(ctx, items)
		require.NoError(t, err)
		for _, item := range items {
			o, err := c.Open(ctx, item.Ref)
			require.NoError(t, err)
			assert.Equal(t, text(item.Ref.Namespace+item.Ref.ID), o.Value.Text("password"))
		}
		for _, value := range hostile {
			assert.Equal(t, []string{value}, foundFrom(t, c, "a", by("title", value)), "%q", value)
		}
		assert.Len(t, foundFrom(t, c, "b"), len(hostile))
	})
}
