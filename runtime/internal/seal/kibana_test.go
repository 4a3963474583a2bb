package seal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontest"
)

// kibanaVector is a secret that node sealed, and what it is bound to. The
// vectors come from interop/vectors.mjs.
type kibanaVector struct {
	Key        string
	Descriptor []string
	Bound      string // a JSON object
	AAD        string
	Secret     string // JSON text
	Sealed     string
}

// boundValues are the members of a JSON object. The names are those of Go's
// decoder, so none may hold a surrogate that stands alone.
func boundValues(t testing.TB, object string) []Text {
	t.Helper()
	var members map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(object), &members))
	var bound []Text
	for name, raw := range members { // in any order
		bound = append(bound, Text{name, string(raw)})
	}
	return bound
}

func TestKibanaVectors(t *testing.T) {
	for _, v := range jsontest.Vectors[kibanaVector](t, "../../testdata/kibana.json") {
		aad := AppendKibanaAAD(nil, v.Descriptor, boundValues(t, v.Bound))
		require.Equal(t, v.AAD, string(aad))

		keys := passphrasesOf(testKey, v.Key)
		plaintexts, err := openAll(t.Context(), keys, aad, []string{v.Sealed})
		require.NoError(t, err)
		assert.Equal(t, []string{v.Secret}, plaintexts)

		decoded, err := decodeKibana(v.Sealed)
		require.NoError(t, err)
		assert.Equal(t, v.Sealed, encodeKibana(decoded.salt, decoded.sealed))

		_, err = openAll(t.Context(), passphrasesOf(testKey), aad, []string{v.Sealed})
		assert.ErrorIs(t, err, fault.ErrTampered, "without its key")
	}
}

func TestKibanaAAD(t *testing.T) {
	bound := []Text{{"b", ` { "y" : 1.0 , "x" : [ ] } `}, {"a", "null"}, {"", `"\u00e9"`}}
	assert.Equal(t, `["space","type","id",{"":"é","a":null,"b":{"x":[],"y":1}}]`,
		string(AppendKibanaAAD(nil, []string{"space", "type", "id"}, bound)))
	assert.Equal(t, `["type","id",{}]`, string(AppendKibanaAAD(nil, []string{"type", "id"}, nil)))
	assert.Equal(t, `before["\"\\\n","😀",{"😀":1,"`+"\uffff"+`":2}]`,
		string(AppendKibanaAAD([]byte("before"), []string{"\"\\\n", "😀"}, []Text{{"\uffff", "2"}, {"😀", "1"}})))
}

func TestKibanaAADKeepsBytesThatAreNotUTF8Apart(t *testing.T) {
	seen := make(map[string]string)
	for _, id := range []string{"\xff", "\xfe", "\xff\xff", "\ufffd", "\xed\xa0\x80", `\ud800`, "\xc3", "é"} {
		aad := string(AppendKibanaAAD(nil, []string{"type", id}, nil))
		assert.NotContains(t, seen, aad, "%q has the additional data of %q", id, seen[aad])
		seen[aad] = id
	}
}

const (
	testKey  = "the passphrase that seals, in tests"
	otherKey = "another passphrase, also long enough"
	oldKey   = "oldest of the three test passphrases"
)

// keySource is the keys that tests seal with, the first one, and open with.
type keySource interface {
	list(ctx context.Context) ([]KibanaKey, error)
}

// passphrases are keys that share a deriver.
type passphrases []KibanaKey

func passphrasesOf(texts ...string) passphrases {
	d := NewDeriver()
	var keys passphrases
	for _, p := range texts {
		keys = append(keys, KibanaKey{
			ID:     p[:8],
			Derive: func(ctx context.Context, salt []byte) ([]byte, error) { return d.Derive(ctx, p, salt) },
			Keep:   func(salt, derived []byte) { d.Keep(p, salt, derived) },
		})
	}
	return keys
}

func (k passphrases) list(context.Context) ([]KibanaKey, error) { return k, nil }

// testKeyring has keys that count their derivations, which cost nothing.
type testKeyring struct {
	keys []*countingKey
	err  error
}

