package soak_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/rollout/soak"
)

var (
	histories = flag.Int("soak.histories", 8, "how many histories of releases to draw")
	sequences = flag.Int("soak.sequences", 400, "how many sequences of operations to play on each release")
	seed      = flag.Uint64("soak.seed", 1, "the seed of the first history")
	batch     = flag.Int("soak.batch", 40, "how many histories to compile at a time")
)

// total is what a run has shown.
type total struct {
	histories, accepted, rejected, sequences, traces int
	unseen                                           int // rejected, and no sequence broke a promise
}

// TestSoak compares the verdicts of rollout.Judge with what generated code
// does. What is accepted breaks no promise in any sequence; what is rejected
// has a trace that fails for its reason, and some sequence should break a
// promise as well.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go")
	}
	var sum total
	start := time.Now()
	for done := 0; done < *histories; done += *batch {
		var some []uint64
		for i := range min(*batch, *histories-done) {
			some = append(some, *seed+uint64(done+i))
		}
		soakBatch(t, some, &sum)
		if *histories > *batch {
			fmt.Printf("%s: %s\n", time.Since(start).Round(time.Second), sum)
		}
	}
	t.Log(sum)
	assert.NotZero(t, sum.accepted)
	assert.NotZero(t, sum.rejected)
}

func (s total) String() string {
	return fmt.Sprintf("%d histories, %d releases accepted and %d rejected, %d sequences, %d traces fail as they should; %d rejections that no sequence showed",
		s.histories, s.accepted, s.rejected, s.sequences, s.traces, s.unseen)
}

// soaked is a history with the verdicts on its releases.
type soaked struct {
	history
	name     string
	verdicts []rollout.Verdict
}

func soakBatch(t *testing.T, seeds []uint64, sum *total) {
	dir := newModule(t)
	var all []soaked
	var cases []soak.Case
	reasons := map[string]string{} // by package: the last line of the finding
	for _, s := range seeds {
		h := soaked{drawHistory(s), fmt.Sprintf("s%d", s), nil}
		safe := []bool{true}
		h.verdicts = append(h.verdicts, rollout.Verdict{})
		for i := 1; i < len(h.releases); i++ {
			v, err := rollout.Judge(t.Context(), rollout.Case{History: h.releases[:i], New: h.releases[i]})
			require.NoError(t, err)
			require.True(t, v.Complete)
			h.verdicts, safe = append(h.verdicts, v), append(safe, v.Safe())
			for k, f := range v.Findings {
				pkg := fmt.Sprintf("%sr%df%d", h.name, i, k)
				writeTrace(t, dir, pkg, f)
				reasons[pkg] = f.Lines[len(f.Lines)-1]
			}
		}
		all, cases = append(all, h), append(cases, h.story(h.name, safe))
	}
	writeProgram(t, dir, all, reasons)
	text, err := json.Marshal(cases)
	require.NoError(t, err)
	write(t, dir, "cases.json", text)

	out, err := run(t, dir, "test", "-c", "-vet=off", "-o", "soaked.test", ".")
	require.NoError(t, err, out)

	results := play(t, dir, *sequences)
	for _, r := range results {
		h := all[slices.IndexFunc(all, func(h soaked) bool { return h.name == r.Case })]
		sum.sequences += r.Sequences
		v := h.verdicts[r.Release]
		switch {
		case v.Safe():
			sum.accepted++
			assert.Nil(t, r.Shortest, "accepted, and yet: %s", h.describe(t, r))
		default:
			sum.rejected++
			if r.Shortest == nil {
				sum.unseen++
				t.Logf("rejected, and no sequence shows it: %s", h.describe(t, r))
			}
		}
	}
	sum.histories += len(all)
	sum.traces += failTraces(t, dir, reasons)
	require.NoError(t, os.RemoveAll(dir)) // a long run would fill the disk
}

// writeProgram writes the program that plays all histories, and runs the traces.
func writeProgram(t *testing.T, dir string, all []soaked, reasons map[string]string) {
	t.Helper()
	var imports, packages, kinds, traces strings.Builder
	for _, h := range all {
		fmt.Fprintf(&packages, "\t%q: {\n", h.name)
		for i, r := range h.releases {
			if r.Type.Retired {
				packages.WriteString("\t\tnil,\n")
				continue
			}
			alias := fmt.Sprintf("%sr%d", h.name, i)
			expression, enums := h.writePackage(t, dir, alias, r.Type)
			fmt.Fprintf(&imports, "\t%s %q\n", alias, module+"/"+alias+"/thing")
			fmt.Fprintf(&packages, "\t\t%s,\n", expression)
			for _, enum := range enums {
				fmt.Fprintf(&kinds, "\tsoak.Kind[%s]()\n", enum)
			}
		}
		packages.WriteString("\t},\n")
	}
	for pkg := range reasons {
		fmt.Fprintf(&imports, "\t%q\n", module+"/"+pkg)
		fmt.Fprintf(&traces, "\tt.Run(%q, %s.TestRollout)\n", pkg, pkg)
	}
	write(t, dir, "soaked_test.go", []byte(`package soaked

import (
	"testing"

	"github.com/esogen/esogen/internal/rollout/soak"
`+imports.String()+`)

func TestSequences(t *testing.T) {
`+kinds.String()+`
	soak.Main(t, map[string][]*soak.Package{
`+packages.String()+`	})
}

func TestTraces(t *testing.T) {
`+traces.String()+`}
`))
}

// play runs the sequences.
func play(t *testing.T, dir string, sequences int) []soak.Result {
	t.Helper()
	out, err := command(t, dir, "-test.run=TestSequences", "-test.timeout=0", fmt.Sprintf("-soak.n=%d", sequences))
	require.NoError(t, err, out)
	text, err := os.ReadFile(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	var results []soak.Result
	require.NoError(t, json.Unmarshal(text, &results))
	return results
}

// command runs the program.
func command(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "soaked.test"), args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// failTraces runs the traces, and checks that each fails for its reason.
func failTraces(t *testing.T, dir string, reasons map[string]string) int {
	t.Helper()
	if len(reasons) == 0 {
		return 0
	}
	out, err := command(t, dir, "-test.run=TestTraces", "-test.v")
	require.Error(t, err, out)
	failed := 0
	for _, part := range strings.Split(out, "=== RUN   TestTraces/")[1:] {
		pkg, rest, _ := strings.Cut(part, "\n")
		if assert.Contains(t, rest, reasons[pkg], "the trace of %s", pkg) {
			failed++
		}
	}
	assert.Equal(t, len(reasons), strings.Count(out, "--- FAIL: TestTraces/"), "all traces fail: %s", out)
	return failed
}

// describe says all there is to say of a result.
func (h *soaked) describe(t *testing.T, r soak.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, release %s\n", h.name, h.releases[r.Release].Name)
	if r.Shortest != nil {
		fmt.Fprintf(&b, "promise %d: %s\n", r.Shortest.Promise, r.Shortest.Message)
		for _, line := range r.Shortest.Sequence {
			b.WriteString("    " + line + "\n")
		}
		b.WriteString("    " + r.Shortest.Document + "\n")
	}
	for _, f := range h.verdicts[r.Release].Findings {
		b.WriteString("finding:\n    " + strings.Join(f.Lines, "\n    ") + "\n")
	}
	for _, release := range h.releases[:r.Release+1] {
		text, err := golden.Marshal(release.Type)
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s: %s\n", release.Name, text)
	}
	return b.String()
}
