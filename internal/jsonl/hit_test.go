package jsonl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/jsonl"
)

// sealedAttributes returns the attributes of an object that comes out of seal.
func sealedAttributes(t *testing.T, line string) string {
	t.Helper()
	var sealed struct{ Attributes json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(done(t, jsonl.Seal, line)), &sealed))
	return string(sealed.Attributes)
}

const (
	hitID    = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	hitPlain = `{"secret":"hush","owner":"<me>","unknown":[1.0,"\ud800"]}`
)

// tokenHit is a hit with the attributes of a token, and all that Elasticsearch
// may say of one.
func tokenHit(attributes string) string {
	return `{"_index":".kibana_1","_id":"token:` + hitID + `","_version":3,"_seq_no":7,"_primary_term":1,"_score":null,` +
		`"_source":{"token":` + attributes + `,"type":"token","references":[{"id":"a","type":"b","name":"c"}],"managed":false,"coreMigrationVersion":"8.8.0","typeMigrationVersion":"10.1.0","updated_at":"2026-11-30T00:00:00.000Z"},"sort":[1.0,"x"]}`
}

func TestHits(t *testing.T) {
	sealed := tokenHit(sealedAttributes(t, plain))
	assert.Equal(t, tokenHit(`{"secret":"hush","owner":"<me>","unknown":[1.0,"\ud800"]}`), done(t, jsonl.Open, sealed), "all but the attributes is as it was")
	assert.Equal(t, tokenHit(`{"owner":"<me>","unknown":[1.0,"\ud800"]}`), done(t, jsonl.Strip, sealed))

	rotated, tally := rotate(t, sealed)
	assert.Equal(t, jsonl.Tally{Done: 1}, tally)
	opened, outcome := jsonl.NewWorker(jsonl.Open, types(), keysOf(t, newPassphrase)).Do(t.Context(), 1, []byte(rotated[0]))
	assert.Equal(t, jsonl.Done, outcome)
	assert.Equal(t, done(t, jsonl.Open, sealed), string(opened))
	again, tally := rotate(t, rotated...)
	assert.Equal(t, jsonl.Tally{Unchanged: 1}, tally)
	assert.Equal(t, rotated, again)

	assert.Equal(t, done(t, jsonl.Open, sealed), done(t, jsonl.Open, done(t, jsonl.Seal, tokenHit(hitPlain))), "an opened hit can be sealed again")
	assert.Contains(t, done(t, jsonl.Seal, strings.Replace(tokenHit(hitPlain), `"typeMigrationVersion":"10.1.0",`, "", 1)), `"typeMigrationVersion":"10.1.0"`)
}

// The _id says what the _source says, in the form for the kind of the type.
func TestIDsOfHits(t *testing.T) {
	hit := func(kind, id, source, attributes string) string {
		return `{"_id":` + id + `,"_source":{"type":"` + kind + `",` + source + `"` + kind + `":` + attributes + `}}`
	}
	seal := func(kind, id, namespace string) string {
		return sealedAttributes(t, `{"type":"`+kind+`","id":"`+id+`",`+namespace+`"attributes":{"text":"hush"}}`)
	}
	noteA, note, colons := seal("note", "n", `"namespace":"a",`), seal("note", "n", ""), seal("note", "a:note:n", "")
	loose := seal("loose", "n", `"namespaces":["a"],`)
	lone := seal("lone", "n", `"namespaces":["a"],`)
	for _, ok := range []string{
		hit("note", `"a:note:n"`, `"namespace":"a",`, noteA),
		hit("note", `"a:note:n"`, `"namespace":"a","namespaces":["b"],`, noteA),
		hit("note", `"note:n"`, ``, note),
		hit("note", `"note:n"`, `"namespaces":["a"],`, note),
		hit("note", `"default:note:n"`, `"namespace":"default",`, note),
		hit("note", `"\u006eote:n"`, `"namespace":"",`, note),
		hit("note", `"note:a:note:n"`, ``, colons),
		hit("loose", `"loose:n"`, `"namespaces":["a","b"],`, loose),
		hit("loose", `"loose:n"`, `"namespace":"a",`, loose),
		hit("lone", `"lone:n"`, `"namespaces":["a"],`, lone),
	} {
		opened := done(t, jsonl.Open, ok)
		assert.Contains(t, opened, "hush")
		assert.Contains(t, opened, `,"_source":{"type":`)
	}
	for _, bad := range []string{
		hit("note", `"note:n"`, `"namespace":"a",`, noteA),
		hit("note", `"b:note:n"`, `"namespace":"a",`, noteA),
		hit("note", `"a:note:n"`, ``, noteA),
		hit("note", `"a:note:n"`, `"namespace":7,`, noteA),
		hit("note", `"note:n"`, `"namespace":"default",`, note),
		hit("note", `"note:"`, ``, note),
		hit("note", `"note"`, ``, note),
		hit("note", `"n"`, ``, note),
		hit("note", `""`, ``, note),
		hit("note", `"token:n"`, ``, note),
		hit("note", `"\ud800note:n"`, ``, note),
		hit("note", `["note:n"]`, ``, note),
		hit("note", `null`, ``, note),
		hit("loose", `"a:loose:n"`, `"namespace":"a",`, loose),
		hit("lone", `"lone:n"`, `"namespaces":["a","b"],`, lone),
	} {
		for _, operation := range []jsonl.Operation{jsonl.Open, jsonl.Strip, jsonl.Rotate, jsonl.Seal} {
			out, ok := run(t, operation, bad)
			require.False(t, ok, "%s: %s", operation, bad)
			assert.Contains(t, out, `"error":{"reason":"malformed","message":"malformed: `)
			assert.True(t, strings.HasSuffix(out, `"}}`), "the error is the last member of the hit: %s", out)
		}
	}
}

