package cli

import (
	"bytes"
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/rollout"
)

// checkTraceTest refuses a file that go test would not look at.
func checkTraceTest(file string) error {
	if file == "" || strings.HasSuffix(file, "_test.go") {
		return nil
	}
	return hinted(fmt.Errorf("--trace-test names %q, which is not a Go test", file), "let the name of the file end in _test.go")
}

// writeTraceTest writes the trace of the first finding that has one which a test
// can play.
func (a *app) writeTraceTest(ctx context.Context, file string, result *check.Result) error {
	for i := range result.Findings {
		f := &result.Findings[i]
		if f.Origin == nil || !f.Origin.Playable() {
			continue
		}
		if err := a.writeTrace(ctx, file, *f.Origin); err != nil {
			return fmt.Errorf("write the trace of %q to %q: %w", f.Rule, file, err)
		}
		a.say("%s: a test that fails for the first rollout finding, %s", file, f.Rule)
		return nil
	}
	a.say("no finding has a trace that a test can play: %s is not written", file)
	return nil
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
