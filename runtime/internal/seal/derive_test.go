package seal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/esogen/esogen/runtime/internal/fault"
)

func randomSalt() []byte {
	salt := make([]byte, kibanaSaltSize)
	rand.Read(salt)
	return salt
}

func TestDeriveIsPBKDF2(t *testing.T) {
	// By node: crypto.pbkdf2Sync(passphrase, Buffer.alloc(64, 7), 10000, 32, 'sha512')
	salt := make([]byte, kibanaSaltSize)
	for i := range salt {
		salt[i] = 7
	}
	derived, err := NewDeriver().Derive(t.Context(), "ein Schlüssel mit Umlauten und 🔑, der lang genug ist", salt)
	require.NoError(t, err)
	assert.Equal(t, "c78598c0bf483b53cc728fa70265b2947c153c88acec59087b78c493afb12d65", hex.EncodeToString(derived))
}

func TestDeriveRefusesOtherSalts(t *testing.T) {
	for _, size := range []int{0, 63, 65} {
		_, err := NewDeriver().Derive(t.Context(), testKey, make([]byte, size))
		assert.ErrorIs(t, err, fault.ErrMalformed)
	}
}

func TestDeriveKeepsOnlyWhatItIsToldTo(t *testing.T) {
	d, salt := NewDeriver(), randomSalt()
	derived, err := d.Derive(t.Context(), testKey, salt)
	require.NoError(t, err)
	assert.Empty(t, d.kept.young, "a derivation alone proves nothing")

	d.Keep(testKey, salt, derived)
	d.slots = nil // from here on, whoever has to derive waits forever
	again, err := d.Derive(t.Context(), testKey, salt)
	require.NoError(t, err)
	assert.Equal(t, derived, again)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = d.Derive(ctx, otherKey, salt)
	assert.ErrorIs(t, err, context.Canceled, "another passphrase is another derivation")
}

func TestDeriveWaitsForASlotAsLongAsTheContextLets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDeriver()
		d.slots = make(chan struct{}, 1)
		d.slots <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		go func() { _, err = d.Derive(ctx, testKey, randomSalt()) }()
		synctest.Wait()
		assert.Len(t, d.running, 1)

		cancel()
		synctest.Wait()
		assert.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, d.running)

		<-d.slots
		_, err = d.Derive(t.Context(), testKey, randomSalt())
		assert.NoError(t, err)
		assert.Empty(t, d.slots, "the slot is free again")
	})
}

func TestDeriveSharesARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, salt := NewDeriver(), randomSalt()
		d.slots = make(chan struct{}, 1)
		d.slots <- struct{}{}

		leader, giveUp := context.WithCancel(t.Context())
		var leaderError error
		go func() { _, leaderError = d.Derive(leader, testKey, salt) }()
		synctest.Wait()

		// The others wait for the leader, not for a slot.
		impatient, leave := context.WithCancel(t.Context())
		var impatientError error
		go func() { _, impatientError = d.Derive(impatient, testKey, salt) }()
		const others = 10
		results := make([][]byte, others)
		var group sync.WaitGroup
		for i := range results {
			group.Go(func() { results[i], _ = d.Derive(t.Context(), testKey, salt) })
		}
		synctest.Wait()
		assert.Len(t, d.running, 1)

		leave()
		synctest.Wait()
		assert.ErrorIs(t, impatientError, context.Canceled)

		// One of them takes over where the leader gives up.
		giveUp()
		synctest.Wait()
		assert.ErrorIs(t, leaderError, context.Canceled)
		assert.Len(t, d.running, 1)

		<-d.slots
		group.Wait()
		for _, derived := range results {
			assert.Len(t, derived, kibanaKeySize)
			assert.Same(t, &results[0][0], &derived[0], "of one run")
		}
		assert.Empty(t, d.running)
	})
}

func TestRecentIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	r := newRecent[int, int](8)
	for i := range 100 {
		r.put(i, -i)
		v, ok := r.get(0)
		require.True(t, ok, "found each time, and so kept; after %d", i)
		require.Zero(t, v)
		require.LessOrEqual(t, len(r.young)+len(r.old), 8)
		if i >= 2 {
			_, ok = r.get(i - 1)
			require.True(t, ok, "the last ones are there")
		}
	}
	_, ok := r.get(50)
	assert.False(t, ok)
}
