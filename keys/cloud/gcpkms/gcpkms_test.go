package gcpkms

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

func setup(t testing.TB) *servicetest.Service {
	s := start(t)
	return &servicetest.Service{
		Server:    s.Server,
		Open:      func(t testing.TB, timeout time.Duration) eso.Wrapper { return s.open(t, "gcpkms://"+keyOne, timeout) },
		OpenOther: func(t testing.TB) eso.Wrapper { return s.open(t, "gcpkms://"+keyOther, 0) },
		// gRPC has frames of known length. What decrypts has no name in the answer:
		// that of another key is a wrong answer.
		Without: []servicetest.Fault{servicetest.Cut},
	}
}

func TestWrapper(t *testing.T) { servicetest.TestWrapper(t, setup) }

func TestFaults(t *testing.T) { servicetest.TestFaults(t, setup) }

// What an older version encrypted decrypts after a rotation, and the file says
// which version that was.
func TestRotation(t *testing.T) {
	s := start(t)
	w := s.open(t, "gcpkms://"+keyOne, 0)
	older, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.Rotate(keyOne)
	newer, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	for wrapped, version := range map[string]string{string(older): "1", string(newer): "2"} {
		name, err := envelope.KeyName([]byte(wrapped))
		require.NoError(t, err)
		assert.Equal(t, keyOne+"/cryptoKeyVersions/"+version, name)
		plain, err := w.Unwrap(t.Context(), []byte(wrapped))
		require.NoError(t, err)
		assert.Equal(t, "a secret", string(plain))
	}
}

// Bytes that changed on their way are noticed here, and may come right next time.
func TestChecksums(t *testing.T) {
	s := start(t)
	w := s.open(t, "gcpkms://"+keyOne, 0)
	wrapped, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.spoil = true
	s.Play("", 0)
	_, err = w.Wrap(t.Context(), []byte("a secret"))
	require.ErrorContains(t, err, "changed on its way")
	assert.NotErrorIs(t, err, eso.ErrTampered)
	assert.Equal(t, 3, s.Calls())
	_, err = w.Unwrap(t.Context(), wrapped)
	require.ErrorContains(t, err, "changed on its way")
	assert.NotErrorIs(t, err, eso.ErrTampered)
}

// Two URLs of one scheme: neither changes what the other sends.
func TestAAD(t *testing.T) {
	s := start(t)
	plainly := s.open(t, "gcpkms://"+keyOne, 0)
	url := "gcpkms://" + keyOne + "?additional_authenticated_data=" + base64.URLEncoding.EncodeToString([]byte("the app?>"))
	bound := s.open(t, url, 0)
	assert.Equal(t, "gcpkms://"+keyOne+"?additional_authenticated_data=dGhlIGFwcD8-", bound.ID())
	s.aad = "the app?>"
	wrapped, err := bound.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.aad = defaultAAD
	_, err = plainly.Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrTampered)
}

func TestURLs(t *testing.T) {
	for _, url := range []string{
		"gcpkms://", "gcpkms://x", "awskms://" + keyOne, "gcpkms://" + keyOne + "/cryptoKeyVersions/1", "gcpkms://" + keyOne + "?other=x",
		"gcpkms://" + keyOne + "?additional_authenticated_data=***", "gcpkms://projects/p/locations/l/keyRings/../cryptoKeys/k",
	} {
		_, err := Open(t.Context(), url, Options{})
		assert.Error(t, err, "%q", url)
	}
	w, err := Open(t.Context(), "gcpkms://"+keyOne, Options{})
	require.NoError(t, err, "opening calls no service, and needs no credentials")
	assert.Equal(t, "gcpkms://"+keyOne, w.ID())
}

func TestJudge(t *testing.T) {
	for code, want := range map[codes.Code]envelope.Verdict{
		codes.Unauthenticated: envelope.Denied, codes.Unavailable: envelope.Busy, codes.Unknown: envelope.Unknown,
	} {
		assert.Equal(t, want, (&service{}).Judge(status.Error(code, "text")), code.String())
	}
}
