package main

import (
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/internal/passphrase"
)

func TestMain(m *testing.M) {
	passphrase.DefaultCosts = passphrase.Costs{Memory: 16 << 10, Passes: 2, Lanes: 1} // the least: scripts run hundreds of commands
	testscript.Main(m, map[string]func(){"esogen": main, "node": node})
}

// TestScript runs the scripts of testdata/script, one per behaviour. They are
// the contract of the command line.
func TestScript(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it runs hundreds of commands, for minutes with the race detector; TestStore has those that do several things at once")
	}
	t.Parallel()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	cache := goEnv(t, "GOCACHE")
	modules := goEnv(t, "GOMODCACHE")
	runScripts(t, "testdata/script", func(env *testscript.Env) error {
		env.Setenv("REPOSITORY", repository)
		env.Setenv("GOCACHE", cache)
		env.Setenv("GOMODCACHE", modules)
		env.Setenv("GOFLAGS", "-mod=mod")
		env.Setenv("GOPROXY", "off")
		return nil
	})
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"bytes": writeBytes, "exits": exits, "fill": fillStore, "spoil": spoilStore, "sql": runSQL, "process": startProcess, "leave": endProcess},
		UpdateScripts:       os.Getenv("ESOGEN_UPDATE_SCRIPTS") != "",
	})
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	require.NoError(t, err)
	return string(out[:len(out)-1])
}

// exits runs a program and compares its exit code: exits 1 esogen generate.
// What it prints is there for stdout and stderr.
func exits(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// writeBytes writes a file that no text file can hold: bytes FILE TEXT, with \xff
// for a byte.
func writeBytes(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text := regexp.MustCompile(`\\x[0-9a-f]{2}`).ReplaceAllStringFunc(args[1], func(escape string) string {
		b, err := hex.DecodeString(escape[2:])
		ts.Check(err)
		return string(b)
	})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text+"\n"), 0o666))
}
