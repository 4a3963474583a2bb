package eso

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

func TestCreateThenOpen(t *testing.T) {
	d := tokenDefinition(1)
	doc := createToken(t, d, tokenText)
	assert.Equal(t, Ref{Type: "connector_token", ID: testID}, doc.Ref)
	assert.Equal(t, 1, doc.Model)
	assert.NotContains(t, string(doc.Attributes), "s3cret")

	opened, err := d.OpenJSON(t.Context(), testKeys(t), doc)
	require.NoError(t, err)
	assert.Equal(t, tokenText, string(opened), "everything else byte for byte, in order")

	stripped, err := d.StripJSON(t.Context(), testKeys(t), doc)
	require.NoError(t, err)
	assert.JSONEq(t, `{"connectorId":"c1","tokenType":"access_token","expiresAt":"2026-01-02T03:04:05.000Z","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z"}`, string(stripped))
}

func TestCreateMakesAnID(t *testing.T) {
	d := tokenDefinition(1)
	doc, err := d.SealJSON(t.Context(), testKeys(t), Ref{}, []byte(tokenText))
	require.NoError(t, err)
	assert.True(t, codec.IsUUID(doc.Ref.ID), doc.Ref.ID)

	_, err = d.SealJSON(t.Context(), testKeys(t), Ref{ID: "chosen"}, []byte(tokenText))
	assert.ErrorIs(t, err, ErrID)

	d.RandomID = false
	_, err = d.SealJSON(t.Context(), testKeys(t), Ref{ID: "chosen"}, []byte(tokenText))
	assert.NoError(t, err)
}

func TestCreateRequires(t *testing.T) {
	_, err := tokenDefinition(1).SealJSON(t.Context(), testKeys(t), Ref{}, []byte(`{"connectorId":"c1"}`))
	var at *Error
	require.ErrorAs(t, err, &at)
	assert.ErrorIs(t, err, ErrRequired)
	assert.Equal(t, "tokenType", at.Attribute)
	assert.Equal(t, OpSeal, at.Op)
}

func TestCreateRefusesWhatIsOnlyAnnounced(t *testing.T) {
	early := `{"refreshToken":"s3cret",` + tokenText[1:]
	_, err := tokenDefinition(1).SealJSON(t.Context(), testKeys(t), Ref{}, []byte(early))
	assert.ErrorIs(t, err, ErrInvalid, "model 1 would store it in the clear")
	assert.NotContains(t, err.Error(), "s3cret")
}

