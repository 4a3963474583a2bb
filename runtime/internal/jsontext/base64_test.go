package jsontext

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestAppendCiphertext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dst := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "before")
		b := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
		want := base64.StdEncoding.AppendEncode(append([]byte(nil), dst...), b)
		assert.Equal(t, string(want), string(AppendCiphertext(dst, b)))
	})
}
