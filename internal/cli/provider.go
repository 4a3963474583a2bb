package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/esogen/esogen/internal/passphrase"
	eso "github.com/esogen/esogen/runtime"
)

// Provider opens the wrapper of a key that stays elsewhere, by URL. A program
// hands its providers to Do: cmd/esogen has none, so that a product does not
// depend on the SDKs of clouds, and the program of module keys/cloud has its.
type Provider struct {
	Scheme string // of its URLs, without "://"
	About  string // what it is, in a few words, for people

	// Open returns the wrapper of a URL. It calls no service. Its error holds
	// nothing secret of the URL.
	Open func(ctx context.Context, url string) (eso.Wrapper, error)
}

// passphraseWrap is the --wrap of a passphrase, and the id of its wrapper.
const passphraseWrap = passphrase.ID

// cloudProgram is the program that has providers for clouds.
const cloudProgram = "github.com/esogen/esogen/keys/cloud/cmd/esogen"

// wrapper returns the wrapper that a flag names, --wrap or another one: "passphrase",
// or the URL of a provider. No error repeats the URL: that of a local key is the key.
func (a *app) wrapper(ctx context.Context, flag, wrap string, ask passphrase.Ask) (eso.Wrapper, error) {
	if wrap == passphraseWrap {
		return passphrase.New(ask, passphrase.DefaultCosts)
	}
	scheme, _, isURL := strings.Cut(wrap, "://")
	if !isURL || !plainScheme(scheme) {
		return nil, hinted(fmt.Errorf("%s is neither %q nor the URL of a key", flag, passphraseWrap), "write one of: "+a.wraps())
	}
	at := slices.IndexFunc(a.providers, func(p Provider) bool { return p.Scheme == scheme })
	if at >= 0 {
		w, err := a.providers[at].Open(ctx, wrap)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		return w, nil
	}
	if len(a.providers) > 0 {
		return nil, hinted(fmt.Errorf("%s: no provider has URLs that begin with %s://", flag, scheme), "write one of: "+a.wraps())
	}
	return nil, hinted(fmt.Errorf("%s: this program has no provider for %s://, only %s", flag, scheme, passphraseWrap),
		"use the program with the providers of clouds, "+cloudProgram+": docs/keys.md says how to install it")
}

// wraps lists what --wrap and the like can be.
func (a *app) wraps() string {
	list := []string{passphraseWrap}
	for _, p := range a.providers {
		list = append(list, p.Scheme+"://")
	}
	return strings.Join(list, ", ")
}

// plainScheme reports whether a scheme may be repeated in a message.
func plainScheme(scheme string) bool {
	return scheme != "" && len(scheme) <= 32 && strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}
