// Package keyfile keeps the keys of an installation in a file, wrapped.
//
// A key file holds any number of keys, each sealed under the file key, which is
// wrapped by an [eso.Wrapper]: a key management service, or a passphrase. Starting
// is one call to it; after that, sealing and opening objects calls nobody.
//
// A product opens the file when it starts, and takes changes in while it runs:
//
//	keys, err := keyfile.Open(ctx, "/etc/product/keys.json", wrapper, keyfile.Options{})
//	go keys.RefreshEvery(ctx, time.Minute, func(changed bool, err error) { … })
//	s, err := store.New(db, store.SQLite, keys, store.Options{})
//
// A [Keyring] is an eso.Keyring: it has the keys of the installation and those of
// namespaces. The program esogen makes and changes key files ("esogen keys"); a
// product that manages its own uses [File].
//
// docs/keys.md has the format, byte for byte, and says what it protects.
//
// # Whose key
//
// The installation's primary key seals, unless a namespace has a primary key of
// its own. Once one has, every namespace needs one: the objects of a namespace
// without are not sealed under a key that others share. Objects of the default
// namespace, and those whose seal binds no namespace (shared and agnostic types),
// are sealed under the installation's key. Any key opens what it sealed.
//
// # Backwards compatibility
//
// Every key file that a release of this package wrote is readable in every later
// one. Test vectors in the repository check that.
package keyfile
