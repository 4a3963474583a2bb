package eso

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"unicode/utf8"
)

// Keyring holds the keys that seal and open secrets. NewKeyring makes one from
// passphrases; another implementation may ask a key management service.
//
// An implementation is safe for concurrent use.
type Keyring interface {
	// Keys returns the primary key, which seals, and after it the
	// decryption-only ones. Opening tries them in this order. An error of it
	// ends the operation and reaches the caller unchanged; an empty list is
	// ErrNoKey. The caller does not change the slice.
	Keys(ctx context.Context) ([]Key, error)
}

// Key is a key of a keyring. An implementation is safe for concurrent use.
type Key interface {
	// ID names the key within its keyring, in logs and in errors. It reveals
	// nothing of the key. The kibana format does not store it.
	ID() string

	// DeriveKibana returns the 32 bytes of the AES-256 key that belongs to
	// this key and a salt of 64 bytes in the kibana format, which is
	// PBKDF2-HMAC-SHA-512(passphrase, salt, 10000 rounds). The salt is not
	// trusted: it comes from a stored ciphertext, which may be forged. An error
	// ends the operation and reaches the caller unchanged. The caller changes
	// neither salt nor result.
	DeriveKibana(ctx context.Context, salt []byte) ([]byte, error)
}

// minKeyLength is how long a passphrase must be, as Kibana counts: in UTF-16
// code units, the length of a JavaScript string.
const minKeyLength = 32

// Keys is a Keyring of passphrases. Nothing prints them: neither a verb of
// fmt, nor log/slog, nor encoding/json, nor a dump of unexported fields.
//
// Keys is safe for concurrent use, and meant to be made once: it keeps the
// AES keys of the salts that it met last, and limits how many are derived at
// a time to the number of processors.
type Keys struct {
	redacted
	keys []Key
}

// NewKeyring returns a keyring of the primary passphrase, which seals, and any
// number of decryption-only ones, which open what was sealed before the
// primary one was.
//
// The rules are Kibana's: each passphrase has at least 32 characters, counted
// in UTF-16 code units, and the primary one is not among the others. Beyond
// them, each is valid UTF-8, since no other can be given to Kibana. A
// decryption-only passphrase that is given twice is used once. Errors say which
// passphrase is wrong by its position, and hold none.
//
// The ids of the keys are their positions: "primary", "decryption-only-1" and so
// on. An id made from the passphrase would have to be stretched as the key is,
// or it would make guessing cheap; and what this keyring opens stores no id.
func NewKeyring(primary string, decryptionOnly ...string) (*Keys, error) {
	if err := checkPassphrase(primary); err != nil {
		return nil, fmt.Errorf("eso: key %q: %w", "primary", err)
	}
	d := newDeriver()
	keys := []Key{newPassphrase("primary", primary, d)}
	for i, p := range decryptionOnly {
		id := fmt.Sprintf("decryption-only-%d", i+1)
		if err := checkPassphrase(p); err != nil {
			return nil, fmt.Errorf("eso: key %q: %w", id, err)
		}
		if p == primary {
			return nil, fmt.Errorf("eso: key %q: it is the primary one", id)
		}
		if !slices.Contains(decryptionOnly[:i], p) {
			keys = append(keys, newPassphrase(id, p, d))
		}
	}
	return &Keys{redacted: "eso.Keys(redacted)", keys: keys}, nil
}

func checkPassphrase(p string) error {
	if !utf8.ValidString(p) {
		return errors.New("not valid UTF-8")
	}
	length := 0
	for _, r := range p {
		length++
		if r >= 0x10000 {
			length++ // a pair of surrogates
		}
	}
	if length < minKeyLength {
		return fmt.Errorf("fewer than %d characters", minKeyLength)
	}
	return nil
}

// Keys returns the keys, the primary one first. It never fails.
func (k *Keys) Keys(context.Context) ([]Key, error) { return slices.Clone(k.keys), nil }

// passphrase is a Key. It reaches the passphrase and the derived keys through
// functions only, whose captured variables no reflection shows.
type passphrase struct {
	redacted
	id     string
	derive func(ctx context.Context, salt []byte) ([]byte, error)
	keep   func(salt, derived []byte)
}

func newPassphrase(id, secret string, d *deriver) *passphrase {
	return &passphrase{
		redacted: "eso.Key(redacted)",
		id:       id,
		derive: func(ctx context.Context, salt []byte) ([]byte, error) {
			return d.derive(ctx, secret, salt)
		},
		keep: func(salt, derived []byte) { d.keep(secret, salt, derived) },
	}
}

func (p *passphrase) ID() string { return p.id }

func (p *passphrase) DeriveKibana(ctx context.Context, salt []byte) ([]byte, error) {
	return p.derive(ctx, salt)
}

// redacted is all that is printed of what embeds it.
type redacted string

// String returns a fixed text.
func (r redacted) String() string { return string(r) }

// GoString returns a fixed text.
func (r redacted) GoString() string { return string(r) }

// Format prints a fixed text, whatever the verb.
func (r redacted) Format(f fmt.State, _ rune) { io.WriteString(f, string(r)) }

// LogValue returns a fixed text.
func (r redacted) LogValue() slog.Value { return slog.StringValue(string(r)) }

// MarshalText returns a fixed text, for JSON too.
func (r redacted) MarshalText() ([]byte, error) { return []byte(r), nil }
