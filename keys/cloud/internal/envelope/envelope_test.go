package envelope

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// fake answers as its functions say. By default it encrypts by turning bits over,
// which has no secret.
type fake struct {
	name    string
	encrypt func(ctx context.Context, key []byte) ([]byte, error)
	decrypt func(ctx context.Context, ciphertext []byte) ([]byte, error)
	accepts error
	judge   Verdict
}

func turn(data []byte) []byte {
	out := bytes.Clone(data)
	for i := range out {
		out[i] ^= 0xff
	}
	return out
}

func (f *fake) Encrypt(ctx context.Context, key []byte) (string, []byte, error) {
	if f.encrypt != nil {
		ciphertext, err := f.encrypt(ctx, key)
		return f.name, ciphertext, err
	}
	return f.name, turn(key), nil
}

func (f *fake) Accepts(string) error { return f.accepts }

func (f *fake) Decrypt(ctx context.Context, _ string, ciphertext []byte) ([]byte, error) {
	if f.decrypt != nil {
		return f.decrypt(ctx, ciphertext)
	}
	return turn(ciphertext), nil
}

func (f *fake) Judge(error) Verdict { return f.judge }

func open(t *testing.T, f *fake, timeout time.Duration) eso.Wrapper {
	t.Helper()
	w, err := New("fake", "fake://key", f, Options{Timeout: timeout})
	require.NoError(t, err)
	return w
}

func TestPanic(t *testing.T) {
	panics := func(context.Context, []byte) ([]byte, error) { panic("a secret text") }
	f := &fake{name: "key/1"}
	wrapped, err := open(t, f, 0).Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	f.encrypt, f.decrypt = panics, panics
	_, err = open(t, f, 0).Wrap(t.Context(), []byte("a secret"))
	require.ErrorContains(t, err, "panicked")
	assert.NotContains(t, err.Error(), "a secret text")
	assert.NotErrorIs(t, err, eso.ErrTampered)
	_, err = open(t, f, 0).Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrTampered)
	assert.NotContains(t, err.Error(), "a secret text")
}

// A client that does not heed the context holds nobody up, and its late answer
// goes nowhere.
func TestDeafClient(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	deaf := func(context.Context, []byte) ([]byte, error) {
		<-release
		return []byte("late"), nil
	}
	w := open(t, &fake{name: "key/1", encrypt: deaf}, 20*time.Millisecond)
	_, err := w.Wrap(t.Context(), []byte("a secret"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "no answer within 20ms")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = open(t, &fake{name: "key/1", encrypt: deaf}, 0).Wrap(ctx, []byte("a secret"))
	require.ErrorIs(t, err, context.Canceled)
}

// The pause before another attempt ends with the context.
func TestPause(t *testing.T) {
	calls := 0
	ctx, cancel := context.WithCancel(t.Context())
	busy := func(context.Context, []byte) ([]byte, error) {
		calls++
		time.AfterFunc(20*time.Millisecond, cancel)
		return nil, errors.New("busy")
	}
	_, err := open(t, &fake{name: "key/1", encrypt: busy, judge: Busy}, 0).Wrap(ctx, []byte("a secret"))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, calls)
}

// Whatever a service says, no error shows the key that was sent to it.
func TestWithheld(t *testing.T) {
	for name, form := range map[string]func(key []byte) string{
		"raw":         func(key []byte) string { return string(key) },
		"base64":      base64.StdEncoding.EncodeToString,
		"URL":         base64.RawURLEncoding.EncodeToString,
		"hexadecimal": hex.EncodeToString,
		"upper case":  func(key []byte) string { return strings.ToUpper(hex.EncodeToString(key)) },
		"quoted":      func(key []byte) string { return fmt.Sprintf("%q", key) },
		"a list":      func(key []byte) string { return fmt.Sprint(key) },
		"JSON":        func(key []byte) string { text, _ := json.Marshal(map[string][]byte{"k": key}); return string(text) },
	} {
		t.Run(name, func(t *testing.T) {
			said := ""
			echo := func(_ context.Context, key []byte) ([]byte, error) {
				said = form(key)
				return nil, errors.New("refused: " + said)
			}
			_, err := open(t, &fake{name: "key/1", encrypt: echo, judge: Denied}, 0).Wrap(t.Context(), []byte("a secret"))
			require.ErrorIs(t, err, eso.ErrNoKey)
			assert.NotContains(t, err.Error(), said)
			assert.ErrorContains(t, err, "withheld")
		})
	}
}

