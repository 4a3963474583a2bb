package baseline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// defaultBranches are where the default branch is looked for, in this order.
// Clones know origin/HEAD; what CI systems fetch often does not.
var defaultBranches = []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"}

// mergeBase reads what the default branch held where the one that is checked
// out left it, and the golden directory there. The error says why there is none:
// in a few words where the commit is older than the project.
func (l *loader) mergeBase(ctx context.Context) (Release, fs.FS, error) {
	repo, err := l.open(ctx)
	if err != nil {
		return Release{}, nil, err
	}
	branch, tip, err := repo.defaultBranch(ctx)
	if err != nil {
		return Release{}, nil, err
	}
	id, err := repo.commonAncestor(ctx, branch, tip)
	if err != nil {
		return Release{}, nil, err
	}
	source := "git:" + id
	types, golden, err := l.at(ctx, repo, source, id)
	if t := l.trees[id]; err != nil && t != nil {
		if specs, _, relative := l.places(); relative == nil && !t.hasSpecs(path.Join(repo.within, slashed(specs))) {
			err = fmt.Errorf("commit %.8s, where %q was left, has no specs", id, branch)
		}
	}
	return Release{Name: branch, Types: types, Source: source}, golden, err
}

func (r *repository) defaultBranch(ctx context.Context) (name, tip string, err error) {
	for _, name := range defaultBranches {
		tip, err := r.resolve(ctx, name)
		if err != nil {
			return "", "", err
		}
		if tip == "" {
			continue
		}
		if name == "origin/HEAD" {
			if out, err := r.git(ctx, nil, "rev-parse", "--abbrev-ref", name); err == nil {
				name = strings.TrimSpace(string(out))
			}
		}
		return name, tip, nil
	}
	failed := &Error{Message: "no default branch: none of " + strings.Join(defaultBranches, ", ")}
	if r.isShallow(ctx) {
		failed.Hint = "the clone is shallow: " + unshallow
	}
	return "", "", failed
}

func (r *repository) commonAncestor(ctx context.Context, branch, tip string) (string, error) {
	head, err := r.resolve(ctx, "HEAD")
	if err != nil {
		return "", err
	}
	if head == "" {
		return "", errors.New("nothing is committed yet")
	}
	out, err := r.git(ctx, nil, "merge-base", head, tip)
	if failed, ok := errors.AsType[*gitError](err); ok && failed.code == 1 {
		none := &Error{Message: fmt.Sprintf("HEAD and %q have no commit in common", branch)}
		if r.isShallow(ctx) {
			none.Hint = "the clone is shallow: " + unshallow
		}
		return "", none
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}
