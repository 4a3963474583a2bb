package objects

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	eso "github.com/esogen/esogen/runtime"
)

// ReadKeys reads a file of keys: {"primary": K, "decryptionOnly": [K, …]}, K
// being a passphrase, or {"id": …, "key": passphrase}. The native format finds
// a key by its id; without one, the id is made of the passphrase. The kibana
// format knows no ids. The rules for passphrases are those of eso.NewKeyring.
// Errors say which key is wrong by its position, and hold none.
func ReadKeys(data []byte) (eso.Keyring, error) {
	var f struct {
		Primary        *key  `json:"primary"`
		DecryptionOnly []key `json:"decryptionOnly"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return nil, keysError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, keysError(nil)
	}
	if f.Primary == nil {
		return nil, fmt.Errorf("%q is missing; %s", "primary", keysForm)
	}
	given, positions := []key{*f.Primary}, []string{"primary"}
	for i, k := range f.DecryptionOnly {
		position := fmt.Sprintf("decryption-only-%d", i+1)
		// A new id makes no new key: such a rotation would replace nothing.
		if k.passphrase == f.Primary.passphrase {
			return nil, fmt.Errorf("eso: key %q: it is the primary one", position)
		}
		if !slices.Contains(given, k) {
			given, positions = append(given, k), append(positions, position)
		}
	}
	keys, errs := stretch(given)
	for i, err := range errs {
		if reason := errors.Unwrap(err); reason != nil {
			err = fmt.Errorf("eso: key %q: %w", positions[i], reason)
		}
		if err != nil {
			return nil, err
		}
	}
	return eso.NewKeyringOf(keys[0], keys[1:]...)
}

// stretch makes keys of passphrases, at the same time: each takes a while.
func stretch(given []key) ([]eso.Key, []error) {
	keys, errs := make([]eso.Key, len(given)), make([]error, len(given))
	var all sync.WaitGroup
	for i, k := range given {
		all.Go(func() { keys[i], errs[i] = eso.NewPassphraseKey(k.id, k.passphrase) })
	}
	all.Wait()
	return keys, errs
}

const keysForm = `write {"primary": "…", "decryptionOnly": ["…"]}`

// keysError hides what encoding/json says of a value, which may be a key.
func keysError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d; %s", syntax.Offset, keysForm)
	}
	return fmt.Errorf("not a file of keys; %s", keysForm)
}

// key is a passphrase in either form. The id is "" where the file gives none.
type key struct{ id, passphrase string }

func (k *key) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err == nil && !bytes.Equal(data, []byte("null")) {
		*k = key{passphrase: s}
		return nil
	}
	var o struct {
		ID  *string `json:"id"`
		Key *string `json:"key"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil || o.Key == nil {
		return errors.New("no key")
	}
	*k = key{passphrase: *o.Key}
	if o.ID != nil {
		if *o.ID == "" {
			return errors.New("an empty id")
		}
		k.id = *o.ID
	}
	return nil
}
