package golden_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/jsonl"
	eso "github.com/esogen/esogen/runtime"
)

// rich is a type with a value of every kind.
func rich() *definition.Type {
	value := func(kind definition.Kind) definition.Value { return definition.Value{Kind: kind} }
	three, twelve := 3, 12
	text := value(definition.String)
	t := &definition.Type{
		Name: "rich", Label: "rich", Write: 1, Oldest: 1,
		Models: []definition.Model{{
			Number: 1, Format: definition.Kibana, Namespaces: definition.Single,
			Declared: []definition.Attribute{
				{Name: "text", Value: text},
				{Name: "slug", Value: definition.Value{Kind: definition.String, Patterns: []string{`^[a-z]+(-[0-9]{2,})?$`}, MinLength: &three, MaxLength: &twelve}},
				{Name: "host", Optional: true, Value: definition.Value{Kind: definition.String, Patterns: []string{`^https?://[^/]+\.example$`}}},
				{Name: "level", Value: definition.Value{Kind: definition.String, Enum: []string{`"low"`, `"high"`}, Nullable: true}},
				{Name: "on", Value: value(definition.Bool), Default: "true", Optional: true},
				{Name: "port", Value: definition.Value{Kind: definition.Int, Min: &definition.Limit{Number: "1024", Exclusive: true}, Max: &definition.Limit{Number: "65535"}}},
				{Name: "ratio", Value: definition.Value{Kind: definition.Number, Min: &definition.Limit{Number: "0.2", Exclusive: true}, Max: &definition.Limit{Number: "0.3", Exclusive: true}}},
				{Name: "big", Value: value(definition.Int64)},
				{Name: "at", Value: value(definition.Timestamp)},
				{Name: "every", Value: value(definition.Duration)},
				{Name: "ref", Value: value(definition.UUID)},
				{Name: "blob", Value: value(definition.Bytes)},
				{Name: "any", Value: value(definition.JSON)},
				{Name: "tags", Value: definition.Value{Kind: definition.List, Elem: &text, MaxLength: &three}},
				{Name: "labels", Value: definition.Value{Kind: definition.Map, Elem: &text}},
				{Name: "owner", Value: definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{
					{Name: "id", Value: text}, {Name: "name", Optional: true, Value: text},
				}}},
				{Name: "secret", Value: text},
				{Name: "deepSecret", Optional: true, Value: definition.Value{Kind: definition.Map, Elem: &text, Nullable: true}},
			},
			Encrypted: []string{"secret", "deepSecret"}, StatesEncrypted: true,
			AAD: []string{"text", "level", "port", "ratio", "at", "any", "labels", "owner"}, StatesAAD: true,
		}},
	}
	t.Resolve()
	return t
}

func TestFixturesFollowTheDefinition(t *testing.T) {
	for _, typ := range []*definition.Type{rich(), connectorToken()} {
		fixtures := golden.Fixtures(typ)
		assert.Equal(t, fixtures, golden.Fixtures(typ))
		for _, f := range fixtures {
			var attributes map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(f.Attributes), &attributes))
			m := typ.Model(f.Model)
			for _, a := range m.Attributes {
				text, ok := attributes[a.Name]
				if !ok {
					assert.True(t, a.Optional && f.Name == "minimal", "%s of %s", a.Name, f.Name)
					continue
				}
				assert.NoError(t, definition.Conform(a.Value, string(text)), "%s of %s", a.Name, f.Name)
			}
		}
	}
}

func TestFixturesFile(t *testing.T) {
	assert.Equal(t, strings.TrimPrefix(`
{"format": "esogen-fixture/1", "fixture": "full", "type": "connector_token", "id": "2ea5ab2a-c85a-89c4-95f2-387403033ad5", "typeMigrationVersion": "10.2.0", "attributes": {"connectorId":"connectorId é<&>\u2028🔑","tokenType":"tokenType é<&>\u2028🔑","token":"token é<&>\u2028🔑","expiresAt":"2026-01-02T03:04:05.678Z","createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-01-02T03:04:05.678Z","refreshToken":"refreshToken é<&>\u2028🔑"}}
{"format": "esogen-fixture/1", "fixture": "minimal", "type": "connector_token", "id": "3ed929e9-8bcb-8f77-b9c2-c094c5aa2875", "typeMigrationVersion": "10.2.0", "attributes": {"connectorId":"","tokenType":"","token":"","createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z"}}
`, "\n"), string(golden.FixturesFile(writing2())), "models below the oldest have none")

	names := []string{}
	for _, f := range golden.Fixtures(rich()) {
		names = append(names, f.Name+" "+f.Ref.Namespace)
	}
	assert.Equal(t, []string{"full golden", "minimal ", "nulls "}, names)
}

