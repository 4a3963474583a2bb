package baseline

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// Shipped is what was released, or may have been, and so must stay in the
// golden files.
type Shipped struct {
	// Recorded means that the project has a ledger; Lost, that it has none,
	// and the merge base has one.
	Recorded, Lost bool

	// Branch is what messages call the merge base, or "" if there is none.
	Branch string

	types map[string]*definition.Type
	bases []fs.FS // golden directories
}

// Before returns a golden file as the merge base has it, or nil.
func (s *Shipped) Before(path string) []byte {
	var files [][]byte
	for _, base := range s.bases {
		if data, err := fs.ReadFile(base, path); err == nil {
			files = append(files, data)
		}
	}
	return bytes.Join(files, []byte("\n"))
}

// Held returns what must stay of a file of sealed documents or pins. The name of
// its type is "" if the specs do not have it. With unreleased, somebody has said
// that nothing shipped, which counts for a project without a ledger.
func (s *Shipped) Held(name, path string, unreleased bool) golden.Held {
	if unreleased && !s.Recorded {
		return golden.Held{}
	}
	t := s.types[name]
	if name == "" {
		for _, other := range s.types {
			if golden.SealedPath(other) == path || golden.PinsPath(other) == path {
				t = other
			}
		}
	}
	return golden.Held{Type: t, Before: s.Before(path), Branch: s.Branch, Shipped: !s.Recorded, All: s.Lost}
}

// ReadShipped reads the ledger, and the golden files of the merge base with
// the default branch: during a merge, of what is merged, too. Where git cannot
// tell the merge base, what is committed counts as such. The error is about
// the ledger.
func ReadShipped(ctx context.Context, o Options) (*Shipped, error) {
	l := newLoader(o)
	s := &Shipped{types: map[string]*definition.Type{}}
	entries, err := l.ledger(ctx)
	if err != nil {
		return nil, err
	}
	s.Recorded = len(entries) > 0
	releases := releasesOf(entries)
	if err := l.bases(ctx, s); err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, base := range s.bases {
		if found, err := entryFiles(base); err == nil && len(found) > 0 {
			s.Lost = !s.Recorded
		}
		before, err := l.types.ledger(ctx, base)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil { // what cannot be read there, nobody could go by
			releases = append(releasesOf(before), releases...)
		}
	}
	for _, r := range Counted(releases) {
		for _, t := range r.Types {
			if have := s.types[t.Name]; have == nil || len(t.Models) >= len(have.Models) {
				s.types[t.Name] = t
			}
		}
	}
	return s, nil
}

func releasesOf(entries []Entry) []Release {
	releases := make([]Release, len(entries))
	for i := range entries {
		releases[i] = entries[i].Release
	}
	return releases
}

// bases finds the golden files of the merge base.
func (l *loader) bases(ctx context.Context, s *Shipped) error {
	repo, err := l.open(ctx)
	if err != nil {
		return err
	}
	_, dir, err := l.places()
	if err != nil {
		return err
	}
	if dir, err = repo.inRepository(dir); err != nil {
		return err
	}
	ids, err := repo.mergeBases(ctx, s)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t, err := repo.tree(ctx, id)
		if err != nil {
			return err
		}
		if err := repo.read(ctx, t, func(name string) bool { return below(dir, name) }); err != nil {
			return err
		}
		base, err := fs.Sub(fstest.MapFS(t.files), dir)
		if err != nil {
			return err
		}
		s.bases = append(s.bases, base)
	}
	return nil
}

// mergeBases returns the commits whose golden files count as before the
// change.
func (r *repository) mergeBases(ctx context.Context, s *Shipped) ([]string, error) {
	head, err := r.resolve(ctx, "HEAD")
	if err != nil || head == "" {
		return nil, err
	}
	branch, tip, err := r.defaultBranch(ctx)
	if _, none := errors.AsType[*Error](err); none {
		s.Branch = "HEAD"
		return []string{head}, nil
	} else if err != nil {
		return nil, err
	}
	var ids []string
	for _, ref := range []string{"HEAD", "MERGE_HEAD"} {
		id, err := r.resolve(ctx, ref)
		if err != nil {
			return nil, err
		}
		if id == "" {
			continue
		}
		out, err := r.git(ctx, nil, "merge-base", id, tip)
		if failed, ok := errors.AsType[*gitError](err); ok && failed.code == 1 {
			out = []byte(id)
		} else if err != nil {
			return nil, err
		}
		if id = strings.TrimSpace(string(out)); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	s.Branch = branch
	return ids, nil
}
