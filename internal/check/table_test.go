package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// TestTable goes through the changes of section 2.3 of the design, in both
// formats: made in one release, and announced first.
func TestTable(t *testing.T) {
	t.Parallel()
	const single = "\nnamespaces: \"single\"\n"
	const model1 = `
models: "1": {
	attributes: {owner: string, required: string, optional?: string, key: string, pin?: string, token: string}
	encrypted: ["token", "key", "pin"]
	aad: ["owner"]
}
`
	tests := map[string]struct {
		settings string
		model2   string
		broken   string // the rule in one release; "" where the change is safe at once
		native   string // the same in the native format, where it differs: a rule, or "safe"
		only     string // the one format of the row, where the other makes no sense
		asks     string // the rule that asks a person, however the change is made

		condition string // the rule that a person confirms, without which no way is safe
	}{
		"add a plain optional attribute":   {model2: `attributes: more?: string`},
		"add a plain required attribute":   {model2: `{attributes: more: string, backfill: more: "some"}`},
		"add a bound attribute":            {model2: `{attributes: more: string, backfill: more: "some", aad: ["owner", "more"]}`, broken: "rollout/aad-added-unannounced", native: "safe"},
		"add an encrypted attribute":       {model2: `{attributes: more?: string, encrypted: ["token", "key", "pin", "more"]}`, broken: "rollout/secret-stranded", native: "safe"},
		"plain to bound":                   {model2: `aad: ["owner", "required"]`, broken: "rollout/aad-added-unannounced", native: "safe"},
		"bound to plain":                   {model2: `aad: []`, broken: "rollout/aad-removed-unannounced", asks: "secret/unbound", native: "safe"},
		"plain to encrypted":               {model2: `encrypted: ["token", "key", "pin", "required"]`, broken: "rollout/encrypted-unannounced"},
		"encrypted to plain":               {model2: `encrypted: ["token", "pin"]`, broken: "rollout/decrypted-unannounced", asks: "secret/becomes-plain"},
		"encrypted to plain, optional":     {model2: `encrypted: ["token", "key"]`, broken: "rollout/decrypted-unannounced", asks: "secret/becomes-plain"},
		"remove an optional secret":        {model2: `removed: ["pin"]`, broken: "rollout/lost-on-rollback"},
		"rename an optional secret":        {model2: `renamed: {other: "pin"}`, broken: "rollout/renamed-unannounced"},
		"required to optional":             {model2: `attributes: required?: string`, broken: "rollout/required-missing"},
		"optional to required":             {model2: `{attributes: optional: string, backfill: optional: "some"}`, broken: "rollout/required-missing"},
		"remove an optional attribute":     {model2: `removed: ["optional"]`, broken: "rollout/lost-on-rollback"},
		"remove a required attribute":      {model2: `removed: ["required"]`, broken: "rollout/lost-on-rollback"},
		"rename an attribute":              {model2: `renamed: {other: "required"}`, broken: "rollout/renamed-unannounced"},
		"change the format to kibana":      {only: "native", model2: `format: "kibana"`, broken: "rollout/format-changed", condition: "history/passphrases-needed"},
		"change the format to native":      {only: "kibana", model2: `format: "native"`, broken: "rollout/format-changed"},
		"isolated to multiple":             {settings: "\nnamespaces: \"multiple-isolated\"\n", model2: `namespaces: "multiple"`},
		"multiple to agnostic":             {settings: "\nnamespaces: \"multiple\"\n", model2: `namespaces: "agnostic"`},
		"rename a bound attribute":         {model2: `renamed: {other: "owner"}`, broken: "rollout/renamed-unannounced"},
		"rename a secret":                  {model2: `renamed: {other: "key"}`, broken: "rollout/renamed-unannounced"},
		"the descriptor loses a namespace": {settings: single, model2: `namespaces: "multiple"`, broken: "rollout/descriptor-changed", condition: "history/namespace-dropped"},
	}
	spec := func(format, settings, write, model2 string) string {
		if settings == "" {
			settings = "\nnamespaces: \"agnostic\"\n"
		}
		text := "token: eso.#Type & {\nformat: \"" + format + "\"" + settings + write + model1
		if model2 != "" {
			text += "models: \"2\": " + model2 + "\n"
		}
		return text + "}\n"
	}
	for name, test := range tests {
		for _, format := range []string{"kibana", "native"} {
			if test.only != "" && test.only != format {
				continue
			}
			broken := test.broken
			if format == "native" && test.native != "" {
				broken = strings.TrimPrefix(test.native, "safe")
			}
			t.Run(name+"/"+format, func(t *testing.T) {
				t.Parallel()
				before := spec(format, test.settings, "", "")
				announced := spec(format, test.settings, "write: 1", test.model2)
				written := spec(format, test.settings, "", test.model2)

				result, err := Try(t.Context(), Example{Released: before, Change: written})
				require.NoError(t, err)
				assert.Equal(t, broken == "" && test.condition == "", result.Safe, "in one release: %s", show(result))
				assert.NotContains(t, ids(result), "rollout/bug", show(result))
				if broken != "" {
					assert.Contains(t, ids(result), broken)
				}
				for stage, pair := range [][2]string{{before, announced}, {announced, written}} {
					result, err := Try(t.Context(), Example{Released: pair[0], Change: pair[1]})
					require.NoError(t, err)
					assert.Equal(t, test.condition == "", result.Safe, "stage %d: %s", stage+1, show(result))
					assert.Equal(t, test.asks+test.condition != "", result.HasErrors(), "stage %d: %s", stage+1, show(result))
					if asks := test.asks + test.condition; asks != "" {
						assert.Equal(t, []string{asks}, ids(result, definition.Error), "stage %d", stage+1)
					}
				}
			})
		}
	}
}

// ids returns the rules of the findings, of those severities if any are given.
func ids(r Result, severities ...definition.Severity) []string {
	var list []string
	for _, f := range r.Findings {
		if len(severities) == 0 || slices.Contains(severities, f.Severity) {
			list = append(list, f.Rule)
		}
	}
	return list
}
