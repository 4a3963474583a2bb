package eso

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// account is a type in the native format. Each model after the first adds
// what a release may add without announcing it, or moves something.
func account(write, newest int) *Definition {
	models := []Model{
		{
			Attributes: []Attribute{{Name: "owner"}, {Name: "site", Optional: true}, {Name: "note", Optional: true}, {Name: "password"}},
			Encrypted:  []string{"password"}, AAD: []string{"owner", "site"},
		}, {
			Attributes: []Attribute{{Name: "owner"}, {Name: "site", Optional: true}, {Name: "note", Optional: true}, {Name: "password"}, {Name: "pin", Optional: true}, {Name: "until", Optional: true}},
			Encrypted:  []string{"pin", "password"}, AAD: []string{"until", "owner", "site"},
		}, {
			Attributes: []Attribute{{Name: "owner"}, {Name: "place", Optional: true}, {Name: "note", Optional: true}, {Name: "passphrase"}, {Name: "pin", Optional: true}, {Name: "until", Optional: true}},
			Encrypted:  []string{"passphrase", "pin"}, AAD: []string{"note", "place"},
			Renamed: []Rename{{New: "place", Old: "site"}, {New: "passphrase", Old: "password"}},
		},
	}
	for i := range models {
		models[i].Format, models[i].Namespaces = Native, Single
	}
	return &Definition{Type: "account", Write: write, Models: models[:newest]}
}

const accountText = `{"owner":"o","note":"n","password":"s3cret"}`

func createAccount(t testing.TB, d *Definition, text string) Document {
	t.Helper()
	doc, err := d.SealJSON(t.Context(), testKeys(t), Ref{Namespace: "space", ID: "a"}, []byte(text))
	require.NoError(t, err)
	return doc
}

func opensAs(t *testing.T, d *Definition, doc Document, want string) {
	t.Helper()
	opened, err := d.OpenJSON(t.Context(), testKeys(t), doc)
	require.NoError(t, err)
	assert.JSONEq(t, want, string(opened))
}

func headerOf(t *testing.T, doc Document) *seal.Native {
	t.Helper()
	ms, err := codec.ParseMembers(string(doc.Attributes))
	require.NoError(t, err)
	require.NotEqual(t, -1, ms.Find(seal.Attribute), "%s", doc.Attributes)
	header, err := sealOf(ms[ms.Find(seal.Attribute)].Raw)
	require.NoError(t, err)
	return header
}

func setting(pairs ...string) edit {
	var changes []delta
	for i := 0; i < len(pairs); i += 2 {
		changes = append(changes, delta{Name: pairs[i], Raw: pairs[i+1], Absent: pairs[i+1] == ""})
	}
	return func(*view) ([]delta, error) { return changes, nil }
}

func patching(pairs ...string) []delta {
	changes, _ := setting(pairs...)(nil)
	return changes
}

func TestNativeCreateThenOpen(t *testing.T) {
	d := account(1, 1)
	doc := createAccount(t, d, accountText)
	assert.True(t, strings.HasPrefix(string(doc.Attributes), `{"owner":"o","note":"n","$sealed":"`), "%s", doc.Attributes)
	header := headerOf(t, doc)
	assert.Equal(t, []string{"owner", "site"}, header.Bound, "present or not")
	assert.Equal(t, []string{"password"}, header.Sealed)
	opensAs(t, d, doc, accountText)

	v, problem, err := d.readView(t.Context(), nil, doc, unverified)
	require.NoError(t, err)
	require.NoError(t, problem, "an unverified read needs no key")
	assert.True(t, v.members[v.members.Find("password")].Hidden)
	stripped, err := d.StripUnverifiedJSON(t.Context(), nil, doc)
	require.NoError(t, err)
	assert.Equal(t, `{"owner":"o","note":"n"}`, string(stripped))
}

// Absent, null and empty secrets are three things, and a null one is not told
// from the others by whoever reads the store.
func TestNativeSealsNull(t *testing.T) {
	d := account(2, 2)
	for _, pin := range []string{`null`, `""`, `0`, `{"a":[]}`} {
		text := `{"owner":"o","password":"s3cret","pin":` + pin + `}`
		doc := createAccount(t, d, text)
		assert.NotContains(t, string(doc.Attributes), `"pin"`)
		assert.Equal(t, []string{"password", "pin"}, headerOf(t, doc).Sealed)
		opensAs(t, d, doc, text)
	}
}

