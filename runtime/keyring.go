package eso

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Keyring holds the keys that seal and open secrets. NewKeyring makes one from
// passphrases, NewKeyringOf from keys of any kind; another implementation may
// ask a key management service.
//
// An implementation is safe for concurrent use.
type Keyring interface {
	// Keys returns the primary key, which seals, and after it the
	// decryption-only ones. Opening takes the one that the seal names, and in
	// the kibana format, which names none, tries them in this order. An error
	// ends the operation and reaches the caller unchanged; an empty list is
	// ErrNoKey. The caller does not change the slice.
	Keys(ctx context.Context) ([]Key, error)
}

// Key is a key of a keyring. An implementation is safe for concurrent use.
type Key interface {
	// ID names the key: in seals of the native format, which are opened by the
	// key of that name, in logs and in errors. It reveals nothing of the key,
	// never changes, and no other key has it. It has 1 to 64 characters, of
	// letters and digits of ASCII, ".", "_", ":", "/" and "-". The kibana format
	// does not store it.
	ID() string

	// MAC returns HMAC-SHA-256 of the message under a key of 32 random bytes
	// that belongs to this key alone. The native format derives its keys by it,
	// two calls for each seal, and each opening. The message is not trusted: a
	// part of it comes from a stored seal, which may be forged. An error ends
	// the operation and reaches the caller unchanged. MAC does not keep the
	// message.
	MAC(ctx context.Context, message []byte) ([32]byte, error)

	// DeriveKibana returns the 32 bytes of the AES-256 key that belongs to
	// this key and a salt of 64 bytes in the kibana format, which is
	// PBKDF2-HMAC-SHA-512(passphrase, salt, 10000 rounds). The salt is not
	// trusted: it comes from a stored ciphertext, which may be forged. An error
	// ends the operation and reaches the caller unchanged, but for one that
	// wraps errors.ErrUnsupported: it says that the key is no passphrase, and
	// opening passes over the key. The caller changes neither salt nor result.
	DeriveKibana(ctx context.Context, salt []byte) ([]byte, error)
}

// minKeyLength is how long a passphrase must be, as Kibana counts: in UTF-16
// code units, the length of a JavaScript string.
const minKeyLength = 32

// Keys is a Keyring. Nothing prints them: neither a verb of
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
// Each passphrase is stretched, once, which takes about a tenth of a second on
// one processor, and gives a key for the native format and the key's id: see
// NewPassphraseKey.
func NewKeyring(primary string, decryptionOnly ...string) (*Keys, error) {
	if err := checkPassphrase(primary); err != nil {
		return nil, fmt.Errorf("eso: key %q: %w", "primary", err)
	}
	passphrases := []string{primary}
	for i, p := range decryptionOnly {
		position := fmt.Sprintf("decryption-only-%d", i+1)
		if err := checkPassphrase(p); err != nil {
			return nil, fmt.Errorf("eso: key %q: %w", position, err)
		}
		if p == primary {
			return nil, fmt.Errorf("eso: key %q: it is the primary one", position)
		}
		if !slices.Contains(passphrases, p) {
			passphrases = append(passphrases, p)
		}
	}
	keys, err := stretchAll(passphrases)
	if err != nil {
		return nil, err
	}
	return NewKeyringOf(keys[0], keys[1:]...)
}

// NewKeyringOf returns a keyring of the primary key, which seals, and any
// number of others, which open only. It fails if two keys have one id, if an id
// is not as Key.ID asks, and if two keys that this package made are the same
// key under two ids: a rotation from one to the other would replace nothing.
func NewKeyringOf(primary Key, decryptionOnly ...Key) (*Keys, error) {
	d := newDeriver()
	keys := slices.Concat([]Key{primary}, decryptionOnly)
	for i, key := range keys {
		if key == nil {
			return nil, errors.New("eso: a key is nil")
		}
		id := key.ID()
		if err := checkKeyID(id); err != nil {
			return nil, fmt.Errorf("eso: key %q: %w", id, err)
		}
		if slices.ContainsFunc(keys[:i], func(other Key) bool { return other.ID() == id }) {
			return nil, fmt.Errorf("eso: key %q: two keys have this id", id)
		}
		for _, other := range keys[:i] {
			if sameKey(key, other) {
				return nil, fmt.Errorf("eso: key %q: it is key %q under another id", id, other.ID())
			}
		}
		if p, ok := key.(*passphrase); ok {
			keys[i] = p.sharing(d)
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
func (k *Keys) Keys(context.Context) ([]Key, error) { return slices.Clip(k.keys), nil }
