package cli

import (
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/emit"
	"github.com/esogen/esogen/internal/files"
	"github.com/esogen/esogen/internal/golden"
)

func (a *app) generateCommand() *cobra.Command {
	var how checking
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write the Go packages of the specs",
		Long: `generate writes one Go package per type into the directory of the generated
code. It removes packages that no spec declares any more; files without
esogen's header are left alone. Golden files are not touched: see "esogen
golden".`,
		Example: `  go tool esogen generate
  go tool esogen generate --check        in CI
  go tool esogen generate -C product     the specs of product/, into product/generated`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.generate(cmd.Context(), how) },
	}
	how.flags(cmd)
	return cmd
}

func (a *app) generate(ctx context.Context, how checking) error {
	types, err := a.load(ctx, true)
	if err != nil {
		return err
	}
	tree, err := a.emit(ctx, types)
	if err != nil {
		return err
	}
	t := target{command: "esogen generate", types: len(live(types)), Dir: a.within(a.gen)}
	t.Depth, t.Owned = 1, generated
	if how.check {
		return a.report(ctx, t, tree, nil, how.json, "")
	}
	return a.write(ctx, t, tree)
}

// generated reports whether esogen wrote a file. Its packages are one level deep.
// The marker of a merge conflict may come before the header.
func generated(path string, head []byte) bool {
	return strings.Count(path, "/") == 1 && files.FirstLine(golden.WithoutMarker(head)) == emit.Header
}

// live returns the types that are not retired.
func live(types []*definition.Type) []*definition.Type {
	var found []*definition.Type
	for _, t := range types {
		if t.Live() {
			found = append(found, t)
		}
	}
	return found
}

// emit generates all packages, on all processors.
func (a *app) emit(ctx context.Context, types []*definition.Type) (files.Tree, error) {
	goldenDir, err := a.goldenFromPackage()
	if err != nil {
		return nil, err
	}
	tree, mu := files.Tree{}, sync.Mutex{}
	progress := a.progress("generating", len(types))
	defer progress.end()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range live(types) {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			pkg, err := emitPackage(t, goldenDir)
			if err != nil {
				return fmt.Errorf("type %q: %w", t.Name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(tree, pkg)
			progress.step()
			return nil
		})
	}
	return tree, group.Wait()
}

func emitPackage(t *definition.Type, goldenDir string) (files.Tree, error) {
	fingerprint, err := golden.Fingerprint(t)
	if err != nil {
		return nil, err
	}
	pkg, err := emit.Package(t, emit.Options{GoldenDir: goldenDir, Fingerprint: fingerprint})
	if err != nil {
		return nil, err
	}
	tree := files.Tree{}
	for name, content := range pkg {
		tree[path.Join(t.Package(), name)] = content
	}
	return tree, nil
}

// goldenFromPackage returns the relative path from the folder of a generated package to
// the golden files, which its tests read.
func (a *app) goldenFromPackage() (string, error) {
	from, err := filepath.Abs(filepath.Join(a.path(a.gen), "package"))
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(a.path(a.golden))
	if err != nil {
		return "", err
	}
	way, err := filepath.Rel(from, to)
	if err != nil {
		return "", fmt.Errorf("there is no relative path from %q to %q", a.gen, a.golden)
	}
	return filepath.ToSlash(way), nil
}
