package transfer_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
	"github.com/esogen/esogen/runtime/store"
)

func put(t testing.TB, s *store.Store, d *eso.Definition, doc eso.Document) {
	t.Helper()
	require.NoError(t, store.Of(s, esotest.NewObjects(d, nil)).PutRaw(t.Context(), doc))
}

// TestImportsAtOnce imports one stream by several processes at a time: each object is
// stored once, and no import takes another one for a conflict.
func TestImportsAtOnce(t *testing.T) {
	for name, p := range places(t) {
		t.Run(name, func(t *testing.T) {
			source, _ := newStore(t, keys(t, oldKey))
			fill(t, source, keys(t, oldKey))
			stream := exported(t, source, 1)
			stores := make([]*store.Store, 4)
			for n := range stores {
				stores[n], _ = p.open(t, keys(t, newKey))
			}
			reports := make([]transfer.ImportReport, len(stores))
			var all sync.WaitGroup
			for n, s := range stores {
				all.Go(func() {
					var err error
					reports[n], err = imported(t.Context(), t, s, stream, transfer.ImportOptions{OnConflict: []store.OnConflict{store.FailOnConflict, store.SkipOnConflict, store.ReplaceOnConflict}[n%3]})
					assert.NoError(t, err)
				})
			}
			all.Wait()
			created := int64(0)
			for _, r := range reports {
				total := r.Total()
				created += total.Created
				assert.EqualValues(t, 7, total.Created+total.Before, "%+v", total)
			}
			assert.EqualValues(t, 7, created)
		})
	}
}

// TestExportBesideWriters creates, changes and deletes objects while others are exported.
func TestExportBesideWriters(t *testing.T) {
	source, db := newStore(t, keys(t, oldKey))
	d := definitions()[1]
	c := store.Of(source, esotest.NewObjects(d, nil))
	for n := range 20 {
		doc, err := d.SealJSON(t.Context(), keys(t, oldKey), eso.Ref{ID: id(2 * n)}, []byte(`{"owner":"before","secret":"hush"}`))
		require.NoError(t, err)
		put(t, source, d, doc)
	}
	var out bytes.Buffer
	w, err := transfer.NewWriter(t.Context(), &out, keys(t, transferKey), []string{"note"})
	require.NoError(t, err)
	batches := 0
	report, err := transfer.Export(t.Context(), source, definitions(), keys(t, transferKey), w, transfer.ExportOptions{Batch: 4, Progress: func(string, int64, int64, int64) {
		if batches++; batches != 1 {
			return
		}
		for _, n := range []int{0, 18} { // one that was read, and one that was not
			require.NoError(t, c.Update(t.Context(), eso.Ref{ID: id(2 * n)}, func(o *esotest.Object) error { o.Set("owner", `"after"`); return nil }))
			require.NoError(t, c.Delete(t.Context(), eso.Ref{ID: id(2 * (n + 1))}))
			doc, err := d.SealJSON(t.Context(), keys(t, oldKey), eso.Ref{ID: id(2*n + 1)}, []byte(`{"owner":"new","secret":"hush"}`))
			require.NoError(t, err)
			put(t, source, d, doc)
		}
		_, err := db.ExecContext(t.Context(), "UPDATE eso_objects SET attributes = '{' WHERE id = '"+id(20)+"'")
		require.NoError(t, err)
	}})
	require.NoError(t, err)
	total := report.Total()
	assert.Equal(t, transfer.Counts{Exported: 19, Failed: 1}, total, "19 of the 20 first ones less a broken one, and one new one")
	owners := map[string]string{}
	r, err := transfer.NewReader(t.Context(), &out, keys(t, transferKey))
	require.NoError(t, err)
	for {
		s, err := r.Next(t.Context())
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		for _, line := range s.Lines {
			if line.Object == nil {
				assert.Equal(t, transfer.Failure{Type: "note", ID: id(20), Model: 1, Reason: "malformed"}, *line.Failure)
				continue
			}
			attributes := string(line.Object.Doc.Attributes)
			owners[line.Object.Doc.Ref.ID] = attributes[:strings.Index(attributes, ",")]
		}
	}
	assert.Equal(t, `{"owner":"before"`, owners[id(0)])
	assert.Equal(t, `{"owner":"after"`, owners[id(36)])
	assert.Equal(t, `{"owner":"new"`, owners[id(37)])
	assert.Contains(t, owners, id(2), "deleted after it was read")
	assert.NotContains(t, owners, id(38), "deleted before")
	assert.NotContains(t, owners, id(1), "created behind")
	assert.Len(t, owners, 19)
}

