package golden_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/golden"
)

// connectorToken is the example of the spec language: model 2 is announced.
func connectorToken() *definition.Type {
	timestamp := definition.Value{Kind: definition.Timestamp}
	text := definition.Value{Kind: definition.String}
	t := &definition.Type{
		Name: "connector_token", Label: "connector_token", Doc: "The OAuth token of one connector.",
		RandomID: true, Write: 1, Oldest: 1,
		Models: []definition.Model{
			{
				Number: 1, Format: definition.Kibana, Namespaces: definition.Agnostic,
				Declared: []definition.Attribute{
					{Name: "connectorId", Value: text, Doc: "The connector that the token belongs to."},
					{Name: "tokenType", Value: text},
					{Name: "token", Value: text},
					{Name: "expiresAt", Value: timestamp},
					{Name: "createdAt", Value: timestamp},
					{Name: "updatedAt", Value: timestamp},
				},
				Encrypted: []string{"token"}, StatesEncrypted: true,
				AAD: []string{"connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"}, StatesAAD: true,
			},
			{
				Number: 2, Format: definition.Kibana, Namespaces: definition.Agnostic,
				Declared: []definition.Attribute{
					{Name: "expiresAt", Optional: true, Value: timestamp},
					{Name: "refreshToken", Optional: true, Value: text},
				},
				Encrypted: []string{"token", "refreshToken"}, StatesEncrypted: true,
				AAD: []string{"connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"}, StatesAAD: true,
			},
		},
	}
	t.Resolve()
	return t
}

func marshal(t *testing.T, typ *definition.Type) string {
	t.Helper()
	data, err := golden.Marshal(typ)
	require.NoError(t, err)
	return string(data)
}

func TestLayout(t *testing.T) {
	assert.Equal(t, `{
  "format": "esogen-definition/3",
  "type": "connector_token",
  "doc": "The OAuth token of one connector.",
  "write": 1,
  "oldest": 1,
  "randomID": true,
  "models": [
    {
      "model": 1,
      "format": "kibana",
      "namespaces": "agnostic",
      "attributes": [
        {"name": "connectorId", "role": "aad", "type": "string", "doc": "The connector that the token belongs to."},
        {"name": "tokenType", "role": "aad", "type": "string"},
        {"name": "token", "role": "encrypted", "type": "string"},
        {"name": "expiresAt", "role": "aad", "type": "timestamp"},
        {"name": "createdAt", "role": "aad", "type": "timestamp"},
        {"name": "updatedAt", "role": "aad", "type": "timestamp"}
      ],
      "encrypted": ["token"],
      "aad": ["connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"]
    },
    {
      "model": 2,
      "attributes": [
        {"name": "expiresAt", "role": "aad", "optional": true, "type": "timestamp"},
        {"name": "refreshToken", "role": "encrypted", "optional": true, "type": "string"}
      ],
      "encrypted": ["token", "refreshToken"],
      "aad": ["connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"]
    }
  ]
}
`, marshal(t, connectorToken()))
}

