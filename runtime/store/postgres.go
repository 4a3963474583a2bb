package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// postgres is what the store has to know of PostgreSQL. The rest of it is in
// postgres_batch.go and postgres_jsonb.go.
var postgres = dialect{
	numbered:   true,
	attributes: "CAST(CAST(? AS text) AS jsonb)",
	readable:   "left(CAST(attributes AS text), " + readableLimit + ")",
	bytes:      "octet_length(%s)",
	integer:    "%s",
	clipped:    "left(%s, " + clippedLimit + ")",
	unlessIt:   "ON CONFLICT DO NOTHING",
	now:        "CAST(floor(extract(epoch FROM clock_timestamp())) AS bigint)",
	after:      rowAfter,
	among:      rowAmong,
	timestamp:  isoTimestamp,
	equal:      equalInPostgres,
	holds:      func(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") },
	unstorable: unstorableAsJSONB,
	replaceAll: replaceTogether,
	failure:    postgresFailure,
	schema:     postgresSchema,
	upgrades:   postgresUpgrades,
	options:    &sql.TxOptions{Isolation: sql.LevelReadCommitted}, // a process that waited for the lock sees what others committed
	prepare:    lockSchema,
	exists:     "SELECT 1 WHERE to_regclass(CAST(? AS text)) IS NOT NULL",
	locate:     firstInSearchPath,
}.ready()

var postgresSchema = []string{
	`CREATE TABLE {schema}eso_schema (
	version bigint NOT NULL
)`,
	`CREATE TABLE {schema}eso_objects (
	type       text COLLATE "C" NOT NULL,
	scope      text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	namespace  text COLLATE "C" NOT NULL,
	namespaces text COLLATE "C" NOT NULL DEFAULT '',
	model      bigint           NOT NULL,
	revision   bigint           NOT NULL,
	key_ids    text             NOT NULL,
	attributes jsonb            NOT NULL,
	created_at timestamptz      NOT NULL,
	updated_at timestamptz      NOT NULL,
	PRIMARY KEY (type, scope, id)
)`,
	"CREATE INDEX eso_objects_elsewhere ON {schema}eso_objects (type, id, scope) WHERE scope <> ''",
	"CREATE INDEX eso_objects_unsound ON {schema}eso_objects (type) WHERE {unsound}",
	`CREATE TABLE {schema}eso_jobs (
	job        text COLLATE "C" NOT NULL,
	type       text COLLATE "C" NOT NULL,
	target     text             NOT NULL,
	run        text             NOT NULL,
	ended      bigint           NOT NULL,
	scope      text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	done       bigint           NOT NULL,
	unchanged  bigint           NOT NULL,
	gone       bigint           NOT NULL,
	failed     bigint           NOT NULL,
	started_at timestamptz      NOT NULL,
	updated_at timestamptz      NOT NULL,
	PRIMARY KEY (job, type)
)`,
	postgresFailures,
	postgresCounts,
	postgresKeys,
	postgresProcesses,
	postgresImports,
}

const postgresCounts = `CREATE TABLE {schema}eso_job_counts (
	job      text COLLATE "C" NOT NULL,
	type     text COLLATE "C" NOT NULL,
	shredded bigint           NOT NULL,
	PRIMARY KEY (job, type)
)`

const postgresKeys = `CREATE TABLE {schema}eso_keys (
	id           text COLLATE "C" NOT NULL,
	check_value  text             NOT NULL,
	state        text             NOT NULL,
	state_at     bigint           NOT NULL,
	first_seen   bigint           NOT NULL,
	sealed_since bigint           NOT NULL,
	PRIMARY KEY (id)
)`

const postgresProcesses = `CREATE TABLE {schema}eso_processes (
	process text COLLATE "C" NOT NULL,
	about   text             NOT NULL,
	sound   bigint           NOT NULL,
	seals   text             NOT NULL,
	mark    text             NOT NULL,
	known   text             NOT NULL,
	started bigint           NOT NULL,
	seen    bigint           NOT NULL,
	PRIMARY KEY (process)
)`

const postgresFailures = `CREATE TABLE {schema}eso_job_failures (
	job       text COLLATE "C" NOT NULL,
	type      text COLLATE "C" NOT NULL,
	number    bigint           NOT NULL,
	scope     text COLLATE "C" NOT NULL,
	id        text COLLATE "C" NOT NULL,
	namespace text COLLATE "C" NOT NULL,
	model     bigint           NOT NULL,
	attribute text             NOT NULL,
	reason    text             NOT NULL,
	PRIMARY KEY (job, type, number)
)`

const postgresImports = `CREATE TABLE {schema}eso_imports (
	stream     text COLLATE "C" NOT NULL,
	batch      bigint           NOT NULL,
	mark       text             NOT NULL,
	done       text             NOT NULL,
	updated_at timestamptz      NOT NULL,
	PRIMARY KEY (stream, batch)
)`

var postgresUpgrades = map[int][]string{
	1: {`ALTER TABLE {schema}eso_objects ADD COLUMN namespaces text COLLATE "C" NOT NULL DEFAULT ''`, postgresSchema[2], postgresSchema[3],
		keepFailures, postgresFailures, copyFailures, dropFailures},
	2: {postgresCounts, postgresKeys, postgresProcesses, postgresImports},
}

// lockSchema keeps other processes from creating the tables at the same time. It
// fails with ErrSchema if the database cannot hold every text.
func lockSchema(ctx context.Context, s *Store, tx *sql.Tx) error {
	var encoding string
	if err := tx.QueryRowContext(ctx, "SELECT current_setting('server_encoding')").Scan(&encoding); err != nil {
		return s.fromDatabase(ctx, err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("%w: its encoding is %q, not UTF8", ErrSchema, encoding)
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7305792613)")
	return s.fromDatabase(ctx, err)
}

// firstInSearchPath finds the tables in the first schema of the search path, and
// nowhere else. It fails with ErrSchema if that schema does not exist, or may not be
// used: PostgreSQL would pass it over, and take the next one.
func firstInSearchPath(ctx context.Context, s *Store, q querier) (string, error) {
	var path, current, user string
	var users bool // whether a schema has the name of the user
	err := q.QueryRowContext(ctx, `SELECT current_setting('search_path'), COALESCE(CAST(current_schema() AS text), ''), CAST(current_user AS text),
		EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = current_user)`).Scan(&path, &current, &user, &users)
	if err != nil {
		return "", s.fromDatabase(ctx, err)
	}
	for _, name := range schemasIn(path) {
		if name == "$user" {
			if name = user; !users {
				continue
			}
		}
		if name == "" {
			continue // the empty search path
		}
		if name != current {
			return "", fmt.Errorf("%w: the schema %q, the first of the search path, does not exist, or may not be used", ErrSchema, clip(name))
		}
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `".`, nil
	}
	return "", fmt.Errorf("%w: the search path names no schema that exists", ErrSchema)
}

// schemasIn takes a search path apart: names with commas between them, which are
// in lower case unless they are in quotes. (PostgreSQL, SplitIdentifierString.)
func schemasIn(path string) []string {
	var names []string
	for path = strings.TrimSpace(path); path != ""; {
		var name strings.Builder
		if rest, quoted := strings.CutPrefix(path, `"`); quoted {
			for {
				before, after, _ := strings.Cut(rest, `"`)
				name.WriteString(before)
				if rest = after; !strings.HasPrefix(rest, `"`) {
					break
				}
				name.WriteByte('"')
				rest = rest[1:]
			}
			names, path = append(names, name.String()), rest
		} else {
			end := strings.IndexAny(path, ", \t\n")
			if end < 0 {
				end = len(path)
			}
			if end > 0 {
				names = append(names, strings.ToLower(path[:end]))
			}
			path = path[end:]
		}
		path = strings.TrimSpace(path)
		path = strings.TrimSpace(strings.TrimPrefix(path, ","))
	}
	return names
}

// equalInPostgres asks whether the attributes contain the member, for which one index
// serves all attributes.
func equalInPostgres(name string, value any) (string, []any) {
	text, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		return "", nil
	}
	return "attributes @> CAST(CAST(? AS text) AS jsonb)", []any{string(text)}
}

// postgresFailure goes by the SQLSTATE of an error, as pgx and lib/pq give it. An
// error of pgx about a connection that it has given up has none.
func postgresFailure(err error) (f failure, answered bool) {
	var e interface{ SQLState() string }
	if errors.As(err, &e) && e.SQLState() != "" {
		switch state := e.SQLState(); {
		case state == "40001", state == "40P01": // serialization failure, deadlock
			f.lostRace = true
		case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "57P"): // connection exception, operator intervention
			f.lostConnection = true
		}
		return f, true
	}
	var closed interface{ SafeToRetry() bool }
	return failure{lostConnection: errors.As(err, &closed)}, false
}
