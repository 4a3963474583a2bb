package eso

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// Keyring holds the keys that seal and open secrets. [NewKeyring] makes one from
// passphrases, [NewKeyringOf] from keys of any kind. Another implementation may
// choose a key for each object, or ask a key management service; it must be safe
// for concurrent use.
//
// An error of a method ends the operation, whose [*Error] wraps it.
type Keyring interface {
	// SealingKey returns the key that seals the secrets of an object. The ref has
	// a namespace only if the seal binds it: objects of agnostic and shared types,
	// and those of the kibana format, come without one. The error wraps
	// [ErrShredded] if the key of the namespace was destroyed.
	SealingKey(ctx context.Context, ref Ref) (Key, error)

	// OpeningKey returns the key that the seal of an object names, in the native
	// format. Both ref and id come from the store and may be forged. The error
	// wraps [ErrNoKey] if there is no such key, and [ErrShredded] if it was
	// destroyed.
	OpeningKey(ctx context.Context, ref Ref, id string) (Key, error)

	// Keys returns all keys, the primary one first. Opening the kibana format,
	// which stores no ids, tries them in this order. The caller does not change
	// the slice.
	Keys(ctx context.Context) ([]Key, error)
}

// Key is a key of a keyring. An implementation must be safe for concurrent use.
//
// A key of a passphrase is a [KibanaKey] as well.
type Key interface {
	// ID names the key in seals of the native format, in logs and in errors. It
	// never changes, no other key has it, and it reveals nothing of the key. It
	// has 1 to 64 characters: letters and digits of ASCII, ".", "_", ":", "/"
	// and "-".
	ID() string

	// MAC returns HMAC-SHA-256 of the message under a key of 32 random bytes
	// that only this Key has. The native format calls it twice to seal, and twice
	// to open. A part of the message comes from the stored seal and may be forged.
	// MAC does not keep the message.
	MAC(ctx context.Context, message []byte) ([32]byte, error)
}

// KibanaKey is a [Key] that seals and opens the kibana format: that of a
// passphrase. Opening skips the keys of a keyring that are not a KibanaKey; a type
// that wraps a key of a passphrase has to pass DeriveKibana on.
type KibanaKey interface {
	Key

	// DeriveKibana returns the 32 bytes of the AES-256 key that belongs to a salt
	// of 64 bytes: PBKDF2-HMAC-SHA-512(passphrase, salt, 10000 rounds). The salt
	// comes from a stored ciphertext and may be forged. The caller changes
	// neither salt nor result.
	DeriveKibana(ctx context.Context, salt []byte) ([]byte, error)
}

// ring is a Keyring with the same keys for all objects. Nothing prints them:
// neither a verb of fmt, nor log/slog, nor encoding/json, nor a dump of
// unexported fields.
//
// It keeps the AES keys of the salts that it met last, and limits how many are
// derived at a time to the number of processors.
type ring struct {
	redacted
	keys []Key // the primary one first
	byID map[string]Key
}

