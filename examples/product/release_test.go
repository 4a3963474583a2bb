// Package product_test tests what holds of the product as a whole: that its
// releases may run side by side, and that its README is true.
package product_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// esogen runs the tool, and returns its results and its exit code.
func esogen(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"tool", "esogen"}, args...)...)
	cmd.Stderr = &strings.Builder{}
	output, err := cmd.Output()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(output) + cmd.Stderr.(*strings.Builder).String(), cmd.ProcessState.ExitCode()
}

// TestCheckAcceptsReleaseTwo sees that release two can run beside release one,
// which is in its ledger, and be rolled back to it.
func TestCheckAcceptsReleaseTwo(t *testing.T) {
	output, code := esogen(t, "-C", "two", "check")
	assert.Equal(t, 0, code, "%s", output)
	assert.Contains(t, output, `"one" can run beside this release, and be rolled back to`)

	// The ledger has what one ships.
	output, code = esogen(t, "-C", "two", "diff", "--against", "../one")
	assert.Equal(t, 1, code, "%s", output)
	again, _ := esogen(t, "-C", "two", "diff", "--against", "release:one")
	assert.Equal(t, strings.ReplaceAll(output, "../one", "release:one"), again)
}

// TestCheckRejectsReleaseTwoUnannounced takes the announcement out of release
// one: what release two does is the same, and loses data.
func TestCheckRejectsReleaseTwoUnannounced(t *testing.T) {
	before := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(before, "specs"), 0o755))
	specs, err := filepath.Glob("one/specs/*.cue")
	require.NoError(t, err)
	require.Len(t, specs, 2)
	for _, path := range specs {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(before, "specs", filepath.Base(path)), unannounced(t, text), 0o644))
	}
	output, code := esogen(t, "-C", "two", "check", "--against", before)
	assert.Equal(t, 1, code, "%s", output)
	assert.Contains(t, output, "check: not safe beside")
	for _, lost := range []string{
		`"description"`, // one reads and writes the old name
		`"timeout"`,     // one needs the old form
		`"enabled"`,     // one cannot open what is bound to it
	} {
		assert.Contains(t, output, lost)
	}
}

// unannounced takes model 2 out of a spec, which ends with it.
func unannounced(t *testing.T, spec []byte) []byte {
	t.Helper()
	model2 := regexp.MustCompile(`(?s)\n(\n\t//[^\n]*)+\n\tmodels: "2": .*`)
	write := regexp.MustCompile(`(?m)^\twrite: .*\n`)
	require.True(t, model2.Match(spec))
	require.True(t, write.Match(spec))
	return append(write.ReplaceAll(model2.ReplaceAll(spec, nil), nil), "\n}\n"...)
}
