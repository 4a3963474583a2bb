package jsonl_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/esogen/esogen/internal/jsonl"
)

// A secret may stand where a mistake put it. An object that fails does not show
// it then either.
func TestFailedObjectsShowNoMisplacedSecret(t *testing.T) {
	for name, c := range map[string]struct {
		operation  jsonl.Operation
		line, want string // the beginning of what comes back
	}{
		"a misspelt secret": {jsonl.Seal, `{"type":"token","attributes":{"secrte":"hush","owner":"y","scope":null}}`, `{"type":"token","attributes":{"owner":"y","scope":null},"error":`},
		"misspelt attributes": {jsonl.Seal, `{"type":"token","version":"1","attribute":{"secret":"hush"},"references":[]}`,
			`{"type":"token","version":"1","references":[],"error":`},
		"misspelt attributes, of no type":       {jsonl.Open, `{"id":"x","Attributes":{"secret":"hush"}}`, `{"id":"x","error":`},
		"beside the attributes":                 {jsonl.Seal, `{"type":"token","secret":"hush","version":"1","attributes":{}}`, `{"type":"token","version":"1","attributes":{},"error":`},
		"beside the attributes, of no type":     {jsonl.Strip, `{"type":"tokens","pin":"hush","references":[1],"attributes":{}}`, `{"type":"tokens","references":[1],"attributes":{},"error":`},
		"announced, beside the attributes":      {jsonl.Open, `{"type":"token","second":{"a":"hush"},"attributes":[]}`, `{"type":"token","attributes":{},"error":`},
		"stored objects keep what is not known": {jsonl.Open, `{"type":"token","id":"x","attributes":{"unknown":1,"secret":"no ciphertext: hush"}}`, `{"type":"token","id":"x","attributes":{"unknown":1},"error":`},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := run(t, c.operation, c.line)
			assert.False(t, ok)
			assert.NotContains(t, out, "hush")
			assert.Equal(t, c.want, out[:min(len(c.want), len(out))])
		})
	}
}
