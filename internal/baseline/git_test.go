package baseline

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	schema "github.com/esogen/esogen/eso"
	"github.com/esogen/esogen/internal/golden"
)

const tokenSpec = `package specs

import "github.com/esogen/esogen/eso"

token: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	models: "1": {attributes: {owner: string, key: string}, encrypted: ["key"], aad: ["owner"]}
}
`

// commit puts files into a repository, by their paths, and commits them.
func commit(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		gitIn(t, dir, "init", "-q", "-b", "main", ".")
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	}
	gitIn(t, dir, "add", "-A")
	gitIn(t, dir, "commit", "-q", "-m", "a commit")
}

func gitIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(environment(os.Environ()), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func goldenOf(t *testing.T, doc string) string {
	t.Helper()
	data, err := golden.Marshal(token(doc, 1))
	require.NoError(t, err)
	return string(data)
}

// What CUE looks at above the specs comes out of the commit, too: files of the
// same package, and the module with its schema.
func TestSpecsOfACommitHaveTheirModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{
		"mono/products/a/specs/token.cue":  tokenSpec,
		"mono/products/shared.cue":         "package specs\n\nother: token\n",
		"mono/products/b/specs/broken.cue": "package specs\n\n]",
		"top.cue":                          "package specs\n\n]", // above the module
	}
	for name, text := range schema.ModuleFiles("product.example@v0") {
		files["mono/"+name] = string(text)
	}
	commit(t, dir, files)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "mono", "cue.mod")))

	set, err := Load(t.Context(), in(filepath.Join(dir, "mono", "products", "a"), "git:HEAD"))
	require.NoError(t, err)
	require.Len(t, set.Releases, 1)
	assert.Equal(t, "HEAD", set.Releases[0].Name)
	assert.Equal(t, "git:HEAD", set.Releases[0].Source)
	assert.NotNil(t, set.Releases[0].Type("token"))
	assert.NotNil(t, set.Releases[0].Type("other"))
}

func TestMergeBase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	commit(t, dir, map[string]string{
		"p/golden/definitions/token.json": goldenOf(t, "One."),
		"p/golden/sealed/token.jsonl":     "{}\n",
		"p/specs/token.cue":               "not CUE, and not looked at",
	})
	gitIn(t, dir, "checkout", "-q", "-b", "feature")
	commit(t, dir, map[string]string{"p/golden/definitions/token.json": goldenOf(t, "Two.")})
	gitIn(t, dir, "checkout", "-q", "main")
	commit(t, dir, map[string]string{"p/golden/definitions/token.json": goldenOf(t, "Three.")})
	gitIn(t, dir, "checkout", "-q", "feature")

	set, err := Load(t.Context(), in(filepath.Join(dir, "p")))
	require.NoError(t, err)
	assert.Empty(t, set.Releases, "the merge base is no release")
	assert.Empty(t, set.Notes)
	require.NotNil(t, set.MergeBase)
	assert.Equal(t, "main", set.MergeBase.Name)
	assert.Equal(t, "One.", set.MergeBase.Type("token").Doc)
	sealed, err := fs.ReadFile(set.MergeBaseFiles, "sealed/token.jsonl")
	require.NoError(t, err)
	assert.Equal(t, "{}\n", string(sealed))

	again, err := Load(t.Context(), in(filepath.Join(dir, "p"), set.MergeBase.Source, "git:main", "git:feature"))
	require.NoError(t, err)
	for i, doc := range []string{"One.", "Three.", "Two."} {
		assert.Equal(t, doc, again.Releases[i].Type("token").Doc)
	}
	assert.Same(t, again.Releases[0].Type("token"), again.MergeBase.Type("token"))
}

// A merge base that cannot be read is a note: it is nothing that was asked for.
func TestABrokenMergeBaseIsANote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	commit(t, dir, map[string]string{"specs/token.cue": "package specs\n\n]"})
	set, err := Load(t.Context(), in(dir))
	require.NoError(t, err)
	assert.Nil(t, set.MergeBase)
	require.Len(t, set.Notes, 1)
	assert.Contains(t, set.Notes[0], "specs/token.cue:3:1")
	assert.NotContains(t, set.Notes[0], "\n")
}

// Nothing that a repository configures is run.
func TestNothingIsRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	commit(t, dir, map[string]string{"specs/token.cue": tokenSpec})
	trap, sprung := filepath.Join(dir, "trap"), filepath.Join(dir, "sprung")
	require.NoError(t, os.WriteFile(trap, []byte("#!/bin/sh\ntouch '"+sprung+"'\n"), 0o777))
	hooks := filepath.Join(dir, ".git", "hooks")
	require.NoError(t, os.MkdirAll(hooks, 0o777))
	for _, hook := range []string{"post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"} {
		require.NoError(t, os.WriteFile(filepath.Join(hooks, hook), []byte("#!/bin/sh\ntouch '"+sprung+"'\n"), 0o777))
	}
	gitIn(t, dir, "config", "core.fsmonitor", trap)
	gitIn(t, dir, "config", "core.pager", trap)
	gitIn(t, dir, "config", "core.sshCommand", trap)
	gitIn(t, dir, "config", "alias.rev-parse", "!"+trap)
	os.Remove(sprung)
	_, err := Load(t.Context(), in(dir, "git:HEAD", "git:main"))
	require.NoError(t, err)
	assert.NoFileExists(t, sprung)
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := strings.Join(environment([]string{"HOME=/h", "GIT_DIR=/x", "GIT_INDEX_FILE=y", "GIT_TRACE2_EVENT=1", "GIT_CONFIG_COUNT=1", "LC_ALL=de_DE"}), "\n")
	for _, kept := range []string{"HOME=/h", "GIT_CONFIG_COUNT=1"} {
		assert.Contains(t, env, kept)
	}
	for _, gone := range []string{"GIT_DIR=", "GIT_INDEX_FILE=", "GIT_TRACE2_EVENT="} {
		assert.NotContains(t, env, gone)
	}
	assert.Greater(t, strings.LastIndex(env, "LC_ALL=C"), strings.Index(env, "LC_ALL=de_DE"), "the last one counts")
}

func TestCueSees(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a/specs/x.cue", "a/x.cue", "x.cue", "cue.mod/pkg/b/y.cue", "a/cue.mod/module.cue", "a/specs/cue.mod/module.cue"} {
		assert.True(t, cueSees("a/specs", name), name)
	}
	for _, name := range []string{"a/specs/x.json", "a/specs/deep/x.cue", "b/x.cue", "b/cue.mod/module.cue", "a/spec/x.cue"} {
		assert.False(t, cueSees("a/specs", name), name)
	}
	assert.True(t, cueSees(".", "x.cue"))
}

func FuzzReadEntry(f *testing.F) {
	files := recorded(f, nil, Recording{Name: "v1", Types: repositoryTypes(f), Flags: []string{"a"}, Pins: map[string]string{"a": "b"}})
	f.Add(files[EntryPath("v1")])
	f.Add([]byte(`{"format": "esogen-release/3"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := newParsed().entry("v1.json", data)
		if err != nil || begins(unixLines(data), entryFormat1) {
			return
		}
		assert.Equal(t, string(unixLines(data)), string(e.layOut()))
		if entry, err := read1("v1.json", data, files); err == nil {
			assert.Len(t, entry.Types, e.count)
		}
	})
}
