package onefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/onefile"
)

const limit = 1 << 20

func fine([]byte) error { return nil }

func place(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(name, []byte(text), mode))
	require.NoError(t, os.Chmod(name, mode))
	return name
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// names lists the folder of a file.
func names(t *testing.T, name string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(name))
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// A crash at any step leaves the old text or the new one, and the next change works
// and cleans up.
func TestCrash(t *testing.T) {
	t.Parallel()
	for step, want := range map[onefile.Step]string{
		onefile.StepStage: "old", onefile.StepTorn: "old", onefile.StepStaged: "old", onefile.StepPlace: "old", onefile.StepPlaced: "new",
	} {
		name := place(t, "old", 0o600)
		disk := onefile.Disk{At: func(at onefile.Step) error {
			if at == step {
				return onefile.ErrCrash
			}
			return nil
		}}
		f, err := disk.Open(t.Context(), name, limit)
		require.NoError(t, err)
		require.ErrorIs(t, f.Replace([]byte("new"), fine), onefile.ErrCrash)
		require.NoError(t, f.Close())
		assert.Equal(t, want, content(t, name), step)

		f, err = onefile.Disk{}.Open(t.Context(), name, limit)
		require.NoError(t, err)
		assert.Equal(t, want, string(f.Text()))
		assert.Equal(t, []string{"keys.json"}, names(t, name), step)
		require.NoError(t, f.Replace([]byte("newer"), fine))
		require.NoError(t, f.Close())
		assert.Equal(t, "newer", content(t, name))

		fresh := filepath.Join(t.TempDir(), "fresh.json")
		require.ErrorIs(t, disk.Create(fresh, []byte("made"), fine), onefile.ErrCrash)
		err = onefile.Disk{}.Create(fresh, []byte("made again"), fine)
		if step == onefile.StepPlaced {
			require.ErrorIs(t, err, fs.ErrExist)
			assert.Equal(t, "made", content(t, fresh))
		} else {
			require.NoError(t, err)
			assert.Equal(t, "made again", content(t, fresh))
		}
	}
}

// What fails without a crash leaves nothing behind.
func TestFailure(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	for _, step := range []onefile.Step{onefile.StepStage, onefile.StepTorn, onefile.StepStaged, onefile.StepPlace} {
		name := place(t, "old", 0o600)
		disk := onefile.Disk{At: func(at onefile.Step) error {
			if at == step {
				return full
			}
			return nil
		}}
		f, err := disk.Open(t.Context(), name, limit)
		require.NoError(t, err)
		require.ErrorIs(t, f.Replace([]byte("new"), fine), full)
		require.NoError(t, f.Close())
		assert.Equal(t, "old", content(t, name))
		assert.Equal(t, []string{"keys.json"}, names(t, name))
	}
	name := place(t, "old", 0o600)
	f, err := onefile.Disk{}.Open(t.Context(), name, limit)
	require.NoError(t, err)
	require.ErrorIs(t, f.Replace([]byte("new"), func([]byte) error { return full }), full)
	assert.Equal(t, "old", content(t, name))
	assert.Equal(t, []string{"keys.json"}, names(t, name))
	require.NoError(t, f.Close())
	require.ErrorIs(t, onefile.Disk{}.Create(filepath.Join(filepath.Dir(name), "other"), nil, func([]byte) error { return full }), full)
	assert.Equal(t, []string{"keys.json"}, names(t, name))
}

// Of changes at the same time none is lost.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	name := place(t, "0", 0o600)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				f, err := onefile.Disk{}.Open(t.Context(), name, limit)
				if !assert.NoError(t, err) {
					return
				}
				n, err := strconv.Atoi(string(f.Text()))
				assert.NoError(t, err)
				assert.NoError(t, f.Replace([]byte(strconv.Itoa(n+1)), fine))
				assert.NoError(t, f.Close())
			}
		})
	}
	all.Wait()
	assert.Equal(t, "80", content(t, name))
	assert.Equal(t, []string{"keys.json"}, names(t, name))
}

func TestBusyAndChanged(t *testing.T) {
	t.Parallel()
	name := place(t, "old", 0o600)
	f, err := onefile.Disk{}.Open(t.Context(), name, limit)
	require.NoError(t, err)
	_, err = onefile.Disk{Wait: time.Millisecond}.Open(t.Context(), name, limit)
	require.ErrorIs(t, err, onefile.ErrBusy)

	// An editor takes no lock.
	require.NoError(t, os.WriteFile(name, []byte("edited"), 0o600))
	require.ErrorIs(t, f.Replace([]byte("new"), fine), onefile.ErrChanged)
	assert.Equal(t, "edited", content(t, name))
	require.NoError(t, f.Close())
}

// A symbolic link stays, and its target is replaced with the mode that it had.
func TestLinkAndMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o400} {
		name := place(t, "old", mode)
		link := filepath.Join(t.TempDir(), "link.json")
		require.NoError(t, os.Symlink(name, link))
		f, err := onefile.Disk{}.Open(t.Context(), link, limit)
		require.NoError(t, err)
		require.NoError(t, f.Replace([]byte("new"), fine))
		require.NoError(t, f.Close())
		info, err := os.Lstat(link)
		require.NoError(t, err)
		assert.NotZero(t, info.Mode()&fs.ModeSymlink)
		assert.Equal(t, "new", content(t, name))
		info, err = os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode().Perm())
		assert.Equal(t, []string{"link.json"}, names(t, link))
	}
	_, err := onefile.Disk{}.Open(t.Context(), place(t, "old", 0o660), limit)
	require.ErrorIs(t, err, onefile.ErrWritable)
}

func TestCreate(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, onefile.Disk{}.Create(name, []byte("made"), fine))
	info, err := os.Stat(name)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.ErrorIs(t, onefile.Disk{}.Create(name, []byte("again"), fine), fs.ErrExist)
	assert.Equal(t, "made", content(t, name))

	// Not through a link that leads nowhere either.
	link := filepath.Join(t.TempDir(), "link.json")
	require.NoError(t, os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), link))
	require.ErrorIs(t, onefile.Disk{}.Create(link, []byte("made"), fine), fs.ErrExist)
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	name := place(t, "12345", 0o600)
	_, err := onefile.Read(name, 4)
	require.ErrorIs(t, err, onefile.ErrTooLarge)
	_, err = onefile.Disk{}.Open(t.Context(), name, 4)
	require.ErrorIs(t, err, onefile.ErrTooLarge)
	text, err := onefile.Read(name, 5)
	require.NoError(t, err)
	assert.Equal(t, "12345", string(text.Bytes))
	_, err = onefile.Read(t.TempDir(), 5)
	require.ErrorContains(t, err, "is a directory")
}
