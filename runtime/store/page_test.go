package store_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + name)
	require.NoError(t, err)
	return string(text)
}

// TestPageShowsTheTables compares the page with the statements.
func TestPageShowsTheTables(t *testing.T) {
	for _, dialect := range store.Dialects() {
		for _, statement := range store.Statements(dialect) {
			assert.Contains(t, page(t, "store-tables.md"), statement+";\n")
		}
	}
}

// TestPageShowsExamples checks that the Go of the page is that of its program and of
// the examples, which run.
func TestPageShowsExamples(t *testing.T) {
	program, err := os.ReadFile("../../docs/testdata/store/main.go")
	require.NoError(t, err)
	examples, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	source := string(program) + string(examples)
	flat := regexp.MustCompile(`(?m)^\t+`)
	fences := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(page(t, "store.md"), -1)
	require.NotEmpty(t, fences)
	for _, fence := range fences {
		assert.Contains(t, flat.ReplaceAllString(source, ""), flat.ReplaceAllString(fence[1], ""))
	}
}

// TestIndicesAreUsed creates those of the page, and asks the databases whether
// a search uses them.
func TestIndicesAreUsed(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		d.Type = "connector_token"
		d.Models[0].Attributes[0].Name, d.Models[0].AAD = "connectorId", []string{"connectorId"}
		s := db.open(t, keyring(t, firstKey), store.Options{})
		c := store.Of(s, things(d))
		var items []store.NewObject[thing]
		for range 300 {
			items = append(items, store.NewObject[thing]{Object: newThing(map[string]string{"connectorId": `"` + eso.NewID() + `"`, "title": `"x"`, "level": "1"})})
		}
		_, err := c.CreateAll(ctx, items)
		require.NoError(t, err)
		tables := page(t, "store-tables.md")
		for _, statement := range regexp.MustCompile("(?m)^CREATE INDEX.*;$").FindAllString(tables[strings.Index(tables, "## Indices"):], -1) {
			if strings.Contains(statement, "gin") == (db.Dialect == store.PostgreSQL) {
				_, err := db.ExecContext(ctx, statement)
				require.NoError(t, err)
			}
		}
		explain, index := "EXPLAIN QUERY PLAN ", "token_connector"
		if db.Dialect == store.PostgreSQL {
			explain, index = "EXPLAIN ", "attributes_idx"
			db.SetMaxOpenConns(1)
			for _, statement := range []string{"ANALYZE eso_objects", "SET enable_seqscan = off", "SET enable_indexscan = off"} {
				_, err := db.ExecContext(ctx, statement)
				require.NoError(t, err)
			}
		}
		condition, args := store.Condition(db.Dialect, d, "connectorId", "c1")
		assert.Contains(t, db.plan(t, explain+condition, args...), index)

		// Rows that are looked for by other ways than their key are not searched
		// for among all others.
		if db.Dialect == store.PostgreSQL {
			_, err := db.ExecContext(ctx, "SET enable_indexscan = on")
			require.NoError(t, err)
		}
		for index, condition := range map[string]string{
			"eso_objects_elsewhere": "scope <> '' AND id = 'x' AND {sound} ORDER BY scope",
			"eso_objects_unsound":   "{unsound}",
		} {
			assert.Contains(t, db.plan(t, explain+store.Statement(db.Dialect, "SELECT {keys} FROM eso_objects WHERE type = 'x' AND "+condition)), index)
		}
	})
}

// plan returns what the database says of its way to the answer.
func (db database) plan(t *testing.T, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer rows.Close()
	var plan strings.Builder
	names, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		fields := make([]any, len(names))
		for i := range fields {
			fields[i] = new(any)
		}
		require.NoError(t, rows.Scan(fields...))
		for _, f := range fields {
			if text, ok := (*f.(*any)).(string); ok {
				plan.WriteString(text + "\n")
			}
		}
	}
	require.NoError(t, rows.Err())
	return plan.String()
}
