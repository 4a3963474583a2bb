package eso

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseKeys(t *testing.T) {
	other := strings.Repeat("k", 32)
	for text, want := range map[string]string{
		`{"primary":"` + testKey + `"}`:                                                                                 `p-[0-9a-f]{16}`,
		"\ufeff" + `{"primary":"` + testKey + `"}`:                                                                      `p-[0-9a-f]{16}`,
		`{"primary":"` + testKey + `","decryptionOnly":[]}`:                                                             `p-[0-9a-f]{16}`,
		`{"primary":"` + testKey + `","decryptionOnly":["` + other + `"]}`:                                              `p-[0-9a-f]{16} p-[0-9a-f]{16}`,
		`{"primary":"` + testKey + `","decryptionOnly":["` + other + `","` + other + `"]}`:                              `p-[0-9a-f]{16} p-[0-9a-f]{16}`,
		`{"primary":{"id":"2026","key":"` + testKey + `"},"decryptionOnly" : [ {"id":"2025","key":"` + other + `"} ] }`: `2026 2025`,
	} {
		keyring, err := ParseKeys([]byte(text))
		require.NoError(t, err, text)
		keys, err := keyring.Keys(t.Context())
		require.NoError(t, err)
		var ids []string
		for _, k := range keys {
			ids = append(ids, k.ID())
		}
		assert.Regexp(t, "^"+want+"$", strings.Join(ids, " "), text)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	const form = `; write {"primary": "…", "decryptionOnly": ["…"]}`
	const keyForm = `; write a passphrase, or {"id": "…", "key": "…"}`
	other := strings.Repeat("k", 32)
	for text, want := range map[string]string{
		``:                                       `keys: want an object, found nothing` + form,
		`{}`:                                     `keys: "primary" is missing` + form,
		`[]`:                                     `keys: want an object, found an array` + form,
		`{"decryptionOnly":["` + testKey + `"]}`: `keys: "primary" is missing` + form,
		`{"hush":1}`:                             `keys: it has a member other than "primary" and "decryptionOnly"` + form,
		`{"Primary":"` + testKey + `"}`:          `keys: it has a member other than "primary" and "decryptionOnly"` + form,
		`{"primary":"` + testKey + `","decryptiononly":["` + other + `"]}`: `keys: it has a member other than "primary" and "decryptionOnly"` + form,
		`{"primary":"` + testKey + `","primary":"` + other + `"}`:          `keys: a duplicate name` + form,
		`{"primary":"` + testKey + `","decryptionOnly":"` + other + `"}`:   `keys: "decryptionOnly": not a list` + form,
		`{"primary":"` + testKey + `","decryptionOnly":null}`:              `keys: "decryptionOnly": not a list` + form,
		`{"primary":hush}`:                                                   `keys: not valid JSON` + form,
		`{"primary":"` + testKey + `"} x`:                                    `keys: not valid JSON: something follows the value` + form,
		`{"primary":"hush"}`:                                                 `key "primary": fewer than 32 characters`,
		`{"primary":["hush"]}`:                                               `key "primary": want an object, found an array` + keyForm,
		`{"primary":null}`:                                                   `key "primary": want an object, found null` + keyForm,
		`{"primary":{"id":"1"}}`:                                             `key "primary": "key" is missing`,
		`{"primary":{"id":"1","Key":"hush"}}`:                                `key "primary": it has a member other than "id" and "key"` + keyForm,
		`{"primary":{"id":"1","key":1}}`:                                     `key "primary": not a string`,
		`{"primary":{"id":1,"key":"` + testKey + `"}}`:                       `key "primary": not a string`,
		`{"primary":{"id":"","key":"` + testKey + `"}}`:                      `key "primary": an id has 1 to 64 characters`,
		`{"primary":{"id":"of 2026","key":"` + testKey + `"}}`:               `key "primary": an id has letters and digits of ASCII, ".", "_", ":", "/" and "-"`,
		`{"primary":"` + testKey + `\ud800"}`:                                `key "primary": a lone surrogate is not text`,
		`{"primary":"` + testKey + "\xff" + `"}`:                             `keys: not valid UTF-8; save the file as UTF-8`,
		"\xff\xfe{\x00":                                                      `keys: not valid UTF-8; save the file as UTF-8`,
		`{"primary":"` + testKey + `","decryptionOnly":["` + testKey + `"]}`: `key "decryption-only-1": it is the primary one`,
		`{"primary":{"id":"2","key":"` + testKey + `"},"decryptionOnly":[{"id":"1","key":"` + testKey + `"}]}`: `key "decryption-only-1": it is the primary one`,
		`{"primary":"` + testKey + `","decryptionOnly":["` + other + `",{"id":"1","key":"` + other + `"}]}`:    `key "decryption-only-2": it is key "decryption-only-1" under another id`,
		`{"primary":{"id":"1","key":"` + testKey + `"},"decryptionOnly":[{"id":"1","key":"` + other + `"}]}`:   `key "1": two keys have this id`,
		`{"primary":"` + testKey + `","decryptionOnly":["` + other + `","hush"]}`:                              `key "decryption-only-2": fewer than 32 characters`,
	} {
		keys, err := ParseKeys([]byte(text))
		assert.EqualError(t, err, "eso: "+want, text)
		assert.Nil(t, keys)
	}
}

// Bytes that are not UTF-8 would all become U+FFFD in a lenient reader: two
// files of random bytes one key, which everybody knows.
func TestParseKeysOfBinaryFiles(t *testing.T) {
	for _, b := range []byte{0x80, 0xbf, 0xc0, 0xff} {
		text := joined(`{"primary":{"id":"k1","key":"`, bytes.Repeat([]byte{b}, 40), `"}}`)
		_, err := ParseKeys(text)
		assert.ErrorContains(t, err, "not valid UTF-8")
	}
}

func joined(before string, middle []byte, after string) []byte {
	return append(append([]byte(before), middle...), after...)
}

func TestOneKeyUnderTwoIDs(t *testing.T) {
	passphrase := func(id, text string) Key {
		key, err := NewPassphraseKey(id, text)
		require.NoError(t, err)
		return key
	}
	master := bytes.Repeat([]byte{7}, 32)
	random := func(id string) Key {
		key, err := NewKey(id, master)
		require.NoError(t, err)
		return key
	}
	_, err := NewKeyringOf(passphrase("2027", testKey), passphrase("2026", testKey))
	assert.EqualError(t, err, `eso: key "2026": it is key "2027" under another id`)
	_, err = NewKeyringOf(passphrase("2027", testKey), passphrase("2026", otherKey), passphrase("2025", otherKey))
	assert.EqualError(t, err, `eso: key "2025": it is key "2026" under another id`)
	_, err = NewKeyringOf(random("b"), random("a"))
	assert.EqualError(t, err, `eso: key "a": it is key "b" under another id`)
	_, err = NewKeyringOf(passphrase("2027", testKey), random("a"))
	assert.NoError(t, err)
	_, err = NewKey("zero", make([]byte, 32))
	assert.EqualError(t, err, `eso: key "zero": all bytes are zero`)
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"primary":"short"}`))
	f.Add([]byte(`{"primary":{"id":"1","key":"short"},"decryptionOnly":["", null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 200 { // stretching takes its time
			return
		}
		keys, err := ParseKeys(text)
		if err == nil {
			assert.NotNil(t, keys)
			return
		}
		assert.Nil(t, keys)
	})
}
