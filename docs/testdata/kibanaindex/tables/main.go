// Command tables makes the tables of a store in a SQLite file, as a product does
// when it starts.
package main

import (
	"context"
	"database/sql"
	"log"
	"os"

	_ "modernc.org/sqlite"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

func main() {
	if err := create(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func create(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := eso.NewKeyring("the passphrase of the product, of 32 characters")
	if err != nil {
		return err
	}
	s, err := store.New(db, store.SQLite, keys, store.Options{})
	if err != nil {
		return err
	}
	return s.CreateSchema(ctx)
}
