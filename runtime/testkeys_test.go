package eso

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"sync/atomic"

	"github.com/esogen/esogen/runtime/internal/seal"
)

// testKeyring is a keyring like that of a key management service: its keys
// count their derivations, which cost nothing.
type testKeyring struct {
	keys []*countingKey
	err  error
}

type countingKey struct {
	name    string
	derived atomic.Int64
	err     error
	size    int // of a derived key, 32 if 0
}

func newCountingKeyring(names ...string) *testKeyring {
	keyring := new(testKeyring)
	for _, name := range names {
		keyring.keys = append(keyring.keys, &countingKey{name: name})
	}
	return keyring
}

func (k *testKeyring) SealingKey(context.Context, Ref) (Key, error) {
	if k.err != nil || len(k.keys) == 0 {
		return nil, k.err
	}
	return k.keys[0], nil
}

func (k *testKeyring) OpeningKey(_ context.Context, _ Ref, id string) (Key, error) {
	i := slices.IndexFunc(k.keys, func(key *countingKey) bool { return key.name == id })
	if k.err != nil || i < 0 {
		return nil, cmp.Or(k.err, ErrNoKey)
	}
	return k.keys[i], nil
}

func (k *testKeyring) Keys(context.Context) ([]Key, error) {
	var keys []Key
	for _, key := range k.keys {
		keys = append(keys, key)
	}
	return keys, k.err
}

// derivations returns how many each key derived since it was last asked.
func (k *testKeyring) derivations() []int {
	var counts []int
	for _, key := range k.keys {
		counts = append(counts, int(key.derived.Swap(0)))
	}
	return counts
}

func (k *countingKey) ID() string { return k.name }

func (k *countingKey) MAC(_ context.Context, message []byte) ([32]byte, error) {
	return sha256.Sum256(append([]byte(k.name), message...)), k.err
}

func (k *countingKey) DeriveKibana(_ context.Context, salt []byte) ([]byte, error) {
	k.derived.Add(1)
	sum := sha256.Sum256(append([]byte(k.name), salt...))
	if k.size != 0 {
		return sum[:k.size], k.err
	}
	return sum[:], k.err
}

// openAll opens secrets, and leaves out which keys did.
func openAll(ctx context.Context, keyring Keyring, aad []byte, ciphertexts []string) ([]string, error) {
	plaintexts, _, err := seal.OpenKibana(ctx, kibanaKeys(keyring), aad, ciphertexts)
	return plaintexts, err
}

// sealAll seals secrets in the kibana format under the primary key of a keyring.
func sealAll(ctx context.Context, keyring Keyring, aad []byte, plaintexts []string) ([]string, error) {
	key, err := kibanaSealingKey(ctx, keyring, Ref{})
	if err != nil {
		return nil, err
	}
	return seal.SealKibana(ctx, key, aad, plaintexts)
}
