package pgtest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
)

func TestClusterLivesAsLongAsItsTest(t *testing.T) {
	var c *pgtest.Cluster
	t.Run("while it runs", func(t *testing.T) {
		c = pgtest.Start(t)
		for range 2 {
			db, err := sql.Open("pgx", c.Database(t))
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), "CREATE TABLE x (y jsonb)")
			require.NoError(t, err, "each database is an empty one")
			require.NoError(t, db.Close())
		}
		assert.DirExists(t, filepath.Join(c.Data, "base"))
		assert.FileExists(t, c.Log)
	})
	if c == nil {
		t.Skip("PostgreSQL is not installed")
	}
	_, err := os.Stat(c.Data)
	assert.ErrorIs(t, err, os.ErrNotExist)
	db, err := sql.Open("pgx", c.DSN)
	require.NoError(t, err)
	defer db.Close()
	assert.Error(t, db.PingContext(t.Context()))
}
