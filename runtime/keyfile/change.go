package keyfile

import (
	"slices"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// SetPrimary makes a key the primary one of its namespace, or of the installation:
// the one that seals. The key that was primary stays, and opens. Setting the key
// that is primary changes nothing.
//
// The first primary key of any namespace changes what holds for all others: see
// [Keyring.SealingKey].
func (f *File) SetPrimary(id string) error {
	chosen, err := f.known(id)
	if err != nil {
		return err
	}
	if chosen.Primary {
		return nil
	}
	primaries := f.index().primaries
	if i, ok := primaries[chosen.Namespace]; ok {
		f.content.rows[i].Primary = false
	}
	primaries[chosen.Namespace] = f.index().rows[id]
	chosen.Primary, f.changed = true, true
	return nil
}

// Retire removes keys that are not primary, all of them or, if it fails, none.
// Objects that they sealed open no more, so there may be none; their ids are never
// used again.
func (f *File) Retire(ids ...string) error {
	at := wholeSecond(f.now())
	gone := make(map[string]bool, len(ids))
	retired := slices.Clip(f.content.retired)
	for _, id := range ids {
		r, err := f.known(id)
		switch {
		case err != nil:
			return err
		case r.Primary && r.Namespace != "":
			return errorf("key %q is the primary one of namespace %q; make another one primary first", id, r.Namespace)
		case r.Primary:
			return errorf("key %q is the primary one; make another one primary first", id)
		case len(retired) >= MaxKeys:
			return errorf("%w: a file remembers at most %d retired keys", eso.ErrTooLarge, MaxKeys)
		case !gone[id]:
			gone[id] = true
			retired = append(retired, RetiredKey{ID: id, Namespace: r.Namespace, At: at})
		}
	}
	if len(gone) == 0 {
		return nil
	}
	f.content.rows = slices.DeleteFunc(f.content.rows, func(r row) bool { return gone[r.ID] })
	f.content.retired, f.changed, f.ids = retired, true, nil
	return nil
}

// Rewrap gives the file a new file key, under which all keys are sealed anew. The
// next Text has it wrapped, by the same Wrapper or by another one. An older copy of
// the file still opens under the key that wrapped it.
func (f *File) Rewrap() error { return f.reseal(f.content.rows) }

// Shred removes all keys of a namespace, and gives the file a new file key. It
// returns the ids of the keys. The namespace is recorded as [Recoverable]: an older
// copy of the file still has its keys, for anyone who can unwrap that copy.
// A shredded namespace never gets a key again.
//
// Objects of the namespace that another key sealed, before the namespace had its
// own, are not shredded: rotate first.
func (f *File) Shred(namespace string, at time.Time) ([]string, error) {
	if namespace == "" || namespace == "default" {
		return nil, errorf("the default namespace has no keys of its own: the installation's key seals its objects")
	}
	at = wholeSecond(at)
	if _, ok := parseTime(formatTime(at)); !ok {
		return nil, errorf("the time of shredding is not in the years 1 to 9999")
	}
	var ids []string
	var kept []row
	for _, r := range f.content.rows {
		if r.Namespace == namespace {
			ids = append(ids, r.ID)
		} else {
			kept = append(kept, r)
		}
	}
	if len(ids) == 0 {
		if i, ok := f.index().shredded[namespace]; ok {
			return nil, errorf("namespace %q was shredded before, on %s", namespace, formatTime(f.content.shredded[i].At))
		}
		return nil, errorf("namespace %q has no keys of its own", namespace)
	}
	if err := f.reseal(kept); err != nil {
		return nil, err
	}
	f.content.shredded = append(slices.Clip(f.content.shredded), ShreddedNamespace{
		Namespace: namespace, KeyIDs: slices.Clone(ids), At: at, State: Recoverable,
	})
	f.ids = nil
	return ids, nil
}

// ConfirmShred records that no older copy of the file opens any more, or that none
// is left: the namespace is [Destroyed]. Confirming twice changes nothing.
func (f *File) ConfirmShred(namespace string) error {
	i, ok := f.index().shredded[namespace]
	if !ok {
		return errorf("namespace %q was not shredded", namespace)
	}
	if f.content.shredded[i].State == Destroyed {
		return nil
	}
	f.content.shredded = slices.Clone(f.content.shredded)
	f.content.shredded[i].State = Destroyed
	f.changed = true
	return nil
}

// known returns the key with an id.
func (f *File) known(id string) (*row, error) {
	if i, ok := f.index().rows[id]; ok {
		return &f.content.rows[i], nil
	}
	if err := f.free(id); err != nil {
		return nil, err
	}
	return nil, errorf("%w: the file has no key %q", eso.ErrNoKey, id)
}

// reseal seals these keys under a new file key.
func (f *File) reseal(rows []row) error {
	key, err := makeFileKey(f.content.fileID)
	if err != nil {
		return err
	}
	sealed := slices.Clone(rows)
	for i := range sealed {
		r := &sealed[i]
		secret, ok := f.key.open(r)
		if !ok {
			return tampered("key %q does not unwrap: the file was changed", r.ID)
		}
		r.sealed = key.seal(r, secret)
		clear(secret)
	}
	f.content.rows, f.key, f.fresh, f.changed, f.ids = sealed, key, true, true, nil
	return nil
}
