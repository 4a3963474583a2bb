package jsonl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/jsonl"
	"github.com/esogen/esogen/internal/runtimedef"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
)

const passphrase = "a passphrase that is long enough for Kibana"

func value(kind definition.Kind) definition.Value { return definition.Value{Kind: kind} }

// types are a token, bound to its owner; a note of one namespace, exposed; and
// a type that is gone.
func types() []*definition.Type {
	token := &definition.Type{
		Name: "token", RandomID: true, Write: 1, Oldest: 1,
		Models: []definition.Model{
			{
				Number: 1, Format: definition.Kibana, Namespaces: definition.Agnostic,
				Declared: []definition.Attribute{
					{Name: "owner", Value: value(definition.String)},
					{Name: "secret", Value: value(definition.String)},
					{Name: "scope", Optional: true, Value: definition.Value{Kind: definition.String, Enum: []string{`"read"`, `"write"`}}},
				},
				Encrypted: []string{"secret"}, StatesEncrypted: true, AAD: []string{"owner"}, StatesAAD: true,
			},
			{
				Number: 2, Format: definition.Kibana, Namespaces: definition.Agnostic,
				Declared:  []definition.Attribute{{Name: "second", Optional: true, Value: value(definition.JSON)}},
				Encrypted: []string{"secret", "second"}, StatesEncrypted: true,
			},
		},
	}
	note := &definition.Type{
		Name: "note", Write: 1, Oldest: 1, Exposes: []string{"text"},
		Models: []definition.Model{{
			Number: 1, Format: definition.Kibana, Namespaces: definition.Single,
			Declared:  []definition.Attribute{{Name: "text", Value: value(definition.String)}, {Name: "pin", Optional: true, Value: value(definition.Int)}},
			Encrypted: []string{"text", "pin"}, StatesEncrypted: true, AAD: []string{}, StatesAAD: true,
		}},
	}
	lone := &definition.Type{
		Name: "lone", Write: 1, Oldest: 1,
		Models: []definition.Model{{
			Number: 1, Format: definition.Native, Namespaces: definition.MultipleIsolated,
			Declared:  []definition.Attribute{{Name: "text", Value: value(definition.String)}},
			Encrypted: []string{"text"}, StatesEncrypted: true, AAD: []string{}, StatesAAD: true,
		}},
	}
	loose := &definition.Type{Name: "loose", Write: 1, Oldest: 1, Models: slices.Clone(lone.Models)}
	loose.Models[0].Format = definition.Kibana
	gone := &definition.Type{Name: "gone", Retired: true, Write: 1, Oldest: 1, Models: note.Models}
	all := []*definition.Type{token, note, lone, loose, gone}
	for _, t := range all {
		t.Resolve()
	}
	return all
}

func keyring(t *testing.T) eso.Keyring {
	t.Helper()
	return keysOf(t, passphrase)
}

// keysOf returns a keyring. Each is made once: that takes a while.
func keysOf(t *testing.T, primary string, others ...string) eso.Keyring {
	t.Helper()
	name := strings.Join(append([]string{primary}, others...), "\n")
	made, _ := keyrings.LoadOrStore(name, sync.OnceValues(func() (eso.Keyring, error) { return eso.NewKeyring(primary, others...) }))
	keys, err := made.(func() (eso.Keyring, error))()
	require.NoError(t, err)
	return keys
}

var keyrings sync.Map

// run does an operation on one line.
func run(t *testing.T, operation jsonl.Operation, line string) (string, bool) {
	t.Helper()
	out, outcome := jsonl.NewWorker(operation, types(), keyring(t)).Do(t.Context(), 7, []byte(line))
	require.True(t, json.Valid(out), "%s", out)
	return string(out), outcome != jsonl.Failed
}

func done(t *testing.T, operation jsonl.Operation, line string) string {
	t.Helper()
	out, ok := run(t, operation, line)
	require.True(t, ok, out)
	return out
}

const plain = `{"type":"token","version":"WzEsMV0=","id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","attributes":{"secret":"hush","owner":"<me>","unknown":[1.0,"\ud800"]},"references":[]}`

func TestSealAndOpen(t *testing.T) {
	sealed := done(t, jsonl.Seal, plain)
	assert.NotContains(t, sealed, "hush")
	assert.Contains(t, sealed, `"owner":"<me>","unknown":[1.0,"\ud800"]}`)
	assert.Contains(t, sealed, `"id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","typeMigrationVersion":"10.1.0","attributes"`)
	assert.True(t, strings.HasPrefix(sealed, `{"type":"token","version":"WzEsMV0=",`), sealed)
	assert.True(t, strings.HasSuffix(sealed, `,"references":[]}`), sealed)

	assert.Equal(t, strings.Replace(plain, `"attributes"`, `"typeMigrationVersion":"10.1.0","attributes"`, 1), done(t, jsonl.Open, sealed))
	assert.Equal(t,
		`{"type":"token","version":"WzEsMV0=","id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","typeMigrationVersion":"10.1.0","attributes":{"owner":"<me>","unknown":[1.0,"\ud800"]},"references":[]}`,
		done(t, jsonl.Strip, sealed))
}