type countingKey struct {
	name    string
	derived atomic.Int64
	err     error
	size    int // of a derived key, 32 if 0
}

func newCountingKeyring(names ...string) *testKeyring {
	keyring := new(testKeyring)
	for _, name := range names {
		keyring.keys = append(keyring.keys, &countingKey{name: name})
	}
	return keyring
}

func (k *testKeyring) list(context.Context) ([]KibanaKey, error) {
	var keys []KibanaKey
	for _, key := range k.keys {
		keys = append(keys, KibanaKey{ID: key.name, Derive: key.derive})
	}
	return keys, k.err
}

// derivations returns how many each key derived since it was last asked.
func (k *testKeyring) derivations() []int {
	var counts []int
	for _, key := range k.keys {
		counts = append(counts, int(key.derived.Swap(0)))
	}
	return counts
}

func (k *countingKey) derive(_ context.Context, salt []byte) ([]byte, error) {
	k.derived.Add(1)
	sum := sha256.Sum256(append([]byte(k.name), salt...))
	if k.size != 0 {
		return sum[:k.size], k.err
	}
	return sum[:], k.err
}

func TestKibanaRoundTrip(t *testing.T) {
	keyring := newCountingKeyring("primary")
	rapid.Check(t, func(rt *rapid.T) {
		aad := []byte(rapid.String().Draw(rt, "aad"))
		plaintexts := rapid.SliceOfN(rapid.StringN(1, -1, -1), 1, 5).Draw(rt, "plaintexts")
		sealed, err := sealAll(t.Context(), keyring, aad, plaintexts)
		require.NoError(rt, err)
		opened, err := openAll(t.Context(), keyring, aad, sealed)
		require.NoError(rt, err)
		assert.Equal(rt, plaintexts, opened)

		_, err = openAll(t.Context(), keyring, append(aad, 'x'), sealed)
		assert.ErrorIs(rt, err, fault.ErrTampered)
	})
}

func TestKibanaSecretsOfOneCallShareTheSaltAndNothingElse(t *testing.T) {
	sealed, err := sealAll(t.Context(), passphrasesOf(testKey), nil, []string{`"same"`, `"same"`})
	require.NoError(t, err)
	one, err := decodeKibana(sealed[0])
	require.NoError(t, err)
	other, err := decodeKibana(sealed[1])
	require.NoError(t, err)
	assert.Equal(t, one.salt, other.salt)
	assert.NotEqual(t, one.sealed[:kibanaIVSize], other.sealed[:kibanaIVSize], "each has its own iv")

	again, err := sealAll(t.Context(), passphrasesOf(testKey), nil, []string{`"same"`})
	require.NoError(t, err)
	assert.NotEqual(t, sealed[0][:80], again[0][:80], "each call has its own salt")
}

func TestKibanaDerivations(t *testing.T) {
	keyring := newCountingKeyring("primary", "old")
	old := newCountingKeyring("old")
	seal := func(k keySource, n int) []string {
		sealed, err := sealAll(t.Context(), k, nil, []string{"1", "2", "3"}[:n])
		require.NoError(t, err)
		return sealed
	}
	open := func(ciphertexts ...string) error {
		_, err := openAll(t.Context(), keyring, nil, ciphertexts)
		return err
	}

	three := seal(keyring, 3)
	assert.Equal(t, []int{1, 0}, keyring.derivations(), "sealing three")
	require.NoError(t, open(three...))
	assert.Equal(t, []int{1, 0}, keyring.derivations(), "opening three of one salt")

	require.NoError(t, open(seal(old, 3)...))
	assert.Equal(t, []int{1, 1}, keyring.derivations(), "opening three under the second key")

	require.NoError(t, open(seal(old, 1)[0], three[1], three[2], seal(old, 1)[0]))
	assert.Equal(t, []int{3, 2}, keyring.derivations(), "opening four of three salts, one under the primary key")

	assert.ErrorIs(t, open(three[0], "no ciphertext"), fault.ErrMalformed)
	assert.Equal(t, []int{0, 0}, keyring.derivations(), "all are looked at before a key is derived")

	forged := seal(newCountingKeyring("unknown"), 2)
	assert.ErrorIs(t, open(forged[0], forged[1], three[0]), fault.ErrTampered)
	assert.Equal(t, []int{1, 1}, keyring.derivations(), "the first that does not open ends it")

	assert.NoError(t, open())
	assert.Empty(t, seal(keyring, 0))
	assert.Equal(t, []int{0, 0}, keyring.derivations(), "without secrets")
}

