package golden_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
	"github.com/esogen/esogen/internal/objects"
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
	sealed, err := golden.ReadSealed(t.Context(), typ, file, true)
	require.NoError(t, err)
	return sealed
}

func add(t *testing.T, typ *definition.Type, file []byte) []byte {
	t.Helper()
	longer, err := read(t, typ, file).Add(t.Context())
	require.NoError(t, err)
	return longer
}

func TestSealedObjectsAreOnlyAdded(t *testing.T) {
	for _, typ := range []*definition.Type{rich(), connectorToken()} {
		assert.Equal(t, golden.Fixtures(typ), read(t, typ, nil).Missing)
		file := add(t, typ, nil)
		assert.Empty(t, read(t, typ, file).Missing)
		assert.Empty(t, read(t, typ, file).Lost)
		assert.Equal(t, string(file), string(add(t, typ, file)))
	}
}

func TestANewModelAddsItsObjects(t *testing.T) {
	typ := connectorToken()
	file := add(t, typ, nil)
	typ.Models = append(typ.Models, definition.Model{
		Number: 3, Format: definition.Kibana, Namespaces: definition.Agnostic,
		Declared: []definition.Attribute{{Name: "note", Optional: true, Value: definition.Value{Kind: definition.String}}},
	})
	typ.Resolve()
	assert.Len(t, read(t, typ, file).Missing, 2)
	longer := add(t, typ, bytes.TrimSuffix(file, []byte("\n")))
	assert.True(t, bytes.HasPrefix(longer, file))
	assert.Empty(t, read(t, typ, longer).Missing)
	assert.Empty(t, read(t, typ, longer).Lost)
}

// The command line opens golden objects with the golden keys.
func TestSealedObjectsAreObjects(t *testing.T) {
	typ := connectorToken()
	file := add(t, typ, nil)
	keys, err := eso.ParseKeys(golden.Keys())
	require.NoError(t, err)
	var out bytes.Buffer
	tally, err := objects.NewWorker(objects.Open, []*definition.Type{typ}, keys).Run(t.Context(), bytes.NewReader(file), &out)
	require.NoError(t, err)
	assert.Zero(t, tally.Failed)
}

// What is lost stays, for the tests to fail on, and gets a successor.
func TestLostObjects(t *testing.T) {
	typ := connectorToken()
	file := add(t, typ, nil)
	typ.Models[0].AAD = []string{"connectorId"}
	typ.Resolve()

	sealed := read(t, typ, file)
	require.Len(t, sealed.Lost, 2, "model 2 is as it was")
	require.ErrorIs(t, sealed.Lost[0], golden.ErrLost)
	assert.EqualError(t, sealed.Lost[0], `sealed/connector_token.jsonl:1: the object no longer opens: model 1: attribute "token": `+eso.ErrTampered.Error())
	assert.Len(t, sealed.Missing, 2)

	longer := add(t, typ, file)
	assert.True(t, bytes.HasPrefix(longer, file))
	sealed = read(t, typ, longer)
	assert.Len(t, sealed.Lost, 2)
	assert.Empty(t, sealed.Missing)

	unverified, err := golden.ReadSealed(t.Context(), typ, longer, false)
	require.NoError(t, err)
	assert.Empty(t, unverified.Lost)
	assert.Empty(t, unverified.Missing)
}

func TestSealedFilesAreReadStrictly(t *testing.T) {
	typ := connectorToken()
	for text, want := range map[string]error{
		`{}`:                           golden.ErrFormat,
		`{"format":"esogen-sealed/2"}`: golden.ErrFormat,
		`{"format":"esogen-sealed/1","type":"other"}`:  golden.ErrEdited,
		`{"format":"esogen-sealed/1","types":"other"}`: golden.ErrEdited,
		`<<<<<<< HEAD`: golden.ErrEdited,
		`{"format":"esogen-sealed/1","type":"connector_token","typeMigrationVersion":"10.1.1"}`: golden.ErrEdited,
	} {
		_, err := golden.ReadSealed(t.Context(), typ, []byte(text+"\n"), true)
		assert.ErrorIs(t, err, want, text)
	}
}
