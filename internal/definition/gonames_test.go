package definition_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
)

func TestGoName(t *testing.T) {
	for name, want := range map[string]string{
		"connectorId":         "ConnectorID",
		"connector_token":     "ConnectorToken",
		"ssl.key":             "SSLKey",
		"APIKey":              "APIKey",
		"apiKeyIds":           "APIKeyIDs",
		"isMissingSecrets":    "IsMissingSecrets",
		"created-at":          "CreatedAt",
		"id":                  "ID",
		"func":                "Func",
		"error":               "Error",
		"_leading":            "Leading",
		"a1_2":                "A1_2",
		"a12":                 "A12",
		"IDs":                 "IDs",
		"HTTPSServer":         "HTTPSServer",
		"straße":              "Straße",
		"élan vital":          "ÉlanVital",
		"x\"y\n// z":          "XYZ",
		"uiamApiKeyExternal":  "UiamAPIKeyExternal",
		"createdAtUTC":        "CreatedAtUTC",
		"_":                   "",
		"":                    "",
		"🔑":                   "",
		"2fa":                 "",
		"日本":                  "",
		"$sealed":             "Sealed",
		"ALL_CAPS":            "ALLCAPS",
		"refreshTokenExpires": "RefreshTokenExpires",
	} {
		assert.Equal(t, want, definition.GoName(name), "%q", name)
	}
}

func TestGoNameIsExportedOrEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := definition.GoName(rapid.String().Draw(t, "name"))
		assert.True(t, name == "" || definition.IsExportedGoName(name), "%q", name)
	})
}

func TestPackageName(t *testing.T) {
	for name, want := range map[string]string{
		"connector_token":            "connectortoken",
		"fleet-message-signing-keys": "fleetmessagesigningkeys",
		"func":                       "funcobject",
		"internal":                   "internalobject",
		"main":                       "mainobject",
		"CON":                        "conobject",
		"lpt1":                       "lpt1object",
		"2fa":                        "type2fa",
		"a.b-c_d":                    "abcd",
	} {
		assert.Equal(t, want, definition.PackageName(name), "%q", name)
	}
}

func TestFileName(t *testing.T) {
	assert.Equal(t, "connector_token", definition.FileName("connector_token"))
	assert.Equal(t, "_Con", definition.FileName("Con"))
	assert.Equal(t, "_nul.x", definition.FileName("nul.x"))
	assert.Equal(t, "console", definition.FileName("console"))
}

func TestObjectName(t *testing.T) {
	assert.Equal(t, "ConnectorToken", (&definition.Type{Name: "connector_token"}).ObjectName())
	assert.Equal(t, "Token", (&definition.Type{Name: "connector_token", GoName: "Token"}).ObjectName())
	assert.Equal(t, "Type2fa", (&definition.Type{Name: "2fa"}).ObjectName())
	assert.Equal(t, "token", (&definition.Type{Name: "connector_token", GoName: "Token"}).Package())
}

func TestConstantNames(t *testing.T) {
	enum := []string{`"bearer"`, `""`, `"a-b"`, `"a_b"`, `"id"`, `"ID"`, `">="`, `"🔑"`, `"1h"`, `"日本"`}
	assert.Equal(t, []string{
		"KindBearer", "KindEmpty", "KindAB", "Kind_a_u5F_b", "KindID", "Kind_ID", "Kind__u3E__u3D", "Kind__u1F511", "Kind1h", "Kind日本",
	}, definition.ConstantNames("Kind", enum))
	assert.Equal(t, []string{"KindMinus1", "Kind1", "Kind1_5"}, definition.ConstantNames("Kind", []string{"-1", "1", "1.5"}))
}

func TestConstantNamesAreDistinctIdentifiers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfDistinct(rapid.StringMatching(`"[aAbB_ .\-1>é]{0,4}"`), rapid.ID[string]).Draw(t, "enum")
		seen := map[string]bool{}
		for _, name := range definition.ConstantNames("Kind", values) {
			assert.True(t, definition.IsExportedGoName(name), "%q", name)
			assert.False(t, seen[name], "%q of %q", name, values)
			seen[name] = true
		}
	})
}
