package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
	"sync/atomic"
)

// NewHMAC returns HMAC-SHA-256 under a key, which is copied, and a function that
// forgets the key: it clears the copy, and from then on sum returns false. Both are
// safe for concurrent use. Only these functions reach the key, whose captured
// variables no reflection shows.
//
// A sum that has begun ends. What the standard library made of the key is left to
// the garbage collector.
func NewHMAC(key []byte) (sum func(message []byte) (s [sha256.Size]byte, ok bool), forget func()) {
	k := &hmacKey{key: bytes.Clone(key)}
	k.states.New = k.newState
	return k.sum, k.forget
}

// hmacKey keeps HMAC states that have absorbed the key already, as many as are used
// at a time, so that callers do not wait for each other.
type hmacKey struct {
	states    sync.Pool
	forgotten atomic.Bool
	mu        sync.Mutex
	key       []byte
}

type hmacState struct {
	hash hash.Hash
	sum  [sha256.Size]byte
}

// newState returns a *hmacState, or nil if the key is forgotten.
func (k *hmacKey) newState() any {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgotten.Load() {
		return nil
	}
	return &hmacState{hash: hmac.New(sha256.New, k.key)}
}

func (k *hmacKey) sum(message []byte) (sum [sha256.Size]byte, ok bool) {
	if k.forgotten.Load() {
		return sum, false
	}
	s, ok := k.states.Get().(*hmacState)
	if !ok {
		return sum, false
	}
	s.hash.Reset()
	s.hash.Write(message)
	s.hash.Sum(s.sum[:0])
	sum = s.sum
	clear(s.sum[:])
	k.states.Put(s)
	return sum, true
}

func (k *hmacKey) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgotten.Store(true)
	clear(k.key)
}
