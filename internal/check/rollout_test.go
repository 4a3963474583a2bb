package check

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/baseline"
	"github.com/esogen/esogen/internal/definition"
	"github.com/esogen/esogen/internal/rollout"
)

// kinds returns the kinds of findings that the simulator declares.
func kinds(t *testing.T) []rollout.Kind {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "../rollout/finding.go", nil, 0)
	require.NoError(t, err)
	var found []rollout.Kind
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type == nil {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Kind" {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			require.NoError(t, err)
			found = append(found, rollout.Kind(text))
		}
		return true
	})
	require.NotEmpty(t, found)
	return found
}

// TestEveryFindingHasOneRule goes through all kinds, and all that may become of
// an attribute: exactly one rule of the table names the finding.
func TestEveryFindingHasOneRule(t *testing.T) {
	t.Parallel()
	var aspects []rollout.Aspect
	for _, role := range []definition.Role{definition.Plain, definition.Bound, definition.Encrypted} {
		for _, name := range []string{"a", "b"} {
			aspects = append(aspects, rollout.Aspect{Present: true, Name: name, Role: role})
		}
	}
	aspects = append(aspects, rollout.Aspect{})
	used := map[*Rule]bool{releasesDisagree: true} // which compares releases
	p := pairOf("token", rollout.Case{})
	for _, kind := range kinds(t) {
		for _, before := range aspects {
			for _, after := range aspects {
				f := &rollout.Finding{Kind: kind, Attribute: "a", Before: before, After: after}
				var named []string
				for _, r := range rolloutRules {
					if r.matches(&p, f) {
						named = append(named, r.ID)
						used[r] = true
					}
				}
				if assert.Len(t, named, 1, "%s: %v to %v", kind, before, after) {
					assert.Equal(t, named[0], p.ruleOf(f).ID)
				}
				faults := []rollout.Kind{rollout.DoesNotOpen, rollout.OperationFails, rollout.NotBound, rollout.SecretShown, rollout.ModelRefused}
				assert.Equal(t, slices.Contains(faults, kind), p.ruleOf(f) == bugRule, "only a fault has no name")
			}
		}
	}
	for _, r := range rolloutRules {
		assert.True(t, used[r], "nothing gives %s", r.ID)
	}
}

// TestEveryRuleHasAHandler checks that a rule and what finds it are one value:
// in one way each. The definition rules are found elsewhere: see
// TestEveryRuleIsKnown.
func TestEveryRuleHasAHandler(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		ways := 0
		for _, way := range []bool{r.ofChange != nil, r.ofProject != nil, r.confirm != nil, r.matches != nil} {
			if way {
				ways++
			}
		}
		switch r.Family() {
		case Definition:
			assert.Zero(t, ways, r.ID)
		case Rollout:
			assert.NotNil(t, r.matches, r.ID)
			assert.NotNil(t, r.fact, r.ID)
			assert.Equal(t, 1, ways, r.ID)
		default:
			assert.Equal(t, 1, ways, r.ID)
		}
	}
}

// TestBugs checks that what the simulator finds and esogen cannot explain
// fails, whatever an exception says.
func TestBugs(t *testing.T) {
	t.Parallel()
	trace := []string{"1. new creates a document", "2. it is gone"}
	tests := map[string]rollout.JudgeFunc{
		"a kind without a rule": func(context.Context, rollout.Case) (rollout.Verdict, error) {
			return rollout.Verdict{Complete: true, Findings: []rollout.Finding{{Kind: rollout.OperationFails, Lines: trace}}}, nil
		},
		"a rule without a trace": func(context.Context, rollout.Case) (rollout.Verdict, error) {
			return rollout.Verdict{Complete: true, Findings: []rollout.Finding{{Kind: rollout.Lost, Attribute: "note"}}}, nil
		},
		"a case that cannot be played": func(context.Context, rollout.Case) (rollout.Verdict, error) {
			return rollout.Verdict{}, errors.New("no definition")
		},
		"a condition that nobody asks for": func(context.Context, rollout.Case) (rollout.Verdict, error) {
			return rollout.Verdict{Complete: true, Conditions: []rollout.Condition{{Name: "new-one"}}}, nil
		},
	}
	specs, err := load(t.Context(), example(base))
	require.NoError(t, err)
	for name, judge := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := Run(t.Context(), Project{Specs: specs, Releases: []baseline.Release{{Name: "v1", Types: specs.Types}}, Judge: judge})
			require.NoError(t, err)
			require.Len(t, result.Findings, 1)
			assert.Equal(t, "rollout/bug", result.Findings[0].Rule)
			assert.False(t, result.Safe)
			assert.True(t, result.HasErrors())
		})
	}
}

// TestCancelled checks that a run that was ended is no verdict.
func TestCancelled(t *testing.T) {
	t.Parallel()
	specs, err := load(t.Context(), example(base))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, Project{Specs: specs, Releases: []baseline.Release{{Name: "v1", Types: specs.Types}}, Judge: func(ctx context.Context, _ rollout.Case) (rollout.Verdict, error) {
		return rollout.Verdict{}, ctx.Err()
	}})
	assert.ErrorIs(t, err, context.Canceled)
}

// TestPairsArePlayedOnce counts the plays: one for each way in which live
// releases have the type, whatever their number, and none for history.
func TestPairsArePlayedOnce(t *testing.T) {
	t.Parallel()
	types := func(source string) []*definition.Type {
		specs, err := load(t.Context(), source)
		require.NoError(t, err)
		return specs.Types
	}
	one, two := types(example(base)), types(example(base+`models: "2": attributes: more?: string`))
	again := types(example(base)) // equal, and another pointer
	now, err := load(t.Context(), example(base+`models: "2": attributes: more?: string`+"\n"+`models: "3": attributes: most?: string`))
	require.NoError(t, err)
	var mu sync.Mutex
	var beside []string
	result, err := Run(t.Context(), Project{Specs: now, Releases: []baseline.Release{
		{Name: "v1", Types: one, Role: baseline.Live}, {Name: "v2", Types: again, Role: baseline.Live}, {Name: "v3", Types: two, Role: baseline.History},
		{Name: "v4", Types: two, Role: baseline.Live}, {Name: "v5", Types: two, Role: baseline.Withdrawn},
	}, Judge: func(ctx context.Context, c rollout.Case) (rollout.Verdict, error) {
		mu.Lock()
		defer mu.Unlock()
		last := c.History[len(c.History)-1]
		assert.Len(t, c.History, 5, "all others left documents")
		assert.False(t, last.Withdrawn)
		for _, r := range c.History {
			assert.Equal(t, r.Name == "v5", r.Withdrawn)
		}
		beside = append(beside, last.Name)
		return rollout.Verdict{Complete: true}, nil
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{"v4", "v2"}, beside, "the newest of those that are alike")
	assert.Equal(t, []string{"v1", "v2", "v4"}, result.In(baseline.Live))
}
