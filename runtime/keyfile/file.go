package keyfile

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/internal/keycheck"
	"github.com/esogen/esogen/runtime/internal/seal"
)

// File is a key file that is being made or changed. Nothing prints its keys. It is
// for one goroutine.
//
// A method that fails changes nothing. The changes exist in memory until somebody
// stores what [File.Text] returns.
type File struct {
	redacted
	content content
	key     *fileKey
	fresh   bool // the file key is not wrapped yet
	changed bool // since it was read, or since the last Text
	mac     [macSize]byte
	now     func() time.Time
	ids     *index // nil if it has to be made anew
}

// index finds what a file has. A file may have many keys, and a change many steps.
type index struct {
	rows      map[string]int    // of the keys, by id
	primaries map[string]int    // by namespace
	gone      map[string]string // what happened to the ids that the file has no more
	shredded  map[string]int    // by namespace
}

func (f *File) index() *index {
	if f.ids != nil {
		return f.ids
	}
	x := &index{rows: map[string]int{}, primaries: map[string]int{}, gone: map[string]string{}, shredded: map[string]int{}}
	for i, r := range f.content.rows {
		x.rows[r.ID] = i
		if r.Primary {
			x.primaries[r.Namespace] = i
		}
	}
	for _, r := range f.content.retired {
		x.gone[r.ID] = "retired"
	}
	for i, s := range f.content.shredded {
		x.shredded[s.Namespace] = i
		for _, id := range s.KeyIDs {
			x.gone[id] = "shredded"
		}
	}
	f.ids = x
	return x
}

const fileRedacted redacted = "keyfile.File(redacted)"

// New returns a new key file with one key, the installation's primary one. If id
// is "", it is made; see [File.Add].
func New(kind Kind, id string) (*File, error) {
	f := &File{redacted: fileRedacted, fresh: true, changed: true, now: time.Now}
	f.content.fileID = eso.NewID()
	var err error
	if f.key, err = makeFileKey(f.content.fileID); err != nil {
		return nil, err
	}
	k, err := f.Add(kind, id, "")
	if err != nil {
		return nil, err
	}
	return f, f.SetPrimary(k.ID)
}

// Read reads a key file, and verifies all of it: the MAC, that each key is what
// its check value says, and that no key is there twice. It calls the Wrapper once,
// and a passphrase costs a tenth of a second.
//
// The error wraps [eso.ErrMalformed] or [eso.ErrTooLarge] for a text that is not a
// key file, [eso.ErrNoKey] if another key wraps it, [eso.ErrTampered] if it was
// changed, or the error of the Wrapper. It holds nothing of a key.
func Read(ctx context.Context, text []byte, w eso.Wrapper) (*File, error) {
	c, mac, err := parse(text)
	if err != nil {
		return nil, err
	}
	key, err := unlock(ctx, c, mac, w, nil)
	if errors.As(err, new(providerError)) {
		err = errorf("%q does not unwrap the file key: %w", w.ID(), err)
	}
	if err != nil {
		return nil, err
	}
	f := &File{redacted: fileRedacted, content: *c, key: key, mac: mac, now: time.Now}
	if err := verify(ctx, c.rows, key); err != nil {
		return nil, err
	}
	return f, nil
}

// unlock has the file key unwrapped, and verifies the MAC with it.
func unlock(ctx context.Context, c *content, mac [macSize]byte, w eso.Wrapper, s slots) (*fileKey, error) {
	if id := w.ID(); id != c.wrapperID {
		return nil, errorf("%w: the file is wrapped by %q, not by %q", eso.ErrNoKey, c.wrapperID, id)
	}
	key, err := unwrap(ctx, w, s, c.fileID, c.wrapped)
	if err != nil {
		return nil, err
	}
	if err := verifyMAC(c, mac, key); err != nil {
		return nil, err
	}
	return key, nil
}

func verifyMAC(c *content, mac [macSize]byte, key *fileKey) error {
	want := key.mac(c.message())
	if subtle.ConstantTimeCompare(want[:], mac[:]) != 1 {
		return tampered("the file was changed: its MAC does not fit")
	}
	return nil
}

// Text returns the key file as it must be stored. It calls the Wrapper once if the
// file key is new ([New], [File.Rewrap], [File.Shred]). Otherwise the file must be
// wrapped by this Wrapper already. The generation grows by one if anything changed;
// if nothing did, the text is the same again.
//
// The error is that of the Wrapper, or wraps [eso.ErrTooLarge] or [eso.ErrNoKey].
func (f *File) Text(ctx context.Context, w eso.Wrapper) ([]byte, error) {
	id := w.ID()
	if !f.fresh && id != f.content.wrapperID {
		return nil, errorf("%w: the file is wrapped by %q, not by %q; rewrap it first", eso.ErrNoKey, f.content.wrapperID, id)
	}
	if !isWrapperID(id) {
		return nil, errorf("the id of the provider's key has not 1 to %d printable characters of ASCII", maxWrapperID)
	}
	next, mac := f.content, f.mac
	if f.fresh {
		wrapped, err := wrap(ctx, w, f.key)
		if err != nil {
			return nil, err
		}
		next.wrapperID, next.wrapped = id, wrapped
	}
	if f.changed {
		next.generation++
		mac = f.key.mac(next.message())
	}
	if err := next.validate(); err != nil {
		return nil, err
	}
	text := next.text(mac)
	if len(text) > MaxSize {
		return nil, errorf("%w: more than %d bytes", eso.ErrTooLarge, MaxSize)
	}
	f.content, f.mac, f.fresh, f.changed = next, mac, false, false
	return text, nil
}

