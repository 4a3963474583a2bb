package eso

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// The native format seals all secrets of an object into one attribute, as the
// base64 text of
//
//	header | nonce[12] | ciphertext | tag[16]
//
// with AES-256-GCM. The header (native_header.go) says what else is bound. The
// key is derived from a key of the keyring and a fresh salt, so that no nonce
// ever meets the same key twice by chance. docs/format-native.md describes the
// bytes.

// sealAttribute is the attribute that holds the seal.
const sealAttribute = "$sealed"

const (
	nativeNonceSize = 12
	nativeTagSize   = 16
)

// nativeLabel begins what the keys of a seal are derived from.
const nativeLabel = "esogen native v1"

// What the two outputs of the derivation are for.
const (
	forKey        = 1
	forCommitment = 2
)

// sealContent is what goes into a seal, and what stands beside it.
type sealContent struct {
	ref        Ref
	namespaced bool // the namespace is bound
	model      int
	bound      []namedText // sorted by name; an absent one has no text
	sealed     []namedText // sorted by name
}

// namedText is a name, and the text of a JSON value.
type namedText struct{ name, raw string }

// nativeBuffers are the buffers of one sealing or opening. They hold secrets
// while they are in use, and are cleared before they wait for the next.
type nativeBuffers struct {
	message, plain, aad, out []byte
	derived                  [32]byte
}

var nativePool = sync.Pool{New: func() any { return new(nativeBuffers) }}

// keptBuffer is how large a buffer may be that is kept.
const keptBuffer = 64 << 10

func (b *nativeBuffers) release() {
	clear(b.derived[:])
	clear(b.plain[:cap(b.plain)])
	if max(cap(b.plain), cap(b.aad), cap(b.out)) <= keptBuffer {
		nativePool.Put(b)
	}
}

// macFunc is HMAC-SHA-256 under the key of a seal: Key.MAC.
type macFunc func(ctx context.Context, message []byte) ([32]byte, error)

// appendSeal appends to dst the base64 text of a seal under the key with an id and
// a MAC, and returns the extended slice.
//
// The errors are those of the MAC, ErrInvalid for a bound
// value without canonical text, and ErrTooLarge for names that no header takes.
func appendSeal(ctx context.Context, dst []byte, keyID string, mac macFunc, c *sealContent) ([]byte, error) {
	h := nativeHeader{version: nativeVersion, keyID: keyID, model: c.model, namespaced: c.namespaced}
	if err := checkKeyID(h.keyID); err != nil {
		return dst, fmt.Errorf("key %q: %w", h.keyID, err)
	}
	b := nativePool.Get().(*nativeBuffers)
	defer b.release()
	rand.Read(h.salt[:]) // never fails: crypto/rand ends the program instead
	aead, err := b.derive(ctx, mac, &h)
	if err != nil {
		return dst, err
	}
	if b.out, err = h.append(b.out[:0], c.bound, c.sealed); err != nil {
		return dst, err
	}
	if err := b.bind(b.out, c, ErrInvalid); err != nil {
		return dst, err
	}
	size := 0
	for _, s := range c.sealed {
		size += 4 + len(s.raw)
	}
	b.plain = slices.Grow(b.plain[:0], size) // an array that was outgrown would not be cleared
	for _, s := range c.sealed {
		b.plain = binary.BigEndian.AppendUint32(b.plain, uint32(len(s.raw)))
		b.plain = append(b.plain, s.raw...)
	}
	b.out = aead.Seal(b.out, nil, b.plain, b.aad)
	return jsontext.AppendCiphertext(dst, b.out), nil
}

