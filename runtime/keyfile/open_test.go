package keyfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

func TestOpen(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := fullFile(t)
	store(t, path, text(t, f, w))
	k := open(t, path, w)
	for _, namespace := range []string{"", "acme", "beta"} {
		require.NoError(t, openNote(t, k, eso.Single, sealNote(t, k, eso.Single, namespace)))
	}
	assert.Equal(t, f.Info(), k.Info())
	assert.EqualValues(t, 1, w.calls.Load(), "objects call nobody")

	// A byte order mark, and other white space, change nothing.
	store(t, path, append([]byte("\ufeff \r\n"), text(t, f, w)...))
	open(t, path, w)
}

// Everything but the passphrase keys works in a process without a provider once it
// has started, and each key is unwrapped once.
func TestKeysUnwrapOnce(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	add(t, f, "acme/1", "acme")
	store(t, path, text(t, f, w))
	k := open(t, path, w)
	e := k.state.Load().entries["acme/1"]
	assert.Nil(t, e.key.Load())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			key, err := k.SealingKey(t.Context(), eso.Ref{Namespace: "acme"})
			assert.NoError(t, err)
			assert.Equal(t, key, *e.key.Load())
		})
	}
	all.Wait()
}

// away are the ways in which a provider fails for a while.
var away = map[string]struct {
	unwrap func(ctx context.Context, w *testWrapper, wrapped []byte) ([]byte, error)
	want   string
}{
	"away": {func(context.Context, *testWrapper, []byte) ([]byte, error) {
		return nil, errors.New("connection refused")
	}, "failed, 3 times: connection refused"},
	"slow, and heeds its context": {func(ctx context.Context, _ *testWrapper, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, errors.New("rpc: deadline") // which is not that of package context
	}, "did not answer within 500ms, 3 times"},
	"slow, and heeds nothing": {func(context.Context, *testWrapper, []byte) ([]byte, error) { select {} }, "did not answer within 500ms, 3 times"},
	"panicking":               {func(context.Context, *testWrapper, []byte) ([]byte, error) { panic("s3cret") }, "the provider panicked (a string)"},
}

func TestOpenRetries(t *testing.T) {
	for name, c := range away {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, path := newWrapper("w"), newPath(t)
			store(t, path, text(t, newFile(t, "first"), w))
			w.unwrap = func(ctx context.Context, wrapped []byte) ([]byte, error) { return c.unwrap(ctx, w, wrapped) }
			var told []error
			o := Options{Attempts: 3, Timeout: 500 * time.Millisecond, Backoff: time.Millisecond, Retrying: func(err error) { told = append(told, err) }}
			_, err := Open(t.Context(), path, w, o)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "check that it is reachable")
			assert.NotContains(t, err.Error(), "s3cret")
			assert.Len(t, told, 2)
			assert.EqualValues(t, 3, w.calls.Load())

			back := newWrapper("w")
			back.unwrap = func(ctx context.Context, wrapped []byte) ([]byte, error) {
				if back.calls.Load() < 3 {
					return c.unwrap(ctx, back, wrapped)
				}
				return back.really(wrapped)
			}
			_, err = Open(t.Context(), path, back, o)
			require.NoError(t, err, "it came back")
		})
	}
}

