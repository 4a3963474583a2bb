package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// Query limits where [Collection.Find] looks. The zero value means everywhere.
type Query struct {
	// Namespace limits the search to objects that Get finds from this namespace; ""
	// and "default" are the same. Nil means any.
	Namespace *string

	// After continues an earlier search: see [Object.Cursor].
	After Cursor

	// PageSize is how many objects are read from the database at a time. 0 means 100;
	// the maximum is 10,000.
	PageSize int
}

const (
	defaultPage = 100
	maxPage     = 10_000

	// maxPageBytes ends a page early: large objects come a few at a time.
	maxPageBytes = 8 << 20
)

// Find returns the objects that match all filters, as Get reads them, in the order of
// their keys. It reads page by page while the caller ranges over it, and holds no
// connection while the caller works on an object. Objects that are created or deleted
// at the same time may or may not be seen; all others are seen once.
//
// An object that cannot be read comes without Value and with its error, and the search
// goes on if the caller does. With filters, only those come that may match. An error
// without an object ends the search: it comes from the database or the context, or is
// [eso.ErrID] if the namespace or the cursor is invalid.
//
// A filter sees the object as this release does, whatever model the document has.
func (c *Collection[T]) Find(ctx context.Context, q Query, filters ...eso.Filter[T]) iter.Seq2[*Object[T], error] {
	return c.find(ctx, c.objects.Read, q, filters)
}

// FindUnverified is Find of objects that need not open, as GetUnverified reads them:
// filters see what the database says.
func (c *Collection[T]) FindUnverified(ctx context.Context, q Query, filters ...eso.Filter[T]) iter.Seq2[*Object[T], error] {
	return c.find(ctx, c.objects.ReadUnverified, q, filters)
}

func (c *Collection[T]) find(ctx context.Context, how reading[T], q Query, filters []eso.Filter[T]) iter.Seq2[*Object[T], error] {
	return func(yield func(*Object[T], error) bool) {
		after := q.After
		for {
			op := c.begin(OpFind, eso.Ref{})
			s, err := c.search(ctx, q, after, filters)
			var rows []row
			var more bool
			if err == nil {
				rows, more, err = s.rows(ctx)
			}
			op.Objects = len(rows)
			if err := op.end(ctx, err); err != nil {
				yield(nil, err)
				return
			}
			if !after.set && !c.unsound(ctx, s, yield) {
				return
			}
			for i := range rows {
				if err := ctx.Err(); err != nil {
					yield(nil, c.failed(ctx, err))
					return
				}
				o, err := c.found(ctx, how, &rows[i], q, filters)
				if (o != nil || err != nil) && !yield(o, err) {
					return
				}
			}
			if !more {
				return
			}
			next := rows[len(rows)-1].cursor()
			if !after.before(next) {
				yield(nil, c.failed(ctx, fmt.Errorf("%w: the database does not keep rows in order", eso.ErrMalformed)))
				return
			}
			after = next
		}
	}
}

// failed reports the error that ends a search between two pages.
func (c *Collection[T]) failed(ctx context.Context, err error) error {
	op := c.begin(OpFind, eso.Ref{})
	return op.end(ctx, err)
}

// unsound yields an error for each of the first rows with a key that the store does
// not write. Such a key may have any length, and no search goes by it. unsound reports
// whether the caller goes on.
func (c *Collection[T]) unsound(ctx context.Context, s *search, yield func(*Object[T], error) bool) bool {
	all := c.begin(OpFind, eso.Ref{})
	rows, err := s.unsound(ctx)
	if err != nil {
		yield(nil, all.end(ctx, err))
		return false
	}
	for i := range rows {
		op := all
		op.on(rows[i].document(c.def))
		op.Objects = 1
		if !yield(&Object[T]{Ref: op.Ref, Model: op.Model, cursor: Cursor{set: true}}, op.end(ctx, errUnsound)) {
			return false
		}
	}
	return true
}

// errUnsound is for rows with an invalid key, or one that is too long.
var errUnsound = fmt.Errorf("%w: the store would not have written the key of this row", eso.ErrID)

// found reads an object that may match. It returns nil if a filter does not match, if
// the namespace of the query does not reach the object, or if it was deleted.
func (c *Collection[T]) found(ctx context.Context, how reading[T], r *row, q Query, filters []eso.Filter[T]) (*Object[T], error) {
	op := c.begin(OpFind, eso.Ref{})
	op.on(r.document(c.def))
	op.Objects = 1
	if q.Namespace != nil {
		r.from = new(normal(*q.Namespace))
		if r.unread == nil && !r.reachedFrom(c.def, *r.from) {
			return nil, nil
		}
	}
	err := r.unread
	var o *Object[T]
	if err == nil {
		o, err = c.stripped(how)(ctx, r)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, nil // deleted since the page was read
	}
	if err != nil {
		return &Object[T]{Ref: r.ref(c.def), Model: op.Model, Revision: r.revision, cursor: r.cursor()}, op.end(ctx, err)
	}
	if slices.ContainsFunc(filters, func(f eso.Filter[T]) bool { return !f.Matches(o.Value) }) {
		return nil, nil
	}
	if o.Problem != nil {
		op.end(ctx, o.Problem)
	}
	return o, nil
}

// search returns the query for the next rows that may match.
func (c *Collection[T]) search(ctx context.Context, q Query, after Cursor, filters []eso.Filter[T]) (*search, error) {
	if err := c.store.check(ctx); err != nil {
		return nil, err
	}
	s := &search{typed: c.typed, columns: "{columns}", after: after, limit: q.PageSize}
	if s.limit <= 0 {
		s.limit = defaultPage
	}
	s.limit = min(s.limit, maxPage)
	if !c.store.dialect.holds(after.scope) || !c.store.dialect.holds(after.id) {
		return nil, fmt.Errorf("%w: a cursor of another database", eso.ErrID)
	}
	if q.Namespace != nil {
		if err := s.in(normal(*q.Namespace)); err != nil {
			return nil, err
		}
	}
	for _, f := range filters {
		if condition, args := c.store.where(c.def, f.Attribute(), f.Value()); condition != "" {
			s.and(condition, args)
		}
	}
	return s, nil
}

