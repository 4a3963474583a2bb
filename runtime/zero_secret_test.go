package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestZeroSecrets sets secrets that were absent to what is zero in Go. They are
// there then, as the pointer says: "", 0, false and null count.
func TestZeroSecrets(t *testing.T) {
	cases := map[string]struct {
		write func(w *Writer)
		want  change
	}{
		"text": {func(w *Writer) {
			WriteOptionalSecret(w, "a", new(NewSecret("")), (*Writer).String)
		}, change{name: "a", raw: `""`, secret: true}},
		"number": {func(w *Writer) {
			WriteOptionalSecret(w, "a", new(NewSecret(int64(0))), (*Writer).Int)
		}, change{name: "a", raw: `0`, secret: true}},
		"bool": {func(w *Writer) {
			WriteOptionalSecret(w, "a", new(NewSecret(false)), (*Writer).Bool)
		}, change{name: "a", raw: `false`, secret: true}},
		"null": {func(w *Writer) {
			WriteOptionalNullSecret(w, "a", new(Null[Secret[string]]{}), (*Writer).String)
		}, change{name: "a", raw: `null`, secret: true}},
		"zero that might be null": {func(w *Writer) {
			WriteOptionalNullSecret(w, "a", new(NotNull(NewSecret(""))), (*Writer).String)
		}, change{name: "a", raw: `""`, secret: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWriterAgainst(members{{name: "b", raw: "1"}})
			w.Begin(Source{})
			c.write(w)
			w.End()
			changes, err := w.changes()
			require.NoError(t, err)
			assert.Equal(t, []change{c.want}, changes)
		})
	}
}

// TestStrippedSecretIsNotSet refuses a secret without a value where none was.
func TestStrippedSecretIsNotSet(t *testing.T) {
	w := newWriterAgainst(members{{name: "b", raw: "1"}})
	w.Begin(Source{})
	WriteOptionalSecret(w, "a", new(Secret[string]), (*Writer).String)
	w.End()
	_, err := w.changes()
	require.ErrorIs(t, err, ErrStripped)
}
