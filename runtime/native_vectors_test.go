package eso

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/sealtest"
)

// Every vector of the native format opens as a document, or fails as it has to.
// The test of package seal checks what is between.
func TestNativeVectors(t *testing.T) {
	vectors := sealtest.Read(t, "../golden/native/vectors.jsonl")
	require.NotEmpty(t, vectors)
	kinds := map[string]error{"tampered": ErrTampered, "malformed": ErrMalformed, "no key": ErrNoKey}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			keys, err := NewKeyringOf(vectorKey(t, v))
			require.NoError(t, err)
			// A definition that knows no sets: the header tells all.
			d := &Definition{Type: v.Type, Write: 1, Models: []Model{{Format: Native, Namespaces: Namespaces(v.Namespaces)}}}
			opened, err := d.OpenJSON(t.Context(), keys, Document{
				Ref: Ref{Namespace: v.Namespace, Type: v.Type, ID: v.ID}, Model: v.Model, Attributes: []byte(v.Attributes),
			})
			if v.Fails != "" {
				require.Contains(t, kinds, v.Fails)
				assert.ErrorIs(t, err, kinds[v.Fails])
				assert.Nil(t, opened)
				return
			}
			require.NoError(t, err)
			ms, err := codec.ParseMembers(string(opened))
			require.NoError(t, err)
			for name, secret := range v.Secrets {
				require.NotEqual(t, -1, ms.Find(name))
				assert.Equal(t, secret, ms[ms.Find(name)].Raw)
			}
		})
	}
}

func vectorKey(t *testing.T, v sealtest.Vector) Key {
	t.Helper()
	if v.Passphrase != "" {
		key, err := NewPassphraseKey("", v.Passphrase)
		require.NoError(t, err)
		master, id := sealtest.Stretch(t, v.Passphrase)
		require.Equal(t, v.Master, hex.EncodeToString(master))
		require.Equal(t, id, key.ID())
		return key
	}
	master, err := hex.DecodeString(v.Master)
	require.NoError(t, err)
	key, err := NewKey(v.KeyID, master)
	require.NoError(t, err)
	return key
}
