package keyfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

func refresh(t testing.TB, k *Keyring, want bool) {
	t.Helper()
	changed, err := k.Refresh(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, changed)
}

// A rotation of which no process is restarted.
func TestRefresh(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	store(t, path, text(t, f, w))
	k := open(t, path, w)
	old := sealNote(t, k, eso.Single, "")
	refresh(t, k, false)

	_, err := f.Add(Native, "second", "")
	require.NoError(t, err)
	store(t, path, text(t, f, w))
	refresh(t, k, true)
	assert.Equal(t, []string{"first"}, sealNote(t, k, eso.Single, "").KeyIDs)

	require.NoError(t, f.SetPrimary("second"))
	store(t, path, text(t, f, w))
	refresh(t, k, true)
	assert.Equal(t, []string{"second"}, sealNote(t, k, eso.Single, "").KeyIDs)
	require.NoError(t, openNote(t, k, eso.Single, old))

	require.NoError(t, f.Retire("first"))
	store(t, path, text(t, f, w))
	refresh(t, k, true)
	require.ErrorIs(t, openNote(t, k, eso.Single, old), eso.ErrNoKey)
	assert.EqualValues(t, 1, w.calls.Load(), "the file key is the same")

	require.NoError(t, f.Rewrap())
	store(t, path, text(t, f, w))
	refresh(t, k, true)
	refresh(t, k, false)
	assert.EqualValues(t, 2, w.calls.Load())
	assert.EqualValues(t, 5, k.Info().Generation)
}

// A key that was shredded is gone from a process that refreshes, whether or not it
// was used before.
func TestRefreshDropsShreddedKeys(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	for _, namespace := range []string{"acme", "beta", "kept"} {
		add(t, f, namespace+"/1", namespace)
	}
	store(t, path, text(t, f, w))
	k := open(t, path, w)
	doc, kept := sealNote(t, k, eso.Single, "acme"), sealNote(t, k, eso.Single, "kept")
	before := k.state.Load()
	used := *before.entries["kept/1"].key.Load()
	held, err := k.SealingKey(t.Context(), eso.Ref{Namespace: "acme"})
	require.NoError(t, err)
	all, err := k.Keys(t.Context())
	require.NoError(t, err)
	for _, namespace := range []string{"acme", "beta"} {
		_, err := f.Shred(namespace, shredTime)
		require.NoError(t, err)
	}
	store(t, path, text(t, f, w))
	refresh(t, k, true)
	for _, namespace := range []string{"acme", "beta"} {
		_, err := k.OpeningKey(t.Context(), eso.Ref{}, namespace+"/1")
		require.ErrorIs(t, err, eso.ErrShredded)
		_, err = k.SealingKey(t.Context(), eso.Ref{Namespace: namespace})
		require.ErrorIs(t, err, eso.ErrShredded)
		assert.NotContains(t, k.state.Load().entries, namespace+"/1")
	}
	require.ErrorIs(t, openNote(t, k, eso.Single, doc), eso.ErrShredded)
	require.NoError(t, openNote(t, k, eso.Single, kept))
	assert.Same(t, used, *k.state.Load().entries["kept/1"].key.Load(), "what was unwrapped is not unwrapped again")
	assert.NotEqual(t, before.mac, before.key.mac(before.content.message()), "the old file key is forgotten")
	keys, err := k.Keys(t.Context())
	require.NoError(t, err)
	assert.Len(t, keys, 2)

	// Whoever still holds one cannot use it.
	_, err = held.MAC(t.Context(), nil)
	require.ErrorIs(t, err, eso.ErrShredded)
	require.Nil(t, before.entries["acme/1"].key.Load())
	for _, key := range all {
		if _, err := key.MAC(t.Context(), nil); key.ID() == "acme/1" || key.ID() == "beta/1" {
			require.ErrorIs(t, err, eso.ErrShredded)
		} else {
			require.NoError(t, err)
		}
	}
}

