package docs_test

import (
	"bytes"
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/generated/connectortoken"
	"github.com/esogen/esogen/internal/cli"
	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestErrorsAreDocumented checks that the page for operators has every error
// that a caller may branch on, and none that there is not.
func TestErrorsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("operations.md")
	require.NoError(t, err)
	_, tables, ok := strings.Cut(string(page), "\n## Errors\n")
	require.True(t, ok)
	tables, _, ok = strings.Cut(tables, "\n## ")
	require.True(t, ok)
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(Err[A-Za-z]+)` \\|.*\\| .+ \\| .+ \\|$").FindAllStringSubmatch(tables, -1) {
		documented = append(documented, row[1])
	}
	exported := append(sentinels(t, "../runtime"), sentinels(t, "../runtime/store")...)
	require.Contains(t, exported, "ErrTampered")
	require.Contains(t, exported, "ErrConflict")
	assert.ElementsMatch(t, exported, documented)
}

// sentinels lists the exported errors of a package, by their names.
func sentinels(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.VAR {
				for _, spec := range d.Specs {
					for _, ident := range spec.(*ast.ValueSpec).Names {
						if strings.HasPrefix(ident.Name, "Err") {
							names = append(names, ident.Name)
						}
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestLinesOfPostgreSQL runs the statement that the page gives for PostgreSQL:
// the command line takes what it returns. The one for SQLite runs in the page.
func TestLinesOfPostgreSQL(t *testing.T) {
	text, err := os.ReadFile("operations.md")
	require.NoError(t, err)
	statement := regexp.MustCompile("(?ms)^```sql lines.postgres.sql\n(.*?)^```$").FindStringSubmatch(string(text))
	require.NotNil(t, statement)

	db, err := sql.Open("pgx", pgtest.Start(t).DSN)
	require.NoError(t, err)
	defer db.Close()
	keys, err := eso.NewKeyring("a passphrase of at least 32 characters")
	require.NoError(t, err)
	s, err := store.New(db, store.PostgreSQL, keys, store.Options{})
	require.NoError(t, err)
	require.NoError(t, s.CreateSchema(t.Context()))
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	_, err = store.Of(s, connectortoken.Objects).Create(t.Context(), connectortoken.Ref(""), &connectortoken.ConnectorToken{
		ConnectorID: "c", TokenType: "t", Token: eso.NewSecret("s3cret"), CreatedAt: at, UpdatedAt: at,
	})
	require.NoError(t, err)

	var line string
	require.NoError(t, db.QueryRow(statement[1]).Scan(&line))
	var stdout, stderr bytes.Buffer
	keysFile := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(keysFile, []byte(`{"primary": "a passphrase of at least 32 characters"}`), 0o600))
	require.Zero(t, cli.Do(t.Context(), []string{"-C", "..", "open", "--keys", keysFile}, strings.NewReader(line), &stdout, &stderr), stderr.String())
	assert.Contains(t, stdout.String(), "s3cret")
}
