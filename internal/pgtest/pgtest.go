// Package pgtest gives tests a PostgreSQL of their own: a cluster in a
// temporary folder, that listens on a socket in that folder and nowhere else,
// and ends with the test or, if that is killed, soon after it.
//
// Where the programs of PostgreSQL are not installed, the tests are skipped. With
// ESOGEN_POSTGRES=required in the environment they fail instead.
package pgtest

import (
	"bytes"
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Cluster is a running PostgreSQL. It is safe for concurrent use.
type Cluster struct {
	// DSN is that of a first database, for the superuser.
	DSN string

	// Data is the folder of the database files, and Log what the server logs.
	Data, Log string

	dir    string // of all, the socket too
	server *exec.Cmd
	alive  io.Closer
	names  atomic.Int64 // of databases and schemas
}

// Start starts a cluster, which ends with the test. Settings of the server, as
// name=value, go before those that make tests fast: such a cluster forgets what
// it has committed when the machine fails.
func Start(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c, err := start(settings...)
	if errors.Is(err, exec.ErrNotFound) {
		missing(t, err)
	}
	if err != nil {
		t.Fatalf("PostgreSQL does not start: %v", err)
	}
	t.Cleanup(c.stop)
	return c
}

var shared struct {
	sync.Mutex
	*Cluster
	err error
}

// Shared returns the one cluster of the test binary, whose TestMain has to call
// Main.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.Cluster == nil && shared.err == nil {
		shared.Cluster, shared.err = start()
	}
	if errors.Is(shared.err, exec.ErrNotFound) {
		missing(t, shared.err)
	}
	if shared.err != nil {
		t.Fatalf("PostgreSQL does not start: %v", shared.err)
	}
	return shared.Cluster
}

// Main runs the tests, stops the shared cluster, and returns the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.Cluster != nil {
		shared.stop()
	}
	return code
}

func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("ESOGEN_POSTGRES") == "required" {
		t.Fatalf("PostgreSQL is required, but not installed: %v", err)
	}
	t.Skipf("PostgreSQL is not installed: %v", err)
}

// Database creates an empty database and returns its DSN.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := c.create(t, "DATABASE")
	return c.dsn(name, nil)
}

// Schema creates an empty schema in the first database, and returns the DSN with
// which it takes the place of a database of its own. It takes far less time than
// a database.
func (c *Cluster) Schema(t testing.TB) string {
	t.Helper()
	name := c.create(t, "SCHEMA")
	return c.dsn(superuser, url.Values{"search_path": {name}})
}

func (c *Cluster) create(t testing.TB, what string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", c.names.Add(1))
	db, err := sql.Open("pgx", c.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE "+what+" "+name); err != nil {
		t.Fatal(err)
	}
	return name
}

func (c *Cluster) dsn(database string, settings url.Values) string {
	query := url.Values{"host": {c.dir}, "user": {superuser}, "sslmode": {"disable"}}
	maps.Copy(query, settings)
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

const superuser = "postgres"

// program finds a program of PostgreSQL: on the path, or where packages of
// distributions put it.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
	}
	return slices.MaxFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}), nil
}

// watch runs the server until its standard input ends, which it does when the
// test process does, however that comes.
const watch = `"$@" & pid=$!; read -r end; kill -INT "$pid"; wait "$pid"; rm -rf "$PGTEST"`

func start(settings ...string) (*Cluster, error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := program("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, Data: filepath.Join(dir, "data"), Log: filepath.Join(dir, "log")}
	if err := c.run(initdb, postgres, settings); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return c, nil
}

func (c *Cluster) run(initdb, postgres string, settings []string) error {
	create := exec.Command(initdb, "-D", c.Data, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	create.Dir = c.dir
	if err := unprivileged(create, c.dir); err != nil {
		return err
	}
	if out, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	log, err := os.Create(c.Log)
	if err != nil {
		return err
	}
	defer log.Close()
	c.server = exec.Command("sh", "-c", watch, "sh", postgres, "-D", c.Data, "-k", c.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB", "-c", "max_connections=100")
	for _, setting := range settings {
		c.server.Args = append(c.server.Args, "-c", setting)
	}
	c.server.Dir, c.server.Stdout, c.server.Stderr = c.dir, log, log
	c.server.Env = append(os.Environ(), "PGTEST="+c.dir)
	if c.alive, err = c.server.StdinPipe(); err != nil {
		return err
	}
	if err := unprivileged(c.server, c.dir); err != nil {
		return err
	}
	if err := c.server.Start(); err != nil {
		return err
	}
	c.DSN = c.dsn(superuser, nil)
	if err := c.wait(); err != nil {
		c.stop()
		return err
	}
	return nil
}

// wait returns when the server answers.
func (c *Cluster) wait() error {
	db, err := sql.Open("pgx", c.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	for range 600 {
		if err = db.Ping(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(c.Log)
	return fmt.Errorf("it does not answer: %w\n%s", err, bytes.TrimSpace(text))
}

// stop ends the server, open connections or not, and removes its files.
func (c *Cluster) stop() {
	c.alive.Close()
	c.server.Wait()
	os.RemoveAll(c.dir)
}

// folder makes the folder of a cluster. The path of a socket in it has to be
// short.
func folder() (string, error) {
	parent := os.TempDir()
	if len(parent) > 60 {
		parent = "/tmp"
	}
	return os.MkdirTemp(parent, "pgtest")
}
