package eso

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/seal"
	"github.com/esogen/esogen/runtime/internal/sealtest"
)

const (
	testKey  = "the passphrase that seals, in tests"
	otherKey = "another passphrase, also long enough"
	oldKey   = "oldest of the three test passphrases"
)

// stretchedKeys are the keys of passphrases that tests have asked for: making
// one takes its time.
var stretchedKeys sync.Map

// newTestKeyring returns a keyring as NewKeyring makes it.
func newTestKeyring(t testing.TB, primary string, decryptionOnly ...string) Keyring {
	t.Helper()
	var keys []Key
	for _, p := range append([]string{primary}, decryptionOnly...) {
		key, ok := stretchedKeys.Load(p)
		if !ok {
			made, err := NewPassphraseKey("", p)
			require.NoError(t, err)
			key, _ = stretchedKeys.LoadOrStore(p, made)
		}
		if !slices.Contains(keys, key.(Key)) {
			keys = append(keys, key.(Key))
		}
	}
	ring, err := NewKeyringOf(keys[0], keys[1:]...)
	require.NoError(t, err)
	return ring
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

func TestKeyIDsComeFromPassphrases(t *testing.T) {
	ids := func(keys Keyring) (ids []string) {
		list, err := keys.Keys(t.Context())
		require.NoError(t, err)
		for _, k := range list {
			ids = append(ids, k.ID())
		}
		return ids
	}
	keys, err := NewKeyring(testKey, otherKey, otherKey, oldKey)
	require.NoError(t, err)
	three := ids(keys)
	require.Len(t, three, 3, "one was given twice")
	assert.Equal(t, three[1:2], ids(newTestKeyring(t, otherKey)), "wherever it stands")
	for _, id := range three {
		assert.Regexp(t, "^p-[0-9a-f]{16}$", id)
	}
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(three))), 3)
}

func TestKeysOfAKeyring(t *testing.T) {
	master := bytes.Repeat([]byte{7}, 32)
	random, err := NewKey("kms:eu/1", master)
	require.NoError(t, err)
	named, err := NewPassphraseKey("kms:eu/1", testKey)
	require.NoError(t, err)
	unnamed, err := NewPassphraseKey("", testKey)
	require.NoError(t, err)

	want, err := unnamed.MAC(t.Context(), []byte("m"))
	require.NoError(t, err)
	got, err := named.MAC(t.Context(), []byte("m"))
	require.NoError(t, err)
	assert.Equal(t, want, got, "the id is no part of the key")
	clear(master)
	h := hmac.New(sha256.New, bytes.Repeat([]byte{7}, 32))
	h.Write([]byte("m"))
	got, err = random.MAC(t.Context(), []byte("m"))
	require.NoError(t, err)
	assert.Equal(t, h.Sum(nil), got[:], "the bytes were copied")

	assert.NotImplements(t, (*KibanaKey)(nil), random)
	_, err = NewKeyringOf(random, unnamed)
	assert.NoError(t, err)
	_, err = NewKeyringOf(random, named)
	assert.ErrorContains(t, err, "two keys have this id")
	_, err = NewKeyringOf(random, nil)
	assert.Error(t, err)
	for _, id := range []string{"", "a b", "é", strings.Repeat("x", 65)} {
		_, err = NewKey(id, make([]byte, 32))
		assert.Error(t, err, "%q", id)
		_, err = NewKeyringOf(&cheapKey{name: id})
		assert.Error(t, err, "%q", id)
		if id != "" {
			_, err = NewPassphraseKey(id, testKey)
			assert.Error(t, err, "%q", id)
		}
	}
	_, err = NewKey("k", make([]byte, 31))
	assert.Error(t, err)
	_, err = NewPassphraseKey("k", "short")
	assert.Error(t, err)
}

