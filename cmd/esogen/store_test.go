package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/internal/cli"
	"github.com/esogen/esogen/internal/pgtest"
	"github.com/esogen/esogen/internal/runtimedef"
	"github.com/esogen/esogen/internal/spec"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esoimpl"
	"github.com/esogen/esogen/runtime/store"
)

// TestStore runs the scripts of testdata/store over SQLite and over PostgreSQL:
// what $DSN names is an empty database.
func TestStore(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		runScripts(t, "testdata/store", func(env *testscript.Env) error {
			env.Setenv("DSN", "sqlite:store.db")
			return os.WriteFile(filepath.Join(env.WorkDir, "store.db"), nil, 0o600)
		})
	})
	t.Run("postgres", func(t *testing.T) {
		cluster := pgtest.Start(t)
		runScripts(t, "testdata/store", func(env *testscript.Env) error {
			env.Setenv("DSN", cluster.Database(env.T().(testing.TB)))
			return nil
		})
	})
}

// attributes is the Go form of objects whose attributes nobody asks for.
type attributes struct{}

func (attributes) read(d *esoimpl.Reader) {
	d.Object()
	for d.Member() {
		d.Unknown()
	}
}

func (attributes) write(*esoimpl.Writer) {}

// fillStore puts sealed objects, a line each, into the store of a database, by
// the specs of the folder: fill DSN KEYS FILE.
func fillStore(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 3 {
		ts.Fatalf("usage: fill DSN KEYS FILE")
	}
	ts.Check(fill(ts.MkAbs("."), args[0], ts.ReadFile(args[1]), ts.ReadFile(args[2])))
}

func fill(dir, dsn, keysFile, lines string) error {
	ctx := context.Background()
	keys, err := parseKeys(ctx, keysFile)
	if err != nil {
		return err
	}
	specs, err := spec.Load(ctx, spec.Options{Root: dir, Dir: "specs"})
	if err != nil {
		return err
	}
	db, dialect, err := openDatabase(dir, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := store.New(db, dialect, keys, store.Options{})
	if err != nil {
		return err
	}
	if err := s.CreateSchema(ctx); err != nil {
		return err
	}
	collections := map[string]*store.Collection[attributes]{}
	for _, t := range specs.Types {
		collections[t.Name] = store.Of(s, eso.NewObjects(runtimedef.Of(t),
			func(_ *attributes, d *esoimpl.Reader) { attributes{}.read(d) },
			func(_ *attributes, w *esoimpl.Writer) { attributes{}.write(w) },
		))
	}
	scanner := bufio.NewScanner(strings.NewReader(lines))
	for scanner.Scan() {
		var line struct {
			Type, Namespace, ID, TypeMigrationVersion string
			Attributes                                json.RawMessage
		}
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			return err
		}
		doc := eso.Document{Ref: eso.Ref{Type: line.Type, Namespace: line.Namespace, ID: line.ID}, Attributes: line.Attributes}
		if _, err := fmt.Sscanf(line.TypeMigrationVersion, "10.%d.0", &doc.Model); err != nil {
			return err
		}
		if err := collections[line.Type].PutRaw(ctx, doc); err != nil {
			return err
		}
	}
	return scanner.Err()
}

// openDatabase opens what --dsn names.
func openDatabase(dir, dsn string) (*sql.DB, store.Dialect, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		db, err := sql.Open("sqlite", filepath.Join(dir, path))
		return db, store.SQLite, err
	}
	db, err := sql.Open("pgx", dsn)
	return db, store.PostgreSQL, err
}

// runSQL runs a statement and prints the first column of what it returns: sql
// DSN STATEMENT.
func runSQL(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: sql DSN STATEMENT")
	}
	db, _, err := openDatabase(ts.MkAbs("."), args[0])
	ts.Check(err)
	defer db.Close()
	ts.Check(printQuery(ts.Stdout(), db, args[1]))
}

// spoilStore writes past the store: spoil DSN ID OLD NEW replaces a text in the
// attributes of an object.
func spoilStore(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 4 {
		ts.Fatalf("usage: spoil DSN ID OLD NEW")
	}
	db, dialect, err := openDatabase(ts.MkAbs("."), args[0])
	ts.Check(err)
	defer db.Close()
	statement := "UPDATE eso_objects SET attributes = replace(attributes, $1, $2) WHERE id = $3"
	if dialect == store.PostgreSQL {
		statement = "UPDATE eso_objects SET attributes = replace(attributes::text, $1, $2)::jsonb WHERE id = $3"
	}
	_, err = db.Exec(statement, args[2], args[3], args[1])
	ts.Check(err)
}

