package check

import (
	"context"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"github.com/aymanbagabas/go-udiff"
	"golang.org/x/tools/txtar"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/rollout"
	"github.com/esogen/esogen/internal/spec"
)

// Example shows a rule at work. Its specs lack the package clause and the
// import of the schema, unless they begin with one. A spec of several files is
// an archive in the txtar format.
type Example struct {
	Earlier  []string // the specs of the releases before the one that runs, oldest first
	Released string   // the spec of the release that runs; "" if the rule looks at one spec
	Change   string   // the spec that gives exactly this finding
	Instead  string   // the spec that gives none; "" if there is none to show

	// Golden is the golden file that the change rewrites, for rules about
	// files; the specs are then beside the point.
	Golden *Rewritten

	// Moves bounds the simulator, unless it is 0.
	Moves int

	// Seals are the header versions of native seals, for the rule about them.
	Seals *Seals

	// Fault spoils what the simulator says, for findings that need a fault in
	// esogen itself.
	Fault func(rollout.Verdict) rollout.Verdict
}

// Rewritten is a golden file as the merge base has it, or "" if that is
// beside the point, and as the change has it.
type Rewritten struct{ File, Before, After string }

// Seals are the header versions that the ledger has of the release that runs,
// and those that the runtime of the change knows.
type Seals struct{ Released, Change baseline.SealVersions }

// Part is a text that an example shows.
type Part struct{ Title, Language, Text string }

// Parts are what a reader sees of the example, in order, without Instead.
func (e Example) Parts() []Part {
	var parts []Part
	if e.Golden != nil {
		file := "golden/" + e.Golden.File
		if e.Golden.Before == "" {
			return []Part{{"The change:", "cue", e.Change}, {file + ":", "json", e.Golden.After}}
		}
		return []Part{{file + " on the default branch:", "json", e.Golden.Before}, {"The change makes it:", "json", e.Golden.After}}
	}
	if s := e.Seals; s != nil {
		line := func(v baseline.SealVersions) string {
			return fmt.Sprintf("\"seal\": {\"reads\": [%s], \"writes\": %d}\n", strings.TrimPrefix(strings.TrimPrefix(versions(v.Reads), "versions "), "version "), v.Writes)
		}
		return []Part{{"golden/releases/v1.json says:", "json", line(s.Released)}, {"The runtime of the change reads and writes:", "json", line(s.Change)}}
	}
	for i, text := range e.Earlier {
		parts = append(parts, Part{fmt.Sprintf("Released as v%d:", i+1), "cue", text})
	}
	switch {
	case len(e.Earlier) > 0:
		parts = append(parts, Part{fmt.Sprintf("Released as v%d, which runs:", len(e.Earlier)+1), "cue", e.Released})
	case e.Released != "":
		parts = append(parts, Part{"Released:", "cue", e.Released})
	}
	title := "The change:"
	if e.Released == "" {
		title = "For example:"
	}
	return append(parts, Part{title, "cue", strings.ToValidUTF8(e.Change, "\ufffd")})
}

// Short is the part of the example that matters: what the change does to what
// was released, or what to write instead of what gives the finding.
func (e Example) Short() *Part {
	switch {
	case e.Golden != nil && e.Golden.Before == "", e.Seals != nil:
		return nil // the finding says it
	case e.Golden != nil:
		return &Part{Language: "diff", Text: changedLines(e.Golden.Before, e.Golden.After)}
	case e.Released != "":
		return &Part{Language: "diff", Text: changedLines(withoutExceptions(e.Released), withoutExceptions(e.Change))}
	case e.Instead != "":
		return &Part{Language: "diff", Text: changedLines(e.Change, e.Instead)}
	default:
		return &Part{Language: "cue", Text: e.Change}
	}
}

