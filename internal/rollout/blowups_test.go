package rollout_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// blowup is a change that is large in one way. Each model is the body of one in
// a spec; the running release has the first of them.
type blowup struct {
	name    string
	format  string
	models  []string
	running int // how many of them the running release has, and writes
}

// kinds are declarations that differ in kind.
var kinds = []string{"string", "int", "bool", "number", "eso.#Timestamp", "eso.#Duration", "eso.#Bytes", "[...string]", "{[string]: string}", "[...int]",
	"string | null", "int | null", "bool | null", "eso.#Timestamp | null", "[...bool]", "{[string]: int}", "{[string]: bool}", "[...number]", "eso.#UUID", "{a?: string, b: int}"}

func kind(i int) string { return kinds[i%len(kinds)] }

// each writes a list of that many items.
func each(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ", ")
}

// body is a model. The first one has a token, bound to its owner.
func body(attributes, encrypted, aad, more string) string {
	list := func(names string) string {
		return `["` + strings.Join(strings.Fields(names), `", "`) + `"]`
	}
	return fmt.Sprintf("{attributes: {%s}, encrypted: %s, aad: %s, %s}", attributes, list("token "+encrypted), list("owner "+aad), more)
}

const tokenAndOwner = "token: string, owner: string, "

func nested(depth int, leaf string) string {
	for i := range depth {
		leaf = fmt.Sprintf("{l%d?: %s, o%d?: string}", i, leaf, i)
	}
	return leaf
}

func blowups() []blowup {
	names := func(prefix string, n, from, step int) string {
		var list []string
		for i := from; i < n; i += step {
			list = append(list, fmt.Sprint(prefix, i))
		}
		return strings.Join(list, " ")
	}
	optional := func(prefix string, n int) string {
		return each(n, func(i int) string { return fmt.Sprintf("%s%d?: %s", prefix, i, kind(i)) })
	}
	two := func(name, format, before, after string) blowup {
		return blowup{name, format, []string{before, after}, 1}
	}
	plain := func(attributes string) string { return body(attributes, "", "", "") }
	lists := func(leaf string) string {
		for range 6 {
			leaf = "[...{[string]: " + leaf + "}]"
		}
		return leaf
	}
	var list []blowup
	for _, depth := range []int{8, 12} {
		list = append(list,
			two(fmt.Sprintf("a part at depth %d", depth), "native", plain(tokenAndOwner+"c: "+nested(depth, "{a?: string}")), plain("c: "+nested(depth, "{a?: string, b?: string}"))),
			two(fmt.Sprintf("a part required at depth %d", depth), "kibana", plain(tokenAndOwner+"c: "+nested(depth, "{a?: string}")), plain("c: "+nested(depth, "{a: string}"))))
	}
	list = append(list,
		two("20 attributes added", "native", plain(tokenAndOwner), plain(optional("n", 20))),
		two("20 attributes change role", "native", plain(tokenAndOwner+optional("n", 20)), body("", names("n", 20, 0, 2), names("n", 20, 1, 2), "")),
		two("20 attributes change role, kibana", "kibana", plain(tokenAndOwner+optional("n", 20)), body("", names("n", 20, 0, 2), names("n", 20, 1, 2), "")),
		two("30 renames", "native", plain(tokenAndOwner+optional("n", 30)), body("", "", "", "renamed: {"+each(30, func(i int) string { return fmt.Sprintf(`r%d: "n%d"`, i, i) })+"}")),
		two("20 conversions", "native", plain(tokenAndOwner+optional("n", 20)), body(each(20, func(i int) string { return fmt.Sprintf("r%d?: %s", i, []string{"int", "string"}[i%2]) }), "", "",
			"renamed: {"+each(20, func(i int) string { return fmt.Sprintf(`r%d: {from: "n%d", convert: true}`, i, i) })+"}")),
		two("lists of maps at depth 12", "native", plain(tokenAndOwner+"c: "+lists("{a?: string}")), plain("c: "+lists("{a?: string, b?: int}"))),
		two("60 parts change", "native", plain(tokenAndOwner+"c: {"+each(60, func(i int) string { return fmt.Sprintf("p%d: {x%d: %s}", i, i, kind(i)) })+"}"),
			plain("c: {"+each(60, func(i int) string { return fmt.Sprintf("p%d: {x%d?: %s}", i, i, kind(i)) })+"}")),
		two("24 changes of all kinds", "kibana", plain(tokenAndOwner+each(24, func(i int) string { return fmt.Sprintf("n%d%s: %s", i, []string{"", "?"}[i%2], kinds[i%14]) })),
			body(each(6, func(i int) string { return fmt.Sprintf("n%d?: %s", i, kinds[i%14]) })+", "+each(4, func(i int) string { return fmt.Sprintf("x%d?: string", i) }),
				names("n", 10, 6, 1), names("n", 14, 10, 1), "renamed: {"+each(4, func(i int) string { return fmt.Sprintf(`r%d: "n%d"`, i, i+14) })+`}, removed: ["n18", "n19", "n20", "n21"]`)),
	)
	chain := []string{plain(tokenAndOwner + "n0?: string")}
	added, mixed := []string{plain(tokenAndOwner)}, []string{plain(tokenAndOwner)}
	for i := 1; i < 60; i++ {
		chain = append(chain, body("", "", "", fmt.Sprintf(`renamed: {n%d: "n%d"}`, i, i-1)))
		attribute := fmt.Sprintf("a%d?: %s", i, kind(i))
		added = append(added, body(attribute, names("a", i+1, 5, 5), "", ""))
		mixed = append(mixed, body(attribute, names("a", i+1, 3, 3), names("a", i+1, 4, 3), ""))
	}
	return append(list,
		blowup{"60 models", "native", added, 30},
		blowup{"40 models of all roles, kibana", "kibana", mixed[:40], 20},
		blowup{"a chain of 40 renames", "native", chain[:40], 20})
}

