package plan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/projecttest"
)

// layouts are ways to write one type, and what the first of two releases makes
// of the lines that it changes.
var layouts = []struct{ name, spec, edited string }{
	{"write is missing", "thing: eso.#Type & {\n\tnamespaces: \"agnostic\"\n\tformat: \"kibana\"\n\tONE\n\tTWO\n}\n", "\tformat: \"kibana\"\n\twrite:  1\n\tONE"},
	{"no format of its own", "thing: #Base & {\n\tONE\n\tTWO\n}\n#Base: eso.#Type & {namespaces: \"agnostic\", format: \"kibana\"}\n", "#Base & {\n\twrite: 1\n\tONE"},
	{"models first", "thing: eso.#Type & {\n\tONE\n\tTWO\n\n\t// How.\n\tformat: \"kibana\" // so\n\tnamespaces: \"agnostic\"\n}\n", "\tformat: \"kibana\" // so\n\twrite:  1\n\tnamespaces"},
	{"one line", "thing: eso.#Type & {namespaces: \"agnostic\", format: \"kibana\", ONE, TWO}", `format: "kibana", write: 1, ONE`},
	{"one line, format last", "thing: eso.#Type & {namespaces: \"agnostic\", ONE, TWO, format: \"kibana\"}", `format: "kibana", write: 1}`},
	{"commas", "thing: eso.#Type & {\n\tnamespaces: \"agnostic\",\n\tformat: \"kibana\",\n\tONE,\n\tTWO,\n}\n", `format: "kibana", write: 1,`},
	{"the literal first", "thing: {\n    namespaces: \"agnostic\"\n    format: \"kibana\"\n    ONE\n    TWO\n} & eso.#Type\n", "\n    write:  1\n"},
	{"in brackets", "thing: (eso.#Type & {\n\tnamespaces: \"agnostic\"\n\tformat: \"kibana\"\n\twrite: 2 // soon 3\n\tONE\n\tTWO\n})\n", "\twrite: 1 // soon 3\n"},
	{"an expression", "thing: eso.#Type & {namespaces: \"agnostic\", format: \"kibana\", write: 1 + 1, ONE, TWO}", `write: 1, ONE`},
	{"a quoted label", "\"thing\": eso.#Type & {namespaces: \"agnostic\", format: \"kibana\", \"write\": 2, ONE, TWO}", `"write": 1, ONE`},
	{"another name", "label: eso.#Type & {name: \"thing\", namespaces: \"agnostic\", format: \"kibana\", ONE, TWO}", `write: 1, ONE`},
	{"a name in Go", "thing: eso.#Type & {\n\tnamespaces: \"agnostic\"\n\tformat: \"kibana\"\n\tONE\n\tTWO\n} @go(Stuff)\n", "\twrite:  1\n"},
	{"chains", "thing: eso.#Type\nthing: namespaces: \"agnostic\"\nthing: format: \"kibana\"\nthing: ONE\nthing: TWO\n", "\nthing: write: 1\n"},
	{"a chain with write", "thing: eso.#Type\nthing: namespaces: \"agnostic\"\nthing: format: \"kibana\"\nthing: ONE\nthing: TWO\nthing: write: 2\n", "\nthing: write: 1\n"},
	{"computed", "for name in [\"thing\"] {\n\t(name): eso.#Type & {\n\t\tnamespaces: \"agnostic\"\n\t\tformat: \"kibana\"\n\t\tONE\n\t\tTWO\n\t}\n}\n", "\nthing: write: 1\n"},
	{"carriage returns", "thing: eso.#Type & {\r\n\tnamespaces: \"agnostic\"\r\n\tformat: \"kibana\"\r\n\tONE\r\n\tTWO\r\n}\r\n", "\r\n\twrite:  1\r\n\tONE"},
	{"no line at the end", "thing: #Thing\n#Thing: eso.#Type & {namespaces: \"agnostic\", format: \"kibana\", ONE, TWO} // end", "// end\nthing: write: 1\n"},
	{"a literal that is empty", "thing: #Thing & {}\n#Thing: eso.#Type & {namespaces: \"agnostic\", format: \"kibana\", ONE, TWO}", "#Thing & {write: 1}"},
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	const one = `models: "1": {attributes: {token: string, owner: string}, encrypted: ["token"], aad: ["owner"]}`
	const two = `models: "2": {attributes: more?: string, aad: ["owner", "more"]}`
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			fill := strings.NewReplacer("ONE", one, "TWO", two)
			texts := map[string][]byte{"thing.cue": []byte(projecttest.Spec(fill.Replace(l.spec)))}
			root := writeSpecs(t, texts)
			target := loadDir(t, root)
			before := *target[0]
			before.Models, before.Write = before.Models[:1], 1
			p, err := Make(t.Context(), Case{History: []baseline.Release{{Name: "v1", Types: []*definition.Type{&before}}}, Target: target})
			require.NoError(t, err)
			require.Equal(t, 2, p.Releases())
			tree, err := p.Files(t.Context(), Specs{Root: root, Dir: "specs"})
			require.NoError(t, err)
			assert.Contains(t, string(tree["1-announce/specs/thing.cue"]), fill.Replace(l.edited))
			assert.Equal(t, string(texts["thing.cue"]), string(tree["2-write/specs/thing.cue"]))
		})
	}
}

// TestTakeModels takes models out of declarations of several forms.
func TestTakeModels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, after string }{
		{
			"a field each", "thing: {\n\tmodels: \"1\": {}\n\n\t// Two.\n\tmodels: \"2\": {} // two\n\n\t// Three.\n\tmodels: \"3\": {\n\t\tx: 1\n\t}\n}\n",
			"thing: {\n\tmodels: \"1\": {}\n}\n",
		},
		{"in braces", "thing: models: {\n\t\"1\": {}\n\t// Two.\n\t\"2\": {}\n\t\"3\": {}\n}\n", "thing: models: {\n\t\"1\": {}\n}\n"},
		{"on one line", "thing: models: {\"1\": {}, \"2\": {}, \"3\": {}}\n", "thing: models: {\"1\": {}}\n"},
		{"on one line, first", "thing: models: {\"3\": {}, \"1\": {}, \"2\": {}}\n", "thing: models: {\"1\": {}}\n"},
		{"carriage returns", "thing: {\r\n\tmodels: \"1\": {}\r\n\r\n\tmodels: \"2\": {}\r\n}\r\n", "thing: {\r\n\tmodels: \"1\": {}\r\n}\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := parseSource("thing.cue", []byte(c.before))
			require.NoError(t, err)
			takeModels([]*source{s}, "thing", 1)
			assert.Equal(t, c.after, string(s.apply()))
		})
	}
}
