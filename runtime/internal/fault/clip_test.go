package fault_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/runtime/internal/fault"
)

func TestClip(t *testing.T) {
	for _, f := range []func(string) string{fault.Clip, fault.Storable} {
		assert.Equal(t, "name", f("name"))
		assert.Equal(t, strings.Repeat("n", 200), f(strings.Repeat("n", 200)))
		assert.Equal(t, strings.Repeat("n", 197)+"…", f(strings.Repeat("n", 201)))
		assert.Equal(t, strings.Repeat("é", 98)+"…", f(strings.Repeat("é", 1<<19)))
		assert.Len(t, f(strings.Repeat("n", 1<<20)), 200)
	}
	assert.Equal(t, "a\ufffdb\ufffd", fault.Storable("a\x00b\xff"))
}

func TestClipAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := string(rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "text") {
			name = rapid.StringN(0, 300, -1).Draw(t, "name")
		}
		for _, f := range []func(string) string{fault.Clip, fault.Storable} {
			clipped := f(name)
			assert.LessOrEqual(t, len(clipped), fault.ShownLength)
			assert.Equal(t, clipped, f(clipped), "what is clipped stays as it is")
		}
		assert.True(t, utf8.ValidString(fault.Storable(name)))
		if utf8.ValidString(name) {
			assert.True(t, utf8.ValidString(fault.Clip(name)))
		}
	})
}
