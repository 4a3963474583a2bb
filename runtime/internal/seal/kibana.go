package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// The kibana format seals each secret by itself, into the base64 text of
//
//	salt[64] | iv[12] | tag[16] | ciphertext
//
// with AES-256-GCM. The key is derived from a passphrase and the salt (derive.go),
// the plaintext is the JSON text of the value, and the additional data are the
// stable text of the object's descriptor and bound attributes. The format is that
// of the npm package @elastic/node-crypto 1.2.3, lib/crypto.js.
const (
	kibanaIVSize  = 12
	kibanaTagSize = 16

	// MinCiphertext is the size of the shortest ciphertext: a plaintext is a
	// JSON text, and so has at least one byte.
	MinCiphertext = kibanaSaltSize + kibanaIVSize + kibanaTagSize + 1
)

// AppendKibanaAAD appends to dst the additional data of an object in the kibana
// format, and returns the extended slice: the stable text of the list of the
// descriptor's strings and of an object with the bound attributes. These may
// come in any order, each once.
//
// Strings are taken byte for byte: one that is not UTF-8 gives additional data
// that no other string gives, and that Kibana never makes.
func AppendKibanaAAD(dst []byte, descriptor []string, bound []Text) []byte {
	p := jsontext.StablePrinter{Out: append(dst, '[')}
	for _, s := range descriptor {
		p.Out = jsontext.AppendStableString(p.Out, s)
		p.Out = append(p.Out, ',')
	}
	first := p.BeginObject()
	for _, b := range bound {
		start := p.BeginMember(first)
		p.Out = jsontext.AppendStableString(p.Out, b.Name)
		colon := p.EndName()
		p.Print(b.Raw)
		p.EndMember(start, colon)
	}
	p.EndObject(first, jsontext.CompareUTF16)
	return append(p.Out, ']')
}

// CiphertextError says which of several secrets an operation failed on.
type CiphertextError struct {
	Index int
	Err   error
}

func (e *CiphertextError) Error() string { return e.Err.Error() }
func (e *CiphertextError) Unwrap() error { return e.Err }

// KibanaKey is a key of the kibana format.
type KibanaKey struct {
	ID     string
	Derive func(ctx context.Context, salt []byte) ([]byte, error)
	Keep   func(salt, derived []byte) // called once the salt proved genuine; nil keeps nothing
}

// SealKibana seals the secrets of one object, JSON texts, under a key, and
// returns their ciphertexts in the same order. They share one fresh salt, and so
// cost one derivation; each has an iv of its own.
//
// The errors are those of the key, and, as a [*CiphertextError],
// [fault.ErrMalformed] for an empty plaintext.
func SealKibana(ctx context.Context, key KibanaKey, aad []byte, plaintexts []string) ([]string, error) {
	if len(plaintexts) == 0 {
		return nil, nil
	}
	for i, text := range plaintexts {
		if text == "" {
			return nil, &CiphertextError{i, fmt.Errorf("%w: an empty text is not a JSON value", fault.ErrMalformed)}
		}
	}
	salt := make([]byte, kibanaSaltSize)
	rand.Read(salt) // never fails: crypto/rand ends the program instead
	s, err := key.at(ctx, salt)
	if err != nil {
		return nil, err
	}
	ciphertexts := make([]string, len(plaintexts))
	for i, text := range plaintexts {
		ciphertexts[i] = encodeKibana(salt, s.aead.Seal(nil, nil, []byte(text), aad))
	}
	s.keep(salt) // what was just written is likely to be read
	return ciphertexts, nil
}

// OpenKibana opens the secrets of one object and returns their plaintexts in
// the same order, all or none, and the ids of the keys that opened them, each
// once. It tries the keys in order, with one derivation for each pair of key and
// salt. A plaintext is what was sealed; another program may have sealed what is
// not JSON.
//
// The errors are those of keys and of a key, and, as a [*CiphertextError],
// [fault.ErrMalformed] for a text that is not a ciphertext, found before keys is
// called, and [fault.ErrTampered] for one that no key opens.
func OpenKibana(ctx context.Context, keys func(context.Context) ([]KibanaKey, error), aad []byte, ciphertexts []string) (plaintexts, openedBy []string, err error) {
	if len(ciphertexts) == 0 {
		return nil, nil, nil
	}
	secrets := make([]kibanaSecret, len(ciphertexts))
	for i, text := range ciphertexts {
		if secrets[i], err = decodeKibana(text); err != nil {
			return nil, nil, &CiphertextError{i, err}
		}
	}
	list, err := keys(ctx)
	if err != nil {
		return nil, nil, err
	}
	salts := make(map[string]*saltKeys)
	plaintexts = make([]string, len(secrets))
	for i, secret := range secrets {
		salt := salts[string(secret.salt)]
		if salt == nil {
			salt = &saltKeys{salt: secret.salt, keys: list}
			salts[string(secret.salt)] = salt
		}
		plaintext, by, err := salt.open(ctx, secret.sealed, aad)
		switch {
		case errors.Is(err, fault.ErrTampered):
			return nil, nil, &CiphertextError{i, err}
		case err != nil:
			return nil, nil, err
		}
		plaintexts[i] = string(plaintext)
		if !slices.Contains(openedBy, by) {
			openedBy = append(openedBy, by)
		}
	}
	return plaintexts, openedBy, nil
}

