// Package eso seals and opens the secrets of saved objects. It is what the
// packages that esogen generates are built on, and what a product's own code
// calls.
//
// # Terms
//
// A saved object has an identity (a [Ref]: namespace, type and id), a model
// version and attributes, a JSON object. As it is stored, it is a [Document].
// An attribute is plain, or encrypted (a secret), or bound: part of the
// additional authenticated data (AAD) under which the secrets are sealed. Who
// changes a bound attribute, or moves a secret to another object, without the
// key, makes a document that does not open.
//
// A [Keyring] holds the keys: a primary one, which seals, and decryption-only
// ones, which open what was sealed before. A [Definition] says what a type's
// models bind and encrypt. A generated package has one, the struct of its
// objects, and [Objects] with the operations on them.
//
// # The life of an object
//
// [Objects.Seal] makes the document of a new object. [Objects.Read] is the
// normal read: it shows every attribute but the secrets, which come out
// stripped. [Objects.Open] decrypts them; each is a [Secret], which no verb of
// fmt, no log and no JSON encoder prints, and [Secret.Reveal] returns the
// value. [Objects.Update] opens a document, calls a function on the object and
// seals the result. A generated Patch changes plain attributes and needs no
// key: it has no field for any other. [Objects.Migrate] brings a document of an
// older model up to the one that this release writes, and [Definition.Rotate]
// seals it again under the primary key.
//
// Every operation goes by the model of the document. Attributes, members of
// nested values and secrets that this release does not know are kept. What a
// caller does not change keeps its stored bytes.
//
// This package stores nothing. A write is one compare-and-swap by the caller;
// package store does that over database/sql.
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
// The error of an operation is an [*Error] with the operation, the [Ref] and
// the attribute. It holds no value, and no name from within a secret. Branch on
// the sentinels ([ErrTampered], [ErrNoKey], [ErrMalformed], …) with errors.Is.
//
// # Concurrency
//
// Definitions, keyrings and Objects are safe for concurrent use. An object, that
// is a value of a generated struct, belongs to one goroutine.
//
// # Limits
//
// [MaxSize], [MaxDepth], [MaxAttributes] and [MaxValues] bound what a hostile
// document can cost. Writing beyond them fails, so that what was written can be
// read.
//
// # Backwards compatibility
//
// What any release of this package sealed opens in every later one: both
// formats, each version of the native header, and keys from passphrases. Test
// vectors in the repository hold that. A runtime reads a new header version one
// release before it writes it. Generated code and runtime are tied at compile
// time; after an upgrade, generate again.
package eso