// text is the spec of a release that has the first so many models.
func (x *blowup) text(models int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\nthing: eso.#Type & {\nnamespaces: \"single\"\nformat: %q\n", x.format)
	for i, m := range x.models[:models] {
		fmt.Fprintf(&b, "models: \"%d\": %s\n", i+1, m)
	}
	return b.String() + "}\n"
}

func (x *blowup) load(t testing.TB, models int) *definition.Type {
	specs, err := spec.Load(t.Context(), spec.Options{Root: ".", FS: fstest.MapFS{"specs/specs.cue": {Data: []byte(x.text(models))}}})
	require.NoError(t, err)
	require.False(t, specs.HasErrors(), "%v", specs.Diagnostics)
	return specs.Types[0]
}

func (x *blowup) of(t testing.TB) rollout.Case {
	return rollout.Case{
		History: []rollout.Release{{Name: "v1", Type: x.load(t, x.running)}},
		New:     rollout.Release{Type: x.load(t, len(x.models))},
	}
}

// TestBlowups decides each of the changes, with room to spare.
func TestBlowups(t *testing.T) {
	t.Parallel()
	for _, x := range blowups() {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			v, err := rollout.Judge(t.Context(), x.of(t))
			require.NoError(t, err)
			assert.True(t, v.Complete)
			assert.Less(t, v.Moves, rollout.MaxMoves/3)
			t.Logf("%d moves, %d states, %d findings", v.Moves, v.States, len(v.Findings))
		})
	}
}

// BenchmarkBlowups plays changes that are large in one way, and compares that
// with what it takes to load their specs, in processor time.
func BenchmarkBlowups(b *testing.B) {
	for _, x := range blowups() {
		b.Run(strings.ReplaceAll(x.name, " ", "-"), func(b *testing.B) {
			var loading, playing time.Duration
			var moves int
			for b.Loop() {
				begin := processor()
				c := x.of(b)
				loaded := processor()
				v, err := rollout.Judge(b.Context(), c)
				require.NoError(b, err)
				loading += loaded - begin
				playing += processor() - loaded
				moves = v.Moves
			}
			b.ReportMetric(loading.Seconds()*1000/float64(b.N), "load-ms")
			b.ReportMetric(playing.Seconds()*1000/float64(b.N), "play-ms")
			b.ReportMetric(playing.Seconds()/loading.Seconds(), "ratio")
			b.ReportMetric(float64(moves), "moves")
		})
	}
}

// processor is the processor time of this process, which a busy machine does not
// stretch.
func processor() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
