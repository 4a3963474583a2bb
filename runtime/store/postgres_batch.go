package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"

	eso "github.com/esogen/esogen/runtime"
)

// replaceTogether does what replaceOneByOne does with few statements: the database
// may be at the other end of a network, and rows are locked until the last one.
//
// The rows are locked in the order of their keys first, so that two jobs wait for
// each other and never both at once.
func replaceTogether(ctx context.Context, s *Store, tx *sql.Tx, d *eso.Definition, all []*replacement) (int, error) {
	if len(all) < 2 {
		return replaceOneByOne(ctx, s, tx, d, all)
	}
	stored, err := s.lockInOrder(ctx, tx, d, all)
	if err != nil {
		return 0, err
	}
	var records []byte
	documents := 0
	for _, p := range all[:stored] {
		if p.note {
			if err := s.note(ctx, tx, d, p); err != nil {
				return 0, err
			}
			continue
		}
		records = p.appendKey(append(records, separator(records)))
		records = strconv.AppendInt(append(records, `,"n":`...), nextRevision(p.revision), 10)
		records = strconv.AppendInt(append(records, `,"m":`...), int64(p.doc.Model), 10)
		records = appendJSON(append(records, `,"k":`...), p.keyIDs)
		records = append(append(append(records, `,"a":`...), p.doc.Attributes...), '}')
		documents++
	}
	if documents == 0 {
		return stored, nil
	}
	result, err := tx.ExecContext(ctx, s.statement(`UPDATE {schema}eso_objects AS o
		SET model = v.m, revision = v.n, key_ids = v.k, attributes = v.a, updated_at = ?
		FROM json_to_recordset(CAST(CAST(? AS text) AS json)) AS v(s text, i text, r bigint, n bigint, m bigint, k text, a jsonb)
		WHERE o.type = ? AND o.scope = v.s AND o.id = v.i AND o.revision = v.r`), s.now(), string(append(records, ']')), d.Type)
	if err != nil {
		return 0, s.fromDatabase(ctx, err)
	}
	switch n, err := result.RowsAffected(); {
	case err != nil:
		return 0, s.fromDatabase(ctx, err)
	case n != int64(documents):
		return 0, fmt.Errorf("%w: the database wrote %d of %d rows that it had locked", eso.ErrMalformed, n, documents)
	}
	return stored, nil
}

// lockInOrder locks rows in the order of their keys, and returns how many come before
// the first that others have written since it was read.
func (s *Store) lockInOrder(ctx context.Context, tx *sql.Tx, d *eso.Definition, all []*replacement) (int, error) {
	var records []byte
	for _, p := range all {
		records = append(p.appendKey(append(records, separator(records))), '}')
	}
	rows, err := tx.QueryContext(ctx, s.statement(`SELECT o.scope, o.id FROM {schema}eso_objects AS o
		JOIN json_to_recordset(CAST(CAST(? AS text) AS json)) AS v(s text, i text, r bigint) ON o.scope = v.s AND o.id = v.i AND o.revision = v.r
		WHERE o.type = ? ORDER BY o.scope, o.id FOR UPDATE OF o`), string(append(records, ']')), d.Type)
	if err != nil {
		return 0, s.fromDatabase(ctx, err)
	}
	defer rows.Close()
	type key struct{ scope, id string }
	locked := map[key]bool{}
	for rows.Next() {
		var scope, id text
		if err := rows.Scan(&scope, &id); err != nil {
			return 0, s.fromDatabase(ctx, err)
		}
		locked[key{scope.text, id.text}] = true
	}
	if err := rows.Err(); err != nil {
		return 0, s.fromDatabase(ctx, err)
	}
	for i, p := range all {
		if !p.note && !locked[key{p.scope, p.id}] {
			return i, nil
		}
	}
	return len(all), nil
}

// appendKey appends the beginning of a JSON object that names a row.
func (p *replacement) appendKey(to []byte) []byte {
	to = appendJSON(append(to, `{"s":`...), p.scope)
	to = appendJSON(append(to, `,"i":`...), p.id)
	return strconv.AppendInt(append(to, `,"r":`...), p.revision, 10)
}

func separator(records []byte) byte {
	if len(records) == 0 {
		return '['
	}
	return ','
}

func appendJSON(to []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		return append(to, `""`...) // strings always have a JSON form
	}
	return append(to, quoted...)
}
