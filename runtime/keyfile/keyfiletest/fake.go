package keyfiletest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"fmt"

	eso "github.com/esogen/esogen/runtime"
)

// NewWrapper returns a Wrapper for tests, under a key that is made of its id: it
// protects nothing. It keeps every rule of [eso.Wrapper].
func NewWrapper(id string) eso.Wrapper {
	key := sha256.Sum256([]byte("keyfiletest " + id))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // not with 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &fake{id, aead}
}

type fake struct {
	id   string
	aead cipher.AEAD
}

func (f *fake) ID() string { return f.id }

func (f *fake) Wrap(ctx context.Context, secret []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.id, err)
	}
	if len(secret) == 0 || len(secret) > 1024 {
		return nil, fmt.Errorf("%s: a secret of %d bytes", f.id, len(secret))
	}
	return f.aead.Seal(nil, nil, secret, nil), nil
}

func (f *fake) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.id, err)
	}
	secret, err := f.aead.Open(nil, nil, wrapped, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.id, eso.ErrTampered)
	}
	return secret, nil
}
