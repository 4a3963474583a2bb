package keyfile

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// manyNamespaces returns a key file of as many namespaces, each with a key.
func manyNamespaces(b *testing.B, count int) (path string, w *testWrapper) {
	b.Helper()
	f := newFile(b, "first")
	for i := range count {
		namespace := fmt.Sprintf("namespace-%d", i)
		_, err := f.Add(Native, "", namespace)
		require.NoError(b, err)
		f.content.rows[len(f.content.rows)-1].Primary = true
	}
	w, path = newWrapper("w"), newPath(b)
	store(b, path, text(b, f, w))
	return path, w
}

// BenchmarkOpen is the start of a process with 10,000 namespaces: reading the file
// included, and without the time of a provider.
func BenchmarkOpen(b *testing.B) {
	path, w := manyNamespaces(b, 10_000)
	b.Run("start", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			open(b, path, w)
		}
	})
	k := open(b, path, w)
	b.Run("refresh, unchanged", func(b *testing.B) {
		for b.Loop() {
			refresh(b, k, false)
		}
	})
	b.Run("first use of every key", func(b *testing.B) {
		for b.Loop() {
			k := open(b, path, w)
			keys, err := k.Keys(b.Context())
			require.NoError(b, err)
			for _, key := range keys {
				_, err := key.MAC(b.Context(), nil)
				require.NoError(b, err)
			}
		}
	})
}

// BenchmarkObject compares sealing and opening an object with a keyring of
// passphrases and with one of a key file of 10,000 namespaces.
func BenchmarkObject(b *testing.B) {
	path, w := manyNamespaces(b, 10_000)
	file := open(b, path, w)
	passphrases, err := eso.NewKeyring(plainOne)
	require.NoError(b, err)
	d := note(eso.Native, eso.Single)
	for name, keys := range map[string]eso.Keyring{"passphrase": passphrases, "key file": file} {
		ref := eso.Ref{Namespace: "namespace-5000", Type: "note", ID: "n"}
		b.Run("seal/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.SealJSON(b.Context(), keys, ref, []byte(noteText)); err != nil {
					b.Fatal(err)
				}
			}
		})
		doc, err := d.SealJSON(b.Context(), keys, ref, []byte(noteText))
		require.NoError(b, err)
		b.Run("open/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.OpenJSON(b.Context(), keys, doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