// Whatever is wrong with the file, the keyring keeps its keys, and takes the file
// in once it is right.
func TestRefreshKeepsKeysOnFailure(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	add(t, f, "acme/1", "acme")
	text(t, f, w)
	add(t, f, "acme/2", "acme")
	older := text(t, f, w)
	add(t, f, "second", "")
	base := text(t, f, w)
	change := func(change func(f *File)) []byte {
		f := read(t, base, w)
		change(f)
		return text(t, f, w)
	}
	must := func(err error) { require.NoError(t, err) }
	later := change(func(f *File) { add(t, f, "third", "") })
	rewrapped := change(func(f *File) { must(f.Rewrap()) })
	other := read(t, base, w)
	other.content.fileID = eso.NewID()
	must(other.Rewrap())

	for name, c := range map[string]struct {
		put  func(t *testing.T)
		is   error
		want string
	}{
		"missing":         {func(t *testing.T) { must(os.Remove(path)) }, fs.ErrNotExist, ""},
		"a directory":     {func(t *testing.T) { must(os.Remove(path)); must(os.Mkdir(path, 0o700)) }, nil, "is a directory"},
		"a dangling link": {func(t *testing.T) { must(os.Remove(path)); must(os.Symlink(path+".absent", path)) }, fs.ErrNotExist, ""},
		"empty":           {func(t *testing.T) { store(t, path, nil) }, eso.ErrMalformed, ""},
		"torn":            {func(t *testing.T) { store(t, path, later[:len(later)/2]) }, eso.ErrMalformed, ""},
		"an older one":    {func(t *testing.T) { store(t, path, older) }, eso.ErrTampered, "generation 2 instead of 3"},
		"another file":    {func(t *testing.T) { store(t, path, text(t, other, w)) }, eso.ErrTampered, "another key file"},
		"by another provider": {func(t *testing.T) {
			f := read(t, base, w)
			must(f.Rewrap())
			store(t, path, text(t, f, newWrapper("x")))
		}, eso.ErrNoKey, `wrapped by "test:x"`},
		"a denying provider":   {func(t *testing.T) { w.unwrap = deny; store(t, path, rewrapped) }, eso.ErrNoKey, "denies"},
		"a provider that died": {func(t *testing.T) { w.unwrap = die; store(t, path, rewrapped) }, nil, "failed, 3 times"},
		"a fork of one generation": {func(t *testing.T) {
			f := read(t, older, w)
			add(t, f, "fork", "")
			store(t, path, text(t, f, w))
		}, eso.ErrTampered, "two changes were made to one file"},
		"a fork": {func(t *testing.T) {
			f := read(t, older, w)
			for range 3 {
				add(t, f, "", "")
				text(t, f, w)
			}
			add(t, f, "", "")
			store(t, path, text(t, f, w))
		}, eso.ErrTampered, "is missing, and was neither"},
	} {
		t.Run(name, func(t *testing.T) {
			w.unwrap = nil
			must(os.RemoveAll(path))
			store(t, path, base)
			k := open(t, path, w)
			doc := sealNote(t, k, eso.Single, "acme")
			state := k.state.Load()
			c.put(t)
			changed, err := k.Refresh(t.Context())
			assert.False(t, changed)
			require.Error(t, err)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.ErrorContains(t, err, c.want)
			assert.Same(t, state, k.state.Load())
			require.NoError(t, openNote(t, k, eso.Single, doc))

			w.unwrap = nil
			must(os.RemoveAll(path))
			store(t, path, later)
			refresh(t, k, true)
			require.NoError(t, openNote(t, k, eso.Single, doc))
			assert.Equal(t, []string{"third"}, sealNote(t, k, eso.Single, "").KeyIDs)
		})
	}
}

func deny(context.Context, []byte) ([]byte, error) { return nil, eso.ErrNoKey }

func die(context.Context, []byte) ([]byte, error) { return nil, errors.New("connection refused") }

// A mounted secret is a link to a folder that is replaced.
func TestRefreshThroughASwappedLink(t *testing.T) {
	w, dir := newWrapper("w"), t.TempDir()
	f := newFile(t, "first")
	volumes := func(name string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		store(t, filepath.Join(dir, name, "keys.json"), text(t, f, w))
		require.NoError(t, os.Symlink(name, filepath.Join(dir, "data.new")))
		require.NoError(t, os.Rename(filepath.Join(dir, "data.new"), filepath.Join(dir, "data")))
	}
	volumes("one")
	k := open(t, filepath.Join(dir, "data", "keys.json"), w)
	add(t, f, "second", "")
	volumes("two")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "one")))
	refresh(t, k, true)
	assert.Equal(t, []string{"second"}, sealNote(t, k, eso.Single, "").KeyIDs)
}

func TestRefreshWithoutAFile(t *testing.T) {
	k, err := newFile(t, "first").Keyring()
	require.NoError(t, err)
	_, err = k.Refresh(t.Context())
	require.ErrorContains(t, err, "no file")
}

// Objects are sealed and opened by many while the file changes.
func TestRefreshBesideReaders(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	add(t, f, "acme/0", "acme")
	store(t, path, text(t, f, w))
	k := open(t, path, w)
	var stop atomic.Bool
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for !stop.Load() {
				for _, namespace := range []string{"", "acme"} {
					doc := sealNote(t, k, eso.Single, namespace)
					assert.NoError(t, openNote(t, k, eso.Single, doc))
				}
				_, err := k.Keys(t.Context())
				assert.NoError(t, err)
				_, err = k.SealingMark(t.Context())
				assert.NoError(t, err)
				k.Info()
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var every sync.WaitGroup
	var changes atomic.Int64
	for range 2 {
		every.Go(func() {
			k.RefreshEvery(ctx, time.Millisecond, func(changed bool, err error) {
				assert.NoError(t, err)
				assert.True(t, changed)
				changes.Add(1)
			})
		})
	}
	for i := range 20 {
		add(t, f, "", "")
		add(t, f, "", "acme")
		if i%3 == 0 {
			require.NoError(t, f.Rewrap())
		}
		store(t, path, text(t, f, w))
		refreshed := f.Info().Generation
		for k.Info().Generation < refreshed {
			_, err := k.Refresh(t.Context())
			require.NoError(t, err)
		}
	}
	cancel()
	every.Wait()
	stop.Store(true)
	all.Wait()
	assert.Equal(t, f.Info(), k.Info())
}

func TestRefreshEveryReports(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	store(t, path, text(t, f, w))
	k := open(t, path, w)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type told struct {
		changed bool
		err     error
	}
	reports := make(chan told)
	go k.RefreshEvery(ctx, time.Millisecond, func(changed bool, err error) {
		select {
		case reports <- told{changed, err}:
		case <-ctx.Done():
		}
	})
	store(t, path, []byte("{"))
	require.ErrorIs(t, (<-reports).err, eso.ErrMalformed)
	add(t, f, "second", "")
	store(t, path, text(t, f, w))
	for r := range reports {
		if r.err == nil {
			assert.True(t, r.changed)
			break
		}
	}
	assert.Equal(t, []string{"second"}, sealNote(t, k, eso.Single, "").KeyIDs)
}
