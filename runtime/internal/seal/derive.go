package seal

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha512"
	"fmt"
	"runtime"
	"sync"

	"github.com/esogen/esogen/runtime/internal/fault"
)

// The derivation of an AES key from a passphrase and a salt. The npm package
// @elastic/node-crypto has the same constants.
const (
	kibanaRounds   = 10_000
	kibanaSaltSize = 64
	kibanaKeySize  = 32
)

// keptDerivations is the greatest number of derived keys that a Deriver keeps.
const keptDerivations = 1024

// Deriver derives AES keys, a few milliseconds of work each. Whoever can write to
// the store can cause that work, by inventing salts, so:
//
//   - no more derivations run at a time than there are processors; the others
//     wait, as long as their context lets them;
//   - callers that ask for the same key share one derivation;
//   - a key is kept only once something was sealed under its salt, or opened:
//     invented salts never displace it.
type Deriver struct {
	slots chan struct{}

	mu      sync.Mutex
	running map[derivation]*run
	kept    recent[derivation, [kibanaKeySize]byte]
}

// derivation is the input of a derivation.
type derivation struct {
	passphrase string
	salt       [kibanaSaltSize]byte
}

// run is a derivation in progress.
type run struct {
	done    chan struct{} // closed when the rest is set
	derived []byte
	err     error
}

// NewDeriver returns a deriver that keeps nothing yet.
func NewDeriver() *Deriver {
	return &Deriver{
		slots:   make(chan struct{}, runtime.GOMAXPROCS(0)),
		running: make(map[derivation]*run),
		kept:    newRecent[derivation, [kibanaKeySize]byte](keptDerivations),
	}
}

// Derive returns the key for a passphrase and a salt: a kept one, that of a run in
// progress, or that of a run of its own.
func (d *Deriver) Derive(ctx context.Context, passphrase string, salt []byte) ([]byte, error) {
	of, err := derivationOf(passphrase, salt)
	if err != nil {
		return nil, err
	}
	for {
		d.mu.Lock()
		if derived, ok := d.kept.get(of); ok {
			d.mu.Unlock()
			return derived[:], nil
		}
		r, others := d.running[of]
		if !others {
			r = &run{done: make(chan struct{})}
			d.running[of] = r
		}
		d.mu.Unlock()

		if !others {
			d.run(ctx, of, r)
			return r.derived, r.err
		}
		select {
		case <-r.done:
			if r.err == nil {
				return r.derived, nil
			}
			// Whoever ran it gave up, for reasons of its own. Try again.
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// run derives a key as soon as a slot is free.
func (d *Deriver) run(ctx context.Context, of derivation, r *run) {
	defer func() {
		d.mu.Lock()
		delete(d.running, of)
		d.mu.Unlock()
		close(r.done)
	}()
	if r.err = ctx.Err(); r.err != nil {
		return
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		r.err = ctx.Err()
		return
	}
	r.derived, r.err = pbkdf2.Key(sha512.New, of.passphrase, of.salt[:], kibanaRounds, kibanaKeySize)
}

// Keep keeps a derived key whose salt proved genuine.
func (d *Deriver) Keep(passphrase string, salt, derived []byte) {
	of, err := derivationOf(passphrase, salt)
	if err != nil || len(derived) != kibanaKeySize {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept.put(of, [kibanaKeySize]byte(derived))
}

func derivationOf(passphrase string, salt []byte) (derivation, error) {
	if len(salt) != kibanaSaltSize {
		return derivation{}, fmt.Errorf("%w: a salt of %d bytes instead of %d", fault.ErrMalformed, len(salt), kibanaSaltSize)
	}
	return derivation{passphrase, [kibanaSaltSize]byte(salt)}, nil
}

// recent keeps what was put or found last, at least half of its size and at most
// all of it, in two generations: a value that is not found again while the young
// one fills up goes with the old one.
type recent[K comparable, V any] struct {
	size       int
	young, old map[K]V
}

func newRecent[K comparable, V any](size int) recent[K, V] {
	return recent[K, V]{size: size, young: make(map[K]V)}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	v, ok := r.young[k]
	if ok {
		return v, true
	}
	if v, ok = r.old[k]; ok {
		r.put(k, v)
	}
	return v, ok
}

func (r *recent[K, V]) put(k K, v V) {
	r.young[k] = v
	if len(r.young) >= r.size/2 {
		r.young, r.old = make(map[K]V), r.young
	}
}
