package eso

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// The derivation of a native key and its id from a passphrase. The salt is fixed,
// so that a passphrase gives the same key everywhere; the number of rounds is that
// of OWASP's Password Storage Cheat Sheet for PBKDF2 with SHA-512.
const (
	nativeStretchSalt   = "esogen native passphrase v1"
	nativeStretchRounds = 210_000

	masterKeySize = 32
	keyIDSize     = 8 // bytes of an id
)

// NewPassphraseKey returns the key of a passphrase, a [KibanaKey]. [NewKeyring] has
// the rules for passphrases, [Key] those for ids. If id is "", it is derived from
// the passphrase: "p-" and 16 hexadecimal digits, the same everywhere.
//
// The passphrase is stretched with PBKDF2-HMAC-SHA-512, 210,000 rounds, over a
// fixed salt. Anyone who reads the store can guess passphrases at that price: use
// a random one.
func NewPassphraseKey(id, secret string) (Key, error) {
	if err := checkPassphrase(secret); err != nil {
		return nil, fmt.Errorf("eso: key %q: %w", id, err)
	}
	return stretch(id, secret)
}

// NewKey returns a key of 32 random bytes, which are copied and may not all be
// zero. [Key] has the rules for ids. The key seals and opens the native format
// only: the keys of the kibana format are passphrases.
func NewKey(id string, master []byte) (Key, error) {
	if err := seal.CheckKeyID(id); err != nil {
		return nil, fmt.Errorf("eso: key %q: %w", id, err)
	}
	if len(master) != masterKeySize {
		return nil, fmt.Errorf("eso: key %q: %d bytes instead of %d", id, len(master), masterKeySize)
	}
	if subtle.ConstantTimeCompare(master, make([]byte, masterKeySize)) == 1 {
		return nil, fmt.Errorf("eso: key %q: all bytes are zero", id)
	}
	return &randomKey{redacted: keyRedacted, id: id, mac: macOf(master)}, nil
}

// sameKey reports whether two keys that this package made have the same secret,
// whatever their ids. It asks no key of another kind, which may call out.
func sameKey(a, b Key) bool {
	macA, macB := ownMAC(a), ownMAC(b)
	if macA == nil || macB == nil {
		return false
	}
	message := []byte("esogen same key")
	sumA, sumB := macA(message), macB(message)
	return hmac.Equal(sumA[:], sumB[:])
}

func ownMAC(k Key) mac {
	switch k := k.(type) {
	case *passphrase:
		return k.mac
	case *randomKey:
		return k.mac
	}
	return nil
}

// redacted is all that is printed of what embeds it.
type redacted = fault.Redacted

const keyRedacted redacted = "eso.Key(redacted)"

// stretchAll returns the keys of several passphrases, stretched concurrently.
func stretchAll(passphrases []string) ([]Key, error) {
	keys := make([]Key, len(passphrases))
	errs := make([]error, len(passphrases))
	var all sync.WaitGroup
	for i, p := range passphrases {
		all.Go(func() { keys[i], errs[i] = stretch("", p) })
	}
	all.Wait()
	return keys, errors.Join(errs...)
}

func stretch(id, secret string) (Key, error) {
	stretched, err := pbkdf2.Key(sha512.New, secret, []byte(nativeStretchSalt), nativeStretchRounds, sha512.Size)
	if err != nil {
		return nil, fmt.Errorf("eso: stretching a passphrase: %w", err)
	}
	if id == "" {
		id = "p-" + hex.EncodeToString(stretched[masterKeySize:masterKeySize+keyIDSize])
	} else if err := seal.CheckKeyID(id); err != nil {
		return nil, fmt.Errorf("eso: key %q: %w", id, err)
	}
	return newPassphrase(id, secret, stretched[:masterKeySize]), nil
}

// mac is HMAC-SHA-256 under some key.
type mac func(message []byte) [32]byte

// macOf returns the MAC under a key.
func macOf(key []byte) mac {
	hmac, _ := seal.NewHMAC(key)
	return func(message []byte) [32]byte {
		sum, _ := hmac(message) // nobody forgets the key
		return sum
	}
}

// randomKey is a Key of random bytes. Only a function reaches them, whose captured
// variables no reflection shows.
type randomKey struct {
	redacted
	id  string
	mac mac
}

func (k *randomKey) ID() string { return k.id }

func (k *randomKey) MAC(_ context.Context, message []byte) ([32]byte, error) {
	return k.mac(message), nil
}

// passphrase is a KibanaKey. Only functions reach the passphrase and the derived
// keys, whose captured variables no reflection shows.
type passphrase struct {
	redacted
	id     string
	mac    mac
	derive func(ctx context.Context, salt []byte) ([]byte, error)
	keep   func(salt, derived []byte)

	// sharing returns the same key with another deriver, which the keys of a
	// keyring share.
	sharing func(d *seal.Deriver) *passphrase
}

func newPassphrase(id, secret string, master []byte) *passphrase {
	mac := macOf(master)
	var with func(d *seal.Deriver) *passphrase
	with = func(d *seal.Deriver) *passphrase {
		return &passphrase{
			redacted: keyRedacted,
			id:       id,
			mac:      mac,
			derive: func(ctx context.Context, salt []byte) ([]byte, error) {
				return d.Derive(ctx, secret, salt)
			},
			keep:    func(salt, derived []byte) { d.Keep(secret, salt, derived) },
			sharing: with,
		}
	}
	return with(seal.NewDeriver())
}

var _ KibanaKey = (*passphrase)(nil)

func (p *passphrase) ID() string { return p.id }

func (p *passphrase) MAC(_ context.Context, message []byte) ([32]byte, error) {
	return p.mac(message), nil
}

func (p *passphrase) DeriveKibana(ctx context.Context, salt []byte) ([]byte, error) {
	return p.derive(ctx, salt)
}
