package eso

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/esogen/esogen/runtime/internal/seal"
)

// testKeyring is a keyring like that of a key management service. Its keys cost
// nothing.
type testKeyring struct {
	keys []*cheapKey
	err  error
}

type cheapKey struct {
	name string
	err  error
}

func newCheapKeyring(names ...string) *testKeyring {
	keyring := new(testKeyring)
	for _, name := range names {
		keyring.keys = append(keyring.keys, &cheapKey{name: name})
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
	i := slices.IndexFunc(k.keys, func(key *cheapKey) bool { return key.name == id })
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

func (k *cheapKey) ID() string { return k.name }

func (k *cheapKey) MAC(_ context.Context, message []byte) ([32]byte, error) {
	return sha256.Sum256(append([]byte(k.name), message...)), k.err
}

func (k *cheapKey) DeriveKibana(_ context.Context, salt []byte) ([]byte, error) {
	sum := sha256.Sum256(append([]byte(k.name), salt...))
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
