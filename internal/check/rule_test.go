package check

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// TestExamples holds each example to its word: the change gives exactly one
// finding, of its rule, and what to write instead gives none.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			if rule.Example.Change == "" {
				t.Skip("no example")
			}
			result, err := Try(t.Context(), rule.Example)
			require.NoError(t, err)
			require.Len(t, result.Findings, 1, "%s", show(result))
			found := result.Findings[0]
			assert.Equal(t, rule.ID, found.Rule, "%s", show(result))
			assert.Equal(t, rule.Severity, found.Severity)
			assert.Equal(t, rule.Severity == definition.Warning || rule.Safe, result.Safe)
			if rule.Family() == Rollout {
				assert.NotEmpty(t, found.Trace)
			}
			t.Log(show(result))

			if rule.Example.Instead == "" {
				return
			}
			result, err = try(t.Context(), rule.Example.Released, rule.Example.Instead)
			require.NoError(t, err)
			assert.Empty(t, result.Findings, "%s", show(result))
			assert.True(t, result.Safe)
		})
	}
}

func show(r Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString("\n" + f.File + ": " + f.Rule + ": " + f.Message + "\n\t" + f.Hint + "\n\t" + strings.Join(f.Trace, "\n\t"))
	}
	return b.String()
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, rule := range Rules() {
		assert.False(t, ids[rule.ID], "%s is there twice", rule.ID)
		ids[rule.ID] = true
		assert.Regexp(t, regexp.MustCompile(`^(definition|history|rollout|secret)/[a-z][a-z-]*[a-z]$`), rule.ID)
		assert.Contains(t, Families(), rule.Family())
		assert.Contains(t, []definition.Severity{definition.Error, definition.Warning}, rule.Severity)
		assert.NotEmpty(t, rule.Purpose, rule.ID)
		assert.NotEmpty(t, rule.Why, rule.ID)
		assert.NotEmpty(t, rule.WayOut, rule.ID)
		assert.False(t, strings.HasSuffix(rule.Purpose, "."), rule.ID)
	}
}
