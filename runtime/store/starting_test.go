package store_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// withSetting returns a DSN with another value of a setting.
func withSetting(t *testing.T, dsn, name, value string) string {
	t.Helper()
	parsed, err := url.Parse(dsn)
	require.NoError(t, err)
	query := parsed.Query()
	query.Set(name, value)
	parsed.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return parsed.String()
}

// TestManyProcessesStart has 12 processes create the tables at once, whatever
// isolation the database has by default.
func TestManyProcessesStart(t *testing.T) {
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			for range 3 {
				dsn := withSetting(t, pgtest.Shared(t).Schema(t), "default_transaction_isolation", level)
				var starting sync.WaitGroup
				for range 12 {
					db := connect(t, store.PostgreSQL, "pgx", dsn)
					require.NoError(t, db.PingContext(t.Context()))
					s, err := store.New(db.DB, db.Dialect, keyring(t, firstKey), store.Options{})
					require.NoError(t, err)
					starting.Go(func() { assert.NoError(t, s.CreateSchema(context.Background())) })
				}
				starting.Wait()
			}
		})
	}
}

// TestSchemaOfAnotherTenant has a search path of several schemas: the tables are
// in the first one, and those of another one do not count.
func TestSchemaOfAnotherTenant(t *testing.T) {
	ctx := t.Context()
	dsn := pgtest.Shared(t).Database(t)
	admin := connect(t, store.PostgreSQL, "pgx", dsn)
	for _, statement := range []string{`CREATE SCHEMA tenant_a`, `CREATE SCHEMA tenant_b`, `CREATE SCHEMA "Tenant ""C"", d"`} {
		_, err := admin.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	at := func(path string) (*store.Store, *store.Collection[thing]) {
		db := connect(t, store.PostgreSQL, "pgx", withSetting(t, dsn, "search_path", path))
		s, err := store.New(db.DB, db.Dialect, keyring(t, firstKey), store.Options{})
		require.NoError(t, err)
		return s, store.Of(s, things(vault(eso.Native, 1, 1)))
	}
	d := vault(eso.Native, 1, 1)
	object := func(owner string) *thing {
		return newThing(map[string]string{"owner": `"` + owner + `"`, "title": `"x"`, "level": "1", "password": `"s3cret"`})
	}
	a, ofA := at("tenant_a")
	require.NoError(t, a.CreateSchema(ctx))
	ref, err := ofA.Create(ctx, eso.Ref{ID: "1"}, object("a"))
	require.NoError(t, err)

	b, ofB := at("tenant_b,tenant_a")
	_, err = ofB.Get(ctx, ref)
	assert.ErrorIs(t, err, store.ErrSchema, "tenant_a's tables are not tenant_b's")
	_, err = b.KeyUsage(ctx)
	assert.ErrorIs(t, err, store.ErrSchema)
	require.NoError(t, b.CreateSchema(ctx))
	_, err = ofB.Get(ctx, ref)
	assert.ErrorIs(t, err, store.ErrNotFound)
	_, err = ofB.Create(ctx, eso.Ref{ID: "1"}, object("b"))
	require.NoError(t, err)
	o, err := ofA.Open(ctx, ref)
	require.NoError(t, err)
	assert.Equal(t, `"a"`, o.Value.Text("owner"))

	// Without one of them, tenant_a's are still there.
	_, err = admin.ExecContext(ctx, "DROP TABLE tenant_b.eso_objects")
	require.NoError(t, err)
	_, err = ofB.Get(ctx, ref)
	assert.Error(t, err)
	assert.NotErrorIs(t, err, store.ErrNotFound)

	for _, path := range []string{"tenant_x,tenant_a", `"TENANT_A",tenant_a`, `"tenant_x", "$user", tenant_a`, `""`} {
		s, c := at(path)
		assert.ErrorIs(t, s.CreateSchema(ctx), store.ErrSchema, path)
		_, err = c.Get(ctx, ref)
		assert.ErrorIs(t, err, store.ErrSchema, path)
	}
	for _, path := range []string{`"$user", tenant_a`, `"$user",tenant_a,tenant_b`, `TENANT_A , tenant_b`, `"tenant_a"`} {
		s, c := at(path)
		require.NoError(t, s.CreateSchema(ctx), path)
		_, err = c.Open(ctx, ref)
		assert.NoError(t, err, path)
	}
	quoted, ofQuoted := at(`"Tenant ""C"", d", tenant_a`)
	require.NoError(t, quoted.CreateSchema(ctx))
	_, err = ofQuoted.Get(ctx, ref)
	assert.ErrorIs(t, err, store.ErrNotFound)

	// The schema that has the name of the user is the first one, usable or not.
	for _, statement := range []string{"CREATE ROLE tenant_d LOGIN", "CREATE SCHEMA tenant_d", "GRANT ALL ON SCHEMA tenant_a TO tenant_d", "GRANT ALL ON ALL TABLES IN SCHEMA tenant_a TO tenant_d"} {
		_, err = admin.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	t.Cleanup(func() { // a role is of all databases
		_, err := admin.ExecContext(context.Background(), "DROP OWNED BY tenant_d; DROP ROLE tenant_d")
		assert.NoError(t, err)
	})
	locked := connect(t, store.PostgreSQL, "pgx", withSetting(t, withSetting(t, dsn, "search_path", `"$user",tenant_a`), "user", "tenant_d"))
	ofLocked, err := store.New(locked.DB, locked.Dialect, keyring(t, firstKey), store.Options{})
	require.NoError(t, err)
	assert.ErrorIs(t, ofLocked.CreateSchema(ctx), store.ErrSchema)
	_, err = store.Of(ofLocked, things(d)).Get(ctx, ref)
	assert.ErrorIs(t, err, store.ErrSchema)
	_, err = admin.ExecContext(ctx, "GRANT ALL ON SCHEMA tenant_d TO tenant_d")
	require.NoError(t, err)
	require.NoError(t, ofLocked.CreateSchema(ctx))
	_, err = store.Of(ofLocked, things(d)).Get(ctx, ref)
	assert.ErrorIs(t, err, store.ErrNotFound)

	// A table of the session comes before all schemas, and is not the store's.
	session := connect(t, store.PostgreSQL, "pgx", withSetting(t, dsn, "search_path", "tenant_a"))
	session.SetMaxOpenConns(1)
	_, err = session.ExecContext(ctx, "CREATE TEMP TABLE eso_objects AS SELECT * FROM tenant_a.eso_objects WITH NO DATA")
	require.NoError(t, err)
	_, err = store.Of(session.open(t, keyring(t, firstKey), store.Options{}), things(d)).Open(ctx, ref)
	assert.NoError(t, err)
}

// version1 is the tables of version 1.
var version1 = map[store.Dialect]string{
	store.SQLite: `CREATE TABLE eso_schema (version INTEGER NOT NULL) STRICT;
		CREATE TABLE eso_objects (type TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL, namespace TEXT NOT NULL, model INTEGER NOT NULL, revision INTEGER NOT NULL,
			key_ids TEXT NOT NULL, attributes TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (type, scope, id)) STRICT;
		CREATE TABLE eso_jobs (job TEXT NOT NULL, type TEXT NOT NULL, target TEXT NOT NULL, run TEXT NOT NULL, ended INTEGER NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
			done INTEGER NOT NULL, unchanged INTEGER NOT NULL, gone INTEGER NOT NULL, failed INTEGER NOT NULL, started_at TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (job, type)) STRICT;
		CREATE TABLE eso_job_failures (job TEXT NOT NULL, type TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL, namespace TEXT NOT NULL, model INTEGER NOT NULL,
			attribute TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (job, type, scope, id)) STRICT;
		INSERT INTO eso_schema VALUES (1)`,
	store.PostgreSQL: `CREATE TABLE eso_schema (version bigint NOT NULL);
		CREATE TABLE eso_objects (type text COLLATE "C" NOT NULL, scope text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, namespace text COLLATE "C" NOT NULL,
			model bigint NOT NULL, revision bigint NOT NULL, key_ids text NOT NULL, attributes jsonb NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
			PRIMARY KEY (type, scope, id));
		CREATE TABLE eso_jobs (job text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, target text NOT NULL, run text NOT NULL, ended bigint NOT NULL,
			scope text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, done bigint NOT NULL, unchanged bigint NOT NULL, gone bigint NOT NULL, failed bigint NOT NULL,
			started_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (job, type));
		CREATE TABLE eso_job_failures (job text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, scope text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
			namespace text COLLATE "C" NOT NULL, model bigint NOT NULL, attribute text NOT NULL, reason text NOT NULL, PRIMARY KEY (job, type, scope, id));
		INSERT INTO eso_schema VALUES (1)`,
}

// TestTablesOfVersion1 brings tables of version 1 up, with objects in them and a
// rotation that was interrupted.
func TestTablesOfVersion1(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		doc, err := things(d).Seal(ctx, keyring(t, firstKey), eso.Ref{Namespace: "a", ID: "2"},
			newThing(map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1", "password": `"s3cret"`}))
		require.NoError(t, err)
		target, err := keyring(t, secondKey, firstKey).Keys(ctx)
		require.NoError(t, err)
		for _, statement := range append(strings.Split(version1[db.Dialect], ";\n"),
			`INSERT INTO eso_objects VALUES ('vault', 'a', '1', 'a', 1, 7, '[]', '[]', '2027-01-01', '2027-01-01')`,
			`INSERT INTO eso_objects VALUES ('vault', 'a', '2', 'a', 1, 7, '[]', '`+string(doc.Attributes)+`', '2027-01-01', '2027-01-01')`,
			`INSERT INTO eso_jobs VALUES ('rotate', 'vault', '`+target[0].ID()+`', 'r', 0, 'a', '1', 0, 0, 0, 1, '2027-01-01', '2027-01-01')`,
			`INSERT INTO eso_job_failures VALUES ('rotate', 'vault', 'a', '1', 'a', 1, '`+strings.Repeat("n", 1000)+`', 'malformed')`,
		) {
			_, err := db.ExecContext(ctx, statement)
			require.NoError(t, err, statement)
		}
		s, err := store.New(db.DB, db.Dialect, keyring(t, secondKey, firstKey), store.Options{})
		require.NoError(t, err)
		c := store.Of(s, things(d))
		_, err = c.Get(ctx, eso.Ref{Namespace: "a", ID: "2"})
		require.ErrorIs(t, err, store.ErrSchema)
		assert.ErrorContains(t, err, "CreateSchema")
		var starting sync.WaitGroup
		for range 4 {
			starting.Go(func() {
				s, err := store.New(db.DB, db.Dialect, keyring(t, firstKey), store.Options{Attempts: 100})
				assert.NoError(t, err)
				assert.NoError(t, s.CreateSchema(ctx))
			})
		}
		starting.Wait()
		_, err = c.Open(ctx, eso.Ref{Namespace: "a", ID: "2"})
		require.NoError(t, err)
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 1, Failed: 1}, report.Counts)
		assert.True(t, report.Types[0].Resumed)
		require.Len(t, report.Failures, 1)
		assert.Equal(t, eso.Ref{Namespace: "a", Type: "vault", ID: "1"}, report.Failures[0].Ref)
		assert.LessOrEqual(t, len(report.Failures[0].Attribute), 200)

		// The same tables as in an empty database, whatever their order.
		fresh := newSQLite(t)
		if db.Dialect == store.PostgreSQL {
			fresh = newPostgres(t)
		}
		fresh.open(t, keyring(t, firstKey), store.Options{})
		for _, table := range []string{"eso_schema", "eso_objects", "eso_jobs", "eso_job_failures", "eso_job_counts", "eso_keys", "eso_processes", "eso_imports"} {
			assert.ElementsMatch(t, columnsOf(t, fresh, table), columnsOf(t, db, table))
		}
	})
}

func columnsOf(t *testing.T, db database, table string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+" LIMIT 0")
	require.NoError(t, err)
	defer func(rows *sql.Rows) { require.NoError(t, rows.Close()) }(rows)
	names, err := rows.Columns()
	require.NoError(t, err)
	return names
}
