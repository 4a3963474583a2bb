package base64key

import (
	"crypto/fips140"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile/keyfiletest"
)

// Two keys of tests, in the alphabet for URLs.
const (
	key   = "smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="
	other = "-_-bjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="
)

func open(t testing.TB, key string) eso.Wrapper {
	w, err := Open(t.Context(), Scheme+"://"+key)
	require.NoError(t, err)
	return w
}

func TestWrapper(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("GODEBUG=fips140=only forbids XSalsa20 and Poly1305")
	}
	keyfiletest.TestWrapper(t, keyfiletest.Options{
		Open:    func(t testing.TB) eso.Wrapper { return open(t, key) },
		Other:   func(t testing.TB) eso.Wrapper { return open(t, other) },
		Secrets: [][]byte{[]byte(key)},
	})
}

func TestURLs(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("GODEBUG=fips140=only forbids XSalsa20 and Poly1305")
	}
	assert.Equal(t, "base64key://sha256-5cfc030816611a10", open(t, key).ID())
	for _, url := range []string{
		"base64key://", "base64key://" + key[1:], "base64key://" + key + "?x=" + key, "base64key://" + strings.Repeat("A", 43) + "=", "base64key://" + key + "#" + key,
		"base64key://+/+bjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4=", "base64key://%zz" + key, key,
	} {
		_, err := Open(t.Context(), url)
		require.Error(t, err, "%q", url)
		assert.NotContains(t, err.Error(), key[5:30])
		assert.NotContains(t, err.Error(), other[5:30])
	}
}

func TestFIPS(t *testing.T) {
	if !fips140.Enforced() {
		t.Skip("only for GODEBUG=fips140=only")
	}
	_, err := Open(t.Context(), Scheme+"://"+key)
	require.ErrorIs(t, err, ErrFIPS)
	require.ErrorIs(t, err, eso.ErrNoKey)
}
