package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	eso "github.com/esogen/esogen/runtime"
)

// KeyUse is how many objects of a type have secrets under a key.
type KeyUse struct {
	Type    string
	KeyID   string // "" where the note of an object makes no sense
	Objects int64
}

// ModelUse is how many objects of a type are at a model.
type ModelUse struct {
	Type    string
	Model   int
	Objects int64
}

// KeyUsage tells which keys are in use, in the order of types and ids. It counts
// what the store noted when it wrote the objects, which Rotate puts right where
// it is wrong. Before a key is given up for good, a rotation has to end without
// failures: it looks at the objects themselves.
func KeyUsage(ctx context.Context, s *Store) ([]KeyUse, error) {
	counts := map[KeyUse]int64{}
	err := s.count(ctx, "SELECT type, key_ids, count(*) FROM eso_objects GROUP BY type, key_ids", func(of, value string, n int64) {
		ids, err := decodeIDs(value)
		if err != nil {
			ids = []string{""}
		}
		for _, id := range ids {
			counts[KeyUse{Type: of, KeyID: id}] += n
		}
	})
	if err != nil {
		return nil, located(err, OpUsage, eso.Ref{})
	}
	var uses []KeyUse
	for use, n := range counts {
		use.Objects = n
		uses = append(uses, use)
	}
	slices.SortFunc(uses, func(a, b KeyUse) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.KeyID, b.KeyID)) })
	return uses, nil
}

// ModelUsage tells at which models the objects are, in the order of types and
// models. The oldest model of a type may be raised in its spec once nothing is
// below it.
func ModelUsage(ctx context.Context, s *Store) ([]ModelUse, error) {
	var uses []ModelUse
	err := s.count(ctx, "SELECT type, CAST(model AS TEXT), count(*) FROM eso_objects GROUP BY type, model ORDER BY type, model", func(of, value string, n int64) {
		model, err := strconv.Atoi(value)
		if err != nil {
			model = 0 // no document is at such a model
		}
		uses = append(uses, ModelUse{of, model, n})
	})
	return uses, located(err, OpUsage, eso.Ref{})
}

// count hands out the rows of a query for a type, a text and a count.
func (s *Store) count(ctx context.Context, query string, each func(of, value string, n int64)) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return fromDatabase(err)
	}
	defer rows.Close()
	for rows.Next() {
		var of, value text
		var n integer
		if err := rows.Scan(&of, &value, &n); err != nil {
			return fromDatabase(err)
		}
		each(string(of), string(value), int64(n))
	}
	return fromDatabase(rows.Err())
}