// writing2 is a token that no longer opens model 1.
func writing2() *definition.Type {
	t := connectorToken()
	t.Write, t.Oldest = 2, 2
	return t
}

func read(t *testing.T, typ *definition.Type, file []byte) *golden.Sealed {
	t.Helper()
	sealed, err := golden.ReadSealed(t.Context(), typ, file)
	require.NoError(t, err)
	return sealed
}

func renew(t *testing.T, typ *definition.Type, file []byte, held golden.Held) []byte {
	t.Helper()
	renewed, err := read(t, typ, file).Renew(t.Context(), held)
	require.NoError(t, err)
	return renewed
}

var nothing golden.Held

func TestSealedDocumentsAreOnlyAdded(t *testing.T) {
	for _, typ := range []*definition.Type{rich(), connectorToken()} {
		assert.Equal(t, golden.Fixtures(typ), read(t, typ, nil).Missing(nothing))
		file := renew(t, typ, nil, nothing)
		sealed := read(t, typ, file)
		assert.Empty(t, sealed.Missing(nothing))
		assert.Empty(t, sealed.Broken(nothing))
		assert.True(t, sealed.Tidy)
		assert.Equal(t, string(file), string(renew(t, typ, file, nothing)))
	}
}

func TestANewModelAddsItsDocuments(t *testing.T) {
	typ := connectorToken()
	file := renew(t, typ, nil, nothing)
	typ.Models = append(typ.Models, definition.Model{
		Number: 3, Format: definition.Kibana, Namespaces: definition.Agnostic,
		Declared: []definition.Attribute{{Name: "note", Optional: true, Value: definition.Value{Kind: definition.String}}},
	})
	typ.Resolve()
	assert.Len(t, read(t, typ, file).Missing(nothing), 2)
	longer := renew(t, typ, bytes.TrimSuffix(file, []byte("\n")), nothing)
	assert.True(t, bytes.HasPrefix(longer, file))
	assert.Empty(t, read(t, typ, longer).Missing(nothing))
	assert.Empty(t, read(t, typ, longer).Broken(nothing))
}

// The command line opens golden objects with the golden keys.
func TestSealedObjectsAreObjects(t *testing.T) {
	typ := connectorToken()
	file := renew(t, typ, nil, nothing)
	keys, err := eso.ParseKeys(golden.Keys())
	require.NoError(t, err)
	var out bytes.Buffer
	tally, err := jsonl.NewWorker(jsonl.Open, []*definition.Type{typ}, keys).Run(t.Context(), bytes.NewReader(file), &out)
	require.NoError(t, err)
	assert.Zero(t, tally.Failed)
}

// changed is a token whose model 1 binds less than it did.
func changed() *definition.Type {
	t := connectorToken()
	t.Models[0].AAD = []string{"connectorId"}
	t.Resolve()
	return t
}

func TestBrokenDocumentsAreReplaced(t *testing.T) {
	file := renew(t, connectorToken(), nil, nothing)
	typ := changed()
	broken := read(t, typ, file).Broken(nothing)
	require.Len(t, broken, 2, "model 2 is as it was")
	require.ErrorIs(t, broken[0].Err, golden.ErrLost)
	assert.Equal(t, 1, broken[0].Number)
	assert.EqualError(t, broken[0].Err, `the document no longer opens: model 1: attribute "token": `+eso.ErrTampered.Error())
	assert.Len(t, read(t, typ, file).Missing(nothing), 2)

	renewed := renew(t, typ, file, nothing)
	lines := bytes.SplitAfter(file, []byte("\n"))
	assert.True(t, bytes.HasPrefix(renewed, bytes.Join(lines[2:4], nil)), "what opens stays")
	assert.Empty(t, read(t, typ, renewed).Broken(nothing))
	assert.Len(t, read(t, typ, renewed).Lines, 4)
}

