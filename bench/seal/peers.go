package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

const (
	secretSize = 256
	boundSize  = 200
	floor      = "raw AES-256-GCM, base64"
)

// Peer is a way to seal the three secrets. Open opens what was sealed, and says
// where something else comes out.
type Peer struct {
	Name       string
	Seal, Open func() error
	Concurrent bool // Seal may be called by two goroutines, and is measured so too
}

// The object: its secrets, and what they are bound to.
var (
	secrets = [3]string{strings.Repeat("p", secretSize), strings.Repeat("c", secretSize), strings.Repeat("r", secretSize)}
	bound   = strings.Repeat("b", boundSize)
)

// Peers returns all of them, each sealed once already.
func Peers() ([]Peer, error) {
	ctx := context.Background()
	tinks, err := tinkPeers()
	if err != nil {
		return nil, err
	}
	ours, err := ownPeers(ctx)
	if err != nil {
		return nil, err
	}
	peers := append([]Peer{rawPeer()}, tinks...)
	peers = append(peers, ours...)
	peers = append(peers, kibanaPeer())
	for _, p := range peers {
		if err := p.Seal(); err != nil {
			return nil, err
		}
	}
	return peers, nil
}

var errOther = errors.New("something else came out")

// rawPeer is the least that a format can do: one AES-256-GCM with its key
// setup over all secrets, and base64 for a place in JSON, all of it in buffers
// that are there already.
func rawPeer() Peer {
	key := random(32)
	plaintext := []byte(strings.Join(secrets[:], ""))
	aad := []byte(bound)
	var buffer, sealed, opened []byte
	return Peer{
		Name: floor,
		Seal: func() error {
			gcm, err := gcmOf(key)
			if err != nil {
				return err
			}
			buffer = gcm.Seal(buffer[:0], nil, plaintext, aad)
			sealed = base64.StdEncoding.AppendEncode(sealed[:0], buffer)
			return nil
		},
		Open: func() error {
			gcm, err := gcmOf(key)
			if err != nil {
				return err
			}
			if buffer, err = base64.StdEncoding.AppendDecode(buffer[:0], sealed); err != nil {
				return err
			}
			opened, err = gcm.Open(opened[:0], nil, buffer, aad)
			if err == nil && !bytes.Equal(opened, plaintext) {
				return errOther
			}
			return err
		},
	}
}

func gcmOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// tinkPeers seal each secret by itself, as a product would with Tink, which
// sets up its key once; without base64, and with it.
func tinkPeers() ([]Peer, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	aad := []byte(bound)
	var plain [len(secrets)][]byte
	for i, s := range secrets {
		plain[i] = []byte(s)
	}
	var raw [len(secrets)][]byte
	var texts [len(secrets)]string
	open := func(i int, sealed []byte) error {
		opened, err := primitive.Decrypt(sealed, aad)
		if err == nil && !bytes.Equal(opened, plain[i]) {
			return errOther
		}
		return err
	}
	return []Peer{
		{
			Name: "Tink AEAD, each secret",
			Seal: func() (err error) {
				for i := range plain {
					if raw[i], err = primitive.Encrypt(plain[i], aad); err != nil {
						return err
					}
				}
				return nil
			},
			Open: func() error {
				for i := range raw {
					if err := open(i, raw[i]); err != nil {
						return err
					}
				}
				return nil
			},
		},
		{
			Name: "Tink AEAD, each secret, base64",
			Seal: func() error {
				for i := range plain {
					sealed, err := primitive.Encrypt(plain[i], aad)
					if err != nil {
						return err
					}
					texts[i] = base64.StdEncoding.EncodeToString(sealed)
				}
				return nil
			},
			Open: func() error {
				for i := range texts {
					sealed, err := base64.StdEncoding.DecodeString(texts[i])
					if err != nil {
						return err
					}
					if err := open(i, sealed); err != nil {
						return err
					}
				}
				return nil
			},
		},
	}, nil
}

// kibanaPeer does what Kibana does for three secrets: for each a salt of its
// own, and a key derived from it by 10,000 rounds of PBKDF2.
func kibanaPeer() Peer {
	const passphrase = "a passphrase of 32 characters..."
	aad := []byte(bound)
	type ciphertext struct {
		salt []byte
		text string
	}
	var sealed [len(secrets)]ciphertext
	gcmFor := func(salt []byte) (cipher.AEAD, error) {
		key, err := pbkdf2.Key(sha512.New, passphrase, salt, 10_000, 32)
		if err != nil {
			return nil, err
		}
		return gcmOf(key)
	}
	return Peer{
		Name: "Kibana, a derivation for each secret",
		Seal: func() error {
			for i, s := range secrets {
				salt := random(64)
				gcm, err := gcmFor(salt)
				if err != nil {
					return err
				}
				sealed[i] = ciphertext{salt, base64.StdEncoding.EncodeToString(gcm.Seal(nil, nil, []byte(s), aad))}
			}
			return nil
		},
		Open: func() error {
			for i, s := range secrets {
				gcm, err := gcmFor(sealed[i].salt)
				if err != nil {
					return err
				}
				text, err := base64.StdEncoding.DecodeString(sealed[i].text)
				if err != nil {
					return err
				}
				opened, err := gcm.Open(nil, nil, text, aad)
				if err != nil {
					return err
				}
				if string(opened) != s {
					return errOther
				}
			}
			return nil
		},
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}
