package check

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/rules.md, and the findings of the cases")

const page = "../../docs/rules.md"

// TestPage holds docs/rules.md and the catalogue together.
func TestPage(t *testing.T) {
	t.Parallel()
	text, err := Page(t.Context())
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(text), 0o644))
	}
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, text, string(written), "go test ./internal/check -update writes it anew")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		text, err := Explain(t.Context(), rule)
		require.NoError(t, err)
		assert.Contains(t, text, rule.ID)
		assert.Contains(t, text, "The way out:")
		assert.NotContains(t, text, "\n\n\n", rule.ID)
		assert.NotContains(t, text, "<no value>", rule.ID)
	}
	assert.Equal(t, "rollout/secret-stranded", Nearest("secret-stranded"))
	assert.Equal(t, "rollout/secret-stranded", Nearest("rollout/secret-strandet"))
	assert.Empty(t, Nearest("something else"))
}