func TestOpenDetectsEveryChange(t *testing.T) {
	d := tokenDefinition(2)
	doc := createToken(t, d, tokenText)
	keys := testKeys(t)
	changed := func(edit func(*Document, *members)) Document {
		c := doc
		ms, err := codec.ParseMembers(string(doc.Attributes))
		require.NoError(t, err)
		edit(&c, &ms)
		c.Attributes = codec.AppendMembers(nil, ms)
		return c
	}
	cases := map[string]Document{
		"another id": changed(func(c *Document, _ *members) { c.Ref.ID = otherID }),
		"a bound one added": changed(func(_ *Document, ms *members) {
			*ms = append(*ms, member{Name: "refreshTokenExpiresAt", Raw: `"2026-01-01T00:00:00.000Z"`})
		}),
		"model 1, which binds less": changed(func(c *Document, ms *members) {
			c.Model = 1
			(*ms)[ms.Find("connectorId")].Raw = `"c2"`
		}),
	}
	for _, name := range d.Models[1].AAD[:5] {
		cases[name+" changed"] = changed(func(_ *Document, ms *members) { (*ms)[ms.Find(name)].Raw = `"2027-01-01T00:00:00.000Z"` })
		cases[name+" null"] = changed(func(_ *Document, ms *members) { (*ms)[ms.Find(name)].Raw = `null` })
		cases[name+" removed"] = changed(func(_ *Document, ms *members) { i := ms.Find(name); *ms = append((*ms)[:i], (*ms)[i+1:]...) })
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			opened, err := d.OpenJSON(t.Context(), keys, c)
			assert.ErrorIs(t, err, ErrTampered)
			assert.Nil(t, opened)
		})
	}
	t.Run("another type", func(t *testing.T) {
		c := doc
		c.Ref.Type = "action"
		_, err := d.OpenJSON(t.Context(), keys, c)
		assert.ErrorIs(t, err, ErrType)
	})
	t.Run("a secret that is no string", func(t *testing.T) {
		for _, raw := range []string{`1`, `{}`, `["x"]`, `true`} {
			_, err := d.OpenJSON(t.Context(), keys, changed(func(_ *Document, ms *members) { (*ms)[ms.Find("token")].Raw = raw }))
			assert.ErrorIs(t, err, ErrMalformed)
		}
	})
	t.Run("no model", func(t *testing.T) {
		for _, model := range []int{math.MinInt, -1, 0, MaxModel + 1, math.MaxInt} {
			_, err := d.OpenJSON(t.Context(), keys, changed(func(c *Document, _ *members) { c.Model = model }))
			assert.ErrorIs(t, err, ErrModel)
			_, err = d.Migrate(t.Context(), keys, changed(func(c *Document, _ *members) { c.Model = model }))
			assert.True(t, errors.Is(err, ErrModel) || model > 2, "a document above the write model needs no migration")
		}
	})
	t.Run("below the oldest", func(t *testing.T) {
		newer := *d
		newer.Oldest = 2
		_, err := newer.OpenJSON(t.Context(), keys, changed(func(c *Document, _ *members) { c.Model = 1 }))
		assert.ErrorIs(t, err, ErrModel)
	})
}

func TestNamespaceIsBoundOnlyWhereTheKindSaysSo(t *testing.T) {
	for kind, bound := range map[Namespaces]bool{Single: true, Multiple: false, MultipleIsolated: false, Agnostic: false} {
		d := tokenDefinition(1)
		d.Models[0].Namespaces = kind
		doc, err := d.SealJSON(t.Context(), testKeys(t), Ref{Namespace: "space"}, []byte(tokenText))
		if kind == Agnostic {
			assert.ErrorIs(t, err, ErrID, "objects of this kind live in none")
			doc, err = d.SealJSON(t.Context(), testKeys(t), Ref{Namespace: "default"}, []byte(tokenText))
		}
		require.NoError(t, err)
		doc.Ref.Namespace = "other"
		_, err = d.OpenJSON(t.Context(), testKeys(t), doc)
		assert.Equal(t, bound, errors.Is(err, ErrTampered), kind)
	}
	d := tokenDefinition(1)
	d.Models[0].Namespaces = Single
	doc, err := d.SealJSON(t.Context(), testKeys(t), Ref{Namespace: "default"}, []byte(tokenText))
	require.NoError(t, err)
	doc.Ref.Namespace = ""
	_, err = d.OpenJSON(t.Context(), testKeys(t), doc)
	assert.NoError(t, err, "the default namespace counts as none")
}

func TestIsNamespace(t *testing.T) {
	for s, want := range map[string]bool{
		"a": true, "default": true, "team-a_1": true, "0": true, "-": true, "_": true,
		"": false, "A": false, "a b": false, "a.b": false, "é": false, "*": false, "a\x00": false, "\xff": false,
	} {
		assert.Equal(t, want, IsNamespace(s), "%q", s)
	}
}

func TestUpdateKeepsBytesAndUnknowns(t *testing.T) {
	o := tokens(1)
	doc := createToken(t, o.definition, `{"future":{"b":1.0,"a":2},`+tokenText[1:])
	updated, err := o.Update(t.Context(), testKeys(t), doc, func(x *token) error {
		x.TokenType = "refresh"
		return nil
	})
	require.NoError(t, err)
	opened, err := o.definition.OpenJSON(t.Context(), testKeys(t), updated)
	require.NoError(t, err)
	want := `{"future":{"b":1.0,"a":2},"connectorId":"c1","tokenType":"refresh",` + tokenText[len(`{"connectorId":"c1","tokenType":"access_token",`):]
	assert.Equal(t, want, string(opened))
}

