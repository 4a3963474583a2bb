package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/fault"
)

// row is a row of eso_objects.
type row struct {
	scope, id  string
	namespace  string
	namespaces string // the list of an object of the kind multiple, as it is stored
	model      int
	revision   int64
	keyIDs     string
	attributes []byte

	from   *string // the namespace that asked for the object
	unread error   // why the attributes are missing, or cannot be trusted
}

// querier is a database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scan reads a row. Its columns may hold anything: not every database enforces their
// types.
func (s *Store) scan(ctx context.Context, r *row, from interface{ Scan(...any) error }) error {
	var model, revision integer
	var scope, id, namespace, namespaces, keyIDs, attributes text
	err := from.Scan(&scope, &id, &namespace, &namespaces, &model, &revision, &keyIDs, &attributes)
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err != nil {
		return s.fromDatabase(ctx, err)
	}
	if model < math.MinInt32 || model > math.MaxInt32 {
		model = 0 // no model has such a number
	}
	*r = row{
		scope: scope.text, id: id.text, namespace: namespace.text, namespaces: namespaces.text, model: int(model), revision: int64(revision),
		keyIDs: keyIDs.text, attributes: []byte(attributes.text), from: r.from,
	}
	for _, column := range []struct {
		name string
		text
	}{{"namespace", namespace}, {"namespaces", namespaces}} {
		if column.none && r.unread == nil {
			r.unread = fmt.Errorf("%w: the column %s", eso.ErrTooLarge, column.name)
		}
	}
	return nil
}

// size is about how much memory a row takes.
func (r *row) size() int {
	return len(r.scope) + len(r.id) + len(r.namespace) + len(r.namespaces) + len(r.keyIDs) + len(r.attributes)
}

