// Package base64key wraps key files under a key that its URL holds: for tests and
// for trying things out. Anyone who sees the URL, in a list of processes or a
// shell's history, can read every secret.
package base64key

import (
	"context"
	"crypto/fips140"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"github.com/esogen/esogen/keys/cloud/internal/address"
	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	eso "github.com/esogen/esogen/runtime"
)

// Scheme is that of the URLs.
const Scheme = localsecrets.Scheme

// ErrFIPS is the error of Open in a process that runs under GODEBUG=fips140=only.
// It wraps [eso.ErrNoKey].
var ErrFIPS = fmt.Errorf("%s: %w: GODEBUG=fips140=only forbids XSalsa20 and Poly1305; use a key of a service", Scheme, eso.ErrNoKey)

// Open returns the Wrapper of the key in a URL: "base64key://" and 32 bytes as
// base64 in the alphabet for URLs. Its id has a hash of the key. The Wrapper is
// safe for concurrent use. Its errors are those of [eso.Wrapper].
func Open(_ context.Context, url string) (eso.Wrapper, error) {
	if fips140.Enforced() {
		return nil, ErrFIPS
	}
	given, err := address.Parse(url, Scheme)
	if err != nil {
		return nil, err
	}
	key, err := localsecrets.Base64Key(given.Path)
	if err != nil || key == [32]byte{} {
		return nil, fmt.Errorf("%s: the URL has no key of 32 bytes, as base64 in the alphabet for URLs: - and _ instead of + and /", Scheme)
	}
	// The key has 256 random bits: its hash tells nothing of it.
	hash := sha256.Sum256(append([]byte("esogen base64key id "), key[:]...))
	s := &service{name: "sha256-" + hex.EncodeToString(hash[:8]), keeper: localsecrets.NewKeeper(key)}
	return envelope.New(Scheme, Scheme+"://"+s.name, s, envelope.Options{})
}

type service struct {
	name   string
	keeper *secrets.Keeper
}

func (s *service) Encrypt(ctx context.Context, key []byte) (string, []byte, error) {
	ciphertext, err := s.keeper.Encrypt(ctx, key)
	return s.name, ciphertext, err
}

func (s *service) Decrypt(ctx context.Context, _ string, ciphertext []byte) ([]byte, error) {
	return s.keeper.Decrypt(ctx, ciphertext)
}

func (s *service) Accepts(name string) error {
	if name != s.name {
		return address.Other(name)
	}
	return nil
}

// Judge takes every error for final: nothing here is away or busy.
func (s *service) Judge(error) envelope.Verdict { return envelope.Tampered }