func printQuery(out io.Writer, db *sql.DB, statement string) error {
	rows, err := db.Query(statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		fmt.Fprintln(out, text)
	}
	return rows.Err()
}

const (
	storeSpec = `package specs

import "github.com/esogen/esogen/eso"

token: eso.#Type & {
	namespaces: "agnostic"
	randomID:   false
	models: "1": {attributes: {owner: string, token: string}, encrypted: ["token"], aad: ["owner"]}
}
`
	storeKeys    = `{"primary": {"id": "2026", "key": "a passphrase that is long enough for Kibana"}}`
	storeNewKeys = `{"primary": {"id": "2027", "key": "the passphrase that comes after the first one"}, "decryptionOnly": [{"id": "2026", "key": "a passphrase that is long enough for Kibana"}]}`
)

// An interrupt ends the rotation after what it is at; the next one goes on.
func TestInterruptedRotation(t *testing.T) {
	t.Parallel()
	const all = 30
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "specs"), 0o755))
	for name, text := range map[string]string{"specs/token.cue": storeSpec, "keys.json": storeKeys, "new.json": storeNewKeys} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	var plain, sealed, stderr bytes.Buffer
	for i := range all {
		fmt.Fprintf(&plain, `{"type":"token","id":"%02d","attributes":{"owner":"me","token":"hush"}}`+"\n", i)
	}
	require.Zero(t, cli.Do(t.Context(), []string{"-C", dir, "seal", "--keys", "keys.json"}, &plain, &sealed, &stderr), stderr.String())
	require.NoError(t, fill(dir, "sqlite:store.db", storeKeys, sealed.String()))

	rotate := []string{"-C", dir, "rotate", "--dsn", "sqlite:store.db", "--keys", "new.json", "--batch", "5", "--workers", "2"}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	said := &speaking{then: interrupt}
	assert.Equal(t, 2, cli.Do(ctx, rotate, nil, io.Discard, said))
	lines := strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n")
	require.Len(t, lines, 3)
	assert.Equal(t, "esogen: token: 5 of 30", lines[0])
	assert.Regexp(t, `^esogen: interrupted, [0-9]+ objects rotated so far$`, lines[1])
	assert.Equal(t, "    run it again: it goes on where it stopped", lines[2])

	var stdout bytes.Buffer
	stderr.Reset()
	assert.Zero(t, cli.Do(t.Context(), rotate, nil, &stdout, &stderr), stderr.String())
	assert.Regexp(t, `^token: [0-9]+ rotated, [0-9]+ unchanged; begun by an earlier run\n$`, stdout.String())
	var rotated, current int
	_, err := fmt.Sscanf(stdout.String(), "token: %d rotated, %d unchanged", &rotated, &current)
	require.NoError(t, err)
	assert.Equal(t, all, rotated+current, "every object is accounted for, once")
	assert.GreaterOrEqual(t, rotated, 5)

	db, _, err := openDatabase(dir, "sqlite:store.db")
	require.NoError(t, err)
	defer db.Close()
	stdout.Reset()
	require.NoError(t, printQuery(&stdout, db, "SELECT DISTINCT key_ids FROM eso_objects"))
	assert.NotContains(t, stdout.String(), "2026")
}

// speaking is standard error of a command that is interrupted when it first
// says something.
type speaking struct {
	bytes.Buffer
	then func()
}

func (s *speaking) Write(text []byte) (int, error) {
	s.then()
	return s.Buffer.Write(text)
}

// A password in --dsn shows nowhere, whatever goes wrong.
func TestPasswordsInDSNs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "specs"), 0o755))
	for name, text := range map[string]string{"specs/token.cue": storeSpec, "keys.json": storeKeys} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	for _, dsn := range []string{
		"postgres://app:hush@127.0.0.1:1/db",
		"postgres://app:hush@127.0.0.1:1/db?sslmode=nonsense",
		"postgres://app:hush@127.0.0.1:port/db",
		"postgres://app:%zzhush@127.0.0.1:1/db",
		"postgres://127.0.0.1:1/db?user=app&password=hush",
		"postgresql://app:hush@no host:1/db",
		"postgres://app:hush@127.0.0.1:1/db?connect_timeout=hush",
		"mysql://app:hush@127.0.0.1:1/db",
		"app:hush@127.0.0.1",
	} {
		var stdout, stderr bytes.Buffer
		code := cli.Do(t.Context(), []string{"-C", dir, "rotate", "--keys", "keys.json", "--dsn", dsn}, nil, &stdout, &stderr)
		assert.Equal(t, 2, code, dsn)
		assert.NotContains(t, stdout.String()+stderr.String(), "hush", dsn)
		assert.NotEmpty(t, stderr.String())
	}
}
