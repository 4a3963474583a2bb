package passphrase_test

import (
	"crypto/fips140"
	"errors"
	"testing"

	"github.com/esogen/esogen/keys/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile/keyfiletest"
)

// The least that Argon2id may cost here. Package internal/passphrase runs the same
// test over every byte.
var costs = passphrase.Costs{Memory: 16 << 10, Passes: 2, Lanes: 1}

func open(t testing.TB, secret string, costs passphrase.Costs) eso.Wrapper {
	t.Helper()
	w, err := passphrase.New(passphrase.Of([]byte(secret)), costs)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWrapper(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("GODEBUG=fips140=only forbids Argon2id")
	}
	keyfiletest.TestWrapper(t, keyfiletest.Options{
		Open:    func(t testing.TB) eso.Wrapper { return open(t, "the passphrase of a test", costs) },
		Other:   func(t testing.TB) eso.Wrapper { return open(t, "another passphrase, longer", costs) },
		Every:   28,
		Secrets: [][]byte{[]byte("the passphrase of a test")},
	})
}

func TestFIPS(t *testing.T) {
	if !fips140.Enforced() {
		t.Skip("only for GODEBUG=fips140=only")
	}
	_, err := open(t, "the passphrase of a test", passphrase.Costs{}).Wrap(t.Context(), []byte("a secret"))
	if !errors.Is(err, passphrase.ErrFIPS) || !errors.Is(err, eso.ErrNoKey) {
		t.Errorf("%v", err)
	}
}
