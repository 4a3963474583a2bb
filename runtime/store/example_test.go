package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the product chooses the driver

	"github.com/esogen/esogen/generated/action"
	"github.com/esogen/esogen/generated/connectortoken"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// temporary is a file for a database, and what removes it.
func temporary() (file string, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	return filepath.Join(dir, "objects.db"), func() { os.RemoveAll(dir) }
}

// openStore is what a product does when it starts.
func openStore(ctx context.Context, file string, primary string, others ...string) (*store.Store, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	keys, err := eso.NewKeyring(primary, others...)
	if err != nil {
		return nil, err
	}
	s, err := store.New(db, store.SQLite, keys, store.Options{Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	return s, s.CreateSchema(ctx)
}

func exampleToken(connector string) *connectortoken.ConnectorToken {
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	return &connectortoken.ConnectorToken{ConnectorID: connector, TokenType: "access_token", Token: eso.NewSecret("s3cret"), CreatedAt: at, UpdatedAt: at}
}

func Example() {
	ctx := context.Background()
	file, remove := temporary()
	defer remove()
	s, err := openStore(ctx, file, "a passphrase of at least 32 characters")
	if err != nil {
		log.Fatal(err)
	}
	tokens := store.Of(s, connectortoken.Objects)

	ref, err := tokens.Create(ctx, connectortoken.Ref(""), exampleToken("c1"))
	if err != nil {
		log.Fatal(err)
	}

	// The normal read: without secrets.
	token, err := tokens.Get(ctx, ref)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Value.ConnectorID, token.Value.Token)

	// Opening them is a call of its own.
	token, err = tokens.Open(ctx, ref)
	if err != nil {
		log.Fatal(err)
	}
	secret, err := token.Value.Token.Reveal()
	fmt.Println(secret, err)

	// Where others write at the same time, the function is called again.
	err = tokens.Update(ctx, ref, func(t *connectortoken.ConnectorToken) error {
		t.RefreshToken = new(eso.NewSecret("r3fresh"))
		return nil
	})
	fmt.Println(err)

	// Whoever has seen an object can insist that it is still as it was.
	err = tokens.DeleteAt(ctx, ref, token.Revision)
	fmt.Println(errors.Is(err, store.ErrConflict))
	fmt.Println(tokens.Delete(ctx, ref))
	_, err = tokens.Get(ctx, ref)
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// c1 [secret]
	// s3cret <nil>
	// <nil>
	// true
	// <nil>
	// true
}

func ExampleCollection_Find() {
	ctx := context.Background()
	file, remove := temporary()
	defer remove()
	s, err := openStore(ctx, file, "a passphrase of at least 32 characters")
	if err != nil {
		log.Fatal(err)
	}
	tokens := store.Of(s, connectortoken.Objects)
	_, err = tokens.CreateAll(ctx, []store.NewObject[connectortoken.ConnectorToken]{
		{Object: exampleToken("c1")}, {Object: exampleToken("c1")}, {Object: exampleToken("c2")},
	})
	if err != nil {
		log.Fatal(err)
	}

	for token, err := range tokens.Find(ctx, store.Query{}, connectortoken.ByConnectorID("c1")) {
		if token == nil {
			log.Fatal(err) // the database is away
		}
		if err != nil {
			fmt.Println(token.Ref.ID, "does not read:", err)
			continue
		}
		fmt.Println(token.Value.ConnectorID, token.Value.TokenType)
	}
	// Output:
	// c1 access_token
	// c1 access_token
}

func ExampleCollection_Patch() {
	ctx := context.Background()
	file, remove := temporary()
	defer remove()
	s, err := openStore(ctx, file, "a passphrase of at least 32 characters")
	if err != nil {
		log.Fatal(err)
	}
	actions := store.Of(s, action.Objects)
	ref, err := actions.Create(ctx, action.Ref("sales", ""), &action.Action{
		ActionTypeID: ".email", Name: "mail", Config: map[string]eso.JSON{}, Secrets: eso.NewSecret(eso.JSON(`{"password":"pw"}`)),
	})
	if err != nil {
		log.Fatal(err)
	}

	err = actions.Patch(ctx, ref, action.Patch{Name: new("post"), IsDeprecated: eso.Set(true)})
	if err != nil {
		log.Fatal(err)
	}
	changed, err := actions.Get(ctx, ref)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Value.Name, *changed.Value.IsDeprecated)
	// Output:
	// post true
}

