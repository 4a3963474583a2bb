package plan

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
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
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			var history []baseline.Release
			for _, name := range releasesOf(archive) {
				types, _ := load(t, archive, name)
				history = append(history, baseline.Release{Name: name, Types: types})
			}
			target, texts := load(t, archive, "current")
			p, err := Make(t.Context(), Case{History: history, Target: target})
			require.NoError(t, err)
			got := told(p)
			if *updating {
				update(t, file, archive, got)
			}
			assert.Equal(t, string(section(archive, "plan")), got)
			accepted(t, history, p)
			if p.Possible() {
				written(t, archive, p, texts)
			}
		})
	}
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
func written(t *testing.T, archive *txtar.Archive, p *Plan, texts map[string][]byte) {
	tree, err := p.Files(t.Context(), Specs{Root: writeSpecs(t, texts), Dir: "specs"})
	require.NoError(t, err)
	assert.Len(t, tree, p.Releases()*len(texts))
	for i := 1; i <= p.Releases(); i++ {
		files := map[string][]byte{}
		for name := range texts {
			files[name] = tree[path.Join(p.Directory(i), "specs", name)]
			if want := section(archive, fmt.Sprintf("edited-%d/%s", i, name)); want != nil {
				if *updating {
					want = updateEdited(t, archive, fmt.Sprintf("edited-%d/%s", i, name), files[name])
				}
				assert.Equal(t, string(complete(want)), string(files[name]), "release %d", i)
			}
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

func releasesOf(archive *txtar.Archive) []string {
	found := map[string]bool{}
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "previous") {
			found[path.Dir(f.Name)] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func section(archive *txtar.Archive, name string) []byte {
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// updateEdited puts a file of a stage into a case, without what complete adds.
func updateEdited(t *testing.T, archive *txtar.Archive, name string, text []byte) []byte {
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			archive.Files[i].Data = bytes.TrimPrefix(text, complete(nil))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join("testdata", filepath.Base(t.Name())+".txtar"), txtar.Format(archive), 0o666))
	return text
}

func update(t *testing.T, file string, archive *txtar.Archive, got string) {
	for i := range archive.Files {
		if archive.Files[i].Name == "plan" {
			archive.Files[i].Data = []byte(got)
		}
	}
	require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o666))
}
