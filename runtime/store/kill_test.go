package store_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// TestRotateInAProcessOfItsOwn is the process that TestKilledRotation kills.
func TestRotateInAProcessOfItsOwn(t *testing.T) {
	dsn := os.Getenv("ESOGEN_TEST_DSN")
	if dsn == "" {
		t.Skip("a part of TestKilledRotation")
	}
	db := connect(t, store.Dialect(os.Getenv("ESOGEN_TEST_DIALECT")), os.Getenv("ESOGEN_TEST_DRIVER"), dsn)
	report, err := db.open(t, keyring(t, secondKey, firstKey), store.Options{}).Rotate(t.Context(), []*eso.Definition{vault(eso.Native, 1, 1)},
		store.JobOptions{Batch: 5, Workers: 2, Progress: func(p store.Progress) { fmt.Println(p.All()) }})
	require.NoError(t, err)
	assert.True(t, report.Types[0].Resumed)
}

// slowProgress has the database take its time between the objects of a batch and
// the progress of the job, so that this is when processes are killed. It returns
// how that ends.
func (db database) slowProgress(t *testing.T) func() {
	t.Helper()
	end := "DROP TRIGGER slow"
	statement := `CREATE TRIGGER slow BEFORE UPDATE ON eso_jobs BEGIN
		SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n); END`
	if db.Dialect == store.PostgreSQL {
		end += " ON eso_jobs"
		statement = `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END$$;
			CREATE TRIGGER slow BEFORE UPDATE ON eso_jobs FOR EACH ROW EXECUTE FUNCTION slow()`
	}
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	return func() {
		_, err := db.ExecContext(t.Context(), end)
		require.NoError(t, err)
	}
}

// TestKilledRotation kills processes in the middle of a rotation with SIGKILL. The next
// one continues, and in the end every object is counted by its outcome.
func TestKilledRotation(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		const objects = 300
		d := vault(eso.Native, 1, 1)
		refs := fill(t, db.open(t, keyring(t, firstKey), store.Options{}), d, objects)
		db.damage(t, refs[2].ID, `{"owner":"eve","title":"x","level":1}`)
		quicken := db.slowProgress(t)
		primary := `["` + identifiersOf(t, keyring(t, secondKey))[0] + `"]`
		killed := 0
		for range 3 {
			cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestRotateInAProcessOfItsOwn$")
			cmd.Env = append(os.Environ(), "ESOGEN_TEST_DSN="+db.dsn, "ESOGEN_TEST_DRIVER="+db.driver, "ESOGEN_TEST_DIALECT="+string(db.Dialect))
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(out)
			for range 4 {
				lines.Scan()
			}
			time.Sleep(rand.N(8 * time.Millisecond)) // into the midst of the next batch
			require.NoError(t, cmd.Process.Kill())
			if cmd.Wait() != nil {
				killed++
			}
			_, err = db.ExecContext(ctx, "UPDATE eso_jobs SET updated_at = updated_at") // after whatever the process had sent
			require.NoError(t, err)
			var done, under int
			require.NoError(t, db.QueryRowContext(ctx, "SELECT done FROM eso_jobs").Scan(&done))
			require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM eso_objects WHERE key_ids = '"+primary+"'").Scan(&under))
			assert.Equal(t, under, done, "what is done is counted, and what is counted is done")
		}
		assert.Equal(t, 3, killed, "no process came to its end")
		quicken()

		s := db.open(t, keyring(t, secondKey, firstKey), store.Options{})
		report, err := s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{Batch: 5})
		require.NoError(t, err)
		assert.True(t, report.Types[0].Resumed)
		assert.Equal(t, store.Counts{Done: objects - 1, Failed: 1}, report.Counts, "processes that were killed have counted what they did")
		assert.Equal(t, refs[2].ID, report.Failures[0].Ref.ID)

		c := store.Of(db.open(t, keyring(t, secondKey), store.Options{}), things(d))
		for i, ref := range refs {
			o, err := c.Open(ctx, ref)
			if i == 2 {
				assert.ErrorIs(t, err, eso.ErrTampered)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf(`"s3cret %d"`, i), o.Value.Text("password"))
		}
	})
}
