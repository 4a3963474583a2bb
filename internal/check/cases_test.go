package check

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/projecttest"
	"github.com/esogen/esogen/internal/spec"
)

// TestCases judges the cases of testdata. The folders of a case are projects:
// previous/ is the release that runs, or v1/, v2/ and so on are the releases,
// oldest first; main/ is the merge base; current/ is judged. The file roles says
// which releases are live, where that is not the last alone. What is to come out
// stands in the file findings.
func TestCases(t *testing.T) {
	projecttest.Each(t, "testdata/*.txtar", func(t *testing.T, c *projecttest.Case) {
		result, err := Run(t.Context(), project(t, c))
		require.NoError(t, err)
		got := outcome(result)
		if *update {
			c.Set("findings", got)
			c.Save(t)
		}
		require.NotNil(t, c.Section("findings"), "the case has no findings")
		assert.Equal(t, string(c.Section("findings")), got)
	})
}

// project is the one that a case describes. The day is the first of November
// 2026.
func project(t *testing.T, c *projecttest.Case) Project {
	t.Helper()
	folders := map[string]fstest.MapFS{}
	for _, folder := range c.Folders() {
		folders[folder] = c.Project(folder)
	}
	read := func(folder string) *spec.Specs {
		specs, err := spec.Load(t.Context(), spec.Options{Root: ".", FS: folders[folder]})
		require.NoError(t, err)
		return specs
	}
	goldenOf := func(folder string) fs.FS {
		sub, err := fs.Sub(folders[folder], "golden")
		require.NoError(t, err)
		return sub
	}
	p := Project{Specs: read("current"), Golden: goldenOf("current"), Today: time.Date(2026, time.November, 1, 23, 0, 0, 0, time.UTC)}
	for _, folder := range []string{"previous", "v1", "v2", "v3"} {
		if folders[folder] == nil {
			continue
		}
		name := strings.Replace(folder, "previous", "v1", 1)
		specs := read(folder)
		require.False(t, specs.HasErrors(), "%v", specs.Diagnostics)
		p.Releases = append(p.Releases, baseline.Release{Name: name, Types: specs.Types})
		p.Ledger = append(p.Ledger, name)
	}
	for line := range strings.Lines(string(c.Section("roles"))) {
		fields := strings.Fields(line)
		i := slices.IndexFunc(p.Releases, func(r baseline.Release) bool { return r.Name == fields[0] })
		require.GreaterOrEqual(t, i, 0, "%s", line)
		p.Releases[i].Role = baseline.Role(fields[1])
	}
	if folders["main"] != nil {
		p.MergeBase = &baseline.Release{Name: "main", Types: read("main").Types}
		p.MergeBaseGolden = goldenOf("main")
	}
	return p
}

// outcome writes a result for a case: what a reader of the case compares, and
// of a trace only how long it is.
func outcome(r Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "safe: %t\n", r.Safe)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%d:%d: %s %s", f.File, f.Line, f.Column, f.Severity, f.Rule)
		if f.Type != "" {
			fmt.Fprintf(&b, " of %s", f.Type)
		}
		if f.Attribute != "" {
			fmt.Fprintf(&b, ".%s", f.Attribute)
		}
		if f.Model != 0 {
			fmt.Fprintf(&b, " in model %d", f.Model)
		}
		if f.Baseline != "" {
			fmt.Fprintf(&b, " against %s", f.Baseline)
		}
		fmt.Fprintf(&b, "\n\t%s\n\t%s\n", f.Message, f.Hint)
		if len(f.Trace) > 0 {
			fmt.Fprintf(&b, "\ttrace of %d lines\n", len(f.Trace))
		}
	}
	for _, e := range r.Exceptions {
		fmt.Fprintf(&b, "in force at %s: %s of %s, accepted %d\n", e.Position, e.Rule, e.Type, e.Accepted)
	}
	return b.String()
}
