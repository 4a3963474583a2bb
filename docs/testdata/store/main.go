// Command tokens is the program of docs/store.md.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite"

	"example.com/tokens/generated/apitoken"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

const (
	firstKey  = "a passphrase of at least 32 characters"
	secondKey = "the next one, as long as that or longer"
)

func main() {
	ctx := context.Background()
	s, err := openStore(ctx, "tokens.db", firstKey)
	check(err)
	life(ctx, s)
	find(ctx, s)
	s, err = openStore(ctx, "tokens.db", secondKey, firstKey)
	check(err)
	rotate(ctx, s)
}

// openStore opens the store in a file. The primary key seals; all of them open.
func openStore(ctx context.Context, file, primary string, others ...string) (*store.Store, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	keys, err := eso.NewKeyring(primary, others...)
	if err != nil {
		return nil, err
	}
	s, err := store.New(db, store.SQLite, keys, store.Options{})
	if err != nil {
		return nil, err
	}
	return s, s.CreateSchema(ctx)
}

func life(ctx context.Context, s *store.Store) {
	tokens := store.Of(s, apitoken.Objects)
	expires := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)

	ref, err := tokens.Create(ctx, apitoken.Ref("kim", ""), &apitoken.APIToken{
		OwnerID: "kim", Scope: apitoken.ScopeRead, Token: eso.NewSecret("s3cret"), ExpiresAt: expires,
	})
	check(err)

	// The normal read verifies the object, and leaves its secrets out.
	token, err := tokens.Get(ctx, ref)
	check(err)
	fmt.Println(token.Value.OwnerID, token.Value.Token)

	// Opening the secrets takes a call of its own.
	token, err = tokens.Open(ctx, ref)
	check(err)
	fmt.Println(token.Value.Token.Reveal())

	// A patch sets plain attributes. It has no field for bound or secret ones.
	check(tokens.Patch(ctx, ref, apitoken.Patch{Note: eso.Set("for the backup")}))

	// An update may change everything. If others write at the same time, the
	// function is called again.
	check(tokens.Update(ctx, ref, func(t *apitoken.APIToken) error {
		t.Scope = apitoken.ScopeWrite
		return nil
	}))

	// A caller who has seen an object can insist that it has not changed since.
	err = tokens.DeleteAt(ctx, ref, token.Revision)
	fmt.Println(errors.Is(err, store.ErrConflict))
	check(tokens.Delete(ctx, ref))
	_, err = tokens.Get(ctx, ref)
	fmt.Println(errors.Is(err, store.ErrNotFound))
}

func find(ctx context.Context, s *store.Store) {
	tokens := store.Of(s, apitoken.Objects)
	var items []store.NewObject[apitoken.APIToken]
	for _, owner := range []string{"kim", "kim", "lee"} {
		items = append(items, store.NewObject[apitoken.APIToken]{Ref: apitoken.Ref(owner, ""), Object: &apitoken.APIToken{
			OwnerID: owner, Scope: apitoken.ScopeRead, Token: eso.NewSecret("s3cret"), ExpiresAt: time.Now().Add(time.Hour),
		}})
	}
	_, err := tokens.CreateAll(ctx, items)
	check(err)

	for token, err := range tokens.Find(ctx, store.Query{}, apitoken.ByOwnerID("kim")) {
		if token == nil {
			log.Fatal(err) // of the database
		}
		if err != nil {
			fmt.Println(token.Ref.ID, "cannot be read:", err)
			continue
		}
		fmt.Println(token.Value.OwnerID, token.Value.Scope)
	}
}

func rotate(ctx context.Context, s *store.Store) {
	types := []*eso.Definition{apitoken.Objects.Definition()}
	report, err := s.Rotate(ctx, types, store.JobOptions{})
	if err != nil {
		log.Fatal(err) // run it again: it continues
	}
	fmt.Printf("%d rotated, %d unchanged, %d failed\n", report.Done, report.Unchanged, report.Failed)
	for _, f := range report.Failures {
		fmt.Println(f.Ref.Type, f.Ref.ID, f.Attribute, f.Reason)
	}
	usage, err := s.KeyUsage(ctx)
	fmt.Println(len(usage), "key in use", err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
