package docs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFilesAreShort checks that no file of Go that a person writes has more than
// 450 lines: a longer one has more than one concept.
func TestFilesAreShort(t *testing.T) {
	for _, top := range []string{"cmd", "docs", "eso", "examples", "internal", "interop", "runtime", "specs", "templates"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", top), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && slices.Contains([]string{"testdata", "generated", "node_modules"}, entry.Name()):
				return filepath.SkipDir
			case !strings.HasSuffix(path, ".go"):
				return nil
			}
			data, err := os.ReadFile(path)
			assert.LessOrEqual(t, bytes.Count(data, []byte("\n")), 450, path)
			return err
		}))
	}
}

// TestGoldenLinesAreShort checks the width of what a reviewer reads in golden
// directories. Documents, one a line, are for the tests.
func TestGoldenLinesAreShort(t *testing.T) {
	for _, pattern := range []string{"../golden/definitions/*.json", "../golden/hashes.json", "../examples/product/*/golden/definitions/*.json", "../examples/product/*/golden/hashes.json"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			for line := range strings.Lines(string(data)) {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), 200, "%s: %s", file, line)
			}
		}
	}
}
