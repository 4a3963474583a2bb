package cloud_test

import (
	"crypto/fips140"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/keys/cloud"
	"github.com/esogen/esogen/keys/cloud/base64key"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

const local = "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="

func TestOpen(t *testing.T) {
	t.Setenv("VAULT_ADDR", "http://127.0.0.1:1")
	for scheme, rest := range map[string]string{
		"awskms":        "/arn:aws:kms:eu-west-1:111122223333:key/0f3c1c11-0000-4000-8000-000000000001",
		"azurekeyvault": "v.vault.azure.net/keys/k",
		"gcpkms":        "projects/p/locations/l/keyRings/r/cryptoKeys/k",
		"hashivault":    "k",
	} {
		w, err := cloud.Open(t.Context(), scheme+"://"+rest)
		require.NoError(t, err)
		assert.Equal(t, scheme+"://"+rest, w.ID())
	}
	for _, url := range []string{"", "k", "s3://bucket", "AWSKMS://k", local[1:]} {
		_, err := cloud.Open(t.Context(), url)
		require.Error(t, err, "%q", url)
		assert.NotContains(t, err.Error(), "smGb")
	}
	for _, p := range cloud.Providers() {
		assert.NotEmpty(t, p.About)
		_, err := p.Open(t.Context(), "other://key")
		if p.Scheme == "base64key" && fips140.Enforced() {
			assert.ErrorIs(t, err, base64key.ErrFIPS)
			continue
		}
		assert.ErrorContains(t, err, p.Scheme+"://")
	}
}

// A key file lives under one of these Wrappers.
func TestKeyFile(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("GODEBUG=fips140=only forbids the local key")
	}
	w, err := cloud.Open(t.Context(), local)
	require.NoError(t, err)
	file, err := keyfile.New(keyfile.Native, "")
	require.NoError(t, err)
	text, err := file.Text(t.Context(), w)
	require.NoError(t, err)
	again, err := keyfile.Read(t.Context(), text, w)
	require.NoError(t, err)
	assert.Equal(t, file.Info(), again.Info())
	assert.NotContains(t, string(text), strings.TrimPrefix(local, "base64key://"))

	other, err := cloud.Open(t.Context(), "base64key://-_-bjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4=")
	require.NoError(t, err)
	_, err = keyfile.Read(t.Context(), text, other)
	require.ErrorIs(t, err, eso.ErrNoKey)
}
