package seal

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
// with AES-256-GCM. The header (header.go) says what else is bound. Each seal has a
// key of its own, derived from a key of the keyring and a fresh salt, so that a
// random nonce never meets the same key twice.

// Attribute is the attribute that holds the seal.
const Attribute = "$sealed"

const (
	nativeNonceSize = 12
	nativeTagSize   = 16
)

// nativeLabel begins what the keys of a seal are derived from.
const nativeLabel = "esogen native v1"

// The last byte of the derivation, for each of its two outputs.
const (
	forKey        = 1
	forCommitment = 2
)

// MAC is HMAC-SHA-256 under the key of a keyring.
type MAC func(ctx context.Context, message []byte) ([32]byte, error)

// Content is what a seal holds, and what it is bound to.
type Content struct {
	Namespace, Type, ID string

	Namespaced bool // the namespace is bound
	Model      int
	Bound      []Text // sorted by name; an absent one has no text
	Sealed     []Text // sorted by name
}

// nativeBuffers are the buffers of one sealing or opening. They hold secrets while
// in use, and are cleared before they are used again.
type nativeBuffers struct {
	message, plain, aad, out []byte
	derived                  [32]byte
}

var nativePool = sync.Pool{New: func() any { return new(nativeBuffers) }}

// keptBuffer is the size up to which a buffer is kept.
const keptBuffer = 64 << 10

func (b *nativeBuffers) release() {
	clear(b.derived[:])
	clear(b.plain[:cap(b.plain)])
	if max(cap(b.plain), cap(b.aad), cap(b.out)) <= keptBuffer {
		nativePool.Put(b)
	}
}

// AppendNative appends to dst the base64 text of a seal under the key with an id
// and a MAC, and returns the extended slice.
//
// The errors are those of the MAC, [fault.ErrInvalid] for a bound value without
// canonical text, and [fault.ErrTooLarge] for names that no header takes.
func AppendNative(ctx context.Context, dst []byte, keyID string, mac MAC, c *Content) ([]byte, error) {
	h := Header{Version: Version, KeyID: keyID, Model: c.Model, Namespaced: c.Namespaced}
	if err := CheckKeyID(h.KeyID); err != nil {
		return dst, fmt.Errorf("key %q: %w", h.KeyID, err)
	}
	b := nativePool.Get().(*nativeBuffers)
	defer b.release()
	rand.Read(h.Salt[:]) // never fails: crypto/rand ends the program instead
	aead, err := b.derive(ctx, mac, &h)
	if err != nil {
		return dst, err
	}
	if b.out, err = h.append(b.out[:0], c.Bound, c.Sealed); err != nil {
		return dst, err
	}
	if err := b.bind(b.out, c, fault.ErrInvalid); err != nil {
		return dst, err
	}
	size := 0
	for _, s := range c.Sealed {
		size += 4 + len(s.Raw)
	}
	b.plain = slices.Grow(b.plain[:0], size) // an array that was outgrown would not be cleared
	for _, s := range c.Sealed {
		b.plain = binary.BigEndian.AppendUint32(b.plain, uint32(len(s.Raw)))
		b.plain = append(b.plain, s.Raw...)
	}
	b.out = aead.Seal(b.out, nil, b.plain, b.aad)
	return jsontext.AppendCiphertext(dst, b.out), nil
}

// derive derives the AES key of a seal, and the commitment to it, so that no seal
// opens under two keys. While sealing, it sets the header's commitment; while
// opening, it compares.
func (b *nativeBuffers) derive(ctx context.Context, mac MAC, h *Header) (cipher.AEAD, error) {
	b.message = append(b.message[:0], nativeLabel...)
	b.message = append(b.message, nativeSuite, byte(len(h.KeyID)))
	b.message = append(b.message, h.KeyID...)
	b.message = append(b.message, h.Salt[:]...)
	b.message = append(b.message, forCommitment)
	commitment, err := mac(ctx, b.message)
	if err != nil {
		return nil, err
	}
	if h.committed && subtle.ConstantTimeCompare(commitment[:], h.Commitment[:]) != 1 {
		return nil, fault.ErrTampered
	}
	h.Commitment = commitment
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

// bind writes the additional data: the header, the identity, and each bound
// attribute, absent or as canonical text. Every part is of fixed length or comes
// after its length, so no two objects have the same. The error is about a value
// without canonical text, and wraps kind.
func (b *nativeBuffers) bind(header []byte, c *Content, kind error) error {
	aad := appendSized(b.aad[:0], header)
	if c.Namespaced && c.Namespace != "" && c.Namespace != "default" {
		aad = appendSized(append(aad, 1), c.Namespace)
	} else {
		aad = append(aad, 0)
	}
	aad = appendSized(aad, c.Type)
	aad = appendSized(aad, c.ID)
	for _, v := range c.Bound {
		if v.Raw == "" {
			aad = append(aad, 0)
			continue
		}
		aad = append(aad, 1, 0, 0, 0, 0)
		begin := len(aad)
		var err error
		if aad, err = jsontext.AppendCanonical(aad, v.Raw); err != nil {
			b.aad = aad
			return fault.On(v.Name, fmt.Errorf("%w: %w", kind, err))
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

// Native is a seal that was taken apart, but not opened.
type Native struct {
	Header
	header []byte // verbatim
	body   []byte // nonce | ciphertext | tag
}

// ParseNative takes the text of a seal apart and checks its form. The error
// wraps [fault.ErrMalformed].
func ParseNative(text string) (*Native, error) {
	data, ok := jsontext.DecodeBase64(text)
	if !ok {
		return nil, fmt.Errorf("%w: not strict base64", fault.ErrMalformed)
	}
	s := &Native{}
	size, err := s.parse(string(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrMalformed, err)
	}
	s.header, s.body = data[:size], data[size:]
	if len(s.body) < nativeNonceSize+nativeTagSize {
		return nil, fmt.Errorf("%w: too short for a seal", fault.ErrMalformed)
	}
	return s, nil
}

// Open opens the seal with the MAC of the key that its header names, and returns
// the texts of the secrets in the order of the header. c is what the seal is bound
// to; its bound attributes are those of the header.
//
// The errors are those of the MAC, [fault.ErrTampered], and [fault.ErrMalformed]
// for a bound value without canonical text, which nobody can have sealed.
func (s *Native) Open(ctx context.Context, mac MAC, c *Content) ([]string, error) {
	b := nativePool.Get().(*nativeBuffers)
	defer b.release()
	aead, err := b.derive(ctx, mac, &s.Header)
	if err != nil {
		return nil, err
	}
	if err := b.bind(s.header, c, fault.ErrMalformed); err != nil {
		return nil, err
	}
	b.plain = slices.Grow(b.plain[:0], len(s.body))
	plain, err := aead.Open(b.plain, nil, s.body, b.aad)
	if err != nil {
		return nil, fault.ErrTampered
	}
	return splitTexts(string(plain), len(s.Sealed))
}

// splitTexts splits the plaintext of a seal into that many texts, each of which
// comes after its length.
func splitTexts(plain string, count int) ([]string, error) {
	texts := make([]string, count)
	for i := range texts {
		size := 4
		if len(plain) >= size {
			size += int(binary.BigEndian.Uint32([]byte(plain[:4])))
		}
		if len(plain) < size {
			return nil, fmt.Errorf("%w: the seal holds fewer secrets than its header lists", fault.ErrMalformed)
		}
		texts[i], plain = plain[4:size], plain[size:]
	}
	if plain != "" {
		return nil, fmt.Errorf("%w: the seal holds more than its header lists", fault.ErrMalformed)
	}
	return texts, nil
}