func TestOpenDoesNotRetry(t *testing.T) {
	for name, c := range map[string]struct {
		unwrap func(ctx context.Context, wrapped []byte) ([]byte, error)
		is     error
		want   string
	}{
		"denied": {func(context.Context, []byte) ([]byte, error) {
			return nil, fmt.Errorf("%w: AccessDenied", eso.ErrNoKey)
		}, eso.ErrNoKey, `"test:w" denies: no key: AccessDenied; check`},
		"does not unwrap": {func(context.Context, []byte) ([]byte, error) { return nil, eso.ErrTampered }, eso.ErrTampered, "does not unwrap with"},
		"nothing":         {func(context.Context, []byte) ([]byte, error) { return nil, nil }, eso.ErrTampered, "is not the key of this file"},
		"too short":       {func(context.Context, []byte) ([]byte, error) { return make([]byte, 63), nil }, eso.ErrTampered, "is not the key of this file"},
		"too long":        {func(context.Context, []byte) ([]byte, error) { return make([]byte, 1<<20), nil }, eso.ErrTampered, "is not the key of this file"},
		"zeros":           {func(context.Context, []byte) ([]byte, error) { return make([]byte, 64), nil }, eso.ErrTampered, "is not the key of this file"},
	} {
		t.Run(name, func(t *testing.T) {
			w, path := newWrapper("w"), newPath(t)
			store(t, path, text(t, newFile(t, "first"), w))
			w.unwrap = c.unwrap
			_, err := Open(t.Context(), path, w, quick)
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, c.want)
			assert.EqualValues(t, 1, w.calls.Load())
		})
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	store(t, path, text(t, newFile(t, "first"), w))
	stop := errors.New("stop")
	for name, unwrap := range map[string]func(context.Context, []byte) ([]byte, error){
		"during an attempt": func(context.Context, []byte) ([]byte, error) { select {} },
		"during a pause":    func(context.Context, []byte) ([]byte, error) { return nil, errors.New("away") },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		w.unwrap = func(ctx context.Context, wrapped []byte) ([]byte, error) {
			time.AfterFunc(20*time.Millisecond, func() { cancel(stop) })
			return unwrap(ctx, wrapped)
		}
		_, err := Open(ctx, path, w, Options{Attempts: 100, Backoff: time.Hour, Timeout: time.Hour})
		require.ErrorIs(t, err, stop, name)
		require.ErrorContains(t, err, "given up", name)
	}
}

func TestOpenWithoutAFile(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	attempts := 0
	o := quick
	o.Retrying = func(error) {
		if attempts++; attempts == 2 {
			store(t, path, text(t, newFile(t, "first"), w))
		}
	}
	_, err := Open(t.Context(), path, w, o)
	require.NoError(t, err, "a file may be absent while it is replaced")

	_, err = Open(t.Context(), path+".absent", w, quick)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "esogen keys make")
	_, err = Open(t.Context(), t.TempDir(), w, quick)
	require.ErrorContains(t, err, "is a directory")
	_, err = Open(t.Context(), path, nil, quick)
	require.ErrorContains(t, err, "no provider")

	// A plain file of passphrases, whose content no error shows.
	require.NoError(t, os.WriteFile(path, []byte(`{"primary":"`+plainOne+`","`+plainTwo+`":1}`), 0o600))
	_, err = Open(t.Context(), path, w, quick)
	require.ErrorIs(t, err, eso.ErrMalformed)
	require.ErrorContains(t, err, "esogen keys make")
	assert.NotContains(t, err.Error(), "passphrase of a plain")
}

// A provider that hangs is called a few times, not once more at each refresh.
func TestHangingCallsAreBounded(t *testing.T) {
	w, path := newWrapper("w"), newPath(t)
	f := newFile(t, "first")
	store(t, path, text(t, f, w))
	k, err := Open(t.Context(), path, w, Options{Attempts: 2, Timeout: 50 * time.Millisecond, Backoff: time.Microsecond})
	require.NoError(t, err)
	require.NoError(t, f.Rewrap())
	store(t, path, text(t, f, w))
	hold := make(chan struct{})
	w.unwrap = func(_ context.Context, wrapped []byte) ([]byte, error) {
		<-hold
		return w.really(wrapped)
	}
	for range maxCalls {
		_, err = k.Refresh(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	require.ErrorContains(t, err, "still hang")
	assert.LessOrEqual(t, w.calls.Load(), int64(maxCalls+1))
	close(hold)
	k.source.options.Timeout = time.Minute
	refresh(t, k, true)
}