func TestUpdateWithoutChangeWritesNothing(t *testing.T) {
	o := tokens(1)
	doc := createToken(t, o.definition, tokenText)
	same, err := o.Update(t.Context(), testKeys(t), doc, func(*token) error { return nil })
	require.NoError(t, err)
	assert.Equal(t, doc, same)
}

func TestUpdateReturnsTheCallersError(t *testing.T) {
	o := tokens(1)
	mine := errors.New("mine")
	_, err := o.Update(t.Context(), testKeys(t), createToken(t, o.definition, tokenText), func(*token) error { return mine })
	assert.ErrorIs(t, err, mine)
}

// A release that announces model 2 maintains its documents without a look at
// what only model 2 knows.
func TestUpdateOfAnAnnouncedModel(t *testing.T) {
	newer, older := tokenDefinition(2), tokens(1)
	text := `{"refreshToken":"r3fresh","refreshTokenExpiresAt":"2026-06-01T00:00:00Z","connectorId":"c1","tokenType":"t","token":"s3cret","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z"}`
	doc := createToken(t, newer, text)

	read, err := older.Open(t.Context(), testKeys(t), doc)
	require.NoError(t, err)
	assert.Nil(t, read.ExpiresAt, "model 2 makes it optional")

	updated, err := older.Update(t.Context(), testKeys(t), doc, func(x *token) error {
		x.ConnectorID = "c2"
		x.Token = NewSecret("n3w")
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, 2, updated.Model)
	assert.NotContains(t, string(updated.Attributes), "r3fresh")
	opened, err := newer.OpenJSON(t.Context(), testKeys(t), updated)
	require.NoError(t, err)
	assert.JSONEq(t, `{"refreshToken":"r3fresh","refreshTokenExpiresAt":"2026-06-01T00:00:00Z","connectorId":"c2","tokenType":"t","token":"n3w","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z"}`, string(opened))
}

func TestUnsetOnlyWhatEveryModelMakesOptional(t *testing.T) {
	o := tokens(1)
	doc := createToken(t, o.definition, tokenText)
	_, err := o.Update(t.Context(), testKeys(t), doc, func(x *token) error {
		x.ExpiresAt = nil
		return nil
	})
	assert.ErrorIs(t, err, ErrRequired, "model 1, which is written, requires it")

	o = tokens(2)
	doc.Model = 2 // the same sets but for what is absent
	doc = createToken(t, o.definition, tokenText)
	updated, err := o.Update(t.Context(), testKeys(t), doc, func(x *token) error {
		x.ExpiresAt = nil
		return nil
	})
	require.NoError(t, err)
	opened, err := o.Open(t.Context(), testKeys(t), updated)
	require.NoError(t, err)
	assert.Nil(t, opened.ExpiresAt)
}

// Ids as Kibana takes or refuses them on creation, of a type with random ids.
func TestCreateTakesTheIDsThatKibanaTakes(t *testing.T) {
	data, err := os.ReadFile("testdata/ids.json")
	require.NoError(t, err)
	var ids map[string]bool
	require.NoError(t, json.Unmarshal(data, &ids))
	require.NotEmpty(t, ids)
	for id, taken := range ids {
		for _, format := range []Format{Native, Kibana} {
			d := tokenDefinition(1)
			d.Models[0].Format = format
			_, err := d.SealJSON(t.Context(), testKeys(t), Ref{ID: id}, []byte(tokenText))
			assert.Equal(t, taken, err == nil, "%s: %v", id, err)
			if !taken {
				assert.ErrorIs(t, err, ErrID)
			}
		}
	}
	assert.True(t, isRandomID(NewID()))
}

func TestReadStrips(t *testing.T) {
	o := tokens(1)
	doc := createToken(t, o.definition, tokenText)
	read, err := o.Read(t.Context(), nil, doc)
	require.NoError(t, err, "a normal read needs no key")
	assert.False(t, read.Token.Present())
	_, err = read.Token.Reveal()
	assert.ErrorIs(t, err, ErrStripped)

	_, err = o.Seal(t.Context(), testKeys(t), Ref{}, read)
	assert.ErrorIs(t, err, ErrStripped, "a stripped object is not written")
}

func TestReadExposes(t *testing.T) {
	o := tokens(1)
	o.definition.Exposes = []string{"token"}
	doc := createToken(t, o.definition, tokenText)
	read, err := o.Read(t.Context(), testKeys(t), doc)
	require.NoError(t, err)
	secret, err := read.Token.Reveal()
	require.NoError(t, err)
	assert.Equal(t, "s3cret", secret)

	doc.Ref.ID = otherID
	read, err = o.Read(t.Context(), testKeys(t), doc)
	assert.ErrorIs(t, err, ErrTampered)
	require.NotNil(t, read, "the object comes beside the error")
	assert.False(t, read.Token.Present())
	assert.Equal(t, "c1", read.ConnectorID)

	stripped, err := o.definition.StripJSON(t.Context(), testKeys(t), doc)
	assert.ErrorIs(t, err, ErrTampered)
	assert.NotContains(t, string(stripped), `"token":`)
}

func TestPatch(t *testing.T) {
	d := &Definition{Type: "note", Write: 2, Models: []Model{
		{Format: Kibana, Namespaces: Agnostic, Encrypted: []string{"key"}, AAD: []string{"owner"},
			Attributes: []Attribute{{Name: "key"}, {Name: "owner"}, {Name: "title", Optional: true}}},
		{Format: Kibana, Namespaces: Agnostic, Encrypted: []string{"key"}, AAD: []string{"owner"},
			Attributes: []Attribute{{Name: "key"}, {Name: "owner"}, {Name: "title", Optional: true}}},
		{Format: Kibana, Namespaces: Agnostic, Encrypted: []string{"key"}, AAD: []string{"owner", "title"},
			Attributes: []Attribute{{Name: "key"}, {Name: "owner"}, {Name: "title", Optional: true}}},
	}}
	notes := NewObjects[struct{}](d, nil, nil)
	title := codec.NewPatch[struct{}](func(w *codec.Writer) { w.Member("title").String("new") })
	sealedAt := func(model int) Document {
		at := *d
		at.Write = model
		doc, err := at.SealJSON(t.Context(), testKeys(t), Ref{ID: "n"}, []byte(`{"key":"s3cret","owner":"o","title":"old"}`))
		require.NoError(t, err)
		return doc
	}
	none := (Keyring)(nil)

	patched, err := notes.Patch(t.Context(), none, sealedAt(2), title)
	require.NoError(t, err, "a plain attribute at the write model needs no key")
	assert.Contains(t, string(patched.Attributes), `"title":"new"`)

	for _, model := range []int{3} {
		_, err = notes.Patch(t.Context(), none, sealedAt(model), title)
		assert.ErrorIs(t, err, ErrNoKey, "model %d takes an update", model)
		patched, err = notes.Patch(t.Context(), testKeys(t), sealedAt(model), title)
		require.NoError(t, err)
		assert.Equal(t, max(model, 2), patched.Model)
		opened, err := d.OpenJSON(t.Context(), testKeys(t), patched)
		require.NoError(t, err)
		assert.JSONEq(t, `{"key":"s3cret","owner":"o","title":"new"}`, string(opened))
	}
}

func TestMigrate(t *testing.T) {
	d := &Definition{Type: "login", Write: 2, Models: []Model{
		{Format: Kibana, Namespaces: Single, Encrypted: []string{"user"}, AAD: []string{"host"},
			Attributes: []Attribute{{Name: "user"}, {Name: "password"}, {Name: "host"}, {Name: "legacy"}, {Name: "port", Optional: true}}},
		{Format: Kibana, Namespaces: Agnostic, Encrypted: []string{"password"}, AAD: []string{"server"},
			Attributes: []Attribute{{Name: "user"}, {Name: "password"}, {Name: "server"}, {Name: "port"}, {Name: "label"}},
			Removed:    []string{"legacy"},
			Renamed: []Rename{{New: "server", Old: "host",
				Up:   func(v JSON) (JSON, error) { return `["` + v[1:len(v)-1] + `"]`, nil },
				Down: func(v JSON) (JSON, error) { return v[1 : len(v)-1], nil }}},
			Computed: []Compute{{Name: "label", Inputs: []string{"user"}, From: func(inputs []JSON) (JSON, error) { return inputs[0], nil }}},
			Backfill: []Backfill{{Name: "port", Value: `80`}}},
	}}
	keys := testKeys(t)
	first := &Definition{Type: "login", Write: 1, Models: d.Models[:1]}
	doc, err := first.SealJSON(t.Context(), keys, Ref{Namespace: "space", ID: "l"}, []byte(`{"user":"u","password":"p4ss","host":"h","legacy":1}`))
	require.NoError(t, err)

	migrated, err := d.Migrate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, 2, migrated.Model)
	opened, err := d.OpenJSON(t.Context(), keys, migrated)
	require.NoError(t, err)
	assert.JSONEq(t, `{"user":"u","password":"p4ss","server":["h"],"label":"u","port":80}`, string(opened))
	assert.NotContains(t, string(migrated.Attributes), "p4ss", "plain in model 1, a secret in model 2")

	again, err := d.Migrate(t.Context(), keys, migrated)
	require.NoError(t, err)
	assert.Equal(t, migrated, again)

	// A release that announces model 2 writes through the rename.
	older := *d
	older.Write = 1
	_, err = older.SealJSON(t.Context(), keys, Ref{}, []byte(`{"user":"u","password":"p","host":"h","legacy":1}`))
	assert.ErrorIs(t, err, ErrRequired, "port, which model 2 requires")
	changed, err := older.update(t.Context(), keys, migrated, func(v *view) ([]delta, error) {
		assert.Equal(t, `"h"`, v.members[v.members.Find("host")].Raw)
		return []delta{{Name: "host", Raw: `"g"`}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, 2, changed.Model)
	opened, err = d.OpenJSON(t.Context(), keys, changed)
	require.NoError(t, err)
	assert.JSONEq(t, `{"user":"u","password":"p4ss","server":["g"],"label":"u","port":80}`, string(opened))

	_, err = older.update(t.Context(), keys, doc, func(*view) ([]delta, error) { return []delta{{Name: "legacy", Raw: `2`}}, nil })
	assert.ErrorIs(t, err, ErrFrozen)
}

func TestRotate(t *testing.T) {
	d := tokenDefinition(1)
	doc, err := d.SealJSON(t.Context(), testKeys(t, olderKey), Ref{}, []byte(tokenText))
	require.NoError(t, err)
	_, err = d.OpenJSON(t.Context(), testKeys(t), doc)
	require.ErrorIs(t, err, ErrTampered)

	rotated, err := d.Rotate(t.Context(), testKeys(t, primaryKey, olderKey), doc)
	require.NoError(t, err)
	opened, err := d.OpenJSON(t.Context(), testKeys(t), rotated)
	require.NoError(t, err, "the old key is needed no more")
	assert.Equal(t, tokenText, string(opened))
}

func TestNumbersBeyondADoubleAreNotSealed(t *testing.T) {
	for _, attribute := range []string{"token", "connectorId"} {
		ms, err := codec.ParseMembers(tokenText)
		require.NoError(t, err)
		ms[ms.Find(attribute)].Raw = `{"n":[1e999]}`
		_, err = tokenDefinition(1).SealJSON(t.Context(), testKeys(t), Ref{}, codec.AppendMembers(nil, ms))
		assert.ErrorIs(t, err, ErrInvalid)
	}
}

func TestHash(t *testing.T) {
	d := tokenDefinition(2)
	assert.Equal(t, "e446f5ff0fbf516f63398e474f126332b4c31e316daa613c6cb8c863400110c5", d.Hash())
	d.Models, d.Write = d.Models[:1], 1
	assert.Equal(t, "16ca2154c13c5ee3d3a45b55d4ea6cd33aeaceaef3dc229b002d25470bfc9b3b", d.Hash())
}
