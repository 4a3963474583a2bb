package diff

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/projecttest"
	"github.com/esogen/esogen/internal/spec"
)

// TestWords runs testdata: each file has the specs before and after, and what
// Compare says of them.
func TestWords(t *testing.T) {
	projecttest.Each(t, "testdata/*.txtar", func(t *testing.T, c *projecttest.Case) {
		got := words(Compare(load(t, string(c.Section("before.cue"))), load(t, string(c.Section("after.cue")))))
		if os.Getenv("ESOGEN_UPDATE_DIFFS") != "" {
			c.Set("words", got)
			c.Save(t)
		}
		assert.Equal(t, string(c.Section("words")), got)
	})
}

// load reads the types of a spec whose head is left out.
func load(t *testing.T, text string) []*definition.Type {
	t.Helper()
	if text == "" {
		return nil
	}
	head := projecttest.SpecHead + "_eso: eso\n"
	specs, err := spec.Load(context.Background(), spec.Options{Root: ".", FS: fstest.MapFS{"specs/a.cue": {Data: []byte(head + text)}}})
	require.NoError(t, err)
	for _, d := range specs.Diagnostics {
		require.NotEqual(t, definition.Error, d.Severity, "%s", d)
	}
	return specs.Types
}

func words(types []Type) string {
	var b strings.Builder
	for _, t := range types {
		b.WriteString(t.Name + "\n")
		for _, c := range t.Changes {
			b.WriteString("  " + string(c.Kind) + ": " + c.Text + "\n")
		}
	}
	return b.String()
}

func TestTheSameIsNoDifference(t *testing.T) {
	t.Parallel()
	specs, err := spec.Load(t.Context(), spec.Options{Root: "../.."})
	require.NoError(t, err)
	again, err := spec.Load(t.Context(), spec.Options{Root: "../.."})
	require.NoError(t, err)
	assert.Empty(t, Compare(specs.Types, again.Types))
	assert.Len(t, Compare(nil, specs.Types), len(specs.Types))
	assert.Empty(t, Compare(nil, nil))
}

func TestHashes(t *testing.T) {
	t.Parallel()
	specs, err := spec.Load(t.Context(), spec.Options{Root: "../.."})
	require.NoError(t, err)
	one := specs.Types[:1]
	retired := *one[0]
	retired.Retired = true
	for _, c := range []struct {
		before, after         []*definition.Type
		hashBefore, hashAfter string
	}{
		{nil, one, "", one[0].Hash()},
		{one, nil, one[0].Hash(), ""},
		{one, []*definition.Type{&retired}, one[0].Hash(), ""},
	} {
		got := Compare(c.before, c.after)
		require.Len(t, got, 1)
		assert.Equal(t, c.hashBefore, got[0].Before)
		assert.Equal(t, c.hashAfter, got[0].After)
	}
}
