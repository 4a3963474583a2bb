package check

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// TestExamples holds each example to its word: the change gives exactly one
// finding, of its rule, and what to write instead gives none.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, rule.Example.Change)
			result, err := Try(t.Context(), rule.Example)
			require.NoError(t, err)
			require.Len(t, result.Findings, 1, "%s", show(result))
			found := result.Findings[0]
			assert.Equal(t, rule.ID, found.Rule, "%s", show(result))
			assert.Equal(t, rule.Severity, found.Severity)
			assert.NotEmpty(t, found.Hint, "what to do")
			assert.Equal(t, rule.Severity == definition.Warning || rule.Safe, result.Safe)
			if rule.Family() == Rollout {
				assert.NotEmpty(t, found.Trace)
			}
			t.Log(show(result))

			if rule.Example.Instead == "" {
				return
			}
			instead := rule.Example
			instead.Change, instead.Golden, instead.Fault, instead.Seals = instead.Instead, nil, nil, nil
			result, err = Try(t.Context(), instead)
			require.NoError(t, err)
			assert.Empty(t, result.Findings, "%s", show(result))
			assert.True(t, result.Safe)
		})
	}
}

func show(r Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString("\n" + f.File + ": " + f.Rule + ": " + f.Message + "\n\t" + f.Hint + "\n\t" + strings.Join(f.Trace, "\n\t"))
	}
	return b.String()
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, rule := range Rules() {
		assert.False(t, ids[rule.ID], "%s is there twice", rule.ID)
		ids[rule.ID] = true
		assert.Regexp(t, regexp.MustCompile(`^(definition|history|rollout|secret)/[a-z][a-z-]*[a-z]$`), rule.ID)
		assert.Contains(t, Families(), rule.Family())
		assert.Contains(t, []definition.Severity{definition.Error, definition.Warning}, rule.Severity)
		assert.NotEmpty(t, rule.Purpose, rule.ID)
		assert.NotEmpty(t, rule.Why, rule.ID)
		assert.NotEmpty(t, rule.WayOut, rule.ID)
		assert.False(t, strings.HasSuffix(rule.Purpose, "."), rule.ID)
	}
}

// TestEveryRuleIsKnown reads the sources of the packages that find definition
// problems: each id that occurs in them is in the catalogue, and the other way
// round.
func TestEveryRuleIsKnown(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"definition/exception-expired": true} // found here
	for _, folder := range []string{"../definition", "../spec"} {
		files, err := filepath.Glob(folder + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, id := range ruleIDs(t, file) {
				used[id] = true
				assert.NotNil(t, Lookup(id), "%s has %q", file, id)
			}
		}
	}
	for _, rule := range Rules() {
		if rule.Family() == Definition {
			assert.True(t, used[rule.ID], "nothing finds %s", rule.ID)
		}
	}
}

// ruleIDs returns the rules that a file mentions: texts that begin with the
// family, and first arguments of the functions that put it in front.
func ruleIDs(t *testing.T, file string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	var ids []string
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && regexp.MustCompile(`^definition/[a-z-]+$`).MatchString(text) {
				ids = append(ids, text)
			}
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if len(n.Args) == 0 || !slices.Contains([]string{"fail", "warn", "once", "report"}, name) {
				return true
			}
			if literal, ok := n.Args[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && !strings.Contains(text, "/") {
					ids = append(ids, "definition/"+text)
				}
			}
		}
		return true
	})
	return ids
}

var update = flag.Bool("update", false, "write docs/rules.md, and the findings of the cases")

const page = "../../docs/rules.md"

// TestPage holds docs/rules.md and the catalogue together.
func TestPage(t *testing.T) {
	t.Parallel()
	text, err := Page(t.Context())
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(text), 0o644))
	}
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, text, string(written), "go test ./internal/check -update writes it anew")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		text, err := Explain(t.Context(), rule)
		require.NoError(t, err)
		assert.Contains(t, text, rule.ID)
		assert.Contains(t, text, "The way out:")
		assert.NotContains(t, text, "\n\n\n", rule.ID)
		assert.NotContains(t, text, "<no value>", rule.ID)
	}
	assert.Equal(t, "rollout/secret-stranded", Nearest("secret-stranded"))
	assert.Equal(t, "rollout/secret-stranded", Nearest("rollout/secret-strandet"))
	assert.Empty(t, Nearest("something else"))
}
