package plan

import (
	"fmt"
	"path"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/spec"
)

// TestKibana takes Kibana's types for a change that adds the newest model of
// each, plans it, and writes the stages: specs as people write them.
func TestKibana(t *testing.T) {
	t.Parallel()
	root := path.Join("..", "..")
	specs, err := spec.Load(t.Context(), spec.Options{Root: root})
	require.NoError(t, err)
	require.False(t, specs.HasErrors())
	var before []*definition.Type
	announced := 0
	for _, target := range specs.Types {
		if target.Retired || len(target.Models) < 2 {
			before = append(before, target)
			continue
		}
		shorter := *target
		shorter.Models = target.Models[:len(target.Models)-1]
		shorter.Write = min(target.Write, len(shorter.Models))
		shorter.Oldest = min(target.Oldest, shorter.Write)
		shorter.Exceptions = nil
		before = append(before, &shorter)
	}
	history := []baseline.Release{{Name: "v1", Types: before}}
	p, err := Make(t.Context(), Case{History: history, Target: specs.Types})
	require.NoError(t, err)
	assert.True(t, p.Possible())
	for i := range p.Types {
		announced += len(p.Types[i].Stages) - 1
	}
	assert.Positive(t, announced)
	accepted(t, history, p)
	tree, err := p.Files(t.Context(), Specs{Root: root, Dir: "specs"})
	require.NoError(t, err)
	assert.NotEmpty(t, tree)
}

// BenchmarkMake plans twenty changes among a thousand types.
func BenchmarkMake(b *testing.B) {
	one := definition.Attribute{Name: "owner", Value: definition.Value{Kind: definition.String}}
	secret := definition.Attribute{Name: "secret", Value: definition.Value{Kind: definition.String}}
	more := definition.Attribute{Name: "more", Optional: true, Value: definition.Value{Kind: definition.String}}
	first := definition.Model{Number: 1, Declared: []definition.Attribute{one, secret}, Encrypted: []string{"secret"}, AAD: []string{"owner"}}
	second := definition.Model{Number: 2, Declared: []definition.Attribute{more}, Encrypted: []string{"secret"}, AAD: []string{"owner", "more"}}
	var before, after []*definition.Type
	for i := range 1000 {
		old, now := typeOf(first), typeOf(first)
		if i%50 == 0 {
			now = typeOf(first, second)
			now.Write = 2
		}
		old.Name = fmt.Sprintf("thing%04d", i)
		now.Name = old.Name
		before, after = append(before, old), append(after, now)
	}
	history := []baseline.Release{{Name: "v1", Types: before}, {Name: "v2", Types: slices.Clone(before)}, {Name: "v3", Types: slices.Clone(before)}}
	for b.Loop() {
		p, err := Make(b.Context(), Case{History: history, Target: after})
		require.NoError(b, err)
		require.Equal(b, 2, p.Releases())
	}
}
