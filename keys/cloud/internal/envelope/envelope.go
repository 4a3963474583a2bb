// Package envelope makes an [eso.Wrapper] of one key of a key management service:
// it encrypts a secret under a fresh key, and has the service encrypt that key.
// What the service sees and answers has 32 bytes, whatever the secret, and a wrong
// answer does not open the rest. docs/keys.md has the bytes.
package envelope

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Service is one key of a service. Its calls end with their context, or later.
// They may panic: clients of services do if an answer lacks something.
type Service interface {
	// Encrypt returns the ciphertext of a key of 32 bytes, and the full name of the
	// service's key that encrypted it, with its version if it has one.
	Encrypt(ctx context.Context, key []byte) (name string, ciphertext []byte, err error)

	// Accepts returns why a name, of a wrapping that may be forged, is not that of
	// this key. No call goes out before.
	Accepts(name string) error

	// Decrypt returns what Encrypt encrypted under the key of that name.
	Decrypt(ctx context.Context, name string, ciphertext []byte) ([]byte, error)

	// Judge says what an error of the two means.
	Judge(err error) Verdict
}

// Options configures a Wrapper. The zero value has the defaults.
type Options struct {
	// Timeout bounds each call of the service, within the deadline of the context.
	// Zero is DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is long enough for the credentials that a first call fetches.
const DefaultTimeout = 10 * time.Second

// New returns the Wrapper of a key. The scheme is that of its URL, and the id its
// canonical URL.
func New(scheme, id string, s Service, o Options) (eso.Wrapper, error) {
	if err := printable(id); err != nil {
		return nil, fmt.Errorf("%s: the name of the key: %w", scheme, err)
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return &wrapper{scheme: scheme, id: id, service: s, timeout: o.Timeout}, nil
}

type wrapper struct {
	scheme, id string
	service    Service
	timeout    time.Duration
}

// String keeps the credentials, which the client has, out of everything printed.
func (w *wrapper) String() string   { return "eso.Wrapper(" + w.id + ")" }
func (w *wrapper) GoString() string { return w.String() }

func (w *wrapper) ID() string { return w.id }

func (w *wrapper) Wrap(ctx context.Context, secret []byte) ([]byte, error) {
	if len(secret) == 0 || len(secret) > maxSecret {
		return nil, fmt.Errorf("%s: a secret has 1 to %d bytes, and this one has %d", w.scheme, maxSecret, len(secret))
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	defer clear(key)
	type answer struct {
		name       string
		ciphertext []byte
	}
	given, err := call(ctx, w, key, func(ctx context.Context) (answer, error) {
		// The call may outlive this function: it has a key of its own.
		own := append([]byte(nil), key...)
		defer clear(own)
		name, ciphertext, err := w.service.Encrypt(ctx, own)
		return answer{name, ciphertext}, err
	})
	if err != nil {
		return nil, err
	}
	header, err := frame(w.scheme, given.name, given.ciphertext)
	if err == nil {
		err = w.service.Accepts(given.name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: wrapping: the answer of the service: %w", w.scheme, err)
	}
	aead, err := sealer(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.scheme, err)
	}
	return aead.Seal(header, nil, secret, header), nil
}

func (w *wrapper) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	parts, err := parse(wrapped)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", w.scheme, eso.ErrTampered, err)
	}
	if parts.scheme != w.scheme {
		return nil, fmt.Errorf("%s: %w: it was wrapped with %q", w.scheme, eso.ErrNoKey, parts.scheme)
	}
	if err := w.service.Accepts(parts.name); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", w.scheme, eso.ErrNoKey, err)
	}
	key, err := call(ctx, w, nil, func(ctx context.Context) ([]byte, error) {
		return w.service.Decrypt(ctx, parts.name, append([]byte(nil), parts.ciphertext...))
	})
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if len(key) != keySize {
		return nil, fmt.Errorf("%s: unwrapping: %w: the service answered with %d bytes instead of %d", w.scheme, eso.ErrTampered, len(key), keySize)
	}
	aead, err := sealer(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.scheme, err)
	}
	secret, err := aead.Open(nil, nil, parts.sealed, parts.header)
	if err != nil {
		return nil, fmt.Errorf("%s: unwrapping: %w: the service answered, and its answer does not open it", w.scheme, eso.ErrTampered)
	}
	return secret, nil
}

// KeyName returns the full name of the service's key that wrapped, with its version
// if it has one. It is what the file says, unverified.
func KeyName(wrapped []byte) (string, error) {
	parts, err := parse(wrapped)
	return parts.name, err
}

func (w *wrapper) KeyName(wrapped []byte) (string, error) { return KeyName(wrapped) }

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
