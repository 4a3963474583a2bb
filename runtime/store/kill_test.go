package store_test

import (
	"bufio"
	"fmt"
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
	report, err := store.Rotate(t.Context(), db.open(t, keyring(t, secondKey, firstKey), store.Options{}), []*eso.Definition{vault(eso.Native, 1, 1)},
		store.Work{Batch: 5, Workers: 2, Progress: func(p store.Progress) {
			fmt.Println(p.All())
			time.Sleep(5 * time.Millisecond) // so that it is alive when the signal comes
		}})
	require.NoError(t, err)
	assert.True(t, report.Types[0].Resumed)
}

// TestKilledRotation kills processes in the middle of a rotation with SIGKILL.
// The next one goes on, and in the end every object is accounted for.
func TestKilledRotation(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		const objects = 300
		d := vault(eso.Native, 1, 1)
		refs := fill(t, db.open(t, keyring(t, firstKey), store.Options{}), d, objects)
		db.damage(t, refs[2].ID, `{"owner":"eve","title":"x","level":1}`)
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
			require.NoError(t, cmd.Process.Kill())
			if cmd.Wait() != nil {
				killed++
			}
		}
		assert.Equal(t, 3, killed, "no process came to its end")

		s := db.open(t, keyring(t, secondKey, firstKey), store.Options{})
		report, err := store.Rotate(ctx, s, []*eso.Definition{d}, store.Work{Batch: 5})
		require.NoError(t, err)
		assert.True(t, report.Types[0].Resumed)
		assert.EqualValues(t, objects, report.All(), "every object is accounted for")
		assert.EqualValues(t, 1, report.Failed, "failures of processes that were killed are remembered")
		assert.Equal(t, refs[2].ID, report.Failures[0].Ref.ID)
		assert.Less(t, report.Current, int64(60), "a batch of each process may have been done and not noted")

		c := store.Of(db.open(t, keyring(t, secondKey), store.Options{}), things(d))
		for i, ref := range refs {
			o, err := c.Open(ctx, ref)
			if i == 2 {
				assert.ErrorIs(t, err, eso.ErrTampered)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf(`"s3cret %d"`, i), o.Value.text(t, "password"))
		}
	})
}
