// Package projecttest reads the cases of tests: txtar archives that hold specs,
// golden files, and what must come out.
package projecttest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

// Case is one archive.
type Case struct {
	*txtar.Archive
	File string // where it lies
}

// Each runs a test for each archive that the pattern matches, in parallel.
func Each(t *testing.T, pattern string, test func(*testing.T, *Case)) {
	t.Helper()
	t.Parallel()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			test(t, &Case{archive, file})
		})
	}
}

// Parse reads an archive from a text.
func Parse(text string) *Case { return &Case{Archive: txtar.Parse([]byte(text))} }

// Section returns a file of the archive, or nil.
func (c *Case) Section(name string) []byte {
	if i := c.index(name); i >= 0 {
		return c.Files[i].Data
	}
	return nil
}

// Set puts a file into the archive, in its place or at the end. An empty one is
// taken out.
func (c *Case) Set(name, text string) {
	switch i := c.index(name); {
	case text == "" && i >= 0:
		c.Files = slices.Delete(c.Files, i, i+1)
	case text == "":
	case i >= 0:
		c.Files[i].Data = []byte(text)
	default:
		c.Files = append(c.Files, txtar.File{Name: name, Data: []byte(text)})
	}
}

// Save writes the archive back.
func (c *Case) Save(t testing.TB) {
	t.Helper()
	require.NoError(t, os.WriteFile(c.File, txtar.Format(c.Archive), 0o666))
}

// Folders returns the names of the top folders, sorted.
func (c *Case) Folders() []string {
	var found []string
	for _, f := range c.Files {
		if folder, _, ok := strings.Cut(f.Name, "/"); ok {
			found = append(found, folder)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Project returns the files below a folder as a project: specs, which may leave
// out the beginning that [Spec] adds, lie in its directory specs. It is nil if
// there is no such folder.
func (c *Case) Project(folder string) fstest.MapFS {
	var project fstest.MapFS
	for _, f := range c.Files {
		name, ok := strings.CutPrefix(f.Name, folder+"/")
		if !ok {
			continue
		}
		if project == nil {
			project = fstest.MapFS{}
		}
		if strings.HasSuffix(name, ".cue") {
			project["specs/"+name] = &fstest.MapFile{Data: []byte(Spec(string(f.Data)))}
		} else {
			project[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return project
}

// SpecHead is how a spec begins.
const SpecHead = "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n"

// Spec returns the text of a spec as a file: with the beginning of one, unless
// it has it. Behind a "!" it is left alone, so that a case can begin as it
// likes.
func Spec(text string) string {
	if strings.HasPrefix(text, "!") || strings.Contains(text, "package specs") {
		return strings.TrimPrefix(text, "!")
	}
	return SpecHead + text
}

func (c *Case) index(name string) int {
	return slices.IndexFunc(c.Files, func(f txtar.File) bool { return f.Name == name })
}
