package keyfiletest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// sealer is a Wrapper that keeps every rule, as far as its mistake lets it.
type sealer struct {
	secret  func() string
	mistake string
	last    string
	stall   *bool
}

var errBroken = errors.New("broken")

func (s *sealer) ID() string {
	switch s.mistake {
	case "unprintable id":
		return "tab\there"
	case "empty id":
		return ""
	case "id shows the key":
		return "key:" + s.secret()
	case "id changes":
		return "sealer" + s.last
	}
	return "sealer"
}

func (s *sealer) aead() cipher.AEAD {
	key := sha256.Sum256([]byte(s.secret()))
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

func (s *sealer) wait(ctx context.Context) error {
	if s.mistake == "deaf" {
		return nil
	}
	if s.stall != nil && *s.stall {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		if s.mistake == "a deadline is final" {
			return fmt.Errorf("%w: %w", eso.ErrNoKey, err)
		}
		return err
	}
	return nil
}

func (s *sealer) Wrap(ctx context.Context, secret []byte) ([]byte, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	if s.mistake == "id changes" {
		s.last = "2"
	}
	if (len(secret) == 0 || len(secret) > 1024) && s.mistake != "any size" {
		return nil, errors.New("a secret of 1 to 1024 bytes")
	}
	switch s.mistake {
	case "clear text":
		return append([]byte("wrapped: "), secret...), nil
	case "small secrets only":
		if len(secret) > 190 {
			return nil, errors.New("too long for an RSA key")
		}
	case "clears its argument":
		defer clear(secret)
	case "the same bytes":
		return append([]byte("same"), xor(secret, s.secret())...), nil
	}
	return s.aead().Seal([]byte{1}, nil, secret, nil), nil
}

func xor(data []byte, key string) []byte {
	out := bytes.Clone(data)
	for i := range out {
		out[i] ^= key[i%len(key)]
	}
	return out
}

func (s *sealer) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	if s.mistake == "the same bytes" {
		return xor(bytes.TrimPrefix(wrapped, []byte("same")), s.secret()), nil
	}
	if len(wrapped) < 1 || wrapped[0] != 1 && s.mistake != "a byte that nothing reads" {
		return nil, eso.ErrTampered
	}
	secret, err := s.aead().Open(nil, nil, wrapped[1:], nil)
	switch {
	case err == nil && s.mistake == "changes what it is given":
		wrapped[0] = 2
	case err != nil && s.mistake == "not final":
		return nil, errBroken
	case err != nil && s.mistake == "the error shows the key":
		return nil, fmt.Errorf("%w: under %q", eso.ErrTampered, s.secret())
	case err != nil && s.mistake == "bytes beside the error":
		return []byte{1}, eso.ErrTampered
	case err != nil:
		return nil, eso.ErrTampered
	}
	return secret, nil
}

func (s *sealer) String() string { return "sealer(redacted)" }

func (s *sealer) GoString() string {
	if s.mistake == "prints its key" {
		return s.secret()
	}
	return s.String()
}

func run(t *testing.T, mistake string) {
	stall := false
	open := func(key string) *sealer {
		return &sealer{secret: func() string { return key }, mistake: mistake, stall: &stall}
	}
	TestWrapper(t, Options{
		Open:  func(testing.TB) eso.Wrapper { return open("the key of the test") },
		Other: func(testing.TB) eso.Wrapper { return open("another key") },
		Stall: func(t testing.TB) {
			stall = true
			t.Cleanup(func() { stall = false })
		},
		Secrets: [][]byte{[]byte("the key of the test")},
	})
}

func TestGoodWrapper(t *testing.T) { run(t, "") }

func TestFake(t *testing.T) {
	TestWrapper(t, Options{
		Open:  func(testing.TB) eso.Wrapper { return NewWrapper("one") },
		Other: func(testing.TB) eso.Wrapper { return NewWrapper("other") },
	})
}

const mistakeOf = "KEYFILETEST_MISTAKE"

// Each mistake fails the test, and the failure says which it is. The program of the
// test runs again, once for each.
func TestMistakes(t *testing.T) {
	if mistake := os.Getenv(mistakeOf); mistake != "" {
		run(t, mistake)
		return
	}
	for mistake, want := range map[string]string{
		"unprintable id":            "not printable ASCII",
		"empty id":                  "an id of 0 bytes",
		"id shows the key":          "the id shows a secret",
		"id changes":                `the id was "sealer", and is "sealer2" now`,
		"any size":                  "a secret of 0 bytes was wrapped",
		"small secrets only":        "Wrap: too long for an RSA key",
		"clear text":                "what is wrapped holds the secret",
		"clears its argument":       "Wrap changed the secret",
		"the same bytes":            "wrapping twice gave the same bytes",
		"a byte that nothing reads": "byte 0 of",
		"changes what it is given":  "Unwrap changed what it was given",
		"not final":                 "the error is not final",
		"the error shows the key":   "shows a secret",
		"bytes beside the error":    "returned bytes and an error",
		"deaf":                      "under a context that ended with",
		"a deadline is final":       "a context that ended is no final error",
		"prints its key":            "%#v shows a secret",
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMistakes$")
			again.Env = append(os.Environ(), mistakeOf+"="+mistake)
			said, err := again.CombinedOutput()
			failed := (*exec.ExitError)(nil)
			require.ErrorAs(t, err, &failed, "the test passes")
			assert.Contains(t, string(said), want)
			assert.False(t, strings.Contains(string(said), "panic:"), "%s", said)
		})
	}
}
