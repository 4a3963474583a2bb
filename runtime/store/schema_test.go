package store_test

import (
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

func TestSchema(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 1)
		s, err := store.New(db.DB, db.Dialect, keyring(t, firstKey), store.Options{})
		require.NoError(t, err)
		c := store.Of(s, things(d))
		all := func() []error {
			var errs []error
			_, err := c.Create(ctx, eso.Ref{}, newThing(nil))
			errs = append(errs, err)
			_, err = c.CreateAll(ctx, []store.NewObject[thing]{{Object: newThing(nil)}})
			errs = append(errs, err)
			_, err = c.Get(ctx, eso.Ref{ID: "1"})
			errs = append(errs, err)
			_, err = c.GetAll(ctx, []eso.Ref{{ID: "1"}})
			errs = append(errs, err, c.Patch(ctx, eso.Ref{ID: "1"}, patch{}), c.Delete(ctx, eso.Ref{ID: "1"}), c.PutRaw(ctx, eso.Document{Ref: eso.Ref{ID: "1"}, Model: 1, Attributes: []byte("{}")}))
			_, _, err = c.Raw(ctx, eso.Ref{ID: "1"})
			errs = append(errs, err)
			for o, err := range c.Find(ctx, store.Query{}) {
				assert.Nil(t, o)
				errs = append(errs, err)
			}
			_, err = s.Migrate(ctx, []*eso.Definition{d}, store.JobOptions{})
			errs = append(errs, err)
			_, err = s.Rotate(ctx, []*eso.Definition{d}, store.JobOptions{})
			errs = append(errs, err)
			_, err = s.KeyUsage(ctx)
			errs = append(errs, err)
			_, err = s.ModelUsage(ctx)
			return append(errs, err)
		}
		for _, err := range all() {
			assert.ErrorIs(t, err, store.ErrSchema, "without tables")
		}

		var starting sync.WaitGroup
		for range 5 {
			other := connect(t, db.Dialect, db.driver, db.dsn)
			starting.Go(func() {
				s, err := store.New(other.DB, other.Dialect, keyring(t, firstKey), store.Options{Attempts: 100})
				assert.NoError(t, err)
				assert.NoError(t, s.CreateSchema(ctx), "all processes of a product start at once")
			})
		}
		starting.Wait()
		_, err = c.Get(ctx, eso.Ref{ID: "1"})
		assert.ErrorIs(t, err, store.ErrNotFound, "the tables are there now")

		_, err = db.ExecContext(ctx, "UPDATE eso_schema SET version = 4")
		require.NoError(t, err)
		s, err = store.New(db.DB, db.Dialect, keyring(t, firstKey), store.Options{})
		require.NoError(t, err)
		c = store.Of(s, things(d))
		for _, err := range append(all(), s.CreateSchema(ctx)) {
			assert.ErrorIs(t, err, store.ErrSchema, "with newer tables")
		}
		_, err = db.ExecContext(ctx, "DELETE FROM eso_schema")
		require.NoError(t, err)
		for _, err := range append(all(), s.CreateSchema(ctx)) {
			assert.ErrorIs(t, err, store.ErrSchema, "without a version")
		}
	})
}

func TestNewRefuses(t *testing.T) {
	db := newSQLite(t)
	_, err := store.New(nil, store.SQLite, keyring(t, firstKey), store.Options{})
	assert.Error(t, err)
	_, err = store.New(db.DB, store.SQLite, nil, store.Options{})
	assert.Error(t, err)
	_, err = store.New(db.DB, "oracle", keyring(t, firstKey), store.Options{})
	assert.ErrorContains(t, err, "oracle")
}

// TestImports keeps drivers, and all else that is not the standard library or
// the runtime, out of the package.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			first, _, _ := strings.Cut(path, "/")
			assert.True(t, !strings.Contains(first, ".") || path == "github.com/esogen/esogen/runtime" || strings.HasPrefix(path, "github.com/esogen/esogen/runtime/internal/"), "%s imports %s", file, path)
		}
	}
}