// A document may open and be none of its model any more, while no release has
// that.
func TestDocumentsOfAnEarlierDeclaration(t *testing.T) {
	noted := connectorToken()
	noted.Models[1].Declared = append(noted.Models[1].Declared, definition.Attribute{Name: "note", Optional: true, Value: definition.Value{Kind: definition.String}})
	noted.Resolve()
	file := renew(t, noted, nil, nothing)
	for want, change := range map[string]func(m *definition.Model){
		`model 2 requires "more" now`: func(m *definition.Model) {
			m.Declared = append(m.Declared, definition.Attribute{Name: "more", Value: definition.Value{Kind: definition.String}})
		},
		`model 2 declares "expiresAt" otherwise now`: func(m *definition.Model) { m.Declared[0].Value.Kind = definition.UUID },
		`model 2 does not have "note" now`:           func(m *definition.Model) { m.Declared = m.Declared[:2] },
	} {
		typ := connectorToken()
		typ.Models[1].Declared = slices.Clone(noted.Models[1].Declared)
		change(&typ.Models[1])
		typ.Resolve()
		sealed := read(t, typ, file)
		broken := sealed.Broken(nothing)
		require.NotEmpty(t, broken, want)
		assert.ErrorContains(t, broken[0].Err, want)
		renewed := renew(t, typ, file, nothing)
		assert.Empty(t, read(t, typ, renewed).Broken(nothing))
		assert.Empty(t, sealed.Broken(golden.Held{Type: typ}), "a release has the model")
	}
}

// Whatever is wrong with a line, it is found, and a release that has its model
// keeps it.
func TestKindsOfBreakage(t *testing.T) {
	typ := connectorToken()
	file := string(renew(t, typ, nil, nothing))
	first, rest, _ := strings.Cut(file, "\n")
	onlyModel1 := connectorToken()
	onlyModel1.Models = onlyModel1.Models[:1]
	onlyModel1.Resolve()
	for name, c := range map[string]struct {
		line     string
		want     error
		released bool // with model 1 in a release
		newer    bool
	}{
		"cut off":                  {first[:len(first)/2], golden.ErrEdited, true, false},
		"cut off before the model": {first[:40], golden.ErrEdited, true, false},
		"another ciphertext":       {strings.Replace(first, `"token":"`, `"token":"AA`, 1), golden.ErrLost, true, false},
		"another bound value":      {strings.Replace(first, `"tokenType":"t`, `"tokenType":"T`, 1), golden.ErrLost, true, false},
		"another secret":           {strings.Replace(first, `"token":"token`, `"token":"other`, 1), golden.ErrLost, true, false},
		"another id":               {strings.Replace(first, `"id": "`, `"id": "0`, 1), golden.ErrLost, true, false},
		"another type":             {strings.Replace(first, `"type": "`, `"type": "x`, 1), golden.ErrEdited, true, false},
		"no model":                 {strings.Replace(first, `"10.1.0"`, `"10.1.1"`, 1), golden.ErrEdited, true, false},
		"an unknown model":         {strings.Replace(first, `"10.1.0"`, `"10.7.0"`, 1), golden.ErrLost, false, false},
		"an unknown member":        {strings.Replace(first, `"id"`, `"ids"`, 1), golden.ErrEdited, true, false},
		"two on a line":            {first + first, golden.ErrEdited, true, false},
		"no format":                {`{}`, golden.ErrFormat, true, false},
		"of a later version":       {strings.Replace(first, `esogen-sealed/1`, `esogen-sealed/2`, 1), golden.ErrFormat, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, first, c.line)
			sealed := read(t, typ, []byte(rest+c.line+"\n"))
			broken := sealed.Broken(nothing)
			require.Len(t, broken, 1)
			assert.Equal(t, 4, broken[0].Number)
			assert.ErrorIs(t, broken[0].Err, c.want)

			reason := func(held golden.Held) golden.Reason { return sealed.Broken(held)[0].Keep }
			renewable, released := golden.Renewable, golden.Renewable
			if c.released {
				released = golden.Released
			}
			if c.newer {
				renewable, released = golden.Newer, golden.Newer
			}
			assert.Equal(t, renewable, reason(nothing))
			assert.Equal(t, released, reason(golden.Held{Type: onlyModel1}))
			assert.Equal(t, golden.NoLedger, reason(golden.Held{All: true}))
			assert.Equal(t, renewable, reason(golden.Held{Before: []byte(c.line + "\n")}), "a release has other models")
			if !c.newer {
				assert.Equal(t, golden.Before, reason(golden.Held{Before: []byte(c.line + "\r\n"), Shipped: true}))
			}
			assert.Len(t, sealed.Missing(nothing), 1)
		})
	}
}

