package store

import (
	"context"
	"database/sql"
	"fmt"
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
// their parameters, and with words in braces: see Store.statement.
type dialect struct {
	name     Dialect
	numbered bool // parameters are $1, $2 …

	attributes string // a parameter that becomes the column
	readable   string // the column, as text, up to where it is too large

	// bytes is an expression for the length of a text column, integer one for an
	// integer, 0 where it is none, and clipped one for the beginning of a text
	// that people read. All take the column as %s.
	bytes, integer, clipped string

	text  string            // a condition on rows whose keys are text, or ""
	words *strings.Replacer // what stands for words in braces, but for {schema}

	schema   []string         // the tables of SchemaVersion
	upgrades map[int][]string // from each version before it to the next
	options  *sql.TxOptions   // for the transaction that creates them
	lock     string           // keeps others out meanwhile, or ""
	exists   string           // returns a row where the table exists that is the parameter
	encoding string           // returns the encoding of text in the database, or ""
	locate   locator          // finds the schema that the tables are in

	// equal returns the condition that an attribute of a plain name has a
	// value, and its arguments. It may hold for others too, but misses none.
	equal func(name string, value any) (condition string, args []any)

	// holds tells whether a text may stand in a column.
	holds func(text string) bool

	// replaceAll stores replacements of rows in their order, up to the first
	// row that others have written since it was read, and returns how many.
	replaceAll func(ctx context.Context, s *Store, tx *sql.Tx, d *eso.Definition, all []*replacement) (int, error)

	// unstorable returns why the database cannot hold a document, and the attribute
	// at fault, if it is one. It returns no reason if the database can.
	unstorable func(attributes []byte) (attribute, reason string)
}

// readableLimit is how many characters of a document are read: one more than
// any has bytes. Whoever can write to the database can store a gigabyte.
var readableLimit = strconv.Itoa(eso.MaxSize + 1)

var dialects = map[Dialect]*dialect{
	SQLite: {
		name:       SQLite,
		attributes: "?",
		readable:   "substr(attributes, 1, " + readableLimit + ")",
		bytes:      "length(CAST(%s AS BLOB))",
		integer:    "CASE typeof(%[1]s) WHEN 'integer' THEN %[1]s ELSE 0 END",
		clipped:    "substr(CAST(%s AS TEXT), 1, " + clippedLimit + ")",
		text:       "typeof(scope) = 'text' AND typeof(id) = 'text'",
		schema:     sqliteSchema,
		upgrades:   sqliteUpgrades,
		exists:     "SELECT 1 FROM sqlite_master WHERE type = 'table' AND 'main.' || name = ?",
		locate:     inMain,
		equal:      equalInSQLite,
		holds:      func(string) bool { return true },
		replaceAll: replaceOneByOne,
		unstorable: func([]byte) (string, string) { return "", "" },
	},
	PostgreSQL: {
		name:       PostgreSQL,
		numbered:   true,
		attributes: "CAST(CAST(? AS text) AS jsonb)",
		readable:   "left(CAST(attributes AS text), " + readableLimit + ")",
		bytes:      "octet_length(%s)",
		integer:    "%s",
		clipped:    "left(%s, " + clippedLimit + ")",
		schema:     postgresSchema,
		upgrades:   postgresUpgrades,
		options:    &sql.TxOptions{Isolation: sql.LevelReadCommitted}, // whoever waited for the lock sees what others committed
		lock:       "SELECT pg_advisory_xact_lock(7305792613)",
		exists:     "SELECT 1 WHERE to_regclass(CAST(? AS text)) IS NOT NULL",
		encoding:   "SELECT current_setting('server_encoding')",
		locate:     firstInSearchPath,
		equal:      equalInPostgres,
		holds:      func(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") },
		replaceAll: replaceTogether,
		unstorable: unstorableAsJSONB,
	},
}

// Lengths, in bytes, of the columns that tell something of an object. Whoever can
// write to the database can store more: what is longer is not read.
const (
	maxNamespaces = 64 << 10
	maxKeyIDs     = 16 << 10
	maxRun        = 64
)

func init() {
	for _, d := range dialects {
		d.words = d.placeholders()
	}
}

// placeholders are the words in braces that statements use:
//
//	{attributes}  a parameter that becomes the column attributes
//	{columns}     the columns of a row, as row.scan takes them
//	{keys}        the same, without the attributes
//	{migrating}   the same, with the attributes of models below a parameter
//	{place}       scope and id, where a job is
//	{failure}     what is told of a row with a key that the store does not write
//	{attribute}   the attribute of a failure
//	{reason}      the reason of a failure
//	{usedKeys}    type and key_ids
//	{usedModels}  type and model
//	{version}     the version of the schema
//	{sound}       a condition on rows with keys that the store writes
//	{unsound}     one on all others
func (d *dialect) placeholders() *strings.Replacer {
	bounded := func(column string, limit int) string {
		return "CASE WHEN " + fmt.Sprintf(d.bytes, column) + " <= " + strconv.Itoa(limit) + " THEN " + column + " END"
	}
	integer := func(column string) string { return fmt.Sprintf(d.integer, column) }
	clipped := func(column string) string { return "COALESCE(" + fmt.Sprintf(d.clipped, column) + ", '')" }
	sound := fmt.Sprintf(d.bytes, "scope") + " <= " + strconv.Itoa(maxNamespace) + " AND " + fmt.Sprintf(d.bytes, "id") + " <= " + strconv.Itoa(maxID)
	if d.text != "" {
		sound = d.text + " AND " + sound
	}
	row := strings.Join([]string{"scope", "id", bounded("namespace", maxNamespace), bounded("namespaces", maxNamespaces),
		integer("model"), integer("revision"), bounded("key_ids", maxKeyIDs)}, ", ")
	return strings.NewReplacer(
		"{attributes}", d.attributes,
		"{columns}", row+", "+d.readable,
		"{keys}", row+", ''",
		"{migrating}", row+", CASE WHEN model >= ? THEN '' ELSE "+d.readable+" END",
		"{place}", bounded("scope", maxNamespace)+", "+bounded("id", maxID),
		"{failure}", strings.Join([]string{clipped("scope"), clipped("id"), clipped("namespace"), integer("model")}, ", "),
		"{attribute}", clipped("attribute"),
		"{reason}", clipped("reason"),
		"{usedKeys}", clipped("type")+", "+bounded("key_ids", maxKeyIDs),
		"{usedModels}", clipped("type")+", "+integer("model"),
		"{version}", integer("version"),
		"{sound}", sound,
		"{unsound}", "NOT ("+sound+")",
	)
}

// statement puts a statement into the form that the database takes: {schema}
// stands before the name of a table, for the schema that the tables are in. It
// remembers them: there are as many as this package, and the filters that a
// product combines, have.
func (s *Store) statement(text string) string {
	if known, ok := s.statements.Load(text); ok {
		return known.(string)
	}
	made := s.dialect.statement(text, *s.schema.Load())
	s.statements.Store(text, made)
	return made
}

func (d *dialect) statement(text, schema string) string {
	text = strings.ReplaceAll(d.words.Replace(text), "{schema}", schema)
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
