package keyfile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzInspect: whatever is read as a key file has one canonical text, which says
// the same; what is refused is refused with a short error of one line; and what is
// not the canonical text of a file that was made opens only if it says the same.
func FuzzInspect(f *testing.F) {
	w := newWrapper("one")
	known := map[string]bool{}
	var real []byte
	for _, v := range readVectors(f) {
		f.Add([]byte(v.File))
		if c, mac, err := parse([]byte(v.File)); err == nil && v.Fails == "" {
			known[string(c.text(mac))] = true
		}
		if v.Name == "a shredded namespace" {
			real = []byte(v.File)
		}
	}
	f.Add(bytes.ReplaceAll(real, []byte("true"), []byte("false")))
	f.Add(real[:len(real)/2])
	f.Add([]byte(`{"primary":"` + plainOne + `"}`))
	f.Add([]byte(`{"format":"esogen-keys/2","keys":{}}`))
	f.Add([]byte("\ufeff\ufeff{}"))
	f.Add([]byte(`{"format":"esogen-keys/1","file":"\ud800","generation":1e400,"keys":[[[[null]]]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, mac, err := parse(b)
		if err != nil {
			require.True(t, isFinal(err), "%v", err)
			require.Less(t, len(err.Error()), 600)
			require.False(t, strings.ContainsAny(err.Error(), "\n\x00"), "%q", err)
			_, err := Inspect(b)
			require.Error(t, err)
			return
		}
		require.True(t, IsKeyFile(b))
		canonical := c.text(mac)
		again, macAgain, err := parse(canonical)
		require.NoError(t, err)
		require.Equal(t, c, again)
		require.Equal(t, mac, macAgain)
		if opened, err := Read(t.Context(), b, w); err == nil {
			require.True(t, known[string(text(t, opened, w))])
		}
	})
}
