package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"unicode/utf8"

	eso "github.com/esogen/esogen/runtime"
)

// Dialect names the database that the store speaks to.
type Dialect string

const (
	// SQLite is SQLite from 3.38 on. Attributes are text, kept byte for byte.
	SQLite Dialect = "sqlite"

	// PostgreSQL is PostgreSQL from 12 on, with the encoding UTF8. Attributes
	// are jsonb, which keeps their meaning, but neither their order nor white
	// space.
	PostgreSQL Dialect = "postgres"
)

// dialect is what differs between databases. Statements are written with ? for
// their parameters.
type dialect struct {
	name     Dialect
	numbered bool // parameters are $1, $2 …

	attributes   string // a parameter that becomes the column
	readable     string // the column, as text, up to where it is too large
	schema       []string
	lock         string // keeps others out while the schema is created, or ""
	existsSchema string // returns a row where the table eso_schema exists
	sound        string // a condition on rows whose keys are what they should be, or ""
	encoding     string // returns the encoding of text in the database, or ""

	// equal returns the condition that an attribute of a plain name has a
	// value, and its arguments. It may hold for others too, but misses none.
	equal func(name string, value any) (condition string, args []any)

	// holds tells whether a text may stand in a column.
	holds func(text string) bool

	// replaceAll stores replacements of rows in their order, up to the first
	// row that others have written since it was read, and returns how many.
	replaceAll func(ctx context.Context, s *Store, tx *sql.Tx, d *eso.Definition, all []*replacement) (int, error)

	// storable tells what the database cannot hold.
	storable func(doc eso.Document) error
}

// readableLimit is how many characters of a document are read: one more than
// any has bytes. Whoever can write to the database can store a gigabyte.
var readableLimit = strconv.Itoa(eso.MaxSize + 1)

var dialects = map[Dialect]*dialect{
	SQLite: {
		name:         SQLite,
		attributes:   "?",
		readable:     "substr(attributes, 1, " + readableLimit + ")",
		schema:       sqliteSchema,
		existsSchema: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'eso_schema'",
		sound:        "typeof(scope) = 'text' AND typeof(id) = 'text'",
		equal:        equalInSQLite,
		holds:        func(string) bool { return true },
		replaceAll:   replaceOneByOne,
		storable:     func(eso.Document) error { return nil },
	},
	PostgreSQL: {
		name:         PostgreSQL,
		numbered:     true,
		attributes:   "CAST(CAST(? AS text) AS jsonb)",
		readable:     "left(CAST(attributes AS text), " + readableLimit + ")",
		schema:       postgresSchema,
		lock:         "SELECT pg_advisory_xact_lock(7305792613)",
		existsSchema: "SELECT 1 WHERE to_regclass('eso_schema') IS NOT NULL",
		encoding:     "SELECT current_setting('server_encoding')",
		equal:        equalInPostgres,
		holds:        func(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") },
		replaceAll:   replaceTogether,
		storable:     storableAsJSONB,
	},
}

// statement puts a statement into the form that the database takes.
func (d *dialect) statement(text string) string {
	text = strings.ReplaceAll(text, "{attributes}", d.attributes)
	text = strings.ReplaceAll(text, "{readable}", d.readable)
	if !d.numbered {
		return text
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}
