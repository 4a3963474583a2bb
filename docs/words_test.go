package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// worst are phrases that a reader has to read twice.
var worst = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`tells? whether`,           // reports whether
	`that (is|are) to be`,      // must be, or say who does it
	`what (becomes|became) of`, // name the result
	`who has the`,              // anyone with the
	`as it (stands|stood)`,     // unchanged, verbatim
	`for ever`,                 // forever
}, "|") + `)\b`)

var fences = regexp.MustCompile("(?ms)^```.*?^```")

// TestWords keeps the worst phrases out of the pages, and out of the comments
// of all Go files.
func TestWords(t *testing.T) {
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.Empty(t, worst.FindAllString(flowing(fences.ReplaceAllString(string(text), "")), -1), page)
	}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, group := range file.Comments {
			if path != "words_test.go" && path != filepath.Join("..", "docs", "words_test.go") {
				assert.Empty(t, worst.FindAllString(flowing(group.Text()), -1), path)
			}
		}
		return nil
	}))
}

// flowing joins the lines of a text, so that a phrase may be broken over two.
func flowing(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestPagesWrap checks that prose ends at column 80, if it can. The page of rules
// is generated, a paragraph a line.
func TestPagesWrap(t *testing.T) {
	for _, page := range pages(t) {
		if page == "rules.md" {
			continue
		}
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for line := range strings.Lines(fences.ReplaceAllString(string(text), "")) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(line, "|"), strings.HasPrefix(line, "<"), strings.HasPrefix(line, "#"): // cannot wrap
			case len([]rune(line)) > 80 && strings.Contains(strings.TrimLeft(line[:80], " -"), " ") && !strings.Contains(line, "](") && !strings.HasPrefix(line, "`"):
				t.Errorf("%s: %d columns: %s", page, len([]rune(line)), line)
			}
		}
	}
}
