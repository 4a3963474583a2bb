package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// sealed opens the sealed documents of the golden files, on all processors.
func (p *Project) sealed(ctx context.Context) ([]Finding, error) {
	if p.Golden == nil {
		return nil, nil
	}
	found := make([][]Finding, len(p.Specs.Types))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range p.Specs.Types {
		if slices.Contains(p.Specs.Broken, t.Name) {
			continue
		}
		group.Go(func() (err error) {
			found[i], err = p.sealedOf(ctx, t)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

func (p *Project) sealedOf(ctx context.Context, t *definition.Type) ([]Finding, error) {
	file := golden.SealedPath(t)
	data, err := fs.ReadFile(p.Golden, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sealed, err := golden.ReadSealed(ctx, t, data)
	if err != nil {
		return nil, err
	}
	held, release := p.shipped(t.Name)
	var findings []Finding
	if sealed.Conflict {
		f := p.aboutFile("history/sealed-stale", file, "")
		f.Type, f.Line, f.Column = t.Name, 1, 1
		f.Message = fmt.Sprintf("%s has the markers of a merge conflict", f.File)
		f.Hint = `run "esogen golden", which keeps the documents of both sides`
		findings = append(findings, f)
	}
	for _, l := range sealed.Broken(held) {
		id, hint := "history/sealed-stale", `run "esogen golden", which replaces it: no release has its model`
		switch l.Keep {
		case golden.Renewable:
			release = ""
		case golden.Newer:
			id, hint = "history/sealed-lost", "a newer esogen wrote it: take that one"
		default:
			id, hint = "history/sealed-lost", fmt.Sprintf("put the line, or the model, back as %s has it; another model may differ", released(release))
		}
		f := p.aboutFile(id, file, release)
		f.Type, f.Model, f.Line, f.Column = t.Name, l.Model, l.Number, 1
		f.Message, f.Hint = fmt.Sprintf("a sealed document of %q: %v", t.Name, l.Err), hint
		findings = append(findings, f)
	}
	return findings, nil
}

// shipped returns what the releases hold of a type, and the newest of those that
// have most of its models.
func (p *Project) shipped(name string) (held golden.Held, release string) {
	for i := range p.Releases {
		r := &p.Releases[i]
		if t := r.Type(name); t != nil && (held.Type == nil || len(t.Models) >= len(held.Type.Models)) {
			held.Type, release = t, r.Name
		}
	}
	return held, release
}

// broken counts the findings about broken lines of a file.
func broken(findings []Finding, file string) int {
	n := 0
	for i := range findings {
		if path.Clean(findings[i].File) == file && findings[i].Rule == "history/sealed-lost" {
			n++
		}
	}
	return n
}
