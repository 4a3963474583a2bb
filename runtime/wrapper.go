package eso

import "context"

// Wrapper wraps a short secret, the file key of a key file (package keyfile), under
// a key that stays elsewhere: with a key management service, or in somebody's head.
// Modules under keys/ have implementations. It must be safe for concurrent use.
//
// Wrapping is not bound to a context by the Wrapper: what package keyfile wraps
// holds a hash of its context, which it compares after unwrapping.
//
// An error that wraps [ErrNoKey] (denied, no such key) or [ErrTampered] (what is
// wrapped does not unwrap) is final. After any other, a caller may try again. No
// error holds anything of the secret.
type Wrapper interface {
	// ID names the wrapping key, for people and to find the right Wrapper: a key
	// file stores it in plaintext. It has 1 to 512 printable characters of ASCII,
	// and nothing secret.
	ID() string

	// Wrap returns the secret, of 1 to 1024 bytes, wrapped: at most 64 KiB.
	Wrap(ctx context.Context, secret []byte) ([]byte, error)

	// Unwrap returns the secret that Wrap wrapped. The wrapped bytes may be
	// forged, and of any length.
	Unwrap(ctx context.Context, wrapped []byte) ([]byte, error)
}