// TestNewIDs refuses references by name, and gives the same ids each time.
func TestNewIDs(t *testing.T) {
	source, _ := newStore(t, keys(t, oldKey))
	d := definitions()[1]
	for n, parent := range []string{`"none"`, fmt.Sprintf(`[{"of":%q}]`, id(0)), fmt.Sprintf(`{%q:1}`, id(1)), fmt.Sprintf(`"see %s"`, id(0))} {
		doc, err := d.SealJSON(t.Context(), keys(t, oldKey), eso.Ref{ID: id(n)}, []byte(`{"owner":"ann","secret":"hush","parent":`+parent+`}`))
		require.NoError(t, err)
		put(t, source, d, doc)
	}
	var out bytes.Buffer
	w, err := transfer.NewWriter(t.Context(), &out, keys(t, transferKey), []string{"note"})
	require.NoError(t, err)
	_, err = transfer.Export(t.Context(), source, definitions(), keys(t, transferKey), w, transfer.ExportOptions{})
	require.NoError(t, err)
	stream := out.Bytes()

	target, _ := newStore(t, keys(t, newKey))
	kept, err := imported(t.Context(), t, target, stream, transfer.ImportOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 4, kept.Types[0].Created, "under their own ids, they are other objects")
	var maps []map[string]string
	for range 2 {
		made := map[string]string{}
		ids := &transfer.NewIDs{Map: func(old eso.Ref, id string) error { made[old.ID] = id; return nil }}
		r, err := transfer.NewReader(t.Context(), bytes.NewReader(stream), keys(t, transferKey))
		require.NoError(t, err)
		require.NoError(t, ids.Collect(t.Context(), r))
		report, err := imported(t.Context(), t, target, stream, transfer.ImportOptions{NewIDs: ids})
		require.NoError(t, err)
		total := report.Total()
		assert.EqualValues(t, 2, total.Failed)
		assert.Equal(t, []transfer.Failure{
			{Type: "note", ID: id(1), Model: 1, Attribute: "parent", Reason: "reference"},
			{Type: "note", ID: id(2), Model: 1, Attribute: "parent", Reason: "reference"},
		}, report.Failures)
		maps = append(maps, made)
	}
	assert.Len(t, maps[0], 2)
	assert.Equal(t, maps[0], maps[1])
	o, err := store.Of(target, esotest.NewObjects(d, nil)).Open(t.Context(), eso.Ref{ID: maps[0][id(0)]})
	require.NoError(t, err)
	assert.Equal(t, `"hush"`, o.Value.Text("secret"))
}

// TestExportsToOneFile has two exports write to one file. What says that it is fine is.
func TestExportsToOneFile(t *testing.T) {
	source, _ := newStore(t, keys(t, oldKey))
	fill(t, source, keys(t, oldKey))
	name := filepath.Join(t.TempDir(), "stream")
	run := func(batch int, progress func(string, int64, int64, int64)) error {
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		require.NoError(t, err)
		defer file.Close()
		w, err := transfer.Resume(t.Context(), file, keys(t, transferKey), names)
		if err != nil {
			return err
		}
		if _, err := transfer.Export(t.Context(), source, definitions(), keys(t, transferKey), w, transfer.ExportOptions{Batch: batch, Progress: progress}); err != nil {
			return err
		}
		return transfer.Verify(t.Context(), file, keys(t, transferKey), w)
	}
	failed := 0
	for outer := 1; outer <= 3; outer++ {
		for inner := 1; inner <= 3; inner++ {
			began := false
			err := run(outer, func(string, int64, int64, int64) {
				if !began {
					began = true
					assert.NoError(t, run(inner, nil), "it was whole when it ended")
				}
			})
			require.True(t, began)
			text, readErr := os.ReadFile(name)
			require.NoError(t, readErr)
			target, _ := newStore(t, keys(t, newKey))
			report, importErr := imported(t.Context(), t, target, text, transfer.ImportOptions{})
			if err == nil {
				assert.NoError(t, importErr)
				assert.True(t, report.Complete)
			} else {
				failed++
				assert.Error(t, importErr)
			}
			require.NoError(t, os.Remove(name))
		}
	}
	assert.NotZero(t, failed)
	assert.NoError(t, run(2, nil))
	assert.NoError(t, run(2, nil), "a complete one stays complete")
}