func TestNativeWithoutSecretsIsSealed(t *testing.T) {
	d := account(1, 1)
	d.Models[0].Attributes[3].Optional = true
	doc := createAccount(t, d, `{"owner":"o"}`)
	assert.Empty(t, headerOf(t, doc).Sealed)
	opensAs(t, d, doc, `{"owner":"o"}`)

	forged := doc
	forged.Attributes = bytes.Replace(doc.Attributes, []byte(`"o"`), []byte(`"p"`), 1)
	_, err := d.OpenJSON(t.Context(), testKeys(t), forged)
	assert.ErrorIs(t, err, ErrTampered)
	forged.Attributes = []byte(`{"owner":"o"}`)
	_, err = d.OpenJSON(t.Context(), testKeys(t), forged)
	assert.ErrorIs(t, err, ErrTampered)

	d.Models[0].AAD = nil
	doc = createAccount(t, d, `{"owner":"o"}`)
	assert.Empty(t, headerOf(t, doc).Bound)
	opensAs(t, d, doc, `{"owner":"o"}`)
	d.Models[0].Encrypted, d.Models[0].AAD = nil, nil
	assert.Equal(t, `{"owner":"o"}`, string(createAccount(t, d, `{"owner":"o"}`).Attributes), "nothing to seal or to bind")
}

// A store may rewrite the JSON, white space, order, escapes and numbers.
func TestNativeSurvivesReformatting(t *testing.T) {
	d := account(1, 1)
	doc := createAccount(t, d, `{"owner":{"b":[1.50,"é/"],"a":100,"c":null},"password":"s3cret"}`)
	header := headerOf(t, doc)
	ms, err := codec.ParseMembers(string(doc.Attributes))
	require.NoError(t, err)
	text := ms[ms.Find(seal.Attribute)].Raw
	doc.Attributes = fmt.Appendf(nil, ` { "$sealed" : %s , "owner" : {"c":null, "a": 1e2, "b":[0.15e1, "\u00e9\/"]} } `, strings.ReplaceAll(text, "/", `\/`))
	require.Equal(t, header, headerOf(t, doc))
	opensAs(t, d, doc, `{"owner":{"b":[1.5,"é/"],"a":100,"c":null},"password":"s3cret"}`)
}

func TestNativeUpdate(t *testing.T) {
	d := account(1, 1)
	doc := createAccount(t, d, accountText)
	updated, err := d.update(t.Context(), testKeys(t), doc, setting("site", `"here"`, "password", `"an0ther"`))
	require.NoError(t, err)
	opensAs(t, d, updated, `{"owner":"o","note":"n","password":"an0ther","site":"here"}`)
	assert.NotEqual(t, headerOf(t, doc).Salt, headerOf(t, updated).Salt)

	same, err := d.update(t.Context(), testKeys(t), doc, setting())
	require.NoError(t, err)
	assert.Equal(t, doc, same)
	for _, name := range []string{"other", seal.Attribute} {
		_, err = d.update(t.Context(), testKeys(t), doc, setting(name, `1`))
		assert.ErrorIs(t, err, ErrInvalid, name)
	}
}

func TestNativePatchNeedsNoKey(t *testing.T) {
	d := account(1, 1)
	doc := createAccount(t, d, accountText)
	patched, err := d.patch(t.Context(), nil, doc, patching("note", `"m"`))
	require.NoError(t, err)
	assert.Equal(t, headerOf(t, doc), headerOf(t, patched))
	opensAs(t, d, patched, `{"owner":"o","note":"m","password":"s3cret"}`)

	for _, name := range []string{"owner", "site", "password"} {
		_, err = d.patch(t.Context(), nil, doc, patching(name, `"x"`))
		assert.ErrorIs(t, err, ErrNoKey, "%s: what is guarded becomes an update", name)
	}
	_, err = d.patch(t.Context(), nil, doc, patching("later", `1`))
	assert.ErrorIs(t, err, ErrInvalid)
}

// A release meets a document of a model that it does not know: the header says
// what is bound and sealed, and all of that stays.
func TestNativeModelAboveAllKnown(t *testing.T) {
	newer, older := account(2, 2), account(1, 1)
	doc := createAccount(t, newer, `{"owner":"o","password":"s3cret","pin":"1234","until":"2027"}`)
	opensAs(t, older, doc, `{"owner":"o","password":"s3cret","pin":"1234","until":"2027"}`)

	stripped, err := older.StripUnverifiedJSON(t.Context(), nil, doc)
	require.NoError(t, err)
	assert.JSONEq(t, `{"owner":"o","until":"2027"}`, string(stripped))

	updated, err := older.update(t.Context(), testKeys(t), doc, setting("owner", `"p"`))
	require.NoError(t, err)
	header := headerOf(t, updated)
	assert.Equal(t, 2, updated.Model)
	assert.Equal(t, []string{"owner", "site", "until"}, header.Bound)
	assert.Equal(t, []string{"password", "pin"}, header.Sealed)
	opensAs(t, newer, updated, `{"owner":"p","password":"s3cret","pin":"1234","until":"2027"}`)

	rotated, err := older.Rotate(t.Context(), testKeys(t, olderKey, primaryKey), doc)
	require.NoError(t, err)
	opened, err := newer.OpenJSON(t.Context(), testKeys(t, olderKey), rotated)
	require.NoError(t, err)
	assert.JSONEq(t, `{"owner":"o","password":"s3cret","pin":"1234","until":"2027"}`, string(opened))
}

