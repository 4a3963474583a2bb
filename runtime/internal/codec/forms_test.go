package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The rules of a string that an announced model narrows are those of the type
// that it will have.
func TestFormsAreThoseOfTheCodec(t *testing.T) {
	assert.True(t, IsTimestamp("2026-01-02T03:04:05.678Z"))
	assert.False(t, IsTimestamp("2026-01-02T03:04:05+01:60"))
	assert.True(t, IsBase64("AAEC"))
	assert.False(t, IsBase64("AA\nEC"))
	assert.True(t, IsDuration("1h30m"))
	assert.False(t, IsDuration("1d"))
}
