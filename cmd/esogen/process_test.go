package main

import (
	"context"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/esogen/esogen/internal/passphrase"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// scriptPassphrase wraps the key files of scripts.
const scriptPassphrase = "a passphrase for tests"

// parseKeys opens a key file, or a file of passphrases.
func parseKeys(ctx context.Context, text string) (eso.Keyring, error) {
	if !keyfile.IsKeyFile([]byte(text)) {
		return eso.ParseKeys([]byte(text))
	}
	w, err := passphrase.New(passphrase.Of([]byte(scriptPassphrase)), passphrase.Costs{})
	if err != nil {
		return nil, err
	}
	f, err := keyfile.Read(ctx, []byte(text), w)
	if err != nil {
		return nil, err
	}
	return f.Keyring()
}

// processes has the store of each process that runs, by its script and name.
var processes sync.Map

func processOf(ts *testscript.TestScript, name string) string { return ts.MkAbs(".") + " " + name }

// startProcess registers a process of the product that has a file of keys: process DSN
// KEYS NAME.
func startProcess(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 3 {
		ts.Fatalf("usage: process DSN KEYS NAME")
	}
	ctx := context.Background()
	keys, err := parseKeys(ctx, ts.ReadFile(args[1]))
	ts.Check(err)
	db, dialect, err := openDatabase(ts.MkAbs("."), args[0])
	ts.Check(err)
	ts.Defer(func() { db.Close() })
	s, err := store.New(db, dialect, keys, store.Options{Process: args[2]})
	ts.Check(err)
	_, err = s.CheckKeys(ctx)
	ts.Logf("CheckKeys: %v", err) // what it finds is for the product; it registers in any case
	processes.Store(processOf(ts, args[2]), s)
}

// endProcess ends a process of startProcess: leave NAME.
func endProcess(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: leave NAME")
	}
	s, ok := processes.Load(processOf(ts, args[0]))
	if !ok {
		ts.Fatalf("no process %q", args[0])
	}
	ts.Check(s.(*store.Store).Leave(context.Background()))
}
