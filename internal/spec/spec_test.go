package spec

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the tests found into testdata")

// TestSpecs reads every archive in testdata: specs, and what they must give.
// The file "diagnostics" has a line for each problem; the file "definitions"
// has the types without errors. `go test ./internal/spec -update` writes both.
func TestSpecs(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			require.NoError(t, err)
			files, expected := split(archive)
			found := loadFiles(t, files, Options{Root: "."})
			if *update {
				write(t, name, archive, found)
				return
			}
			assert.Equal(t, expected["diagnostics"], found["diagnostics"], "diagnostics")
			assert.Equal(t, expected["definitions"], found["definitions"], "definitions")
		})
	}
}

// split parts the specs of an archive from what they must give.
func split(archive *txtar.Archive) (files fstest.MapFS, expected map[string]string) {
	files, expected = fstest.MapFS{}, map[string]string{}
	for _, f := range archive.Files {
		if f.Name == "diagnostics" || f.Name == "definitions" {
			expected[f.Name] = string(f.Data)
		} else {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return files, expected
}

func loadFiles(t *testing.T, files fs.FS, o Options) map[string]string {
	t.Helper()
	o.FS = files
	specs, err := Load(t.Context(), o)
	require.NoError(t, err)
	return results(specs)
}

func results(specs *Specs) map[string]string {
	found := map[string]string{}
	for _, d := range specs.Diagnostics {
		found["diagnostics"] += string(d.Severity) + " " + d.String() + "\n"
	}
	for _, typ := range specs.Types {
		found["definitions"] += dump(typ)
	}
	return found
}

func write(t *testing.T, name string, archive *txtar.Archive, found map[string]string) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "diagnostics" && f.Name != "definitions" {
			kept = append(kept, f)
		}
	}
	archive.Files = kept
	for _, part := range []string{"diagnostics", "definitions"} {
		if found[part] != "" {
			archive.Files = append(archive.Files, txtar.File{Name: part, Data: []byte(found[part])})
		}
	}
	require.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o644))
}
