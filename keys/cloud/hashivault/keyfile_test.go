package hashivault

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud/internal/servicetest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// A process starts with a service that is slow, away or denies, and calls nobody
// once it has started.
func TestStart(t *testing.T) {
	s := start(t)
	w := s.open(t, "hashivault://one", 0)
	file, err := keyfile.New(keyfile.Native, "first")
	require.NoError(t, err)
	text, err := file.Text(t.Context(), w)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))

	s.Play(servicetest.Deny, -1)
	_, err = keyfile.Open(t.Context(), path, w, keyfile.Options{})
	require.ErrorIs(t, err, eso.ErrNoKey)
	assert.ErrorContains(t, err, "permission denied")
	assert.Equal(t, 1, s.Calls(), "a denial is not tried again")

	s.Play(servicetest.Other, -1)
	_, err = keyfile.Open(t.Context(), path, w, keyfile.Options{})
	require.ErrorIs(t, err, eso.ErrTampered)
	assert.Equal(t, 1, s.Calls(), "a wrong answer is not asked for again")

	s.Play(servicetest.Throttle, -1)
	_, err = keyfile.Open(t.Context(), path, w, keyfile.Options{Attempts: 2})
	require.ErrorContains(t, err, "rate limit quota exceeded")
	assert.Equal(t, 2*3, s.Calls(), "the attempts are bounded")

	s.Play(servicetest.Throttle, 4)
	keys, err := keyfile.Open(t.Context(), path, w, keyfile.Options{})
	require.NoError(t, err)
	assert.Equal(t, 5, s.Calls())

	s.Play(servicetest.Deny, -1)
	key, err := keys.SealingKey(t.Context(), eso.Ref{})
	require.NoError(t, err)
	_, err = key.MAC(t.Context(), []byte("message"))
	require.NoError(t, err)
	changed, err := keys.Refresh(t.Context())
	require.NoError(t, err)
	assert.False(t, changed)
	assert.Zero(t, s.Calls(), "nothing calls out after the start")

	s.Play(servicetest.Stall, -1)
	_, err = keyfile.Open(t.Context(), path, s.open(t, "hashivault://one", 50*time.Millisecond), keyfile.Options{Attempts: 2})
	require.Error(t, err)
	assert.NotErrorIs(t, err, eso.ErrNoKey)
}
