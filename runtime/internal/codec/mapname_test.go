package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// TestNamesThatAreNoText: a name in a map with a lone surrogate is
// shown, and stays where it is stored, and no write brings in another one.
func TestNamesThatAreNoText(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"\xed\xa0\x80": "x"}
	write := func(w *Writer) { WriteMap(w.Member("labels"), labels, (*Writer).String) }

	text, err := Marshal(func(w *Writer) {
		w.Begin(Source{})
		write(w)
		w.End()
	})
	require.NoError(t, err)
	assert.Equal(t, `{"labels":{"\ud800":"x"}}`, string(text))

	for stored, wrong := range map[string]bool{`{"\ud800":"x"}`: false, `{"\ud800":"y"}`: false, `{}`: true, `null`: true} {
		w := NewWriter(Members{{Name: "labels", Raw: stored}})
		write(w)
		_, err := w.deltas()
		if wrong {
			require.ErrorIs(t, err, fault.ErrInvalid, stored)
			assert.ErrorContains(t, err, "a name that is not UTF-8")
		} else {
			require.NoError(t, err, stored)
		}
	}
	w := NewObjectWriter(1)
	write(w)
	_, err = w.deltas()
	require.ErrorIs(t, err, fault.ErrInvalid)
}
