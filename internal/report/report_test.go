package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/check"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

var update = flag.Bool("update", false, "write the outputs of testdata")

// results are what the formats are tried on. The names are hostile: a spec may
// name an attribute as it likes.
func results() map[string]check.Result {
	hostile := "a,b:c%d\n::error::x|<b>`\x1b[31m\"@all"
	return map[string]check.Result{
		"nothing": {Safe: true, Types: 11},
		"quiet":   {Safe: true, Types: 1, Baselines: []check.Baseline{{Name: "v0", Role: baseline.History}, {Name: "v0.1", Role: baseline.History}, {Name: "v1", Role: baseline.Live}}},
		"rings": {Safe: true, Types: 3, Baselines: []check.Baseline{
			{Name: "v1", Role: baseline.Live}, {Name: "v2", Role: baseline.History}, {Name: "v3", Role: baseline.Live}, {Name: "v4", Role: baseline.Withdrawn},
		}},
		"nothing live": {Safe: true, Types: 3, Baselines: []check.Baseline{{Name: "v4", Role: baseline.Withdrawn}}},
		"ledger gone": {Types: 3, Findings: []check.Finding{{
			Rule: "history/ledger-rewritten", Severity: definition.Error, Message: `the ledger is gone, and "main" has 6 releases in it`, Hint: "put it back",
			File: "golden/releases", Trace: []string{}, Docs: check.Lookup("history/ledger-rewritten").Docs(),
		}}},
		"findings": {
			Types: 2, Baselines: []check.Baseline{{Name: "v1", Role: baseline.History}, {Name: "v2", Role: baseline.Live}},
			Accepted: []check.Accepted{{
				Finding: check.Finding{
					Rule: "secret/unbound", Severity: definition.Error, Type: "token", Attribute: hostile, Model: 2, Message: "about " + hostile, Hint: hostile,
					File: "specs/specs.cue", Line: 30, Column: 3, Baseline: "v2", Trace: []string{"1. " + hostile}, Docs: check.Lookup("secret/unbound").Docs(),
				},
				Reason: "tokens move\n" + hostile,
			}},
			Findings: []check.Finding{
				{
					Rule: "history/type-removed", Severity: definition.Error, Type: "gone", Message: `release "v2" has the type "gone", and the specs do not`,
					Hint: "write gone: eso.#Type & {retired: true}", Baseline: "v2", Trace: []string{}, Docs: check.Lookup("history/type-removed").Docs(),
				},
				{
					Rule: "rollout/aad-added-unannounced", Severity: definition.Error, Type: "token", Attribute: "scope", Model: 2,
					Message: `model 2 binds "scope", and release "v2" does not know it`, Hint: "announce model 2 first",
					File: "specs/my token.cue", Line: 13, Column: 58, Baseline: "v2",
					Trace: []string{"1. new creates a document of model 2", "2. v2 opens it", "promise 1 is broken for v2"}, Docs: check.Lookup("rollout/aad-added-unannounced").Docs(),
				},
				{
					Rule: "definition/optional-bound", Severity: definition.Warning, Type: "token", Attribute: hostile, Model: 1, Message: "about " + hostile, Hint: hostile,
					File: "specs/specs.cue", Line: 9, Column: 3, Trace: []string{hostile}, Docs: check.Lookup("definition/optional-bound").Docs(),
				},
			},
			Exceptions: []check.Exception{{
				Exception: definition.Exception{Rule: "secret/unbound", Attribute: "owner", Reason: "tokens move\n\x1b[31mbetween owners", Until: "2027-03-01"},
				Type:      "token", Position: spec.Position{File: "specs/specs.cue", Line: 20, Column: 2}, Accepted: 1,
			}, {
				Exception: definition.Exception{Rule: "rollout/lost-on-rollback", Attribute: "note", Model: 2, Reason: "nobody reads it"},
				Type:      "token", Position: spec.Position{File: "specs/specs.cue", Line: 21, Column: 2},
			}},
		},
	}
}

// TestFormats compares each format with a file of testdata.
func TestFormats(t *testing.T) {
	t.Parallel()
	for name, result := range results() {
		for _, format := range Formats() {
			if format == "sarif" {
				continue // it has the whole catalogue in it, and a schema
			}
			t.Run(name+"/"+format, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				require.NoError(t, Write(&out, format, &result, Options{Specs: "specs"}))
				file := "testdata/" + strings.ReplaceAll(name, " ", "_") + "." + format
				if *update {
					require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
					return
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.Equal(t, string(want), out.String())
				assert.NotContains(t, out.String(), "\x1b", "nothing of a spec reaches a terminal as it is")
			})
		}
	}
	assert.Error(t, Write(&bytes.Buffer{}, "yaml", &check.Result{}, Options{}))
}

func TestColours(t *testing.T) {
	t.Parallel()
	r := results()["findings"]
	var out bytes.Buffer
	require.NoError(t, Write(&out, "text", &r, Options{Colours: true}))
	assert.Contains(t, out.String(), "\x1b[31merror:\x1b[0m")
	assert.Contains(t, out.String(), "\x1b[33mwarning:\x1b[0m")
}

// TestJSONKeys checks that the object has exactly its keys.
func TestJSONKeys(t *testing.T) {
	t.Parallel()
	for name, r := range results() {
		var out bytes.Buffer
		require.NoError(t, Write(&out, "json", &r, Options{}))
		decoder := json.NewDecoder(&out)
		var object map[string]json.RawMessage
		require.NoError(t, decoder.Decode(&object))
		assert.False(t, decoder.More(), "one object")
		require.Len(t, object, 4, name)
		assert.Contains(t, []string{"true", "false"}, string(object["safe"]))
		var baselines []check.Baseline
		require.NoError(t, json.Unmarshal(object["baselines"], &baselines))
		assert.Equal(t, append([]check.Baseline{}, r.Baselines...), baselines, "empty, and not null")
		var findings []map[string]any
		require.NoError(t, json.Unmarshal(object["findings"], &findings))
		assert.NotNil(t, findings)
		var accepted []struct {
			Finding map[string]any
			Reason  string
		}
		require.NoError(t, json.Unmarshal(object["accepted"], &accepted))
		assert.NotNil(t, accepted)
		require.Len(t, accepted, len(r.Accepted))
		for i, a := range accepted {
			assert.Equal(t, r.Accepted[i].Reason, a.Reason)
			findings = append(findings, a.Finding)
		}
		for _, f := range findings {
			require.Len(t, f, 13)
			for _, key := range strings.Fields("rule severity type attribute model message hint file line column baseline trace docs") {
				assert.NotNil(t, f[key], key)
			}
		}
	}
}

// TestJUnitIsXML checks that the report can be read, whatever is in it.
func TestJUnitIsXML(t *testing.T) {
	t.Parallel()
	r := results()["findings"]
	var out bytes.Buffer
	require.NoError(t, Write(&out, "junit", &r, Options{}))
	var suites junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &suites))
	assert.Equal(t, 4, suites.Tests)
	assert.Equal(t, 2, suites.Failures)
	assert.Equal(t, 1, suites.Skipped)
}

// TestGitHubIsOneLineEach checks that no text ends a workflow command or begins
// another one.
func TestGitHubIsOneLineEach(t *testing.T) {
	t.Parallel()
	r := results()["findings"]
	var out bytes.Buffer
	require.NoError(t, Write(&out, "github", &r, Options{}))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 5)
	for _, line := range lines {
		assert.Regexp(t, `^::(error|warning|notice) `, line)
	}
}
