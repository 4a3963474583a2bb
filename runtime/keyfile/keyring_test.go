package keyfile

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// sealingID returns the id of the key that seals an object of a namespace, or the
// error.
func sealingID(t testing.TB, k *Keyring, namespace string) (string, error) {
	key, err := k.SealingKey(t.Context(), eso.Ref{Namespace: namespace, Type: "note", ID: "n"})
	if err != nil {
		require.ErrorIs(t, err, eso.ErrNoKey)
		return "", err
	}
	return key.ID(), nil
}

func TestWhoseKey(t *testing.T) {
	f := newFile(t, "first")
	keyring := func() *Keyring {
		k, err := f.Keyring()
		require.NoError(t, err)
		return k
	}
	seals := func(namespace, want string) {
		t.Helper()
		id, err := sealingID(t, keyring(), namespace)
		require.NoError(t, err)
		assert.Equal(t, want, id, namespace)
	}
	fails := func(namespace string, want error) {
		t.Helper()
		_, err := sealingID(t, keyring(), namespace)
		assert.ErrorIs(t, err, want, namespace)
	}
	seals("", "first")
	seals("default", "first")
	seals("acme", "first")

	_, err := f.Add(Native, "acme/1", "acme")
	require.NoError(t, err)
	seals("acme", "first") // it is known, not primary
	seals("beta", "first")

	require.NoError(t, f.SetPrimary("acme/1"))
	seals("", "first")
	seals("default", "first")
	seals("acme", "acme/1")
	fails("beta", eso.ErrNoKey)
	_, err = sealingID(t, keyring(), "beta")
	assert.NotErrorIs(t, err, eso.ErrShredded)
	assert.ErrorContains(t, err, `namespace "beta"`)

	_, err = f.Shred("acme", shredTime)
	require.NoError(t, err)
	fails("acme", eso.ErrShredded)
	fails("beta", eso.ErrNoKey) // and never under the installation's again
	seals("", "first")
}

func TestOpeningKey(t *testing.T) {
	f := fullFile(t)
	k, err := f.Keyring()
	require.NoError(t, err)
	for _, info := range f.Info().Keys {
		key, err := k.OpeningKey(t.Context(), eso.Ref{Namespace: "any"}, info.ID)
		require.NoError(t, err)
		assert.Equal(t, info.ID, key.ID())
		_, isKibana := key.(eso.KibanaKey)
		assert.Equal(t, info.Kind == Passphrase, isKibana)
	}
	_, err = k.OpeningKey(t.Context(), eso.Ref{}, "gone/1")
	require.ErrorIs(t, err, eso.ErrShredded)
	require.ErrorContains(t, err, `namespace "gone", on 2026-11-30T11:00:00Z`)
	_, err = k.OpeningKey(t.Context(), eso.Ref{}, "beta/1")
	require.ErrorIs(t, err, eso.ErrNoKey)
	require.NotErrorIs(t, err, eso.ErrShredded)
	require.ErrorContains(t, err, "retired")
	_, err = k.OpeningKey(t.Context(), eso.Ref{}, "unheard-of")
	require.ErrorIs(t, err, eso.ErrNoKey)

	// A retired key of a namespace that was shredded later was shredded.
	_, err = f.Shred("beta", shredTime)
	require.NoError(t, err)
	k, err = f.Keyring()
	require.NoError(t, err)
	_, err = k.OpeningKey(t.Context(), eso.Ref{}, "beta/1")
	require.ErrorIs(t, err, eso.ErrShredded)
}

func TestKeysInOrder(t *testing.T) {
	f := fullFile(t)
	k, err := f.Keyring()
	require.NoError(t, err)
	keys, err := k.Keys(t.Context())
	require.NoError(t, err)
	var got []string
	for _, key := range keys {
		got = append(got, key.ID())
	}
	assert.Equal(t, []string{"third", "second", "p-" + plainOneID, "made", "acme/2", "acme/1", "beta/2"}, got)
	message := []byte("message")
	for _, key := range keys {
		opening, err := k.OpeningKey(t.Context(), eso.Ref{}, key.ID())
		require.NoError(t, err)
		a, err := key.MAC(t.Context(), message)
		require.NoError(t, err)
		b, err := opening.MAC(t.Context(), message)
		require.NoError(t, err)
		assert.Equal(t, a, b)
	}
}