func ExampleStore_Rotate() {
	ctx := context.Background()
	file, remove := temporary()
	defer remove()
	s, err := openStore(ctx, file, "the passphrase until now, 32 characters")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Of(s, connectortoken.Objects).Create(ctx, connectortoken.Ref(""), exampleToken("c1")); err != nil {
		log.Fatal(err)
	}
	s, err = openStore(ctx, file, "the passphrase from now on, 32 characters", "the passphrase until now, 32 characters")
	if err != nil {
		log.Fatal(err)
	}

	types := []*eso.Definition{connectortoken.Objects.Definition(), action.Objects.Definition()}
	report, err := s.Rotate(ctx, types, store.JobOptions{Batch: 500, Progress: func(p store.Progress) {
		fmt.Printf("%s: %d of %d\n", p.Type, p.All(), p.Total)
	}})
	if err != nil {
		log.Fatal(err) // run it again: it goes on where it ended
	}
	fmt.Printf("done %d, unchanged %d, failed %d\n", report.Done, report.Unchanged, report.Failed)
	for _, f := range report.Failures {
		fmt.Println(f.Ref.Type, f.Ref.ID, f.Attribute, f.Reason)
	}
	usage, err := s.KeyUsage(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(usage), "key in use")
	// Output:
	// connector_token: 1 of 1
	// action: 0 of 0
	// done 1, unchanged 0, failed 0
	// 1 key in use
}

// ExampleStore_CheckKeys starts with a key file that is older than the database.
func ExampleStore_CheckKeys() {
	ctx := context.Background()
	file, remove := temporary()
	defer remove()
	const first, second = "a passphrase of at least 32 characters", "the next one, as long as that or longer"
	renewed, err := openStore(ctx, file, second, first)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(checkKeys(ctx, renewed))
	old, err := openStore(ctx, file, first)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(checkKeys(ctx, old), store.ErrKeys))
	// Output:
	// <nil>
	// true
}

// checkKeys runs when the product starts, and each minute after the keyring was
// refreshed.
func checkKeys(ctx context.Context, s *store.Store) error {
	report, err := s.CheckKeys(ctx)
	if err != nil {
		return err // store.ErrKeys: not the keys that the database needs
	}
	if report.Newer != "" {
		log.Printf("others seal under key %q already", report.Newer)
	}
	return nil
}

// ExampleNew_inMemory has a store for a test.
func ExampleNew_inMemory() {
	const name = "of this test"
	db, err := sql.Open("sqlite", "file:/"+name+"?vfs=memdb&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	keys, err := eso.NewKeyring("a passphrase of at least 32 characters")
	if err != nil {
		log.Fatal(err)
	}
	s, err := store.New(db, store.SQLite, keys, store.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := s.CreateSchema(context.Background()); err != nil {
		log.Fatal(err)
	}
	tokens := store.Of(s, connectortoken.Objects)
	var all sync.WaitGroup
	for i := range 20 { // on as many connections
		all.Go(func() {
			if _, err := tokens.Create(context.Background(), connectortoken.Ref(""), exampleToken(fmt.Sprint(i))); err != nil {
				log.Fatal(err)
			}
		})
	}
	all.Wait()
	usage, err := s.ModelUsage(context.Background())
	fmt.Println(usage, err)
	// Output: [{connector_token 2 20}] <nil>
}
