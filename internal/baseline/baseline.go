// Package baseline reads what earlier releases declared: from the ledger
// of releases, from another project directory, or from a commit of git.
//
// A baseline is read from its golden definitions if it has some, so that it
// still loads after the language of the specs has moved on, and from its specs
// if it has none. Nothing of a baseline is checked out, run or changed.
package baseline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/esogen/esogen/internal/definition"
)

// Role is what a release is to the new one.
type Role string

const (
	// Live releases run beside the new one, or may come back: what the new
	// release does, they must be able to deal with.
	Live Role = "live"

	// History has left documents.
	History Role = "history"

	// Withdrawn releases were rolled back permanently. Their documents remain, and
	// what they announced counts for nothing.
	Withdrawn Role = "withdrawn"
)

// Release is what one release shipped.
type Release struct {
	// Name is what messages call it: a name of the ledger, a ref of git, the
	// directory as it was given. The merge base has the name of the default
	// branch.
	Name string

	// Types are sorted by name and resolved. Retired ones are among them.
	// Releases that are read from golden definitions share the types that are
	// the same in both: equal pointers mean equal types, not the reverse.
	Types []*definition.Type

	// Source is where it comes from, in words that Options.Against takes:
	// "release:v1", "git:origin/main", "../old".
	Source string

	Role Role

	// What a ledger says beside the definitions; all of it is empty elsewhere.
	Flags []string          // that may be on in the release, sorted
	Seal  SealVersions      // the header versions of native seals that its runtime knows
	Pins  map[string]string // hashes of pinned outputs, by what they pin
}

// Type returns the type of that name, or nil, as it does for a nil release.
func (r *Release) Type(name string) *definition.Type {
	if r == nil {
		return nil
	}
	return find(r.Types, name)
}

// WithRoles gives releases their roles if none has one: the last is live, and
// the others are history.
func WithRoles(releases []Release) []Release {
	if slices.ContainsFunc(releases, func(r Release) bool { return r.Role != "" }) {
		return releases
	}
	releases = slices.Clone(releases)
	for i := range releases {
		releases[i].Role = History
		if i == len(releases)-1 {
			releases[i].Role = Live
		}
	}
	return releases
}

func find(types []*definition.Type, name string) *definition.Type {
	i, found := slices.BinarySearchFunc(types, name, func(t *definition.Type, name string) int { return cmp.Compare(t.Name, name) })
	if !found {
		return nil
	}
	return types[i]
}

// Set is what a new release is compared with.
type Set struct {
	// Releases are those that were released, oldest first, each with its role.
	// Where none is live, nothing runs beside the new release.
	Releases []Release

	// Ledger names the releases of the ledger, whatever the baselines are: in
	// their order where they are the baselines.
	Ledger []string

	// MergeBase is what the default branch held where this one left it. It
	// counts for the history of files and for hints, never as a release. It is
	// nil if there is none; Notes say why.
	MergeBase *Release

	// MergeBaseFiles is the golden directory at the merge base, or nil.
	MergeBaseFiles fs.FS

	// Notes say what was left out, a line each.
	Notes []string

	// Prefix leads from the top of the git repository to the project, with
	// slashes and without a last one. It is "" at the top, and outside of git.
	Prefix string
}

// Last returns the last live release, or nil if nothing is deployed.
func (s *Set) Last() *Release {
	for i := range slices.Backward(s.Releases) {
		if s.Releases[i].Role == Live {
			return &s.Releases[i]
		}
	}
	return nil
}

// Options says where the project is, and what to compare it with.
type Options struct {
	Root string // the project directory

	// The directories of the specs and of the golden files, relative to Root.
	// A baseline has them in the same places.
	Specs, Golden string

	// Against names the baselines, oldest first: a project directory, relative
	// to Root, "git:REF" or "release:NAME". Empty, it is the ledger.
	Against []string

	// Beside names the live releases in the same way; all others are history.
	// Empty, they are the last of Against, or what the ledger says.
	Beside []string
}

