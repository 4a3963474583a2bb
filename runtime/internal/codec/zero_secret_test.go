package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// TestZeroSecrets sets secrets that were absent to what is zero in Go. They are
// there then, as the pointer says: "", 0, false and null count.
func TestZeroSecrets(t *testing.T) {
	cases := map[string]struct {
		write func(w *Writer)
		want  Delta
	}{
		"text": {func(w *Writer) {
			WriteOptionalSecret(w, "a", new(NewSecret("")), (*Writer).String)
		}, Delta{Name: "a", Raw: `""`, secret: true}},
		"number": {func(w *Writer) {
			WriteOptionalSecret(w, "a", new(NewSecret(int64(0))), (*Writer).Int)
		}, Delta{Name: "a", Raw: `0`, secret: true}},
		"bool": {func(w *Writer) {
			WriteOptionalSecret(w, "a", new(NewSecret(false)), (*Writer).Bool)
		}, Delta{Name: "a", Raw: `false`, secret: true}},
		"null": {func(w *Writer) {
			WriteOptionalNullSecret(w, "a", new(Null[Secret[string]]{}), (*Writer).String)
		}, Delta{Name: "a", Raw: `null`, secret: true}},
		"zero that might be null": {func(w *Writer) {
			WriteOptionalNullSecret(w, "a", new(NotNull(NewSecret(""))), (*Writer).String)
		}, Delta{Name: "a", Raw: `""`, secret: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := NewWriter(Members{{Name: "b", Raw: "1"}})
			w.Begin(Source{})
			c.write(w)
			w.End()
			changes, err := w.deltas()
			require.NoError(t, err)
			assert.Equal(t, []Delta{c.want}, changes)
		})
	}
}

// TestStrippedSecretIsNotSet refuses a secret without a value where none was.
func TestStrippedSecretIsNotSet(t *testing.T) {
	w := NewWriter(Members{{Name: "b", Raw: "1"}})
	w.Begin(Source{})
	WriteOptionalSecret(w, "a", new(Secret[string]), (*Writer).String)
	w.End()
	_, err := w.deltas()
	require.ErrorIs(t, err, fault.ErrStripped)
}
