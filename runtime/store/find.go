package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Query says where Find looks. The zero value means everywhere.
type Query struct {
	// Namespace is the one in which the objects were created; "" and "default"
	// are the same. Nil means any.
	Namespace *string

	// After is where an earlier search ended: see Object.Cursor.
	After Cursor

	// PageSize is how many objects are read from the database at a time. 0
	// means 100.
	PageSize int
}

const (
	defaultPage = 100
	maxPage     = 10_000

	// maxPageBytes ends a page early: large objects come a few at a time.
	maxPageBytes = 8 << 20
)

// Find returns the objects that all filters take, as Get reads them, in the
// order of their keys. It reads page by page while the caller ranges over it,
// and holds no connection while the caller works on an object. Objects that are
// created or deleted meanwhile may or may not be seen; all others are seen once.
//
// An object that does not read comes without Value, and with the error; the
// search goes on if the caller does. Where a filter is given, this concerns
// those that may match. An error without an object ends the search: it is that
// of the database or of the context, or eso.ErrID for what is no namespace
// or, as a cursor, no key of the database.
//
// A filter holds for the object as this release sees it, whatever model the
// document has.
func (c *Collection[T]) Find(ctx context.Context, q Query, filters ...eso.Filter[T]) iter.Seq2[*Object[T], error] {
	return func(yield func(*Object[T], error) bool) {
		of := eso.Ref{Type: c.def.Type}
		after := q.After
		for {
			begin := time.Now()
			rows, more, err := c.page(ctx, q, after, filters)
			e := Event{Op: OpFind, Ref: of, Attempts: 1, Objects: len(rows)}
			if err := c.store.report(ctx, begin, e, located(err, OpFind, of)); err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if err := ctx.Err(); err != nil {
					yield(nil, located(err, OpFind, of))
					return
				}
				o, err := c.found(ctx, &rows[i], q, filters)
				if (o != nil || err != nil) && !yield(o, err) {
					return
				}
			}
			if !more {
				return
			}
			next := rows[len(rows)-1].cursor()
			if !after.before(next) {
				yield(nil, located(fmt.Errorf("%w: the database does not keep rows in order", eso.ErrMalformed), OpFind, of))
				return
			}
			after = next
		}
	}
}

// found reads an object that may be wanted. It returns nil where a filter does
// not take it, or where it lives elsewhere than the row says.
func (c *Collection[T]) found(ctx context.Context, r *row, q Query, filters []eso.Filter[T]) (*Object[T], error) {
	begin := time.Now()
	doc := r.document(c.def)
	if q.Namespace != nil && doc.Ref.Namespace != normal(*q.Namespace) {
		return nil, nil
	}
	e := Event{Op: OpFind, Ref: doc.Ref, Model: doc.Model, Attempts: 1, Objects: 1}
	err := r.unread
	var o *Object[T]
	if err == nil {
		o, err = c.stripped(ctx, r)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, nil // deleted meanwhile
	}
	if err != nil {
		err = c.store.report(ctx, begin, e, located(err, OpFind, doc.Ref))
		return &Object[T]{Ref: doc.Ref, Model: doc.Model, Revision: r.revision, cursor: r.cursor()}, err
	}
	if slices.ContainsFunc(filters, func(f eso.Filter[T]) bool { return !f.Matches(o.Value) }) {
		return nil, nil
	}
	if o.Problem != nil {
		c.store.report(ctx, begin, e, o.Problem)
	}
	return o, nil
}

// page reads the next rows that may be wanted, and tells whether there may be
// more.
func (c *Collection[T]) page(ctx context.Context, q Query, after Cursor, filters []eso.Filter[T]) ([]row, bool, error) {
	if err := c.store.check(ctx); err != nil {
		return nil, false, err
	}
	s := search{table: c.table, after: after, limit: q.PageSize}
	if s.limit <= 0 {
		s.limit = defaultPage
	}
	s.limit = min(s.limit, maxPage)
	if !c.store.dialect.holds(after.scope) || !c.store.dialect.holds(after.id) {
		return nil, false, fmt.Errorf("%w: a cursor of another database", eso.ErrID)
	}
	if q.Namespace != nil {
		if err := keyPart("namespace", *q.Namespace, maxNamespace); err != nil {
			return nil, false, err
		}
		column := "namespace"
		if _, other := kindsOf(c.def); !other {
			column = "scope" // which is what the secrets are bound to
		}
		s.and(column+" = ?", []any{normal(*q.Namespace)})
	}
	for _, f := range filters {
		if condition, args := c.store.where(c.def, f.Attribute(), f.Value()); condition != "" {
			s.and(condition, args)
		}
	}
	return s.rows(ctx, columns)
}

// search is a query for rows of one type, in the order of their keys.
type search struct {
	table
	after      Cursor
	limit      int
	conditions []string
	args       []any
}

func (s *search) and(condition string, args []any) {
	s.conditions = append(s.conditions, condition)
	s.args = append(s.args, args...)
}

// rows reads a page of rows with the given columns, attributes among them. Where
// the database fails to give it, one of them may be the reason: then they are read
// one by one.
func (s *search) rows(ctx context.Context, columns string) ([]row, bool, error) {
	rows, more, err := s.read(ctx, columns)
	if err == nil || ctx.Err() != nil {
		return rows, more, err
	}
	rows, more, keyErr := s.read(ctx, keyColumns)
	if keyErr != nil {
		return nil, false, err
	}
	size := 0
	for i := range rows {
		r := &rows[i]
		if err := s.store.fill(ctx, s.def, r); err != nil {
			if ctx.Err() != nil {
				return nil, false, err
			}
			r.unread = err
		}
		if size += len(r.attributes); size > maxPageBytes {
			return rows[:i+1], true, nil
		}
	}
	return rows, more, nil
}

// query is the statement for a page of rows with the given columns.
func (s *search) query(columns string) (string, []any) {
	text := "SELECT " + columns + " FROM eso_objects WHERE type = ?"
	args := []any{s.def.Type}
	if s.after.set {
		text += " AND (scope, id) > (?, ?)"
		args = append(args, s.after.scope, s.after.id)
	}
	if s.store.dialect.sound != "" {
		text += " AND " + s.store.dialect.sound
	}
	for _, condition := range s.conditions {
		text += " AND " + condition
	}
	args = append(append(args, s.args...), s.limit)
	return s.store.dialect.statement(text + " ORDER BY scope, id LIMIT ?"), args
}

// read reads a page of rows with the given columns.
func (s *search) read(ctx context.Context, columns string) ([]row, bool, error) {
	text, args := s.query(columns)
	result, err := s.store.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, false, fromDatabase(err)
	}
	defer result.Close()
	return collect(result, s.limit)
}

func collect(result *sql.Rows, limit int) (rows []row, more bool, err error) {
	size := 0
	for result.Next() {
		var r row
		if err := r.scan(result); err != nil {
			return nil, false, err
		}
		rows = append(rows, r)
		if size += len(r.attributes); size > maxPageBytes {
			return rows, true, nil
		}
	}
	return rows, len(rows) == limit, fromDatabase(result.Err())
}
