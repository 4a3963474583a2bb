package soak_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/emit"
	"github.com/esogen/esogen/internal/rollout"
)

// The module of the generated code has a name below that of this one, so that
// it may import its internal packages.
const module = "github.com/esogen/esogen/soaked"

// newModule makes an empty module that runs with this repository's runtime.
func newModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	repository, err := filepath.Abs("../../..")
	require.NoError(t, err)
	write(t, dir, "go.mod", fmt.Appendf(nil, "module %s\n\ngo 1.26.0\n\nrequire github.com/esogen/esogen v0.0.0\n\nreplace github.com/esogen/esogen => %s\n", module, repository))
	return dir
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, data, 0o666))
}

// run runs the go command in a module.
func run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// writePackage emits the package of a release, with the functions that its
// developer would have written. It returns the Go expression that passes it to the
// program, and the enums and structs to register.
func (h *history) writePackage(t *testing.T, dir, alias string, typ *definition.Type) (expression string, enums []string) {
	t.Helper()
	files, err := emit.Package(typ, emit.Options{GoldenDir: "golden", Fingerprint: "none"})
	require.NoError(t, err)
	delete(files, "object_test.go")
	if source, ok := files["migrate.go"]; ok {
		files["convert.go"] = h.functions(t, typ, string(source))
	}
	for name, source := range files {
		write(t, dir, filepath.Join(alias, "thing", name), source)
	}
	expression = fmt.Sprintf("soak.Of(%s.Objects)", alias)
	if bytes.Contains(files["operations.go"], []byte("\ntype Patch struct")) {
		expression = fmt.Sprintf("soak.Patching(%s, %s.Patch.Apply)", expression, alias)
	}
	for _, f := range definition.Fields(typ) {
		if name := f.FieldName(); bytes.Contains(files["object.go"], []byte("\ntype "+name+" string")) || bytes.Contains(files["object.go"], []byte("\ntype "+name+" struct")) {
			enums = append(enums, alias+"."+name)
		}
	}
	return expression, enums
}

// wanted are the lines of migrate.go that list the functions to write by hand.
var wanted = regexp.MustCompile(`_ +func\((\w+) (.+)\) (.+) = ((convert|revert|compute)([A-Za-z]+)(\d+))\n`)

// functions writes convert.go.
func (h *history) functions(t *testing.T, typ *definition.Type, migrate string) []byte {
	var b strings.Builder
	for _, m := range wanted.FindAllStringSubmatch(migrate, -1) {
		parameter, from, to, function, kind, field, number := m[1], m[2], m[3], m[4], m[5], m[6], m[7]
		var n int
		_, err := fmt.Sscan(number, &n)
		require.NoError(t, err)
		d := h.models[n-1]
		name := strings.ToLower(field[:1]) + field[1:]
		var body string
		switch kind {
		case "convert":
			body = fmt.Sprintf("soak.Convert[%s, %s](%q, %s)", from, to, d.converts[name], parameter)
		case "revert":
			body = fmt.Sprintf("soak.Revert[%s, %s](%q, %s)", from, to, d.converts[h.renamedTo(typ, n, name)], parameter)
		default:
			body = h.computation(to, n, name, parameter+" "+from)
		}
		fmt.Fprintf(&b, "func %s(%s %s) %s { return %s }\n\n", function, parameter, from, to, body)
	}
	source := "package thing\n\nimport (\n"
	for word, path := range map[string]string{"time.": "time", "eso.": emit.RuntimeImport, "soak.": "github.com/esogen/esogen/internal/rollout/soak"} {
		if strings.Contains(b.String(), word) {
			source += fmt.Sprintf("\t%s %q\n", strings.TrimSuffix(word, "."), path)
		}
	}
	return []byte(source + ")\n\n" + b.String())
}

// renamedTo returns the new name of a rename by either of its names: the
// function for the path back bears one of them.
func (h *history) renamedTo(typ *definition.Type, n int, name string) string {
	m := &typ.Models[n-1]
	i := slices.IndexFunc(m.Renamed, func(r definition.Rename) bool { return r.New == name || r.Old == name })
	return m.Renamed[i].New
}

// computation is the body of a function of those parameters.
func (h *history) computation(to string, n int, name, parameters string) string {
	d := h.models[n-1]
	var gives []string
	for _, sample := range d.computed[name] {
		gives = append(gives, h.texts[d.known[name].encoding][sample])
	}
	var names []string
	for _, parameter := range strings.Split(parameters, ", ") {
		before, _, _ := strings.Cut(parameter, " ")
		names = append(names, before)
	}
	return fmt.Sprintf("soak.Compute[%s](%#v, %s)", to, gives, strings.Join(names, ", "))
}

// writeTrace writes the test of a finding, as a package that the program imports:
// linking a program for each would take most of the time.
func writeTrace(t *testing.T, dir, pkg string, f rollout.Finding) {
	t.Helper()
	var source bytes.Buffer
	require.NoError(t, rollout.WriteTraceTest(&source, pkg, f))
	write(t, dir, filepath.Join(pkg, "trace.go"), source.Bytes())
}
