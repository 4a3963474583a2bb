package store_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/jsontest"
	"github.com/esogen/esogen/runtime/store"
)

// TestMovingAnyValue moves objects with any values there and back, in the stream: they
// come home as they left, byte for byte.
func TestMovingAnyValue(t *testing.T) {
	ctx := t.Context()
	near := newSQLite(t).open(t, keyring(t, firstKey), store.Options{})
	far := newSQLite(t).open(t, keyring(t, secondKey), store.Options{})
	van, home := keyring(t, transferKey), keyring(t, firstKey)
	number := 0
	move := func(t *rapid.T, d *eso.Definition, from, to *store.Store) {
		var stream bytes.Buffer
		w, err := transfer.NewWriter(ctx, &stream, van, []string{d.Type})
		require.NoError(t, err)
		_, err = transfer.Export(ctx, from, []*eso.Definition{d}, van, w, transfer.ExportOptions{})
		require.NoError(t, err)
		r, err := transfer.NewReader(ctx, &stream, van)
		require.NoError(t, err)
		report, err := transfer.Import(ctx, to, []*eso.Definition{d}, van, r, transfer.ImportOptions{OnConflict: store.ReplaceOnConflict})
		require.NoError(t, err)
		require.EqualValues(t, 1, report.Types[0].Created+report.Types[0].Replaced, "%v", report.Failures)
	}
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]eso.Format{eso.Native, eso.Kibana}).Draw(t, "format")
		number++
		d := *vault(format, 1, 1)
		d.Type = fmt.Sprint("vault", number) // a type for each: an export takes all of it
		attributes := fmt.Sprintf(`{"owner":%s,"title":%s,"level":1,"password":%s,"unheard":%s}`,
			jsontest.JSON(t, 2), jsontest.JSON(t, 2), jsontest.JSON(t, 3), jsontest.JSON(t, 3))
		doc, err := d.SealJSON(ctx, home, eso.Ref{ID: "x"}, []byte(attributes))
		if err != nil {
			t.Skip("not every format takes every value")
		}
		c := store.Of(near, things(&d))
		if err := c.PutRaw(ctx, doc); err != nil {
			t.Skip("nor does every type")
		}
		before, _, err := c.Raw(ctx, eso.Ref{ID: "x"})
		require.NoError(t, err)
		want, err := d.OpenJSON(ctx, home, before)
		require.NoError(t, err)
		move(t, &d, near, far)
		move(t, &d, far, near)
		after, _, err := c.Raw(ctx, eso.Ref{ID: "x"})
		require.NoError(t, err)
		got, err := d.OpenJSON(ctx, home, after)
		require.NoError(t, err)
		lines := strings.NewReplacer("\n", " ", "\r", " ") // between values
		require.Equal(t, lines.Replace(string(want)), lines.Replace(string(got)))
	})
}
