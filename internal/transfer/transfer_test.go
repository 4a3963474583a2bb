package transfer_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
	"github.com/esogen/esogen/runtime/store"
)

const (
	oldKey      = "the passphrase of the old installation"
	newKey      = "the passphrase of the new installation"
	transferKey = "the passphrase of the removal firm's van"
)

// keys returns a keyring. Each is made once: that takes a while.
func keys(t testing.TB, primary string, others ...string) eso.Keyring {
	t.Helper()
	name := strings.Join(append([]string{primary}, others...), "\n")
	made, _ := keyrings.LoadOrStore(name, sync.OnceValues(func() (eso.Keyring, error) { return eso.NewKeyring(primary, others...) }))
	k, err := made.(func() (eso.Keyring, error))()
	require.NoError(t, err)
	return k
}

var keyrings sync.Map

// definitions are a type of random ids and one of ids that mean something.
func definitions() []*eso.Definition {
	of := func(name string, random bool, kind eso.Namespaces) *eso.Definition {
		return &eso.Definition{Type: name, RandomID: random, Write: 1, Models: []eso.Model{{
			Format: eso.Native, Namespaces: kind,
			Attributes: []eso.Attribute{{Name: "owner"}, {Name: "parent", Optional: true}, {Name: "secret", Optional: true}},
			Encrypted:  []string{"secret"}, AAD: []string{"owner"},
		}}}
	}
	return []*eso.Definition{of("account", false, eso.Agnostic), of("note", true, eso.Single)}
}

func newStore(t testing.TB, k eso.Keyring) (*store.Store, *sql.DB) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "objects.db")+"?_pragma=synchronous(OFF)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	s, err := store.New(db, store.SQLite, k, store.Options{})
	require.NoError(t, err)
	require.NoError(t, s.CreateSchema(t.Context()))
	return s, db
}

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// fill creates three accounts and four notes.
func fill(t testing.TB, s *store.Store, k eso.Keyring) {
	t.Helper()
	create := func(d *eso.Definition, ref eso.Ref, n int) {
		doc, err := d.SealJSON(t.Context(), k, ref, fmt.Appendf(nil, `{"owner":"<ann>","secret":["hush %d", 1e400],"unheard":[1.0,
 9007199254740993]}`, n))
		require.NoError(t, err)
		err = store.Of(s, esotest.NewObjects(d, nil)).PutRaw(t.Context(), doc)
		require.NoError(t, err)
	}
	for n := range 3 {
		create(definitions()[0], eso.Ref{ID: fmt.Sprint("account ", n)}, n)
	}
	for n := range 4 {
		create(definitions()[1], eso.Ref{ID: id(n), Namespace: []string{"", "lab"}[n%2]}, n)
	}
}

var names = []string{"account", "note"}

// exported returns the stream of a store.
func exported(t testing.TB, s *store.Store, batch int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := transfer.NewWriter(t.Context(), &out, keys(t, transferKey), names)
	require.NoError(t, err)
	report, err := transfer.Export(t.Context(), s, definitions(), keys(t, transferKey), w, transfer.ExportOptions{Batch: batch})
	require.NoError(t, err)
	total := report.Total()
	require.EqualValues(t, 7, total.Exported)
	return out.Bytes()
}

func imported(ctx context.Context, t testing.TB, s *store.Store, stream []byte, o transfer.ImportOptions) (transfer.ImportReport, error) {
	t.Helper()
	r, err := transfer.NewReader(ctx, bytes.NewReader(stream), keys(t, transferKey))
	if err != nil {
		return transfer.ImportReport{}, err
	}
	return transfer.Import(ctx, s, definitions(), keys(t, transferKey), r, o)
}

// plain returns all objects of a store with their secrets.
func plain(t testing.TB, s *store.Store, k eso.Keyring) string {
	t.Helper()
	var all strings.Builder
	for _, d := range definitions() {
		for e, err := range s.Export(t.Context(), d, k, store.ExportOptions{}) {
			require.NoError(t, err)
			require.NoError(t, e.Err)
			text, err := d.OpenJSON(t.Context(), k, e.Doc)
			require.NoError(t, err)
			fmt.Fprintf(&all, "%s %q %q %d %s\n", d.Type, e.Doc.Ref.Namespace, e.Doc.Ref.ID, e.Doc.Model, text)
		}
	}
	return all.String()
}

