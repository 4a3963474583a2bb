package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // carries the published schema, and keeps it to itself
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"

	"github.com/esogen/esogen/internal/check"
)

// sarifSchema returns the published schema of SARIF 2.1.0.
func sarifSchema(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif")
	dir, err := cmd.Output()
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	require.NoError(t, err)
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && text == "" {
			text, err = strconv.Unquote(literal.Value)
			require.NoError(t, err)
		}
		return true
	})
	require.Contains(t, text, "sarif-schema-2.1.0.json")
	return text
}

func TestSarifIsValid(t *testing.T) {
	t.Parallel()
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(sarifSchema(t)))
	require.NoError(t, err)
	for name, result := range results() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, Write(&out, "sarif", &result, Options{Specs: "specs", Version: "v1.0.0"}))
			verdict, err := schema.Validate(gojsonschema.NewBytesLoader(out.Bytes()))
			require.NoError(t, err)
			assert.Empty(t, verdict.Errors(), "%s", &out)
		})
	}
	verdict, err := schema.Validate(gojsonschema.NewStringLoader(`{"version": "2.1.0", "runs": [{}]}`))
	require.NoError(t, err)
	assert.False(t, verdict.Valid(), "the schema refuses something")
}

// TestSarifFingerprints checks that a finding stays the same one when it moves,
// and that no two of a run are the same.
func TestSarifFingerprints(t *testing.T) {
	t.Parallel()
	prints := func(r check.Result) []string {
		var out bytes.Buffer
		require.NoError(t, Write(&out, "sarif", &r, Options{}))
		var log sarifLog
		require.NoError(t, json.Unmarshal(out.Bytes(), &log))
		var found []string
		for _, result := range log.Runs[0].Results {
			require.NotEmpty(t, result.Locations)
			assert.False(t, filepath.IsAbs(result.Locations[0].Physical.Artifact.URI))
			found = append(found, result.Fingerprints["esogen/v1"])
		}
		return found
	}
	r := results()["findings"]
	before := prints(r)
	for i := range r.Findings {
		r.Findings[i].Line += 7
	}
	assert.Equal(t, before, prints(r))
	seen := map[string]bool{}
	for _, print := range before {
		assert.False(t, seen[print])
		seen[print] = true
	}
}
