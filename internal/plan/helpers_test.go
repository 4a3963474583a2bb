package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/projecttest"
	"github.com/esogen/esogen/internal/spec"
)

// load reads the specs in a folder of a case.
func load(t testing.TB, c *projecttest.Case, name string) ([]*definition.Type, map[string][]byte) {
	t.Helper()
	files := map[string][]byte{}
	for path, f := range c.Project(name) {
		files[strings.TrimPrefix(path, "specs/")] = f.Data
	}
	if len(files) == 0 {
		return nil, files
	}
	return loadFiles(t, files), files
}

func loadFiles(t testing.TB, files map[string][]byte) []*definition.Type {
	t.Helper()
	return loadDir(t, writeSpecs(t, files))
}

// writeSpecs makes a project of specs, and returns its directory.
func writeSpecs(t testing.TB, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "specs"), 0o777))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(root, "specs", name), text, 0o666))
	}
	return root
}

func loadDir(t testing.TB, root string) []*definition.Type {
	t.Helper()
	specs, err := spec.Load(t.Context(), spec.Options{Root: root})
	require.NoError(t, err)
	for _, d := range specs.Diagnostics {
		require.NotEqual(t, definition.Error, d.Severity, d.String())
	}
	return specs.Types
}

// summary writes a plan in short: a line per type, with a word per release.
func summary(p *Plan) string {
	var b strings.Builder
	for _, way := range p.Types {
		fmt.Fprintf(&b, "%s:", way.Name)
		for i := range way.Stages {
			s := way.Stages[i].Type
			fmt.Fprintf(&b, " knows %d writes %d", len(s.Models), s.Write)
			if s.Oldest > 1 {
				fmt.Fprintf(&b, " oldest %d", s.Oldest)
			}
			if i+1 < len(way.Stages) {
				b.WriteString(",")
			}
		}
		for _, o := range way.Blocked {
			fmt.Fprintf(&b, " blocked: %s", o.Message)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// contextOf returns the context of a test, whichever kind it is.
func contextOf(t require.TestingT) context.Context {
	if c, ok := t.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}
