package eso

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table of docs/security.md is that of the tests.
func TestAttackTableOfThePage(t *testing.T) {
	text, err := os.ReadFile("../docs/security.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n|---|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	shown := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		require.Len(t, cells, 4, line)
		played, found := attacks[cells[0]]
		if !assert.True(t, found, "nobody plays %q", cells[0]) {
			continue
		}
		assert.Equal(t, []string{string(played.native), string(played.kibana)}, cells[1:3], cells[0])
		assert.False(t, shown[cells[0]], "%q twice", cells[0])
		shown[cells[0]] = true
	}
	for name := range attacks {
		assert.True(t, shown[name], "%q is not on the page", name)
	}
}
