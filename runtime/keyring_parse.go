package eso

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// ParseKeys returns the keyring that a file of passphrases lists:
//
//	{"primary": K, "decryptionOnly": [K, …]}
//
// K is a passphrase, or {"id": …, "key": passphrase}. Without an id, a key has the
// one that [NewPassphraseKey] derives. The rules for passphrases and ids are those
// of [NewKeyring] and [NewKeyringOf]. A decryption-only key that is listed twice is
// used once.
//
// The text is JSON (RFC 8259) in UTF-8. ParseKeys is strict: it refuses unknown
// members, duplicate names, invalid UTF-8 and lone surrogates; a lenient reader
// would turn different passphrases into the same one. A byte order mark before the
// text is ignored.
//
// Errors name a key by its position and hold nothing of the text. Like NewKeyring,
// ParseKeys takes about a tenth of a second for each key.
func ParseKeys(text []byte) (Keyring, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, errors.New("eso: keys: not valid UTF-8; save the file as UTF-8")
	}
	file, err := keyMembers(string(text), "primary", "decryptionOnly")
	if err != nil {
		return nil, fmt.Errorf("eso: keys: %w; %s", err, keysForm)
	}
	if file["primary"] == "" {
		return nil, fmt.Errorf("eso: keys: %q is missing; %s", "primary", keysForm)
	}
	list := []string{file["primary"]}
	if others, ok := file["decryptionOnly"]; ok {
		items, err := keyItems(others)
		if err != nil {
			return nil, fmt.Errorf("eso: keys: %q: %w; %s", "decryptionOnly", err, keysForm)
		}
		list = append(list, items...)
	}
	var listed []listedKey
	for i, raw := range list {
		position := "primary"
		if i > 0 {
			position = fmt.Sprintf("decryption-only-%d", i)
		}
		k, err := parseListedKey(raw)
		if err != nil {
			return nil, fmt.Errorf("eso: key %q: %w", position, err)
		}
		k.position = position
		for _, other := range listed {
			if other.passphrase != k.passphrase {
				continue
			}
			if other.position == "primary" {
				return nil, fmt.Errorf("eso: key %q: it is the primary one", position)
			}
			if other.id != k.id {
				return nil, fmt.Errorf("eso: key %q: it is key %q under another id", position, other.position)
			}
		}
		if !slices.ContainsFunc(listed, func(other listedKey) bool { return other.passphrase == k.passphrase }) {
			listed = append(listed, k)
		}
	}
	keys, errs := make([]Key, len(listed)), make([]error, len(listed))
	var all sync.WaitGroup
	for i, k := range listed {
		all.Go(func() { keys[i], errs[i] = stretch(k.id, k.passphrase) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return NewKeyringOf(keys[0], keys[1:]...)
}

const keysForm = `write {"primary": "…", "decryptionOnly": ["…"]}`

// listedKey is a key as a file lists it. The id is "" if the file gives none.
type listedKey struct{ position, id, passphrase string }

func parseListedKey(raw string) (listedKey, error) {
	if jsontext.KindOf(raw) == "a string" {
		secret, err := keyString(raw)
		if err != nil {
			return listedKey{}, err
		}
		return listedKey{passphrase: secret}, checkPassphrase(secret)
	}
	given, err := keyMembers(raw, "id", "key")
	if err != nil {
		return listedKey{}, fmt.Errorf(`%w; write a passphrase, or {"id": "…", "key": "…"}`, err)
	}
	if given["key"] == "" {
		return listedKey{}, fmt.Errorf("%q is missing", "key")
	}
	k := listedKey{}
	if k.passphrase, err = keyString(given["key"]); err != nil {
		return listedKey{}, err
	}
	if id, ok := given["id"]; ok {
		if k.id, err = keyString(id); err != nil {
			return listedKey{}, err
		}
		if err := seal.CheckKeyID(k.id); err != nil {
			return listedKey{}, err
		}
	}
	return k, checkPassphrase(k.passphrase)
}

// keyMembers splits an object that may have these members only. The error holds
// nothing of the text: even a name may be a misplaced passphrase.
func keyMembers(text string, known ...string) (map[string]string, error) {
	values := map[string]string{}
	stranger := false
	err := jsontext.Object(text, func(_, name, raw string) {
		stranger = stranger || !slices.Contains(known, name)
		values[name] = raw
	})
	switch {
	case err != nil:
		return nil, withoutText(err)
	case stranger:
		return nil, fmt.Errorf("it has a member other than %q and %q", known[0], known[1])
	}
	return values, nil
}

// keyItems returns the texts of a list's items. The list is valid JSON.
func keyItems(raw string) ([]string, error) {
	if jsontext.KindOf(raw) != "an array" {
		return nil, errors.New("not a list")
	}
	var items []string
	for item := jsontext.NextItem(raw, 0); item.End > 0; item = jsontext.NextItem(raw, item.End) {
		items = append(items, item.Of(raw))
	}
	return items, nil
}

// keyString returns the content of a string of valid JSON.
func keyString(raw string) (string, error) {
	if jsontext.KindOf(raw) != "a string" {
		return "", errors.New("not a string")
	}
	s := jsontext.NameOf(raw) // which keeps a lone surrogate apart from U+FFFD
	if !utf8.ValidString(s) {
		return "", errors.New("a lone surrogate is not text")
	}
	return s, nil
}

// withoutText returns the reason of a fault without its place.
func withoutText(err error) error {
	var f *fault.Defect
	if errors.As(err, &f) {
		return errors.New(f.Reason)
	}
	return errors.New("not valid JSON")
}
