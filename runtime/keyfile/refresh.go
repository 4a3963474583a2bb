package keyfile

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"time"
)

// Refresh reads the file again, and takes over the keys that it has now; it
// reports whether anything changed. It calls the provider only if the file has a
// new file key. Operations on objects go on meanwhile; one that has begun ends with
// the keys that it began with, unless the file has the key no more: such a key is
// cleared, and fails wherever it is still used.
//
// On any failure the keyring keeps its keys. Beyond what fails in [Open], it
// refuses a file that cannot be a later state of the one that it has: with another
// file id, an earlier generation, the same generation and another content, a key
// whose id has another check value, without a key that was neither retired nor
// shredded, or with a new file key and none of the keys. Such an error wraps [eso.ErrTampered].
func (k *Keyring) Refresh(ctx context.Context) (changed bool, err error) {
	if k.source == nil {
		return false, errorf("the keyring has no file to read again")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.state.Load()
	after, err := k.source.load(ctx, before)
	if err != nil {
		return false, err
	}
	if after == before {
		return false, nil
	}
	k.state.Store(after)
	for i := range after.content.rows {
		r := &after.content.rows[i]
		after.entries[r.ID].sealedAnew(unsealing(r, after.key))
	}
	if before.key != after.key {
		before.key.forget()
	}
	for id, e := range before.entries {
		if after.entries[id] == nil {
			e.forget(after.missing(id))
		}
	}
	return true, nil
}

// RefreshEvery calls Refresh after each interval, until the context ends, and
// tells report, if that is not nil, of each change and each failure. An interval of
// 0 or less counts as a minute. Up to a tenth of it is taken off at random, so that
// many processes do not read at once.
func (k *Keyring) RefreshEvery(ctx context.Context, interval time.Duration, report func(changed bool, err error)) {
	if interval <= 0 {
		interval = time.Minute
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval - rand.N(interval/10+1)):
		}
		changed, err := k.Refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if report != nil && (changed || err != nil) {
			report(changed, err)
		}
	}
}

// next returns the state of a later content of the file, or this one if nothing
// changed.
func (s *state) next(ctx context.Context, c *content, mac [macSize]byte, text [sha256.Size]byte, src *source) (*state, error) {
	old := s.content
	if c.fileID != old.fileID {
		return nil, tampered("another key file, %q instead of %q", c.fileID, old.fileID)
	}
	if c.generation == old.generation && mac == s.mac {
		return s, verifyMAC(c, mac, s.key)
	}
	key := s.key
	if string(c.wrapped) != string(old.wrapped) || c.wrapperID != old.wrapperID {
		var err error
		if key, err = unlock(ctx, c, mac, src.wrapper, src.calls); err != nil {
			return nil, err
		}
		// Whoever may wrap, but not unwrap, can make a file with the ids and the
		// check values of all keys, and with none of the keys.
		if err := verify(ctx, c.rows, key); err != nil {
			return nil, err
		}
		if !s.shares(c) {
			return nil, tampered("the file has a new file key, and none of the keys that this process has: if that is right, restart it")
		}
		key.forgetWrapped()
	} else if err := verifyMAC(c, mac, key); err != nil {
		return nil, err
	}
	if err := follows(old, c); err != nil {
		return nil, err
	}
	after, err := newState(c, key, mac, s)
	if err != nil {
		return nil, err
	}
	after.text = text
	return after, nil
}

// shares reports whether a content, whose keys are what their check values say, has
// any key of this state.
func (s *state) shares(c *content) bool {
	return slices.ContainsFunc(c.rows, func(r row) bool {
		e, ok := s.entries[r.ID]
		return ok && e.Check == r.Check
	})
}

// follows checks that a content can be a later state of the one before.
func follows(old, c *content) error {
	switch {
	case c.generation < old.generation:
		return tampered("an older file, of generation %d instead of %d", c.generation, old.generation)
	case c.generation == old.generation:
		return tampered("another file of the same generation, %d: two changes were made to one file", c.generation)
	}
	rows := make(map[string]*row, len(c.rows))
	for i := range c.rows {
		rows[c.rows[i].ID] = &c.rows[i]
	}
	gone := map[string]bool{}
	for _, r := range c.retired {
		gone[r.ID] = true
	}
	for _, s := range c.shredded {
		for _, id := range s.KeyIDs {
			gone[id] = true
		}
	}
	for i := range old.rows {
		before := &old.rows[i]
		now, ok := rows[before.ID]
		switch {
		case !ok && !gone[before.ID]:
			return tampered("key %q is missing, and was neither retired nor shredded", before.ID)
		case ok && (now.Check != before.Check || now.Kind != before.Kind || now.Namespace != before.Namespace):
			return tampered("the id %q is that of another key now", before.ID)
		}
	}
	for _, r := range old.retired {
		if !gone[r.ID] {
			return tampered("key %q was retired, and is not any more", r.ID)
		}
	}
	for _, s := range old.shredded {
		for _, id := range s.KeyIDs {
			if !gone[id] {
				return tampered("key %q was shredded, and is not any more", id)
			}
		}
	}
	return nil
}