func TestKibanaKeepsDerivationsOfGenuineSalts(t *testing.T) {
	keys := passphrasesOf(testKey, otherKey, oldKey)
	// kept tells which keys have the derivation for the salt of a ciphertext:
	// the others would have to wait, and the context does not let them.
	kept := func(ciphertext string) (places []int) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		decoded, err := decodeKibana(ciphertext)
		require.NoError(t, err)
		for i, key := range keys {
			if _, err := key.Derive(ctx, decoded.salt); err == nil {
				places = append(places, i)
			}
		}
		return places
	}
	seal := func(keys keySource) string {
		sealed, err := sealAll(t.Context(), keys, nil, []string{"1"})
		require.NoError(t, err)
		return sealed[0]
	}

	assert.Equal(t, []int{0}, kept(seal(keys)), "what was sealed is likely to be opened")

	opened := seal(passphrasesOf(otherKey))
	_, err := openAll(t.Context(), keys, nil, []string{opened})
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1}, kept(opened), "all that the next opening needs")

	forged := seal(passphrasesOf("a passphrase that nobody else has"))
	_, err = openAll(t.Context(), keys, nil, []string{opened, forged})
	require.ErrorIs(t, err, fault.ErrTampered)
	assert.Empty(t, kept(forged), "an invented salt")
}

func TestKibanaErrors(t *testing.T) {
	good := newCountingKeyring("primary")
	sealed, err := sealAll(t.Context(), good, nil, []string{"1", "2"})
	require.NoError(t, err)

	guilty := func(err error) int {
		var at *CiphertextError
		require.ErrorAs(t, err, &at)
		return at.Index
	}
	_, err = openAll(t.Context(), good, nil, []string{sealed[0], "", sealed[1]})
	assert.ErrorIs(t, err, fault.ErrMalformed)
	assert.Equal(t, 1, guilty(err))
	_, err = openAll(t.Context(), newCountingKeyring("other"), nil, sealed)
	assert.ErrorIs(t, err, fault.ErrTampered)
	assert.Equal(t, 0, guilty(err))
	_, err = sealAll(t.Context(), good, nil, []string{"1", ""})
	assert.ErrorIs(t, err, fault.ErrMalformed)
	assert.Equal(t, 1, guilty(err))

	// What a key says reaches the caller, also behind a key that opens nothing.
	broken := errors.New("the key service is away")
	_, err = sealAll(t.Context(), &testKeyring{keys: []*countingKey{{name: "primary", err: broken}}}, nil, []string{"1"})
	assert.ErrorIs(t, err, broken)
	_, err = openAll(t.Context(), &testKeyring{err: broken}, nil, sealed)
	assert.ErrorIs(t, err, broken)
	_, err = openAll(t.Context(), &testKeyring{keys: []*countingKey{{name: "other"}, {name: "old", err: broken}}}, nil, sealed)
	assert.ErrorIs(t, err, broken)
	_, err = openAll(t.Context(), &testKeyring{}, nil, sealed)
	assert.ErrorIs(t, err, fault.ErrTampered)

	// A key of another size would be another cipher.
	short := &testKeyring{keys: []*countingKey{{name: "short", size: 16}}}
	_, err = sealAll(t.Context(), short, nil, []string{"1"})
	assert.EqualError(t, err, `key "short" derives 16 bytes instead of 32`)
}

