package store

import (
	"context"
	"errors"
)

// sqlite is what the store has to know of SQLite. All of it is in this file.
var sqlite = dialect{
	attributes: "?",
	readable:   "substr(attributes, 1, " + readableLimit + ")",
	bytes:      "length(CAST(%s AS BLOB))",
	integer:    "CASE typeof(%[1]s) WHEN 'integer' THEN %[1]s ELSE 0 END",
	clipped:    "substr(CAST(%s AS TEXT), 1, " + clippedLimit + ")",
	text:       "typeof(%s) = 'text'",
	unlessIt:   "ON CONFLICT DO NOTHING",
	now:        "CAST(strftime('%s', 'now') AS INTEGER)",
	after:      rowAfter,
	among:      rowAmong,
	timestamp:  isoTimestamp,
	equal:      equalInSQLite,
	holds:      func(string) bool { return true },
	unstorable: func([]byte) (string, string) { return "", "" },
	replaceAll: replaceOneByOne,
	failure:    sqliteFailure,
	schema:     sqliteSchema,
	upgrades:   sqliteUpgrades,
	exists:     "SELECT 1 FROM sqlite_master WHERE type = 'table' AND 'main.' || name = ?",
	locate:     inMain,
}.ready()

var sqliteSchema = []string{
	`CREATE TABLE {schema}eso_schema (
	version INTEGER NOT NULL
) STRICT`,
	`CREATE TABLE {schema}eso_objects (
	type       TEXT    NOT NULL,
	scope      TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	namespace  TEXT    NOT NULL,
	namespaces TEXT    NOT NULL DEFAULT '',
	model      INTEGER NOT NULL,
	revision   INTEGER NOT NULL,
	key_ids    TEXT    NOT NULL,
	attributes TEXT    NOT NULL,
	created_at TEXT    NOT NULL,
	updated_at TEXT    NOT NULL,
	PRIMARY KEY (type, scope, id)
) STRICT`,
	"CREATE INDEX {schema}eso_objects_elsewhere ON eso_objects (type, id, scope) WHERE scope <> ''",
	"CREATE INDEX {schema}eso_objects_unsound ON eso_objects (type) WHERE {unsound}",
	`CREATE TABLE {schema}eso_jobs (
	job        TEXT    NOT NULL,
	type       TEXT    NOT NULL,
	target     TEXT    NOT NULL,
	run        TEXT    NOT NULL,
	ended      INTEGER NOT NULL,
	scope      TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	done       INTEGER NOT NULL,
	unchanged  INTEGER NOT NULL,
	gone       INTEGER NOT NULL,
	failed     INTEGER NOT NULL,
	started_at TEXT    NOT NULL,
	updated_at TEXT    NOT NULL,
	PRIMARY KEY (job, type)
) STRICT`,
	sqliteFailures,
	sqliteCounts,
	sqliteKeys,
	sqliteProcesses,
	sqliteImports,
}

const sqliteCounts = `CREATE TABLE {schema}eso_job_counts (
	job      TEXT    NOT NULL,
	type     TEXT    NOT NULL,
	shredded INTEGER NOT NULL,
	PRIMARY KEY (job, type)
) STRICT`

const sqliteKeys = `CREATE TABLE {schema}eso_keys (
	id           TEXT    NOT NULL,
	check_value  TEXT    NOT NULL,
	state        TEXT    NOT NULL,
	state_at     INTEGER NOT NULL,
	first_seen   INTEGER NOT NULL,
	sealed_since INTEGER NOT NULL,
	PRIMARY KEY (id)
) STRICT`

const sqliteProcesses = `CREATE TABLE {schema}eso_processes (
	process TEXT    NOT NULL,
	about   TEXT    NOT NULL,
	sound   INTEGER NOT NULL,
	seals   TEXT    NOT NULL,
	mark    TEXT    NOT NULL,
	known   TEXT    NOT NULL,
	started INTEGER NOT NULL,
	seen    INTEGER NOT NULL,
	PRIMARY KEY (process)
) STRICT`

const sqliteFailures = `CREATE TABLE {schema}eso_job_failures (
	job       TEXT    NOT NULL,
	type      TEXT    NOT NULL,
	number    INTEGER NOT NULL,
	scope     TEXT    NOT NULL,
	id        TEXT    NOT NULL,
	namespace TEXT    NOT NULL,
	model     INTEGER NOT NULL,
	attribute TEXT    NOT NULL,
	reason    TEXT    NOT NULL,
	PRIMARY KEY (job, type, number)
) STRICT`

const sqliteImports = `CREATE TABLE {schema}eso_imports (
	stream     TEXT    NOT NULL,
	batch      INTEGER NOT NULL,
	mark       TEXT    NOT NULL,
	done       TEXT    NOT NULL,
	updated_at TEXT    NOT NULL,
	PRIMARY KEY (stream, batch)
) STRICT`

var sqliteUpgrades = map[int][]string{
	1: {"ALTER TABLE {schema}eso_objects ADD COLUMN namespaces TEXT NOT NULL DEFAULT ''", sqliteSchema[2], sqliteSchema[3],
		keepFailures, sqliteFailures, copyFailures, dropFailures},
	2: {sqliteCounts, sqliteKeys, sqliteProcesses, sqliteImports},
}

// inMain finds the tables in the main database: a temporary table of the same name, or
// one of an attached database, is another table.
func inMain(context.Context, *Store, querier) (string, error) { return "main.", nil }

// equalInSQLite compares the member in the text of the attributes. A row whose text is
// not JSON has no attributes.
func equalInSQLite(name string, value any) (string, []any) {
	switch v := value.(type) {
	case bool:
		value = int64(0)
		if v {
			value = int64(1)
		}
	}
	return `CASE WHEN json_valid(attributes) THEN attributes ->> '$."` + name + `"' END = ?`, []any{value}
}

// sqliteFailure goes by the result code of an error, as modernc.org/sqlite gives it.
func sqliteFailure(err error) (f failure, answered bool) {
	var e interface{ Code() int }
	if !errors.As(err, &e) || e.Code() == 0 {
		return failure{}, false
	}
	switch e.Code() & 0xff {
	case 5, 6: // SQLITE_BUSY, SQLITE_LOCKED
		f.lostRace = true
	}
	return f, true
}
