package eso

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// FuzzOpenNativeDocument hands stored attributes to every operation: none
// panics, and none gives attributes beside an error.
func FuzzOpenNativeDocument(f *testing.F) {
	d := account(2, 3)
	keys := newTestKeyring(f, testKey)
	doc, err := d.SealJSON(f.Context(), keys, Ref{ID: "a"}, []byte(`{"owner":"o","password":"s3cret","until":[1.50]}`))
	require.NoError(f, err)
	ms, err := codec.ParseMembers(string(doc.Attributes))
	require.NoError(f, err)
	sealed := ms[ms.Find(seal.Attribute)].Raw
	f.Add(string(doc.Attributes), 2)
	f.Add(string(doc.Attributes), 9)
	f.Add(`{"owner":"o","password":"p","$sealed":`+sealed+`}`, 2)
	f.Add(`{"$sealed":`+sealed+`,"owner":1e9999999999}`, 3)
	f.Add(`{"$sealed":""}`, 1)
	f.Add(`{"$sealed":"AQE="}`, 1)
	f.Fuzz(func(t *testing.T, attributes string, model int) {
		c := Document{Ref: doc.Ref, Model: model, Attributes: []byte(attributes)}
		opened, err := d.OpenJSON(t.Context(), keys, c)
		if err != nil && opened != nil {
			t.Fatal("attributes beside an error")
		}
		if err == nil && bytes.Contains(opened, []byte("s3cret")) && !strings.Contains(attributes, "s3cret") && !strings.Contains(attributes, seal.Attribute) {
			t.Fatal("a secret out of nothing")
		}
		_, _ = d.StripJSON(t.Context(), keys, c)
		_, _, _ = d.readView(t.Context(), keys, c, normal)
		_, _ = d.update(t.Context(), keys, c, setting("owner", `"p"`))
		_, _ = d.patch(t.Context(), keys, c, patching("note", `"m"`))
		_, _ = d.Rotate(t.Context(), keys, c)
	})
}

// roles draws a definition of the account type whose newest model is a random
// one: each attribute plain, bound or sealed.
func drawRoles(t *rapid.T, names []string, format Format) Model {
	m := Model{Format: format, Namespaces: Agnostic, Encrypted: []string{}, AAD: []string{}}
	for _, name := range names {
		m.Attributes = append(m.Attributes, Attribute{Name: name, Optional: true})
		switch rapid.IntRange(0, 2).Draw(t, name) {
		case 1:
			m.AAD = append(m.AAD, name)
		case 2:
			m.Encrypted = append(m.Encrypted, name)
		}
	}
	return m
}

// A newer release, of which an older one knows nothing, moves attributes
// between the roles and adds some. Whatever the older one does to a document of
// that model, the newer one sees it, and nothing that is sealed comes into the
// clear; a patch without a key goes through exactly where it touches nothing
// that the seal guards.
func TestNativeOlderReleaseMaintainsNewerDocuments(t *testing.T) {
	keys, next, both := newTestKeyring(t, testKey), newTestKeyring(t, otherKey), newTestKeyring(t, otherKey, testKey)
	names, added := []string{"a", "b", "c", "d"}, []string{"x", "y", "z"}
	rapid.Check(t, func(t *rapid.T) {
		first := drawRoles(t, names, Native)
		second := drawRoles(t, append(names[:4:4], added...), Native)
		for _, name := range names { // what was a secret stays one, and nothing else becomes one: that has to be announced
			second.Encrypted = slices.DeleteFunc(second.Encrypted, func(n string) bool { return n == name })
			if first.encrypts(name) {
				second.Encrypted = append(second.Encrypted, name)
				second.AAD = slices.DeleteFunc(second.AAD, func(n string) bool { return n == name })
			}
		}
		older := &Definition{Type: "random", Write: 1, Models: []Model{first}}
		newer := &Definition{Type: "random", Write: 2, Models: []Model{first, second}}
		values := map[string]string{}
		for _, a := range second.Attributes {
			if rapid.Bool().Draw(t, a.Name+" is there") {
				values[a.Name] = `"` + strings.Repeat(a.Name, 8) + `"`
			}
		}
		doc, err := newer.SealJSON(t.Context(), keys, Ref{ID: "1"}, []byte(objectText(values)))
		require.NoError(t, err)
		sealed := len(second.Encrypted)+len(second.AAD) > 0
		if !sealed && len(first.Encrypted)+len(first.AAD) > 0 {
			t.Skip("a newer model that seals nothing is one that has to be announced")
		}

		name := rapid.SampledFrom(names).Draw(t, "changed")
		raw := rapid.SampledFrom([]string{`"` + strings.Repeat("new", 5) + `"`, "null", ""}).Draw(t, "to")
		set := patching(name, raw)
		guarded := second.binds(name) || second.encrypts(name) || first.binds(name) || first.encrypts(name)
		patched, err := older.patch(t.Context(), nil, doc, set)
		if !guarded {
			require.NoError(t, err)
		} else if sealed {
			require.ErrorIs(t, err, ErrNoKey)
		}
		if guarded {
			patched, err = older.patch(t.Context(), keys, doc, set)
			require.NoError(t, err)
		}
		want := maps.Clone(values)
		if want[name] = raw; raw == "" {
			delete(want, name)
		}
		opened, err := newer.OpenJSON(t.Context(), keys, patched)
		require.NoError(t, err)
		assert.JSONEq(t, objectText(want), string(opened))
		for secret := range want {
			if value := want[secret]; second.encrypts(secret) && value != "null" {
				assert.NotContains(t, string(patched.Attributes), strings.Trim(value, `"`))
			}
		}
		rotated, err := older.Rotate(t.Context(), both, patched)
		require.NoError(t, err)
		opened, err = newer.OpenJSON(t.Context(), next, rotated)
		if sealed {
			require.NoError(t, err, "it needs the old key no more")
			assert.JSONEq(t, objectText(want), string(opened))
		}
	})
}

