package service

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// run runs a command of a release that has no objects.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors strings.Builder
	code = Release{Name: "none"}.Run(t.Context(), args, &out, &errors)
	return code, out.String(), errors.String()
}

func TestCommandLine(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "product.db")
	keys, passphrase := newKeyFile(t)
	t.Setenv("PRODUCT_KEY_FILE", keys)
	t.Setenv("PRODUCT_PASSPHRASE", passphrase)
	for _, c := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"", 2, "usage: none COMMAND"},
		{"destroy", 2, "usage: none COMMAND"},
		{"usage --refresh -1s", 2, "--refresh is not positive"},
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
		assert.NotContains(t, stderr, passphrase)
	}
}
