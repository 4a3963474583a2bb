package spec

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/load"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/projecttest"
)

// withModule adds what `esogen init` sets up.
func withModule(files fstest.MapFS) fstest.MapFS {
	all := maps.Clone(files)
	for name, text := range schema.ModuleFiles("example.com/product@v0") {
		all[name] = &fstest.MapFile{Data: text}
	}
	return all
}

// vet does what `cue vet -c=false ./specs` does.
func vet(t *testing.T, files fstest.MapFS) error {
	t.Helper()
	o, err := newOverlay(files, "specs")
	require.NoError(t, err)
	instances := load.Instances([]string{"./specs"}, &load.Config{Overlay: o.files, Dir: o.at})
	require.Len(t, instances, 1)
	if err := instances[0].Err; err != nil {
		return err
	}
	return cuecontext.New().BuildInstance(instances[0]).Validate(cue.Concrete(false))
}

// TestModule reads the archives of testdata as projects whose cue.mod provides
// the eso package. That must change nothing, whether it is the embedded one or
// another one that says the same.
func TestModule(t *testing.T) {
	projecttest.Each(t, "testdata/*.txtar", func(t *testing.T, c *projecttest.Case) {
		if filepath.Base(c.File) == "imports.txtar" {
			return // what can be imported does change
		}
		files, expected := split(c.Archive)
		files = withModule(files)
		assert.Equal(t, expected, loadFiles(t, files, Options{Root: "."}))

		// A definition more, and it is not the embedded one any more: then its
		// own rules count too. They may find more, but not less.
		types := schema.ModulePackage + "/types.cue"
		files[types] = &fstest.MapFile{Data: append(slices.Clone(files[types].Data), "\n#Mine: string\n"...)}
		found := loadFiles(t, files, Options{Root: "."})
		assert.Equal(t, expected["definitions"], found["definitions"])
		for line := range strings.Lines(expected["diagnostics"]) {
			assert.Contains(t, found["diagnostics"], line)
		}
		if expected["diagnostics"] == "" {
			assert.Empty(t, found["diagnostics"])
		}
	})
}

// TestVet checks that CUE itself, and so an editor, finds good specs good and
// typing errors wrong.
func TestVet(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"design", "values", "steps", "helpers"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		require.NoError(t, err)
		files, _ := split(archive)
		err = vet(t, withModule(files))
		assert.NoError(t, err, "%s: %s", name, errors.Details(err, nil))
	}
	const head = "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\na: eso.#Type & "
	for spec, expected := range map[string]string{
		`{namespaces: "agnstic"}`:                               "agnstic",
		`{namespaces: "single", formt: "kibana"}`:               "formt: field not allowed",
		`{models: "1": encrpyted: ["a"]}`:                       "encrpyted: field not allowed",
		`{models: first: {}}`:                                   "first: field not allowed",
		`{models: "1": aad: [1]}`:                               "conflicting values 1 and string",
		`{models: "1": attributes: a: eso.#Timestamp & 5}`:      "conflicting values",
		`{exceptions: [{rule: "a/b", reason: ""}]}`:             "reason",
		`{models: "1": renamed: a: {from: "b", covnert: true}}`: "a",
		`{write: 0}`:    "write",
		`{name: "a b"}`: "name",
		`{models: "1": attributes: a: eso.#UUID & "4f0c"}`:         "4f0c",
		`{models: "1": attributes: a: eso.#Bytes & "not base 64"}`: "not base 64",
		`{models: "1": attributes: a: eso.#Duration & "1 hour"}`:   "1 hour",
		`{models: "1": attributes: a: eso.#Timestamp & "today"}`:   "today",
	} {
		err := vet(t, withModule(fstest.MapFS{"specs/a.cue": {Data: []byte(head + spec + "\n")}}))
		require.Error(t, err, spec)
		assert.Contains(t, errors.Details(err, nil), expected, spec)
	}
	for _, spec := range []string{
		`{models: "1": attributes: a: eso.#UUID & "4f0c9a3e-2d1b-4c58-9e0f-6b7a8c9d0e1f"}`,
		`{models: "1": attributes: a: eso.#Duration & "-1h30.5m"}`,
		`{models: "1": attributes: a: eso.#Bytes & "AAE="}`,
		`{models: "1": attributes: a: eso.#Timestamp & "2027-03-01T12:00:00.000Z"}`,
		`{models: "1": attributes: a: eso.#JSON & null}`,
	} {
		assert.NoError(t, vet(t, withModule(fstest.MapFS{"specs/a.cue": {Data: []byte(head + spec + "\n")}})), spec)
	}
}

