package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// SchemaVersion is the version of the tables that this package works with.
//
// The page docs/store-tables.md explains the columns, which mean the same in every
// database.
const SchemaVersion = 3

// Version 1 had no list of namespaces, and failures keyed by their objects. Version 2 had
// no keys, no processes, no imports, and no counts of shredded objects.
const (
	keepFailures = "ALTER TABLE {schema}eso_job_failures RENAME TO eso_job_failures_1"
	copyFailures = `INSERT INTO {schema}eso_job_failures (job, type, number, scope, id, namespace, model, attribute, reason)
	SELECT job, type, row_number() OVER (PARTITION BY job, type ORDER BY scope, id), {failure}, {attribute}, reason FROM {schema}eso_job_failures_1`
	dropFailures = "DROP TABLE {schema}eso_job_failures_1"
)

// CreateSchema creates the tables if they are missing, and brings those of an earlier
// version of this package up to [SchemaVersion]. A product may call it at every start,
// in any number of processes at once, under any default isolation. In PostgreSQL, the
// tables are in the first schema of the search path, and nowhere else. CreateSchema
// fails with [ErrSchema] if that schema does not exist, or if the tables are newer than
// this package.
func (s *Store) CreateSchema(ctx context.Context) error {
	err := s.retry(ctx, func() error {
		return s.inTransaction(ctx, s.dialect.options, func(tx *sql.Tx) error { return s.createSchema(ctx, tx) })
	})
	if err != nil {
		return fmt.Errorf("store: create schema: %w", err)
	}
	return nil
}

func (s *Store) createSchema(ctx context.Context, tx *sql.Tx) error {
	if s.dialect.prepare != nil {
		if err := s.dialect.prepare(ctx, s, tx); err != nil {
			return err
		}
	}
	schema, version, err := s.schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	var statements []string
	switch {
	case version == SchemaVersion:
		return nil
	case version > SchemaVersion || version < 0:
		return wrongVersion(version)
	case version == 0:
		statements = append(slices.Clone(s.dialect.schema), "INSERT INTO {schema}eso_schema (version) VALUES ("+strconv.Itoa(SchemaVersion)+")")
	default:
		for ; version < SchemaVersion; version++ {
			statements = append(statements, s.dialect.upgrades[version]...)
		}
		statements = append(statements, "UPDATE {schema}eso_schema SET version = "+strconv.Itoa(SchemaVersion))
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, s.dialect.statement(statement, schema)); err != nil {
			return s.fromDatabase(ctx, err)
		}
	}
	return nil
}

// schemaVersion returns the prefix of the tables' names, and their version: 0 if there
// are none.
func (s *Store) schemaVersion(ctx context.Context, q querier) (schema string, version int, err error) {
	if schema, err = s.dialect.locate(ctx, s, q); err != nil {
		return "", 0, err
	}
	var there int
	switch err := q.QueryRowContext(ctx, s.dialect.statement(s.dialect.exists, schema), schema+"eso_schema").Scan(&there); {
	case errors.Is(err, sql.ErrNoRows):
		return schema, 0, nil
	case err != nil:
		return "", 0, s.fromDatabase(ctx, err)
	}
	switch err := q.QueryRowContext(ctx, s.dialect.statement("SELECT {version} FROM {schema}eso_schema", schema)).Scan(&version); {
	case errors.Is(err, sql.ErrNoRows):
		return "", 0, fmt.Errorf("%w: the table eso_schema is empty", ErrSchema)
	case err != nil:
		return "", 0, s.fromDatabase(ctx, err)
	}
	if version == 0 {
		version = -1 // invalid, and not the 0 of missing tables
	}
	return schema, version, nil
}

// check fails with ErrSchema unless the tables have this version. Once they do, it
// remembers where they are.
func (s *Store) check(ctx context.Context) error {
	if s.schema.Load() != nil {
		return nil
	}
	var schema string
	var version int
	err := s.retryRead(ctx, func() (err error) {
		schema, version, err = s.schemaVersion(ctx, s.db)
		return err
	})
	switch {
	case err != nil:
		return err
	case version == 0:
		return fmt.Errorf("%w: the tables do not exist; CreateSchema creates them", ErrSchema)
	case version != SchemaVersion:
		return wrongVersion(version)
	}
	s.schema.Store(&schema)
	return nil
}

func wrongVersion(version int) error {
	if version < SchemaVersion && version > 0 {
		return fmt.Errorf("%w: it has version %d, and this program works with version %d; CreateSchema upgrades it", ErrSchema, version, SchemaVersion)
	}
	return fmt.Errorf("%w: it has version %d, and this program works with version %d", ErrSchema, version, SchemaVersion)
}
