package emit_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/diff"
	"github.com/esogen/esogen/internal/emit"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// A kind of attribute counts in every package. These tests take each row of the
// table of kinds through all of them, from the text of a spec to generated code
// that runs, so that a new row fails where something does not know it.

// load reads specs, in which nothing may be wrong but for warnings.
func load(t *testing.T, declarations string) []*definition.Type {
	t.Helper()
	files := fstest.MapFS{"specs/all.cue": {Data: []byte("package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n" + declarations)}}
	specs, err := spec.Load(t.Context(), spec.Options{FS: files, Root: "."})
	require.NoError(t, err)
	for _, d := range specs.Diagnostics {
		if d.Severity == definition.Error {
			t.Fatal(d.String())
		}
	}
	return specs.Types
}

// everyKind declares a type that has each kind in every position, and a second
// model that converts one attribute of each kind and computes another.
func everyKind() string {
	var first, encrypted, bound, second, renamed, computed strings.Builder
	for _, k := range definition.Kinds() {
		nullable := "%s | null"
		if k.JSON == definition.JSONAny {
			nullable = "%s"
		}
		for _, position := range []string{
			"Required: %s", "Optional?: %s", "Nullable: " + nullable, "Both?: " + nullable, "List: [...%s]", "Map: {[string]: %s}",
			"Nested: {inside: %s, beside?: %[1]s}", "Secret: %s", "SecretOptional?: %s", "SecretNullable: " + nullable, "Bound: %s", "Old: %s",
		} {
			fmt.Fprintf(&first, "\t\t"+string(k.Kind)+position+"\n", k.Spec)
		}
		if !k.Composite() && k.JSON != definition.JSONAny {
			fmt.Fprintf(&first, "\t\t%sDefault: %s | *%s\n", k.Kind, k.Spec, k.Valid[len(k.Valid)-1])
			fmt.Fprintf(&first, "\t\t%sDefaultOptional?: %s | *%s\n", k.Kind, k.Spec, k.Valid[0])
			fmt.Fprintf(&first, "\t\t%sDefaultSecret: %s | *%s\n", k.Kind, k.Spec, k.Valid[0])
			fmt.Fprintf(&encrypted, "%q, ", string(k.Kind)+"DefaultSecret")
		}
		for _, name := range []string{"Secret", "SecretOptional", "SecretNullable"} {
			fmt.Fprintf(&encrypted, "%q, ", string(k.Kind)+name)
		}
		fmt.Fprintf(&bound, "%q, ", string(k.Kind)+"Bound")
		fmt.Fprintf(&second, "\t\t%sNew: %s\n\t\t%sComputed: %s\n", k.Kind, k.Spec, k.Kind, k.Spec)
		fmt.Fprintf(&renamed, "%sNew: {from: \"%sOld\", convert: true}, ", k.Kind, k.Kind)
		fmt.Fprintf(&computed, "%sComputed: [\"%sRequired\"], ", k.Kind, k.Kind)
	}
	return fmt.Sprintf("every_kind: eso.#Type & {\n\tnamespaces: \"single\"\n\tmodels: \"1\": {\n\t\tattributes: {\n%s}\n\t\tencrypted: [%s]\n\t\taad: [%s]\n\t}\n"+
		"\tmodels: \"2\": {\n\t\tattributes: {\n%s}\n\t\trenamed: {%s}\n\t\tcomputed: {%s}\n\t}\n}\n",
		first.String(), encrypted.String(), bound.String(), second.String(), renamed.String(), computed.String())
}

// plainKinds declares a type without secrets, to take samples.
func plainKinds() string {
	var attributes strings.Builder
	for _, k := range definition.Kinds() {
		for position, declaration := range positions {
			fmt.Fprintf(&attributes, "%s%s: "+declaration.spec+"\n", k.Kind, position, k.Spec)
		}
	}
	return fmt.Sprintf("plain_kinds: eso.#Type & {\nnamespaces: \"single\"\nmodels: \"1\": {attributes: {\n%s}, encrypted: [], aad: []}\n}\n", attributes.String())
}