// NewKeyring returns a keyring of the primary passphrase, which seals, and any
// number of decryption-only ones, which open what was sealed before the
// primary one was. It is meant to be made once.
//
// The rules are Kibana's: each passphrase has at least 32 characters, counted
// in UTF-16 code units, and the primary one is not among the others. Beyond
// them, each is valid UTF-8, since no other can be given to Kibana. A
// decryption-only passphrase that is given twice is used once. Errors say which
// passphrase is wrong by its position, and hold none.
//
// Each passphrase is stretched, which takes about a tenth of a second on one
// processor, and gives a key for the native format and the key's id: see
// [NewPassphraseKey].
func NewKeyring(primary string, decryptionOnly ...string) (Keyring, error) {
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
// number of others, which only open. It fails if two keys have one id, if an id
// is not as [Key] asks, and if two keys that this package made are the same key
// under two ids: a rotation from one to the other would replace nothing.
func NewKeyringOf(primary Key, decryptionOnly ...Key) (Keyring, error) {
	d := seal.NewDeriver()
	keys := slices.Concat([]Key{primary}, decryptionOnly)
	byID := make(map[string]Key, len(keys))
	for i, key := range keys {
		if key == nil {
			return nil, errors.New("eso: a key is nil")
		}
		id := key.ID()
		if err := seal.CheckKeyID(id); err != nil {
			return nil, fmt.Errorf("eso: key %q: %w", id, err)
		}
		if byID[id] != nil {
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
		byID[id] = keys[i]
	}
	return &ring{redacted: "eso.Keyring(redacted)", keys: keys, byID: byID}, nil
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

// minKeyLength is how long a passphrase must be, as Kibana counts: in UTF-16
// code units, the length of a JavaScript string.
const minKeyLength = 32

// SealingKey returns the primary key. It never fails.
func (r *ring) SealingKey(context.Context, Ref) (Key, error) { return r.keys[0], nil }

// OpeningKey returns the key with an id.
func (r *ring) OpeningKey(_ context.Context, _ Ref, id string) (Key, error) {
	key, ok := r.byID[id]
	if !ok {
		return nil, fmt.Errorf("%w: %q sealed the object, and is not in the keyring", ErrNoKey, id)
	}
	return key, nil
}

// Keys returns the keys, the primary one first. It never fails.
func (r *ring) Keys(context.Context) ([]Key, error) { return slices.Clip(r.keys), nil }

// sealingKey returns the key that a keyring, which may be nil, has for the seal of
// an object.
func sealingKey(ctx context.Context, keyring Keyring, ref Ref) (Key, error) {
	if keyring == nil {
		return nil, ErrNoKey
	}
	key, err := keyring.SealingKey(ctx, ref)
	if err == nil && key == nil {
		err = ErrNoKey
	}
	return key, err
}

// openingKey returns the key that a keyring, which may be nil, has under an id.
func openingKey(ctx context.Context, keyring Keyring, ref Ref, id string) (Key, error) {
	if keyring == nil {
		return nil, ErrNoKey
	}
	key, err := keyring.OpeningKey(ctx, ref, id)
	if err == nil && key == nil {
		err = ErrNoKey
	}
	return key, err
}

// kibanaKeys asks a keyring, which may be nil, for its keys of the kibana format.
func kibanaKeys(keyring Keyring) func(context.Context) ([]seal.KibanaKey, error) {
	return func(ctx context.Context) ([]seal.KibanaKey, error) {
		if keyring == nil {
			return nil, ErrNoKey
		}
		keys, err := keyring.Keys(ctx)
		if err != nil {
			return nil, err
		}
		if len(keys) == 0 {
			return nil, ErrNoKey
		}
		usable := make([]seal.KibanaKey, 0, len(keys))
		for _, key := range keys {
			if k, ok := key.(KibanaKey); ok {
				usable = append(usable, kibanaKeyOf(k))
			}
		}
		if len(usable) == 0 {
			return nil, fmt.Errorf("%w for the kibana format", ErrNoKey)
		}
		return usable, nil
	}
}

// kibanaSealingKey is sealingKey for the kibana format.
func kibanaSealingKey(ctx context.Context, keyring Keyring, ref Ref) (seal.KibanaKey, error) {
	key, err := sealingKey(ctx, keyring, ref)
	if err != nil {
		return seal.KibanaKey{}, err
	}
	k, ok := key.(KibanaKey)
	if !ok {
		return seal.KibanaKey{}, fmt.Errorf("key %q is not a passphrase, as the keys of the kibana format are: %w", key.ID(), fault.ErrKeyKind)
	}
	return kibanaKeyOf(k), nil
}

func kibanaKeyOf(key KibanaKey) seal.KibanaKey {
	k := seal.KibanaKey{ID: key.ID(), Derive: key.DeriveKibana}
	if p, ok := key.(*passphrase); ok {
		k.Keep = p.keep
	}
	return k
}
