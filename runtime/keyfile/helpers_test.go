package keyfile

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// testWrapper wraps under a key made from its name. What it does may be replaced.
type testWrapper struct {
	name   string
	calls  atomic.Int64 // of Unwrap
	wraps  atomic.Int64
	unwrap func(ctx context.Context, wrapped []byte) ([]byte, error)
	wrap   func(ctx context.Context, secret []byte) ([]byte, error)
}

func newWrapper(name string) *testWrapper { return &testWrapper{name: name} }

func (w *testWrapper) aead() cipher.AEAD {
	key := sha256.Sum256([]byte(w.name))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (w *testWrapper) ID() string { return "test:" + w.name }

func (w *testWrapper) Wrap(ctx context.Context, secret []byte) ([]byte, error) {
	w.wraps.Add(1)
	if w.wrap != nil {
		return w.wrap(ctx, secret)
	}
	return w.aead().Seal(nil, nil, secret, nil), nil
}

func (w *testWrapper) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	w.calls.Add(1)
	if w.unwrap != nil {
		return w.unwrap(ctx, wrapped)
	}
	return w.really(wrapped)
}

func (w *testWrapper) really(wrapped []byte) ([]byte, error) {
	secret, err := w.aead().Open(nil, nil, wrapped, nil)
	if err != nil {
		return nil, eso.ErrTampered
	}
	return secret, nil
}

func newFile(t testing.TB, id string) *File {
	t.Helper()
	f, err := New(Native, id)
	require.NoError(t, err)
	return f
}

// add adds a native key, and makes it primary. If the id is "", it is made.
func add(t testing.TB, f *File, id, namespace string) {
	t.Helper()
	k, err := f.Add(Native, id, namespace)
	require.NoError(t, err)
	require.NoError(t, f.SetPrimary(k.ID))
}

// find returns the key with an id, or nil.
func (c *content) find(id string) *row {
	for i := range c.rows {
		if c.rows[i].ID == id {
			return &c.rows[i]
		}
	}
	return nil
}

func text(t testing.TB, f *File, w eso.Wrapper) []byte {
	t.Helper()
	b, err := f.Text(t.Context(), w)
	require.NoError(t, err)
	return b
}

func read(t testing.TB, b []byte, w eso.Wrapper) *File {
	t.Helper()
	f, err := Read(t.Context(), b, w)
	require.NoError(t, err)
	return f
}

// store replaces a file.
func store(t testing.TB, path string, b []byte) {
	t.Helper()
	temporary := path + ".new"
	require.NoError(t, os.WriteFile(temporary, b, 0o600))
	require.NoError(t, os.Rename(temporary, path))
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "keys.json") }

// quick are options under which a test does not wait.
var quick = Options{Attempts: 3, Timeout: 10 * time.Second, Backoff: time.Microsecond}

func open(t testing.TB, path string, w eso.Wrapper) *Keyring {
	t.Helper()
	k, err := Open(t.Context(), path, w, quick)
	require.NoError(t, err)
	return k
}

// note is a type whose seal binds the namespace.
func note(format eso.Format, kind eso.Namespaces) *eso.Definition {
	return &eso.Definition{Type: "note", Write: 1, Models: []eso.Model{{
		Format: format, Namespaces: kind,
		Attributes: []eso.Attribute{{Name: "owner"}, {Name: "text"}}, Encrypted: []string{"text"}, AAD: []string{"owner"},
	}}}
}

const noteText = `{"owner":"kim","text":"s3cret"}`

// sealNote seals an object of a namespace.
func sealNote(t testing.TB, k eso.Keyring, kind eso.Namespaces, namespace string) eso.Document {
	t.Helper()
	doc, err := note(eso.Native, kind).SealJSON(t.Context(), k, eso.Ref{Namespace: namespace, Type: "note", ID: "n"}, []byte(noteText))
	require.NoError(t, err)
	return doc
}

func openNote(t testing.TB, k eso.Keyring, kind eso.Namespaces, doc eso.Document) error {
	t.Helper()
	opened, err := note(eso.Native, kind).OpenJSON(t.Context(), k, doc)
	if err == nil {
		require.JSONEq(t, noteText, string(opened))
	}
	return err
}
