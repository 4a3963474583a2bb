package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestFindInANamespaceThatARowOnlyClaims has rows that stand in one namespace,
// which their secrets are bound to, and claim another in the column beside: a
// search in a namespace shows its own objects, all of them, and no others.
func TestFindInANamespaceThatARowOnlyClaims(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		t.Run(string(format), func(t *testing.T) {
			overDatabases(t, func(t *testing.T, db database) {
				ctx := t.Context()
				d := exposing(format)
				c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
				namespaces := []string{"", "a", "b"}
				for _, namespace := range namespaces {
					_, err := c.Create(ctx, eso.Ref{Namespace: namespace, ID: "1"}, newThing(d, map[string]string{"owner": `"ann"`, "password": `"s3cret"`}))
					require.NoError(t, err)
				}
				for _, claimed := range namespaces {
					_, err := db.ExecContext(ctx, "UPDATE eso_objects SET namespace = '"+claimed+"'")
					require.NoError(t, err)
					for _, namespace := range namespaces {
						var found []eso.Ref
						for o, err := range c.Find(ctx, store.Query{Namespace: &namespace}) {
							require.NoError(t, err)
							require.NoError(t, o.Problem)
							found = append(found, o.Ref)
						}
						assert.Equal(t, []eso.Ref{{Namespace: namespace, Type: d.Type, ID: "1"}}, found, "%q, where all rows claim %q", namespace, claimed)
					}
				}
			})
		})
	}
}