// search is a query for rows of one type, in the order of their keys.
type search struct {
	typed
	columns    string
	given      []any // the arguments of columns
	after      Cursor
	limit      int
	conditions []string
	args       []any
}

func (s *search) and(condition string, args []any) {
	s.conditions = append(s.conditions, condition)
	s.args = append(s.args, args...)
}

// in narrows the search to rows that a namespace may reach: to all that it does, and
// often to some others.
func (s *search) in(namespace string) error {
	if err := inNamespace(s.def, s.def.Write, namespace); err != nil {
		return err
	}
	condition, args := "namespace = ?", []any{namespace}
	switch {
	case !hasKind(s.def, 1, eso.MultipleIsolated, eso.Multiple, eso.Agnostic):
		condition = "scope = ?"
	case hasKind(s.def, 1, eso.Single):
		condition, args = "scope = ? OR scope = '' AND namespace = ?", []any{namespace, namespace}
	}
	wide := func(kind eso.Namespaces) int { // the first model of a kind
		return 1 + slices.IndexFunc(s.def.Models, func(m eso.Model) bool { return m.Namespaces == kind })
	}
	if hasKind(s.def, s.def.Write, eso.Multiple) {
		condition, args = condition+" OR namespace = ? OR namespaces <> ''", append(args, allNamespaces)
	}
	switch model := wide(eso.Agnostic); {
	case modelOf(s.def, s.def.Write).Namespaces == eso.Agnostic:
		return nil // all of them
	case model > 0:
		condition, args = condition+" OR model >= ?", append(args, model)
	}
	s.and("("+condition+")", args)
	return nil
}

// rows reads a page of rows. If the database fails, one of them may be the reason:
// then they are read one by one.
func (s *search) rows(ctx context.Context) ([]row, bool, error) {
	rows, more, err := s.read(ctx)
	if err == nil || ctx.Err() != nil || s.store.away(ctx, err) {
		return rows, more, err
	}
	keys := *s
	keys.columns, keys.given = "{keys}", nil
	rows, more, keyErr := keys.read(ctx)
	if keyErr != nil {
		return nil, false, err
	}
	size := 0
	for i := range rows {
		r := &rows[i]
		if err := s.store.reread(ctx, s.def, r); err != nil {
			if ctx.Err() != nil || s.store.away(ctx, err) {
				return nil, false, err
			}
			r.unread = err
		}
		if size += r.size(); size > maxPageBytes {
			return rows[:i+1], true, nil
		}
	}
	return rows, more, nil
}

// away reports whether a read failed because the database cannot be reached.
func (s *Store) away(ctx context.Context, err error) bool {
	return lostConnection(err) && s.db.PingContext(ctx) != nil
}

// query is the statement for a page of rows.
func (s *search) query() (string, []any) {
	text := "SELECT " + s.columns + " FROM {schema}eso_objects WHERE type = ? AND {sound}"
	args := append(slices.Clone(s.given), s.def.Type)
	if s.after.set {
		condition, key := s.store.dialect.after(s.after.scope, s.after.id)
		text, args = text+" AND "+condition, append(args, key...)
	}
	for _, condition := range s.conditions {
		text += " AND " + condition
	}
	args = append(append(args, s.args...), s.limit)
	return s.store.statement(text + " ORDER BY scope, id LIMIT ?"), args
}

// read reads a page of rows.
func (s *search) read(ctx context.Context) (rows []row, more bool, err error) {
	text, args := s.query()
	err = s.store.retryRead(ctx, func() error {
		result, err := s.store.db.QueryContext(ctx, text, args...)
		if err != nil {
			return s.store.fromDatabase(ctx, err)
		}
		defer result.Close()
		rows, more, err = s.store.collect(ctx, result, s.limit)
		return err
	})
	return rows, more, err
}

func (s *Store) collect(ctx context.Context, result *sql.Rows, limit int) (rows []row, more bool, err error) {
	size := 0
	for result.Next() {
		var r row
		if err := s.scan(ctx, &r, result); err != nil {
			return nil, false, err
		}
		rows = append(rows, r)
		if size += r.size(); size > maxPageBytes {
			return rows, true, nil
		}
	}
	return rows, len(rows) == limit, s.fromDatabase(ctx, result.Err())
}

// unsound returns the first rows with keys that the store does not write, clipped.
func (s *search) unsound(ctx context.Context) (rows []row, err error) {
	query := "SELECT {failure} FROM {schema}eso_objects WHERE type = ? AND {unsound}"
	for _, condition := range s.conditions {
		query += " AND " + condition
	}
	args := append(append([]any{s.def.Type}, s.args...), defaultPage)
	err = s.store.retryRead(ctx, func() error {
		rows = nil
		result, err := s.store.db.QueryContext(ctx, s.store.statement(query+" LIMIT ?"), args...)
		if err != nil {
			return s.store.fromDatabase(ctx, err)
		}
		defer result.Close()
		for result.Next() {
			var scope, id, namespace text
			var model integer
			if err := result.Scan(&scope, &id, &namespace, &model); err != nil {
				return s.store.fromDatabase(ctx, err)
			}
			rows = append(rows, row{scope: clip(scope.text), id: clip(id.text), namespace: clip(namespace.text), model: int(model)})
		}
		return s.store.fromDatabase(ctx, result.Err())
	})
	return rows, err
}