func TestAnswersAreChecked(t *testing.T) {
	for what, f := range map[string]*fake{
		"no name":            {},
		"a name with spaces": {name: "key 1"},
		"a long name":        {name: strings.Repeat("k", maxName+1)},
		"a control":          {name: "key\x1b[31m"},
		"no ciphertext":      {name: "key/1", encrypt: func(context.Context, []byte) ([]byte, error) { return nil, nil }},
		"a long ciphertext":  {name: "key/1", encrypt: func(context.Context, []byte) ([]byte, error) { return make([]byte, maxCiphertext+1), nil }},
		"another key":        {name: "key/1", accepts: errors.New("another key")},
	} {
		_, err := open(t, f, 0).Wrap(t.Context(), []byte("a secret"))
		require.ErrorContains(t, err, "the answer of the service", what)
	}
	_, err := New("fake", "an id with spaces", &fake{}, Options{})
	assert.Error(t, err)
}

func TestErrorIsOneLine(t *testing.T) {
	long := func(context.Context, []byte) ([]byte, error) {
		return nil, errors.New("secrets (code=Unknown): first\n---------\n\n\tsecond\x1b[31m " + strings.Repeat("é", 1000))
	}
	_, err := open(t, &fake{name: "key/1", encrypt: long}, 0).Wrap(t.Context(), []byte("a secret"))
	require.Error(t, err)
	assert.True(t, strings.HasPrefix(err.Error(), "fake: wrapping: first second [31m é"), err.Error())
	assert.Less(t, len(err.Error()), 500)
}

const vectorsFile = "../../../../golden/wrapped/cloud.json"

// vector is something that was wrapped, whose service turns bits over. Lines are
// added and never changed: each opens forever.
type vector struct {
	Name, Secret, Wrapped string // the last two in hexadecimal
}

// With ESOGEN_UPDATE=1 the test adds a vector for each secret below that has none.
func TestVectors(t *testing.T) {
	secrets := []struct{ name, secret string }{
		{"key/1", "a file key and a hash, 64 bytes together: 3456789012345678901234"},
		{"projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/12", "s"},
	}
	data, err := os.ReadFile(vectorsFile)
	var vectors []vector
	if os.Getenv("ESOGEN_UPDATE") == "" {
		require.NoError(t, err)
	}
	if err == nil {
		require.NoError(t, json.Unmarshal(data, &vectors))
	}
	if os.Getenv("ESOGEN_UPDATE") != "" {
		for _, s := range secrets[min(len(vectors), len(secrets)):] {
			wrapped, err := open(t, &fake{name: s.name}, 0).Wrap(t.Context(), []byte(s.secret))
			require.NoError(t, err)
			vectors = append(vectors, vector{s.name, hex.EncodeToString([]byte(s.secret)), hex.EncodeToString(wrapped)})
		}
		text, err := json.MarshalIndent(vectors, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(vectorsFile, append(text, '\n'), 0o644))
	}
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		wrapped, err := hex.DecodeString(v.Wrapped)
		require.NoError(t, err)
		name, err := KeyName(wrapped)
		require.NoError(t, err)
		assert.Equal(t, v.Name, name)
		secret, err := open(t, &fake{name: v.Name}, 0).Unwrap(t.Context(), wrapped)
		require.NoError(t, err)
		assert.Equal(t, v.Secret, hex.EncodeToString(secret))
	}
}

// Whatever is accepted is the same bytes again.
func FuzzParse(f *testing.F) {
	header, err := frame("fake", "key/1", []byte("ciphertext"))
	require.NoError(f, err)
	f.Add(append(header, make([]byte, sealOverhead+1)...))
	f.Add([]byte{version, 0, 1, 'x'})
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		p, err := parse(wrapped)
		if err != nil {
			return
		}
		header, err := frame(p.scheme, p.name, p.ciphertext)
		require.NoError(t, err)
		assert.Equal(t, wrapped, append(header, p.sealed...))
	})
}
