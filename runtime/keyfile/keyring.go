package keyfile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/keycheck"
)

// Keyring is the [eso.Keyring] of a key file. [Open] makes one. Nothing prints its
// keys. It is safe for concurrent use, during a Refresh too.
//
// A key is unwrapped when it is used first, without a call to the provider.
type Keyring struct {
	redacted
	state  atomic.Pointer[state]
	source *source // nil if the keyring has no file
	mu     sync.Mutex
}

var _ eso.Keyring = (*Keyring)(nil)

const keyringRedacted redacted = "keyfile.Keyring(redacted)"

// state is a keyring between two changes.
type state struct {
	content   *content
	key       *fileKey
	mac       [macSize]byte
	text      [sha256.Size]byte // the hash of the file; zero if there is none
	entries   map[string]*entry
	primary   *entry            // of the installation
	primaries map[string]*entry // of namespaces
	separate  bool              // every namespace needs a key of its own
	gone      map[string]goneKey
	shredded  map[string]ShreddedNamespace
	keys      func() ([]eso.Key, error)
	mark      func() string
}

// goneKey is a key that was retired, or, with its namespace, shredded.
type goneKey struct {
	retired  RetiredKey
	shredded *ShreddedNamespace
}

func newKeyring(c *content, key *fileKey, mac [macSize]byte) (*Keyring, error) {
	k := &Keyring{redacted: keyringRedacted}
	s, err := newState(c, key, mac, nil)
	if err != nil {
		return nil, err
	}
	k.state.Store(s)
	return k, nil
}

// newState returns the state of a file whose MAC was verified. It shares the keys
// of an earlier state. The installation's primary key is unwrapped at once.
func newState(c *content, key *fileKey, mac [macSize]byte, before *state) (*state, error) {
	s := &state{
		content: c, key: key, mac: mac,
		entries: make(map[string]*entry, len(c.rows)), primaries: map[string]*entry{},
		gone: map[string]goneKey{}, shredded: map[string]ShreddedNamespace{},
	}
	for i := range c.rows {
		r := &c.rows[i]
		e := &entry{r.KeyInfo, before.held(r)}
		if e.held == nil {
			e.held = &held{unseal: unsealing(r, key)}
		}
		s.entries[r.ID] = e
		switch {
		case r.Primary && r.Namespace == "":
			s.primary = e
		case r.Primary:
			s.primaries[r.Namespace] = e
		}
	}
	for _, n := range c.shredded {
		s.shredded[n.Namespace] = n
		for _, id := range n.KeyIDs {
			s.gone[id] = goneKey{shredded: &n}
		}
	}
	for _, r := range c.retired {
		g := goneKey{retired: r}
		if n, ok := s.shredded[r.Namespace]; ok {
			g.shredded = &n
		}
		s.gone[r.ID] = g
	}
	s.separate = len(s.primaries) > 0 || len(s.shredded) > 0
	s.keys = sync.OnceValues(s.allKeys)
	s.mark = sync.OnceValue(s.makeMark)
	if s.primary == nil {
		return nil, errorf("%w: no key of the installation is primary", eso.ErrNoKey)
	}
	_, err := s.primary.get()
	return s, err
}

// entry is a key of a keyring, as a state has it.
type entry struct {
	KeyInfo
	*held
}

// held is a key that all states share which have it, so that it is gone from all of
// them once the file has it no more.
type held struct {
	key    atomic.Pointer[eso.Key] // nil until it is used
	mu     sync.Mutex
	unseal func() (eso.Key, error)
	gone   error // why the file has it no more
}

