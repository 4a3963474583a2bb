package files_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/files"
)

const header = "// made by esogen\n"

func dir(t *testing.T) files.Dir {
	t.Helper()
	return files.Dir{
		Path: filepath.Join(t.TempDir(), "out"), Name: "out", Depth: 1,
		Owned: func(_ string, head []byte) bool { return bytes.HasPrefix(head, []byte(header)) },
	}
}

func put(t *testing.T, d files.Dir, name, content string) {
	t.Helper()
	path := filepath.Join(d.Path, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o666))
}

// listing returns the files that are there, with their content.
func listing(t *testing.T, d files.Dir) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(d.Path, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == d.Path {
			return nil
		}
		name, err := filepath.Rel(d.Path, path)
		require.NoError(t, err)
		if entry.IsDir() {
			found[filepath.ToSlash(name)+"/"] = ""
			return nil
		}
		if !entry.Type().IsRegular() {
			found[filepath.ToSlash(name)] = entry.Type().String()
			return nil
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		found[filepath.ToSlash(name)] = string(content)
		return nil
	})
	require.NoError(t, err)
	return found
}

func compare(t *testing.T, d files.Dir, tree files.Tree) []files.Change {
	t.Helper()
	changes, err := d.Compare(t.Context(), tree)
	require.NoError(t, err)
	return changes
}

func TestCompareAndWrite(t *testing.T) {
	d := dir(t)
	put(t, d, "a/stale.go", header+"old\n")
	put(t, d, "a/same.go", header)
	put(t, d, "a/convert.go", "package a\n")
	put(t, d, "gone/object.go", header)
	put(t, d, "half/object.go", header)
	put(t, d, "half/convert.go", "package half\n")
	put(t, d, "deep/er/object.go", header)
	tree := files.Tree{"a/stale.go": []byte(header + "new\n"), "a/same.go": []byte(header), "b/new.go": []byte(header)}

	changes := compare(t, d, tree)
	var found []string
	for _, c := range changes {
		found = append(found, string(c.Kind)+" "+c.Name)
	}
	assert.Equal(t, []string{"stale out/a/stale.go", "missing out/b/new.go", "orphaned out/gone/object.go", "orphaned out/half/object.go"}, found)
	assert.Equal(t, "--- out/a/stale.go\n+++ out/a/stale.go\n@@ -1,2 +1,2 @@\n // made by esogen\n-old\n+new\n", changes[0].Diff())
	assert.Equal(t, "--- /dev/null\n+++ out/b/new.go\n@@ -0,0 +1 @@\n+// made by esogen\n", changes[1].Diff())
	assert.Equal(t, "--- out/gone/object.go\n+++ /dev/null\n@@ -1 +0,0 @@\n-// made by esogen\n", changes[2].Diff())

	require.NoError(t, d.Write(t.Context(), changes))
	assert.Equal(t, map[string]string{
		"a/": "", "a/stale.go": header + "new\n", "a/same.go": header, "a/convert.go": "package a\n",
		"b/": "", "b/new.go": header,
		"half/": "", "half/convert.go": "package half\n",
		"deep/": "", "deep/er/": "", "deep/er/object.go": header,
	}, listing(t, d))
	assert.Empty(t, compare(t, d, tree))
}

func TestADirectoryThatIsNotThere(t *testing.T) {
	d := dir(t)
	tree := files.Tree{"a/x": []byte("x"), "y": []byte("y")}
	changes := compare(t, d, tree)
	require.Len(t, changes, 2)
	assert.NoDirExists(t, d.Path)
	require.NoError(t, d.Write(t.Context(), changes))
	assert.Equal(t, map[string]string{"a/": "", "a/x": "x", "y": "y"}, listing(t, d))
}

func TestNothingToDoTouchesNothing(t *testing.T) {
	d := dir(t)
	put(t, d, "a/x", "x")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	require.NoError(t, os.Chtimes(filepath.Join(d.Path, "a/x"), past, past))
	require.NoError(t, os.Chtimes(d.Path, past, past))
	require.NoError(t, d.Write(t.Context(), compare(t, d, files.Tree{"a/x": []byte("x")})))
	for _, path := range []string{d.Path, filepath.Join(d.Path, "a/x")} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, past, info.ModTime())
	}
}

func TestWhatStandsInTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, d files.Dir)
		want    string
	}{
		"a directory": {
			func(t *testing.T, d files.Dir) { put(t, d, "a/x/y", "") },
			"out/a/x: a directory is where a file belongs; move it away",
		},
		"a link": {
			func(t *testing.T, d files.Dir) {
				put(t, d, "a/target", "")
				require.NoError(t, os.Symlink("target", filepath.Join(d.Path, "a/x")))
			},
			"out/a/x: a symbolic link is where a file belongs; move it away",
		},
		"a link to a directory elsewhere": {
			func(t *testing.T, d files.Dir) {
				require.NoError(t, os.MkdirAll(d.Path, 0o777))
				require.NoError(t, os.Symlink(t.TempDir(), filepath.Join(d.Path, "a")))
			},
			"out/a/x: path escapes from parent",
		},
		"a file instead of a directory": {
			func(t *testing.T, d files.Dir) { put(t, d, "a", "") },
			"out/a/x: not a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := dir(t)
			c.prepare(t, d)
			before := listing(t, d)
			_, err := d.Compare(t.Context(), files.Tree{"a/x": []byte("x")})
			assert.EqualError(t, err, c.want)
			assert.Equal(t, before, listing(t, d))
		})
	}
}

func TestPathsStayInside(t *testing.T) {
	d := dir(t)
	for _, path := range []string{"../x", "/x", "a/../../x", ".", "", "a//x", `a\x`, "c:x", "a/\x00"} {
		_, err := d.Compare(t.Context(), files.Tree{path: nil})
		assert.ErrorContains(t, err, "is not a path in it", path)
		assert.Error(t, d.Write(t.Context(), []files.Change{{Kind: files.Missing, Path: path}}))
	}
	assert.NoDirExists(t, d.Path)
}

func TestAFileInThePlaceOfTheDirectory(t *testing.T) {
	d := dir(t)
	require.NoError(t, os.WriteFile(d.Path, nil, 0o666))
	_, err := d.Compare(t.Context(), files.Tree{"a/x": nil})
	assert.EqualError(t, err, "out: not a directory")
	err = d.Write(t.Context(), []files.Change{{Kind: files.Missing, Path: "a/x"}})
	assert.EqualError(t, err, "out: not a directory")
}

// A run that fails leaves everything as it was, whatever it had done before.
func TestAFailedRunChangesNothing(t *testing.T) {
	d := dir(t)
	put(t, d, "a/stale", header)
	put(t, d, "b/orphan", header)
	tree := files.Tree{"a/stale": []byte("new"), "c/d/missing": []byte("new"), "z": []byte("new")}
	changes := compare(t, d, tree)
	require.Len(t, changes, 4)

	put(t, d, "z/in/the/way", "") // since the comparison
	before := listing(t, d)
	err := d.Write(t.Context(), changes)
	assert.Regexp(t, `^out/z: [a-z ]+$`, err)
	assert.Equal(t, before, listing(t, d))

	require.NoError(t, os.RemoveAll(filepath.Join(d.Path, "z")))
	require.NoError(t, d.Write(t.Context(), changes))
	assert.Empty(t, compare(t, d, tree))
}

func TestACancelledRunChangesNothing(t *testing.T) {
	d := dir(t)
	tree := files.Tree{"a/x": []byte("x")}
	changes := compare(t, d, tree)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, d.Write(ctx, changes), context.Canceled)
	assert.NoDirExists(t, d.Path)
	put(t, d, "b", "")
	_, err := d.Compare(ctx, tree)
	assert.ErrorIs(t, err, context.Canceled)
}

// What a run left that was killed goes with the next one.
func TestLeftoversGo(t *testing.T) {
	d := dir(t)
	put(t, d, ".esogen-XYZ/0", header)
	changes := compare(t, d, files.Tree{})
	require.Len(t, changes, 1)
	require.NoError(t, d.Write(t.Context(), changes))
	assert.Empty(t, listing(t, d))
}

func TestFirstLine(t *testing.T) {
	assert.Equal(t, "a", files.FirstLine([]byte("a\r\nb")))
	assert.Equal(t, "a", files.FirstLine([]byte("a")))
	assert.Empty(t, files.FirstLine(nil))
}

// git makes line ends, and they are no difference; nor is a file with others
// written for that.
func TestLineEndsAreNoDifference(t *testing.T) {
	dir := files.Dir{Path: t.TempDir(), Name: "dir"}
	require.NoError(t, os.WriteFile(filepath.Join(dir.Path, "a"), []byte("1\r\n2\r\n"), 0o666))
	changes, err := dir.Compare(t.Context(), files.Tree{"a": []byte("1\n2\n")})
	require.NoError(t, err)
	assert.Empty(t, changes)
	changes, err = dir.Compare(t.Context(), files.Tree{"a": []byte("1\n3\n")})
	require.NoError(t, err)
	require.Len(t, changes, 1)
	require.NoError(t, dir.Write(t.Context(), changes))
	content, err := os.ReadFile(filepath.Join(dir.Path, "a"))
	require.NoError(t, err)
	assert.Equal(t, "1\n3\n", string(content))
}