func TestMoving(t *testing.T) {
	source, _ := newStore(t, keys(t, oldKey))
	fill(t, source, keys(t, oldKey))
	stream := exported(t, source, 3)
	assert.NotContains(t, string(stream), "hush")
	for line := range strings.Lines(string(stream)) {
		assert.True(t, strings.HasSuffix(line, "}\n"), line)
	}

	target, _ := newStore(t, keys(t, newKey))
	report, err := imported(t.Context(), t, target, stream, transfer.ImportOptions{})
	require.NoError(t, err)
	assert.True(t, report.Complete)
	assert.Equal(t, []*transfer.Imported{{Type: "account", Created: 3}, {Type: "note", Created: 4}}, report.Types)
	assert.Equal(t, []*transfer.Counts{{Type: "account", Exported: 3}, {Type: "note", Exported: 4}}, report.Export)
	want := strings.ReplaceAll(plain(t, source, keys(t, oldKey)), "1.0,\n", "1.0, ")
	assert.Equal(t, want, plain(t, target, keys(t, newKey)), "byte for byte, but for line ends between values")

	again, err := imported(t.Context(), t, target, stream, transfer.ImportOptions{})
	require.NoError(t, err)
	total := again.Total()
	assert.EqualValues(t, 7, total.Before)
	assert.EqualValues(t, 7, total.All())
}

// skipped reports whether a byte is not tried: with -short, one of 47 is.
func skipped(n int) bool { return testing.Short() && n%47 != 0 }

// TestEveryByte cuts a stream off at every byte. It then is no complete one for an import,
// and what the export resumes has every object once.
func TestEveryByte(t *testing.T) {
	source, _ := newStore(t, keys(t, oldKey))
	fill(t, source, keys(t, oldKey))
	stream := exported(t, source, 2)
	target, db := newStore(t, keys(t, newKey))
	want := strings.ReplaceAll(plain(t, source, keys(t, oldKey)), "1.0,\n", "1.0, ")
	name := filepath.Join(t.TempDir(), "stream")
	for n := range len(stream) {
		if skipped(n) {
			continue
		}
		require.NoError(t, os.WriteFile(name, stream[:n], 0o600))
		each := n%41 == 0 || testing.Short() || n > len(stream)-3
		before := int64(0)
		if each {
			_, err := db.ExecContext(t.Context(), "DELETE FROM eso_objects; DELETE FROM eso_imports")
			require.NoError(t, err)
			report, err := imported(t.Context(), t, target, stream[:n], transfer.ImportOptions{})
			require.ErrorIs(t, err, transfer.ErrIncomplete, "%d bytes", n)
			assert.False(t, report.Complete)
			total := report.Total()
			before = total.Created
		}
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		require.NoError(t, err)
		w, err := transfer.Resume(t.Context(), file, keys(t, transferKey), names)
		require.NoError(t, err, "%d bytes", n)
		assert.False(t, w.Complete())
		report, err := transfer.Export(t.Context(), source, definitions(), keys(t, transferKey), w, transfer.ExportOptions{Batch: 2})
		require.NoError(t, err, "%d bytes", n)
		require.NoError(t, file.Close())
		require.Equal(t, []*transfer.Counts{{Type: "account", Exported: 3}, {Type: "note", Exported: 4}}, report.Counts, "%d bytes", n)

		resumed, err := os.ReadFile(name)
		require.NoError(t, err)
		r, err := transfer.NewReader(t.Context(), bytes.NewReader(resumed), keys(t, transferKey))
		require.NoError(t, err)
		objects := map[string]int{}
		for {
			s, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			require.NoError(t, err, "%d bytes", n)
			for _, line := range s.Lines {
				objects[line.Object.Doc.Ref.ID]++
			}
		}
		require.Len(t, objects, 7)
		if each {
			report, err := imported(t.Context(), t, target, resumed, transfer.ImportOptions{})
			require.NoError(t, err, "%d bytes", n)
			total := report.Total()
			assert.Equal(t, transfer.Imported{Before: before, Created: 7 - before}, total, "%d bytes", n)
			require.Equal(t, want, plain(t, target, keys(t, newKey)), "%d bytes", n)
		}
	}

	require.NoError(t, os.WriteFile(name, stream, 0o600))
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	w, err := transfer.Resume(t.Context(), file, keys(t, transferKey), names)
	require.NoError(t, err)
	assert.True(t, w.Complete())
}

