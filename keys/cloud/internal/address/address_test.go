package address

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	key, err := Parse("s:///a:b/c%2Fd-_=?one=1&open_x=%3F", "s", "one", "open_*")
	require.NoError(t, err)
	assert.Equal(t, "a:b/c/d-_=", key.Path)
	assert.Equal(t, "?", key.Query.Get("open_x"))
}

// No error repeats the URL, which may hold a key.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"s://a", "s://", "s://a?b=c", "t://a", "s://%zz", "s://a?%zz", "s://a/../b", "s://a\x00", "s://a?one=1&one=2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := Parse("s://SECRETKEY"+text, "s", "one")
		if err != nil {
			assert.NotContains(t, err.Error(), "SECRETKEY")
			return
		}
		assert.NotContains(t, key.Path, " ")
	})
}