// reread reads a row again, whole.
func (s *Store) reread(ctx context.Context, d *eso.Definition, r *row) error {
	key := *r
	err := s.retryRead(ctx, func() error {
		return s.scan(ctx, r, s.db.QueryRowContext(ctx, s.statement(`SELECT {columns} FROM {schema}eso_objects
			WHERE type = ? AND scope = ? AND id = ?`), d.Type, key.scope, key.id))
	})
	if err != nil {
		*r = key
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// integer scans an integer, and anything else as 0, which is not a model or a
// revision.
type integer int64

// Scan implements sql.Scanner.
func (n *integer) Scan(value any) error {
	*n = 0
	if v, ok := value.(int64); ok {
		*n = integer(v)
	}
	return nil
}

// text scans a text. Anything else is none, and so is the NULL that a statement
// returns in place of a text that is too large.
type text struct {
	text string
	none bool
}

// Scan implements sql.Scanner.
func (s *text) Scan(value any) error {
	switch v := value.(type) {
	case string:
		*s = text{text: v}
	case []byte:
		*s = text{text: string(v)}
	default:
		*s = text{none: true}
	}
	return nil
}

// document returns the row as a document of a type. Its namespace is the one that the
// seal binds, if it binds one: that of a model above all known ones may.
func (r *row) document(d *eso.Definition) eso.Document {
	ref := eso.Ref{Namespace: r.home(d), Type: d.Type, ID: r.id}
	if r.model <= len(d.Models) && modelOf(d, r.model).Namespaces == eso.Agnostic {
		ref.Namespace = ""
	}
	return eso.Document{Ref: ref, Model: r.model, Attributes: r.attributes}
}

// insert stores a new object. It returns false if the key is taken.
func (s *Store) insert(ctx context.Context, q querier, d *eso.Definition, doc eso.Document) (bool, error) {
	scope := scopeOf(d, doc.Model, doc.Ref)
	now := s.now()
	result, err := q.ExecContext(ctx, s.statement(`INSERT INTO {schema}eso_objects
		(type, scope, id, namespace, model, revision, key_ids, attributes, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, {attributes}, ?, ?) {unlessItExists}`),
		d.Type, scope, doc.Ref.ID, namespaceOf(d, doc.Model, doc.Ref), doc.Model, firstRevision(), encodeIDs(doc.KeyIDs), string(doc.Attributes), now, now)
	return s.affected(ctx, result, err)
}

// replace stores a document in place of a row. It returns false if others have
// written the row since it was read.
func (s *Store) replace(ctx context.Context, q querier, d *eso.Definition, p *replacement) (bool, error) {
	result, err := q.ExecContext(ctx, s.statement(`UPDATE {schema}eso_objects
		SET model = ?, revision = ?, key_ids = ?, attributes = {attributes}, updated_at = ?
		WHERE type = ? AND scope = ? AND id = ? AND revision = ?`),
		p.doc.Model, nextRevision(p.revision), p.keyIDs, string(p.doc.Attributes), s.now(), d.Type, p.scope, p.id, p.revision)
	return s.affected(ctx, result, err)
}

// note corrects the note of the keys that a row is under. If others have written the
// row since it was read, they have written a note too.
func (s *Store) note(ctx context.Context, q querier, d *eso.Definition, p *replacement) error {
	_, err := q.ExecContext(ctx, s.statement(`UPDATE {schema}eso_objects SET key_ids = ?
		WHERE type = ? AND scope = ? AND id = ? AND revision = ?`), p.keyIDs, d.Type, p.scope, p.id, p.revision)
	return s.fromDatabase(ctx, err)
}

// remove deletes a row. It returns false if others have written it since it was read.
func (s *Store) remove(ctx context.Context, d *eso.Definition, r *row) (bool, error) {
	result, err := s.db.ExecContext(ctx, s.statement(`DELETE FROM {schema}eso_objects
		WHERE type = ? AND scope = ? AND id = ? AND revision = ?`), d.Type, r.scope, r.id, r.revision)
	return s.affected(ctx, result, err)
}

// affected reports whether a statement found its row.
func (s *Store) affected(ctx context.Context, result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, s.fromDatabase(ctx, err)
	}
	n, err := result.RowsAffected()
	return n > 0, s.fromDatabase(ctx, err)
}

// firstRevision is a random number, so that an object that was deleted and created
// again does not have the revision that a caller has seen before.
func firstRevision() int64 { return 1 + rand.Int64N(1<<52) }

func nextRevision(revision int64) int64 {
	if revision <= 0 || revision >= 1<<53 {
		return firstRevision() // the store has not counted up to there
	}
	return revision + 1
}

// now is the time as a parameter.
func (s *Store) now() any { return s.dialect.timestamp(time.Now()) }

// encodeIDs is the text of the column key_ids: a JSON array.
func encodeIDs(ids []string) string {
	if len(ids) == 0 {
		return "[]"
	}
	text, err := json.Marshal(ids)
	if err != nil {
		return "[]" // strings always have a JSON form
	}
	return string(text)
}

func decodeIDs(text string) ([]string, error) {
	var ids []string
	if err := json.Unmarshal([]byte(text), &ids); err != nil || ids == nil { // nil: null
		return nil, fmt.Errorf("%w: the column key_ids", eso.ErrMalformed)
	}
	return ids, nil
}

// storable refuses a document that the database cannot hold.
func (s *Store) storable(op eso.Op, doc eso.Document) error {
	attribute, reason := s.dialect.unstorable(doc.Attributes)
	if reason == "" {
		return nil
	}
	return &eso.Error{Op: op, Ref: doc.Ref, Attribute: clip(attribute), Err: fmt.Errorf("%w: %s", ErrUnstorable, reason)}
}

// replaceOneByOne stores replacements of rows in their order, up to the first row
// that others have written since it was read, and returns how many it stored.
func replaceOneByOne(ctx context.Context, s *Store, tx *sql.Tx, d *eso.Definition, all []*replacement) (int, error) {
	for i, p := range all {
		if p.note {
			if err := s.note(ctx, tx, d, p); err != nil {
				return i, err
			}
			continue
		}
		if replaced, err := s.replace(ctx, tx, d, p); err != nil || !replaced {
			return i, err
		}
	}
	return len(all), nil
}

// clippedLimit is how many characters of a name a statement returns: more than clip
// keeps.
const clippedLimit = "256"

// clip returns the beginning of a name, for errors, logs and the table of failures, as
// text that any database takes.
func clip(name string) string { return fault.Storable(name) }