// TestEveryBit changes each byte of a stream: nothing of what does not verify is stored.
func TestEveryBit(t *testing.T) {
	source, _ := newStore(t, keys(t, oldKey))
	fill(t, source, keys(t, oldKey))
	stream := exported(t, source, 4)
	target, _ := newStore(t, keys(t, newKey))
	_, err := imported(t.Context(), t, target, stream, transfer.ImportOptions{})
	require.NoError(t, err)
	want := plain(t, target, keys(t, newKey))
	file := filepath.Join(t.TempDir(), "stream")
	for n := range stream {
		if skipped(n) {
			continue
		}
		changed := bytes.Clone(stream)
		changed[n] ^= 1 << (n % 7)
		report, err := imported(t.Context(), t, target, changed, transfer.ImportOptions{OnConflict: store.ReplaceOnConflict})
		require.Error(t, err, "byte %d", n)
		assert.False(t, report.Complete)
		total := report.Total()
		require.Zero(t, total.Created+total.Replaced, "byte %d", n)

		require.NoError(t, os.WriteFile(file, changed, 0o600))
		f, err := os.OpenFile(file, os.O_RDWR, 0)
		require.NoError(t, err)
		if _, err := transfer.Resume(t.Context(), f, keys(t, transferKey), names); err != nil {
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, changed, after, "what is refused stays as it was")
		}
		require.NoError(t, f.Close())
	}
	assert.Equal(t, want, plain(t, target, keys(t, newKey)))
}

// TestStreamsAreNotMixed puts the parts of streams together as an attacker might.
func TestStreamsAreNotMixed(t *testing.T) {
	source, _ := newStore(t, keys(t, oldKey))
	fill(t, source, keys(t, oldKey))
	one, two := strings.SplitAfter(string(exported(t, source, 2)), "\n"), strings.SplitAfter(string(exported(t, source, 2)), "\n")
	require.Equal(t, 14, len(one), "a header, seven objects, four checkpoints, the trailer and nothing")
	join := func(parts ...[]string) string {
		var all strings.Builder
		for _, part := range parts {
			all.WriteString(strings.Join(part, ""))
		}
		return all.String()
	}
	target, _ := newStore(t, keys(t, newKey))
	for name, stream := range map[string]string{
		"another header":              join(two[:1], one[1:]),
		"another trailer":             join(one[:12], two[12:]),
		"a checkpoint of another":     join(one[:1], two[1:4], one[4:]),
		"a checkpoint left out":       join(one[:4], one[7:]),
		"a checkpoint twice":          join(one[:4], one[1:]),
		"the trailer after the first": join(one[:4], one[12:]),
		"the trailer at once":         join(one[:1], one[12:]),
		"two objects swapped":         join(one[:1], one[2:3], one[1:2], one[3:]),
		"an object left out":          join(one[:2], one[3:]),
		"something after the end":     join(one, []string{"\n"}),
		"twice":                       join(one, one),
		"no header":                   join(one[1:]),
		"nothing but lines":           strings.Repeat("{}\n", 20_000),
		"endless lines":               one[0] + strings.Repeat("{}\n", 20_000),
	} {
		report, err := imported(t.Context(), t, target, []byte(stream), transfer.ImportOptions{})
		assert.Error(t, err, name)
		assert.NotErrorIs(t, err, transfer.ErrIncomplete, name)
		assert.False(t, report.Complete, name)
	}
	_, err := transfer.NewReader(t.Context(), strings.NewReader(join(one)), keys(t, oldKey))
	assert.ErrorIs(t, err, eso.ErrNoKey)
}