// A reviewer sees what changes, and little else.
func TestDiffsAreSmall(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*definition.Type)
		want   string
	}{
		"a bound attribute in the announced model": {
			func(t *definition.Type) {
				m := &t.Models[1]
				m.Declared = append(m.Declared, definition.Attribute{Name: "refreshTokenExpiresAt", Optional: true, Value: definition.Value{Kind: definition.Timestamp}})
				m.AAD = append(m.AAD, "refreshTokenExpiresAt")
			},
			`
-        {"name": "refreshToken", "role": "encrypted", "optional": true, "type": "string"}
+        {"name": "refreshToken", "role": "encrypted", "optional": true, "type": "string"},
+        {"name": "refreshTokenExpiresAt", "role": "aad", "optional": true, "type": "timestamp"}
-      "aad": ["connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"]
+      "aad": ["connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt", "refreshTokenExpiresAt"]`,
		},
		"the announced model is written": {
			func(t *definition.Type) { t.Write = 2 },
			`
-  "write": 1,
+  "write": 2,`,
		},
		"another role in the announced model": {
			func(t *definition.Type) {
				t.Models[1].AAD = []string{"connectorId", "expiresAt", "createdAt", "updatedAt"}
			},
			`
+      "roles": [
+        {"name": "tokenType", "role": "plain", "was": "aad"}
+      ],
-      "aad": ["connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"]
+      "aad": ["connectorId", "expiresAt", "createdAt", "updatedAt"]`,
		},
		"a field of a nested struct": {
			func(t *definition.Type) {
				t.Models[1].Declared = append(t.Models[1].Declared, definition.Attribute{
					Name: "owner", Optional: true,
					Value: definition.Value{Kind: definition.Struct, Fields: []definition.Attribute{{Name: "id", Value: definition.Value{Kind: definition.UUID}}}},
				})
			},
			`
-        {"name": "refreshToken", "role": "encrypted", "optional": true, "type": "string"}
+        {"name": "refreshToken", "role": "encrypted", "optional": true, "type": "string"},
+        {"name": "owner", "role": "plain", "optional": true, "type": "struct",
+          "fields": [
+            {"name": "id", "type": "uuid"}
+          ]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			changed := connectorToken()
			c.change(changed)
			changed.Resolve()
			diff := udiff.Unified("before", "after", marshal(t, connectorToken()), marshal(t, changed))
			var lines []string
			for line := range strings.Lines(diff) {
				if (line[0] == '+' || line[0] == '-') && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "+++") {
					lines = append(lines, line)
				}
			}
			assert.Equal(t, strings.TrimPrefix(c.want, "\n"), strings.TrimSuffix(strings.Join(lines, ""), "\n"))
		})
	}
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := types.Draw(t, "type")
		data, err := golden.Marshal(typ)
		require.NoError(t, err)
		read, err := golden.Read(data)
		require.NoError(t, err, "%s", data)
		assert.Equal(t, normalised(typ), normalised(read), "%s", data)

		again, err := golden.Marshal(read)
		require.NoError(t, err)
		assert.Equal(t, string(data), string(again))
	})
}

// normalised makes nil of empty sets: a set that a model states may be empty.
func normalised(t *definition.Type) definition.Type {
	copied := *t
	copied.Models = nil
	for _, m := range t.Models {
		if len(m.Encrypted) == 0 {
			m.Encrypted = nil
		}
		if len(m.AAD) == 0 {
			m.AAD = nil
		}
		copied.Models = append(copied.Models, m)
	}
	return copied
}

func TestReadIsStrict(t *testing.T) {
	data := marshal(t, connectorToken())
	for name, c := range map[string]struct {
		data string
		want error
		says string
	}{
		"an edited role":       {strings.Replace(data, `"role": "encrypted"`, `"role": "plain"`, 1), golden.ErrEdited, "line 16 differs"},
		"another order":        {strings.Replace(data, "\"write\": 1,\n  \"oldest\": 1", "\"oldest\": 1,\n  \"write\": 1", 1), golden.ErrEdited, "line 5 differs"},
		"an unknown member":    {strings.Replace(data, `"write": 1`, `"writes": 1`, 1), golden.ErrEdited, `unknown field "writes"`},
		"a member in capitals": {strings.Replace(data, `"oldest"`, `"Oldest"`, 1), golden.ErrEdited, "line 6 differs"},
		"twice":                {strings.Replace(data, `"write": 1`, `"write": 2, "write": 1`, 1), golden.ErrEdited, "line 5 differs"},
		"cut off":              {data[:len(data)/2], golden.ErrEdited, "unexpected EOF"},
		"more behind it":       {data + "{}\n", golden.ErrEdited, "line 35 differs"},
		"a merge conflict":     {"<<<<<<< HEAD\n" + data, golden.ErrEdited, "invalid character"},
		"a later version":      {strings.Replace(data, "definition/3", "definition/4", 1), golden.ErrFormat, `"esogen-definition/4", where "esogen-definition/3" is expected`},
		"something else":       {"{}", golden.ErrFormat, ""},
		"nothing":              {"", golden.ErrFormat, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := golden.Read([]byte(c.data))
			require.ErrorIs(t, err, c.want)
			assert.ErrorContains(t, err, c.says)
		})
	}
	_, err := golden.Read([]byte(strings.ReplaceAll(data, "\n", "\r\n")))
	assert.NoError(t, err, "git may have changed the line ends")
}

func FuzzRead(f *testing.F) {
	data, err := golden.Marshal(connectorToken())
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"format":"esogen-definition/3"}`))
	second, err := os.ReadFile("testdata/definition2.json")
	require.NoError(f, err)
	f.Add(second)
	f.Fuzz(func(t *testing.T, data []byte) {
		typ, err := golden.Read(data)
		if err != nil {
			return
		}
		again, err := golden.Marshal(typ)
		require.NoError(t, err)
		if bytes.Contains(data, []byte("esogen-definition/3")) {
			assert.Equal(t, strings.ReplaceAll(string(data), "\r\n", "\n"), string(again))
		}
		same, err := golden.Read(again)
		require.NoError(t, err)
		assert.Equal(t, typ, same)
	})
}

// A file of the second format, with long lines and nested structs, reads as the
// same definition in the third. No line of that is longer than a reviewer reads.
func TestSecondFormatStaysReadable(t *testing.T) {
	second, err := os.ReadFile("testdata/definition2.json")
	require.NoError(t, err)
	typ, err := golden.Read(second)
	require.NoError(t, err)
	third, err := golden.Marshal(typ)
	require.NoError(t, err)
	again, err := golden.Read(third)
	require.NoError(t, err)
	assert.Equal(t, typ, again)
	for line := range strings.Lines(string(third)) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 120, line)
	}

	edited := strings.Replace(string(second), `"definitionDoc": "One run of the rule.", `, "", 1)
	require.NotEqual(t, string(second), edited)
	_, err = golden.Read([]byte(edited + "\n"))
	assert.ErrorIs(t, err, golden.ErrEdited, "the second format is read as strictly")
}