// Info returns what the file shows, changes included.
func (f *File) Info() Info { return f.content.info() }

// Keyring returns the keyring of the file as it is now. It has no file on disk
// behind it: Refresh fails.
func (f *File) Keyring() (*Keyring, error) {
	c := f.content
	c.rows = slices.Clone(c.rows)
	return newKeyring(&c, f.key, f.mac)
}

// Add adds a new random key, which is not primary: for the installation, if the
// namespace is "" or "default", or else for that namespace. A passphrase belongs to
// the installation. If id is "", a native key gets a random one, "k-" and 16
// hexadecimal digits, and a passphrase that of [eso.NewPassphraseKey]. An id that
// the file has had once is never used again, nor is a namespace that was shredded.
func (f *File) Add(kind Kind, id, namespace string) (KeyInfo, error) {
	if namespace == "default" {
		namespace = ""
	}
	secret := make([]byte, nativeSize)
	rand.Read(secret) // never fails
	defer func() { clear(secret) }()
	if kind == Passphrase {
		random := secret
		secret = base64.StdEncoding.AppendEncode(nil, random)
		clear(random)
	}
	if id == "" && kind == Native {
		var b [8]byte
		rand.Read(b[:])
		id = "k-" + hex.EncodeToString(b[:])
	}
	return f.add(kind, id, namespace, secret)
}

// AddPassphrase adds a passphrase that exists, from a plain file of keys, as a key
// of the installation that is not primary. If id is "", it is that of
// [eso.NewPassphraseKey]: the id under which objects were sealed with the
// passphrase, unless the plain file gives another. The rules for passphrases are
// those of [eso.NewKeyring], and one has at most [MaxPassphrase] bytes.
func (f *File) AddPassphrase(id, passphrase string) (KeyInfo, error) {
	secret := []byte(passphrase)
	defer clear(secret)
	if len(secret) > MaxPassphrase {
		return KeyInfo{}, errorf("%w: a passphrase of more than %d bytes", eso.ErrTooLarge, MaxPassphrase)
	}
	return f.add(Passphrase, id, "", secret)
}

func (f *File) add(kind Kind, id, namespace string, secret []byte) (KeyInfo, error) {
	switch {
	case kind != Native && kind != Passphrase:
		return KeyInfo{}, errorf("unknown kind of key %q", kind)
	case namespace != "" && !isNamespace(namespace):
		return KeyInfo{}, errorf("%q is not a namespace: 1 to %d lower-case letters, digits, \"_\" and \"-\"", namespace, MaxNamespace)
	case namespace != "" && kind == Passphrase:
		return KeyInfo{}, errorf("a passphrase is a key of the installation: a namespace has native keys")
	case len(f.content.rows) >= MaxKeys:
		return KeyInfo{}, errorf("%w: a file has at most %d keys", eso.ErrTooLarge, MaxKeys)
	}
	if _, ok := f.index().shredded[namespace]; ok {
		return KeyInfo{}, errorf("namespace %q was shredded; its name stays taken", namespace)
	}
	key, err := makeKey(kind, id, secret)
	if err != nil {
		return KeyInfo{}, err
	}
	id = key.ID()
	if err := f.free(id); err != nil {
		return KeyInfo{}, err
	}
	for i := range f.content.rows {
		other := &f.content.rows[i]
		if kind == Native {
			break // random keys are never equal
		}
		if other.Kind == Native {
			continue
		}
		known, ok := f.key.open(other)
		same := ok && subtle.ConstantTimeCompare(known, secret) == 1
		clear(known)
		if same {
			return KeyInfo{}, errorf("key %q: it is key %q under another id", id, other.ID)
		}
	}
	check, err := keycheck.Of(context.Background(), key)
	if err != nil {
		return KeyInfo{}, err
	}
	r := row{KeyInfo: KeyInfo{ID: id, Kind: kind, Namespace: namespace, Made: wholeSecond(f.now()), Check: check.String()}}
	r.sealed = f.key.seal(&r, secret)
	f.index().rows[id] = len(f.content.rows)
	f.content.rows = append(f.content.rows, r)
	f.changed = true
	return r.KeyInfo, nil
}

// makeKey returns the key of these bytes, which stay the caller's. Errors name the
// key by its id only if that is one.
func makeKey(kind Kind, id string, secret []byte) (eso.Key, error) {
	if id != "" || kind == Native {
		if err := seal.CheckKeyID(id); err != nil {
			return nil, errorf("the id of a key: %w", err)
		}
	}
	if kind == Native {
		return newNativeKey(id, secret)
	}
	return eso.NewPassphraseKey(id, string(secret))
}

// free reports an id that the file has, or has had.
func (f *File) free(id string) error {
	x := f.index()
	if _, ok := x.rows[id]; ok {
		return errorf("key %q: the file has a key with this id", id)
	}
	if how, ok := x.gone[id]; ok {
		return errorf("key %q: it was %s, and its id stays taken", id, how)
	}
	return nil
}

func wholeSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