// In the model above all known, an attribute has moved from plain to bound: a
// patch of the older release becomes an update.
func TestNativePatchMeetsABoundAttributeOfANewerModel(t *testing.T) {
	newer, older := account(2, 2), account(1, 1)
	newer.Models[1].AAD = append(newer.Models[1].AAD, "note")
	doc := createAccount(t, newer, accountText)
	_, err := older.patch(t.Context(), nil, doc, patching("note", `"m"`))
	assert.ErrorIs(t, err, ErrNoKey)
	patched, err := older.patch(t.Context(), testKeys(t), doc, patching("note", `"m"`))
	require.NoError(t, err)
	opensAs(t, newer, patched, `{"owner":"o","note":"m","password":"s3cret"}`)

	newer.Models[1].Encrypted = append(newer.Models[1].Encrypted, "owner") // and one is a secret there
	newer.Models[1].AAD = newer.Models[1].AAD[:1]
	doc = createAccount(t, newer, accountText)
	v, problem, err := older.readView(t.Context(), testKeys(t), doc, normal)
	assert.ErrorIs(t, err, ErrRequired, "it is not shown to a release that takes it for plain")
	assert.Nil(t, v)
	assert.NoError(t, problem)
	updated, err := older.update(t.Context(), testKeys(t), doc, setting("owner", `"p"`))
	require.NoError(t, err)
	assert.NotContains(t, string(updated.Attributes), "owner")
	opensAs(t, newer, updated, `{"owner":"p","note":"n","password":"s3cret"}`)
}

// What the newest known model encrypts is sealed when it is set, in a document
// whose header does not list it.
func TestNativeSealsWhatTheNewestModelEncrypts(t *testing.T) {
	newer, older := account(2, 2), account(1, 1)
	newer.Models[1].Attributes[3].Optional, older.Models[0].Attributes[3].Optional = true, true
	doc := createAccount(t, newer, `{"owner":"o"}`)
	assert.Empty(t, headerOf(t, doc).Sealed)
	updated, err := older.update(t.Context(), testKeys(t), doc, setting("password", `"s3cret"`))
	require.NoError(t, err)
	assert.Equal(t, []string{"password"}, headerOf(t, updated).Sealed)
	opensAs(t, newer, updated, accountText[:12]+`,"password":"s3cret"}`)
}

func TestNativeMigration(t *testing.T) {
	keys := testKeys(t)
	doc := createAccount(t, account(1, 1), `{"owner":"o","site":"here","note":"n","password":"s3cret","unknown":1}`)
	d := account(3, 3)
	migrated, err := d.Migrate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, 3, migrated.Model)
	header := headerOf(t, migrated)
	assert.Equal(t, []string{"note", "place"}, header.Bound)
	assert.Equal(t, []string{"passphrase"}, header.Sealed)
	opensAs(t, d, migrated, `{"owner":"o","place":"here","note":"n","passphrase":"s3cret","unknown":1}`)

	// Rolled back, the release that announces model 3 reads and writes through
	// the renames, without the secrets and with them.
	older := account(2, 3)
	v, problem, err := older.readView(t.Context(), nil, migrated, unverified)
	require.NoError(t, err)
	require.NoError(t, problem)
	assert.True(t, v.members[v.members.Find("password")].Hidden, "renamed while it is sealed")
	assert.Equal(t, `"here"`, v.members[v.members.Find("site")].Raw)
	updated, err := older.update(t.Context(), keys, migrated, setting("password", `"an0ther"`, "site", `"there"`))
	require.NoError(t, err)
	opensAs(t, d, updated, `{"owner":"o","place":"there","note":"n","passphrase":"an0ther","unknown":1}`)
	_, err = older.patch(t.Context(), nil, migrated, patching("note", `"x"`))
	assert.ErrorIs(t, err, ErrNoKey, "model 3 binds it")
}

func TestNativeAndKibana(t *testing.T) {
	keys := testKeys(t)
	d := account(1, 2)
	d.Models[0].Format = Kibana
	doc := createAccount(t, d, `{"owner":"o","note":"n","password":"s3cret"}`)
	assert.NotContains(t, string(doc.Attributes), seal.Attribute)
	d.Write = 2
	migrated, err := d.Migrate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"password"}, headerOf(t, migrated).Sealed)
	opensAs(t, d, migrated, accountText)

	d.Write = 1 // rolled back, the older release maintains it
	updated, err := d.update(t.Context(), keys, migrated, setting("owner", `"p"`))
	require.NoError(t, err)
	assert.Equal(t, 2, updated.Model)
	opensAs(t, d, updated, `{"owner":"p","note":"n","password":"s3cret"}`)

	back := account(3, 3)
	back.Models[2].Format = Kibana
	again, err := back.Migrate(t.Context(), keys, migrated)
	require.NoError(t, err)
	assert.NotContains(t, string(again.Attributes), seal.Attribute)
	opensAs(t, back, again, `{"owner":"o","note":"n","passphrase":"s3cret"}`)
}