func TestHitsThatFail(t *testing.T) {
	sealed := tokenHit(sealedAttributes(t, plain))
	for name, c := range map[string]struct {
		operation jsonl.Operation
		line      string
		want      string // of the error
	}{
		"changed":                {jsonl.Open, strings.Replace(sealed, "<me>", "you", 1), `"tampered","attribute":"secret"`},
		"a secret in the clear":  {jsonl.Open, tokenHit(hitPlain), `"malformed","attribute":"secret"`},
		"an invalid new object":  {jsonl.Seal, tokenHit(`{"secret":"hush","owner":"me","scope":"admin"}`), `"invalid","attribute":"scope"`},
		"fields beside":          {jsonl.Seal, strings.Replace(tokenHit(`{"secret":"hush","owner":7}`), `"sort"`, `"fields":{"token.secret":["hush"]},"secret":"hush","_x":["hush"],"highlight":{},"sort"`, 1), `"invalid","attribute":"owner"`},
		"attributes beside":      {jsonl.Seal, strings.Replace(tokenHit(`{"secret":"hush","owner":7}`), `"references"`, `"secret":"hush","attributes":{"secret":"hush"},"note":{"text":"hush"},"references"`, 1), `"invalid","attribute":"owner"`},
		"an unknown type":        {jsonl.Open, strings.Replace(tokenHit(hitPlain), `"type":"token"`, `"type":"other"`, 1), `"type","message":"wrong type: no spec declares \"other\""`},
		"no type":                {jsonl.Open, strings.Replace(tokenHit(hitPlain), `"type":"token"`, `"x":1`, 1), `"malformed","message":"malformed: \"_source.type\" is missing"`},
		"a type that is none":    {jsonl.Open, strings.Replace(tokenHit(hitPlain), `"type":"token"`, `"type":{"a":"hush"}`, 1), `"malformed","message":"malformed: \"_source.type\" is not a string"`},
		"attributes of a string": {jsonl.Open, tokenHit(`"hush"`), `"malformed","message":"malformed: \"_source.token\" is not an object"`},
		"no attributes":          {jsonl.Open, strings.Replace(tokenHit(hitPlain), `"token":{`, `"tokens":{`, 1), `"malformed","message":"malformed: \"_source.token\" is missing"`},
		"no _id":                 {jsonl.Open, strings.Replace(sealed, `"_id"`, `"_ids"`, 1), `"malformed","message":"malformed: \"_id\" is missing"`},
		"no _source":             {jsonl.Open, `{"_index":".kibana","_id":"token:x","found":false}`, `"malformed","message":"malformed: \"_source\" is missing"`},
		"_source in a string":    {jsonl.Open, `{"_id":"token:x","_source":"{\"token\":{\"secret\":\"hush\"}}"}`, `"malformed","message":"malformed: \"_source\"`},
		"_source of duplicates":  {jsonl.Open, `{"_id":"token:x","_source":{"type":"token","token":{"secret":"hush"},"type":"note"}}`, `"malformed","message":"malformed: \"_source\"`},
		"a type named type":      {jsonl.Open, `{"_id":"type:x","_source":{"type":"type","x":{"secret":"hush"}}}`, `"type","message"`},
		"a type named namespace": {jsonl.Open, `{"_id":"namespace:x","_source":{"type":"namespace","namespace":{"secret":"hush"}}}`, `"type","message"`},
		"a whole answer":         {jsonl.Open, `{"took":1,"hits":{"hits":[` + tokenHit(hitPlain) + `]}}`, `"malformed","message":"malformed: \"type\" is missing: the line is a whole answer of a search; jq -c '.hits.hits[]' makes a line of each hit"`},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := run(t, c.operation, c.line)
			assert.False(t, ok)
			assert.Contains(t, out, `"error":{"reason":`+c.want)
			assert.True(t, strings.HasSuffix(out, `"}}`), out)
			assert.NotContains(t, out, "hush")
		})
	}
}

