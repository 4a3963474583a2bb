package rollout

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// TestTraceTests writes a Go test for one finding of each kind that the table
// shows, and runs them: each fails, for the reason of its finding.
func TestTraceTests(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it compiles Go")
	}
	dir := t.TempDir()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	put(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/traces\n\ngo 1.26.0\n\nrequire github.com/esogen/esogen v0.0.0\n\nreplace github.com/esogen/esogen => %s\n", repository))

	rows := append(table(), row{
		name:   "a nested attribute changes its kind",
		before: with(model("token", "owner", "token", "owner"), nested(definition.String)),
		after:  with(model("token", "owner"), nested(definition.Int)),
	}, row{
		name:   "a computed value beside a conversion that meets a ciphertext",
		before: model("token", "owner", "token", "owner", "note"),
		after: with(with(model("token count", "owner", "count:int"), renamed("count", "note", true)), func(m *definition.Model) {
			m.Declared = append(m.Declared, has("made")...)
			m.Computed = []string{"made"}
		}),
	})
	findings := map[string]Finding{}
	for _, r := range rows {
		v, err := Judge(t.Context(), oneStep(r.before, r.after))
		require.NoError(t, err)
		for _, f := range v.Findings {
			pkg := "trace" + strings.ReplaceAll(string(f.Kind), "-", "")
			if strings.HasPrefix(r.name, "a ") {
				pkg += "2"
			}
			findings[pkg] = f
		}
	}
	for pkg, f := range findings {
		var source bytes.Buffer
		require.NoError(t, WriteTraceTest(&source, pkg, f))
		put(t, filepath.Join(dir, pkg, "rollout_test.go"), source.String())
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "%s", out)
	for pkg, f := range findings {
		assert.Contains(t, string(out), "FAIL\texample.com/traces/"+pkg, "%s", out)
		assert.Contains(t, string(out), f.Lines[len(f.Lines)-1])
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

func nested(kind definition.Kind) modelWith {
	return func(m *definition.Model) {
		value := definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{{Name: "at", Value: definition.Value{Kind: kind}}}}
		m.Declared = append(m.Declared, definition.Attribute{Name: "config", Value: value})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
}

// TestTraceTestNeedsATrace refuses a finding that was put together by hand.
func TestTraceTestNeedsATrace(t *testing.T) {
	t.Parallel()
	require.Error(t, WriteTraceTest(&bytes.Buffer{}, "p", Finding{}))
}
