package jsonl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/jsonl"
	eso "github.com/esogen/esogen/runtime"
)

// Members come with the objects, in any number: a line with more of them than
// attributes may have is none.
func TestManyMembers(t *testing.T) {
	var b strings.Builder
	for i := range eso.MaxAttributes + 1 {
		fmt.Fprintf(&b, `"x%d":"hush",`, i)
	}
	many := b.String()
	for what, line := range map[string]string{
		"a line":           `{` + many + `"type":"token"}`,
		"a _source":        `{"_id":"token:x","_source":{` + many + `"type":"token"}}`,
		"attributes":       `{"type":"token","attributes":{` + many + `"secret":"hush"}}`,
		"attributes there": `{"_id":"token:6ba7b810-9dad-11d1-80b4-00c04fd430c8","_source":{"type":"token","token":{` + many + `"secret":"hush"}}}`,
	} {
		out, ok := run(t, jsonl.Seal, line)
		assert.False(t, ok, what)
		assert.Contains(t, out, `"error":{"reason":"too-large",`, what)
		assert.NotContains(t, out, "hush", what)
	}
}

// Names are compared by what they spell.
func TestNamesOfMembers(t *testing.T) {
	sealed := strings.NewReplacer(`"type"`, `"t\u0079pe"`, `"attributes"`, `"\u0061ttributes"`).Replace(done(t, jsonl.Seal, plain))
	opened := done(t, jsonl.Open, sealed)
	assert.Contains(t, opened, `"t\u0079pe":"token"`)
	assert.Contains(t, opened, `"\u0061ttributes":{"secret":"hush"`)
	for _, twice := range []string{`{"type":"token","t\u0079pe":"note"}`, `{"_id":"a","\u005fid":"b","_source":{}}`, "{\"\xff\":1,\"\xff\":2}"} {
		out, ok := run(t, jsonl.Open, twice)
		assert.False(t, ok)
		assert.Contains(t, out, "a duplicate name", twice)
	}
}
