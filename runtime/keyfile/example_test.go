package keyfile_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
)

// provider wraps under a key in memory. One of a product asks a service: see the
// modules under keys/.
type provider struct{ aead cipher.AEAD }

func newProvider() *provider {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	check(err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	check(err)
	return &provider{aead}
}

func (p *provider) ID() string { return "example" }

func (p *provider) Wrap(_ context.Context, secret []byte) ([]byte, error) {
	return p.aead.Seal(nil, nil, secret, nil), nil
}

func (p *provider) Unwrap(_ context.Context, wrapped []byte) ([]byte, error) {
	secret, err := p.aead.Open(nil, nil, wrapped, nil)
	if err != nil {
		return nil, eso.ErrTampered // and no retry changes that
	}
	return secret, nil
}

// A product opens its key file when it starts, and takes changes in while it runs.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)
	path, p := filepath.Join(dir, "keys.json"), newProvider()

	// What "esogen keys make" and "esogen keys add" do.
	file, err := keyfile.New(keyfile.Native, "first")
	check(err)
	_, err = file.Add(keyfile.Native, "acme-1", "acme")
	check(err)
	write(ctx, path, file, p)

	keys, err := keyfile.Open(ctx, path, p, keyfile.Options{})
	check(err)
	go keys.RefreshEvery(ctx, time.Minute, func(changed bool, err error) {
		log.Print("the key file has changed: ", changed, ", ", err)
	})
	show(keys, "acme")

	// What "esogen keys primary" does, once every process knows the key.
	check(file.SetPrimary("acme-1"))
	write(ctx, path, file, p)
	_, err = keys.Refresh(ctx)
	check(err)
	show(keys, "acme")
	show(keys, "")
	show(keys, "beta")

	// Output:
	// "acme": first
	// "acme": acme-1
	// "": first
	// "beta": no key for namespace "beta", since other namespaces have keys of their own: add one to the key file, and make it primary
}

// write replaces the file in one step.
func write(ctx context.Context, path string, file *keyfile.File, p eso.Wrapper) {
	text, err := file.Text(ctx, p)
	check(err)
	check(os.WriteFile(path+".new", text, 0o600))
	check(os.Rename(path+".new", path))
}

// show prints which key seals the objects of a namespace.
func show(keys eso.Keyring, namespace string) {
	key, err := keys.SealingKey(context.Background(), eso.Ref{Namespace: namespace, Type: "note", ID: "n"})
	if err != nil {
		fmt.Printf("%q: %v\n", namespace, err)
		return
	}
	fmt.Printf("%q: %s\n", namespace, key.ID())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
