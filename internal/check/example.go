package check

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/esogen/esogen/internal/spec"
)

// exampleRelease is what examples call the release that runs.
const exampleRelease = "v1"

// Source returns the text of an example's spec as a file.
func Source(text string) string {
	if strings.HasPrefix(text, "package ") || strings.HasPrefix(text, "!") {
		return strings.TrimPrefix(text, "!")
	}
	return "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n" + text
}

// Try judges an example: its change against what it says was released. It
// serves "esogen explain", and the tests that hold the examples to their word.
func Try(ctx context.Context, e Example) (Result, error) { return try(ctx, e.Released, e.Change) }

func try(ctx context.Context, released, change string) (Result, error) {
	p := Project{Today: time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	if p.Specs, err = load(ctx, change); err != nil {
		return Result{}, err
	}
	if released != "" {
		before, err := load(ctx, released)
		if err != nil {
			return Result{}, err
		}
		if before.HasErrors() {
			return Result{}, fmt.Errorf("the released spec of an example has an error: %s", before.Diagnostics[0])
		}
		p.Releases = []Release{{Name: exampleRelease, Types: before.Types}}
		p.Ledger = []string{exampleRelease}
	}
	return Run(ctx, p)
}

// load reads one spec from memory.
func load(ctx context.Context, text string) (*spec.Specs, error) {
	files, err := txtar.FS(&txtar.Archive{Files: []txtar.File{{Name: "specs/specs.cue", Data: []byte(Source(text))}}})
	if err != nil {
		return nil, err
	}
	return spec.Load(ctx, spec.Options{Root: ".", FS: files})
}
