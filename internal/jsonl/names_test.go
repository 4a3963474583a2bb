package jsonl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/jsonl"
)

// Names come with the objects, of any length: nothing that is said of them
// repeats them whole.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("n", 100_000)
	for what, line := range map[string]string{
		"a type":                    `{"type":"` + long + `","id":"x","attributes":{}}`,
		"an attribute":              `{"type":"token","attributes":{"` + long + `":{"a":1,"a":2}}}`,
		"a name in an attribute":    `{"type":"token","attributes":{"owner":{"` + long + `":1,"` + long + `":2}}}`,
		"an id":                     `{"type":"token","id":"` + long + `","attributes":{"secret":"hush","owner":"o"}}`,
		"the number of the model":   `{"type":"token","typeMigrationVersion":"` + long + `","attributes":{}}`,
		"an attribute for a secret": `{"type":"token","attributes":{"secret":{"` + long + `":1,"` + long + `":2}}}`,
	} {
		for _, operation := range []jsonl.Operation{jsonl.Seal, jsonl.Open, jsonl.Strip, jsonl.Rotate} {
			out, ok := run(t, operation, line)
			if ok {
				continue // no operation but seal checks ids
			}
			_, failure, found := strings.Cut(out, `"error":`)
			require.True(t, found)
			assert.Less(t, len(failure), 1000, "%s, %s", operation, what)
		}
	}

	worker := jsonl.NewWorker(jsonl.Seal, types(), keyring(t))
	line := strings.Replace(plain, `"unknown"`, `"`+long+`"`, 1)
	_, err := worker.Run(t.Context(), strings.NewReader("\ufeff"+line+"\n\ufeff"+line), new(bytes.Buffer))
	require.NoError(t, err)
	require.Len(t, worker.Undeclared(), 1)
	assert.Len(t, worker.Undeclared()[0].Attribute, 200)
}

// Files that each begin with a byte order mark may come one after the other.
func TestByteOrderMarks(t *testing.T) {
	worker := jsonl.NewWorker(jsonl.Seal, types(), keyring(t))
	tally, err := worker.Run(t.Context(), strings.NewReader("\ufeff"+plain+"\n\ufeff"+plain+"\n"), new(bytes.Buffer))
	require.NoError(t, err)
	assert.Equal(t, jsonl.Tally{Done: 2}, tally)
}

// What an older Kibana may have bound is named, and nothing that has another reason.
func TestUnbound(t *testing.T) {
	changed := strings.Replace(done(t, jsonl.Seal, plain), "<me>", "you", 1)
	unknown := []jsonl.Name{{Type: "token", Attribute: "unknown"}}
	for line, want := range map[string][]jsonl.Name{
		done(t, jsonl.Seal, plain): nil,
		changed:                    unknown,
		strings.Replace(changed, `"unknown"`, `"scope":"read","unknown"`, 1): unknown,
		strings.Replace(changed, "10.1.0", "10.3.0", 1):                      nil,
	} {
		worker := jsonl.NewWorker(jsonl.Open, types(), keyring(t))
		_, err := worker.Run(t.Context(), strings.NewReader(line), new(bytes.Buffer))
		require.NoError(t, err)
		assert.Equal(t, want, worker.Unbound(), line)
	}
}
