package azurekeyvault

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

func setup(t testing.TB) *servicetest.Service {
	s := start(t)
	return &servicetest.Service{
		Server:    s.Server,
		Open:      func(t testing.TB, timeout time.Duration) eso.Wrapper { return s.open(t, Scheme+"://"+keyOne, timeout) },
		OpenOther: func(t testing.TB) eso.Wrapper { return s.open(t, Scheme+"://"+keyOther, 0) },
	}
}

func TestWrapper(t *testing.T) { servicetest.TestWrapper(t, setup, token) }

func TestFaults(t *testing.T) { servicetest.TestFaults(t, setup) }

// What an older version encrypted decrypts after a rotation: the file says which
// version that was, and no other one decrypts it.
func TestRotation(t *testing.T) {
	s := start(t)
	w := s.open(t, Scheme+"://"+keyOne, 0)
	older, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.Rotate(keyOne)
	newer, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	for wrapped, n := range map[string]int{string(older): 1, string(newer): 2} {
		name, err := envelope.KeyName([]byte(wrapped))
		require.NoError(t, err)
		assert.Equal(t, "https://"+keyOne+"/"+version(n), name)
		plain, err := w.Unwrap(t.Context(), []byte(wrapped))
		require.NoError(t, err)
		assert.Equal(t, "a secret", string(plain))
	}
}

// Two URLs of one scheme: neither changes what the other asks for.
func TestVersion(t *testing.T) {
	s := start(t)
	s.Rotate(keyOne)
	current := s.open(t, Scheme+"://"+keyOne, 0)
	pinned := s.open(t, Scheme+"://"+keyOne+"/"+version(1), 0)
	assert.Equal(t, Scheme+"://"+keyOne+"/"+version(1), pinned.ID())
	older, err := pinned.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	name, err := envelope.KeyName(older)
	require.NoError(t, err)
	assert.Equal(t, "https://"+keyOne+"/"+version(1), name)
	newer, err := current.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	_, err = current.Unwrap(t.Context(), older)
	require.NoError(t, err, "a version of the same key")
	_, err = pinned.Unwrap(t.Context(), newer)
	require.ErrorIs(t, err, eso.ErrNoKey)
	assert.ErrorContains(t, err, "another key")
}

func TestNoToken(t *testing.T) {
	s := start(t)
	w := s.open(t, Scheme+"://"+keyOne, 0)
	s.tokens = errors.New("the identity service is away")
	_, err := w.Wrap(t.Context(), []byte("a secret"))
	require.ErrorContains(t, err, "away")
	assert.NotErrorIs(t, err, eso.ErrNoKey)
	assert.Equal(t, envelope.Denied, (&service{}).Judge(&azidentity.AuthenticationFailedError{RawResponse: &http.Response{StatusCode: http.StatusUnauthorized}}))
	assert.Equal(t, envelope.Unknown, (&service{}).Judge(&azidentity.AuthenticationFailedError{RawResponse: &http.Response{StatusCode: http.StatusTooManyRequests}}))
}

func TestURLs(t *testing.T) {
	for _, url := range []string{
		Scheme + "://", Scheme + "://" + vault, Scheme + "://" + vault + "/secrets/one", Scheme + "://example.com/keys/one", Scheme + "://" + keyOne + "?algorithm=RSA1_5",
		Scheme + "://" + keyOne + "/a/b", Scheme + "://" + vault + ":443/keys/one", Scheme + "://user@" + keyOne, "https://" + keyOne,
	} {
		_, err := Open(t.Context(), url, Options{})
		assert.Error(t, err, "%q", url)
	}
	w, err := Open(t.Context(), Scheme+"://"+keyOne, Options{})
	require.NoError(t, err, "opening calls no service, and needs no credentials")
	assert.Equal(t, Scheme+"://"+keyOne, w.ID())
}
