package baseline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// repository is the git repository that a project lies in. All that is asked
// of git is to read: no command of it writes, runs a hook, starts a monitor or
// a pager, talks to another machine, or asks for a password.
type repository struct {
	dir    string // the project directory
	within string // the project directory as seen from the top of the repository, with slashes: "." or "products/a"
}

// errNoGit and errOutside say why there is no repository.
var (
	errNoGit   = errors.New("git is not installed")
	errOutside = errors.New("the project is not in a git repository")
)

// open finds the repository once.
func (l *loader) open(ctx context.Context) (*repository, error) {
	if l.repo != nil {
		return l.repo, nil
	}
	r := &repository{dir: l.Root}
	prefix, err := r.git(ctx, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	r.within = path.Clean(strings.TrimSuffix(string(prefix), "\n"))
	l.repo = r
	return r, nil
}

// gitError is what git said when it failed.
type gitError struct {
	command string
	said    string // its last words
	code    int
}

func (e *gitError) Error() string { return fmt.Sprintf("git %s: %s", e.command, e.said) }

// git runs a command of git and returns what it prints.
func (r *repository) git(ctx context.Context, in io.Reader, command string, args ...string) ([]byte, error) {
	safe := []string{"--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "protocol.allow=never", command}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir = r.dir
	cmd.Env = environment(os.Environ())
	cmd.Stdin = in
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err == nil:
		return out.Bytes(), nil
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, exec.ErrDot):
		return nil, errNoGit
	case strings.Contains(said.String(), "not a git repository"):
		return nil, errOutside
	}
	failed := &gitError{command: command, said: lastLine(said.String()), code: -1}
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		failed.code = exited.ExitCode()
	}
	if failed.said == "" {
		failed.said = err.Error()
	}
	return nil, failed
}

// lastLine returns where git says what stopped it.
func lastLine(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if fatal, ok := strings.CutPrefix(line, "fatal: "); ok {
			return fatal
		}
		if line != "" {
			last = line
		}
	}
	return last
}

// environment is that of git: without what a hook that runs esogen has set to
// point at its own repository, in English, and at peace with other processes.
func environment(from []string) []string {
	var env []string
	for _, variable := range from {
		name, _, _ := strings.Cut(variable, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE":
			continue
		}
		if strings.HasPrefix(name, "GIT_TRACE") {
			continue
		}
		env = append(env, variable)
	}
	return append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_PAGER=cat", "LC_ALL=C", "LANGUAGE=C")
}

// resolve returns the id of the commit that a ref names, or "".
func (r *repository) resolve(ctx context.Context, ref string) (string, error) {
	// A ref that is not there exits with 1, and says nothing; one that cannot
	// be one, or is not a commit, with 128.
	out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if failed, ok := errors.AsType[*gitError](err); ok && (failed.code == 1 || failed.code == 128) {
		return "", nil
	}
	return strings.TrimSpace(string(out)), err
}

// isShallow reports whether history ends early.
func (r *repository) isShallow(ctx context.Context) bool {
	out, err := r.git(ctx, nil, "rev-parse", "--is-shallow-repository")
	return err == nil && strings.TrimSpace(string(out)) == "true"
}

const unshallow = `run "git fetch --unshallow"; in GitHub Actions, give actions/checkout fetch-depth: 0`

// commit reads the baseline git:REF.
func (l *loader) commit(ctx context.Context, baseline, ref string) (Release, error) {
	failed := func(hint, format string, args ...any) (Release, error) {
		return Release{}, &Error{baseline, fmt.Sprintf("the baseline %q: ", baseline) + fmt.Sprintf(format, args...), hint}
	}
	switch {
	case ref == "":
		return failed("write git:REF with a branch, a tag or a commit", "it names no ref")
	case strings.HasPrefix(ref, "-"), strings.ContainsAny(ref, "\x00\n"):
		return failed("write git:REF with a branch, a tag or a commit", "%q is not a ref", ref)
	}
	repo, err := l.open(ctx)
	if err != nil {
		return Release{}, gitTrouble(ctx, baseline, err)
	}
	id, err := repo.resolve(ctx, ref)
	if err != nil {
		return Release{}, gitTrouble(ctx, baseline, err)
	}
	if id == "" {
		if repo.isShallow(ctx) {
			return failed(unshallow, "there is no commit %q here, and the clone is shallow", ref)
		}
		return failed(missing(ref), "there is no commit %q here", ref)
	}
	types, _, err := l.at(ctx, repo, baseline, id)
	return Release{Name: ref, Types: types, Source: baseline}, err
}

// missing says where refs come from.
func missing(ref string) string {
	if remote, branch, ok := strings.Cut(ref, "/"); ok && remote == "origin" {
		return fmt.Sprintf("run \"git fetch origin %s\"", branch)
	}
	return `"git branch --all" and "git tag" show what is here; "git fetch --tags" gets what is not`
}

// gitTrouble makes an *Error of what kept git from answering.
func gitTrouble(ctx context.Context, baseline string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	hint := ""
	if e, ok := errors.AsType[*Error](err); ok {
		hint = e.Hint
	}
	switch {
	case errors.Is(err, errNoGit):
		hint = "install git, or name a project directory or release:NAME"
	case errors.Is(err, errOutside):
		hint = "name a project directory or release:NAME, or begin a repository with \"git init\""
	case strings.Contains(err.Error(), "dubious ownership"):
		hint = `the repository belongs to another user; "git config --global --add safe.directory DIR" trusts it`
	}
	if baseline == "" {
		return &Error{Message: err.Error(), Hint: hint}
	}
	return &Error{baseline, fmt.Sprintf("the baseline %q: %s", baseline, err), hint}
}

// inRepository returns a directory of the project as seen from the top of the
// repository, or an error where it lies outside.
func (r *repository) inRepository(dir string) (string, error) {
	full := path.Join(r.within, filepath.ToSlash(dir))
	if full == ".." || strings.HasPrefix(full, "../") {
		return "", fmt.Errorf("%q is outside of the repository", slashed(dir))
	}
	return full, nil
}
