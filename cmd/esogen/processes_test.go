package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// tokens are those of storeSpec.
var tokens = esotest.NewObjects(&eso.Definition{Type: "token", Write: 1, Models: []eso.Model{{
	Format: eso.Native, Namespaces: eso.Agnostic,
	Attributes: []eso.Attribute{{Name: "owner"}, {Name: "token"}}, Encrypted: []string{"token"}, AAD: []string{"owner"},
}}}, nil)

// node is a process of a product. It does what the lines on standard input say: refresh,
// write ID, read IDs.
func node() { os.Exit(runNode()) }

func runNode() int {
	ctx := context.Background()
	answer := func(err error) {
		if err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
			return
		}
		fmt.Println("ok")
	}
	w, err := passphrase.New(passphrase.Of([]byte(scriptPassphrase)), passphrase.Costs{})
	if err != nil {
		answer(err)
		return 1
	}
	keys, err := keyfile.Open(ctx, "keys.json", w, keyfile.Options{Timeout: time.Minute})
	if err != nil {
		answer(err)
		return 1
	}
	db, dialect, err := openDatabase(".", "sqlite:store.db?_pragma=busy_timeout(60000)&_txlock=immediate")
	if err != nil {
		answer(err)
		return 1
	}
	s, err := store.New(db, dialect, keys, store.Options{Process: os.Args[1]})
	if err == nil {
		err = s.CreateSchema(ctx)
	}
	if err == nil {
		_, err = s.CheckKeys(ctx)
	}
	answer(err)
	objects := store.Of(s, tokens)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "refresh":
			if _, err = keys.Refresh(ctx); err == nil {
				_, err = s.CheckKeys(ctx)
			}
		case "write":
			_, err = objects.Create(ctx, eso.Ref{ID: words[1]}, esotest.NewObject(map[string]string{"owner": `"me"`, "token": `"hush"`}))
		case "read":
			for _, id := range words[1:] {
				if _, err = objects.Open(ctx, eso.Ref{ID: id}); err != nil {
					break
				}
			}
		}
		answer(err)
	}
	return 0
}

// running is a node from outside.
type running struct {
	in  io.Writer
	out *bufio.Scanner
}

func (r *running) answer(t *testing.T) {
	t.Helper()
	require.True(t, r.out.Scan(), "the process has ended")
	require.Equal(t, "ok", r.out.Text())
}

func (r *running) do(t *testing.T, line string) {
	t.Helper()
	_, err := fmt.Fprintln(r.in, line)
	require.NoError(t, err)
	r.answer(t)
}

// program is a process of this test binary that runs as another program.
func program(t *testing.T, dir string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	return &exec.Cmd{Path: self, Args: args, Dir: dir, Env: append(os.Environ(), "ESOGEN_PASSPHRASE="+scriptPassphrase)}
}

// TestKeysOfProcesses rotates the keys of two processes that never restart, by commands
// that are killed at any time and repeated.
func TestKeysOfProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it runs some forty processes, which stretch passphrases")
	}
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "specs"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "specs", "token.cue"), []byte(storeSpec), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "store.db"), nil, 0o600))

	// command runs a command until it ends by itself, after it was killed now and then.
	took := 500 * time.Millisecond
	command := func(done string, args ...string) {
		t.Helper()
		for kills := 0; ; kills++ {
			var out bytes.Buffer
			cmd := program(t, dir, append([]string{"esogen"}, args...)...)
			cmd.Stdout, cmd.Stderr = &out, &out
			begin := time.Now()
			require.NoError(t, cmd.Start())
			killed := false
			if kills < 3 {
				time.Sleep(rand.N(took))
				killed = cmd.Process.Kill() == nil
			}
			err := cmd.Wait()
			if err == nil {
				took = time.Since(begin) // of one that was not killed, or too late
				return
			}
			if !killed {
				require.NotEmpty(t, done, "%v: %v: %s", args, err, out.String())
				require.Contains(t, out.String(), done, "%v: %v", args, err) // an earlier run did it
				return
			}
		}
	}
	command("the file exists", "keys", "make", "keys.json", "--id", "2026")

	var nodes []*running
	var ids []string
	for _, name := range []string{"one", "two"} {
		cmd := program(t, dir, "node", name)
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			in.Close()
			cmd.Wait()
		})
		nodes = append(nodes, &running{in, bufio.NewScanner(out)})
		nodes[len(nodes)-1].answer(t)
	}
	everywhere := func(line string) {
		t.Helper()
		for _, n := range nodes {
			n.do(t, line)
		}
	}
	write := func() {
		t.Helper()
		for _, n := range nodes {
			ids = append(ids, fmt.Sprint(len(ids)))
			n.do(t, "write "+ids[len(ids)-1])
		}
		everywhere("read " + strings.Join(ids, " "))
	}
	const dsn = "sqlite:store.db"
	write()
	command("has a key with this id", "keys", "add", "keys.json", "--id", "2027")
	write()
	everywhere("refresh")
	command("", "keys", "primary", "keys.json", "2027", "--dsn", dsn)
	write() // under the old key, which every process knows still
	everywhere("refresh")
	write()
	command("", "rotate", "--keys", "keys.json", "--dsn", dsn)
	write()
	command("", "keys", "retire", "keys.json", "2026", "--dsn", dsn)
	write()
	everywhere("refresh")
	command("", "keys", "rewrap", "keys.json")
	everywhere("refresh")
	write()
	command("", "keys", "check", "keys.json", "--dsn", dsn)
	left, err := filepath.Glob(filepath.Join(dir, ".keys.json.*"))
	require.NoError(t, err)
	t.Logf("%d objects; left over: %v", len(ids), left)
}
