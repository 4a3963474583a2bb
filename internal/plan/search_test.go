package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/projecttest"
	"github.com/esogen/esogen/internal/rollout"
)

// judged makes a judge of a rule about the release that runs and the new one,
// for ways that the simulator never asks for.
func judged(allowed func(running, created *definition.Type) bool) rollout.JudgeFunc {
	return func(_ context.Context, c rollout.Case) (rollout.Verdict, error) {
		v := rollout.Verdict{Complete: true}
		running := c.History[len(c.History)-1]
		if !allowed(running.Type, c.New.Type) {
			v.Findings = []rollout.Finding{{
				Promise: 1, Kind: rollout.Lost, Attribute: "owner",
				Lines: []string{fmt.Sprintf("refused: from %d/%d to %d/%d", len(running.Type.Models), running.Type.Write, len(c.New.Type.Models), c.New.Type.Write)},
			}}
		}
		return v, nil
	}
}

const threeModels = `
-- previous/thing.cue --
thing: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	models: "1": {attributes: {token: string, owner: string}, encrypted: ["token"], aad: ["owner"]}
}
-- current/thing.cue --
thing: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	models: "1": {attributes: {token: string, owner: string}, encrypted: ["token"], aad: ["owner"]}

	// The second.
	models: "2": attributes: more?: string

	// The third.
	models: "3": {
		attributes: other?: string
	}

	exposes: ["token"] // for all to see
}
`

func planOf(t *testing.T, archive string, judge rollout.JudgeFunc) (*Plan, map[string][]byte) {
	t.Helper()
	a := projecttest.Parse(archive)
	before, _ := load(t, a, "previous")
	target, texts := load(t, a, "current")
	p, err := Make(t.Context(), Case{History: []baseline.Release{{Name: "v1", Types: before}}, Target: target, Judge: judge})
	require.NoError(t, err)
	return p, texts
}

// TestTakenApart searches where a release may learn one model at a time, and
// may not write what it only just learnt.
func TestTakenApart(t *testing.T) {
	t.Parallel()
	p, texts := planOf(t, threeModels, judged(func(running, created *definition.Type) bool {
		return len(created.Models) <= len(running.Models)+1 && created.Write <= len(running.Models) && created.Write <= running.Write+1
	}))
	assert.Equal(t, "thing: knows 2 writes 1, knows 3 writes 2, knows 3 writes 3\n", summary(p))
	assert.Equal(t, []string{"without model 3", "write: 1"}, p.Types[0].Held(1))
	assert.Equal(t, "1-announce", p.Directory(1))
	assert.Equal(t, "2-announce-and-write", p.Directory(2))
	assert.Equal(t, "3-write", p.Directory(3))

	root := writeSpecs(t, texts)
	tree, err := p.Files(t.Context(), Specs{Root: root, Dir: "specs"})
	require.NoError(t, err)
	assert.Equal(t, `thing: eso.#Type & {
	namespaces: "agnostic"
	format:     "kibana"
	write:      1
	models: "1": {attributes: {token: string, owner: string}, encrypted: ["token"], aad: ["owner"]}

	// The second.
	models: "2": attributes: more?: string

	exposes: ["token"] // for all to see
}
`, strings.TrimPrefix(string(tree["1-announce/specs/thing.cue"]), "package specs\n\nimport \"github.com/esogen/esogen/eso\"\n\n"))
}

// TestSettings holds back what a normal read shows.
func TestSettings(t *testing.T) {
	t.Parallel()
	p, texts := planOf(t, threeModels, judged(func(running, created *definition.Type) bool {
		return len(created.Exposes) == 0 || running.Write == 3
	}))
	assert.Equal(t, "thing: knows 3 writes 3, knows 3 writes 3\n", summary(p))
	assert.Equal(t, []string{"exposes: []"}, p.Types[0].Held(1))
	tree, err := p.Files(t.Context(), Specs{Root: writeSpecs(t, texts), Dir: "specs"})
	require.NoError(t, err)
	assert.Contains(t, string(tree["1-write/specs/thing.cue"]), "\texposes: [] // for all to see\n")
}

