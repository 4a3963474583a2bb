package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestFindInANamespaceThatARowOnlyClaims has a row that stands in one
// namespace, where its secrets are bound to it, and claims another in the
// column by which a search is narrowed.
func TestFindInANamespaceThatARowOnlyClaims(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := exposing(format)
				c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
				for _, namespace := range []string{"a", "b"} {
					_, err := c.Create(ctx, eso.Ref{Namespace: namespace, ID: "1"}, newThing(d, map[string]string{"owner": `"ann"`, "password": `"s3cret"`}))
					require.NoError(t, err)
				}
				_, err := db.ExecContext(ctx, "UPDATE eso_objects SET namespace = 'b' WHERE scope = 'a'")
				require.NoError(t, err)
				found := 0
				for o, err := range c.Find(ctx, store.Query{Namespace: new("b")}) {
					require.NoError(t, err)
					assert.Equal(t, "b", o.Ref.Namespace, "an object of another namespace")
					found++
				}
				assert.Equal(t, 1, found)
			})
		})
	}
}
