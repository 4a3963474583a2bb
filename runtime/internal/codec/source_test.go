package codec

import (
	"encoding/json"
	"fmt"
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
		require.NoError(t, Unmarshal([]byte(c.text), func(d *Reader) {
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

// The text that a struct keeps is not printed with it.
func TestSourceIsNotPrinted(t *testing.T) {
	type keeps struct {
		Name   string
		source Source
	}
	s := sourceOf(`{"name":"` + Hush + `"}`)
	k := keeps{"shown", s}
	for i, v := range []any{s, &s, k, &k, []keeps{k}, map[string]*keeps{"k": &k}, NotNull(k), struct{ k any }{k}} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			for _, flags := range []string{"", "+", "#", " ", "+#", "10", ".3"} {
				format := "%" + flags + string(verb)
				assert.False(t, Shows(fmt.Sprintf(format, v)), "%d, %s", i, format)
			}
		}
		text, err := json.Marshal(v)
		assert.False(t, Shows(string(text)), "%d: %s, %v", i, text, err)
	}
	assert.Equal(t, `{"name":"`+Hush+`"}`, s.text())
	assert.Empty(t, Source{}.text())
}