func TestKibanaRefusesWhatIsNotACiphertext(t *testing.T) {
	keyring := newCountingKeyring("primary")
	text, err := sealAll(t.Context(), keyring, nil, []string{`"a secret!"`})
	require.NoError(t, err)
	sealed := text[0]
	require.True(t, strings.HasSuffix(sealed, "=="), "to have stray bits: %s", sealed)
	bytes, err := base64.StdEncoding.DecodeString(sealed)
	require.NoError(t, err)
	encode := base64.StdEncoding.EncodeToString

	refused := map[string]string{
		"nothing":               "",
		"a line break inside":   sealed[:76] + "\n" + sealed[76:],
		"a line break behind":   sealed + "\n",
		"a carriage return":     sealed[:76] + "\r\n" + sealed[76:],
		"white space":           sealed[:76] + " " + sealed[76:],
		"no padding":            strings.TrimRight(sealed, "="),
		"half the padding":      strings.TrimSuffix(sealed, "="),
		"padding twice":         sealed + "==",
		"text behind":           sealed + "AAAA",
		"the alphabet of URLs":  base64.URLEncoding.EncodeToString(append(bytes[:len(bytes)-1:len(bytes)-1], 0xff, 0xff, 0xff)),
		"stray bits":            sealed[:len(sealed)-3] + string(nextDigit(sealed[len(sealed)-3])) + "==",
		"no ciphertext":         encode(bytes[:92]),
		"92 bytes, padded":      encode(bytes[:92]) + "====",
		"a tag of 4 bytes":      encode(bytes[:64+12+4]),
		"a tag of 4, and zeros": encode(append(bytes[:64+12+4:64+12+4], make([]byte, 12)...)),
	}
	for name, text := range refused {
		t.Run(name, func(t *testing.T) {
			plaintexts, err := openAll(t.Context(), keyring, nil, []string{text})
			assert.ErrorIs(t, err, fault.ErrMalformed)
			assert.Nil(t, plaintexts)
		})
	}
	t.Run("truncated at every length", func(t *testing.T) {
		for n := range len(sealed) {
			_, err := openAll(t.Context(), keyring, nil, []string{sealed[:n]})
			assert.True(t, errors.Is(err, fault.ErrMalformed) || n%4 == 0 && errors.Is(err, fault.ErrTampered), "at %d: %v", n, err)
		}
		for n := range len(bytes) {
			_, err := openAll(t.Context(), keyring, nil, []string{encode(bytes[:n])})
			assert.Error(t, err, "at %d", n)
		}
	})
	assert.NotContains(t, keyring.derivations(), 0)
}

// nextDigit returns the base64 digit whose lowest bit differs: behind it, the
// padding says that the bit does not count.
func nextDigit(c byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return digits[strings.IndexByte(digits, c)^1]
}

func TestKibanaDetectsEveryChange(t *testing.T) {
	keyring := newCountingKeyring("primary", "old")
	descriptor := []string{"space", "type", "id"}
	bound := []Text{{"a", "1"}, {"b", "null"}, {"c", `{"x":[1,2]}`}}
	sealed, err := sealAll(t.Context(), keyring, AppendKibanaAAD(nil, descriptor, bound), []string{`"one"`, `"other"`})
	require.NoError(t, err)
	open := func(descriptor []string, bound []Text, ciphertexts ...string) error {
		plaintexts, err := openAll(t.Context(), keyring, AppendKibanaAAD(nil, descriptor, bound), ciphertexts)
		assert.Equal(t, err != nil, plaintexts == nil, "plaintexts or an error")
		return err
	}
	require.NoError(t, open(descriptor, bound, sealed...))

	t.Run("every bit of a ciphertext", func(t *testing.T) {
		b, err := base64.StdEncoding.DecodeString(sealed[1])
		require.NoError(t, err)
		for i := range len(b) * 8 {
			b[i/8] ^= 1 << (i % 8)
			assert.ErrorIs(t, open(descriptor, bound, sealed[0], base64.StdEncoding.EncodeToString(b)), fault.ErrTampered, "bit %d", i)
			b[i/8] ^= 1 << (i % 8)
		}
	})
	t.Run("the identity", func(t *testing.T) {
		for _, d := range [][]string{
			{"type", "id"}, {"other", "type", "id"}, {"space", "other", "id"}, {"space", "type", "other"}, {"", "type", "id"},
			{"space", "id", "type"}, {"spacetype", "id"}, {`space","type`, "id"}, {"space", "type", "id", "{}"},
		} {
			assert.ErrorIs(t, open(d, bound, sealed...), fault.ErrTampered, "%q", d)
		}
	})
	t.Run("the bound attributes", func(t *testing.T) {
		for _, b := range [][]Text{
			nil, bound[:2], bound[1:],
			{{"a", "2"}, bound[1], bound[2]},
			{{"A", "1"}, bound[1], bound[2]},
			{bound[0], {"b", "false"}, bound[2]},
			{bound[0], bound[1], {"c", `{"x":[2,1]}`}},
			{bound[0], bound[1], {"c", `{"x":[1,2],"y":null}`}},
			append(bound[:3:3], Text{"d", "null"}),
		} {
			assert.ErrorIs(t, open(descriptor, b, sealed...), fault.ErrTampered, "%v", b)
		}
	})
	assert.NoError(t, open(descriptor, []Text{{"c", ` { "x" : [1.0, 2e0] }`}, bound[1], bound[0]}, sealed...), "another spelling")
}

