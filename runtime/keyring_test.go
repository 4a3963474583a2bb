package eso

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	testKey  = "the passphrase that seals, in tests"
	otherKey = "another passphrase, also long enough"
	oldKey   = "oldest of the three test passphrases"
)

func newTestKeyring(t testing.TB, primary string, decryptionOnly ...string) *Keys {
	t.Helper()
	keys, err := NewKeyring(primary, decryptionOnly...)
	require.NoError(t, err)
	return keys
}

func TestNewKeyringRules(t *testing.T) {
	long := strings.Repeat("k", minKeyLength)
	tests := []struct {
		name           string
		primary        string
		decryptionOnly []string
		message        string // "" where the keyring is good
	}{
		{"one key", long, nil, ""},
		{"several keys", long, []string{otherKey, oldKey}, ""},
		{"one key twice", long, []string{otherKey, otherKey}, ""},
		{"no key", "", nil, `key "primary": fewer than 32 characters`},
		{"31 characters", long[1:], nil, `key "primary": fewer than 32 characters`},
		{"31 characters of more bytes", strings.Repeat("é", 31), nil, `key "primary": fewer than 32 characters`},
		{"32 characters of more bytes", strings.Repeat("é", 32), nil, ""},
		{"16 pairs of surrogates, which JavaScript counts as 32", strings.Repeat("🔑", 16), nil, ""},
		{"15 pairs of surrogates", strings.Repeat("🔑", 15) + "k", nil, `key "primary": fewer than 32 characters`},
		{"not UTF-8", long + "\xff", nil, `key "primary": not valid UTF-8`},
		{"a short decryption-only key", long, []string{otherKey, "short"}, `key "decryption-only-2": fewer than 32 characters`},
		{"the primary one among the others", long, []string{otherKey, long}, `key "decryption-only-2": it is the primary one`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keys, err := NewKeyring(test.primary, test.decryptionOnly...)
			if test.message == "" {
				require.NoError(t, err)
				assert.NotNil(t, keys)
				return
			}
			assert.Nil(t, keys)
			assert.EqualError(t, err, "eso: "+test.message)
		})
	}
}

func TestKeyIDsArePositions(t *testing.T) {
	keys, err := newTestKeyring(t, testKey, otherKey, otherKey, oldKey).Keys(t.Context())
	require.NoError(t, err)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID())
	}
	assert.Equal(t, []string{"primary", "decryption-only-1", "decryption-only-3"}, ids)
}

func TestKeysPrintNothing(t *testing.T) {
	keyring := newTestKeyring(t, testKey, otherKey)
	sealed, err := sealKibana(t.Context(), keyring, nil, []string{`"secret"`}) // and so a derived key is kept
	require.NoError(t, err)
	keys, err := keyring.Keys(t.Context())
	require.NoError(t, err)
	decoded, err := decodeKibana(sealed[0])
	require.NoError(t, err)
	derived, err := keys[0].DeriveKibana(t.Context(), decoded.salt)
	require.NoError(t, err)

	var printed bytes.Buffer
	type holder struct {
		Public  any
		private any
	}
	for _, value := range []any{keyring, *keyring, keys[0], keys} {
		for _, v := range []any{value, holder{value, value}, &holder{value, value}, []any{value}, map[string]any{"k": value}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
				fmt.Fprintf(&printed, verb+"\n", v)
			}
			text, err := json.Marshal(v)
			require.NoError(t, err)
			printed.Write(text)
			for _, h := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
				slog.New(h).Info("message", "keys", v)
			}
		}
		dump(&printed, reflect.ValueOf(value))
	}
	assert.Contains(t, printed.String(), "eso.Keys(redacted)")
	assert.Contains(t, printed.String(), "eso.Key(redacted)")
	for _, part := range []string{testKey, otherKey, testKey[:8], otherKey[:8], string(derived), string(derived[:8])} {
		for _, verb := range []string{"%s", "%x", "%X", "%d", "%v"} {
			for _, form := range []string{fmt.Sprintf(verb, part), strings.Trim(fmt.Sprintf(verb, []byte(part)), "[]")} {
				assert.False(t, strings.Contains(printed.String(), form), "%q is printed", form)
			}
		}
	}
}

// dump writes all that reflection reaches from a value, as debug printers do.
func dump(to *bytes.Buffer, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			dump(to, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			dump(to, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			dump(to, v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			dump(to, k)
			dump(to, v.MapIndex(k))
		}
	default:
		fmt.Fprintf(to, "%v ", v)
	}
}

func TestZeroKeysHaveNoKey(t *testing.T) {
	for _, keyring := range []Keyring{nil, &Keys{}} {
		_, err := sealKibana(t.Context(), keyring, nil, []string{"1"})
		assert.ErrorIs(t, err, ErrNoKey)
	}
}

func TestKeysAreSafeForConcurrentUse(t *testing.T) {
	keys := newTestKeyring(t, testKey, otherKey)
	old, err := sealKibana(t.Context(), newTestKeyring(t, otherKey), nil, []string{"1"})
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			sealed, err := sealKibana(t.Context(), keys, nil, []string{"1"})
			assert.NoError(t, err)
			for range 20 {
				opened, err := openKibana(t.Context(), keys, nil, append(sealed[:1:1], old...))
				assert.NoError(t, err)
				assert.Equal(t, []string{"1", "1"}, opened)
			}
		})
	}
	group.Wait()
}