var positions = map[string]struct{ spec, text string }{
	"Alone": {"%s", "%s"}, "List": {"[...%s]", "[%s]"}, "Map": {"{[string]: %s}", `{"a":%s}`}, "Nested": {"{inside: %s}", `{"inside":%s}`},
}

// widenedKinds declares a type whose second model, which is announced, takes
// values of a wider kind: generated code checks what it writes.
func widenedKinds() string {
	var first, second strings.Builder
	for _, k := range definition.Kinds() {
		for _, wider := range k.Wider {
			if !wider.Info().Composite() {
				fmt.Fprintf(&first, "%sTo%s: %s\n", k.Kind, wider, k.Spec)
				fmt.Fprintf(&second, "%sTo%s: %s\n", k.Kind, wider, wider.Info().Spec)
			}
		}
	}
	return fmt.Sprintf("widened_kinds: eso.#Type & {\nnamespaces: \"single\"\nwrite: 1\nmodels: \"1\": {attributes: {\n%s}, encrypted: [], aad: []}\nmodels: \"2\": attributes: {\n%s}\n}\n", first.String(), second.String())
}

// converters writes the functions that convert and compute: each returns what it
// is given.
func converters(pkg string, migrate []byte) []byte {
	var b strings.Builder
	for _, m := range regexp.MustCompile(`_ +func\((\w+) (.+)\) (.+) = (\w+)\n`).FindAllStringSubmatch(string(migrate), -1) {
		parameter, from, to, function := m[1], m[2], m[3], m[4]
		value := parameter
		if from != to {
			value = to + "{Part: " + parameter + ".Part}" // each model has its own struct
		}
		fmt.Fprintf(&b, "func %s(%s %s) %s { return %s }\n\n", function, parameter, from, to, value)
	}
	source := "package " + pkg + "\n\n"
	for word, path := range map[string]string{"time.": "time", "eso.": emit.RuntimeImport} {
		if strings.Contains(b.String(), word) {
			source += fmt.Sprintf("import %s %q\n", strings.TrimSuffix(word, "."), path)
		}
	}
	return []byte(source + "\n" + b.String())
}

func TestEveryKindInEveryPosition(t *testing.T) {
	types := load(t, everyKind()+plainKinds()+widenedKinds())
	require.Len(t, types, 3)
	folders := map[string]*definition.Type{}
	for _, typ := range types {
		folders["generated/"+typ.Package()] = typ
	}
	dir := product(t, folders)
	for folder, typ := range folders {
		files, err := emit.Package(typ, emit.Options{GoldenDir: "../golden", Fingerprint: "none"})
		require.NoError(t, err)
		if migrate, ok := files["migrate.go"]; ok {
			write(t, dir, folder+"/convert.go", converters(typ.Package(), migrate))
		}
	}
	out, err := run(t, dir, "vet", "./generated/everykind", "./generated/plainkinds", "./generated/widenedkinds")
	require.NoError(t, err, out)
	writeSamples(t, dir)
	t.Setenv("ESOGEN_UPDATE", "1") // pins what the functions return
	out, err = run(t, dir, "test", "./generated/everykind", "./generated/plainkinds", "./generated/widenedkinds", "./samples")
	require.NoError(t, err, out)
}

// samples are what the test in testdata/samples_test.go.txt plays.
type samples struct {
	Base  map[string]json.RawMessage
	Cases []sample
}

type sample struct {
	Attribute, Text string
	Valid, Exact    bool // Exact: a value has one spelling
}

func (s *samples) add(attribute, form string, kind definition.KindInfo, as definition.Kind) {
	exact := kind.JSON != definition.JSONNumber && kind.Kind != definition.Timestamp && kind.Kind != definition.Duration
	for i, text := range slices.Concat(kind.Valid, kind.Invalid) {
		if as == definition.Number && kind.Integer && !isDouble(text) {
			continue // which reads as another number
		}
		s.Cases = append(s.Cases, sample{attribute, fmt.Sprintf(form, text), i < len(kind.Valid), exact})
	}
	s.Base[attribute] = json.RawMessage(fmt.Sprintf(form, kind.Valid[0]))
}

func isDouble(text string) bool {
	exact, _, err := big.ParseFloat(text, 10, 2000, big.ToNearestEven)
	if err != nil {
		return true // it is no number
	}
	double, _ := exact.Float64()
	return exact.Cmp(new(big.Float).SetPrec(2000).SetFloat64(double)) == 0
}

