package store_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/pgtest"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// exposing is a type whose normal read shows a secret.
func exposing(format eso.Format) *eso.Definition {
	return &eso.Definition{Type: "exposing", Write: 1, Exposes: []string{"password"}, Models: []eso.Model{{Format: format, Namespaces: eso.Single,
		Attributes: []eso.Attribute{{Name: "owner"}, {Name: "password", Optional: true}}, Encrypted: []string{"password"}, AAD: []string{"owner"}}}}
}

// TestGetWithoutExposedSecrets reads an object whose secrets do not open: it
// fails, or comes without them and with the reason, as its format has it.
func TestGetWithoutExposedSecrets(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		overDatabases(t, func(t *testing.T, db database) {
			ctx := t.Context()
			d := exposing(format)
			var events []store.Event
			c := store.Of(db.open(t, keyring(t, firstKey), store.Options{Observe: collect(&events)}), things(d))
			ref, err := c.Create(ctx, eso.Ref{ID: "1"}, newThing(map[string]string{"owner": `"ann"`, "password": `"s3cret"`}))
			require.NoError(t, err)
			o, err := c.Get(ctx, ref)
			require.NoError(t, err)
			require.NoError(t, o.Problem)
			assert.Equal(t, `"s3cret"`, o.Value.Text("password"))

			stranger := store.Of(db.open(t, keyring(t, secondKey), store.Options{Observe: collect(&events)}), things(d))
			events = nil
			o, err = stranger.Get(ctx, ref)
			if format == eso.Native { // a normal read verifies
				assert.ErrorIs(t, err, eso.ErrNoKey)
				assert.Nil(t, o)
				for o, err := range stranger.Find(ctx, store.Query{}) {
					assert.ErrorIs(t, err, eso.ErrNoKey)
					assert.Nil(t, o.Value)
				}
				return
			}
			require.NoError(t, err)
			require.Error(t, o.Problem)
			assert.Equal(t, `"ann"`, o.Value.Text("owner"))
			assert.NotContains(t, fmt.Sprintf("%+v", o), "s3cret")
			assert.NotEmpty(t, events[0].Reason)
			events = nil
			for o, err := range stranger.Find(ctx, store.Query{}) {
				require.NoError(t, err)
				assert.Error(t, o.Problem)
			}
			assert.Len(t, events, 2, "the page, and the object in it")
			_, err = stranger.Open(ctx, ref)
			assert.Error(t, err)
		})
	}
}

// TestMovedRows moves what is sealed to other keys of the table.
func TestMovedRows(t *testing.T) {
	for _, format := range []eso.Format{eso.Kibana, eso.Native} {
		overDatabases(t, func(t *testing.T, db database) {
			ctx := t.Context()
			d := vault(format, 1, 1)
			c := store.Of(db.open(t, keyring(t, firstKey), store.Options{}), things(d))
			attributes := map[string]string{"owner": `"ann"`, "title": `"x"`, "level": "1", "password": `"s3cret"`}
			_, err := c.Create(ctx, eso.Ref{Namespace: "a", ID: "1"}, newThing(attributes))
			require.NoError(t, err)
			for _, statement := range []string{
				"UPDATE eso_objects SET scope = 'b', namespace = 'b'",
				"UPDATE eso_objects SET id = '2'",
				"UPDATE eso_objects SET scope = '', namespace = 'a'",
				"UPDATE eso_objects SET scope = '', namespace = ''",
				"UPDATE eso_objects SET scope = 'b', namespace = 'a'",
			} {
				_, err = db.ExecContext(ctx, statement)
				require.NoError(t, err)
				for _, namespace := range []string{"", "a", "b"} {
					for _, id := range []string{"1", "2"} {
						ref := eso.Ref{Namespace: namespace, ID: id}
						_, err := c.Open(ctx, ref)
						assert.Error(t, err, "%s, then open %v", statement, ref)
						assert.Error(t, c.Update(ctx, ref, func(o *thing) error { o.Set("level", "2"); return nil }))
					}
				}
				for o, err := range c.Find(ctx, store.Query{}) {
					assert.Equal(t, format == eso.Native, err != nil, "%s: %v", statement, err)
					_, err := c.Open(ctx, o.Ref)
					assert.Error(t, err, "%s, then find and open %v", statement, o.Ref)
				}
				_, err = db.ExecContext(ctx, "UPDATE eso_objects SET scope = 'a', namespace = 'a', id = '1'")
				require.NoError(t, err)
				_, err = c.Open(ctx, eso.Ref{Namespace: "a", ID: "1"})
				require.NoError(t, err)
			}
		})
	}
}

