package rollout

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"

	eso "github.com/esogen/esogen/runtime"
)

// key is a key of the simulator. It costs nothing: the AES key is the salt
// under a mask, which is as secret as a simulation needs.
type key struct {
	id   string
	mask byte
}

func (k key) ID() string { return k.id }

func (k key) DeriveKibana(_ context.Context, salt []byte) ([]byte, error) {
	derived := make([]byte, 32)
	for i := range derived {
		derived[i] = salt[i] ^ k.mask
	}
	return derived, nil
}

func (k key) MAC(_ context.Context, message []byte) (sum [32]byte, err error) {
	h := hmac.New(sha256.New, bytes.Repeat([]byte{k.mask}, 32))
	h.Write(message)
	return [32]byte(h.Sum(nil)), nil
}

// ring returns a keyring of keys.
func ring(primary eso.Key, others ...eso.Key) eso.Keyring {
	keys, err := eso.NewKeyringOf(primary, others...)
	if err != nil {
		panic(err) // the ids of keys are constants
	}
	return keys
}

// Keys may be changed at any time; the simulator changes them at the last moment,
// when a document is rotated.
var (
	newKey, oldKey = key{"new", 0x36}, key{"old", 0x5c}

	oldRing  = ring(oldKey)         // until then
	liveRing = ring(newKey, oldKey) // when it is rotated, and whenever it does not matter
	newRing  = ring(newKey)         // once the old key is gone
)