func writeSamples(t *testing.T, dir string) {
	t.Helper()
	plain, widened := samples{Base: map[string]json.RawMessage{}}, samples{Base: map[string]json.RawMessage{}}
	for _, k := range definition.Kinds() {
		for position, declaration := range positions {
			plain.add(string(k.Kind)+position, declaration.text, k, k.Kind)
		}
		for _, wider := range k.Wider {
			if !wider.Info().Composite() {
				widened.add(string(k.Kind)+"To"+string(wider), "%s", k, wider)
			}
		}
	}
	for name, s := range map[string]samples{"plainkinds": plain, "widenedkinds": widened} {
		text, err := json.Marshal(s)
		require.NoError(t, err)
		write(t, dir, "samples/"+name+".json", text)
	}
	source, err := os.ReadFile("testdata/samples_test.go.txt")
	require.NoError(t, err)
	write(t, dir, "samples/samples_test.go", source)
}

// kindIn declares a type with one attribute of a kind. Its second model makes the
// attribute optional.
func kindIn(kind definition.KindInfo, models, write int, encrypted string) string {
	declaration := fmt.Sprintf("thing: eso.#Type & {\nnamespaces: \"single\"\nwrite: %d\n"+
		"models: \"1\": {attributes: {value: %s, other: string}, encrypted: [%s], aad: []}\n", write, kind.Spec, encrypted)
	if models == 2 {
		declaration += fmt.Sprintf("models: \"2\": attributes: value?: %s\n", kind.Spec)
	}
	return declaration + "}\n"
}

// The simulator plays each kind: it finds what breaks, writes the value into the
// trace, and finds nothing once the change is announced.
func TestEveryKindIsPlayed(t *testing.T) {
	for _, kind := range definition.Kinds() {
		for _, encrypted := range []string{``, `"value"`} {
			t.Run(fmt.Sprintf("%s%s", kind.Kind, encrypted), func(t *testing.T) {
				judge := func(before, after string) rollout.Verdict {
					verdict, err := rollout.Judge(t.Context(), rollout.Case{
						History: []rollout.Release{{Name: "v1", Type: load(t, before)[0]}}, New: rollout.Release{Name: "v2", Type: load(t, after)[0]},
					})
					require.NoError(t, err)
					return verdict
				}
				one, announced, both := kindIn(kind, 1, 1, encrypted), kindIn(kind, 2, 1, encrypted), kindIn(kind, 2, 2, encrypted)
				broken, first, then := judge(one, both), judge(one, announced), judge(announced, both)
				assert.True(t, first.Safe(), "announcing it")
				assert.True(t, then.Safe(), "writing what was announced")
				require.False(t, broken.Safe(), "the old release requires the attribute")
				for _, finding := range broken.Findings {
					assert.NotEqual(t, rollout.Undecided, finding.Kind)
					assert.True(t, finding.Playable())
				}
			})
		}
	}
}

// A change of a kind is told in its words.
func TestEveryKindIsToldInWords(t *testing.T) {
	for _, kind := range definition.Kinds() {
		t.Run(string(kind.Kind), func(t *testing.T) {
			before := load(t, kindIn(kind, 1, 1, ""))
			after := load(t, strings.Replace(kindIn(kind, 1, 1, ""), "value: ", "unlike: string, renewed: ", 1))
			var words strings.Builder
			for _, typ := range diff.Compare(before, after) {
				for _, change := range typ.Changes {
					words.WriteString(change.Text + "\n")
				}
			}
			assert.Contains(t, words.String(), kind.Noun)
			assert.NotContains(t, words.String(), "unknown")
		})
	}
}

// Code of a kind that is in no row does not come out unchecked: it does not come
// out.
func TestUnknownKindMakesNoCode(t *testing.T) {
	_, err := emit.Package(typeOf("colourful", 1, definition.Model{Declared: []definition.Attribute{attribute("value", kind("colour"))}, Encrypted: []string{}, AAD: []string{}}), emit.Options{})
	require.ErrorContains(t, err, "does not parse")
}
