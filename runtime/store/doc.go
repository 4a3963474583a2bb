// Package store keeps saved objects in a database. It is a repository over
// [database/sql], with SQLite or PostgreSQL behind it.
//
// A [Store] holds the objects of a product in one database. [Of] returns the
// [Collection] of one type, given the Objects of its generated package:
//
//	db, err := sql.Open("sqlite", "file:objects.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
//	keys, err := eso.NewKeyring(passphrase)
//	s, err := store.New(db, store.SQLite, keys, store.Options{})
//	err = s.CreateSchema(ctx)
//
//	tokens := store.Of(s, apitoken.Objects)
//	ref, err := tokens.Create(ctx, apitoken.Ref("kim", ""), &apitoken.APIToken{
//		OwnerID: "kim", Scope: apitoken.ScopeRead, Token: eso.NewSecret(secret), ExpiresAt: expires,
//	})
//	token, err := tokens.Get(ctx, ref)  // without its secrets
//	token, err = tokens.Open(ctx, ref)  // with them
//	err = tokens.Update(ctx, ref, func(t *apitoken.APIToken) error {
//		t.Scope = apitoken.ScopeWrite
//		return nil
//	})
//	for token, err := range tokens.Find(ctx, store.Query{}, apitoken.ByOwnerID("kim")) {
//		if err != nil {
//			log.Print(err) // this object does not open: its Value is nil; the others follow
//			continue
//		}
//		fmt.Println(token.Value.Scope)
//	}
//
// The package imports no driver: the product chooses one. The page docs/store.md shows
// more, and docs/store-tables.md has the tables and what each database needs.
//
// # What every path guarantees
//
// No call stores a secret in plaintext, changes a bound attribute without sealing
// again, or drops an attribute that this release does not know. All writes go
// through the operations of package eso, which work on whole documents; no call
// takes a part of a stored document. A document that was sealed elsewhere is opened
// before it is stored.
//
// The store does not trust what the database returns. A row that does not open, or
// does not hold a document, fails alone: it is reported, and stays unchanged.
//
// # Revisions and lost races
//
// Every write is one compare-and-swap on the revision of the row. If others have
// written the object since it was read, [Collection.Update], Patch, Replace and
// Delete start again from the read, up to [Options].Attempts times, and then fail
// with a [*ConflictError]. The function given to Update may therefore run more than
// once.
//
// [Collection.UpdateAt] and the other methods whose names end in At take the
// [Object].Revision that the caller has seen, and try once: a *ConflictError means
// that the object has changed since.
//
// Releases that read and write different models, migrations, rotations and live
// writers can share one database.
//
// # Namespaces
//
// The [eso.Ref] of a call names the namespace that asks; "" and "default" are the
// same. Objects of the kinds single and multiple-isolated are reached from their own
// namespace, those of the kind multiple from each namespace of their list, and
// agnostic ones from everywhere. An object out of reach does not exist: every
// operation fails with [ErrNotFound]. Its id is still taken, except in the kind
// single, where each namespace has ids of its own.
//
// # Jobs
//
// [Store.Migrate] brings objects up to the model that this release writes, and
// [Store.Rotate] seals them under the primary key, or the key of their namespace. Both
// work in batches, save their progress with each, and go on from there if they were
// interrupted. [Store.ModelUsage] and [Store.KeyUsage] count the objects of each model
// and under each key.
//
// # Keys
//
// [Store.CheckKeys] says at the start of a process whether it has the keys that the
// database needs. It registers the process too, so that a key becomes primary once
// every process has it, and is retired once none seals under it:
// [Store.ProcessesLacking] and [Store.ProcessesSealing]. [Store.ScanKeys] reads off
// the documents which keys are needed.
//
// An object whose key was destroyed on purpose fails with [eso.ErrShredded]. It can be
// deleted, and its id stays taken. Jobs count it, and do not fail.
//
// # Errors
//
// An error about an object is an [*eso.Error] with the operation, the object and the
// attribute, if one is at fault; it never holds a value. Compare with [errors.Is]:
// it wraps one of the errors of this package or of package eso. A [*BulkError] adds
// which object of a bulk it was. An error of the database can be unwrapped, and its
// text shows no argument of a statement. [ReasonOf] turns any error into one word,
// for metrics.
//
// # Events
//
// [Options].Observe receives an [Event] for each operation on an object, for audit
// and metrics, and [Options].Logger the failures. Neither gets a value of an
// attribute.
//
// # Concurrency
//
// A Store and its Collections are safe for concurrent use, by any number of
// goroutines, and of processes over one database. An [Object] is a value of one
// goroutine. No transaction is open, and no connection is held, while the store
// calls a function of the product, or while the product works on an object that
// Find returned.
//
// # Limits
//
// An id takes at most 1,024 bytes and a namespace 512; a document takes at most
// [eso.MaxSize]. Pages and batches have at most 10,000 objects. What a
// database cannot hold fails with [ErrUnstorable] before anything is written.
//
// # Compatibility
//
// The tables have a version, [SchemaVersion]. [Store.CreateSchema] brings those of
// every earlier version up to it; with any other version, the store fails with
// [ErrSchema].
package store
