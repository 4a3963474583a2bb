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

// TestToolInitWorks sets up a product with the tool in its go.mod, and one with
// the tool in a module file of its own, and runs what init wrote.
func TestToolInitWorks(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it compiles esogen twice")
	}
	repository, err := filepath.Abs("..")
	require.NoError(t, err)
	const edit = "go mod edit -require=github.com/esogen/esogen@v0.0.0 -replace=github.com/esogen/esogen=$REPOSITORY"
	const tool = " -tool=github.com/esogen/esogen/cmd/esogen"
	for name, setUp := range map[string]string{
		"in go.mod": edit + tool + " && esogen init && go mod tidy",
		"in esogen.mod": edit + " && go mod init -modfile=esogen.mod example.com/product && " + edit + tool + " esogen.mod" +
			" && esogen init && go mod tidy -modfile=esogen.mod",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			sh := &shell{t: t, folder: folder, directory: folder, tool: buildTool(t), repository: repository}
			for _, command := range []string{
				"go mod init example.com/product", setUp, "go generate ./specs", "esogen golden", "go mod tidy", "go vet ./generated/...",
				"sed -n 's/.*run: \\(.*esogen golden\\)/\\1/p' .github/workflows/esogen.yml | sh",
			} {
				output, err := sh.runLiterally(command)
				require.NoError(t, err, "%s: %s", command, output)
			}
			assert.FileExists(t, filepath.Join(folder, "generated", "apitoken", "object.go"))
		})
	}
}

// TestOneSpelling checks that every command of a page that somebody may copy
// runs esogen as "go tool esogen" does.
func TestOneSpelling(t *testing.T) {
	fence := regexp.MustCompile("(?ms)^```(console|sh|yaml)\n(.*?)^```")
	other := regexp.MustCompile(`(^|[\s(;&|])esogen( -C \S+)? (init|generate|golden|hash|release|check|plan|diff|explain|seal|open|strip|rotate|keys)\b`)
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "go run github.com/esogen", page)
		for _, match := range fence.FindAllStringSubmatch(string(text), -1) {
			for line := range strings.Lines(match[2]) {
				if match[1] == "console" && !strings.HasPrefix(line, "$ ") && !strings.HasPrefix(line, "> ") {
					continue // output
				}
				line = regexp.MustCompile(`go tool( -modfile=\S+)? esogen`).ReplaceAllString(line, "go tool")
				assert.NotRegexp(t, other, line, page)
			}
		}
	}
	for _, template := range []string{"init/generate.go.txt", "init/workflow.yml", "workflows/esogen-check.yml"} {
		text, err := os.ReadFile(filepath.Join("..", "templates", template))
		require.NoError(t, err)
		assert.NotRegexp(t, `(?m)^.*(run:|go:generate) (esogen|go run)`, string(text), template)
	}
}