// An error of an earlier run leaves the hit, and nothing of the _source.
func TestErrorsInHits(t *testing.T) {
	sealed := strings.Replace(tokenHit(sealedAttributes(t, plain)), `"managed"`, `"error":"of the document","managed"`, 1)
	opened := done(t, jsonl.Open, strings.Replace(sealed, `{"_index"`, `{"error":{"reason":"tampered"},"_index"`, 1))
	assert.Equal(t, done(t, jsonl.Open, sealed), opened)
	assert.Contains(t, opened, `"error":"of the document"`)
}

// Kibana had other stamps before 8.8, and none before its types had any.
func TestOldStamps(t *testing.T) {
	line := func(stamps string) string {
		return `{"type":"token","id":"` + hitID + `",` + stamps + `"attributes":{"secret":"hush","owner":"o","second":1}}`
	}
	for stamps, model := range map[string]int{
		``:                                       1,
		`"migrationVersion":null,`:               1,
		`"migrationVersion":{},`:                 1,
		`"migrationVersion":{"other":"10.2.0"},`: 1,
		`"migrationVersion":{"token":"7.17.1"},`: 1,
		`"migrationVersion":{"token":"8.7.0"},"coreMigrationVersion":"8.7.0",`:   1,
		`"migrationVersion":{"other":"8.0.0","token":"10.2.0"},`:                 2,
		`"migrationVersion":{"token":"10.2.0"},"typeMigrationVersion":"10.1.0",`: 1,
		`"migrationVersion":{"token":"8.7.0"},"typeMigrationVersion":"10.2.0",`:  2,
		`"migrationVersion":"nonsense","typeMigrationVersion":"10.2.0",`:         2,
		`"migrationVersion":{"token":"10.2.0"},"typeMigrationVersion":"",`:       2,
		`"migrationVersion":{"token":"10.3.0"},`:                                 3,
		`"migrationVersion":7,`:                                                  0,
		`"migrationVersion":["8.7.0"],`:                                          0,
		`"migrationVersion":{"token":7},`:                                        0,
		`"migrationVersion":{"token":"8.7"},`:                                    0,
		`"migrationVersion":{"token":"8.7.0","token":"10.2.0"},`:                 0,
		`"migrationVersion":{"token":"\ud800"},`:                                 0,
		`"migrationVersion":{"token":"11.0.0"},`:                                 0,
		`"migrationVersion":{"token":"` + strings.Repeat("9", 1000) + `.0.0"},`:  0,
		`"migrationVersion":{"` + strings.Repeat("x", 100_000) + `":"10.2.0"},`:  1,
		`"typeMigrationVersion":"8.7.0","migrationVersion":{"token":"10.2.0"},`:  1,
		`"typeMigrationVersion":"10.0.0","coreMigrationVersion":"10.2.0",`:       1,
		`"namespaces":["default"],"migrationVersion":{"token":"9.0.0"},`:         1,
		`"migrationVersion":{"TOKEN":"10.2.0"},`:                                 1,
		`"migrationVersion":{"token":""},`:                                       1,
		`"migrationVersion":{"token":"10.1.0"},"typeMigrationVersion":"10.x.0",`: 0,
	} {
		out, ok := run(t, jsonl.Strip, line(stamps))
		switch {
		case model == 0:
			assert.Contains(t, out, "igrationVersion\\\"", stamps)
			assert.NotContains(t, out, `"attribute"`, stamps)
		case model == 1:
			assert.Contains(t, out, `"malformed","attribute":"second"`, "model 1 does not have it: %s", stamps)
		default:
			assert.True(t, ok, "%s: %s", stamps, out)
			assert.NotContains(t, out, `"second"`)
		}
	}
}

