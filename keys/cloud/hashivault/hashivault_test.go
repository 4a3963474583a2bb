package hashivault

import (
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
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
		Open:      func(t testing.TB, timeout time.Duration) eso.Wrapper { return s.open(t, "hashivault://one", timeout) },
		OpenOther: func(t testing.TB) eso.Wrapper { return s.open(t, "hashivault://other", 0) },
	}
}

func TestWrapper(t *testing.T) { servicetest.TestWrapper(t, setup, token) }

func TestFaults(t *testing.T) { servicetest.TestFaults(t, setup) }

func TestRotation(t *testing.T) {
	s := start(t)
	w := s.open(t, "hashivault://one", 0)
	older, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.Rotate("one")
	newer, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	for wrapped, version := range map[string]string{string(older): "1", string(newer): "2"} {
		name, err := envelope.KeyName([]byte(wrapped))
		require.NoError(t, err)
		assert.Equal(t, "transit/keys/one:v"+version, name)
		plain, err := w.Unwrap(t.Context(), []byte(wrapped))
		require.NoError(t, err)
		assert.Equal(t, "a secret", string(plain))
	}
}

// Two URLs of one scheme: neither changes where the other goes.
func TestEngine(t *testing.T) {
	s := start(t)
	plainly := s.open(t, "hashivault://one", 0)
	elsewhere := s.open(t, "hashivault://one?engine=teams/a/transit/", 0)
	assert.Equal(t, "hashivault://one", plainly.ID())
	assert.Equal(t, "hashivault://one", s.open(t, "hashivault://one?engine=transit", 0).ID())
	assert.Equal(t, "hashivault://one?engine=teams/a/transit", elsewhere.ID())
	s.engine = "teams/a/transit"
	wrapped, err := elsewhere.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	s.engine = "transit"
	_, err = plainly.Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrNoKey)
	_, err = plainly.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
}

// The environment counts at each call: a token is renewed, a server moves, and a
// first failure is not kept.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"VAULT_SERVER_URL", "VAULT_SERVER_TOKEN", "VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_AGENT_ADDR"} {
		t.Setenv(name, "")
	}
	_, err := Open(t.Context(), "hashivault://one", Options{})
	require.ErrorContains(t, err, "set VAULT_ADDR")
	s := start(t)
	t.Setenv("VAULT_ADDR", "http://127.0.0.1:1")
	w, err := Open(t.Context(), "hashivault://one", Options{})
	require.NoError(t, err)
	_, err = w.Wrap(t.Context(), []byte("a secret"))
	require.Error(t, err)
	assert.NotErrorIs(t, err, eso.ErrNoKey)

	t.Setenv("VAULT_ADDR", s.address)
	t.Setenv("VAULT_TOKEN", "hvs.first")
	t.Setenv("VAULT_NAMESPACE", "team-a")
	s.token, s.namespace = "hvs.first", "team-a"
	wrapped, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	t.Setenv("VAULT_SERVER_URL", s.address)
	t.Setenv("VAULT_ADDR", "http://127.0.0.1:1")
	t.Setenv("VAULT_SERVER_TOKEN", "hvs.second")
	s.token = "hvs.second"
	_, err = w.Unwrap(t.Context(), wrapped)
	require.NoError(t, err)
}

// What the given client has counts at each call, too.
func TestClient(t *testing.T) {
	s := start(t)
	client := s.client(t)
	w, err := Open(t.Context(), "hashivault://one", Options{Client: client})
	require.NoError(t, err)
	client.SetToken("hvs.renewed")
	client.SetNamespace("team-b")
	s.token, s.namespace = "hvs.renewed", "team-b"
	_, err = w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
}

func TestJudge(t *testing.T) {
	s := &service{}
	for _, c := range []struct {
		status int
		words  string
		want   envelope.Verdict
	}{
		{500, "cipher: message authentication failed", envelope.Tampered}, // for a wrong context
		{500, "internal error", envelope.Unknown},
		{400, "invalid ciphertext: no prefix", envelope.Tampered},
		{400, "encryption key not found", envelope.Denied},
		{404, "no handler for route", envelope.Denied},
		{473, "", envelope.Busy},
		{418, "", envelope.Unknown},
	} {
		assert.Equal(t, c.want, s.Judge(&api.ResponseError{StatusCode: c.status, Errors: []string{c.words}}), "%d %s", c.status, c.words)
	}
	assert.Equal(t, envelope.Denied, s.Judge(&strange{http.StatusNotFound}))
}

func TestURLs(t *testing.T) {
	s := start(t)
	for _, url := range []string{
		"hashivault://", "hashivault://a/b", "hashivault://one?engine=../sys", "hashivault://one?engine=a//b", "hashivault://one?engine=a&engine=b", "hashivault://one?token=x", "hashivault://o%20ne",
		"hashivault://..",
	} {
		_, err := Open(t.Context(), url, Options{Client: s.client(t)})
		assert.Error(t, err, "%q", url)
	}
}
