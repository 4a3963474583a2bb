package eso

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// benchmarkContent is an object with three secrets of 256 bytes, and about 200
// bytes bound.
func benchmarkContent() *seal.Content {
	secret := `"` + strings.Repeat("s", 254) + `"`
	return &seal.Content{
		Type: "connector_token", ID: testID, Model: 1,
		Bound: []seal.Text{
			{Name: "connectorId", Raw: `"` + strings.Repeat("c", 60) + `"`}, {Name: "createdAt", Raw: `"2026-01-01T00:00:00.000Z"`},
			{Name: "retries", Raw: `3`}, {Name: "tokenType", Raw: `"` + strings.Repeat("t", 60) + `"`}, {Name: "updatedAt", Raw: `"2026-01-01T00:00:00.000Z"`},
		},
		Sealed: []seal.Text{{Name: "one", Raw: secret}, {Name: "three", Raw: secret}, {Name: "two", Raw: secret}},
	}
}

// BenchmarkFloor is what sealing cannot do without: the key setup of one GCM,
// its sealing of as many bytes, and base64, in buffers that are there already.
func BenchmarkFloor(b *testing.B) {
	key, plain, aad := make([]byte, 32), make([]byte, 768), make([]byte, 200)
	var sealed, text []byte
	b.ReportAllocs()
	for b.Loop() {
		block, err := aes.NewCipher(key)
		if err != nil {
			b.Fatal(err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			b.Fatal(err)
		}
		sealed = aead.Seal(sealed[:0], nil, plain, aad)
		text = base64.StdEncoding.AppendEncode(text[:0], sealed)
	}
}

func BenchmarkSealNative(b *testing.B) {
	keys, c := newTestKeyring(b, testKey), benchmarkContent()
	b.Run("format", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := sealOne(b.Context(), make([]byte, 0, 2048), keys, c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("format, parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if _, err := sealOne(b.Context(), make([]byte, 0, 2048), keys, c); err != nil {
					b.Error(err)
				}
			}
		})
	})
	d, text := benchmarkDefinition(c)
	b.Run("object", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.SealJSON(b.Context(), keys, Ref{Type: c.Type, ID: c.ID}, text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpenNative(b *testing.B) {
	keys, c := newTestKeyring(b, testKey), benchmarkContent()
	sealed, err := sealOne(b.Context(), nil, keys, c)
	require.NoError(b, err)
	open := func() error {
		s, err := seal.ParseNative(string(sealed))
		if err == nil {
			_, err = openOne(b.Context(), s, keys, c)
		}
		return err
	}
	b.Run("format", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := open(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("format, parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := open(); err != nil {
					b.Error(err)
				}
			}
		})
	})
	d, text := benchmarkDefinition(c)
	doc, err := d.SealJSON(b.Context(), keys, Ref{Type: c.Type, ID: c.ID}, text)
	require.NoError(b, err)
	b.Run("object", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.OpenJSON(b.Context(), keys, doc); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchmarkDefinition is the type, and the attributes, of an object with that
// content.
func benchmarkDefinition(c *seal.Content) (*Definition, []byte) {
	m := Model{Format: Native, Namespaces: Agnostic}
	var ms members
	for _, v := range c.Bound {
		m.Attributes, m.AAD = append(m.Attributes, Attribute{Name: v.Name}), append(m.AAD, v.Name)
		ms = append(ms, member{Name: v.Name, Raw: v.Raw})
	}
	for _, v := range c.Sealed {
		m.Attributes, m.Encrypted = append(m.Attributes, Attribute{Name: v.Name}), append(m.Encrypted, v.Name)
		ms = append(ms, member{Name: v.Name, Raw: v.Raw})
	}
	return &Definition{Type: c.Type, Write: 1, Models: []Model{m}}, codec.AppendMembers(nil, ms)
}

func BenchmarkCanonical(b *testing.B) {
	for name, text := range map[string]string{
		"string": `"f8a0c0a4-6d3f-4a4d-8e0f-0f6f5a0c3c11"`,
		"number": `1234`,
		"object": `{"url":"https://example.com/a?b=c","name":"a name","enabled":true,"retries":3,"ratio":0.25,"tags":["a","b","c"],` +
			`"updatedAt":"2026-01-01T00:00:00.000Z","config":{"z":1,"y":{"b":"\u00e9\n","a":null},"x":[1,2,3]}}`,
	} {
		b.Run(name, func(b *testing.B) {
			buffer, err := jsontext.AppendCanonical(nil, text)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				buffer, _ = jsontext.AppendCanonical(buffer[:0], text)
			}
		})
	}
}
