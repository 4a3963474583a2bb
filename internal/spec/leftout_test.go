package spec

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBelow reads folders below the specs: those that the specs import, through
// another package too, are read; the rest is reported, and so is what CUE
// leaves out of an imported package of the project.
func TestBelow(t *testing.T) {
	t.Parallel()
	files := withModule(fstest.MapFS{
		"specs/a.cue":            {Data: []byte("package specs\n\nimport (\n\t\"github.com/esogen/esogen/eso\"\n\t\"example.com/product/specs/team\"\n)\n\na: eso.#Type & {retired: team.retired}\n")},
		"specs/team/b.cue":       {Data: []byte("package team\n\nimport \"example.com/product/specs/team/deep\"\n\nretired: deep.retired\n")},
		"specs/team/other.cue":   {Data: []byte("package other\n")},
		"specs/team/c_test.cue":  {Data: []byte("package team\n")},
		"specs/team/deep/d.cue":  {Data: []byte("package deep\n\nretired: true\n")},
		"specs/team/deep/if.cue": {Data: []byte("@if(production)\n\npackage deep\n")},
		"specs/lost/e.cue":       {Data: []byte("package lost\n")},
	})
	const expected = `error specs/lost/e.cue:1:1: [definition/left-out] CUE leaves the file out, because it is in a folder below the specs, and nothing imports it; move the file up to the other specs, or import its package
error specs/team/c_test.cue:1:1: [definition/left-out] CUE leaves the file out, because its name ends in _test.cue; call it c_tests.cue if it is a spec, or move it out of the specs
error specs/team/deep/if.cue:1:1: [definition/unsupported] the file has @if or @ignore, so CUE leaves it out; take the attribute out: a release declares all of its types, whatever the build
error specs/team/other.cue:1:1: [definition/left-out] CUE leaves the file out, because it is in a folder below the specs, and nothing imports it; move the file up to the other specs, or import its package
`
	assert.Equal(t, expected, loadFiles(t, files, Options{Root: "."})["diagnostics"])

	root := t.TempDir()
	for name, f := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, f.Data, 0o644))
	}
	specs, err := Load(t.Context(), Options{Root: root})
	require.NoError(t, err)
	assert.Equal(t, expected, results(specs)["diagnostics"])

	// With a file that cannot be parsed it is not known what is imported: only
	// names are reported.
	broken := fstest.MapFS{"specs/z.cue": {Data: []byte("package specs\n\nz: {\n")}}
	maps.Copy(broken, files)
	assert.Equal(t, `error specs/team/c_test.cue:1:1: [definition/left-out] CUE leaves the file out, because its name ends in _test.cue; call it c_tests.cue if it is a spec, or move it out of the specs
error specs/z.cue:3:4: [definition/syntax] the '{' is not closed; write the } where it ends
`, loadFiles(t, broken, Options{Root: "."})["diagnostics"])
}

// TestLinks follows links to files and folders, and not to nothing.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	specs := filepath.Join(root, "specs")
	for name, text := range map[string]string{
		"elsewhere/b.cue": "package specs\n",
		"specs/a.cue":     "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\na: eso.#Type & {retired: true}\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	for link, target := range map[string]string{
		"linked":     "../elsewhere",
		"round":      ".",
		"_b.cue":     "../elsewhere/b.cue",
		".#a.cue":    "someone@machine.1234", // an editor has a.cue open
		"also_b.cue": "../elsewhere/b.cue",
	} {
		if err := os.Symlink(filepath.FromSlash(target), filepath.Join(specs, link)); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	loaded, err := Load(t.Context(), Options{Root: root})
	require.NoError(t, err)
	var places []string
	for _, d := range loaded.Diagnostics {
		places = append(places, d.Position.String()+" "+d.Rule)
	}
	assert.Equal(t, []string{
		"specs/_b.cue:1:1 definition/left-out", "specs/linked/b.cue:1:1 definition/left-out",
		"specs/round/_b.cue:1:1 definition/left-out", "specs/round/a.cue:1:1 definition/left-out", "specs/round/also_b.cue:1:1 definition/left-out",
	}, places)
}