// A ring with a key of random bytes first still opens what passphrases sealed
// in the kibana format.
func TestRandomKeyBesidePassphrases(t *testing.T) {
	random, err := NewKey("new", bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	old, err := NewPassphraseKey("", testKey)
	require.NoError(t, err)
	keys, err := NewKeyringOf(random, old)
	require.NoError(t, err)
	sealed, err := sealAll(t.Context(), newTestKeyring(t, testKey), nil, []string{"1"})
	require.NoError(t, err)
	opened, by, err := seal.OpenKibana(t.Context(), kibanaKeys(keys), nil, sealed)
	require.NoError(t, err)
	assert.Equal(t, []string{"1"}, opened)
	assert.Equal(t, []string{old.ID()}, by)
	_, err = sealAll(t.Context(), keys, nil, []string{"1"})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestKeysPrintNothing(t *testing.T) {
	keyring := newTestKeyring(t, testKey, otherKey)
	sealed, err := sealAll(t.Context(), keyring, nil, []string{`"secret"`}) // and so a derived key is kept
	require.NoError(t, err)
	keys, err := keyring.Keys(t.Context())
	require.NoError(t, err)
	derived, err := keys[0].(KibanaKey).DeriveKibana(t.Context(), saltOf(t, sealed[0]))
	require.NoError(t, err)

	master, _ := sealtest.Stretch(t, testKey)

	var printed bytes.Buffer
	type holder struct {
		Public  any
		private any
	}
	random, err := NewKey("random", []byte("thirty-two bytes that are printd"))
	require.NoError(t, err)
	_, err = random.MAC(t.Context(), nil) // and so there is a state that has taken in the key
	require.NoError(t, err)
	for _, value := range []any{keyring, *keyring.(*ring), keys[0], keys, random} {
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
	assert.Contains(t, printed.String(), "eso.Keyring(redacted)")
	assert.Contains(t, printed.String(), "eso.Key(redacted)")
	for _, part := range []string{testKey, otherKey, testKey[:8], otherKey[:8], string(derived), string(derived[:8]), "thirty-two", string(master[:8])} {
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

func TestEmptyKeyringsHaveNoKey(t *testing.T) {
	sealed, err := sealAll(t.Context(), testKeys(t), nil, []string{"1"})
	require.NoError(t, err)
	for _, keyring := range []Keyring{nil, &testKeyring{}} {
		_, err := sealAll(t.Context(), keyring, nil, []string{"1"})
		assert.ErrorIs(t, err, ErrNoKey)
		_, err = openAll(t.Context(), keyring, nil, sealed)
		assert.ErrorIs(t, err, ErrNoKey)
		_, err = openingKey(t.Context(), keyring, Ref{}, "k")
		assert.ErrorIs(t, err, ErrNoKey)
	}
}

func saltOf(t *testing.T, ciphertext string) []byte {
	t.Helper()
	sealed, err := base64.StdEncoding.DecodeString(ciphertext)
	require.NoError(t, err)
	return sealed[:64]
}

// A keyring keeps the derivations of the salts that proved genuine, for all of its
// keys that the next opening needs.
func TestKeyringKeepsDerivations(t *testing.T) {
	keys := newTestKeyring(t, testKey, otherKey, oldKey)
	kept := func(ciphertext string) (places []int) { // the others would have to wait, and the context does not let them
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		list, err := keys.Keys(ctx)
		require.NoError(t, err)
		for i, key := range list {
			if _, err := key.(KibanaKey).DeriveKibana(ctx, saltOf(t, ciphertext)); err == nil {
				places = append(places, i)
			}
		}
		return places
	}
	sealed, err := sealAll(t.Context(), keys, nil, []string{"1"})
	require.NoError(t, err)
	assert.Equal(t, []int{0}, kept(sealed[0]), "what was sealed is likely to be opened")
	sealed, err = sealAll(t.Context(), newTestKeyring(t, otherKey), nil, []string{"1"})
	require.NoError(t, err)
	assert.Empty(t, kept(sealed[0]), "another keyring keeps its own")
	_, err = openAll(t.Context(), keys, nil, sealed)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1}, kept(sealed[0]))
}

// What a keyring or a key says ends the operation and reaches the caller.
func TestErrorsOfKeysReachTheCaller(t *testing.T) {
	broken := errors.New("the key service is away")
	good, away, bad := newCheapKeyring("primary"), &testKeyring{err: broken}, newCheapKeyring("primary")
	bad.keys[0].err = broken
	for _, d := range []*Definition{account(1, 1), tokenDefinition(1)} {
		text := map[Format]string{Native: accountText, Kibana: tokenText}[d.Models[0].Format]
		doc, err := d.SealJSON(t.Context(), good, Ref{}, []byte(text))
		require.NoError(t, err)
		for _, keys := range []*testKeyring{away, bad} {
			_, err = d.SealJSON(t.Context(), keys, Ref{}, []byte(text))
			assert.ErrorIs(t, err, broken)
			_, err = d.OpenJSON(t.Context(), keys, doc)
			assert.ErrorIs(t, err, broken)
		}
	}
}

func TestKeysAreSafeForConcurrentUse(t *testing.T) {
	keys := newTestKeyring(t, testKey, otherKey)
	old, err := sealAll(t.Context(), newTestKeyring(t, otherKey), nil, []string{"1"})
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			sealed, err := sealAll(t.Context(), keys, nil, []string{"1"})
			assert.NoError(t, err)
			for range 20 {
				opened, err := openAll(t.Context(), keys, nil, append(sealed[:1:1], old...))
				assert.NoError(t, err)
				assert.Equal(t, []string{"1", "1"}, opened)
			}
		})
	}
	group.Wait()
}

