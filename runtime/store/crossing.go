package store

import (
	"context"
	"errors"
	"fmt"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/keycheck"
)

// crossing is the keyring of a document on its way from one keyring to another: one
// opens it, the other one seals it.
type crossing struct{ opens, seals eso.Keyring }

// SealingKey returns the key of the one keyring. It fails if the other one has another
// key of the same id: nobody could tell afterwards which of the two sealed a document.
func (c crossing) SealingKey(ctx context.Context, ref eso.Ref) (eso.Key, error) {
	key, err := c.seals.SealingKey(ctx, ref)
	if err == nil && key == nil {
		err = eso.ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	other, err := c.opens.OpeningKey(ctx, ref, key.ID())
	switch {
	case errors.Is(err, eso.ErrNoKey), err == nil && other == nil:
		return key, nil
	case err != nil:
		return nil, err
	}
	a, err := keycheck.Of(ctx, key)
	if err != nil {
		return nil, err
	}
	b, err := keycheck.Of(ctx, other)
	if err == nil && !a.Equal(b) {
		err = fmt.Errorf("%w: both keyrings have a key %q, and the two are not the same", eso.ErrNoKey, key.ID())
	}
	return key, err
}

func (c crossing) OpeningKey(ctx context.Context, ref eso.Ref, id string) (eso.Key, error) {
	return c.opens.OpeningKey(ctx, ref, id)
}

func (c crossing) Keys(ctx context.Context) ([]eso.Key, error) { return c.opens.Keys(ctx) }

// installation is a keyring whose key for everything is that of the installation.
type installation struct{ eso.Keyring }

func (k installation) SealingKey(ctx context.Context, ref eso.Ref) (eso.Key, error) {
	ref.Namespace = ""
	return k.Keyring.SealingKey(ctx, ref)
}