// TestNoWay says where the search ended: at the step behind the farthest
// release that it reached.
func TestNoWay(t *testing.T) {
	t.Parallel()
	p, _ := planOf(t, threeModels, judged(func(_, created *definition.Type) bool { return created.Write < 3 }))
	assert.False(t, p.Possible())
	assert.Zero(t, p.Releases())
	require.Len(t, p.Types[0].Blocked, 1)
	assert.Equal(t, "refused: from 3/2 to 3/3", p.Types[0].Blocked[0].Message)
	assert.NotEmpty(t, p.Types[0].Blocked[0].Decide)
}

func TestObstacle(t *testing.T) {
	t.Parallel()
	a := projecttest.Parse(threeModels)
	target, _ := load(t, a, "current")
	obstacles := map[string][]Obstacle{"gone": {{Rule: "history/type-removed", Message: "it is gone", Decide: "put it back"}}}
	p, err := Make(t.Context(), Case{Target: target, Obstacles: obstacles})
	require.NoError(t, err)
	assert.False(t, p.Possible())
	assert.Equal(t, "gone: blocked: it is gone\nthing: knows 3 writes 3\n", summary(p))
}

func TestJudgeFails(t *testing.T) {
	t.Parallel()
	a := projecttest.Parse(threeModels)
	before, _ := load(t, a, "previous")
	target, _ := load(t, a, "current")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Make(ctx, Case{History: []baseline.Release{{Name: "v1", Types: before}}, Target: target})
	require.ErrorIs(t, err, context.Canceled)
}

// TestNotAnEdit refuses to write what an edit does not reach, and says so.
func TestNotAnEdit(t *testing.T) {
	t.Parallel()
	p, texts := planOf(t, `
-- previous/thing.cue --
thing: eso.#Type & {
	namespaces: "agnostic", format: "kibana"
	models: "1": {attributes: {token: string, owner: string}, encrypted: ["token"], aad: ["owner"]}
}
-- current/thing.cue --
let newest = 2
#Thing: eso.#Type & {
	namespaces: "agnostic", format: "kibana", write: newest
	models: "1": {attributes: {token: string, owner: string}, encrypted: ["token"], aad: ["owner"]}
	models: "2": {attributes: more?: string, aad: ["owner", "more"]}
}
thing: #Thing
`, nil)
	assert.Equal(t, 2, p.Releases())
	_, err := p.Files(t.Context(), Specs{Root: writeSpecs(t, texts), Dir: "specs"})
	var e *EditError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 1, e.Release)
	assert.Contains(t, e.Error(), "release 1 cannot be written as an edit of the specs")
}

// TestModule writes specs that lie in a CUE module, and import from it.
func TestModule(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"cue.mod/module.cue": "module: \"example.com/product\"\nlanguage: version: \"v0.15.0\"\n",
		"shared/shared.cue":  "package shared\n\n#Owner: string\n",
		"specs/thing.cue": `package specs

import (
	"example.com/product/shared"
	"github.com/esogen/esogen/eso"
)

thing: eso.#Type & {
	namespaces: "agnostic", format: "kibana"
	models: "1": {attributes: {token: string, owner: shared.#Owner}, encrypted: ["token"], aad: ["owner"]}
	models: "2": {attributes: more?: string, aad: ["owner", "more"]}
}
`,
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o666))
	}
	target := loadDir(t, root)
	before := *target[0]
	before.Models, before.Write = before.Models[:1], 1
	p, err := Make(t.Context(), Case{History: []baseline.Release{{Name: "v1", Types: []*definition.Type{&before}}}, Target: target})
	require.NoError(t, err)
	tree, err := p.Files(t.Context(), Specs{Root: root, Dir: "specs"})
	require.NoError(t, err)
	assert.Contains(t, string(tree["1-announce/specs/thing.cue"]), `format: "kibana", write: 1`+"\n")
}