// TestRowsThatAreNoDocuments has rows of all kinds of nonsense among good ones.
// Each fails alone.
func TestRowsThatAreNoDocuments(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		d := vault(eso.Native, 1, 2)
		s := db.open(t, keyring(t, firstKey), store.Options{})
		fill(t, s, d, 12)
		statements := []string{
			"UPDATE eso_objects SET model = 0 WHERE id = '0000'",
			"UPDATE eso_objects SET model = -3 WHERE id = '0001'",
			"UPDATE eso_objects SET model = 9223372036854775807 WHERE id = '0002'",
			"UPDATE eso_objects SET revision = 9223372036854775807 WHERE id = '0003'",
			"UPDATE eso_objects SET key_ids = '' WHERE id = '0003'",
		}
		if db.Dialect == store.SQLite {
			// Whoever can write the file can also change what a column may hold.
			statements = append(statements,
				"CREATE TABLE loose AS SELECT * FROM eso_objects",
				"DROP TABLE eso_objects",
				"ALTER TABLE loose RENAME TO eso_objects",
				"UPDATE eso_objects SET model = 'one' WHERE id = '0004'",
				"UPDATE eso_objects SET attributes = NULL WHERE id = '0005'",
				"UPDATE eso_objects SET attributes = x'00ff' WHERE id = '0006'",
				"UPDATE eso_objects SET attributes = 7 WHERE id = '0007'",
				"UPDATE eso_objects SET namespace = NULL, key_ids = NULL, revision = NULL WHERE id = '0008'",
				"UPDATE eso_objects SET id = x'ff' WHERE id = '0009'",
			)
		} else {
			db.damage(t, "0004", `{}`)
			db.damage(t, "0005", `null`)
			db.damage(t, "0006", `[]`)
			db.damage(t, "0007", `7`)
			db.damage(t, "0008", `"x"`)
			db.damage(t, "0009", `{"owner":{},"title":[],"level":"x"}`)
		}
		for _, statement := range statements {
			_, err := db.ExecContext(ctx, statement)
			require.NoError(t, err, statement)
		}
		c := store.Of(s, things(d))
		read, broken := 0, 0
		for o, err := range c.Find(ctx, store.Query{PageSize: 5}) {
			if err != nil {
				require.NotNil(t, o, err)
				assert.Nil(t, o.Value)
				assert.NotEmpty(t, store.ReasonOf(err))
				broken++
				continue
			}
			read++
			assert.NotNil(t, o.Value)
		}
		rows := 12
		assert.Equal(t, rows, read+broken)
		assert.GreaterOrEqual(t, read, 2)
		assert.GreaterOrEqual(t, broken, 7)
		for _, err := range c.Find(ctx, store.Query{}, by("title", "x"), by("level", int64(1))) {
			var database interface{ SQLState() string }
			assert.False(t, errors.As(err, &database), "%v", err)
		}

		work := store.JobOptions{Batch: 4}
		report, err := s.Migrate(ctx, []*eso.Definition{vault(eso.Native, 2, 2)}, work)
		require.NoError(t, err)
		assert.EqualValues(t, rows, report.All())
		assert.GreaterOrEqual(t, report.Failed, int64(7))
		report, err = db.open(t, keyring(t, secondKey, firstKey), store.Options{}).Rotate(ctx, []*eso.Definition{d}, work)
		require.NoError(t, err)
		assert.EqualValues(t, rows, report.All())
		_, err = s.KeyUsage(ctx)
		require.NoError(t, err)
		_, err = s.ModelUsage(ctx)
		require.NoError(t, err)
		require.NoError(t, c.Delete(ctx, eso.Ref{ID: "0006"}), "what does not open can be deleted")
	})
}

// TestRowThatIsTooLargeToRead has a row that PostgreSQL itself cannot give as
// text: written out, it is larger than a text may be.
func TestRowThatIsTooLargeToRead(t *testing.T) {
	if testing.Short() {
		t.Skip("PostgreSQL writes a gigabyte before it gives up")
	}
	db := newPostgres(t)
	d := vault(eso.Native, 1, 1)
	s := db.open(t, keyring(t, firstKey), store.Options{})
	refs := fill(t, s, d, 1)
	db.damage(t, refs[0].ID, `{"owner":[`+strings.TrimSuffix(strings.Repeat("1e131071,", 9000), ",")+`]}`)
	_, err := store.Of(s, things(d)).Get(t.Context(), refs[0])
	assert.Equal(t, store.ReasonDatabase, store.ReasonOf(err))
}

// TestRowThatTheDatabaseDoesNotGive has a row among others that PostgreSQL fails
// to give, as it does with one that is too large, or damaged on the disk, but in
// no time: here a function that reading calls fails.
func TestRowThatTheDatabaseDoesNotGive(t *testing.T) {
	dsn, err := url.Parse(pgtest.Shared(t).Schema(t))
	require.NoError(t, err)
	query := dsn.Query()
	query.Set("search_path", query.Get("search_path")+",pg_catalog") // its own functions come first
	dsn.RawQuery = query.Encode()
	db := connect(t, store.PostgreSQL, "pgx", dsn.String())
	ctx := t.Context()
	s := db.open(t, keyring(t, firstKey), store.Options{})
	fill(t, s, vault(eso.Native, 1, 2), 3)
	db.damage(t, "0001", `{"owner":"unreadable"}`)
	_, err = db.ExecContext(ctx, `CREATE FUNCTION "left"(text, integer) RETURNS text LANGUAGE plpgsql AS $$BEGIN
		IF $1 LIKE '%unreadable%' THEN RAISE EXCEPTION 'not this one'; END IF;
		RETURN pg_catalog.left($1, $2); END$$`)
	require.NoError(t, err)
	report, err := s.Migrate(ctx, []*eso.Definition{vault(eso.Native, 2, 2)}, store.JobOptions{})
	require.NoError(t, err)
	assert.Equal(t, store.Counts{Done: 2, Failed: 1}, report.Counts)
	assert.Equal(t, store.ReasonDatabase, report.Failures[0].Reason)
	var found []string
	for o, err := range store.Of(s, things(vault(eso.Native, 2, 2))).Find(ctx, store.Query{}) {
		require.NotNil(t, o)
		assert.Equal(t, o.Ref.ID == "0001", err != nil)
		found = append(found, o.Ref.ID)
	}
	assert.Equal(t, []string{"0000", "0001", "0002"}, found)
}
