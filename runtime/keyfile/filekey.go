package keyfile

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	eso "github.com/esogen/esogen/runtime"
)

const (
	fileKeySize = 32
	macSize     = sha256.Size

	labelContext = Format + " file key"
	labelSeal    = Format + " seal"
	labelMAC     = Format + " mac"
)

// fileKey is the key of a key file: it seals the keys in it, and its MAC is over
// all of the file. Only functions reach it, whose captured variables no
// reflection shows.
type fileKey struct {
	redacted
	seal   func(row *row, secret []byte) []byte
	open   func(row *row) ([]byte, bool)
	mac    func(message []byte) [macSize]byte
	toWrap func() []byte

	// forgetWrapped clears what only wrapping needs, and forget what only the next
	// change needs. What was sealed still opens: the standard library has that
	// key.
	forgetWrapped, forget func()
}

// newFileKey returns the file key of these bytes, which it clears.
func newFileKey(fileID string, key []byte) (*fileKey, error) {
	defer clear(key)
	if len(key) != fileKeySize || subtle.ConstantTimeCompare(key, make([]byte, fileKeySize)) == 1 {
		return nil, tampered("what is wrapped is not a file key")
	}
	sealKey, err := hkdf.Key(sha256.New, key, nil, labelSeal, fileKeySize)
	if err != nil {
		return nil, errorf("deriving a key: %w", err)
	}
	defer clear(sealKey)
	macKey, err := hkdf.Key(sha256.New, key, nil, labelMAC, fileKeySize)
	if err != nil {
		return nil, errorf("deriving a key: %w", err)
	}
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return nil, errorf("deriving a key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, errorf("deriving a key: %w", err)
	}
	kept := bytes.Clone(key)
	return &fileKey{
		redacted: "keyfile.fileKey(redacted)",
		seal: func(r *row, secret []byte) []byte {
			return aead.Seal(nil, nil, secret, r.additional(fileID))
		},
		open: func(r *row) ([]byte, bool) {
			secret, err := aead.Open(nil, nil, r.sealed, r.additional(fileID))
			return secret, err == nil
		},
		mac: func(message []byte) [macSize]byte {
			h := hmac.New(sha256.New, macKey)
			h.Write(message)
			return [macSize]byte(h.Sum(nil))
		},
		toWrap: func() []byte {
			context := contextHash(fileID)
			return append(bytes.Clone(kept), context[:]...)
		},
		forgetWrapped: func() { clear(kept) },
		forget: func() {
			clear(kept)
			clear(macKey)
		},
	}, nil
}

// makeFileKey returns a new file key.
func makeFileKey(fileID string) (*fileKey, error) {
	key := make([]byte, fileKeySize)
	rand.Read(key) // never fails
	return newFileKey(fileID, key)
}

// contextHash is what is wrapped beside a file key, and says what it is for: a
// Wrapper knows of no context.
func contextHash(fileID string) [sha256.Size]byte {
	return sha256.Sum256(appendField(appendField(nil, labelContext), fileID))
}

// unwrap has a file key unwrapped.
func unwrap(ctx context.Context, w eso.Wrapper, s slots, fileID string, wrapped []byte) (*fileKey, error) {
	secret, err := call(ctx, s, func(ctx context.Context) ([]byte, error) { return w.Unwrap(ctx, bytes.Clone(wrapped)) })
	if err != nil {
		return nil, providerError{err}
	}
	defer clear(secret)
	context := contextHash(fileID)
	if len(secret) != fileKeySize+len(context) || subtle.ConstantTimeCompare(secret[fileKeySize:], context[:]) != 1 {
		return nil, tampered("what %q unwraps is not the key of this file: it was changed, or mixed with another", w.ID())
	}
	return newFileKey(fileID, bytes.Clone(secret[:fileKeySize]))
}

// wrap has a file key wrapped.
func wrap(ctx context.Context, w eso.Wrapper, key *fileKey) ([]byte, error) {
	secret := key.toWrap()
	wrapped, err := call(ctx, nil, func(ctx context.Context) ([]byte, error) {
		defer clear(secret)
		return w.Wrap(ctx, secret)
	})
	switch {
	case err != nil:
		return nil, errorf("%q does not wrap the file key: %w", w.ID(), err)
	case len(wrapped) == 0 || len(wrapped) > MaxWrapped:
		return nil, errorf("%q wraps the file key as %d bytes; 1 to %d are allowed", w.ID(), len(wrapped), MaxWrapped)
	}
	return bytes.Clone(wrapped), nil
}

// providerError is an error of a Wrapper.
type providerError struct{ error }

func (e providerError) Unwrap() error { return e.error }

func appendField[T ~string | ~[]byte](dst []byte, field T) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(field)))
	return append(dst, field...)
}
