package eso

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSourceLacks(t *testing.T) {
	for _, c := range []struct {
		text  string
		lacks bool
	}{
		{`{}`, true},
		{`{"a":1}`, true},
		{`{"a":{"b":1}}`, true},
		{`{"a":1, "b" : null}`, false},
		{`{"b":[{}],"c":2}`, false},
		{`{"\u0062":1}`, false},
	} {
		var s Source
		require.NoError(t, Unmarshal([]byte(c.text), func(d *Decoder) {
			d.Object()
			for d.Member() {
				d.Unknown()
			}
			s = d.Source()
		}))
		assert.Equal(t, c.lacks, s.Lacks("b"), c.text)
	}
	assert.False(t, Source{}.Lacks("b"), "an object that was not read")
}
