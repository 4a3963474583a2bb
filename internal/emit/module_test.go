package emit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/emit"
	"github.com/esogen/esogen/internal/golden"
)

// packages are the types that the tests compile, by folder.
func packages() map[string]*definition.Type {
	return map[string]*definition.Type{
		"generated/stage1/connectortoken": connectorToken(1),
		"generated/stage2/connectortoken": connectorToken(2),
		"generated/alert":                 alert(),
		"generated/oldest/alert":          behindFlag(oldestAlert()),
		"generated/hostilenames":          hostileNames(),
		"generated/hostilevalues":         hostileValues(),
		"generated/everyshape":            everyShape(),
		"generated/widened":               widened(),
		"generated/empty":                 empty("empty"),
		"generated/time":                  empty("time"),
		"generated/esoobject":             empty("eso"),
		"generated/patch":                 patchable("patch"),
		"generated/ref":                   patchable("ref"),
		"generated/model1":                patchable("model1"),
		"generated/native/connectortoken": native(connectorToken(2), 1),
		"generated/native/everyshape":     native(everyShape(), 1),
		"generated/native/patch":          native(patchable("patch"), 1),
		"generated/moved/connectortoken":  native(connectorToken(2), 2),
	}
}

// behindFlag puts a type behind a flag of the product.
func behindFlag(t *definition.Type) *definition.Type {
	t.Flag = "alerting"
	return t
}

// patchable has one attribute that a patch may hold.
func patchable(name string) *definition.Type {
	return typeOf(name, 1, definition.Model{
		Declared: []definition.Attribute{attribute(name, enum(`"x"`))}, Encrypted: []string{}, AAD: []string{},
	})
}

// product writes a module as a product has it: generated packages beside
// handwritten files, which are those of testdata/module.
func product(t *testing.T, types map[string]*definition.Type) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/module")))
	goMod(t, dir)
	beside := map[string][]*definition.Type{} // by golden folder
	for folder, typ := range types {
		fingerprint, err := golden.Fingerprint(typ)
		require.NoError(t, err)
		files, err := emit.Package(typ, emit.Options{GoldenDir: "../golden", Fingerprint: fingerprint})
		require.NoError(t, err)
		for name, source := range files {
			write(t, dir, filepath.Join(folder, name), source)
		}
		folder = filepath.Join(filepath.Dir(folder), "golden")
		beside[folder] = append(beside[folder], typ)
	}
	for folder, types := range beside {
		goldenFiles(t, filepath.Join(dir, folder), types...)
	}
	return dir
}

func goMod(t *testing.T, dir string) {
	t.Helper()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	write(t, dir, "go.mod", fmt.Appendf(nil, "module example.com/product\n\ngo 1.26.0\n\nrequire github.com/esogen/esogen v0.0.0\n\nreplace github.com/esogen/esogen => %s\n", repository))
	sums, err := os.ReadFile(filepath.Join(repository, "go.sum"))
	require.NoError(t, err)
	write(t, dir, "go.sum", sums)
}

// goldenFiles writes the golden files of types.
func goldenFiles(t *testing.T, dir string, types ...*definition.Type) {
	t.Helper()
	for _, typ := range types {
		marshalled, err := golden.Marshal(typ)
		require.NoError(t, err)
		write(t, dir, golden.DefinitionPath(typ), marshalled)
		write(t, dir, golden.FixturesPath(typ), golden.FixturesFile(typ))
		sealed, err := golden.ReadSealed(t.Context(), typ, nil)
		require.NoError(t, err)
		file, err := sealed.Renew(t.Context(), golden.Held{})
		require.NoError(t, err)
		write(t, dir, golden.SealedPath(typ), file)
	}
	file, err := golden.Hashes(types)
	require.NoError(t, err)
	write(t, dir, golden.HashesPath, file)
	write(t, dir, golden.KeysPath, golden.Keys())
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, data, 0o666))
}

// run runs the go command in the module of a product.
func run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestGeneratedCodeCompilesAndRuns compiles the code of odd types, vets it, and
// runs the tests of testdata/module with it.
func TestGeneratedCodeCompilesAndRuns(t *testing.T) {
	dir := product(t, packages())
	out, err := run(t, dir, "vet", "./...")
	require.NoError(t, err, out)
	for _, args := range [][]string{
		{"./behaviour", "./generated/alert", "./generated/hostilenames", "./generated/hostilevalues", "./generated/oldest/...", "./generated/stage2/...", "./generated/widened", "./generated/native/...", "./generated/moved/..."},
		{"-skip=TestTampering", "./generated/everyshape"}, // which has eighty secrets
	} {
		out, err = run(t, dir, append([]string{"test"}, args...)...)
		require.NoError(t, err, out)
	}
}