const summary = `{"exportedCount":1,"missingRefCount":1,"missingReferences":[{"id":"hush","type":"x"}],"excludedObjectsCount":0,"excludedObjects":[]}`

// An export ends with a summary, which is no object and no error.
func TestExports(t *testing.T) {
	exported := `{"attributes":{"owner":"me","unknown":1},"coreMigrationVersion":"8.8.0","created_at":"2026-11-30T00:00:00.000Z","id":"` + hitID + `","managed":false,"references":[],"type":"token","typeMigrationVersion":"10.1.0","version":"WzEsMV0="}`
	var out bytes.Buffer
	tally, err := jsonl.NewWorker(jsonl.Strip, types(), nil).Run(t.Context(), strings.NewReader(exported+"\n"+summary+"\n"), &out)
	require.NoError(t, err)
	assert.Equal(t, jsonl.Tally{Done: 1}, tally)
	assert.Equal(t, exported+"\n"+summary+"\n", out.String())

	for _, operation := range []jsonl.Operation{jsonl.Seal, jsonl.Open, jsonl.Strip, jsonl.Rotate} {
		assert.Equal(t, summary, done(t, operation, " "+summary+" "))
		assert.Equal(t, `{"exportedCount":0,"missingRefCount":0,"missingReferences":[]}`, done(t, operation, `{"exportedCount":0,"missingRefCount":0,"missingReferences":[]}`))
	}
	for _, other := range []string{
		strings.Replace(summary, "{", `{"type":"token",`, 1),
		strings.Replace(summary, "{", `{"attributes":{"secret":"hush"},`, 1),
		strings.Replace(summary, "{", `{"secret":"hush",`, 1),
		`{"exportedCount":1}`,
	} {
		_, ok := run(t, jsonl.Open, other)
		assert.False(t, ok, other)
	}
}

// Lines of types that the specs lack pass unchanged where that is asked for.
func TestPassUnknown(t *testing.T) {
	others := []string{
		`{"type":"dashboard","id":"x","attributes":{"title":"a"},"error":"theirs"}`,
		`{"_id":"b:task:1","_source":{"type":"task","namespace":"a","task":"none"},"fields":{}}`,
		`{ "type":"task", "id":7 }`,
	}
	failing := `{"id":"x","attributes":{}}`
	sealed := done(t, jsonl.Seal, plain)
	for _, operation := range []jsonl.Operation{jsonl.Open, jsonl.Strip, jsonl.Rotate} {
		worker := jsonl.NewWorker(operation, types(), keyring(t))
		worker.PassUnknown()
		var out bytes.Buffer
		tally, err := worker.Run(t.Context(), strings.NewReader("\ufeff"+strings.Join(append(others, failing, "nonsense", sealed), "\r\n")), &out)
		require.NoError(t, err)
		assert.Equal(t, 3, tally.Passed)
		assert.Equal(t, 2, tally.Failed)
		assert.Equal(t, others, strings.Split(out.String(), "\n")[:3])
		assert.Equal(t, []jsonl.Name{{Type: "dashboard"}, {Type: "task"}}, worker.PassedOver())
	}

	worker := jsonl.NewWorker(jsonl.Seal, types(), keyring(t))
	worker.PassUnknown()
	out, outcome := worker.Do(t.Context(), 1, []byte(`{"type":"tokn","attributes":{"secret":"hush"}}`))
	assert.Equal(t, jsonl.Failed, outcome, "what seal passes may be a secret")
	assert.NotContains(t, string(out), "hush")

	worker = jsonl.NewWorker(jsonl.Strip, types(), nil)
	worker.PassUnknown()
	for i := range 50 {
		_, outcome := worker.Do(t.Context(), 1, fmt.Appendf(nil, `{"type":"%s%d"}`, strings.Repeat("x", 10_000), i))
		assert.Equal(t, jsonl.Passed, outcome)
	}
	assert.Len(t, worker.PassedOver(), 1, "clipped, they are one")
}