func objectText(values map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, fmt.Sprintf("%q:%s", name, values[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// An announced step between any two models, of either format, with a rename:
// upgraded, rolled back and upgraded again, a document has the values that were
// written, and its secrets are sealed by the roles of its model.
func TestMigrationBetweenFormats(t *testing.T) {
	keys := newCheapKeyring("primary", "next")
	names := []string{"a", "b", "c", "d"}
	formats := []Format{Kibana, Native}
	rapid.Check(t, func(t *rapid.T) {
		first := drawRoles(t, names, rapid.SampledFrom(formats).Draw(t, "from"))
		second := drawRoles(t, []string{"a", "b", "c", "e", "f"}, rapid.SampledFrom(formats).Draw(t, "to"))
		second.Renamed = []Rename{{New: "e", Old: "d"}}
		older := &Definition{Type: "random", Write: 1, Models: []Model{first, second}}
		newer := *older
		newer.Write = 2

		values := map[string]string{}
		for _, name := range names {
			if raw := rapid.SampledFrom([]string{"", "null", `""`, `"` + strings.Repeat(name, 8) + `"`, `{ "n" : 1.0 }`}).Draw(t, name+" is"); raw != "" {
				values[name] = raw
			}
		}
		doc, err := older.SealJSON(t.Context(), keys, Ref{ID: "1"}, []byte(objectText(values)))
		require.NoError(t, err)
		migrated, err := newer.Migrate(t.Context(), keys, doc)
		require.NoError(t, err)
		check := func(doc Document) {
			want := maps.Clone(values)
			if raw, ok := want["d"]; ok {
				want["e"] = raw
				delete(want, "d")
			}
			opened, err := newer.OpenJSON(t.Context(), keys, doc)
			require.NoError(t, err)
			assert.JSONEq(t, objectText(want), string(opened))
			ms, err := codec.ParseMembers(string(doc.Attributes))
			require.NoError(t, err)
			for name, raw := range want {
				if second.encrypts(name) && raw != "null" {
					i := ms.Find(name)
					assert.True(t, i < 0 || second.Format == Kibana && ms[i].Raw != raw, "%s stands in the clear", name)
				}
			}
			assert.Equal(t, second.Format == Native && len(second.Encrypted)+len(second.AAD) > 0, ms.Find(seal.Attribute) >= 0)
		}
		check(migrated)

		// Rolled back, the older release reads and changes it.
		v, err := older.openView(t.Context(), keys, migrated)
		require.NoError(t, err)
		for name, raw := range values {
			require.NotEqual(t, -1, v.members.Find(name))
			assert.Equal(t, raw, v.members[v.members.Find(name)].Raw)
		}
		name := rapid.SampledFrom(names).Draw(t, "changed")
		values[name] = `"changed value"`
		updated, err := older.update(t.Context(), keys, migrated, setting(name, values[name]))
		require.NoError(t, err)
		assert.Equal(t, 2, updated.Model)
		check(updated)
	})
}

// sealOne seals an object in the native format under the primary key of a keyring.
func sealOne(ctx context.Context, dst []byte, keyring Keyring, c *seal.Content) ([]byte, error) {
	key, err := sealingKey(ctx, keyring, Ref{Type: c.Type, ID: c.ID})
	if err != nil {
		return dst, err
	}
	return seal.AppendNative(ctx, dst, key.ID(), key.MAC, c)
}

// openOne opens a seal with the key of a keyring that it names.
func openOne(ctx context.Context, s *seal.Native, keyring Keyring, c *seal.Content) ([]string, error) {
	key, err := openingKey(ctx, keyring, Ref{Type: c.Type, ID: c.ID}, s.KeyID)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, key.MAC, c)
}
