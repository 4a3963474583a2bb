package service

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

const goodPassphrase = "correct horse battery staple"

// wrapper is one that is quick to unwrap, and no harder to guess than the passphrase.
func wrapper(t *testing.T, text string) eso.Wrapper {
	t.Helper()
	w, err := passphrase.New(passphrase.Of([]byte(text)), passphrase.Costs{Memory: 16 << 10, Passes: 2, Lanes: 1})
	require.NoError(t, err)
	return w
}

// newKeyFile makes a key file with one key, "k1", and returns its path and passphrase.
func newKeyFile(t *testing.T) (path, text string) {
	t.Helper()
	f, err := keyfile.New(keyfile.Passphrase, "k1")
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "keys.json")
	write(t, path, f)
	return path, goodPassphrase
}

func write(t *testing.T, path string, f *keyfile.File) {
	t.Helper()
	text, err := f.Text(t.Context(), wrapper(t, goodPassphrase))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".new", text, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// changeKeys does to a key file what an operator does.
func changeKeys(t *testing.T, path string, change func(*keyfile.File)) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := keyfile.Read(t.Context(), text, wrapper(t, goodPassphrase))
	require.NoError(t, err)
	change(f)
	write(t, path, f)
}

func TestKeys(t *testing.T) {
	path, _ := newKeyFile(t)
	inFile := filepath.Join(t.TempDir(), "passphrase")
	require.NoError(t, os.WriteFile(inFile, []byte(goodPassphrase+"\n"), 0o600))
	damaged := filepath.Join(t.TempDir(), "keys.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(damaged, text[:len(text)/2], 0o600))

	once := keyfile.Options{Attempts: 1}
	for _, c := range []struct{ keys, passphraseFile, environment, wrong string }{
		{path, inFile, "", ""},
		{path, "", goodPassphrase, ""},
		{"", inFile, "", "neither --keys nor PRODUCT_KEY_FILE"},
		{path, "", "", "neither --passphrase-file nor PRODUCT_PASSPHRASE"},
		{path, "", "another passphrase, and wrong", "does not open"},
		{path, "", "short", "fewer than 16 characters"},
		{path, path + ".gone", "", "no such file"},
		{path, goodPassphrase, "", "no such file"},
		{path + ".gone", inFile, "", "no such file"},
		{damaged, inFile, "", "malformed"},
	} {
		t.Setenv("PRODUCT_PASSPHRASE", c.environment)
		keys, err := openKeys(t.Context(), c.keys, c.passphraseFile, once)
		if c.wrong == "" {
			require.NoError(t, err)
			assert.Equal(t, "k1", keys.Info().Keys[0].ID)
			continue
		}
		require.ErrorContains(t, err, c.wrong)
		for _, secret := range []string{goodPassphrase, "another passphrase", "short"} {
			assert.NotContains(t, err.Error(), secret)
		}
	}
}

// TestRefresh changes the key file under a process that runs: it takes the change in
// after a while, or at once on SIGHUP, and keeps its keys if that fails.
func TestRefresh(t *testing.T) {
	path, text := newKeyFile(t)
	t.Setenv("PRODUCT_PASSPHRASE", text)
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "product.db")
	start := func(refresh string) (*process, *lines) {
		log := &lines{}
		p := &process{release: Release{Name: "none"}, stdout: io.Discard, log: slog.New(slog.NewTextHandler(log, nil))}
		require.NoError(t, p.open(t.Context(), "serve", []string{"--dsn", dsn, "--keys", path, "--refresh", refresh}, io.Discard))
		t.Cleanup(p.close)
		return p, log
	}
	sealing := func(p *process) string {
		key, err := p.keys.SealingKey(context.Background(), eso.Ref{})
		require.NoError(t, err)
		return key.ID()
	}
	eventually := func(what string, is func() bool) {
		t.Helper()
		require.Eventually(t, is, 10*time.Second, 5*time.Millisecond, what)
	}

	soon, _ := start("5ms")
	asked, log := start("1h")
	changeKeys(t, path, func(f *keyfile.File) {
		_, err := f.Add(keyfile.Passphrase, "k2", "")
		require.NoError(t, err)
		require.NoError(t, f.SetPrimary("k2"))
	})
	eventually("a new key after a while", func() bool { return sealing(soon) == "k2" })
	assert.Equal(t, "k1", sealing(asked))
	hangUp := func() { require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP)) }
	hangUp()
	eventually("a new key at once", func() bool { return sealing(asked) == "k2" })
	eventually("it is logged", func() bool { return log.has("generation=2") })

	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	hangUp()
	eventually("a failure is logged", func() bool { return log.has("keys stay as they were") })
	assert.Equal(t, "k2", sealing(asked))
	for _, secret := range []string{goodPassphrase, "error=<nil>"} {
		assert.False(t, log.has(secret), secret)
	}
}

// lines is a log that a test reads while others write it.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}
