package cli

import (
	"bytes"
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/rollout"
)

// traceTest keeps what the simulator found, for check --trace-test.
type traceTest struct {
	file  string
	mutex sync.Mutex
	found []rollout.Finding
}

// checkTraceTest refuses a file that go test would not look at.
func checkTraceTest(file string) error {
	if file == "" || strings.HasSuffix(file, "_test.go") {
		return nil
	}
	return hinted(fmt.Errorf("--trace-test names %q, which is no Go test", file), "let the name of the file end in _test.go")
}

// judge is rollout.Judge, and keeps the findings. Types are judged in parallel.
func (t *traceTest) judge(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
	v, err := rollout.Judge(ctx, c)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.found = append(t.found, v.Findings...)
	return v, err
}

// writeTraceTest writes the trace of the first finding that has one.
func (a *app) writeTraceTest(ctx context.Context, t *traceTest, result *check.Result) error {
	for i := range result.Findings {
		f := &result.Findings[i]
		at := slices.IndexFunc(t.found, func(found rollout.Finding) bool { return isOf(f, &found) })
		if at < 0 {
			continue
		}
		if err := a.writeTrace(ctx, t.file, t.found[at]); err != nil {
			return fmt.Errorf("write the trace of %q to %q: %w", f.Rule, t.file, err)
		}
		a.say("%s: a test that fails for the first rollout finding, %s", t.file, f.Rule)
		return nil
	}
	a.say("no finding has a trace that a test can play: %s is not written", t.file)
	return nil
}

// isOf tells whether the finding of the check tells the trace of the
// simulator's.
func isOf(f *check.Finding, found *rollout.Finding) bool {
	return found.Playable() && f.Type == found.Type && len(found.Lines) > 0 && len(f.Trace) >= len(found.Lines) &&
		slices.Equal(f.Trace[len(f.Trace)-len(found.Lines):], found.Lines)
}

func (a *app) writeTrace(ctx context.Context, file string, f rollout.Finding) error {
	path := a.path(file)
	var source bytes.Buffer
	if err := rollout.WriteTraceTest(&source, testPackage(filepath.Dir(path), filepath.Base(path)), f); err != nil {
		return err
	}
	dir := a.within(filepath.Dir(file))
	changes, err := dir.Compare(ctx, files.Tree{filepath.Base(path): source.Bytes()})
	if err == nil {
		err = dir.Write(ctx, changes)
	}
	return err
}

// testPackage returns the name of the external test package of a directory:
// go test takes no other one beside the Go files that are there.
func testPackage(dir, except string) string {
	names, _ := filepath.Glob(filepath.Join(globbed(dir), "*.go")) // the pattern is well-formed
	for _, name := range names {
		if filepath.Base(name) == except {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err == nil {
			return strings.TrimSuffix(file.Name.Name, "_test") + "_test"
		}
	}
	return "rollout_test"
}
