package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Dialect names a kind of database.
type Dialect string

const (
	// SQLite is SQLite 3.38 or later. Attributes are text, kept byte for byte.
	SQLite Dialect = "sqlite"

	// PostgreSQL is PostgreSQL 12 or later, with the encoding UTF8. Attributes are
	// jsonb, which keeps their meaning, but not their order or white space.
	PostgreSQL Dialect = "postgres"
)

// dialect is what differs between databases. Statements are written in the SQL that
// all of them share, with ? for parameters and words in braces for the rest: see
// placeholders. Each database has a file of its own, and appears in no other but
// this one.
type dialect struct {
	numbered bool // parameters are $1, $2 …

	attributes string // a parameter that becomes the column attributes
	readable   string // that column as text, up to the limit

	// bytes is an expression for the length of a text column, integer one for an
	// integer or 0, and clipped one for the beginning of a text. All take the
	// column as %s.
	bytes, integer, clipped string

	text     string // a condition on a column, as %s, that is text, or ""
	unlessIt string // ends an INSERT that does nothing if the row exists
	now      string // the seconds since 1970, by the clock of the database

	// after returns the condition on rows behind a key, in the order of keys, and
	// among the one on rows with one of n keys, whose arguments are (scope, id), n
	// times.
	after func(scope, id string) (condition string, args []any)
	among func(n int) (condition string)

	timestamp func(at time.Time) any // as a parameter

	// equal returns the condition that an attribute of a plain name has a value,
	// and its arguments. It may hold for other rows too, but misses none.
	equal func(name string, value any) (condition string, args []any)

	// holds reports whether a column can hold a text.
	holds func(text string) bool

	// unstorable returns why the database cannot hold a document, and the attribute
	// at fault, if it is one. It returns no reason if the database can.
	unstorable func(attributes []byte) (attribute, reason string)

	// replaceAll stores replacements of rows in their order, up to the first row
	// that others have written since it was read, and returns how many.
	replaceAll func(ctx context.Context, s *Store, tx *sql.Tx, d *eso.Definition, all []*replacement) (int, error)

	// failure classifies an error of a driver, and reports whether the database has
	// answered with it. If not, errors of the way to it are recognised without the
	// dialect.
	failure func(err error) (f failure, answered bool)

	schema   []string                                              // the tables of SchemaVersion
	upgrades map[int][]string                                      // from each version before it to the next
	options  *sql.TxOptions                                        // of the transaction that creates them
	prepare  func(ctx context.Context, s *Store, tx *sql.Tx) error // at its beginning, or nil
	exists   string                                                // returns a row if the table exists that is the parameter

	// locate returns what the names of tables begin with: the schema that the tables
	// are in, or will be created in. A name alone may mean a table of another schema.
	locate func(ctx context.Context, s *Store, q querier) (prefix string, err error)

	words *strings.Replacer // of the words in braces, {schema} excepted
}

// dialects are those that New knows.
var dialects = map[Dialect]*dialect{
	SQLite:     sqlite,
	PostgreSQL: postgres,
}

// readableLimit is how many characters of a document are read: one more than any
// has bytes. Anyone with write access to the database can store a gigabyte.
var readableLimit = strconv.Itoa(eso.MaxSize + 1)

// rowAfter and rowAmong compare row values of standard SQL.
func rowAfter(scope, id string) (string, []any) { return "(scope, id) > (?, ?)", []any{scope, id} }

func rowAmong(n int) string {
	return "(scope, id) IN (VALUES (?, ?)" + strings.Repeat(", (?, ?)", n-1) + ")"
}

// isoTimestamp is text, which sorts, and which a column of timestamps takes.
func isoTimestamp(at time.Time) any { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// Limits of the columns beside the document, in bytes. What is longer, the store did
// not write, and does not read.
const (
	maxNamespaces = 64 << 10
	maxKeyIDs     = 16 << 10
	maxRun        = 64
	maxType       = 512
	maxKnown      = 2 << 20
	maxWord       = 64 // of a check value, a state, a mark, the name of a process
)

// ready returns the dialect for use: with what its words in braces mean.
func (d dialect) ready() *dialect {
	d.words = d.placeholders()
	return &d
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
//	{mark}        the mark of a note of an import
//	{done}        what it says is stored
//	{version}     the version of the schema
//	{sound}       a condition on rows with keys that the store writes
//	{unsound}     one on all others
//	{typeless}    one on rows with a type that no product has
//	{unlessItExists}  ends an INSERT that does nothing if the row exists
//	{now}         the seconds since 1970, by the clock of the database
//	{key}         the columns of a row of eso_keys
//	{process}     those of eso_processes, but for the age
//	{seals}       the key that a process seals under
//	{live}        a condition on processes that were seen within a parameter of seconds
//	{shredded}    shredded
//	{noted}       key_ids
func (d *dialect) placeholders() *strings.Replacer {
	bounded := func(column string, limit int) string {
		return "CASE WHEN " + fmt.Sprintf(d.bytes, column) + " <= " + strconv.Itoa(limit) + " THEN " + column + " END"
	}
	integer := func(column string) string { return fmt.Sprintf(d.integer, column) }
	clipped := func(column string) string { return "COALESCE(" + fmt.Sprintf(d.clipped, column) + ", '')" }
	sound := fmt.Sprintf(d.bytes, "scope") + " <= " + strconv.Itoa(maxNamespace) + " AND " + fmt.Sprintf(d.bytes, "id") + " <= " + strconv.Itoa(maxID)
	typed := fmt.Sprintf(d.bytes, "type") + " <= " + strconv.Itoa(maxType)
	if d.text != "" {
		sound = fmt.Sprintf(d.text, "scope") + " AND " + fmt.Sprintf(d.text, "id") + " AND " + sound
		typed = fmt.Sprintf(d.text, "type") + " AND " + typed
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
		"{mark}", bounded("mark", maxMark),
		"{done}", bounded("done", maxDone),
		"{version}", integer("version"),
		"{sound}", sound,
		"{unsound}", "NOT ("+sound+")",
		"{typeless}", "NOT ("+typed+")",
		"{unlessItExists}", d.unlessIt,
		"{now}", d.now,
		"{key}", strings.Join([]string{bounded("id", maxKeyID), bounded("check_value", maxWord), bounded("state", maxWord), integer("sealed_since")}, ", "),
		"{process}", strings.Join([]string{bounded("process", maxWord), clipped("about"), integer("sound"), bounded("seals", maxKeyID),
			bounded("mark", maxWord), bounded("known", maxKnown), integer("started"), integer("seen")}, ", "),
		"{seals}", bounded("seals", maxKeyID),
		"{live}", "seen >= "+d.now+" - ? AND seen <= "+d.now+" + "+strconv.Itoa(int(forgetAfter.Seconds())),
		"{shredded}", integer("shredded"),
		"{noted}", bounded("key_ids", maxKeyIDs),
	)
}

// statement renders a statement for the database, once: the product's combinations of
// filters limit how many there are. {schema} is the prefix of a table's name.
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
