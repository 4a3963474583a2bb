package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const goodKey = "a passphrase of at least 32 characters"

// run runs a command of a release that has no objects.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors strings.Builder
	code = Release{Name: "none"}.Run(t.Context(), args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestCommandLine(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "product.db")
	t.Setenv("PRODUCT_KEYS", `{"primary": "`+goodKey+`"}`)
	for _, c := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"", 2, "usage: none COMMAND"},
		{"destroy", 2, "usage: none COMMAND"},
		{"usage --nonsense", 2, "flag provided but not defined"},
		{"usage --dsn " + dsn + " more", 2, "Usage of usage"},
		{"usage --dsn mysql:x", 2, "the database is sqlite:FILE or postgres://"},
		{"usage --dsn " + dsn, 0, ""},
		{"migrate --dsn " + dsn, 0, ""},
		{"rotate --dsn " + dsn + " --batch 1", 0, ""},
		{"usage --dsn sqlite:" + t.TempDir(), 2, "unable to open database file"},
		{"serve --dsn " + dsn + " --listen nowhere", 2, "missing port"},
	} {
		code, stdout, stderr := run(t, strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, "%s: %s", c.args, stderr)
		assert.Contains(t, stderr, c.stderr, c.args)
		assert.Empty(t, stdout, c.args)
		assert.NotContains(t, stderr, goodKey)
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct{ text, wrong string }{
		{`{"primary": "` + goodKey + `"}`, ""},
		{`{"primary": {"id": "k2", "key": "` + goodKey + `"}, "decryptionOnly": ["` + goodKey + ` as well"]}`, ""},
		{``, "neither --keys nor PRODUCT_KEYS is given"},
		{`{"primary": "short"}`, "fewer than 32 characters"},
		{`{"primary": "` + goodKey + `", "decryptionOnly": ["short"]}`, "fewer than 32 characters"},
		{`{"primary": "` + goodKey + `", "decryptionOnly": ["` + goodKey + `"]}`, "it is the primary one"},
		{`{"primary": ["` + goodKey + `"]}`, "want an object, found an array"},
		{`{"primary": "` + goodKey + `", "decryptiononly": []}`, "it has a member other than"},
		{goodKey, "want an object"},
	} {
		t.Setenv("PRODUCT_KEYS", c.text)
		keys, err := readKeys("")
		if c.wrong == "" {
			require.NoError(t, err)
			list, err := keys.Keys(t.Context())
			require.NoError(t, err)
			assert.NotEmpty(t, list)
			continue
		}
		require.ErrorContains(t, err, c.wrong)
		assert.NotContains(t, err.Error(), goodKey)
		assert.NotContains(t, err.Error(), "short")
	}

	t.Setenv("PRODUCT_KEYS", "not looked at")
	path := filepath.Join(t.TempDir(), "keys.json")
	_, err := readKeys(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte(`{"primary": {"id": "k1", "key": "`+goodKey+`"}}`), 0o600))
	keys, err := readKeys(path)
	require.NoError(t, err)
	list, err := keys.Keys(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "k1", list[0].ID())
}
