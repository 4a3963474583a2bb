package transfer_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
	"github.com/esogen/esogen/internal/transfer"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// place is a database that another process can open.
type place struct{ driver, dsn string }

func places(t *testing.T) map[string]place {
	return map[string]place{
		"sqlite":   {"sqlite", "file:" + filepath.Join(t.TempDir(), "objects.db") + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_txlock=immediate"},
		"postgres": {"pgx", pgtest.Shared(t).Schema(t)},
	}
}

func (p place) open(t testing.TB, k eso.Keyring) (*store.Store, *sql.DB) {
	t.Helper()
	db, err := sql.Open(p.driver, p.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	dialect := store.SQLite
	if p.driver == "pgx" {
		dialect = store.PostgreSQL
	}
	s, err := store.New(db, dialect, k, store.Options{})
	require.NoError(t, err)
	require.NoError(t, s.CreateSchema(t.Context()))
	return s, db
}

const many = 300

// TestInAProcessOfItsOwn is the process that TestKilled kills.
func TestInAProcessOfItsOwn(t *testing.T) {
	work, stream := os.Getenv("ESOGEN_TEST_WORK"), os.Getenv("ESOGEN_TEST_STREAM")
	if work == "" {
		t.Skip("a part of TestKilled")
	}
	p := place{os.Getenv("ESOGEN_TEST_DRIVER"), os.Getenv("ESOGEN_TEST_DSN")}
	ctx := t.Context()
	switch work {
	case "export":
		s, _ := p.open(t, keys(t, oldKey))
		file, err := os.OpenFile(stream, os.O_RDWR|os.O_CREATE, 0o600)
		require.NoError(t, err)
		w, err := transfer.Resume(ctx, file, keys(t, transferKey), names)
		require.NoError(t, err)
		_, err = transfer.Export(ctx, s, definitions(), keys(t, transferKey), w, transfer.ExportOptions{Batch: 7, Progress: func(string, int64, int64, int64) { time.Sleep(3 * time.Millisecond) }})
		require.NoError(t, err)
	case "import":
		s, _ := p.open(t, keys(t, newKey))
		file, err := os.Open(stream)
		require.NoError(t, err)
		r, err := transfer.NewReader(ctx, file, keys(t, transferKey))
		require.NoError(t, err)
		policies := []store.OnConflict{store.FailOnConflict, store.SkipOnConflict, store.ReplaceOnConflict}
		report, err := transfer.Import(ctx, s, definitions(), keys(t, transferKey), r, transfer.ImportOptions{
			OnConflict: policies[rand.IntN(3)], Progress: func(int64, int64) error { time.Sleep(3 * time.Millisecond); return nil }})
		require.NoError(t, err)
		total := report.Total()
		require.Zero(t, total.Failed+total.Skipped+total.Replaced, "what was imported before is no conflict")
		require.EqualValues(t, many, total.Created+total.Before)
	}
}

// TestKilled kills an export, and imports of what it wrote, with SIGKILL, until they come
// to their end.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it starts and kills dozens of processes")
	}
	for name, p := range places(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			source, db := p.open(t, keys(t, oldKey))
			d := definitions()[1]
			for n := range many {
				doc, err := d.SealJSON(ctx, keys(t, oldKey), eso.Ref{ID: id(n), Namespace: []string{"", "lab"}[n%2]}, fmt.Appendf(nil, `{"owner":"ann","secret":"hush %d"}`, n))
				require.NoError(t, err)
				put(t, source, d, doc)
			}
			want := plain(t, source, keys(t, oldKey))
			stream := filepath.Join(t.TempDir(), "stream")
			killed := p.until(t, "export", stream)
			text, err := os.ReadFile(stream)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "hush")

			_, err = db.ExecContext(ctx, "DELETE FROM eso_objects")
			require.NoError(t, err)
			killed += p.until(t, "import", stream)
			target, _ := p.open(t, keys(t, newKey))
			assert.Equal(t, want, plain(t, target, keys(t, newKey)))
			t.Logf("%d processes were killed", killed)
		})
	}
}

// until starts a process, and kills it after a while, longer each time, until one ends.
func (p place) until(t *testing.T, work, stream string) (killed int) {
	t.Helper()
	for after := 200 * time.Millisecond; ; after = after * 5 / 4 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestInAProcessOfItsOwn$")
		cmd.Env = append(os.Environ(), "ESOGEN_TEST_WORK="+work, "ESOGEN_TEST_STREAM="+stream, "ESOGEN_TEST_DRIVER="+p.driver, "ESOGEN_TEST_DSN="+p.dsn)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(after+rand.N(after/4), func() { cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			return killed
		}
		require.NotContains(t, out.String(), "FAIL", "%s", out.String())
		killed++
	}
}
