package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/definition"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
)

// watched counts how often operations refuse a document as planted, whatever the
// simulator makes of it.
type watched struct {
	operations
	planted *atomic.Int64
}

func (w watched) see(err error) {
	if errors.Is(err, eso.ErrPlanted) {
		w.planted.Add(1)
	}
}

func (w watched) open(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
	o, err := w.operations.open(ctx, keys, doc)
	w.see(err)
	return o, err
}

func (w watched) read(ctx context.Context, keys eso.Keyring, doc eso.Document) (*esotest.Object, error) {
	o, err := w.operations.read(ctx, keys, doc)
	w.see(err)
	return o, err
}

func (w watched) update(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error) {
	doc, err := w.operations.update(ctx, keys, doc, c)
	w.see(err)
	return doc, err
}

func (w watched) patch(ctx context.Context, keys eso.Keyring, doc eso.Document, c change) (eso.Document, error) {
	doc, err := w.operations.patch(ctx, keys, doc, c)
	w.see(err)
	return doc, err
}

func (w watched) migrate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	doc, err := w.operations.migrate(ctx, keys, doc)
	w.see(err)
	return doc, err
}

func (w watched) rotate(ctx context.Context, keys eso.Keyring, doc eso.Document) (eso.Document, error) {
	doc, err := w.operations.rotate(ctx, keys, doc)
	w.see(err)
	return doc, err
}

// plants plays a case, and returns how often an operation met a planted document.
// fault, if it is not nil, is put under the operations.
func plants(ctx context.Context, t require.TestingT, c Case, fault func(operations) operations) (Verdict, int64) {
	var planted atomic.Int64
	v, err := judge(ctx, c, options{together: together, moves: MaxMoves, reduce: true, wrap: func(o operations) operations {
		if fault != nil {
			o = fault(o)
		}
		return watched{o, &planted}
	}})
	require.NoError(t, err)
	return v, planted.Load()
}

// TestPlantedInTable: no accepted rollout makes a document that the runtime
// refuses as planted, and no change of the table that was announced first.
func TestPlantedInTable(t *testing.T) {
	t.Parallel()
	accepted := 0
	for _, r := range table() {
		for _, f := range []definition.Format{definition.Kibana, definition.Native} {
			before, after, _ := r.in(f)
			for i, c := range append(stages(before, after), oneStep(before, after)) {
				v, planted := plants(t.Context(), t, c, nil)
				if v.Safe() {
					accepted++
					assert.Zero(t, planted, "%s, %s, case %d", r.name, f, i)
				}
			}
		}
	}
	assert.Greater(t, accepted, 2*2*len(table())-1)
}

// TestPlantedAtRandom is the same over random histories.
func TestPlantedAtRandom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := drawModel(t, 3)
		second := drawNext(t, typeOf(1, first), 2)
		third := drawNext(t, typeOf(2, first, second), 2)
		mustBeValid(t, typeOf(3, first, second, third))
		all := []definition.Model{first, second, third}
		var releases []Release
		for knows, write := 1, 1; write <= 3; { // each release announces a model, or writes one, or both
			releases = append(releases, Release{Type: typeOf(write, all[:knows]...)})
			switch step := rapid.IntRange(0, 2).Draw(t, "step"); {
			case step == 0 && knows < 3:
				knows++
			case step == 1 && write < knows:
				write++
			default:
				write++
				knows = max(knows, min(write, 3))
			}
		}
		for i := 1; i < len(releases); i++ {
			v, planted := plants(t.Context(), t, Case{History: releases[:i], New: releases[i]}, nil)
			if !v.Safe() {
				return // what comes after it is its consequence
			}
			assert.Zero(t, planted)
		}
	})
}

// TestPlantedByFault: a release that stores what only a later model has, and
// binds or encrypts there, is found.
func TestPlantedByFault(t *testing.T) {
	t.Parallel()
	for _, after := range []definition.Model{model("token", "owner more", "more?"), model("token more", "owner", "more?")} {
		after = with(after, inFormat(definition.Native))
		c := stages(with(model("token", "owner", "token", "owner", "note"), inFormat(definition.Native)), after)[1]
		v, planted := plants(t.Context(), t, c, nil)
		assert.Empty(t, dump(v))
		assert.Zero(t, planted)
		v, planted = plants(t.Context(), t, c, func(o operations) operations {
			if fieldOf(o, "more") >= 0 {
				return o
			}
			return faulty{operations: o, onCreate: func(doc eso.Document) eso.Document {
				return edit(doc, func(now map[string]json.RawMessage) { now["more"] = json.RawMessage(`"planted"`) })
			}}
		})
		assert.NotZero(t, planted)
		assert.Contains(t, summary(v), `1 planted "more" new`)
		assert.False(t, v.Safe())
	}
}
