package schema_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

// TestExamples runs the examples in the comments of the schema: each is code
// that a spec may hold at the place that the comment is about, and each key has
// one.
func TestExamples(t *testing.T) {
	t.Parallel()
	run := 0
	for name, text := range schema.Files() {
		for _, e := range examples(string(text)) {
			if e.code == "" {
				assert.Contains(t, without, e.of, "%s: %s has no example", name, e.of)
				continue
			}
			run++
			place, ok := places[e.of]
			if !ok {
				place, ok = places[e.of[:strings.LastIndexByte(e.of, '.')+1]]
			}
			if !ok && strings.HasPrefix(e.of, "#") && name == "types.cue" {
				place, ok = places["types"], true
			}
			require.True(t, ok, "no place for an example of %s", e.of)
			runExample(t, e.of, fmt.Sprintf(place, e.code))
		}
	}
	assert.Greater(t, run, 30)
}

func runExample(t *testing.T, of, text string) {
	t.Helper()
	if !strings.HasPrefix(text, "package ") {
		text = "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n" + text
	}
	specs, err := spec.Load(t.Context(), spec.Options{Root: ".", FS: fstest.MapFS{"specs/a.cue": {Data: []byte(text)}}})
	require.NoError(t, err, of)
	for _, d := range specs.Diagnostics {
		assert.Equal(t, definition.Warning, d.Severity, "%s: %s\n%s", of, d, text)
	}
	assert.NotEmpty(t, specs.Types, of)
	for _, typ := range specs.Types {
		for _, e := range typ.Exceptions {
			rule := check.Lookup(e.Rule)
			if assert.NotNil(t, rule, "%s: there is no rule %q", of, e.Rule) {
				assert.True(t, rule.Excepted(), "%s: %q allows no exception", of, e.Rule)
			}
		}
	}
}

// places are where examples stand: %s is the example.
var places = map[string]string{
	"package": "%s",
	"#Type":   "%s",
	"#Type.":  typeHead + oneModel + "models: \"2\": attributes: note?: string\n%s\n}\n",

	"#Type.namespaces": "a: eso.#Type & {\n" + oneModel + "%s\n}\n",
	"#Type.models":     typeHead + "%s\n}\n",
	"#Type.retired":    typeHead + "%s\n}\n",

	"#Model.attributes": typeHead + "models: \"1\": {\nencrypted: []\naad: []\n%s\n}\n}\n",
	"#Model.":           typeHead + oneModel + "models: \"2\": {\n%s\n}\n}\n",
	"#Model.backfill":   typeHead + oneModel + "models: \"2\": {\nattributes: {scheme: string, retries: int}\n%s\n}\n}\n",
	"#Model.computed":   typeHead + oneModel + "models: \"2\": {\nattributes: host: string\n%s\n}\n}\n",
	"#Model.renamed":    typeHead + oneModel + "models: \"2\": {\nattributes: timeout: eso.#Duration\n%s\n}\n}\n",
	"#Model.format":     strings.Replace(typeHead, "{", "{\nformat: \"kibana\"", 1) + oneModel + "models: \"2\": {\n%s\n}\n}\n",

	"#Rename.":    typeHead + oneModel + "models: \"2\": {\nattributes: timeout: eso.#Duration\nrenamed: timeout: {from: \"timeoutSeconds\", convert: true}\nrenamed: timeout: {%s}\n}\n}\n",
	"#Exception.": typeHead + oneModel + "models: \"2\": attributes: note?: string\nexceptions: [{rule: *\"secret/becomes-plain\" | string, reason: *\"…\" | string} & {\n%s\n}]\n}\n",
	"types":       typeHead + "models: \"1\": {\nattributes: {\n%s\n}\nencrypted: []\naad: []\n}\n}\n",
}

const (
	typeHead = "a: eso.#Type & {\nnamespaces: \"single\"\n"
	oneModel = `models: "1": {
	attributes: {
		connectorId: string, token: string, refreshToken: string, publicToken: string, expiresAt: eso.#Timestamp
		hostname: string, timeoutSeconds: int, url: string, legacyFlag?: bool
	}
	encrypted: ["token", "refreshToken", "publicToken"]
	aad: ["connectorId"]
}
`
)

// without are what has no example of its own.
var without = []string{"#Type._savedObject", "#Model", "#Namespaces", "#Rename", "#Exception"}

// example is the code in a comment, the lines that are indented by a tab, and
// what the comment is about.
type example struct{ of, code string }

var (
	top = regexp.MustCompile(`^(#\w+):`)
	key = regexp.MustCompile(`^\t(\w+)[?!]?: `)
)

// examples reads a file of the schema.
func examples(text string) []example {
	var all []example
	within, code := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		comment, isComment := strings.CutPrefix(strings.TrimPrefix(line, "\t"), "//")
		switch {
		case isComment:
			if rest, ok := strings.CutPrefix(comment, "\t"); ok {
				code += rest + "\n"
			} else if code != "" {
				code += "\n"
			}
			continue
		case strings.HasPrefix(line, "package "):
			if code != "" {
				all = append(all, example{"package", code})
			}
		case top.MatchString(line):
			within = top.FindStringSubmatch(line)[1]
			all = append(all, example{within, code})
		case key.MatchString(line):
			all = append(all, example{within + "." + key.FindStringSubmatch(line)[1], code})
		}
		code = ""
	}
	return all
}
