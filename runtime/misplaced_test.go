package eso

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// moving is a type of which model 2 encrypts what model 1 has as a plain
// attribute.
func moving(write int) *Definition {
	attributes := []Attribute{{Name: "owner"}, {Name: "note", Optional: true}, {Name: "token", Optional: true}}
	return &Definition{Type: "moving", Write: write, Models: []Model{
		{Format: Kibana, Namespaces: Agnostic, Attributes: attributes, Encrypted: []string{"token"}, AAD: []string{"owner"}},
		{Format: Kibana, Namespaces: Agnostic, Attributes: attributes, Encrypted: []string{"token", "note"}, AAD: []string{"owner"}},
		{Format: Kibana, Namespaces: Agnostic, Attributes: attributes, Encrypted: []string{"token"}, AAD: []string{"owner"}},
	}}
}

// A ciphertext is not shown as a value, and no rotation passes it over, whatever
// the number of the model is that the document carries.
func TestCiphertextUnderAPlainName(t *testing.T) {
	old, both := testKeys(t, olderKey), testKeys(t, primaryKey, olderKey)
	doc, err := moving(2).SealJSON(t.Context(), old, Ref{ID: "m"}, []byte(`{"owner":"o","note":"hush","token":"t"}`))
	require.NoError(t, err)
	for _, model := range []int{1, 3, 7} {
		stamped := doc
		stamped.Model = model
		d := moving(1)
		_, err := d.OpenJSON(t.Context(), both, stamped)
		assert.ErrorIs(t, err, ErrMalformed, "open, model %d", model)
		_, err = d.openView(t.Context(), both, stamped)
		assert.ErrorIs(t, err, ErrMalformed, "model %d", model)
		_, err = d.update(t.Context(), both, stamped, setting("owner", `"p"`))
		assert.ErrorIs(t, err, ErrMalformed)
		rotated, err := d.Rotate(t.Context(), both, stamped)
		assert.ErrorIs(t, err, ErrMalformed, "the note would stay under the old key")
		assert.Empty(t, rotated.Attributes)
		assert.NotContains(t, err.Error(), "hush")
	}

	// Nor where all secrets are to be set anew, or those that do not open dropped.
	alone, err := moving(2).SealJSON(t.Context(), old, Ref{ID: "m"}, []byte(`{"owner":"o","note":"hush"}`))
	require.NoError(t, err)
	for _, model := range []int{1, 3, 7} {
		alone.Model = model
		for write := 1; write <= 3; write++ {
			_, err := moving(write).update(t.Context(), both, alone, func(*view) ([]delta, error) {
				assert.Fail(t, "the ciphertext is shown")
				return []delta{{Name: "owner", Raw: `"p"`}}, nil
			})
			assert.ErrorIs(t, err, ErrMalformed, "model %d", model)
		}
	}
	alone.Model = 1
	for _, stored := range []Document{alone, withMember(alone, `"$sealed":"x"`)} {
		_, dropped, err := moving(2).MigrateDropping(t.Context(), both, stored)
		assert.ErrorIs(t, err, ErrMalformed)
		assert.Empty(t, dropped)
	}

	rotated, err := moving(2).Rotate(t.Context(), both, doc)
	require.NoError(t, err)
	_, err = moving(2).OpenJSON(t.Context(), testKeys(t), rotated)
	require.NoError(t, err)

	// A value of that form is a value.
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a certificate, for example ", 10)))
	value, err := moving(1).SealJSON(t.Context(), old, Ref{ID: "m"}, []byte(`{"owner":"o","note":"`+long+`"}`))
	require.NoError(t, err)
	opened, err := moving(1).OpenJSON(t.Context(), both, value)
	require.NoError(t, err)
	assert.Contains(t, string(opened), long)
	migrated, err := moving(2).Migrate(t.Context(), both, value)
	require.NoError(t, err)
	assert.NotContains(t, string(migrated.Attributes), long)
}

// Kibana's own case: a connector_token without a stamp, or with that of model 1,
// that has a refresh token.
func TestTokenOfTheWrongModel(t *testing.T) {
	old, both := testKeys(t, olderKey), testKeys(t, primaryKey, olderKey)
	text := strings.Replace(tokenText, "{", `{"refreshToken":"r3fresh",`, 1)
	doc, err := tokenDefinition(2).SealJSON(t.Context(), old, Ref{ID: testID}, []byte(text))
	require.NoError(t, err)
	doc.Model = 1
	for write := 1; write <= 2; write++ {
		d := tokenDefinition(write)
		_, err = d.Rotate(t.Context(), both, doc)
		assert.ErrorIs(t, err, ErrMalformed)
		_, err = d.OpenJSON(t.Context(), both, doc)
		assert.ErrorIs(t, err, ErrMalformed)
	}
}