func TestSealMakesAnID(t *testing.T) {
	var made struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(done(t, jsonl.Seal, `{"type":"token","attributes":{"secret":"x","owner":"y"}}`)), &made))
	assert.True(t, esoimpl.IsUUID(made.ID))
}

func TestSealStampsTheWriteModel(t *testing.T) {
	for _, stamp := range []string{"", `"typeMigrationVersion":"10.1.0",`, `"typeMigrationVersion":"8.7.0",`} {
		sealed := done(t, jsonl.Seal, `{"type":"token",`+stamp+`"attributes":{"secret":"x","owner":"y"}}`)
		assert.Contains(t, sealed, `"typeMigrationVersion":"10.1.0"`)
	}
	for stamp, reason := range map[string]string{"10.2.0": "model", "10.9.0": "model", "11.0.0": "model", "10.x.0": "malformed"} {
		out, ok := run(t, jsonl.Seal, `{"type":"token","typeMigrationVersion":"`+stamp+`","attributes":{"secret":"hush","owner":"y"}}`)
		assert.False(t, ok, stamp)
		assert.Contains(t, out, `"error":{"reason":"`+reason+`"`)
		assert.NotContains(t, out, "hush")
	}
}

// An object is opened by the sets of its own model.
func TestModels(t *testing.T) {
	typ := types()[0]
	keys := keyring(t)
	at2 := runtimedef.At(runtimedef.Of(typ), 2)
	doc, err := at2.SealJSON(t.Context(), keys, eso.Ref{Type: "token"}, []byte(`{"owner":"me","secret":"hush","second":{"deep":1}}`))
	require.NoError(t, err)
	line := func(stamp string) string {
		return `{"type":"token","id":"` + doc.Ref.ID + `",` + stamp + `"attributes":` + string(doc.Attributes) + `}`
	}
	assert.Contains(t, done(t, jsonl.Open, line(`"typeMigrationVersion":"10.2.0",`)), `"second":{"deep":1}`)
	assert.Contains(t, done(t, jsonl.Open, line(`"typeMigrationVersion":"10.9.0",`)), `"second":{"deep":1}`, "above all that are known")
	for _, stamp := range []string{``, `"typeMigrationVersion":"10.1.0",`, `"typeMigrationVersion":"10.0.0",`, `"typeMigrationVersion":"8.12.3",`} {
		for _, operation := range []jsonl.Operation{jsonl.Open, jsonl.Strip, jsonl.Rotate} {
			out, ok := run(t, operation, line(stamp))
			assert.False(t, ok, "%s: model 1 does not have what model 2 encrypts", stamp)
			assert.Contains(t, out, `"error":{"reason":"malformed","attribute":"second"`, "%s %s", operation, stamp)
			assert.Contains(t, out, `"attributes":{"owner":"me"}`, "no ciphertext is shown as a value")
		}
	}
	for _, stamp := range []string{"11.1.0", "10.1.1", "10.1", "x", "10.01.0", "10.-1.0"} {
		out, ok := run(t, jsonl.Open, line(`"typeMigrationVersion":"`+stamp+`",`))
		assert.False(t, ok, stamp)
		assert.NotContains(t, out, "second", "stripped by all models")
	}
}

func TestNamespaces(t *testing.T) {
	note := func(namespace string) string {
		return `{"type":"note","id":"n",` + namespace + `"attributes":{"text":"hush","pin":1}}`
	}
	sealed := done(t, jsonl.Seal, note(`"namespace":"a",`))
	assert.Contains(t, done(t, jsonl.Open, sealed), "hush")
	assert.Contains(t, done(t, jsonl.Open, strings.Replace(sealed, `"namespace":"a"`, `"namespaces":["a"]`, 1)), "hush")
	for _, other := range []string{`"namespace":"b"`, `"namespaces":["b"]`, `"namespaces":["a","b"]`, `"namespaces":[]`, `"namespaces":"a"`, `"x":1`} {
		_, ok := run(t, jsonl.Open, strings.Replace(sealed, `"namespace":"a"`, other, 1))
		assert.False(t, ok, other)
	}
	sealed = done(t, jsonl.Seal, note(`"namespace":"default",`))
	assert.Contains(t, done(t, jsonl.Open, strings.Replace(sealed, `"namespace":"default",`, "", 1)), "hush", "the default namespace counts as none")
}

