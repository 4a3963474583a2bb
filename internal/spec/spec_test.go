package spec

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/esogen/esogen/internal/projecttest"
)

var update = flag.Bool("update", false, "write what the tests found into testdata")

// TestSpecs reads every archive in testdata: specs, and what they must give.
// The file "diagnostics" has a line for each problem; the file "definitions"
// has the types without errors. `go test ./internal/spec -update` writes both.
func TestSpecs(t *testing.T) {
	projecttest.Each(t, "testdata/*.txtar", func(t *testing.T, c *projecttest.Case) {
		files, expected := split(c.Archive)
		found := loadFiles(t, files, Options{Root: "."})
		if *update {
			c.Set("diagnostics", found["diagnostics"])
			c.Set("definitions", found["definitions"])
			c.Save(t)
			return
		}
		assert.Equal(t, expected["diagnostics"], found["diagnostics"], "diagnostics")
		assert.Equal(t, expected["definitions"], found["definitions"], "definitions")
	})
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

// TestDirectory reads specs from a directory of the operating system, with and
// without a module above it.
func TestDirectory(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	files := map[string]string{
		"product/specs/a.cue": "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\na: eso.#Type & {retired: true, wirte: 1}\n",
		"product/empty/a.txt": "",
		"product/file":        "",
		"module/svc/specs/a.cue": "package specs\n\nimport (\n\t\"github.com/esogen/esogen/eso\"\n\t\"example.com/mono/shared\"\n)\n\na: eso.#Type & shared.#Base & {name: _above}\n\n" +
			"b: shared.base & {models: \"1\": {attributes: when: shared.#When, encrypted: [], aad: []}}\n",
		"module/shared/b.cue": "package shared\n\nimport \"github.com/esogen/esogen/eso\"\n\n#Base: {retired: true, ...}\n\n#When: eso.#Timestamp\n\n" +
			"base: eso.#Type & {namespaces: \"single\", format: \"kibana\"}\n",
		"module/specs.cue":          "package specs\n\n_above: \"above\"\n",
		"module/cue.mod/module.cue": "module: \"example.com/mono\"\nlanguage: version: \"v0.9.0\"\n",
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	product := filepath.Join(root, "product")

	specs, err := Load(t.Context(), Options{Root: product})
	require.NoError(t, err)
	require.Len(t, specs.Diagnostics, 1)
	assert.Equal(t, Position{"specs/a.cue", 5, 32}, specs.Diagnostics[0].Position)

	specs, err = Load(t.Context(), Options{Root: product, Dir: filepath.Join(product, "specs")})
	require.NoError(t, err)
	assert.Equal(t, Position{"specs/a.cue", 5, 32}, specs.Diagnostics[0].Position)

	require.NoError(t, os.MkdirAll(filepath.Join(product, "bare"), 0o755))
	for dir, expected := range map[string]string{
		"bare":    `there are no specs in "bare": no file ends in .cue`,
		"nowhere": `there is no directory "nowhere" with specs`,
		"empty":   `there are no specs in "empty": no file ends in .cue`,
		"file":    `"file" is not a directory with specs`,
	} {
		_, err := Load(t.Context(), Options{Root: product, Dir: dir})
		require.EqualError(t, err, expected)
		_, err = Load(t.Context(), Options{Root: ".", Dir: dir, FS: os.DirFS(product)})
		require.EqualError(t, err, expected)
	}

	for name, o := range map[string]Options{
		"directory": {Root: filepath.Join(root, "module", "svc")},
		"fs.FS":     {Root: "module/svc", FS: os.DirFS(root)},
	} {
		specs, err := Load(t.Context(), o)
		require.NoError(t, err)
		assert.Empty(t, results(specs)["diagnostics"], name)
		assert.Equal(t, "type \"above\" label \"a\" write 0 oldest 1 retired\ntype \"b\" write 1 oldest 1\n\tmodel 1 single kibana\n\t\t\"when\" timestamp\n\t\tencrypted []\n\t\taad []\n", results(specs)["definitions"], name)
		assert.Equal(t, "specs/a.cue:8:1", specs.Position(specs.Types[0], []string{"nothing"}).String(), name)
	}
}

// TestPosition asks for the places of paths, of those that are there and of
// those that have only the nearest prefix.
func TestPosition(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/steps.txtar")
	require.NoError(t, err)
	files, _ := split(archive)
	specs, err := Load(t.Context(), Options{Root: ".", FS: files})
	require.NoError(t, err)
	require.Len(t, specs.Types, 1)
	for path, expected := range map[string]string{
		"":                                 "specs/again.cue:4:1",
		"name":                             "specs/steps.cue:7:15",
		"write":                            "specs/steps.cue:10:15",
		"nowhere":                          "specs/again.cue:4:1",
		"exposes/0":                        "specs/steps.cue:14:12",
		"exceptions/1/reason":              "specs/steps.cue:17:66",
		"exceptions/1/rule":                "specs/steps.cue:17:10",
		"models/1":                         "specs/steps.cue:21:10",
		"models/1/attributes/ssl.key":      "specs/steps.cue:27:4",
		"models/2/attributes/limits/burst": "specs/steps.cue:42:23",
		"models/2/attributes/limits/other": "specs/steps.cue:42:4",
		"models/2/renamed/timeout":         "specs/steps.cue:47:4",
		"models/2/renamed/timeout/from":    "specs/steps.cue:47:20",
		"models/2/backfill/limits":         "specs/steps.cue:51:4",
		"models/2/encrypted":               "specs/steps.cue:37:10",
		"models/3/encrypted/2":             "specs/again.cue:4:53",
		"models/3/attributes/scheme":       "specs/steps.cue:60:15",
		"models/9/attributes/x":            "specs/again.cue:4:8",
	} {
		var steps []string
		if path != "" {
			steps = strings.Split(path, "/")
		}
		assert.Equal(t, expected, specs.Position(specs.Types[0], steps).String(), path)
	}
}
