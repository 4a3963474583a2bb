package eso

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/codec"
)

const (
	primaryKey = "a key of the tests, thirty-two characters or more"
	olderKey   = "an older key of the tests, also thirty-two characters"
	testID     = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	otherID    = "0b1f7a2e-5a57-4a0c-9d0e-1f2a3b4c5d6e"
	tokenText  = `{"connectorId":"c1","tokenType":"access_token","token":"s3cret","expiresAt":"2026-01-02T03:04:05.000Z","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z"}`
)

func testKeys(t testing.TB, passphrases ...string) Keyring {
	t.Helper()
	if len(passphrases) == 0 {
		passphrases = []string{primaryKey}
	}
	return newTestKeyring(t, passphrases[0], passphrases[1:]...)
}

// tokenDefinition is connector_token, of which model 1 or 2 is written.
func tokenDefinition(write int) *Definition {
	aad := []string{"connectorId", "tokenType", "expiresAt", "createdAt", "updatedAt"}
	return &Definition{
		Type: "connector_token", RandomID: true, Write: write,
		Models: []Model{{
			Format: Kibana, Namespaces: Agnostic,
			Attributes: []Attribute{{Name: "connectorId"}, {Name: "tokenType"}, {Name: "token"}, {Name: "expiresAt"}, {Name: "createdAt"}, {Name: "updatedAt"}},
			Encrypted:  []string{"token"},
			AAD:        aad,
		}, {
			Format: Kibana, Namespaces: Agnostic,
			Attributes: []Attribute{
				{Name: "connectorId"}, {Name: "tokenType"}, {Name: "token"}, {Name: "expiresAt", Optional: true}, {Name: "createdAt"}, {Name: "updatedAt"},
				{Name: "refreshToken", Optional: true}, {Name: "refreshTokenExpiresAt", Optional: true},
			},
			Encrypted: []string{"token", "refreshToken"},
			AAD:       append(aad[:5:5], "refreshTokenExpiresAt"),
		}},
	}
}

// token is the Go form of connector_token while model 2 is announced.
type token struct {
	ConnectorID, TokenType string
	Token                  Secret[string]
	ExpiresAt              *time.Time
	CreatedAt, UpdatedAt   time.Time
	source                 codec.Source
}

func (t *token) read(d *codec.Reader) {
	d.Object()
	for d.Member() {
		switch d.Name() {
		case "connectorId":
			d.Once(0)
			t.ConnectorID = d.String()
		case "tokenType":
			d.Once(1)
			t.TokenType = d.String()
		case "token":
			d.Once(2)
			t.Token = codec.ReadSecret(d, (*codec.Reader).String)
		case "expiresAt":
			d.Once(3)
			t.ExpiresAt = new(d.Time())
		case "createdAt":
			d.Once(4)
			t.CreatedAt = d.Time()
		case "updatedAt":
			d.Once(5)
			t.UpdatedAt = d.Time()
		default:
			d.Unknown()
		}
	}
	t.source = d.Source()
}

func (t *token) write(w *codec.Writer) {
	w.Begin(t.source)
	w.Member("connectorId").String(t.ConnectorID)
	w.Member("tokenType").String(t.TokenType)
	codec.WriteSecret(w, "token", t.Token, (*codec.Writer).String)
	codec.WriteOptional(w, "expiresAt", t.ExpiresAt, (*codec.Writer).Time)
	w.Member("createdAt").Time(t.CreatedAt)
	w.Member("updatedAt").Time(t.UpdatedAt)
	w.End()
}

func tokens(write int) *Objects[token] {
	return NewObjects(tokenDefinition(write), (*token).read, (*token).write)
}

func createToken(t *testing.T, d *Definition, attributes string) Document {
	t.Helper()
	doc, err := d.SealJSON(t.Context(), testKeys(t), Ref{ID: testID}, []byte(attributes))
	require.NoError(t, err)
	return doc
}
