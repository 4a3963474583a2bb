package plan

import (
	"flag"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/projecttest"
)

var updating = flag.Bool("update", false, "write the plans into the cases")

// TestCases plans the cases of testdata. Each has the specs of one release or
// more (previous, or previous-1, previous-2, …, oldest first), those as they
// stand (current), and the plan that is expected; where the edit of a release
// is worth looking at, the files that it makes (edited-1, …).
//
// What a plan says is judged again, and the files that it writes are loaded
// again.
func TestCases(t *testing.T) {
	projecttest.Each(t, "testdata/*.txtar", func(t *testing.T, c *projecttest.Case) {
		var history []baseline.Release
		for _, name := range c.Folders() {
			if strings.HasPrefix(name, "previous") {
				types, _ := load(t, c, name)
				history = append(history, baseline.Release{Name: name, Types: types})
			}
		}
		target, texts := load(t, c, "current")
		p, err := Make(t.Context(), Case{History: history, Target: target})
		require.NoError(t, err)
		got := told(p)
		if *updating {
			c.Set("plan", got)
			c.Save(t)
		}
		assert.Equal(t, string(c.Section("plan")), got)
		accepted(t, history, p)
		if p.Possible() {
			written(t, c, p, texts)
		}
	})
}

// told writes a plan as the cases expect it.
func told(p *Plan) string {
	var b strings.Builder
	prefix := func(t *Type) string {
		if len(p.Types) > 1 {
			return t.Name + ": "
		}
		return ""
	}
	for i := 1; i <= p.Releases(); i++ {
		for k := range p.Types {
			way := &p.Types[k]
			if i > len(way.Stages) {
				continue
			}
			text := "the specs unchanged"
			if held := way.Held(i); len(held) > 0 {
				text = "the specs with " + strings.Join(held, ", ")
				text = strings.Replace(text, "with without", "without", 1)
			}
			for _, c := range way.Stage(i).Conditions {
				text += "; make sure: " + c.Message
			}
			fmt.Fprintf(&b, "%srelease %d: %s\n", prefix(way), i, text)
		}
	}
	for k := range p.Types {
		for _, o := range p.Types[k].Blocked {
			fmt.Fprintf(&b, "%sno plan: %s\n    %s\n", prefix(&p.Types[k]), o.Message, o.Decide)
		}
	}
	if b.Len() == 0 {
		return "nothing to do\n"
	}
	return b.String()
}

// written checks what Files makes of a plan: it loads it itself, so what is
// left is that the last release is the current specs, that a release
// differs from them in added or changed lines of settings only, and the
// examples.
func written(t *testing.T, c *projecttest.Case, p *Plan, texts map[string][]byte) {
	tree, err := p.Files(t.Context(), Specs{Root: writeSpecs(t, texts), Dir: "specs"})
	require.NoError(t, err)
	assert.Len(t, tree, p.Releases()*len(texts))
	for i := 1; i <= p.Releases(); i++ {
		files := map[string][]byte{}
		for name := range texts {
			files[name] = tree[path.Join(p.Directory(i), "specs", name)]
			edited := fmt.Sprintf("edited-%d/%s", i, name)
			if c.Section(edited) == nil {
				continue
			}
			if *updating {
				c.Set(edited, strings.TrimPrefix(string(files[name]), projecttest.SpecHead))
				c.Save(t)
			}
			assert.Equal(t, projecttest.Spec(string(c.Section(edited))), string(files[name]), "release %d", i)
		}
		if i == p.Releases() && !p.moves() {
			assert.Equal(t, texts, files)
		}
		assertSame(t, p.Release(i), loadFiles(t, files))
	}
}

func assertSame(t *testing.T, want, got []*definition.Type) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		same, err := equal(want[i], got[i])
		require.NoError(t, err)
		assert.True(t, same, want[i].Name)
	}
}