// asked is a keyring that notes what it is asked for.
type asked struct {
	Keyring
	calls []string
}

func (a *asked) SealingKey(ctx context.Context, ref Ref) (Key, error) {
	a.calls = append(a.calls, "seal "+ref.Namespace+" "+ref.Type+" "+ref.ID)
	return a.Keyring.SealingKey(ctx, ref)
}

func (a *asked) OpeningKey(ctx context.Context, ref Ref, id string) (Key, error) {
	a.calls = append(a.calls, "open "+ref.Namespace+" "+ref.Type+" "+ref.ID+" with "+id)
	return a.Keyring.OpeningKey(ctx, ref, id)
}

func (a *asked) Keys(ctx context.Context) ([]Key, error) {
	a.calls = append(a.calls, "all")
	return a.Keyring.Keys(ctx)
}

// A keyring is asked for the key of an object, and for all of its keys only by the
// format that names none.
func TestKeyringIsAskedForAnObject(t *testing.T) {
	keys := &asked{Keyring: testKeys(t)}
	id := idOf(t, keys.Keyring)
	calls := func() []string { defer func() { keys.calls = nil }(); return keys.calls }

	native := account(1, 1)
	doc, err := native.SealJSON(t.Context(), keys, Ref{Namespace: "space", ID: "a"}, []byte(accountText))
	require.NoError(t, err)
	assert.Equal(t, []string{"seal space account a"}, calls())
	_, err = native.OpenJSON(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"open space account a with " + id}, calls())
	_, err = native.Rotate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"open space account a with " + id, "seal space account a"}, calls())

	// Of a shared object, and of an isolated one that this release has made shared,
	// the namespace does not choose the key that seals.
	shared := account(1, 2)
	shared.Models[1].Namespaces = Multiple
	doc, err = shared.SealJSON(t.Context(), keys, Ref{Namespace: "space", ID: "a"}, []byte(accountText))
	require.NoError(t, err)
	shared.Write = 2
	assert.Equal(t, []string{"seal space account a"}, calls())
	_, err = shared.Rotate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"open space account a with " + id, "seal  account a"}, calls())
	_, err = shared.Migrate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"open space account a with " + id, "seal  account a"}, calls())

	kibana := tokenDefinition(1)
	doc, err = kibana.SealJSON(t.Context(), keys, Ref{ID: testID}, []byte(tokenText))
	require.NoError(t, err)
	assert.Equal(t, []string{"seal  connector_token " + testID}, calls())
	_, err = kibana.OpenJSON(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"all"}, calls())
}

func idOf(t *testing.T, keyring Keyring) string {
	t.Helper()
	key, err := keyring.SealingKey(t.Context(), Ref{})
	require.NoError(t, err)
	return key.ID()
}

func TestOpeningKeyIsFoundByItsID(t *testing.T) {
	keyring := testKeys(t, testKey, otherKey, oldKey)
	list, err := keyring.Keys(t.Context())
	require.NoError(t, err)
	for _, key := range list {
		found, err := keyring.OpeningKey(t.Context(), Ref{}, key.ID())
		require.NoError(t, err)
		assert.Same(t, key, found)
	}
	_, err = keyring.OpeningKey(t.Context(), Ref{}, "unheard-of")
	assert.ErrorIs(t, err, ErrNoKey)
	assert.ErrorContains(t, err, "unheard-of")
}

// A keyring without any key of the kibana format tries nothing, and says so.
func TestNoKeyOfTheKibanaFormat(t *testing.T) {
	d := tokenDefinition(1)
	doc := createToken(t, d, tokenText)
	random, err := NewKey("random", []byte("32 bytes that somebody has rolled"[:32]))
	require.NoError(t, err)
	passphrase, err := NewPassphraseKey("wrapped", primaryKey)
	require.NoError(t, err)
	for name, key := range map[string]Key{"random": random, "wrapped": struct{ Key }{passphrase}} {
		keys, err := NewKeyringOf(key)
		require.NoError(t, err)
		_, err = d.OpenJSON(t.Context(), keys, doc)
		assert.ErrorIs(t, err, ErrNoKey, name)
		assert.NotErrorIs(t, err, ErrTampered, name)
	}
}
