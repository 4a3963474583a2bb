package rollout

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRandomTraces writes Go tests for what random cases break, and runs them:
// each fails, for the reason of its finding. It takes a minute, and runs only if
// ESOGEN_SOAK is set.
func TestRandomTraces(t *testing.T) {
	if os.Getenv("ESOGEN_SOAK") == "" {
		t.Skip("ESOGEN_SOAK is not set")
	}
	dir := t.TempDir()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	put(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/traces\n\ngo 1.26.0\n\nrequire github.com/esogen/esogen v0.0.0\n\nreplace github.com/esogen/esogen => %s\n", repository))
	gen := rapid.Custom(func(t *rapid.T) Case { return drawCase(t, 4, 3) })
	want := map[string]string{}
	for seed := 0; len(want) < 60 && seed < 400; seed++ {
		c, ok := example(gen, seed)
		if !ok {
			continue
		}
		v, err := Judge(t.Context(), c)
		require.NoError(t, err)
		for i, f := range v.Findings {
			pkg := fmt.Sprintf("t%dx%d", seed, i)
			var b bytes.Buffer
			require.NoError(t, WriteTraceTest(&b, pkg, f))
			put(t, filepath.Join(dir, pkg, "rollout_test.go"), b.String())
			want[pkg] = f.Lines[len(f.Lines)-1]
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-mod=mod", "-p", "1", "./...")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	for pkg, line := range want {
		assert.Contains(t, string(out), "FAIL\texample.com/traces/"+pkg+"\t", line)
		assert.Contains(t, string(out), line)
	}
}

// example draws a case, and reports whether the seed gives a valid one: otherwise
// rapid panics.
func example(gen *rapid.Generator[Case], seed int) (c Case, ok bool) {
	defer func() { ok = recover() == nil }()
	return gen.Example(seed), true
}
