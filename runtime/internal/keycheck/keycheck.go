// Package keycheck computes the check value of a key: a short fingerprint that
// shows whether two processes mean the same key by an id, and says nothing of the
// key. Key files hold it in plaintext, and the store keeps it in the database.
package keycheck

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
)

// Size is the length of a check value in bytes.
const Size = 16

// Value is a check value.
type Value [Size]byte

// label keeps check values apart from what else is computed under a key.
const label = "esogen key check v1|"

// Key is as much of an eso.Key as a check value needs.
type Key interface {
	ID() string
	MAC(ctx context.Context, message []byte) ([32]byte, error)
}

// Of returns the check value of a key: the first 16 bytes of its MAC over a label
// and its id. The error is that of the key.
func Of(ctx context.Context, key Key) (Value, error) {
	sum, err := key.MAC(ctx, append([]byte(label), key.ID()...))
	if err != nil {
		return Value{}, err
	}
	return Value(sum[:Size]), nil
}

// Parse reads what String returns, and nothing else.
func Parse(text string) (v Value, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != Size || hex.EncodeToString(b) != text {
		return Value{}, false
	}
	return Value(b), true
}

// String returns the value as 32 lower-case hexadecimal digits.
func (v Value) String() string { return hex.EncodeToString(v[:]) }

// Equal compares two values in constant time.
func (v Value) Equal(other Value) bool { return subtle.ConstantTimeCompare(v[:], other[:]) == 1 }
