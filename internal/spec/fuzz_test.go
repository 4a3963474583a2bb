package spec

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/esogen/esogen/internal/definition"
)

// FuzzLoad reads any text as a spec, alone and with another file beside it. It
// must end without a panic, point only at places that the files have, and
// yield only types that Check takes.
func FuzzLoad(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		require.NoError(f, err)
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".cue") {
				f.Add(string(file.Data))
			}
		}
	}
	for _, text := range hostile {
		f.Add(text)
		f.Add(around(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8<<10 {
			t.Skip("large specs are slow, not interesting")
		}
		files := fstest.MapFS{
			"specs/a.cue": {Data: []byte(text)},
			"specs/b.cue": {Data: []byte("package specs\n\n#Shared: {a: string}\n")},
		}
		specs, err := Load(t.Context(), Options{Root: ".", FS: files, limits: limits{evaluation: 5 * time.Second}})
		if err != nil {
			return
		}
		for _, d := range specs.Diagnostics {
			assert.NotEmpty(t, d.Rule)
			assert.NotEmpty(t, d.Message)
			assert.NotContains(t, d.Message, "\n")
			assert.NotContains(t, d.Message, marker)
			assert.NotEmpty(t, d.Position.File, d.String())
			if file := files[d.Position.File]; assert.NotNil(t, file, d.String()) {
				lines := strings.Split(string(file.Data), "\n")
				if d.Position.Line > 0 {
					assert.LessOrEqual(t, d.Position.Line, len(lines), d.String())
				}
			}
		}
		for _, typ := range specs.Types {
			for _, p := range definition.Check(typ) {
				assert.Equal(t, definition.Warning, p.Severity, p.Message)
				assert.NotZero(t, specs.Position(typ, p.Path).Line)
			}
		}
	})
}

func around(text string) string {
	return "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\na: eso.#Type & {\n\tnamespaces: \"single\"\n\tformat: \"kibana\"\n" +
		"\tmodels: \"1\": {attributes: {x: " + text + "}, encrypted: [], aad: []}\n}\n"
}

// hostile are texts that make trouble for parsers and evaluators, as a file
// and as the value of an attribute.
var hostile = []string{
	"", "\x00", "\xff\xfe", "package", "package specs", "package _", "package specs\nimport \"\"",
	"package specs\n@if(x)", "@extern(embed)\n\npackage specs\n\nx: _ @embed(file=\"/etc/hostname\")",
	strings.Repeat("{", 500), strings.Repeat("[", 500), strings.Repeat("(", 500),
	strings.Repeat("a: ", 500) + "1", strings.Repeat("!", 5000) + "true", "\"" + strings.Repeat("\\(", 200),
	"1" + strings.Repeat(" | 1", 3000), "\"a\"" + strings.Repeat(" & \"a\"", 3000), "a" + strings.Repeat(".a", 3000),
	"1e999999999", "-1e-999999999", "int & >1e99999 & <1e-99999", "1e1000000000000", "0x" + strings.Repeat("f", 2000),
	"_|_", "_", "x", "{x: x}", "{[string]: x}", "{[_]: _}", "[...x]", "{a: b, b: a}", "#A", "{#A: {a?: #A}, a: #A}",
	"{let X = X, a: X}", "{for k, v in {a: 1} {\"\\(k)\": v}}", "{if true {a: string}}", "{if x {a: string}}",
	"(string)", "{string}", "{5}", "{\"a\", b: 5}", "{...}", "{..., ...}", "[...]", "[..., ...]", "close({})", "close(5)", "and([])", "or([])", "or([1, \"a\"])",
	"=~\"(\"", "=~\"" + strings.Repeat("(a*)*", 100) + "\"", "!~5", ">\"a\"", "!=null", "!=_|_", "*1 | *2", "*\"a\" | *\"b\" | string", "*_ | 5",
	"len([1])", "div(1, 0)", "1/0", "\"a\" * 1000000", "[1] * 3", "'bytes'", "\"\"\"\n\ta\n\t\"\"\"", "#\"\\#n\"#",
	"(string | int) & (int | bool) & (bool | string)", "matchN(1, [string, int])", "matchIf(string, int, bool)", "error(\"x\")", "self", "__self",
	"{@go(A)}", "string @go(", "string @go(A) @go(B)", "{a: string @go(\"\n\")}", "\"\\uD800\"", "{\"\": string}", "{\"a\\u0000\": string}", "{\"__proto__\": string}",
}

// TestHostile runs what FuzzLoad is seeded with; a plain `go test` does so too,
// but says less.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		for _, spec := range []string{text, "package specs\n\n" + text, "package specs\n\na: " + text + "\n", around(text)} {
			specs, err := Load(t.Context(), Options{Root: ".", FS: fstest.MapFS{"specs/a.cue": {Data: []byte(spec)}}})
			if err == nil && len(specs.Types) == 0 {
				assert.NotEmpty(t, specs.Diagnostics, "%.80q gives neither a type nor a reason", spec)
			}
		}
	}
}
