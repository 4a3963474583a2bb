package keycheck_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/keycheck"
)

type key struct {
	id, secret string
	err        error
}

func (k key) ID() string { return k.id }

func (k key) MAC(_ context.Context, message []byte) ([32]byte, error) {
	h := hmac.New(sha256.New, []byte(k.secret))
	h.Write(message)
	return [32]byte(h.Sum(nil)), k.err
}

func TestOf(t *testing.T) {
	v, err := keycheck.Of(t.Context(), key{id: "first", secret: "a secret that is long enough"})
	require.NoError(t, err)
	h := hmac.New(sha256.New, []byte("a secret that is long enough"))
	h.Write([]byte("esogen key check v1|first"))
	assert.Equal(t, hex.EncodeToString(h.Sum(nil)[:16]), v.String())
	for _, other := range []key{{id: "second", secret: "a secret that is long enough"}, {id: "first", secret: "another secret, as long as that"}} {
		o, err := keycheck.Of(t.Context(), other)
		require.NoError(t, err)
		assert.False(t, v.Equal(o))
	}
	assert.True(t, v.Equal(v))
	_, err = keycheck.Of(t.Context(), key{id: "first", secret: "a secret that is long enough", err: errors.ErrUnsupported})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestParse(t *testing.T) {
	text := strings.Repeat("0a", keycheck.Size)
	v, ok := keycheck.Parse(text)
	require.True(t, ok)
	assert.Equal(t, text, v.String())
	for _, text := range []string{"", text[1:], text + "00", strings.ToUpper(text), " " + text[1:], text[:31] + "g"} {
		_, ok := keycheck.Parse(text)
		assert.False(t, ok, text)
	}
}