// withoutExceptions leaves out that an example is to give one finding only.
func withoutExceptions(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "exceptions:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// changedLines returns the lines that only one of two texts has, without the
// indentation of a type, and no longer than a page shows.
func changedLines(before, after string) string {
	text, err := udiff.ToUnified("", "", before, udiff.Lines(before, after), 0)
	if err != nil {
		panic(err) // the edits are those of the text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		sign, rest := line[:1], strings.TrimPrefix(strings.ToValidUTF8(strings.TrimSuffix(line[1:], "\n"), "\ufffd"), "\t")
		if strings.HasPrefix(line, "--- \n") || strings.HasPrefix(line, "+++ \n") || sign != "+" && sign != "-" {
			continue
		}
		if runes := []rune(rest); len(runes) > widest {
			rest = string(runes[:widest]) + "…"
		}
		b.WriteString(sign + " " + rest + "\n")
	}
	return b.String()
}

const widest = 150

// Source returns the text of an example's spec as a file.
func Source(text string) string {
	if strings.HasPrefix(text, "package ") || strings.HasPrefix(text, "!") {
		return strings.TrimPrefix(text, "!")
	}
	return "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n" + text
}

// Try judges an example: its change against what it says was released. It
// serves "esogen explain", and the tests that hold the examples to their word.
func Try(ctx context.Context, e Example) (Result, error) {
	p := Project{Today: time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	if p.Specs, err = load(ctx, e.Change); err != nil {
		return Result{}, err
	}
	for i, text := range append(e.Earlier[:len(e.Earlier):len(e.Earlier)], e.Released) {
		if text == "" {
			continue
		}
		before, err := load(ctx, text)
		if err != nil {
			return Result{}, err
		}
		if before.HasErrors() {
			return Result{}, fmt.Errorf("a released spec of an example has an error: %s", before.Diagnostics[0])
		}
		name := fmt.Sprintf("v%d", i+1)
		p.Releases, p.Ledger = append(p.Releases, baseline.Release{Name: name, Types: before.Types}), append(p.Ledger, name)
	}
	if g := e.Golden; g != nil {
		p.MergeBase = &baseline.Release{Name: "main", Types: p.Specs.Types}
		p.MergeBaseGolden = fstest.MapFS{g.File: {Data: []byte(g.Before)}}
		p.Golden = fstest.MapFS{g.File: {Data: []byte(g.After)}}
	}
	if e.Moves != 0 {
		p.Judge = func(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
			return rollout.JudgeWithin(ctx, c, e.Moves)
		}
	}
	if e.Seals != nil && len(p.Releases) > 0 {
		p.Releases[0].Seal, p.Seal = e.Seals.Released, e.Seals.Change
	}
	if e.Fault != nil {
		p.Judge = func(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
			v, err := rollout.Judge(ctx, c)
			return e.Fault(v), err
		}
	}
	return Run(ctx, p)
}

// load reads one spec from memory, or the files of an archive.
func load(ctx context.Context, text string) (*spec.Specs, error) {
	archive := &txtar.Archive{Files: []txtar.File{{Name: "specs/specs.cue", Data: []byte(Source(text))}}}
	if strings.HasPrefix(text, "-- ") {
		archive = txtar.Parse([]byte(text))
	}
	files, err := txtar.FS(archive)
	if err != nil {
		return nil, err
	}
	return spec.Load(ctx, spec.Options{Root: ".", FS: files})
}

// example wraps the body of a type into one, as the examples have it.
func example(body string) string {
	var b strings.Builder
	b.WriteString("token: eso.#Type & {\n\tnamespaces: \"agnostic\"\n\tformat:     \"kibana\"\n")
	for line := range strings.Lines(strings.Trim(body, "\n") + "\n") {
		if line != "\n" {
			b.WriteByte('\t')
		}
		if value, ok := strings.CutPrefix(line, "write: "); ok {
			line = "write:      " + value // as cue fmt has it
		}
		b.WriteString(line)
	}
	b.WriteString("}\n")
	return b.String()
}

// single is example for the namespace kind "single".
func single(body string) string {
	return strings.Replace(example(body), `"agnostic"`, `"single"`, 1)
}

// multiple is example for the namespace kind "multiple", and inNative for the
// native format.
func multiple(body string) string {
	return strings.Replace(example(body), `"agnostic"`, `"multiple"`, 1)
}

func inNative(body string) string {
	return strings.Replace(example(body), `"kibana"`, `"native"`, 1)
}

// isolated is example for native objects of the namespace kind
// "multiple-isolated".
func isolated(body string) string {
	return strings.Replace(inNative(body), `"agnostic"`, `"multiple-isolated"`, 1)
}
