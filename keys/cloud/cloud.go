// Package cloud opens the Wrapper of a key in a key management service by its URL,
// whichever service it is:
//
//	w, err := cloud.Open(ctx, "awskms:///arn:aws:kms:eu-west-1:111122223333:key/…")
//	…
//	keys, err := keyfile.Open(ctx, "keys.json", w, keyfile.Options{})
//
// A program that imports this package is built with the clients of all services. One
// that knows its service imports the package of that one alone, which also takes
// options: credentials, an endpoint, a timeout. docs/keys.md has the URLs, the
// permissions, and what a key file holds of them.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/keys/cloud/awskms"
	"github.com/esogen/esogen/keys/cloud/azurekeyvault"
	"github.com/esogen/esogen/keys/cloud/base64key"
	"github.com/esogen/esogen/keys/cloud/gcpkms"
	"github.com/esogen/esogen/keys/cloud/hashivault"
	"github.com/esogen/esogen/keys/cloud/internal/envelope"
	eso "github.com/esogen/esogen/runtime"
)

// Provider opens the Wrappers of one service.
type Provider struct {
	Scheme string // of its URLs, without "://"
	About  string // what it is, for people

	// Open returns the Wrapper of a URL, with the default options. It calls no
	// service. Its error holds nothing of the URL but the scheme.
	Open func(ctx context.Context, url string) (eso.Wrapper, error)
}

// Providers returns the providers of all services, in the order of their schemes.
func Providers() []Provider {
	return []Provider{
		{awskms.Scheme, "a key of AWS KMS", with(awskms.Open)},
		{azurekeyvault.Scheme, "an RSA key of Azure Key Vault", with(azurekeyvault.Open)},
		{base64key.Scheme, "a key in the URL, for tests", base64key.Open},
		{gcpkms.Scheme, "a key of Google Cloud KMS", with(gcpkms.Open)},
		{hashivault.Scheme, "a key of Vault's transit engine", with(hashivault.Open)},
	}
}

// with gives a provider its default options.
func with[O any](open func(context.Context, string, O) (eso.Wrapper, error)) func(context.Context, string) (eso.Wrapper, error) {
	return func(ctx context.Context, url string) (eso.Wrapper, error) {
		var none O
		return open(ctx, url, none)
	}
}

// Open returns the Wrapper of the key that a URL names, with the default options of
// its service. It calls no service. Its error holds nothing of the URL but the
// scheme.
func Open(ctx context.Context, url string) (eso.Wrapper, error) {
	scheme, _, ok := strings.Cut(url, "://")
	if !ok {
		return nil, errors.New("cloud: not the URL of a key")
	}
	providers := Providers()
	at := slices.IndexFunc(providers, func(p Provider) bool { return p.Scheme == scheme })
	if at < 0 {
		var known []string
		for _, p := range providers {
			known = append(known, p.Scheme+"://")
		}
		return nil, fmt.Errorf("cloud: the URL begins with none of %s", strings.Join(known, ", "))
	}
	return providers[at].Open(ctx, url)
}

// KeyName returns the full name of the service's key that wrapped, with its version
// if it has one: what has to be destroyed so that older copies of a key file stay
// closed. It is what the bytes say; unwrapping verifies it.
func KeyName(wrapped []byte) (string, error) {
	name, err := envelope.KeyName(wrapped)
	if err != nil {
		return "", fmt.Errorf("cloud: %w", err)
	}
	return name, nil
}
