// Package eso seals and opens the secrets of saved objects. The packages that
// esogen generates are built on it, and a product calls it beside them.
//
// # Terms
//
// A saved object has an identity (a [Ref]: namespace, type and id), a model
// version and attributes, a JSON object. A [Document] is an object as it is
// stored, its secrets sealed.
//
// A type is what a spec declares: its attributes, its models, and which
// attributes are secrets. It becomes a [Definition], a Go struct and an [Objects]
// value in a generated package. An attribute is plain, or a secret (encrypted),
// or bound: part of the additional authenticated data under which the secrets are
// sealed. Whoever changes a bound attribute or moves a secret to another object
// without the key makes a document that does not open.
//
// A [Secret] holds the value of a secret in Go. No verb of fmt, no log and no
// JSON encoder prints it; its method Reveal returns the value.
//
// A [Keyring] gives the [Key] that seals an object and the keys that open it.
// [NewKeyring] makes one from passphrases, [NewKeyringOf] from other keys. Package
// [github.com/esogen/esogen/runtime/keyfile] keeps keys in a file, wrapped by a key
// management service or under a passphrase.
//
// # The life of an object
//
// A generated package, here apitoken, has the operations of [Objects] as
// functions:
//
//	keys, err := eso.NewKeyring(passphrase)
//
//	// A new object becomes a document.
//	doc, err := apitoken.Seal(ctx, keys, apitoken.Ref("kim", ""), &apitoken.APIToken{
//		OwnerID: "kim",
//		Token:   eso.NewSecret("s3cret"),
//	})
//
//	// The normal read shows all but the secrets.
//	shown, err := apitoken.Read(ctx, keys, doc)
//
//	// Opening it gives the secrets too.
//	opened, err := apitoken.Open(ctx, keys, doc)
//	token, err := opened.Token.Reveal()
//
//	// A patch changes plain attributes. It has no field for any other, and
//	// decrypts nothing unless it must.
//	doc, err = apitoken.Patch{Note: eso.Set("for the backup")}.Apply(ctx, keys, doc)
//
//	// An update opens the object, changes it, and seals it again.
//	doc, err = apitoken.Update(ctx, keys, doc, func(t *apitoken.APIToken) error {
//		t.Token = eso.NewSecret("an0ther")
//		return nil
//	})
//
//	// A later release brings it to the model that it writes, and an operator
//	// brings it under a new primary key.
//	doc, err = apitoken.Migrate(ctx, keys, doc)
//	doc, err = apitoken.Objects.Definition().Rotate(ctx, keys, doc)
//
// Every operation goes by the model of the document. It keeps attributes, members
// of nested values and secrets that this release does not know, and the stored
// bytes of what the caller does not change.
//
// This package stores nothing: a write is one compare-and-swap by the caller.
// Package [github.com/esogen/esogen/runtime/store] does that over database/sql.
// Without generated code, [Definition.SealJSON] and [Definition.OpenJSON] work on
// attributes as JSON text.
//
// # Formats
//
// [Native] keeps all secrets of an object in one seal, whose authenticated
// header says what it binds. [Kibana] is the format of Kibana's encrypted saved
// objects, a ciphertext for each secret, and interoperates with Kibana.
// docs/format-native.md and docs/format-kibana.md have the bytes.
//
// # Errors
//
// An operation fails with an [*Error] that has the operation, the [Ref] and the
// attribute. It holds no value, and no name from within a secret. Branch on the
// sentinels ([ErrTampered], [ErrNoKey], [ErrMalformed], …) with errors.Is.
//
// # Concurrency
//
// Definitions, keyrings and Objects are safe for concurrent use. An object, a
// value of a generated struct, belongs to one goroutine.
//
// # Limits
//
// [MaxSize], [MaxDepth], [MaxAttributes] and [MaxValues] bound what a hostile
// document can cost. Writing beyond them fails, so what was written can be read.
//
// # Backwards compatibility
//
// Whatever a release of this package sealed opens in every later one: both
// formats, each version of the native header, and keys from passphrases. Test
// vectors in the repository check that. A runtime reads a new header version one
// release before it writes it.
//
// Generated code and runtime are tied to each other at compile time: after an
// upgrade of the runtime, regenerate. Package esoimpl, which generated code calls,
// makes no promise to anybody else.
package eso
