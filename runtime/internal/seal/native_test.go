package seal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontest"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// FuzzNativeHeader takes bytes for a header: one that is accepted has no other
// form.
func FuzzNativeHeader(f *testing.F) {
	h := Header{Version: Version, KeyID: "k", Model: 1}
	for i, names := range [][]Text{nil, {{Name: "a"}, {Name: "b.c"}}, {{Name: "é"}}} {
		h.Version, h.Namespaced = []byte{Version, Version, OldVersion}[i], i == 1
		data, err := h.append(nil, names, []Text{{Name: "z"}})
		require.NoError(f, err)
		f.Add(append(data, "body"...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Header
		size, err := h.parse(string(data))
		if err != nil {
			return
		}
		texts := func(names []string) (texts []Text) {
			for _, name := range names {
				texts = append(texts, Text{Name: name})
			}
			return texts
		}
		again, err := h.append(nil, texts(h.Bound), texts(h.Sealed))
		if err != nil || !bytes.Equal(again, data[:size]) {
			t.Fatalf("%x became %x: %v", data[:size], again, err)
		}
	})
}

// drawTexts draws names with JSON texts, sorted. Some are absent where that is
// allowed.
func drawTexts(t *rapid.T, taken map[string]bool, absent bool) (texts []Text) {
	names := rapid.SliceOfNDistinct(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-e]{1,2}`)), 0, 5, rapid.ID[string]).Draw(t, "names")
	slices.Sort(names)
	for _, name := range names {
		if taken[name] || name == Attribute {
			continue
		}
		taken[name] = true
		text := Text{Name: name, Raw: jsontest.Spell(t, jsontest.Value(t, 2))}
		if absent && rapid.Bool().Draw(t, "absent") {
			text.Raw = ""
		}
		texts = append(texts, text)
	}
	return texts
}

func drawContent(t *rapid.T) *Content {
	taken := map[string]bool{}
	return &Content{
		Namespace: rapid.SampledFrom([]string{"", "default", "space"}).Draw(t, "namespace"), Type: rapid.String().Draw(t, "type"), ID: rapid.String().Draw(t, "id"),
		Namespaced: rapid.Bool().Draw(t, "the namespace is bound"),
		Model:      rapid.IntRange(1, fault.MaxModel).Draw(t, "model"),
		Bound:      drawTexts(t, taken, true),
		Sealed:     drawTexts(t, taken, false),
	}
}

func TestNativeSealRoundTrip(t *testing.T) {
	mac := macOf([]byte("a key of the tests"))
	rapid.Check(t, func(t *rapid.T) {
		c := drawContent(t)
		text, err := AppendNative(t.Context(), nil, "k", mac, c)
		require.NoError(t, err)
		s, err := ParseNative(string(text))
		require.NoError(t, err)
		assert.Equal(t, c.Model, s.Model)
		require.Len(t, s.Sealed, len(c.Sealed))
		require.Len(t, s.Bound, len(c.Bound))
		opened, err := s.Open(t.Context(), mac, c)
		require.NoError(t, err)
		for i, secret := range c.Sealed {
			assert.Equal(t, secret.Raw, opened[i])
			assert.Equal(t, secret.Name, s.Sealed[i])
		}
		again, err := AppendNative(t.Context(), nil, "k", mac, c)
		require.NoError(t, err)
		assert.NotEqual(t, string(text), string(again), "every seal has a salt of its own")
	})
}

// Two contents that differ in anything do not open each other's
func TestNativeSealsAreNotExchanged(t *testing.T) {
	mac := macOf([]byte("a key of the tests"))
	rapid.Check(t, func(t *rapid.T) {
		c := drawContent(t)
		text, err := AppendNative(t.Context(), nil, "k", mac, c)
		require.NoError(t, err)
		s, err := ParseNative(string(text))
		require.NoError(t, err)
		other := *c
		other.Bound = slices.Clone(c.Bound)
		switch rapid.SampledFrom([]string{"type and id", "namespace", "bound"}).Draw(t, "what") {
		case "type and id": // the same bytes one after the other
			if other.Type == "" {
				t.Skip("nothing to move")
			}
			other.Type, other.ID = "", other.Type+other.ID
		case "namespace":
			other.Namespaced, other.Namespace = true, c.Namespace+"x"
		case "bound":
			if len(other.Bound) == 0 {
				t.Skip("nothing is bound")
			}
			b := &other.Bound[rapid.IntRange(0, len(other.Bound)-1).Draw(t, "which")]
			was, _ := jsontext.AppendCanonical(nil, b.Raw)
			b.Raw = rapid.SampledFrom([]string{"", "null", `""`, "0", "[]", `"x"`}).Draw(t, "raw")
			if now, _ := jsontext.AppendCanonical(nil, b.Raw); bytes.Equal(was, now) {
				t.Skip("the same value")
			}
		}
		_, err = s.Open(t.Context(), mac, &other)
		assert.ErrorIs(t, err, fault.ErrTampered)
	})
}

// FuzzParseSeal takes bytes for a seal: what is accepted has no other text.
func FuzzParseSeal(f *testing.F) {
	text, err := AppendNative(f.Context(), nil, "k", macOf([]byte("a key of the tests")), &Content{Type: "t", ID: "1", Model: 1, Bound: []Text{{"a", "1"}}, Sealed: []Text{{"b", `"s3cret"`}}})
	require.NoError(f, err)
	f.Add(string(text))
	f.Add("AQE=")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseNative(text); err == nil && base64.StdEncoding.EncodeToString(append(s.header, s.body...)) != text {
			t.Fatalf("%q has another text", text)
		}
	})
}

// macOf returns the MAC of a key.
func macOf(key []byte) MAC {
	return func(_ context.Context, message []byte) ([32]byte, error) {
		h := hmac.New(sha256.New, key)
		h.Write(message)
		return [32]byte(h.Sum(nil)), nil
	}
}
