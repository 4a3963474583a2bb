// Package passphrase is the provider of key files whose key is a passphrase: an
// [eso.Wrapper] of Argon2id (RFC 9106) and XChaCha20-Poly1305.
//
//	w, err := passphrase.New(passphrase.Of(secret), passphrase.Costs{})
//	…
//	keys, err := keyfile.Open(ctx, "keys.json", w, keyfile.Options{})
//
// Opening a key file takes about 0.3 s and 64 MiB, once; docs/keys.md has the bytes
// and the rules. Under GODEBUG=fips140=only, everything fails with [ErrFIPS].
package passphrase

import (
	"context"

	"github.com/esogen/esogen/internal/passphrase"
	eso "github.com/esogen/esogen/runtime"
)

// ID is the id of every passphrase wrapper.
const ID = passphrase.ID

// ErrFIPS is the error of everything here in a process that runs under
// GODEBUG=fips140=only.
var ErrFIPS = passphrase.ErrFIPS

// Costs are those of Argon2id, which what is wrapped holds: memory in KiB (16 MiB
// to 1 GiB), passes (1 to 64), lanes (1 to 16); memory times passes is from 32 MiB
// to 4 GiB. Costs outside of these are refused before anything is allocated.
type Costs = passphrase.Costs

// DefaultCosts are 64 MiB, 3 passes and 4 lanes, the second recommendation of RFC
// 9106.
var DefaultCosts = passphrase.DefaultCosts

// Ask returns the passphrase: from a terminal, a file, a service. A Wrapper calls
// it once for each Wrap and Unwrap, after everything else was checked, and
// overwrites the bytes. It may be called by several goroutines at once. An error
// that wraps [eso.ErrNoKey] is final.
type Ask = passphrase.Ask

// Of returns an Ask that gives a copy of one passphrase, which it keeps.
func Of(secret []byte) Ask { return passphrase.Of(secret) }

// Check returns what is wrong with a passphrase, without its content. It has 16
// characters or more, at most 1024 bytes of valid UTF-8, no control character, and
// no white space at either end. A passphrase that breaks these rules neither wraps
// nor unwraps: the error wraps [eso.ErrNoKey].
func Check(secret []byte) error { return passphrase.Check(secret) }

// New returns a Wrapper under the passphrase that ask gives. The costs are for what
// it wraps; zero Costs are the default ones. It is safe for concurrent use, and one
// process stretches one passphrase at a time. A context that ends is heeded while
// waiting and while stretching.
func New(ask func(ctx context.Context) ([]byte, error), costs Costs) (eso.Wrapper, error) {
	return passphrase.New(ask, costs)
}
