package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	eso "github.com/esogen/esogen/runtime"
)

// KeyUse counts the objects of a type with secrets under a key.
type KeyUse struct {
	Type    string
	KeyID   string // "" if the key note of an object cannot be parsed
	Objects int64
}

// ModelUse counts the objects of a type at a model.
type ModelUse struct {
	Type    string
	Model   int
	Objects int64
}

// maxUses and maxModels are how many keys and models a report tells apart, with each
// type: more than any product has. A row can claim any.
const (
	maxUses   = 200_000
	maxModels = 10_000
)

// KeyUsage returns the keys in use, in the order of types and ids. It counts the notes
// that the store made when it wrote the objects. [Store.Rotate] looks at the objects
// themselves, and corrects the notes: before you give up a key, a rotation must have
// ended without failures.
func (s *Store) KeyUsage(ctx context.Context) ([]KeyUse, error) {
	counts := map[KeyUse]int64{}
	err := s.count(ctx, "SELECT {usedKeys}, count(*) FROM {schema}eso_objects GROUP BY 1, 2", func(rows *sql.Rows) error {
		var of, value text
		var n integer
		if err := rows.Scan(&of, &value, &n); err != nil {
			return err
		}
		ids, err := decodeIDs(value.text)
		if err != nil {
			ids = []string{""}
		}
		for _, id := range ids {
			use := KeyUse{Type: clip(of.text), KeyID: id}
			if _, known := counts[use]; !known && (len(id) > maxKeyID || len(counts) >= maxUses) {
				use.KeyID = ""
			}
			counts[use] += int64(n)
		}
		return nil
	})
	if err != nil {
		return nil, withDefaultOp(err, OpUsage, eso.Ref{})
	}
	var uses []KeyUse
	for use, n := range counts {
		use.Objects = n
		uses = append(uses, use)
	}
	slices.SortFunc(uses, func(a, b KeyUse) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.KeyID, b.KeyID)) })
	return uses, nil
}

// maxKeyID is how long the id of a key may be.
const maxKeyID = 64

// ModelUsage returns the models in use, in the order of types and numbers, with 0 for an
// invalid one. A spec may raise the oldest model of a type once no object is below it.
func (s *Store) ModelUsage(ctx context.Context) ([]ModelUse, error) {
	var uses []ModelUse
	err := s.count(ctx, "SELECT {usedModels}, count(*) FROM {schema}eso_objects GROUP BY 1, 2 ORDER BY 1, 2", func(rows *sql.Rows) error {
		var of text
		var model, n integer
		if err := rows.Scan(&of, &model, &n); err != nil {
			return err
		}
		if len(uses) < maxModels {
			uses = append(uses, ModelUse{clip(of.text), int(model), int64(n)})
		}
		return nil
	})
	return uses, withDefaultOp(err, OpUsage, eso.Ref{})
}

// count calls a function for each row of a query.
func (s *Store) count(ctx context.Context, query string, each func(*sql.Rows) error) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	rows, err := s.db.QueryContext(ctx, s.statement(query))
	if err != nil {
		return s.fromDatabase(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return s.fromDatabase(ctx, err)
		}
	}
	return s.fromDatabase(ctx, rows.Err())
}