// TestWrongProgramsDoNotCompile has programs that the types of the generated
// code refuse, and what the compiler says of them.
func TestWrongProgramsDoNotCompile(t *testing.T) {
	wrong := map[string]struct{ body, want string }{
		"patch of a bound attribute":        {`_ = alert.Patch{Owner: nil}`, "unknown field Owner in struct literal of type alert.Patch"},
		"patch of an encrypted attribute":   {`_ = alert.Patch{APIKey: nil}`, "unknown field APIKey in struct literal of type alert.Patch"},
		"patch of what is bound next":       {`_ = alert.Patch{Tags: eso.Set([]string{})}`, "unknown field Tags in struct literal of type alert.Patch"},
		"patch of what is dropped next":     {`_ = alert.Patch{Labels: nil}`, "unknown field Labels in struct literal of type alert.Patch"},
		"unsetting what is required":        {`_ = alert.Patch{Name: eso.Unset[string]()}`, "as *string value in struct literal"},
		"no plain attribute, no patch":      {`_ = connectortoken.Patch{}`, "undefined: connectortoken.Patch"},
		"secret without Reveal":             {`var _ string = connectortoken.ConnectorToken{}.Token`, "as string value in variable declaration"},
		"secret converted":                  {`_ = string(connectortoken.ConnectorToken{}.Token)`, "cannot convert"},
		"secret from a plain value":         {`_ = connectortoken.ConnectorToken{Token: "s"}`, `cannot use "s"`},
		"secret without its error":          {`var _ string = eso.NewSecret("s").Reveal()`, "in single-value context"},
		"filling what is only announced":    {`_ = connectortoken.ConnectorToken{RefreshToken: nil}`, "unknown field RefreshToken"},
		"migrating to an announced model":   {`_ = connectortoken.Migrate1To2`, "undefined: connectortoken.Migrate1To2"},
		"the document of another operation": {`_ = func(d eso.Document) { _ = connectortoken.Seal(nil, nil, d, nil) }`, "as eso.Ref value"},
	}
	types := map[string]*definition.Type{"generated/connectortoken": connectorToken(1), "generated/alert": alert(), "generated/missing/alert": alert()}
	dir := product(t, types)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "behaviour")))

	places := map[string]string{} // of the programs
	for i, name := range sorted(wrong) {
		places[name] = fmt.Sprintf("wrong/p%d", i)
		write(t, dir, places[name]+"/wrong.go", fmt.Appendf(nil, "package wrong\n\nimport (\n\teso %q\n\n\t%q\n\t%q\n)\n\n"+
			"func _() {\n\tvar _ eso.Ref\n\tvar _ alert.Alert\n\tvar _ connectortoken.ConnectorToken\n\t%s\n}\n",
			emit.RuntimeImport, "example.com/product/generated/alert", "example.com/product/generated/connectortoken", wrong[name].body))
	}
	out, err := run(t, dir, "build", "./...")
	require.Error(t, err)
	for name, program := range wrong {
		assert.Regexp(t, places[name]+`/wrong\.go:\d+:\d+: .*`+regexp.QuoteMeta(program.want), out, name)
	}

	// Without convert.go, the compiler names the functions, first on the lines
	// that show their signatures.
	_, missing, _ := strings.Cut(out, "# example.com/product/generated/missing/alert\n")
	source, err := os.ReadFile(filepath.Join(dir, "generated/missing/alert/migrate.go"))
	require.NoError(t, err)
	for i, function := range []string{"convertSchedule2", "revertSchedule2", "computeScope2"} {
		var number, column int
		_, err := fmt.Sscanf(strings.Split(missing, "\n")[i], "generated/missing/alert/migrate.go:%d:%d: undefined: "+function, &number, &column)
		require.NoError(t, err, missing)
		assert.Regexp(t, `_ func\(.+\) .+ = `+function, strings.Split(string(source), "\n")[number-1])
	}
}

// TestGeneratedTestsFail has changes that nobody has reviewed, and what the
// generated tests say of them.
func TestGeneratedTestsFail(t *testing.T) {
	unbound := connectorToken(1)
	unbound.Models[0].AAD = unbound.Models[0].AAD[:4] // without updatedAt
	cases := []struct {
		folder string
		code   *definition.Type
		golden *definition.Type
		edit   func(file string) string // of the sealed golden documents
		want   []string
	}{
		{"unbound", unbound, connectorToken(1), nil, []string{
			"the generated code and .*connector_token.json are not of the same definition",
			`a golden document does not open: eso: open "connector_token"`,
			"the untouched document does not open",
		}},
		{"stage", connectorToken(2), connectorToken(1), nil, []string{"the models have changed"}},
		{"edited", connectorToken(1), connectorToken(1), func(file string) string {
			return strings.Replace(file, `"tokenType":"`, `"tokenType":"x`, 1)
		}, []string{"a golden document does not open"}},
		{"plain", connectorToken(1), connectorToken(1), func(file string) string {
			before, plain, _ := strings.Cut(file, `"plain"`)
			return before + `"plain"` + strings.Replace(plain, `"tokenType":"`, `"tokenType":"x`, 1)
		}, []string{`the opened document differs from what was sealed: \["tokenType"\]`}},
		{"missing", connectorToken(1), nil, nil, []string{`connector_token.json does not exist: run "esogen golden"`}},
	}
	dir := t.TempDir()
	goMod(t, dir)
	for _, c := range cases {
		fingerprint, err := golden.Fingerprint(c.code)
		require.NoError(t, err)
		files, err := emit.Package(c.code, emit.Options{GoldenDir: "golden", Fingerprint: fingerprint})
		require.NoError(t, err)
		for name, source := range files {
			write(t, dir, filepath.Join(c.folder, name), source)
		}
		if c.golden == nil {
			continue
		}
		at := filepath.Join(dir, c.folder, "golden")
		goldenFiles(t, at, c.golden)
		if c.edit != nil {
			sealed, err := os.ReadFile(filepath.Join(at, golden.SealedPath(c.golden)))
			require.NoError(t, err)
			write(t, at, golden.SealedPath(c.golden), []byte(c.edit(string(sealed))))
		}
	}
	for _, c := range cases {
		out, err := run(t, dir, "test", "./"+c.folder)
		require.Error(t, err, c.folder)
		for _, want := range c.want {
			assert.Regexp(t, want, out, c.folder)
		}
	}
}
