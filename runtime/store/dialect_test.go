package store_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/store"
)

// What differs between databases is in the file of each, which dialect.go lists.
// Elsewhere, the SQL is what all of them share, and no code knows a driver or a
// database.
func TestDialectsStayInTheirFiles(t *testing.T) {
	sql := regexp.MustCompile(`(?i)ON CONFLICT|ON DUPLICATE|INSERT (IGNORE|OR)|REPLACE INTO|RETURNING|FOR UPDATE|\(scope, id\)|\(VALUES|` +
		`CAST\(|::|@>|->|~|\$\d|ILIKE|jsonb?\b|json_|typeof|substr|left\(|length\(|concat|now\(\)|` +
		`\b(TEXT|INTEGER|bigint|timestamptz|COLLATE|STRICT)\b|main\.|search_path|pg_|sqlite|postgres|mysql|maria|` +
		`\b(08|40001|40P01|57P|UTF8)\b|T15:04`)
	name := regexp.MustCompile(`(?i)sqlite|postgres|mysql|maria|sqlstate|SafeToRetry|jsonb`)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		of := func(d store.Dialect) bool { return strings.HasPrefix(file, string(d)) }
		if strings.HasSuffix(file, "_test.go") || file == "dialect.go" || slices.ContainsFunc(store.Dialects(), of) {
			continue
		}
		positions := gotoken.NewFileSet()
		parsed, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false // paths are not SQL
			case *ast.BasicLit:
				if found := sql.FindString(n.Value); n.Kind == gotoken.STRING && found != "" {
					t.Errorf("%s: %q is for the file of a database", positions.Position(n.Pos()), found)
				}
			case *ast.Ident:
				if name.MatchString(n.Name) {
					t.Errorf("%s: %s is for the file of a database", positions.Position(n.Pos()), n.Name)
				}
			}
			return true
		})
	}
}