// What a model's own documents hold beside its sets keeps its role: here what
// a release has sealed or bound of which this one knows nothing.
func TestNativeKeepsRolesOfUnknownNames(t *testing.T) {
	keys := testKeys(t)
	wider := account(1, 1)
	wider.Models[0].Attributes = append(wider.Models[0].Attributes, Attribute{Name: "hidden"}, Attribute{Name: "tied"}, Attribute{Name: "free", Optional: true})
	wider.Models[0].Encrypted = append(wider.Models[0].Encrypted, "hidden")
	wider.Models[0].AAD = append(wider.Models[0].AAD, "tied", "free")
	text := `{"owner":"o","password":"s3cret","hidden":"h1dden","tied":1}`
	doc := createAccount(t, wider, text)

	updated, err := account(1, 1).update(t.Context(), keys, doc, setting("owner", `"p"`))
	require.NoError(t, err)
	assert.Equal(t, headerOf(t, doc).Bound, headerOf(t, updated).Bound)
	assert.Equal(t, headerOf(t, doc).Sealed, headerOf(t, updated).Sealed)
	opensAs(t, wider, updated, strings.Replace(text, `"o"`, `"p"`, 1))

	migrated, err := account(3, 3).Migrate(t.Context(), keys, doc)
	require.NoError(t, err)
	assert.Equal(t, []string{"free", "note", "place", "tied"}, headerOf(t, migrated).Bound)
	assert.Equal(t, []string{"hidden", "passphrase"}, headerOf(t, migrated).Sealed)

	kibana := account(3, 3)
	kibana.Models[2].Format = Kibana
	_, err = kibana.Migrate(t.Context(), keys, doc)
	assert.ErrorIs(t, err, ErrModel, "it would stand in the clear")
}

func TestRotateLeavesWhatIsCurrent(t *testing.T) {
	for name, d := range map[string]*Definition{"native": account(1, 1), "kibana": tokenDefinition(1)} {
		text := map[string]string{"native": accountText, "kibana": tokenText}[name]
		doc, err := d.SealJSON(t.Context(), testKeys(t, olderKey), Ref{}, []byte(text))
		require.NoError(t, err, name)
		both := testKeys(t, primaryKey, olderKey)
		rotated, err := d.Rotate(t.Context(), both, doc)
		require.NoError(t, err, name)
		assert.NotEqual(t, doc, rotated, name)
		again, err := d.Rotate(t.Context(), both, rotated)
		require.NoError(t, err, name)
		assert.Equal(t, rotated, again, name)

		list, err := both.Keys(t.Context())
		require.NoError(t, err)
		for i, doc := range []Document{rotated, doc} {
			assert.Equal(t, []string{list[i].ID()}, doc.KeyIDs, name)
		}
		_, err = d.Rotate(t.Context(), testKeys(t), doc)
		assert.True(t, errors.Is(err, ErrNoKey) == (d.Models[0].Format == Native) && errors.Is(err, ErrTampered) == (d.Models[0].Format == Kibana), "%s: %v", name, err)
	}
}

func TestNativeUnknownKeyIsNamed(t *testing.T) {
	doc := createAccount(t, account(1, 1), accountText)
	_, err := account(1, 1).OpenJSON(t.Context(), testKeys(t, olderKey), doc)
	assert.ErrorIs(t, err, ErrNoKey)
	assert.ErrorContains(t, err, headerOf(t, doc).KeyID)
}

func TestNativeCreateRefuses(t *testing.T) {
	for text, kind := range map[string]error{
		`{"owner":"\ud800","password":"s"}`:             ErrInvalid,
		`{"owner":1e1000000000,"password":"s"}`:         ErrInvalid,
		`{"owner":{"\udc00":1},"password":"s"}`:         ErrInvalid,
		`{"owner":"o","password":"s","$sealed":"AA=="}`: ErrInvalid,
	} {
		_, err := account(1, 1).SealJSON(t.Context(), testKeys(t), Ref{}, []byte(text))
		assert.ErrorIs(t, err, kind, text)
	}
	_, err := tokenDefinition(1).SealJSON(t.Context(), testKeys(t), Ref{}, []byte(strings.Replace(tokenText, "{", `{"$sealed":"",`, 1)))
	assert.ErrorIs(t, err, ErrInvalid)
}
