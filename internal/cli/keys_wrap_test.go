package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/keyfile"
)

// keysIn runs a command of keys in a folder.
func keysIn(t *testing.T, dir string, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Do(t.Context(), append([]string{"-C", dir, "keys"}, args...), strings.NewReader(""), &stdout, &stderr, quickProvider)
	return code, stdout.String(), stderr.String()
}

// What wraps a file is what the user says, and nothing that a file says.
func TestWrapsOfKeyFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ESOGEN_PASSPHRASE", "")
	t.Setenv("ESOGEN_NEW_PASSPHRASE", "")
	must := func(args ...string) string {
		t.Helper()
		code, out, said := keysIn(t, dir, args...)
		require.Zero(t, code, said)
		return out + said
	}
	refused := func(want string, args ...string) {
		t.Helper()
		before, err := os.ReadFile(filepath.Join(dir, "keys.json"))
		require.NoError(t, err)
		code, _, said := keysIn(t, dir, args...)
		assert.Equal(t, 2, code)
		assert.Contains(t, said, want)
		after, err := os.ReadFile(filepath.Join(dir, "keys.json"))
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
	must("make", "keys.json", "--id", "first", "--wrap", "quick://a")
	must("check", "keys.json", "--wrap", "quick://a")
	refused(`wrapped by "quick://a", which is not what --wrap says`, "check", "keys.json")
	refused(`wrapped by "quick://a", which is not what --wrap says`, "add", "keys.json", "--wrap", "quick://b")
	refused("--passphrase-file goes with a passphrase", "add", "keys.json", "--wrap", "quick://a", "--passphrase-file", "x")
	refused("--to: no provider has URLs that begin with other://", "rewrap", "keys.json", "--wrap", "quick://a", "--to", "other://a")
	refused(`--to is neither "passphrase" nor the URL of a key`, "rewrap", "keys.json", "--wrap", "quick://a", "--to", "nonsense")
	refused("--wrap: no provider has URLs that begin with other://", "add", "keys.json", "--wrap", "other://a")
	refused("the key file needs a passphrase", "rewrap", "keys.json", "--wrap", "quick://a", "--to", "passphrase")
	refused("--new-passphrase-file goes with --to passphrase", "rewrap", "keys.json", "--wrap", "quick://a", "--new-passphrase-file", "new")

	// From one key to another, to a passphrase, and back.
	said := must("rewrap", "keys.json", "--wrap", "quick://a", "--to", "quick://b")
	assert.Contains(t, said, `still open with the key "quick://a"`)
	assert.Contains(t, said, "give every process the new wrap")
	must("rewrap", "keys.json", "--wrap", "quick://a", "--to", "quick://b") // as after a crash
	refused("wrapped by", "add", "keys.json", "--wrap", "quick://a")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new"), []byte("a passphrase for tests\r\n"), 0o600))
	must("rewrap", "keys.json", "--wrap", "quick://b", "--to", "passphrase", "--new-passphrase-file", "new")
	must("check", "keys.json", "--passphrase-file", "new")
	must("rewrap", "keys.json", "--passphrase-file", "new", "--to", "quick://a")
	must("check", "keys.json", "--wrap", "quick://a")

	// A key file does what a file of passphrases does, wherever keys are named.
	code := Do(t.Context(), []string{"-C", dir, "rotate", "--keys", "keys.json", "--wrap", "quick://b"}, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, quickProvider)
	assert.Equal(t, 2, code)
}

// An error names the flag that is wrong, be it of a store's keys or of a transfer key.
func TestWrapErrorsNameTheFlag(t *testing.T) {
	for of, flag := range map[string]string{"": "--wrap", "to": "--to-wrap", "from": "--from-wrap"} {
		for _, providers := range [][]Provider{nil, {quickProvider}} {
			a := &app{providers: providers}
			for _, url := range []string{"other://a", "nonsense"} {
				_, err := a.fittingWrapper(t.Context(), "keys.json", keyfile.Info{WrapperID: url}, nil, &wrapping{wrap: url, of: of})
				require.Error(t, err)
				assert.Regexp(t, "^"+flag+"[: ]", err.Error())
			}
		}
	}
}

// No message, and no result, shows a passphrase that was given, or what wraps it.
func TestKeysShowNoPassphrase(t *testing.T) {
	dir := t.TempDir()
	const old, renewed = "hush, the passphrase of before", "hush, the passphrase of after"
	t.Setenv("ESOGEN_PASSPHRASE", old)
	t.Setenv("ESOGEN_NEW_PASSPHRASE", renewed)
	plain := `{"primary": {"id": "p", "key": "hush, a passphrase of a plain file"}}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plain.json"), []byte(plain), 0o600))
	var all strings.Builder
	for _, args := range [][]string{
		{"make", "keys.json", "--from", "plain.json", "--json"}, {"add", "keys.json", "--json"}, {"add", "keys.json", "--from", "plain.json"},
		{"list", "keys.json", "--json"}, {"check", "keys.json", "--json"}, {"check", "plain.json"}, {"list", "plain.json"},
		{"rewrap", "keys.json"}, {"check", "keys.json"},
		{"make", "other.json", "--wrap", old}, {"check", "keys.json", "--wrap", old}, {"rewrap", "keys.json", "--to", renewed},
	} {
		_, out, said := keysIn(t, dir, args...)
		all.WriteString(out + said)
	}
	assert.NotContains(t, all.String(), "hush")
	text, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "hush")
}