// FuzzOpenKibana checks that no text makes OpenKibana panic, and that only the
// texts that were sealed open.
func FuzzOpenKibana(f *testing.F) {
	keyring := newCountingKeyring("primary")
	genuine := map[string]string{ // sealed under this keyring once, for the fuzzing processes to agree
		"2ytaZWLT/mcq4HrakuP9JgctbVnEgJmGPuNJnTLAYA0MMN1GdkgAcnuu8nOEqjM7XiYIomoAs1mG9zNEJxZzRUNFhBcaTEGRavjmOcuT77sWEh/M4XMRjF39Ii6J":                 `0`,
		"LkoVWkHgUG3k8LkVAafFFFtvAOipNP+bJBFLcEifnYrA5E7EnBs7uuhTez4En3DSozH3j1qlHh02xQtDJv4X0UgSvJZ1QdFzPG/ZfPmXixpgZ5wATm4BvdVP5QcVJaYDMfpXuCG3":     `"a secret"`,
		"kBxSPZ2W+2+JNe3Zvq9fXxxEmyecsh9EOwSeJWFnukwKSn1+yqvZWI7sVrxQosPOPWauIE+G/kdOoQUBAsCxMorbr8+Ry5i6lUoRAmw2jzEb/1gT1z21KwNK6lu1Z1b4EzEzykIe1UgM": `{"a":[1,2,3]}`,
	}
	for text := range genuine {
		f.Add(text, "aad")
		f.Add(text, "")
		f.Add(text[:len(text)-4], "aad")
		f.Add(text+"\n", "aad")
	}
	for _, v := range jsontest.Vectors[kibanaVector](f, "../../testdata/kibana.json") {
		f.Add(v.Sealed, v.AAD)
	}
	f.Fuzz(func(t *testing.T, text, aad string) {
		plaintexts, err := openAll(t.Context(), keyring, []byte(aad), []string{text})
		if plaintext, ok := genuine[text]; ok && aad == "aad" {
			require.NoError(t, err)
			assert.Equal(t, []string{plaintext}, plaintexts)
			return
		}
		require.Error(t, err)
		assert.Nil(t, plaintexts)
		assert.True(t, errors.Is(err, fault.ErrMalformed) || errors.Is(err, fault.ErrTampered), err)
		if decoded, err := decodeKibana(text); err == nil {
			assert.Equal(t, text, encodeKibana(decoded.salt, decoded.sealed), "one text for one ciphertext")
		}
	})
}

// openAll opens secrets, and leaves out which keys did.
func openAll(ctx context.Context, keys keySource, aad []byte, ciphertexts []string) ([]string, error) {
	plaintexts, _, err := OpenKibana(ctx, keys.list, aad, ciphertexts)
	return plaintexts, err
}

// sealAll seals secrets under the first key of a keyring.
func sealAll(ctx context.Context, keys keySource, aad []byte, plaintexts []string) ([]string, error) {
	list, err := keys.list(ctx)
	if err != nil {
		return nil, err
	}
	return SealKibana(ctx, list[0], aad, plaintexts)
}