// derive makes the AES key of a seal, for the label, the suite, the id and the
// salt, and the commitment to it: no seal opens under two keys. While sealing,
// the header takes the commitment; while opening, it has one.
func (b *nativeBuffers) derive(ctx context.Context, mac macFunc, h *nativeHeader) (cipher.AEAD, error) {
	b.message = append(b.message[:0], nativeLabel...)
	b.message = append(b.message, nativeSuite, byte(len(h.keyID)))
	b.message = append(b.message, h.keyID...)
	b.message = append(b.message, h.salt[:]...)
	b.message = append(b.message, forCommitment)
	commitment, err := mac(ctx, b.message)
	if err != nil {
		return nil, err
	}
	if h.committed && subtle.ConstantTimeCompare(commitment[:], h.commitment[:]) != 1 {
		return nil, ErrTampered
	}
	h.commitment = commitment
	b.message[len(b.message)-1] = forKey
	if b.derived, err = mac(ctx, b.message); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(b.derived[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// bind makes the additional data: the header, the identity, and each bound
// attribute, absent or with its canonical text. Every part has its length
// before it, or is of fixed length, so that no two objects have the same. An
// error, about a value without canonical text, wraps kind.
func (b *nativeBuffers) bind(header []byte, c *sealContent, kind error) error {
	aad := appendSized(b.aad[:0], header)
	if c.namespaced && c.ref.Namespace != "" && c.ref.Namespace != "default" {
		aad = appendSized(append(aad, 1), c.ref.Namespace)
	} else {
		aad = append(aad, 0)
	}
	aad = appendSized(aad, c.ref.Type)
	aad = appendSized(aad, c.ref.ID)
	for _, v := range c.bound {
		if v.raw == "" {
			aad = append(aad, 0)
			continue
		}
		aad = append(aad, 1, 0, 0, 0, 0)
		begin := len(aad)
		var err error
		if aad, err = jsontext.AppendCanonical(aad, v.raw); err != nil {
			b.aad = aad
			return fault.On(v.name, fmt.Errorf("%w: %w", kind, err))
		}
		binary.BigEndian.PutUint32(aad[begin-4:begin], uint32(len(aad)-begin))
	}
	b.aad = aad
	return nil
}

func appendSized[text string | []byte](dst []byte, s text) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

// storedSeal is a seal taken apart, and not opened.
type storedSeal struct {
	nativeHeader
	header []byte // as it stands
	body   []byte // nonce | ciphertext | tag
}

// parseSeal takes the text of a seal apart, and checks its form. The error
// wraps ErrMalformed.
func parseSeal(text string) (*storedSeal, error) {
	data, ok := jsontext.DecodeBase64(text)
	if !ok {
		return nil, fmt.Errorf("%w: not strict base64", ErrMalformed)
	}
	s := &storedSeal{}
	size, err := s.parse(string(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	s.header, s.body = data[:size], data[size:]
	if len(s.body) < nativeNonceSize+nativeTagSize {
		return nil, fmt.Errorf("%w: too short for a seal", ErrMalformed)
	}
	return s, nil
}

// open opens the seal with the MAC of the key that its header names, and returns the texts of the secrets in the order of the
// header. c has what stands beside the seal: the bound attributes are those of
// the header.
//
// The errors are those of the MAC, ErrTampered, and ErrMalformed for a bound value
// without canonical text, which nobody can have sealed.
func (s *storedSeal) open(ctx context.Context, mac macFunc, c *sealContent) ([]string, error) {
	b := nativePool.Get().(*nativeBuffers)
	defer b.release()
	aead, err := b.derive(ctx, mac, &s.nativeHeader)
	if err != nil {
		return nil, err
	}
	if err := b.bind(s.header, c, ErrMalformed); err != nil {
		return nil, err
	}
	b.plain = slices.Grow(b.plain[:0], len(s.body))
	plain, err := aead.Open(b.plain, nil, s.body, b.aad)
	if err != nil {
		return nil, ErrTampered
	}
	return splitTexts(string(plain), len(s.sealed))
}

// splitTexts takes the plaintext of a seal apart, which holds that many texts,
// each with its length before it.
func splitTexts(plain string, count int) ([]string, error) {
	texts := make([]string, count)
	for i := range texts {
		size := 4
		if len(plain) >= size {
			size += int(binary.BigEndian.Uint32([]byte(plain[:4])))
		}
		if len(plain) < size {
			return nil, fmt.Errorf("%w: the seal holds fewer secrets than its header lists", ErrMalformed)
		}
		texts[i], plain = plain[4:size], plain[size:]
	}
	if plain != "" {
		return nil, fmt.Errorf("%w: the seal holds more than its header lists", ErrMalformed)
	}
	return texts, nil
}
