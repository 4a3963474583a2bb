package keyfile

import (
	"context"
	"crypto/subtle"
	"sync/atomic"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// nativeKey is an [eso.Key] of 32 bytes, as [eso.NewKey] makes them, that can be
// cleared.
type nativeKey struct {
	redacted
	id   string
	sum  func(message []byte) (sum [32]byte, ok bool)
	drop func()
	gone atomic.Pointer[error]
}

func newNativeKey(id string, master []byte) (eso.Key, error) {
	if len(master) != nativeSize {
		return nil, errorf("key %q: %d bytes instead of %d", id, len(master), nativeSize)
	}
	if subtle.ConstantTimeCompare(master, make([]byte, nativeSize)) == 1 {
		return nil, errorf("key %q: all bytes are zero", id)
	}
	k := &nativeKey{redacted: "eso.Key(redacted)", id: id}
	k.sum, k.drop = seal.NewHMAC(master)
	return k, nil
}

func (k *nativeKey) ID() string { return k.id }

func (k *nativeKey) MAC(_ context.Context, message []byte) ([32]byte, error) {
	sum, ok := k.sum(message)
	if !ok {
		return sum, *k.gone.Load()
	}
	return sum, nil
}

// forget clears the key. From then on MAC fails with the error.
func (k *nativeKey) forget(gone error) {
	k.gone.Store(&gone)
	k.drop()
}
