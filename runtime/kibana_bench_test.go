package eso

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/jsontext"
	"github.com/esogen/esogen/runtime/internal/seal"
)

var benchmarkAAD = seal.AppendKibanaAAD(nil, []string{"connector_token", "5a9f7ad1-6d3f-4a4d-8e0f-0f6f5a0c3c11"}, []seal.Text{
	{Name: "connectorId", Raw: `"f8a0c0a4-6d3f-4a4d-8e0f-0f6f5a0c3c11"`}, {Name: "tokenType", Raw: `"access_token"`}, {Name: "expiresAt", Raw: `"2026-01-01T00:00:00.000Z"`},
})

// secretsOf returns n secrets.
func secretsOf(n int) []string {
	plaintexts := make([]string, n)
	for i := range plaintexts {
		plaintexts[i] = `"` + strings.Repeat("s", 100) + `"`
	}
	return plaintexts
}

func BenchmarkSealKibana(b *testing.B) {
	keys := newTestKeyring(b, testKey)
	for name, n := range map[string]int{"one secret": 1, "three secrets": 3} {
		plaintexts := secretsOf(n)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := sealAll(b.Context(), keys, benchmarkAAD, plaintexts)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkOpenKibana(b *testing.B) {
	seal := func(n int) []string {
		sealed, err := sealAll(b.Context(), newTestKeyring(b, testKey), benchmarkAAD, secretsOf(n))
		require.NoError(b, err)
		return sealed
	}
	bench := func(name string, ciphertexts []string, cached bool) {
		b.Run(name, func(b *testing.B) {
			keys := newTestKeyring(b, testKey)
			for b.Loop() {
				if !cached {
					keys = newTestKeyring(b, testKey)
				}
				_, err := openAll(b.Context(), keys, benchmarkAAD, ciphertexts)
				require.NoError(b, err)
			}
		})
	}
	three := []string{seal(1)[0], seal(1)[0], seal(1)[0]}
	bench("one secret, derived", seal(1), false)
	bench("three secrets of one salt, derived", seal(3), false)
	bench("three secrets of three salts, derived", three, false)
	bench("one secret, kept", seal(1), true)
	bench("three secrets of one salt, kept", seal(3), true)
	bench("three secrets of three salts, kept", three, true)
}

func BenchmarkStable(b *testing.B) {
	text := `{"url":"https://example.com/a?b=c","name":"a name","enabled":true,"retries":3,"ratio":0.25,"tags":["a","b","c"],` +
		`"updatedAt":"2026-01-01T00:00:00.000Z","config":{"z":1,"y":{"b":"\u00e9\n","a":null},"x":[1,2,3]}}`
	buffer := jsontext.AppendStable(nil, text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		buffer = jsontext.AppendStable(buffer[:0], text)
	}
}
