// Package passphrase wraps secrets under a passphrase, as an [eso.Wrapper]:
// Argon2id (RFC 9106) makes a key of it, and XChaCha20-Poly1305 encrypts under
// that. docs/keys.md has the bytes.
//
// Module keys/passphrase is the API for products. The package is here because
// package cli needs it, and this module may not require that one.
package passphrase

import (
	"context"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	eso "github.com/esogen/esogen/runtime"
)

// ID is the id of every passphrase wrapper. A better one would be made of the
// passphrase, and so help to guess it.
const ID = "passphrase"

// Ask returns the passphrase. It is called once for each Wrap and Unwrap, after
// everything else was checked, by several goroutines at once if these are. The
// wrapper overwrites what it returns. An error that wraps [eso.ErrNoKey] is final.
type Ask func(ctx context.Context) ([]byte, error)

// Of returns an Ask that gives a copy of one passphrase.
func Of(passphrase []byte) Ask {
	kept := append([]byte(nil), passphrase...)
	return func(context.Context) ([]byte, error) { return append([]byte(nil), kept...), nil }
}

// New returns a Wrapper under the passphrase that ask gives. What it wraps costs
// as much to unwrap as costs says; the zero Costs are [DefaultCosts].
func New(ask Ask, costs Costs) (eso.Wrapper, error) {
	if ask == nil {
		return nil, errors.New("passphrase: nothing gives the passphrase")
	}
	if costs == (Costs{}) {
		costs = DefaultCosts
	}
	if err := costs.check(); err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	return &wrapper{ask: ask, costs: costs}, nil
}

// ErrFIPS is the error of everything here in a process that runs under
// GODEBUG=fips140=only. It wraps [eso.ErrNoKey].
var ErrFIPS = fmt.Errorf("passphrase: %w: GODEBUG=fips140=only forbids Argon2id and XChaCha20-Poly1305; wrap the key file under the key of a cloud", eso.ErrNoKey)

type wrapper struct {
	ask   Ask
	costs Costs
}

// String keeps the passphrase, which ask may hold, out of everything printed.
func (w *wrapper) String() string   { return "passphrase.Wrapper(redacted)" }
func (w *wrapper) GoString() string { return w.String() }

func (w *wrapper) ID() string { return ID }

func (w *wrapper) Wrap(ctx context.Context, secret []byte) ([]byte, error) {
	if len(secret) == 0 || len(secret) > maxSecret {
		return nil, fmt.Errorf("passphrase: a secret has 1 to %d bytes, and this one has %d", maxSecret, len(secret))
	}
	h := header{costs: w.costs}
	// Read never fails, and fills all of it.
	_, _ = rand.Read(h.salt[:])
	_, _ = rand.Read(h.nonce[:])
	keys, err := w.derive(ctx, h)
	if err != nil {
		return nil, err
	}
	defer keys.clear()
	h.commitment = keys.commitment
	aead, err := chacha20poly1305.NewX(keys.sealing[:])
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	text := h.text()
	return aead.Seal(text, h.nonce[:], secret, text), nil
}

func (w *wrapper) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	h, sealed, err := parse(wrapped)
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w: %w", eso.ErrTampered, err)
	}
	keys, err := w.derive(ctx, h)
	if err != nil {
		return nil, err
	}
	defer keys.clear()
	if subtle.ConstantTimeCompare(keys.commitment[:], h.commitment[:]) != 1 {
		return nil, errWrong
	}
	aead, err := chacha20poly1305.NewX(keys.sealing[:])
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	secret, err := aead.Open(nil, h.nonce[:], sealed, h.text())
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w: the passphrase fits, and what it wraps has changed", eso.ErrTampered)
	}
	return secret, nil
}

var errWrong = fmt.Errorf("passphrase: %w: the passphrase is wrong, or what it wraps has changed", eso.ErrTampered)

// derived is what Argon2id and HKDF make of a passphrase.
type derived struct {
	sealing    [chacha20poly1305.KeySize]byte
	commitment [commitmentSize]byte
}

func (d *derived) clear() { clear(d.sealing[:]) }

// turn is held by the one derivation of this process that runs.
var turn = make(chan struct{}, 1)

// derive asks for the passphrase and stretches it, one derivation at a time: each
// takes as much memory as the costs say.
func (w *wrapper) derive(ctx context.Context, h header) (*derived, error) {
	if fips140.Enforced() {
		return nil, ErrFIPS
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	passphrase, err := w.ask(ctx)
	if err != nil {
		clear(passphrase)
		return nil, fmt.Errorf("passphrase: asking for it: %w", err)
	}
	if err := Check(passphrase); err != nil {
		clear(passphrase)
		return nil, fmt.Errorf("passphrase: %w: %w", eso.ErrNoKey, err)
	}
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		clear(passphrase)
		return nil, fmt.Errorf("passphrase: %w", ctx.Err())
	}
	// Argon2id knows no context: who gives up leaves it behind, with its turn.
	done := make(chan *derived, 1)
	go func() {
		defer func() { <-turn }()
		defer clear(passphrase)
		done <- stretch(passphrase, h)
	}()
	select {
	case keys := <-done:
		if keys == nil {
			return nil, errors.New("passphrase: HKDF failed")
		}
		return keys, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("passphrase: %w", ctx.Err())
	}
}

// stretch returns nil if HKDF fails, which it does for no input of this package.
func stretch(passphrase []byte, h header) *derived {
	master := argon2.IDKey(passphrase, h.salt[:], h.costs.Passes, h.costs.Memory, h.costs.Lanes, sha256.Size)
	defer clear(master)
	d := &derived{}
	for label, into := range map[string][]byte{sealingLabel: d.sealing[:], commitmentLabel: d.commitment[:]} {
		out, err := hkdf.Expand(sha256.New, master, label, len(into))
		if err != nil {
			return nil
		}
		copy(into, out)
		clear(out)
	}
	return d
}

// The info of HKDF-Expand.
const (
	sealingLabel    = "esogen passphrase v1 sealing"
	commitmentLabel = "esogen passphrase v1 commitment"
)
