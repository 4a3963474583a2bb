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
