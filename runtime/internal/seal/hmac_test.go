package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHMAC(t *testing.T) {
	key, message := []byte("a key of the tests, long enough"), []byte("message")
	h := hmac.New(sha256.New, key)
	h.Write(message)
	want := [sha256.Size]byte(h.Sum(nil))

	given := []byte("a key of the tests, long enough")
	k := &hmacKey{key: given}
	k.states.New = k.newState
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				sum, ok := k.sum(message)
				if !ok {
					return
				}
				assert.Equal(t, want, sum) // never one of a key that is half cleared
			}
		})
	}
	sum, ok := k.sum(message)
	assert.True(t, ok)
	assert.Equal(t, want, sum)
	k.forget()
	all.Wait()
	assert.Equal(t, make([]byte, len(given)), given)

	copied, forget := NewHMAC(key)
	clear(key)
	sum, ok = copied(message)
	assert.True(t, ok)
	assert.Equal(t, want, sum)
	forget()
	forget()
	_, ok = copied(message)
	assert.False(t, ok)
}
