package rollout

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTrace pins the words of a trace: it is read on its own.
func TestTrace(t *testing.T) {
	t.Parallel()
	v := verdict(t, oneStep(model("token", "owner", "token", "owner"), model("token key", "owner", "key?")))
	require.NotEmpty(t, v.Findings)
	assert.Equal(t, strings.Split(strings.TrimSpace(`
1. new creates a document of model 2 with key, owner, token; it seals key, token, bound to owner
2. v1 (running) updates it: sets owner to "value 2"; it does not know model 2 and goes by model 1; it seals token, bound to owner, and leaves key as it was
3. new opens it; it expects key, token to be sealed, bound to owner
promise 1 is broken for new (every document opens): "key": it is bound to owner, and was not sealed again when that changed
`), "\n"), v.Findings[0].Lines)
}

// TestSameAnswer judges a case several times at once: the verdict is the same.
func TestSameAnswer(t *testing.T) {
	t.Parallel()
	c := oneStep(connectorToken())
	first := dump(verdict(t, c))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			v, err := Judge(t.Context(), c)
			assert.NoError(t, err)
			assert.Equal(t, first, dump(v))
		})
	}
	wait.Wait()
}

// TestBound: a search that a bound ends says so, and twice the bound finds no
// more in a case that it does not end.
func TestBound(t *testing.T) {
	t.Parallel()
	c := stages(connectorToken())[1]
	v, err := judge(t.Context(), c, options{together: together, moves: 20, reduce: true})
	require.NoError(t, err)
	assert.False(t, v.Complete)
	for _, c := range append(stages(connectorToken()), oneStep(connectorToken())) {
		one, err := judge(t.Context(), c, options{together: together, moves: MaxMoves})
		require.NoError(t, err)
		two, err := judge(t.Context(), c, options{together: together, moves: 2 * MaxMoves})
		require.NoError(t, err)
		assert.True(t, one.Complete)
		assert.Equal(t, dump(one), dump(two))
		assert.Less(t, one.Moves, MaxMoves/10)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Judge(ctx, oneStep(connectorToken()))
	require.ErrorIs(t, err, context.Canceled)
}

// TestBoundOfDocuments checks that the bound holds for the first documents of a
// search too. There may be very many.
func TestBoundOfDocuments(t *testing.T) {
	t.Parallel()
	var declarations, secrets []string
	for i := range 40 {
		declarations = append(declarations, fmt.Sprintf("a%d?:string|null", i))
		secrets = append(secrets, fmt.Sprint("a", i))
	}
	before := model("token", "owner", append(declarations, "token", "owner")...)
	after := model("token "+strings.Join(secrets, " "), "owner")
	for _, c := range append(stages(before, after), oneStep(before, after)) {
		v, err := judge(t.Context(), c, options{together: together, moves: 500}) // all 3^40 documents
		require.NoError(t, err)
		assert.False(t, v.Complete)
		assert.Less(t, v.Moves, 1000)
		assert.Contains(t, summary(v), `0 undecided "" new`)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = judge(ctx, c, options{together: together, moves: MaxMoves})
		require.ErrorIs(t, err, context.Canceled)
	}
}
