package phrase_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/phrase"
)

func TestTexts(t *testing.T) {
	assert.Equal(t, "0 files", phrase.Count(0, "file"))
	assert.Equal(t, "1 file", phrase.Count(1, "file"))
	assert.Empty(t, phrase.List(nil))
	assert.Equal(t, "a", phrase.List([]string{"a"}))
	assert.Equal(t, "a, b and c", phrase.List([]string{"a", "b", "c"}))
	assert.Equal(t, []string{`"a"`, `"b\n"`}, phrase.Quoted([]string{"a", "b\n"}))
	assert.Equal(t, `"<\"é\u2028>"`, phrase.JSON("<\"é\u2028>"))
}

func TestOf(t *testing.T) {
	assert.Equal(t, "is", phrase.Of(1, "is", "are"))
	assert.Equal(t, "are", phrase.Of(int64(0), "is", "are"))
	assert.Equal(t, "are", phrase.Of(2, "is", "are"))
}