// TestNamespacesOfOtherKinds has types whose seal binds the namespace in one
// format only, and one whose objects live in none.
func TestNamespacesOfOtherKinds(t *testing.T) {
	line := func(kind, namespace string) string {
		return `{"type":"` + kind + `","id":"n",` + namespace + `"attributes":{"text":"hush"}}`
	}
	sealed := done(t, jsonl.Seal, line("lone", `"namespaces":["a"],`))
	assert.Contains(t, sealed, `"namespaces":["a"]`)
	assert.Contains(t, done(t, jsonl.Open, sealed), "hush")
	for _, other := range []string{`"namespaces":["b"]`, `"namespaces":["a","b"]`, `"namespace":"b"`, `"x":1`} {
		_, ok := run(t, jsonl.Open, strings.Replace(sealed, `"namespaces":["a"]`, other, 1))
		assert.False(t, ok, other)
	}
	for _, any := range []string{`"namespaces":["a","b"],`, `"namespace":"b",`, `"namespaces":7,`, ``} {
		assert.Contains(t, done(t, jsonl.Open, done(t, jsonl.Seal, line("loose", any))), "hush", "kibana binds none, whatever it says")
	}

	token := func(namespace string) string {
		return `{"type":"token","id":"00000000-0000-4000-8000-000000000001",` + namespace + `"attributes":{"owner":"me","secret":"hush"}}`
	}
	for _, none := range []string{``, `"namespace":"default",`, `"namespace":"",`, `"namespaces":["default"],`, `"namespaces":["*"],`, `"namespaces":[],`} {
		sealed = done(t, jsonl.Seal, token(none))
		assert.Contains(t, done(t, jsonl.Open, sealed), "hush", none)
	}
	assert.Contains(t, done(t, jsonl.Open, strings.Replace(sealed, `"namespaces":[]`, `"namespace":"a"`, 1)), "hush", "opening ignores it")
	for _, some := range []string{`"namespace":"a",`, `"namespaces":["a"],`, `"namespaces":["*","a"],`, `"namespace":7,`} {
		out, ok := run(t, jsonl.Seal, token(some))
		assert.False(t, ok, some)
		assert.NotContains(t, out, "hush")
	}
}

func TestStripShowsWhatIsExposed(t *testing.T) {
	sealed := done(t, jsonl.Seal, `{"type":"note","id":"n","attributes":{"text":"shown","pin":1}}`)
	assert.Equal(t, `{"type":"note","id":"n","typeMigrationVersion":"10.1.0","attributes":{"text":"shown"}}`, done(t, jsonl.Strip, sealed))

	out, outcome := jsonl.NewWorker(jsonl.Strip, types(), nil).Do(t.Context(), 1, []byte(sealed))
	assert.Equal(t, jsonl.Failed, outcome)
	assert.Equal(t, `{"type":"note","id":"n","typeMigrationVersion":"10.1.0","attributes":{},"error":{"reason":"no-key","message":"no key"}}`, string(out))
}

