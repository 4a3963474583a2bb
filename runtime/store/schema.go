package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// SchemaVersion is the version of the tables that this package works with.
const SchemaVersion = 1

// The tables. A column means the same in both databases; docs/store.md explains
// them. Keys are compared byte by byte in both.
var sqliteSchema = []string{
	`CREATE TABLE eso_schema (
	version INTEGER NOT NULL
) STRICT`,
	`CREATE TABLE eso_objects (
	type       TEXT    NOT NULL,
	scope      TEXT    NOT NULL,
	id         TEXT    NOT NULL,
	namespace  TEXT    NOT NULL,
	model      INTEGER NOT NULL,
	revision   INTEGER NOT NULL,
	key_ids    TEXT    NOT NULL,
	attributes TEXT    NOT NULL,
	created_at TEXT    NOT NULL,
	updated_at TEXT    NOT NULL,
	PRIMARY KEY (type, scope, id)
) STRICT`,
	`CREATE TABLE eso_jobs (
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
	`CREATE TABLE eso_job_failures (
	job       TEXT    NOT NULL,
	type      TEXT    NOT NULL,
	scope     TEXT    NOT NULL,
	id        TEXT    NOT NULL,
	namespace TEXT    NOT NULL,
	model     INTEGER NOT NULL,
	attribute TEXT    NOT NULL,
	reason    TEXT    NOT NULL,
	PRIMARY KEY (job, type, scope, id)
) STRICT`,
}

var postgresSchema = []string{
	`CREATE TABLE eso_schema (
	version bigint NOT NULL
)`,
	`CREATE TABLE eso_objects (
	type       text COLLATE "C" NOT NULL,
	scope      text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	namespace  text COLLATE "C" NOT NULL,
	model      bigint           NOT NULL,
	revision   bigint           NOT NULL,
	key_ids    text             NOT NULL,
	attributes jsonb            NOT NULL,
	created_at timestamptz      NOT NULL,
	updated_at timestamptz      NOT NULL,
	PRIMARY KEY (type, scope, id)
)`,
	`CREATE TABLE eso_jobs (
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
	`CREATE TABLE eso_job_failures (
	job       text COLLATE "C" NOT NULL,
	type      text COLLATE "C" NOT NULL,
	scope     text COLLATE "C" NOT NULL,
	id        text COLLATE "C" NOT NULL,
	namespace text COLLATE "C" NOT NULL,
	model     bigint           NOT NULL,
	attribute text             NOT NULL,
	reason    text             NOT NULL,
	PRIMARY KEY (job, type, scope, id)
)`,
}

// CreateSchema creates the tables where they are missing, and brings those of
// an older version of this package up to this one. It may be called at every
// start, by any number of processes at once. It fails with ErrSchema where the
// tables are newer than this package.
func (s *Store) CreateSchema(ctx context.Context) error {
	err := s.retry(ctx, func() error {
		return s.inTransaction(ctx, func(tx *sql.Tx) error { return s.createSchema(ctx, tx) })
	})
	if err != nil {
		return fmt.Errorf("store: create schema: %w", err)
	}
	return nil
}

func (s *Store) createSchema(ctx context.Context, tx *sql.Tx) error {
	if s.dialect.encoding != "" {
		var encoding string
		if err := tx.QueryRowContext(ctx, s.dialect.encoding).Scan(&encoding); err != nil {
			return fromDatabase(err)
		}
		if encoding != "UTF8" {
			return fmt.Errorf("%w: its encoding is %q, not UTF8", ErrSchema, encoding)
		}
	}
	if s.dialect.lock != "" {
		if _, err := tx.ExecContext(ctx, s.dialect.lock); err != nil {
			return fromDatabase(err)
		}
	}
	version, err := s.schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	switch {
	case version == SchemaVersion:
		return nil
	case version != 0:
		return wrongVersion(version)
	}
	for _, statement := range s.dialect.schema {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fromDatabase(err)
		}
	}
	_, err = tx.ExecContext(ctx, s.dialect.statement("INSERT INTO eso_schema (version) VALUES (?)"), SchemaVersion)
	return fromDatabase(err)
}

// schemaVersion returns 0 where there are no tables.
func (s *Store) schemaVersion(ctx context.Context, q querier) (int, error) {
	var there int
	switch err := q.QueryRowContext(ctx, s.dialect.existsSchema).Scan(&there); {
	case errors.Is(err, sql.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fromDatabase(err)
	}
	var version int
	switch err := q.QueryRowContext(ctx, "SELECT version FROM eso_schema").Scan(&version); {
	case errors.Is(err, sql.ErrNoRows):
		return 0, fmt.Errorf("%w: the table eso_schema is empty", ErrSchema)
	case err != nil:
		return 0, fromDatabase(err)
	}
	return version, nil
}

// check fails with ErrSchema where the tables are not those of this version. It
// looks until they are.
func (s *Store) check(ctx context.Context) error {
	if s.ready.Load() {
		return nil
	}
	version, err := s.schemaVersion(ctx, s.db)
	switch {
	case err != nil:
		return err
	case version == 0:
		return fmt.Errorf("%w: the tables do not exist; CreateSchema creates them", ErrSchema)
	case version != SchemaVersion:
		return wrongVersion(version)
	}
	s.ready.Store(true)
	return nil
}

func wrongVersion(version int) error {
	return fmt.Errorf("%w: it is of version %d, and this program works with version %d", ErrSchema, version, SchemaVersion)
}
