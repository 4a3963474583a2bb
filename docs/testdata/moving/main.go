// Command moving makes the tables of a store in SQLite, and stores the objects of
// standard input, which are plain: a line each, as "esogen seal" takes them.
//
//	moving DIR DATABASE KEYS < plain.jsonl
//
// It stands in for the product of the page moving-house.md, whose specs are in DIR.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/esogen/esogen/internal/passphrase"
	"github.com/esogen/esogen/internal/runtimedef"
	"github.com/esogen/esogen/internal/spec"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/esotest"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir, database, keysFile string) error {
	w, err := passphrase.New(passphrase.Of([]byte(os.Getenv("ESOGEN_PASSPHRASE"))), passphrase.Costs{})
	if err != nil {
		return err
	}
	keys, err := keyfile.Open(ctx, filepath.Join(dir, keysFile), w, keyfile.Options{})
	if err != nil {
		return err
	}
	specs, err := spec.Load(ctx, spec.Options{Root: dir, Dir: "specs"})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := store.New(db, store.SQLite, keys, store.Options{})
	if err != nil {
		return err
	}
	if err := s.CreateSchema(ctx); err != nil {
		return err
	}
	definitions := map[string]*eso.Definition{}
	for _, t := range specs.Types {
		definitions[t.Name] = runtimedef.Of(t)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var line struct {
			Type, Namespace, ID string
			Attributes          json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return err
		}
		d := definitions[line.Type]
		doc, err := d.SealJSON(ctx, keys, eso.Ref{Type: line.Type, Namespace: line.Namespace, ID: line.ID}, line.Attributes)
		if err != nil {
			return err
		}
		if err := store.Of(s, esotest.NewObjects(d, nil)).PutRaw(ctx, doc); err != nil {
			return err
		}
	}
	return nil
}