func TestFailures(t *testing.T) {
	sealed := done(t, jsonl.Seal, plain)
	for name, c := range map[string]struct {
		operation jsonl.Operation
		line      string
		want      string // of the error
	}{
		"another owner":        {jsonl.Open, strings.Replace(sealed, "<me>", "you", 1), `{"reason":"tampered","attribute":"secret","message":"`},
		"a secret of no shape": {jsonl.Open, strings.Replace(plain, `"hush"`, `17`, 1), `{"reason":"malformed","attribute":"secret","message":"`},
		"no id":                {jsonl.Open, `{"type":"token","attributes":{}}`, `{"reason":"malformed","message":"malformed: \"id\" is missing"}`},
		"no type":              {jsonl.Open, `{"attributes":{"a":"hush"}}`, `{"reason":"malformed","message":"malformed: \"type\" is missing"}`},
		"no attributes":        {jsonl.Open, `{"type":"token","id":"x"}`, `{"reason":"malformed","message":"malformed: \"attributes\" is missing"}`},
		"a list":               {jsonl.Open, `{"type":"token","id":"x","attributes":["hush"]}`, `{"reason":"malformed","message":"malformed: \"attributes\" is not an object"}`},
		"an unknown type":      {jsonl.Open, `{"type":"tokens","attributes":{"a":"hush"}}`, `{"reason":"type","message":"wrong type: no spec declares \"tokens\""}`},
		"an id of no UUID":     {jsonl.Seal, `{"type":"token","id":"x","attributes":{"secret":"hush","owner":"y"}}`, `{"reason":"id","message":"`},
		"a missing attribute":  {jsonl.Seal, `{"type":"token","attributes":{"secret":"hush"}}`, `{"reason":"required","attribute":"owner","message":"required, but absent"}`},
		"another JSON type":    {jsonl.Seal, `{"type":"token","attributes":{"secret":["hush"],"owner":"y"}}`, `{"reason":"invalid","attribute":"secret","message":"invalid value: an array, where a string is declared"}`},
		"beside the enum":      {jsonl.Seal, `{"type":"token","attributes":{"secret":"hush","owner":"y","scope":"admin"}}`, `{"reason":"invalid","attribute":"scope","message":"invalid value: it is none of \"read\", \"write\""}`},
		"announced only":       {jsonl.Seal, `{"type":"token","attributes":{"secret":"hush","owner":"y","second":"hush"}}`, `{"reason":"invalid","attribute":"second","message":"`},
		"a retired type":       {jsonl.Seal, `{"type":"gone","attributes":{"text":"hush"}}`, `{"reason":"type","message":"wrong type: \"gone\" is retired"}`},
		"a duplicate":          {jsonl.Seal, `{"type":"token","attributes":{"secret":"hush","owner":"y","owner":"hush"}}`, `{"reason":"malformed","message":"`},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := run(t, c.operation, c.line)
			assert.False(t, ok)
			assert.Contains(t, out, `"error":`+c.want)
			assert.NotContains(t, out, "hush")
		})
	}
}

func TestLinesThatHoldNoObject(t *testing.T) {
	for _, line := range []string{`nonsense`, `[]`, `"hush"`, `{"type":`, `{"type":"token"} {}`, `{"a":1,"a":2}`, `{"a":1,}`, "\xff"} {
		out, ok := run(t, jsonl.Open, line)
		assert.False(t, ok, line)
		assert.True(t, strings.HasPrefix(out, `{"line":7,"error":{"reason":"malformed","message":"the line holds no JSON object`), "%s: %s", line, out)
		assert.NotContains(t, out, "hush")
	}
}

func TestRun(t *testing.T) {
	var lines []string
	for range 50 {
		lines = append(lines, plain, "", "nonsense")
	}
	var sealed bytes.Buffer
	worker := jsonl.NewWorker(jsonl.Seal, types(), keyring(t))
	tally, err := worker.Run(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &sealed)
	require.NoError(t, err)
	assert.Equal(t, jsonl.Tally{Done: 50, Failed: 50}, tally)
	out := strings.Split(strings.TrimSuffix(sealed.String(), "\n"), "\n")
	require.Len(t, out, 100, "blank lines are left out")
	for i := range 50 {
		assert.True(t, strings.HasPrefix(out[2*i], `{"type":"token"`))
		assert.Contains(t, out[2*i+1], `{"line":`+number(3*i+3)+`,`)
	}
}

func number(n int) string { text, _ := json.Marshal(n); return string(text) }

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := jsonl.NewWorker(jsonl.Seal, types(), keyring(t)).Run(ctx, strings.NewReader(strings.Repeat("x\n", 1000)), io.Discard)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestRunReportsWhatItCannotRead(t *testing.T) {
	broken := errors.New("broken pipe")
	_, err := jsonl.NewWorker(jsonl.Open, types(), keyring(t)).Run(t.Context(), io.MultiReader(strings.NewReader("{}\n"), failing{broken}), io.Discard)
	assert.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestTooLongALine(t *testing.T) {
	long := strings.Repeat("x", eso.MaxSize+2<<20)
	var out bytes.Buffer
	tally, err := jsonl.NewWorker(jsonl.Open, types(), keyring(t)).Run(t.Context(), strings.NewReader(long+"\n{}\n"+long), &out)
	require.NoError(t, err)
	assert.Equal(t, jsonl.Tally{Failed: 3}, tally)
	lines := strings.Split(out.String(), "\n")
	assert.Contains(t, lines[0], `{"line":1,"error":{"reason":"too-large"`)
	assert.Contains(t, lines[1], `"type\" is missing`)
	assert.Contains(t, lines[2], `{"line":3,"error":{"reason":"too-large"`)
}

func FuzzDo(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte(`{"type":"note","id":"","namespaces":["a"],"typeMigrationVersion":"10.1.0","attributes":{"text":"x"}}`))
	worker := jsonl.NewWorker(jsonl.Strip, types(), nil)
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsRune(line, '\n') {
			return
		}
		out, _ := worker.Do(t.Context(), 1, line)
		assert.False(t, bytes.ContainsRune(out, '\n'), "%q", out)
	})
}
