package jsonl_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
)

const newPassphrase = "the passphrase that comes after the first one"

// rotate rotates lines to a new key, beside which the old one opens.
func rotate(t *testing.T, lines ...string) ([]string, jsonl.Tally) {
	t.Helper()
	var out bytes.Buffer
	tally, err := jsonl.NewWorker(jsonl.Rotate, types(), keysOf(t, newPassphrase, passphrase)).Run(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), tally
}

func TestRotate(t *testing.T) {
	sealed := done(t, jsonl.Seal, plain)
	rotated, tally := rotate(t, sealed)
	assert.Equal(t, jsonl.Tally{Done: 1}, tally)

	opened, outcome := jsonl.NewWorker(jsonl.Open, types(), keysOf(t, newPassphrase)).Do(t.Context(), 1, []byte(rotated[0]))
	assert.Equal(t, jsonl.Done, outcome)
	assert.Equal(t, done(t, jsonl.Open, sealed), string(opened), "everything is as it was")
	_, ok := run(t, jsonl.Open, rotated[0])
	assert.False(t, ok, "the old key opens nothing any more")

	again, tally := rotate(t, rotated...)
	assert.Equal(t, jsonl.Tally{Unchanged: 1}, tally)
	assert.Equal(t, rotated, again)
}

// The model of the object counts, whichever the spec writes, and its id is
// nobody's business.
func TestRotateAtTheOwnModel(t *testing.T) {
	at2 := *runtimedef.At(runtimedef.Of(types()[0]), 2)
	at2.RandomID = false
	doc, err := at2.SealJSON(t.Context(), keyring(t), eso.Ref{Type: "token", ID: "no UUID"}, []byte(`{"owner":"me","secret":"hush","second":1}`))
	require.NoError(t, err)
	rotated, tally := rotate(t, `{"type":"token","id":"no UUID","typeMigrationVersion":"10.2.0","attributes":`+string(doc.Attributes)+`}`)
	assert.Equal(t, jsonl.Tally{Done: 1}, tally)
	assert.Contains(t, rotated[0], `"id":"no UUID","typeMigrationVersion":"10.2.0"`)
	assert.NotContains(t, rotated[0], `"second":1`)
}

func TestRotateWithoutASecret(t *testing.T) {
	line := `{"type":"note","id":"n","attributes":{"text":null}}`
	rotated, tally := rotate(t, line)
	assert.Equal(t, jsonl.Tally{Unchanged: 1}, tally)
	assert.Equal(t, line, rotated[0])
}

// A line that succeeds does not keep the error of an earlier run; one that
// fails has its own.
func TestErrorsOfEarlierRuns(t *testing.T) {
	with := func(line string) string {
		return strings.Replace(line, `"id"`, `"error":{"reason":"tampered","message":"earlier"},"id"`, 1)
	}
	sealed := done(t, jsonl.Seal, with(plain))
	assert.NotContains(t, sealed, "earlier")
	for _, operation := range []jsonl.Operation{jsonl.Open, jsonl.Strip} {
		assert.Equal(t, done(t, operation, sealed), done(t, operation, with(sealed)))
	}
	rotated, _ := rotate(t, with(sealed))
	assert.NotContains(t, rotated[0], `"error"`)
	failed, ok := run(t, jsonl.Open, with(strings.Replace(sealed, "<me>", "you", 1)))
	assert.False(t, ok)
	assert.NotContains(t, failed, "earlier")
	assert.Contains(t, failed, `"error":{"reason":"tampered","attribute":"secret",`)
}

// In the native format a key is known by its id, and what fails comes back
// without its seal.
func TestRotateTheNativeFormat(t *testing.T) {
	native := &definition.Type{
		Name: "native", Write: 1, Oldest: 1,
		Models: []definition.Model{{
			Number: 1, Format: definition.Native, Namespaces: definition.Single,
			Declared:  []definition.Attribute{{Name: "owner", Value: value(definition.String)}, {Name: "secret", Value: value(definition.String)}},
			Encrypted: []string{"secret"}, StatesEncrypted: true, AAD: []string{"owner"}, StatesAAD: true,
		}},
	}
	native.Resolve()
	keys := func(text string) eso.Keyring {
		keys, err := eso.ParseKeys([]byte(text))
		require.NoError(t, err)
		return keys
	}
	old := keys(`{"primary":{"id":"2026","key":"` + passphrase + `"}}`)
	both := keys(`{"primary":{"id":"2027","key":"` + newPassphrase + `"},"decryptionOnly":[{"id":"2026","key":"` + passphrase + `"}]}`)
	work := func(operation jsonl.Operation, keys eso.Keyring, line string) (string, jsonl.Outcome) {
		out, outcome := jsonl.NewWorker(operation, []*definition.Type{native}, keys).Do(t.Context(), 1, []byte(line))
		return string(out), outcome
	}
	sealed, outcome := work(jsonl.Seal, old, `{"type":"native","id":"n","namespace":"a","attributes":{"owner":"me","secret":"hush"}}`)
	require.Equal(t, jsonl.Done, outcome, sealed)
	rotated, outcome := work(jsonl.Rotate, both, sealed)
	require.Equal(t, jsonl.Done, outcome, rotated)
	again, outcome := work(jsonl.Rotate, both, rotated)
	assert.Equal(t, jsonl.Unchanged, outcome)
	assert.Equal(t, rotated, again)
	opened, _ := work(jsonl.Open, both, rotated)
	assert.Contains(t, opened, `"secret":"hush"`)

	failed, outcome := work(jsonl.Open, old, rotated)
	assert.Equal(t, jsonl.Failed, outcome)
	assert.Contains(t, failed, `"attributes":{"owner":"me"},"error":{"reason":"no-key","message":"`)
	assert.Contains(t, failed, `2027`, "it says which key it takes")
}
