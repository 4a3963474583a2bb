// Package docs_test runs what the documentation shows.
//
// In a page, a fence
//
//	```console
//
// is a session: each line that begins with "$ " is run by sh, together with the
// lines right below it that begin with "> ", and what follows must be its
// output, standard error included. A fence whose info string names a file, such
// as
//
//	```cue specs/token.cue
//
// puts that file there. Each page has an empty folder of its own, or a copy of
// the repository if it says so: <!-- run in: the repository -->. A command that
// only changes the directory does so for the rest of the page. "go tool esogen"
// is the program built from this repository. A command in a comment runs too:
//
//	<!-- run: go mod edit -replace=… -->
//
// It stands in for what a test cannot do, such as downloading a release;
// $REPOSITORY is this repository. A page that exports ESOGEN_PASSPHRASE in a fence, or says that it is set,
// that does not run has one.
//
// go test ./docs -update writes the outputs into the pages.
package docs_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the outputs of commands into the pages")

const inRepository = "<!-- run in: the repository -->"

func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it compiles and runs what every page shows, for minutes")
	}
	tool := buildTool(t)
	for _, page := range pages(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			require.NoError(t, err)
			folder := t.TempDir()
			if strings.Contains(string(text), inRepository) {
				copyRepository(t, folder)
			}
			got := run(t, string(text), folder, tool)
			if *update {
				require.NoError(t, os.WriteFile(page, []byte(got), 0o644))
				return
			}
			if got != string(text) {
				t.Errorf("go test ./docs -update writes it anew:\n%s", udiff.Unified(page, "as it runs", string(text), got))
			}
		})
	}
}

// pages are the README and all pages of this folder.
func pages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	require.NoError(t, err)
	return append(pages, filepath.Join("..", "README.md"))
}

// TestLinks checks that links between files of the repository lead somewhere.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`)
	fence := regexp.MustCompile("(?ms)^```.*?^```")
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			assert.FileExists(t, filepath.Join(filepath.Dir(page), match[1]), "a link of %s", page)
		}
	}
}

// TestCommandsAreDocumented checks that each command has a section.
func TestCommandsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("command-line.md")
	require.NoError(t, err)
	help, err := exec.Command(filepath.Join(buildTool(t), "esogen"), "help").Output()
	require.NoError(t, err)
	_, list, ok := strings.Cut(string(help), "Available Commands:\n")
	require.True(t, ok)
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		name := strings.Fields(line)[0]
		if name != "help" {
			assert.Regexp(t, `(?m)^## (.*, )?`+name+`\b`, string(page), "the command %s has no section", name)
		}
	}
}

// buildTool builds esogen, and returns the folder that it is in.
func buildTool(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	cmd := exec.Command("go", "build", "-o", folder, "../cmd/esogen")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return folder
}

// copyRepository copies what git knows, and what it would not ignore.
func copyRepository(t *testing.T, folder string) {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = ".."
	list, err := cmd.Output()
	if err != nil {
		t.Skipf("copies the files that git tracks, and this is not a git checkout: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted, but not yet from the index
		}
		require.NoError(t, err)
		content, err := os.ReadFile(filepath.Join("..", name))
		require.NoError(t, err)
		writeFile(t, filepath.Join(folder, name), string(content), info.Mode().Perm())
	}
	// A clone is a git repository, where changes can be undone.
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "clone"}} {
		cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.hooksPath="}, args...)...)
		cmd.Dir = folder
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
}

func writeFile(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), mode))
}

// run goes through a page and returns it with the outputs that its commands
// have.
func run(t *testing.T, page, folder, tool string) string {
	t.Helper()
	var b strings.Builder
	repository, err := filepath.Abs("..")
	require.NoError(t, err)
	sh := &shell{t: t, folder: folder, directory: folder, tool: tool, repository: repository}
	if strings.Contains(page, "\nexport ESOGEN_PASSPHRASE=") || strings.Contains(page, "in `ESOGEN_PASSPHRASE` here") {
		sh.env = []string{"ESOGEN_PASSPHRASE=the passphrase of the page"}
	}
	lines := strings.SplitAfter(page, "\n")
	for i := 0; i < len(lines); i++ {
		b.WriteString(lines[i])
		if hidden := hiddenRun.FindStringSubmatch(strings.TrimSpace(lines[i])); hidden != nil {
			output, err := sh.run(hidden[1])
			require.NoError(t, err, "%s: %s", hidden[1], output)
		}
		info, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "```")
		if !ok {
			continue
		}
		body := i + 1
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != "```"; i++ {
		}
		content := strings.Join(lines[body:i], "")
		_, file, _ := strings.Cut(info, " ")
		switch {
		case info == "console":
			content = sh.session(content)
		case file != "":
			writeFile(t, filepath.Join(folder, file), content, 0o644)
		}
		b.WriteString(content)
		if i < len(lines) {
			b.WriteString(lines[i])
		}
	}
	return b.String()
}

