package emit_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/emit"
)

var update = flag.Bool("update", false, "write the expected files anew")

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

func generate(t testing.TB, typ *definition.Type) map[string][]byte {
	t.Helper()
	files, err := emit.Package(typ, emit.Options{GoldenDir: "../../golden", Fingerprint: "0123456789abcdef"})
	require.NoError(t, err)
	return files
}

// TestPackages compares the code of a few types with what a person has read:
// testdata has a folder for each, which -update writes.
func TestPackages(t *testing.T) {
	for folder, typ := range map[string]*definition.Type{
		"stage1": connectorToken(1),
		"stage2": connectorToken(2),
		"alert":  alert(),
		"odd":    hostileValues(),
	} {
		t.Run(folder, func(t *testing.T) {
			dir := filepath.Join("testdata", folder)
			files := generate(t, typ)
			if *update {
				require.NoError(t, os.RemoveAll(dir))
				require.NoError(t, os.MkdirAll(dir, 0o777))
				for name, source := range files {
					require.NoError(t, os.WriteFile(filepath.Join(dir, name), source, 0o666))
				}
			}
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			for _, entry := range entries {
				assert.Contains(t, files, entry.Name(), "a file that is not emitted any more")
			}
			for name, source := range files {
				want, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				assert.Equal(t, string(want), string(source), name)
			}
		})
	}
}

func TestHeaderIsTheFirstLine(t *testing.T) {
	for _, typ := range []*definition.Type{alert(), hostileNames(), hostileValues()} {
		for name, source := range generate(t, typ) {
			assert.True(t, strings.HasPrefix(string(source), emit.Header+"\n"), name)
		}
	}
}

func TestSameInputSameOutput(t *testing.T) {
	for _, make := range []func() *definition.Type{alert, hostileNames, hostileValues, everyShape, widened} {
		assert.Equal(t, generate(t, make()), generate(t, make()))
	}
}

func TestRetiredTypeHasNoCode(t *testing.T) {
	retired := connectorToken(1)
	retired.Retired = true
	assert.Empty(t, generate(t, retired))
	assert.Empty(t, generate(t, &definition.Type{Name: "gone", Retired: true}))
}

func TestConvertIsAskedForOnlyWhereItIsCalled(t *testing.T) {
	assert.Contains(t, generate(t, alert()), "migrate.go")
	source := string(generate(t, oldestAlert())["migrate.go"])
	assert.NotContains(t, source, "convertSchedule2", "no document of model 1 is read")
	assert.Contains(t, source, "= computeScope2", "documents of model 2 have it, and what it is computed from")
	assert.Contains(t, source, "type Schedule2 struct", "one convert.go may serve an earlier release too")
	assert.Contains(t, source, "= computeDigest3", "a release that announces a model keeps its computed attributes in step")

	announced := alert()
	announced.Write, announced.Models = 1, announced.Models[:2]
	source = string(generate(t, announced)["migrate.go"])
	assert.Contains(t, source, "= convertSchedule2", "a release reads what the next one writes")
	assert.Contains(t, source, "= revertSchedule2")
	assert.Contains(t, source, "= computeScope2", "a release that announces a model keeps its computed attributes in step")
}

func TestEmissionLeavesTheDefinitionAlone(t *testing.T) {
	typ := widened()
	generate(t, typ)
	assert.Equal(t, widened(), typ)
}

// TestNoDirectives looks for comments that the go command, or a compiler, takes
// for more than comments.
func TestNoDirectives(t *testing.T) {
	for name, source := range generate(t, hostileNames()) {
		for line := range strings.Lines(string(source)) {
			line = strings.TrimSpace(line)
			assert.NotRegexp(t, `^//(go:|line |export |nolint|lint:|\s*\+build)`, line, name)
			assert.NotContains(t, line, "/*line", name)
			assert.NotContains(t, line, "\u202e", name)
		}
		assert.NotContains(t, string(source), "\nfunc init()", name)
		assert.NotContains(t, string(source), "\r", name)
	}
}

// TestTypesAreSound keeps the types of the tests to what the emitter is given:
// those in which Check finds no error.
func TestTypesAreSound(t *testing.T) {
	for _, typ := range []*definition.Type{connectorToken(1), connectorToken(2), alert(), oldestAlert(), everyShape(), empty("empty"), fifteen(1)} {
		for _, p := range definition.Check(typ) {
			assert.NotEqual(t, definition.Error, p.Severity, "%s: %s", typ.Name, p.Message)
		}
	}
	for _, typ := range []*definition.Type{widened(), hostileNames(), hostileValues()} { // which go further than Check allows
		for _, p := range definition.Check(typ) {
			if p.Severity == definition.Error {
				t.Log(typ.Name, p.Message)
			}
		}
	}
}
