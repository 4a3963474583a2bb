package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReadmeQuotesTheTutorial checks that each line of Go in the README is one
// of the tutorial, which runs it.
func TestReadmeQuotesTheTutorial(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	tutorial, err := os.ReadFile("tutorial.md")
	require.NoError(t, err)
	runs := map[string]bool{}
	for line := range strings.Lines(string(tutorial)) {
		runs[strings.TrimSpace(line)] = true
	}
	fence := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindSubmatch(readme)
	require.NotNil(t, fence)
	for line := range strings.Lines(string(fence[1])) {
		assert.True(t, runs[strings.TrimSpace(line)], "the tutorial does not have this line of the README: %s", line)
	}
	assert.LessOrEqual(t, strings.Count(string(readme), "\n"), 200, "lines of the README")
}
