package store

import (
	"context"
	"fmt"
	"strings"
)

// locator returns what stands before the names of the tables: the schema that
// they are in, or are to be created in. Where names are looked up in several
// schemas, a table of another one would do.
type locator func(ctx context.Context, q querier) (string, error)

// inMain is for SQLite: no temporary table, and none of an attached database.
func inMain(context.Context, querier) (string, error) { return "main.", nil }

// firstInSearchPath is for PostgreSQL. It fails with ErrSchema where the first
// schema of the search path does not exist, or may not be used: PostgreSQL would
// pass it over, and take the next one.
func firstInSearchPath(ctx context.Context, q querier) (string, error) {
	var path, current, user string
	var users bool // whether a schema has the name of the user
	err := q.QueryRowContext(ctx, `SELECT current_setting('search_path'), COALESCE(CAST(current_schema() AS text), ''), CAST(current_user AS text),
		EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = current_user)`).Scan(&path, &current, &user, &users)
	if err != nil {
		return "", fromDatabase(ctx, err)
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