var hiddenRun = regexp.MustCompile(`^<!-- run: (.*) -->$`)

// shell runs the commands of one page.
type shell struct {
	t         *testing.T
	folder    string // the page's own
	directory string // where it is now
	tool      string // where esogen is

	repository string
	env        []string // beyond that of this process
}

// session runs the commands of a console fence.
func (sh *shell) session(content string) string {
	var b strings.Builder
	lines := slices.Collect(strings.Lines(content))
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue // old output
		}
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "> ") {
			i++
			line += lines[i]
			command += strings.TrimPrefix(lines[i], "> ")
		}
		text, _ := sh.run(command)
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		var old strings.Builder
		for i+1 < len(lines) && !strings.HasPrefix(lines[i+1], "$ ") {
			i++
			old.WriteString(lines[i])
		}
		if unplaced(old.String()) == unplaced(text) {
			text = old.String()
		}
		b.WriteString(line + text)
	}
	return b.String()
}

// run returns the output of a command, settled, and its error.
func (sh *shell) run(command string) (string, error) {
	sh.t.Helper()
	if to, ok := strings.CutPrefix(strings.TrimSpace(command), "cd "); ok && !strings.ContainsAny(to, " &|;") {
		sh.directory = filepath.Join(sh.directory, to)
		require.DirExists(sh.t, sh.directory)
		return "", nil
	}
	return sh.runLiterally(strings.ReplaceAll(command, "go tool esogen", "esogen"))
}

func (sh *shell) runLiterally(command string) (string, error) {
	sh.t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = sh.directory
	cmd.Env = append(os.Environ(), "PATH="+sh.tool+string(os.PathListSeparator)+os.Getenv("PATH"), "GOBIN="+sh.tool, "GOWORK=off", "REPOSITORY="+sh.repository)
	cmd.Env = append(cmd.Env, sh.env...)
	output, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		require.NoError(sh.t, err)
	}
	if offline.Match(output) {
		sh.t.Skipf("%s: asks the module proxy for modules that are not in the cache, and does not reach it", command)
	}
	return settle(string(output), sh.folder), err
}

var goPlace = regexp.MustCompile(`\.go:[0-9]+(:[0-9]+)?:`)

// unplaced takes the places in Go files out of an output: they move with every
// edit of this repository.
func unplaced(output string) string { return goPlace.ReplaceAllString(output, ".go:") }

// offline is what the go command says where it may not, or cannot, download.
var offline = regexp.MustCompile(`dial tcp|module lookup disabled by GOPROXY|no such host|proxyconnect`)

var (
	fetched = regexp.MustCompile(`(?m)^go: downloading .*\n`)
	seconds = regexp.MustCompile(`\b[0-9]+\.[0-9]{2,3}s\b`)
	cached  = regexp.MustCompile(`\t\(cached\)`)
	days    = regexp.MustCompile(`\b(made|retired|shredded) 20[0-9]{2}-[0-9]{2}-[0-9]{2}\b`)
	moments = regexp.MustCompile(`\b20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z (shred|confirm)\b`)
)

// settle replaces what differs from run to run: times, days, the folder, and what
// Go had to download.
func settle(output, folder string) string {
	output = strings.ReplaceAll(output, folder, "FOLDER")
	output = fetched.ReplaceAllString(output, "")
	output = cached.ReplaceAllString(output, "\t0.01s")
	output = days.ReplaceAllString(output, "$1 2026-11-30")
	output = moments.ReplaceAllString(output, "2026-11-30T09:00:00Z $1")
	return seconds.ReplaceAllString(output, "0.01s")
}
