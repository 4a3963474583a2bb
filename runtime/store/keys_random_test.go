package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// node is a process of TestCheckKeysAtRandom.
type node struct {
	ids   []string // its keys, the primary one first
	store *store.Store
	sound bool // its last CheckKeys found nothing wrong, and it has not left
	seen  bool // it has called CheckKeys, and has not left
}

// TestCheckKeysAtRandom has processes with any keys come and go, seal, rotate, and mark
// keys. Who misses a key of an object is told, if all who seal have called CheckKeys; and
// nobody is told of a key that nothing needs.
func TestCheckKeysAtRandom(t *testing.T) {
	rings := map[string]eso.Keyring{}
	all := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(r *rapid.T) {
		db := newSQLite(t)
		d := vault(eso.Native, 1, 1)
		var nodes []*node
		under := map[string]string{} // the keys of objects, by id
		marked := map[string]store.KeyState{}
		begin := func(ids []string) *node {
			name := fmt.Sprint(ids)
			if rings[name] == nil {
				rings[name] = ringOf(t, ids...)
			}
			n := &node{ids: ids, store: db.over(t, rings[name])}
			nodes = append(nodes, n)
			return n
		}
		check := func(n *node) {
			n.store.LooksAgain()
			report, err := n.store.CheckKeys(t.Context())
			needs := map[string]bool{}
			need := func(id string) {
				if marked[id] == store.KeyLive || marked[id] == "" {
					needs[id] = true
				}
			}
			for _, id := range under {
				need(id)
			}
			for _, other := range nodes {
				if other != n && other.sound {
					need(other.ids[0])
				}
			}
			var missing, shredded []string
			for _, id := range slices.Sorted(maps.Keys(needs)) {
				if !slices.Contains(n.ids, id) {
					missing = append(missing, id)
				}
			}
			for _, id := range slices.Sorted(slices.Values(n.ids)) {
				if marked[id] == store.KeyShredded {
					shredded = append(shredded, id)
				}
			}
			require.Equal(r, missing, report.Missing)
			require.Equal(r, shredded, report.Shredded)
			require.Equal(r, marked[n.ids[0]] == store.KeyRetired, report.Retired != "")
			require.Empty(r, report.Different)
			n.seen, n.sound = true, len(missing)+len(shredded) == 0 && report.Retired == ""
			require.Equal(r, n.sound, err == nil)
		}
		check(begin(all)) // who knows all keys makes the canary
		r.Repeat(map[string]func(*rapid.T){
			"begin": func(r *rapid.T) {
				check(begin(rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, len(all), rapid.ID).Draw(r, "keys")))
			},
			"check": func(r *rapid.T) { check(rapid.SampledFrom(nodes).Draw(r, "node")) },
			"leave": func(r *rapid.T) {
				n := rapid.SampledFrom(nodes).Draw(r, "node")
				require.NoError(r, n.store.Leave(t.Context()))
				n.seen, n.sound = false, false
			},
			"seal": func(r *rapid.T) {
				n := rapid.SampledFrom(nodes).Draw(r, "node")
				if !n.seen {
					return
				}
				id := fmt.Sprint(len(under))
				_, err := store.Of(n.store, things(d)).Create(t.Context(), eso.Ref{ID: id}, newThing(map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1"}))
				require.NoError(r, err)
				under[id] = n.ids[0]
			},
			"rotate": func(r *rapid.T) {
				n := rapid.SampledFrom(nodes).Draw(r, "node")
				report, err := n.store.Rotate(t.Context(), []*eso.Definition{d}, store.JobOptions{})
				require.NoError(r, err)
				require.EqualValues(r, len(under), report.All())
				failed := int64(0)
				for id, key := range under {
					if slices.Contains(n.ids, key) {
						under[id] = n.ids[0]
					} else {
						failed++
					}
				}
				require.Equal(r, failed, report.Failed)
			},
			"mark": func(r *rapid.T) {
				id := rapid.SampledFrom(all).Draw(r, "key")
				state := rapid.SampledFrom([]store.KeyState{store.KeyLive, store.KeyRetired, store.KeyShredded}).Draw(r, "state")
				require.NoError(r, nodes[0].store.MarkKeys(t.Context(), state, id))
				marked[id] = state
			},
			"": func(r *rapid.T) {
				want := map[string]int64{}
				for _, id := range under {
					want[id]++
				}
				assert.Equal(r, want, underKeys(t, nodes[0].store, store.ScanOptions{}))
				for _, id := range all {
					lacking, err := nodes[0].store.ProcessesLacking(t.Context(), id, 0)
					require.NoError(r, err)
					sealing, err := nodes[0].store.ProcessesSealing(t.Context(), id, 0)
					require.NoError(r, err)
					for _, n := range nodes {
						if !n.seen {
							continue
						}
						if !slices.Contains(n.ids, id) {
							lacking = lacking[1:]
						}
						if n.ids[0] == id {
							sealing = sealing[1:]
						}
					}
					require.Empty(r, lacking)
					require.Empty(r, sealing)
				}
			},
		})
	})
}