// An object of each namespace opens, also in the kibana format, whose keys are the
// passphrases among all.
func TestKeyringSealsAndOpens(t *testing.T) {
	f := fullFile(t)
	require.NoError(t, f.SetPrimary("made"))
	k, err := f.Keyring()
	require.NoError(t, err)
	for _, kind := range []eso.Namespaces{eso.Single, eso.MultipleIsolated} {
		for namespace, want := range map[string]string{"": "made", "default": "made", "acme": "acme/2", "beta": "beta/2"} {
			doc := sealNote(t, k, kind, namespace)
			assert.Equal(t, []string{want}, doc.KeyIDs)
			require.NoError(t, openNote(t, k, kind, doc))
		}
	}
	assert.Equal(t, []string{"made"}, sealNote(t, k, eso.Multiple, "acme").KeyIDs, "its seal binds no namespace")
	kibana := note(eso.Kibana, eso.Single)
	doc, err := kibana.SealJSON(t.Context(), k, eso.Ref{Namespace: "acme", Type: "note", ID: "n"}, []byte(noteText))
	require.NoError(t, err)
	_, err = kibana.OpenJSON(t.Context(), k, doc)
	require.NoError(t, err)
}

func TestSealingMark(t *testing.T) {
	f := newFile(t, "first")
	seen := map[string]bool{}
	mark := func() string {
		k, err := f.Keyring()
		require.NoError(t, err)
		mark, err := k.SealingMark(t.Context())
		require.NoError(t, err)
		return mark
	}
	changes := func(what string) {
		t.Helper()
		m := mark()
		assert.False(t, seen[m], what)
		seen[m] = true
		require.NoError(t, f.Rewrap())
		assert.Equal(t, m, mark(), "the same keys under another file key")
	}
	changes("the first")
	_, err := f.Add(Native, "second", "")
	require.NoError(t, err)
	assert.True(t, seen[mark()], "a key that seals nothing")
	require.NoError(t, f.SetPrimary("second"))
	changes("another primary key")
	add(t, f, "acme/1", "acme")
	changes("a key of a namespace")
	add(t, f, "acme/2", "acme")
	changes("another key of a namespace")
	_, err = f.Shred("acme", shredTime)
	require.NoError(t, err)
	before := mark()
	require.NoError(t, f.Retire("first"))
	assert.Equal(t, before, mark())
}

// Nothing prints a key: no verb, no log, no JSON, no dump of what a struct hides.
func TestNothingPrintsKeys(t *testing.T) {
	f := newFile(t, "first")
	_, err := f.AddPassphrase("p", plainTwo)
	require.NoError(t, err)
	require.NoError(t, f.SetPrimary("p"))
	native, ok := f.key.open(f.content.find("first"))
	require.True(t, ok)
	wrapping := f.key.toWrap()[:fileKeySize]
	k, err := f.Keyring()
	require.NoError(t, err)
	keys, err := k.Keys(t.Context())
	require.NoError(t, err)
	for _, v := range []any{
		f, *f, k, f.key, *f.key, keys, k.state.Load(), k.state.Load().entries, k.state.Load().primary,
		struct{ hidden any }{f}, struct{ hidden *Keyring }{k}, struct{ hidden File }{*f}, struct{ hidden fileKey }{*f.key},
	} {
		var shown bytes.Buffer
		for _, verb := range "vsqdxXpT" {
			fmt.Fprintf(&shown, "%"+string(verb)+" %+"+string(verb)+" %#"+string(verb), v, v, v)
		}
		slog.New(slog.NewTextHandler(&shown, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("m", "v", v)
		if b, err := json.Marshal(v); err == nil {
			shown.Write(b)
		}
		for _, secret := range [][]byte{native, wrapping, []byte(plainTwo)} {
			for _, form := range []string{string(secret), hex.EncodeToString(secret), fmt.Sprintf("%X", secret), fmt.Sprint(secret), fmt.Sprintf("%#v", secret[:8])[6:]} {
				assert.False(t, bytes.Contains(shown.Bytes(), []byte(form)), "%T", v)
			}
		}
	}
	assert.Equal(t, "keyfile.File(redacted) keyfile.Keyring(redacted)", fmt.Sprintf("%+v %#v", f, k))
}
