package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestArchitectureIsTrue checks that the page names every package, and no file
// that is not there.
func TestArchitectureIsTrue(t *testing.T) {
	text, err := os.ReadFile("architecture.md")
	require.NoError(t, err)
	named := map[string]bool{}
	for _, match := range regexp.MustCompile("`([a-z]+(?:/[^` ]+)?)`").FindAllStringSubmatch(string(text), -1) {
		name := match[1]
		named[name] = true
		if !strings.Contains(name, "/") || strings.Contains(name, "NAME") {
			continue
		}
		if first, _, _ := strings.Cut(name, "/"); first == "history" || first == "rollout" || first == "secret" {
			continue // rules
		}
		found, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name)))
		require.NoError(t, err)
		assert.NotEmpty(t, found, "there is no %s", name)
	}
	for _, top := range []string{"cmd", "eso", "internal", "runtime", "templates"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			if entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			if sources, _ := filepath.Glob(filepath.Join(path, "*.go")); len(sources) > 0 {
				name := strings.TrimPrefix(filepath.ToSlash(path), "../")
				assert.True(t, named[name], "the page does not name %s", name)
			}
			return nil
		}))
	}
}
