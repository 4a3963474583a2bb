package service

import (
	"context"
	"fmt"

	"github.com/esogen/esogen/runtime/store"
)

// row shows a row of the store's table as the database has it: what somebody
// sees who has the database, and no keys.
func row(ctx context.Context, p *process) error {
	if len(p.args) != 2 {
		fmt.Fprintf(p.stdout, usage, p.release.Name)
		return errUsage
	}
	query := "SELECT type, namespace, id, model, revision, key_ids, CAST(attributes AS TEXT) FROM eso_objects WHERE type = ? AND id = ?"
	if p.sql.dialect == store.PostgreSQL {
		query = "SELECT type, namespace, id, model, revision, key_ids, CAST(attributes AS TEXT) FROM eso_objects WHERE type = $1 AND id = $2"
	}
	rows, err := p.sql.QueryContext(ctx, query, p.args[0], p.args[1])
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, namespace, id, keys, attributes string
		var model, revision int64
		if err := rows.Scan(&kind, &namespace, &id, &model, &revision, &keys, &attributes); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "type        %s\nnamespace   %s\nid          %s\nmodel       %d\nrevision    %d\nkeys        %s\nattributes  %s\n",
			kind, namespace, id, model, revision, keys, attributes)
	}
	return rows.Err()
}
