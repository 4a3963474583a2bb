package store

import (
	"context"
	"sync/atomic"

	eso "github.com/esogen/esogen/runtime"
)

// watched is a keyring that remembers whether it was asked.
type watched struct {
	eso.Keyring
	asked atomic.Bool
}

// Keys returns those of the keyring.
func (w *watched) Keys(ctx context.Context) ([]eso.Key, error) {
	w.asked.Store(true)
	return w.Keyring.Keys(ctx)
}

// sealedBy returns the ids of the keys that the secrets of a document are
// under.
func sealedBy(ctx context.Context, d *eso.Definition, keys eso.Keyring, doc eso.Document) ([]string, error) {
	type sealer interface {
		SealedBy(context.Context, eso.Keyring, eso.Document) ([]string, error)
	}
	if s, ok := any(d).(sealer); ok {
		return s.SealedBy(ctx, keys, doc)
	}
	return nil, nil
}