func (e *held) get() (eso.Key, error) {
	if key := e.key.Load(); key != nil {
		return *key, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if key := e.key.Load(); key != nil {
		return *key, nil
	}
	if e.gone != nil {
		return nil, e.gone
	}
	key, err := e.unseal()
	if err != nil {
		return nil, err
	}
	e.key.Store(&key)
	return key, nil
}

// sealedAnew takes over how a key is sealed now. What sealed it before is forgotten.
func (e *held) sealedAnew(unseal func() (eso.Key, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unseal = unseal
}

// forget drops a key that the file has no more. Whoever still holds it gets the
// error, if it is a native one.
func (e *held) forget(gone error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone, e.unseal = gone, nil
	if key := e.key.Swap(nil); key != nil {
		if native, ok := (*key).(*nativeKey); ok {
			native.forget(gone)
		}
	}
}

// unsealing returns a function that unwraps a key, and compares it with its check
// value.
func unsealing(r *row, key *fileKey) func() (eso.Key, error) {
	return func() (eso.Key, error) {
		secret, ok := key.open(r)
		if !ok {
			return nil, tampered("key %q does not unwrap: the file was changed", r.ID)
		}
		defer clear(secret)
		k, err := makeKey(r.Kind, r.ID, secret)
		if err != nil {
			return nil, tampered("key %q: %w", r.ID, trimmed{err})
		}
		check, err := keycheck.Of(context.Background(), k)
		if err != nil {
			return nil, err
		}
		if check.String() != r.Check {
			return nil, tampered("key %q is not the one that its check value names", r.ID)
		}
		return k, nil
	}
}

// held returns the key of a row if this state has it, else nil.
func (s *state) held(r *row) *held {
	if s == nil {
		return nil
	}
	e, ok := s.entries[r.ID]
	if !ok || e.Kind != r.Kind || e.Namespace != r.Namespace || e.Check != r.Check {
		return nil
	}
	return e.held
}

// Info returns what the file shows of the keys that the keyring has now.
func (k *Keyring) Info() Info { return k.state.Load().content.info() }

// SealingKey returns the primary key of the ref's namespace, if that has one, or
// else of the installation. Once any namespace has, or had, a primary key of its
// own, every other namespace needs one: without, the error wraps [eso.ErrNoKey]. For
// a namespace that was shredded, it wraps [eso.ErrShredded].
func (k *Keyring) SealingKey(_ context.Context, ref eso.Ref) (eso.Key, error) {
	s := k.state.Load()
	if ref.Namespace == "" || ref.Namespace == "default" {
		return s.primary.get()
	}
	if e, ok := s.primaries[ref.Namespace]; ok {
		return e.get()
	}
	if n, ok := s.shredded[ref.Namespace]; ok {
		return nil, n.err()
	}
	if s.separate {
		return nil, fmt.Errorf("%w for namespace %q, since other namespaces have keys of their own: add one to the key file, and make it primary", eso.ErrNoKey, fault.Clip(ref.Namespace))
	}
	return s.primary.get()
}

// OpeningKey returns the key with an id, whatever its namespace: what else a seal
// binds decides where it opens. The error wraps [eso.ErrShredded] if the key was
// shredded, and else [eso.ErrNoKey].
func (k *Keyring) OpeningKey(_ context.Context, _ eso.Ref, id string) (eso.Key, error) {
	s := k.state.Load()
	if e, ok := s.entries[id]; ok {
		return e.get()
	}
	return nil, s.missing(id)
}

// missing says why there is no key with an id.
func (s *state) missing(id string) error {
	g, ok := s.gone[id]
	switch {
	case !ok:
		return fmt.Errorf("%w: %q sealed the object, and is not in the key file", eso.ErrNoKey, fault.Clip(id))
	case g.shredded != nil:
		return g.shredded.err()
	}
	return fmt.Errorf("%w: %q was retired from the key file on %s", fault.ErrRetired, id, formatTime(g.retired.At))
}

func (n *ShreddedNamespace) err() error {
	return fmt.Errorf("%w: namespace %q, on %s", eso.ErrShredded, n.Namespace, formatTime(n.At))
}

// Keys returns all keys: those of the installation, the primary one first, and
// then those of namespaces, ordered by namespace, the primary one of each first.
// Native keys among them are unwrapped when they are used.
func (k *Keyring) Keys(context.Context) ([]eso.Key, error) { return k.state.Load().keys() }

func (s *state) allKeys() ([]eso.Key, error) {
	rows := slices.Clone(s.content.rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), -compareBool(a.Primary, b.Primary))
	})
	keys := make([]eso.Key, len(rows))
	for i := range rows {
		e := s.entries[rows[i].ID]
		if e.Kind == Native {
			keys[i] = &lazyKey{redacted: "eso.Key(redacted)", id: e.ID, get: e.get}
			continue
		}
		key, err := e.get()
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	return slices.Clip(keys), nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// lazyKey is a native key that is unwrapped when it is used.
type lazyKey struct {
	redacted
	id  string
	get func() (eso.Key, error)
}

func (k *lazyKey) ID() string { return k.id }

func (k *lazyKey) MAC(ctx context.Context, message []byte) ([32]byte, error) {
	key, err := k.get()
	if err != nil {
		return [32]byte{}, err
	}
	return key.MAC(ctx, message)
}

// SealingMark returns a short text that changes whenever any key that seals does:
// a rotation that goes on after a restart compares it. It shows nothing of a key.
func (k *Keyring) SealingMark(context.Context) (string, error) { return k.state.Load().mark(), nil }

func (s *state) makeMark() string {
	var lines []string
	for _, r := range s.content.rows {
		if r.Primary {
			lines = append(lines, string(appendField(appendField(appendField(nil, r.Namespace), r.ID), r.Check)))
		}
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, line := range lines {
		h.Write([]byte(line))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