// TestTheirs reads a project whose own eso package is stricter than ours and
// has a type more.
func TestTheirs(t *testing.T) {
	t.Parallel()
	files := withModule(fstest.MapFS{"specs/a.cue": {Data: []byte(`package specs

import "github.com/esogen/esogen/eso"

a: eso.#Type & {
	namespaces: "single"
	format:     "kibana"
	models: "1": {attributes: a: eso.#Mine, encrypted: [], aad: []}
}

b: eso.#Type & {
	namespaces: "multiple"
	format:     "kibana"
	models: "1": {attributes: a: eso.#Mine, encrypted: [], aad: ["z"]}
}
`)}})
	schema := files[schema.ModulePackage+"/schema.cue"]
	schema.Data = []byte(strings.Replace(string(schema.Data), `namespaces?: #Namespaces`, `namespaces?: "single"`, 1) + "\n#Mine: =~\"^m\"\n")
	found := loadFiles(t, files, Options{Root: "."})
	assert.Equal(t, `error specs/a.cue:12:14: [definition/contradiction] "namespaces": conflicting values "single" and "multiple" (see specs/a.cue:11:4); keep the one that is meant
error specs/a.cue:14:63: [definition/unknown-name] "aad" lists "z", which is not declared; write "a", if that is meant
`, found["diagnostics"])
	assert.Equal(t, `type "a" write 1 oldest 1
	model 1 single kibana
		"a" string =~"^m"
		encrypted []
		aad []
`, found["definitions"])
}

// TestBrokenModules says what is wrong with a cue.mod, without paths of this
// machine.
func TestBrokenModules(t *testing.T) {
	t.Parallel()
	const spec = "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\na: eso.#Type & {retired: true}\n"
	files := withModule(fstest.MapFS{"specs/a.cue": {Data: []byte(spec)}})
	files[schema.ModulePackage+"/types.cue"] = &fstest.MapFile{Data: []byte("package eso\n\n#A: {\n")}
	assert.Equal(t, "error specs/a.cue:3:8: [definition/import] \"github.com/esogen/esogen/eso\" cannot be imported: expected '}', found 'EOF'\n",
		loadFiles(t, files, Options{Root: "."})["diagnostics"])

	files = fstest.MapFS{"specs/a.cue": {Data: []byte(spec)}, "cue.mod/module.cue": {Data: []byte("module: \"a.b\"\n")}}
	_, err := Load(t.Context(), Options{Root: ".", FS: files})
	require.Error(t, err)
	assert.Contains(t, err.Error(), `read specs in "specs": no language version declared`)
}

// TestSchemaKeys watches that the schema, which editors use, and the reader
// know the same keys.
func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	schema := cuecontext.New().BuildInstance(embedded())
	require.NoError(t, schema.Validate())
	for definition, known := range map[string][]string{
		"#Type": typeKeys, "#Model": modelKeys, "#Rename": renameKeys, "#Exception": exceptionKeys,
	} {
		fields, err := schema.LookupPath(cue.ParsePath(definition)).Fields(cue.Optional(true))
		require.NoError(t, err)
		var keys []string
		for fields.Next() {
			keys = append(keys, fields.Selector().Unquoted())
			assert.NotEmpty(t, fields.Value().Doc(), "%s.%s has a comment", definition, fields.Selector())
		}
		assert.ElementsMatch(t, known, keys, definition)
	}
	for name := range esoKinds {
		assert.True(t, schema.LookupPath(cue.ParsePath(name)).Exists(), name)
	}
	for _, kind := range definition.Kinds() {
		if kind.Form != nil {
			assert.Contains(t, slices.Collect(maps.Values(esoPatterns())), kind.Kind, "its pattern tells it from a string")
		}
	}
}

// TestSchemaTypes holds that each type of the schema is a kind, which takes the
// values of that kind.
func TestSchemaTypes(t *testing.T) {
	types := 0
	for _, line := range strings.Split(string(schema.Files()["types.cue"]), "\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(name, "#") {
			types++
			assert.Contains(t, esoKinds, name, "a row in the table of kinds says what it is")
		}
	}
	assert.Len(t, esoKinds, types)

	context := cuecontext.New()
	built := context.BuildInstance(embedded())
	for name, kind := range esoKinds {
		for _, text := range kind.Info().Valid {
			if kind.Info().Form == nil {
				continue // to CUE, 1e18 is not an integer
			}
			require.NoError(t, built.LookupPath(cue.ParsePath(name)).Unify(context.CompileString(text)).Err(), "%s takes %s", name, text)
		}
	}
}