// Error says why a baseline cannot be read, and what to do.
type Error struct {
	Baseline string // as Options.Against has it; "" for the ledger as a whole
	Message  string // with the baseline's name in it
	Hint     string // or ""
}

func (e *Error) Error() string { return e.Message }

// Load reads the baselines, and the merge base with the default branch. What
// keeps it from reading a baseline is an *Error, or the error of the context;
// what keeps it from finding the merge base is a note.
func Load(ctx context.Context, o Options) (Set, error) {
	l := newLoader(o)
	var set Set
	if len(o.Against) == 0 {
		entries, err := l.ledger(ctx)
		if err != nil {
			return Set{}, err
		}
		for _, e := range entries {
			set.Releases = append(set.Releases, e.Release)
			set.Ledger = append(set.Ledger, e.Name)
		}
		if note := undecided(entries); note != "" && len(o.Beside) == 0 {
			set.Notes = append(set.Notes, note)
		}
	} else if names, err := l.recordedNames(); err != nil {
		set.Notes = append(set.Notes, noteOf(err))
	} else {
		set.Ledger = names
	}
	for i, name := range o.Against {
		release, err := l.release(ctx, name)
		if err != nil {
			return Set{}, err
		}
		release.Role = History
		if i == len(o.Against)-1 {
			release.Role = Live
		}
		set.Releases = append(set.Releases, release)
	}
	if err := l.beside(ctx, &set); err != nil {
		return Set{}, err
	}
	base, files, err := l.mergeBase(ctx)
	if ctx.Err() != nil {
		return Set{}, ctx.Err()
	}
	if l.repo != nil && l.repo.within != "." {
		set.Prefix = l.repo.within
	}
	if err != nil {
		set.Notes = append(set.Notes, withoutMergeBase(err))
		return set, nil
	}
	set.MergeBase, set.MergeBaseFiles = &base, files
	return set, nil
}

// beside gives the releases that Options.Beside names the role Live, and takes
// it from all others. One that is not among the baselines yet joins them as the
// newest.
func (l *loader) beside(ctx context.Context, set *Set) error {
	if len(l.Beside) == 0 {
		return nil
	}
	for i := range set.Releases {
		if set.Releases[i].Role == Live {
			set.Releases[i].Role = History
		}
	}
	for _, name := range l.Beside {
		release, err := l.release(ctx, name)
		if err != nil {
			return err
		}
		release.Role = Live
		if i := slices.IndexFunc(set.Releases, func(r Release) bool { return r.Source == release.Source }); i >= 0 {
			set.Releases[i].Role = Live
		} else {
			set.Releases = append(set.Releases, release)
		}
	}
	return nil
}

// undecided says which releases two branches recorded under one number, where
// that makes both of them live.
func undecided(entries []Entry) string {
	var names []string
	last := 0
	for _, e := range slices.Backward(entries) {
		if e.Role == Withdrawn || last != 0 && e.Number != last {
			continue
		}
		last = e.Number
		names = append(names, strconv.Quote(e.Name))
	}
	if len(names) < 2 {
		return ""
	}
	slices.Reverse(names)
	return fmt.Sprintf("%s were recorded on different branches, each as number %d: all of them count as live until another release is recorded",
		strings.Join(names, " and "), last)
}

// withoutMergeBase is the note about a merge base that is not there.
func withoutMergeBase(err error) string {
	reason, hint := err.Error(), ""
	if e, ok := errors.AsType[*Error](err); ok && e.Hint != "" {
		hint = "; " + e.Hint
	}
	if errors.Is(err, errOutside) {
		reason = "not a git repository"
	}
	return fmt.Sprintf("no merge base (%s): rules about file history are skipped%s", reason, hint)
}

// noteOf puts an error into one line.
func noteOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Hint != "" {
		return e.Message + "; " + e.Hint
	}
	return err.Error()
}

// Ledger reads the releases of the ledger, oldest first. A project that
// recorded none has an empty one. It is for those who add to the ledger, and so
// takes nothing that is missing from elsewhere.
func Ledger(ctx context.Context, o Options) ([]Entry, error) {
	l := newLoader(o)
	l.strict = true
	return l.ledger(ctx)
}