// saltKeys opens what was sealed under one salt. It derives keys as needed.
type saltKeys struct {
	salt    []byte
	keys    []KibanaKey
	derived []*saltKey // of the first keys
	kept    int        // how many of these were kept
}

func (s *saltKeys) open(ctx context.Context, sealed, aad []byte) (plaintext []byte, by string, err error) {
	for i, key := range s.keys {
		if i == len(s.derived) {
			d, err := key.at(ctx, s.salt)
			if err != nil {
				return nil, "", err
			}
			s.derived = append(s.derived, d)
		}
		if plaintext, err := s.derived[i].aead.Open(nil, nil, sealed, aad); err == nil {
			s.keep()
			return plaintext, key.ID, nil
		}
	}
	return nil, "", fault.ErrTampered
}

// keep keeps the derivations, now that the salt proved genuine: also those of the
// keys that opened nothing, since they are tried again the next time.
func (s *saltKeys) keep() {
	for ; s.kept < len(s.derived); s.kept++ {
		s.derived[s.kept].keep(s.salt)
	}
}

// saltKey is the AES key of a key and a salt.
type saltKey struct {
	of      KibanaKey
	derived []byte
	aead    cipher.AEAD // with the iv before and the tag behind the ciphertext
}

// at returns the AES key for a salt.
func (k KibanaKey) at(ctx context.Context, salt []byte) (*saltKey, error) {
	derived, err := k.Derive(ctx, salt)
	if err != nil {
		return nil, err
	}
	if len(derived) != kibanaKeySize {
		return nil, fmt.Errorf("key %q derives %d bytes instead of %d", k.ID, len(derived), kibanaKeySize)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &saltKey{of: k, derived: derived, aead: aead}, nil
}

// keep has the key keep its derivation.
func (s *saltKey) keep(salt []byte) {
	if s.of.Keep != nil {
		s.of.Keep(salt, s.derived)
	}
}

// kibanaSecret is the ciphertext of one secret.
type kibanaSecret struct {
	salt   []byte
	sealed []byte // iv | ciphertext | tag, the order of package cipher
}

// decodeKibana splits the text of a ciphertext.
func decodeKibana(text string) (kibanaSecret, error) {
	if len(text) < base64.StdEncoding.EncodedLen(MinCiphertext) {
		return kibanaSecret{}, fmt.Errorf("%w: too short for a ciphertext", fault.ErrMalformed)
	}
	b, ok := jsontext.DecodeBase64(text)
	if !ok {
		return kibanaSecret{}, fmt.Errorf("%w: not strict base64", fault.ErrMalformed)
	}
	if len(b) < MinCiphertext {
		return kibanaSecret{}, fmt.Errorf("%w: too short for a ciphertext", fault.ErrMalformed)
	}
	salt, b := b[:kibanaSaltSize:kibanaSaltSize], b[kibanaSaltSize:]
	iv, b := b[:kibanaIVSize], b[kibanaIVSize:]
	tag, ciphertext := b[:kibanaTagSize], b[kibanaTagSize:]
	sealed := make([]byte, 0, len(iv)+len(ciphertext)+len(tag))
	sealed = append(append(append(sealed, iv...), ciphertext...), tag...)
	return kibanaSecret{salt, sealed}, nil
}

// encodeKibana returns the text of a ciphertext, from its salt and the output of
// package cipher: iv | ciphertext | tag.
func encodeKibana(salt, sealed []byte) string {
	iv, rest := sealed[:kibanaIVSize], sealed[kibanaIVSize:]
	ciphertext, tag := rest[:len(rest)-kibanaTagSize], rest[len(rest)-kibanaTagSize:]
	b := make([]byte, 0, len(salt)+len(sealed))
	b = append(append(append(append(b, salt...), iv...), tag...), ciphertext...)
	return string(jsontext.AppendCiphertext(nil, b))
}
