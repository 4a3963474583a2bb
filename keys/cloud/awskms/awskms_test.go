package awskms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
)

func setup(t testing.TB) *servicetest.Service {
	s := start(t)
	return &servicetest.Service{
		Server: s.Server,
		Open: func(t testing.TB, timeout time.Duration) eso.Wrapper {
			return s.open(t, "awskms:///"+arns+keyOne, timeout)
		},
		OpenOther: func(t testing.TB) eso.Wrapper { return s.open(t, "awskms:///"+arns+keyOther, 0) },
	}
}

func TestWrapper(t *testing.T) { servicetest.TestWrapper(t, setup, "the secret of a test") }

func TestFaults(t *testing.T) { servicetest.TestFaults(t, setup) }

func TestNames(t *testing.T) {
	s := start(t)
	s.aliases["alias/app"] = keyOne
	secret := []byte("a secret")
	wrapped, err := s.open(t, "awskms:///"+arns+keyOne, 0).Wrap(t.Context(), secret)
	require.NoError(t, err)
	name, err := envelope.KeyName(wrapped)
	require.NoError(t, err)
	assert.Equal(t, arns+keyOne, name)
	for url, id := range map[string]string{
		"awskms://" + keyOne:                                     "awskms:///" + keyOne,
		"awskms://" + keyOne + "?region=eu-west-1":               "awskms:///" + keyOne,
		"awskms://alias/app":                                     "awskms:///alias/app",
		"awskms:///arn:aws:kms:eu-west-1:111122223333:alias/app": "awskms:///arn:aws:kms:eu-west-1:111122223333:alias/app",
	} {
		w := s.open(t, url, 0)
		assert.Equal(t, id, w.ID())
		plain, err := w.Unwrap(t.Context(), wrapped)
		require.NoError(t, err, url)
		assert.Equal(t, secret, plain)
	}
	_, err = s.open(t, "awskms://"+keyOther, 0).Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrNoKey)
	assert.ErrorContains(t, err, `another key, "`+arns+keyOne)

	// An alias that names another key now says so, whatever that key may open.
	s.aliases["alias/app"] = keyOther
	_, err = s.open(t, "awskms://alias/app", 0).Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrNoKey)
	assert.ErrorContains(t, err, "IncorrectKeyException")
}

// A multi-Region key has an ARN in each region, and is one key.
func TestSameKey(t *testing.T) {
	assert.True(t, sameKey("arn:aws:kms:eu-west-1:1:key/mrk-1", "arn:aws:kms:us-east-1:1:key/mrk-1"))
	assert.False(t, sameKey("arn:aws:kms:eu-west-1:1:key/a", "arn:aws:kms:us-east-1:1:key/a"))
	assert.False(t, sameKey("arn:aws:kms:eu-west-1:1:key/mrk-1", "arn:aws:kms:us-east-1:1:key/mrk-2"))
	assert.False(t, sameKey("", "arn:aws:kms:eu-west-1:1:key/a"))
}

// Two URLs of one scheme: neither changes what the other sends.
func TestContext(t *testing.T) {
	s := start(t)
	plainly := s.open(t, "awskms:///"+arns+keyOne, 0)
	first := s.open(t, "awskms:///"+arns+keyOne+"?context_app=one&context_stage=live", 0)
	second := s.open(t, "awskms:///"+arns+keyOne+"?context_app=two", 0)
	assert.Equal(t, "awskms:///"+arns+keyOne+"?context_app=one&context_stage=live", first.ID())
	s.expect = map[string]string{"esogen": "key-file", "app": "one", "stage": "live"}
	wrapped, err := first.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.expect = map[string]string{"esogen": "key-file", "app": "two"}
	_, err = second.Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrTampered)
	s.expect = map[string]string{"esogen": "key-file"}
	_, err = plainly.Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrTampered)
	s.expect = map[string]string{"esogen": "key-file", "app": "one", "stage": "live"}
	_, err = first.Unwrap(t.Context(), wrapped)
	require.NoError(t, err)
}

func TestURLs(t *testing.T) {
	s := start(t)
	for _, url := range []string{
		"", "awskms://", "awskms:///", "gcpkms://x", "awskms:///" + arns + keyOne + "?endpoint=http://127.0.0.1", "awskms://a b", "awskms://a?region=x&region=y",
		"awskms://a?context_", "awskms://a?context_=b", "awskms://a?context_esogen=other", "awskms://a#b", "awskms://a/../b", "awskms://%zz", "awskms://a?region=%zz", "awskms://a?profile=p",
	} {
		_, err := Open(t.Context(), url, Options{Config: s.config()})
		assert.Error(t, err, "%q", url)
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	_, err := Open(t.Context(), "awskms://alias/app", Options{})
	assert.ErrorContains(t, err, "no region")
	w, err := Open(t.Context(), "awskms:///"+arns+keyOne, Options{})
	require.NoError(t, err, "the ARN has the region")
	assert.Equal(t, "awskms:///"+arns+keyOne, w.ID())
}
