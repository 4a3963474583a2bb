package jsontext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBeyondDouble(t *testing.T) {
	nines := strings.Repeat("9", 308)
	for _, raw := range []string{
		`0`, `-1.5`, `1.7976931348623157e308`, `-1.7976931348623158e308`, `1e-99999`, `0e99999`, nines, `-0.` + nines + `99`, `1` + strings.Repeat("0", 308),
		`"1e999"`, `{"1e999":"\"1e999"}`, `[true,null,"e"]`, `{"a":[1,{"b":2e2}]}`,
	} {
		assert.False(t, BeyondDouble(raw), raw)
	}
	for _, raw := range []string{
		`1e309`, `-1e309`, `1.7976931348623159e308`, nines + `9`, `[0,"",1E+400]`, `{"a":{"b":[ -1e999 ]}}`, `{"\\":1e999}`,
	} {
		assert.True(t, BeyondDouble(raw), raw)
	}
}
