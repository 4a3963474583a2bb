package cli

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One command retires all keys that a rotation of many namespaces has replaced, and no
// key that waits to become primary.
func TestRetireOlder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ESOGEN_PASSPHRASE", "")
	must := func(args ...string) string {
		t.Helper()
		code, out, said := keysIn(t, dir, append(args, "--wrap", "quick://a")...)
		require.Zero(t, code, said)
		return out + said
	}
	add := func(generation string) {
		t.Helper()
		for i := range 5 {
			must("add", "keys.json", "--namespace", fmt.Sprintf("n%d", i), "--id", fmt.Sprintf("n%d-%s", i, generation))
		}
	}
	must("make", "keys.json", "--id", "own")
	add("a")
	must("primary", "keys.json", "--namespaces")
	assert.Contains(t, must("retire", "keys.json", "--older", "--no-database"), "no key is older than the primary one, nothing changed")
	add("b")
	assert.Contains(t, must("primary", "keys.json", "--namespaces"), "esogen keys retire keys.json --older --dsn DSN\n")

	// Back to the first ones: what they replace is newer, and named.
	assert.Contains(t, must("primary", "keys.json", "n0-a", "n1-a", "n2-a", "n3-a"), "esogen keys retire keys.json n0-b n1-b n2-b n3-b --dsn DSN\n")
	must("primary", "keys.json", "--namespaces")

	must("add", "keys.json", "--id", "waits")
	must("add", "keys.json", "--namespace", "n0", "--id", "waits-too")
	must("add", "keys.json", "--namespace", "new", "--id", "first")
	assert.Contains(t, must("retire", "keys.json", "--older", "--no-database"), "not noted in a database")
	list := must2(t, dir, "list", "keys.json")
	for i := range 5 {
		assert.Contains(t, list, fmt.Sprintf(`key "n%d-a" of namespace "n%d": retired`, i, i))
		assert.Contains(t, list, fmt.Sprintf(`key "n%d-b" of namespace "n%d": native, primary`, i, i))
	}
	for _, kept := range []string{`key "own": native, primary`, `key "waits": native, known`, `key "waits-too" of namespace "n0": native, known`, `key "first" of namespace "new": native, known`} {
		assert.Contains(t, list, kept)
	}
}

func must2(t *testing.T, dir string, args ...string) string {
	t.Helper()
	code, out, said := keysIn(t, dir, args...)
	require.Zero(t, code, said)
	return out
}

func TestUnclear(t *testing.T) {
	assert.EqualError(t, unclear(1, `1 of type "a"`), `nobody can tell which key 1 object needs: 1 of type "a"`)
	assert.EqualError(t, unclear(2, `2 of type "a"`), `nobody can tell which key 2 objects need: 2 of type "a"`)
}
