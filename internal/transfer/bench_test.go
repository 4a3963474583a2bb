package transfer_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
)

// BenchmarkMoving moves 2,000 objects of the native format from SQLite to SQLite.
func BenchmarkMoving(b *testing.B) {
	const objects = 2000
	source, _ := newStore(b, keys(b, oldKey))
	d := definitions()[1]
	for n := range objects {
		doc, err := d.SealJSON(b.Context(), keys(b, oldKey), eso.Ref{ID: id(n)}, fmt.Appendf(nil, `{"owner":"ann","secret":"hush %d"}`, n))
		require.NoError(b, err)
		put(b, source, d, doc)
	}
	export := func(out io.Writer) {
		w, err := transfer.NewWriter(b.Context(), out, keys(b, transferKey), []string{"note"})
		require.NoError(b, err)
		_, err = transfer.Export(b.Context(), source, definitions(), keys(b, transferKey), w, transfer.ExportOptions{})
		require.NoError(b, err)
	}
	var stream bytes.Buffer
	export(&stream)
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			export(io.Discard)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*objects), "ns/object")
	})
	b.Run("import", func(b *testing.B) {
		target, db := newStore(b, keys(b, newKey))
		for b.Loop() {
			b.StopTimer()
			_, err := db.ExecContext(b.Context(), "DELETE FROM eso_objects; DELETE FROM eso_imports")
			require.NoError(b, err)
			b.StartTimer()
			report, err := imported(b.Context(), b, target, stream.Bytes(), transfer.ImportOptions{})
			require.NoError(b, err)
			total := report.Total()
			require.EqualValues(b, objects, total.Created)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*objects), "ns/object")
	})
}
