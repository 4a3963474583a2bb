package baseline

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/definition"
)

// BenchmarkLedger reads ten releases of a thousand types, of which each
// release changed twenty.
func BenchmarkLedger(b *testing.B) {
	root := b.TempDir()
	changed := make([]int, 1000)
	for release := range 10 {
		var types []*definition.Type
		for i := range changed {
			if i/20 == release {
				changed[i]++
			}
			t := token(fmt.Sprintf("Changed %d times.", changed[i]), 3)
			t.Name = fmt.Sprintf("token%04d", i)
			t.Label = t.Name
			types = append(types, t)
		}
		recordIn(b, root, fmt.Sprintf("v%d", release), release+1, types...)
	}
	for b.Loop() {
		entries, err := Ledger(b.Context(), in(root))
		require.NoError(b, err)
		require.Len(b, entries, 10)
	}
}
