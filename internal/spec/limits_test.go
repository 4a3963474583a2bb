package spec

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func spec(text string) fstest.MapFS { return fstest.MapFS{"specs/a.cue": {Data: []byte(text)}} }

// TestLimits reads specs that would cost too much, and one beside each that is
// sound where the rest can go on.
func TestLimits(t *testing.T) {
	t.Parallel()
	const sound = "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\nsound: eso.#Type & {retired: true}\n"
	var models strings.Builder
	for i := range 12 {
		fmt.Fprintf(&models, "\tmodels: \"%d\": {}\n", i+1)
	}
	for _, test := range []struct {
		name, text, expected string
		limits               limits
		types                int
	}{
		{
			"definitions that double", sound + doubling(40) + around("#D40")[len("package specs\n\nimport \"github.com/esogen/esogen/eso\"\n"):],
			"error specs/a.cue:48:1: [definition/too-large] with all that it refers to, the declaration has more than 1000000 parts; use fewer definitions inside of definitions, or eso.#JSON for a part of it",
			limits{}, 1,
		},
		{
			"a type of many values", around("{" + strings.Repeat("a: string, ", 1) + many(60) + "}"),
			"error specs/a.cue:56:1: [definition/too-large] attribute \"x\" has a field \"f48\" that takes the type beyond 50 values; write a smaller type, or eso.#JSON for a part of it",
			limits{values: 50}, 0,
		},
		{
			"structs inside of structs", around(strings.Repeat("{a: ", 40) + "string" + strings.Repeat("}", 40)),
			"is nested more than 32 deep", limits{}, 0,
		},
		{
			"brackets inside of brackets", sound + "a: " + strings.Repeat("[", 150) + strings.Repeat("]", 150),
			"error specs/a.cue:6:103: [definition/too-large] brackets are nested more than 100 deep; give the inner parts names of their own",
			limits{}, 0,
		},
		{
			"a long chain", sound + "a: 1" + strings.Repeat(" |\n\n// still\n  1", 5000),
			"[definition/too-large] an expression has more than 4000 operators; shorten it",
			limits{}, 0,
		},
		{
			"a long chain of labels", sound + strings.Repeat("a: ", 5000) + "1",
			"[definition/too-large] an expression has more than 4000 operators; shorten it",
			limits{}, 0,
		},
		{
			"a large file", sound, "error specs/a.cue:1:1: [definition/too-large] the file has 89 bytes, and 50 are allowed; split it into several files",
			limits{fileSize: 50}, 0,
		},
		{
			"many models", sound + "a: eso.#Type & {\n\tnamespaces: \"single\"\n\tformat: \"kibana\"\n" + models.String() + "}\n",
			"error specs/a.cue:9:2: [definition/too-large] the type has more than 10 models; write fewer models",
			limits{models: 10}, 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			specs, err := Load(t.Context(), Options{Root: ".", FS: spec(test.text), limits: test.limits})
			require.NoError(t, err)
			assert.Contains(t, results(specs)["diagnostics"], test.expected)
			assert.Len(t, specs.Types, test.types)
		})
	}
}

// doubling declares definitions of which each has the one before twice.
func doubling(n int) string {
	text := "#D0: {a: string}\n"
	for i := range n {
		text += fmt.Sprintf("#D%d: {a: #D%d, b: #D%d}\n", i+1, i, i)
	}
	return text
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d: string\n", i)
	}
	return b.String()
}

// TestSlowEvaluation gives up on a type that CUE takes too long for. It is a
// type that ends after a while, so that the test leaves nothing behind.
func TestSlowEvaluation(t *testing.T) {
	t.Parallel()
	text := around("or([for i in list.Range(0, 600, 1) {\"v\\(i)\"}]) & or([for i in list.Range(0, 600, 1) {\"v\\(i)\"}])")
	text = strings.Replace(text, "import ", "import \"list\"\nimport ", 1)
	specs, err := Load(t.Context(), Options{Root: ".", FS: spec(text), limits: limits{evaluation: time.Millisecond}})
	require.NoError(t, err)
	assert.Equal(t, "error specs/a.cue:6:1: [definition/too-large] the declaration takes longer than 1ms to evaluate, and the rest was not read; "+
		"write it with fewer alternatives, comprehensions or references\n", results(specs)["diagnostics"])
	assert.Equal(t, []string{"a"}, specs.Broken)
}

// TestLargeEvaluation gives up on a type that takes too much memory.
func TestLargeEvaluation(t *testing.T) {
	t.Parallel()
	text := strings.Replace(around("or([for i in list.Range(0, 100000, 1) {\"v\\(i)\"}])"), "import ", "import \"list\"\nimport ", 1)
	specs, err := Load(t.Context(), Options{Root: ".", FS: spec(text), limits: limits{memory: 1}})
	require.NoError(t, err)
	assert.Contains(t, results(specs)["diagnostics"], "the declaration takes more than 1 bytes to evaluate, and the rest was not read")
}

func TestContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Load(ctx, Options{Root: ".", FS: spec("package specs\n")})
	assert.ErrorIs(t, err, context.Canceled)
}

// TestMany reads many types on several workers, twice: what comes out is in
// order, and the same.
func TestMany(t *testing.T) {
	t.Parallel()
	for _, perFile := range []int{1, 7, 1000} {
		files := corpus(40, perFile)
		files["specs/broken.cue"] = &fstest.MapFile{Data: []byte(strings.Replace(corpusHead, "strings", "list", 1) +
			"broken: eso.#Type & {unknown: missing}\n#Unused: 1 & 2\n")}
		first, err := Load(t.Context(), Options{Root: ".", FS: files})
		require.NoError(t, err)
		require.Len(t, first.Types, 40)
		assert.Equal(t, []string{"broken"}, first.Broken)
		for i, typ := range first.Types {
			assert.Equal(t, fmt.Sprintf("type_%04d", i), typ.Name)
		}
		second, err := Load(t.Context(), Options{Root: ".", FS: files})
		require.NoError(t, err)
		assert.Equal(t, results(first), results(second))
	}
}

// TestLinear compares what a type costs among ten and among many.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	allocated := func(types int) uint64 {
		files := corpus(types, 10)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Load(t.Context(), Options{Root: ".", FS: files})
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / uint64(types)
	}
	assert.Less(t, allocated(200), 2*allocated(20), "bytes allocated for a type")
}
