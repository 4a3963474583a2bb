// Package specs_test holds the specs to the facts about Kibana's own
// registrations: the definition hash that Kibana pins for each type.
package specs_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/spec"
)

// load reads the specs of a project, which have neither errors nor warnings.
func load(t *testing.T, root string) *spec.Specs {
	t.Helper()
	specs, err := spec.Load(context.Background(), spec.Options{Root: root})
	require.NoError(t, err)
	require.Empty(t, specs.Diagnostics, "what Kibana does all the same is an exception in the spec")
	return specs
}

// hashes returns what `esogen hash` prints, from the specs of a project.
func hashes(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	for _, declared := range load(t, root).Types {
		if !declared.Retired {
			b.WriteString(declared.Name + " " + declared.Hash() + "\n")
		}
	}
	return b.String()
}

// published returns the registered hashes, a line each.
func published(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

func TestHashesAreThoseThatKibanaPins(t *testing.T) {
	assert.Equal(t, published(t, "registered.txt"), hashes(t, ".."))
}

func TestHistoryHasTheHashesOfItsTime(t *testing.T) {
	older := published(t, "registered_before.txt")
	for _, name := range []string{"api_key_pending_invalidation", "connector_token"} {
		t.Run(name, func(t *testing.T) {
			got := hashes(t, filepath.Join("..", "testdata", "history", name))
			assert.Contains(t, older, got)
			assert.Equal(t, 1, strings.Count(got, "\n"))
		})
	}
}

// Kibana's hash is about the newest model, so announcing the model changes it,
// and writing the model does not.
func TestAnnouncingChangesTheHash(t *testing.T) {
	announced := hashes(t, filepath.Join("..", "testdata", "history", "connector_token_announced"))
	assert.Contains(t, published(t, "registered.txt"), announced)
	assert.NotEqual(t, hashes(t, filepath.Join("..", "testdata", "history", "connector_token")), announced)
}

func TestEveryNameOfASetIsAnAttributeOfItsModel(t *testing.T) {
	for _, declared := range load(t, "..").Types {
		for _, model := range declared.Models {
			for _, name := range append(append([]string(nil), model.Encrypted...), model.AAD...) {
				assert.NotNil(t, model.Attribute(name), "%s: model %d lacks %q", declared.Name, model.Number, name)
			}
		}
	}
}

func TestEveryAttributeIsDocumented(t *testing.T) {
	for _, declared := range load(t, "..").Types {
		assert.NotEmpty(t, declared.Doc, declared.Name)
		for _, a := range declared.Newest().Attributes {
			assert.NotEmpty(t, a.Doc, "%s: %s", declared.Name, a.Name)
			assert.NotContains(t, a.Doc, "guessed", "%s: a remark about the spec is no documentation", declared.Name)
		}
	}
}
