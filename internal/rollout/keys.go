package rollout

import (
	"context"

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

// ring is a keyring of them.
type ring []eso.Key

func (r ring) Keys(context.Context) ([]eso.Key, error) { return r, nil }

// Documents are created under the old key. Every other operation seals under
// the new one, and still opens what the old one sealed.
var (
	newKey, oldKey = key{"new", 0x36}, key{"old", 0x5c}

	oldRing  = ring{oldKey}         // of creates
	liveRing = ring{newKey, oldKey} // of everything else
	newRing  = ring{newKey}         // once the old key is gone
)
