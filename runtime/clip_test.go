package eso

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Names of any length in a stored document make no long errors.
func TestErrorsAreShort(t *testing.T) {
	for _, format := range []Format{Native, Kibana} {
		d := logins(format).definition
		for what, attributes := range map[string]string{
			"a long name":       `{"host":"u","` + strings.Repeat("\x7f", 1<<20) + `":{"a":1,"a":2}}`,
			"a long name twice": `{"` + strings.Repeat("é", 1<<20) + `":1,"` + strings.Repeat("é", 1<<20) + `":1}`,
			"deep long names":   `{"x":` + strings.Repeat(`{"`+strings.Repeat("z", 10<<10)+`":`, 90) + `{"a":1,"a":2}` + strings.Repeat("}", 91),
		} {
			_, err := d.OpenJSON(t.Context(), testKeys(t), Document{Ref: Ref{ID: strings.Repeat("i", 1<<20)}, Model: 1, Attributes: []byte(attributes)})
			require.Error(t, err, what)
			assert.Less(t, len(err.Error()), 10_000, what)
			var e *Error
			require.True(t, errors.As(err, &e))
			assert.Less(t, len(e.Attribute), 300, what)
		}
	}
}

// The names within a secret are a part of it: no error of a text that was to be
// sealed, or in which a secret stands in the clear, tells one.
func TestErrorsTellNoNameOfASecret(t *testing.T) {
	for _, format := range []Format{Native, Kibana} {
		d := logins(format).definition
		for what, value := range map[string]string{
			"twice": `{"hunter2":1,"hunter2":2}`, "deep": `{"hunter2":` + strings.Repeat("[", 120) + strings.Repeat("]", 120) + `}`,
			"many": `{"hunter2":[` + strings.Repeat("1,", MaxValues) + `1]}`, "syntax": `{"hunter2":tru}`,
		} {
			text := []byte(`{"host":"h","note":"n","password":` + value + `}`)
			_, err := d.SealJSON(t.Context(), testKeys(t), Ref{}, text)
			require.Error(t, err, what)
			assert.NotContains(t, err.Error(), "hunter2", what)
			assert.Contains(t, err.Error(), "password", what)
			_, err = d.OpenJSON(t.Context(), testKeys(t), Document{Model: 1, Attributes: text})
			require.Error(t, err, what)
			assert.NotContains(t, err.Error(), "hunter2", what)
		}
	}
}
