package keyfile

import (
	"testing"

	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// Whoever has held the keys since before another change cannot use a shredded one
// either, whether or not it was used in between.
func TestShreddedKeysHeldOverSeveralChanges(t *testing.T) {
	for _, used := range []struct{ before, between, after bool }{
		{true, false, false}, {false, true, false}, {false, false, true}, {false, true, true}, {true, true, true}, {},
	} {
		w, path := newWrapper("w"), newPath(t)
		f := newFile(t, "first")
		add(t, f, "acme/1", "acme")
		add(t, f, "kept/1", "kept")
		store(t, path, text(t, f, w))
		k := open(t, path, w)
		held := func() (acme, kept eso.Key) {
			all, err := k.Keys(t.Context())
			require.NoError(t, err)
			return all[1], all[2]
		}
		use := func(wanted bool, keys ...eso.Key) {
			for _, key := range keys {
				if wanted {
					_, err := key.MAC(t.Context(), nil)
					require.NoError(t, err)
				}
			}
		}
		acme, kept := held()
		require.Equal(t, "acme/1", acme.ID())
		use(used.before, acme, kept)
		for i := range 3 {
			if i == 1 {
				require.NoError(t, f.Rewrap())
			} else {
				add(t, f, "", "")
			}
			store(t, path, text(t, f, w))
			refresh(t, k, true)
			later, _ := held()
			use(used.between, acme, kept)
			use(used.after, later)
		}
		_, err := f.Shred("acme", shredTime)
		require.NoError(t, err)
		store(t, path, text(t, f, w))
		refresh(t, k, true)
		_, err = acme.MAC(t.Context(), nil)
		require.ErrorIs(t, err, eso.ErrShredded, "%+v", used)
		use(true, kept)
	}
}