func TestGoneDocuments(t *testing.T) {
	typ := connectorToken()
	file := renew(t, typ, nil, nothing)
	lines := bytes.SplitAfter(file, []byte("\n"))
	model1 := connectorToken()
	model1.Models = model1.Models[:1]
	model1.Resolve()
	gone := func(now []byte, held golden.Held) int {
		n, err := read(t, typ, now).Gone(t.Context(), held)
		require.NoError(t, err)
		return n
	}
	held := golden.Held{Type: model1, Before: file}
	assert.Equal(t, 0, gone(file, held))
	assert.Equal(t, 0, gone(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), held))
	assert.Equal(t, 1, gone(lines[0], held), "no release has model 2")
	assert.Equal(t, 2, gone(nil, held))
	assert.Equal(t, 0, gone(nil, golden.Held{Before: file}))
	held.Before = bytes.Replace(file, []byte(`"token":"`), []byte(`"token":"AA`), 1)
	assert.Equal(t, 1, gone(nil, held), "what did not open is no loss")
}

// A model that a release has seals nothing that the release did not have: once
// it is put back, that would not open.
func TestAChangedReleasedModelSealsNothing(t *testing.T) {
	released := connectorToken()
	held := golden.Held{Type: released}
	file := renew(t, released, nil, held)
	typ := connectorToken()
	typ.Models[0].Declared = append(typ.Models[0].Declared, definition.Attribute{Name: "more", Optional: true, Value: definition.Value{Kind: definition.String}})
	typ.Models[0].AAD = append(typ.Models[0].AAD, "more")
	typ.Resolve()
	assert.Empty(t, read(t, typ, file).Missing(held))
	assert.NotEmpty(t, read(t, typ, file).Missing(nothing))
}

// Both sides of a merge conflict are kept, in every style of git's.
func TestConflictMarkers(t *testing.T) {
	typ := connectorToken()
	base := strings.SplitAfter(string(renew(t, typ, nil, nothing)), "\n")
	more := strings.SplitAfter(string(renew(t, typ, nil, nothing)), "\n")
	want := base[0] + base[1] + more[0] + more[1]
	for name, file := range map[string]string{
		"merge":       base[0] + "<<<<<<< HEAD\n" + base[1] + "=======\n" + more[0] + more[1] + ">>>>>>> branch\n",
		"diff3":       base[0] + "<<<<<<< HEAD\n" + base[1] + "||||||| 3a3b\n" + base[2] + "=======\n" + more[0] + more[1] + ">>>>>>> branch\n",
		"nested":      base[0] + "<<<<<<< HEAD\n" + base[1] + "||||||| merged\n<<<<<<<<< one\n" + base[2] + "|||||||||\n=========\n" + base[3] + ">>>>>>>>> two\n=======\n" + more[0] + more[1] + ">>>>>>> branch\n",
		"one side":    base[0] + "<<<<<<< HEAD\n" + base[1] + more[0] + more[1] + "=======\n>>>>>>> branch\n",
		"both alike":  base[0] + "<<<<<<< HEAD\n" + base[1] + more[0] + "=======\n" + base[1] + more[1] + ">>>>>>> branch\n",
		"CRLF":        strings.ReplaceAll(base[0]+"<<<<<<< HEAD\n"+base[1]+"=======\n"+more[0]+more[1]+">>>>>>> branch\n", "\n", "\r\n"),
		"twice":       base[0] + base[1] + base[0] + more[0] + more[1],
		"no end":      strings.TrimSuffix(want, "\n"),
		"empty lines": "\n" + base[0] + "\n \n" + base[1] + more[0] + more[1],
	} {
		t.Run(name, func(t *testing.T) {
			sealed := read(t, typ, []byte(file))
			assert.Empty(t, sealed.Broken(nothing))
			assert.False(t, sealed.Tidy)
			held := golden.Held{Type: &definition.Type{Models: make([]definition.Model, 2)}} // nothing to add
			renewed, err := sealed.Renew(t.Context(), held)
			require.NoError(t, err)
			assert.Equal(t, want, string(renewed))
		})
	}
	assert.True(t, read(t, typ, []byte(strings.ReplaceAll(want, "\n", "\r\n"))).Tidy, "line ends are no difference")
}
