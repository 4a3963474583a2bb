package keyfile

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	eso "github.com/esogen/esogen/runtime"
)

// house is an installation: a key file, processes that have it open, and the
// objects that they sealed.
type house struct {
	t         *testing.T
	path      string
	w         *testWrapper
	processes []*Keyring
	objects   []*object
	shredded  map[string]bool
	retired   []string
}

type object struct {
	namespace string
	doc       eso.Document
}

var tenants = []string{"", "acme", "beta"}

// Any sequence of changes to the key file, of refreshes and of restarts, with a
// crash at any write: as long as each step waits for what it has to wait for, every
// object opens in every process, but for those of shredded namespaces, and every
// process refuses what is not a later state of its file.
func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &house{t: t, path: newPath(t), w: newWrapper("w"), shredded: map[string]bool{}}
		store(t, h.path, text(t, newFile(t, ""), h.w))
		for range rapid.IntRange(1, 3).Draw(rt, "processes") {
			h.processes = append(h.processes, open(t, h.path, h.w))
		}
		steps := map[string]func(*rapid.T){
			"seal":    h.seal,
			"refresh": func(rt *rapid.T) { h.refresh(rapid.IntRange(0, len(h.processes)-1).Draw(rt, "process")) },
			"restart": func(rt *rapid.T) {
				h.processes[rapid.IntRange(0, len(h.processes)-1).Draw(rt, "process")] = open(t, h.path, h.w)
			},
			"add":          func(rt *rapid.T) { h.change(rt, h.add) },
			"primary":      func(rt *rapid.T) { h.change(rt, h.primary) },
			"retire":       func(rt *rapid.T) { h.change(rt, h.retire) },
			"rewrap":       func(rt *rapid.T) { h.change(rt, func(_ *rapid.T, f *File) error { return f.Rewrap() }) },
			"shred":        func(rt *rapid.T) { h.change(rt, h.shred) },
			"confirm":      func(rt *rapid.T) { h.change(rt, h.confirm) },
			"an old file":  h.oldFile,
			"a torn write": h.torn,
			"":             func(rt *rapid.T) { h.check(rt) },
		}
		rt.Repeat(steps)
	})
}

func (h *house) refresh(i int) {
	_, err := h.processes[i].Refresh(h.t.Context())
	require.NoError(h.t, err)
}

func (h *house) refreshAll() {
	for i := range h.processes {
		h.refresh(i)
	}
}

// change changes the file, in one step, and crashes before it is there, or not.
func (h *house) change(rt *rapid.T, change func(rt *rapid.T, f *File) error) {
	b, err := os.ReadFile(h.path)
	require.NoError(rt, err)
	f := read(h.t, b, h.w)
	shredded, retired := len(f.Info().Shredded), len(f.Info().Retired)
	if errors.Is(change(rt, f), errNothing) {
		return
	}
	b = text(h.t, f, h.w)
	if rapid.Bool().Draw(rt, "crash") {
		require.NoError(rt, os.WriteFile(h.path+".new", b[:rapid.IntRange(0, len(b)).Draw(rt, "written")], 0o600))
		return
	}
	store(h.t, h.path, b)
	info := f.Info()
	for _, n := range info.Shredded[shredded:] {
		h.shredded[n.Namespace] = true
	}
	for _, r := range info.Retired[retired:] {
		h.retired = append(h.retired, r.ID)
	}
}

var errNothing = errors.New("nothing to change")

func (h *house) add(rt *rapid.T, f *File) error {
	namespace := rapid.SampledFrom(tenants).Draw(rt, "namespace")
	k, err := f.Add(Native, "", namespace)
	if h.shredded[namespace] {
		require.Error(rt, err)
		return errNothing
	}
	require.NoError(rt, err)
	require.NotContains(rt, h.retired, k.ID)
	return nil
}

// primary waits until every process has the key.
func (h *house) primary(rt *rapid.T, f *File) error {
	h.refreshAll()
	k := rapid.SampledFrom(f.Info().Keys).Draw(rt, "key")
	require.NoError(rt, f.SetPrimary(k.ID))
	return nil
}

// retire waits until every process seals under the primary key, and nothing is
// sealed under the other.
func (h *house) retire(rt *rapid.T, f *File) error {
	others := slices.DeleteFunc(f.Info().Keys, func(k KeyInfo) bool { return k.Primary })
	if len(others) == 0 {
		return errNothing
	}
	id := rapid.SampledFrom(others).Draw(rt, "key").ID
	h.refreshAll()
	for _, o := range h.objects {
		if o.doc.KeyIDs[0] == id {
			doc, err := note(eso.Native, eso.Single).Rotate(h.t.Context(), h.processes[0], o.doc)
			if errors.Is(err, eso.ErrNoKey) {
				return errNothing // its namespace has no key of its own yet
			}
			require.NoError(rt, err)
			o.doc = doc
		}
		if o.doc.KeyIDs[0] == id {
			return errNothing // of a namespace that has not got a primary key
		}
	}
	return f.Retire(id)
}

func (h *house) shred(rt *rapid.T, f *File) error {
	if _, err := f.Shred(rapid.SampledFrom(tenants).Draw(rt, "namespace"), shredTime); err != nil {
		return errNothing
	}
	return nil
}

func (h *house) confirm(rt *rapid.T, f *File) error {
	for _, n := range f.Info().Shredded {
		require.NoError(rt, f.ConfirmShred(n.Namespace))
	}
	return nil
}

// seal creates an object in some process.
func (h *house) seal(rt *rapid.T) {
	k := rapid.SampledFrom(h.processes).Draw(rt, "process")
	namespace := rapid.SampledFrom(tenants).Draw(rt, "namespace")
	key, err := sealingID(h.t, k, namespace)
	info := k.Info()
	own := slices.IndexFunc(info.Keys, func(k KeyInfo) bool { return k.Primary && k.Namespace == namespace })
	separate := len(info.Shredded) > 0 || slices.ContainsFunc(info.Keys, func(k KeyInfo) bool { return k.Primary && k.Namespace != "" })
	switch {
	case own >= 0:
		require.NoError(rt, err)
		require.Equal(rt, info.Keys[own].ID, key)
	case separate:
		require.Error(rt, err)
		gone := slices.ContainsFunc(info.Shredded, func(n ShreddedNamespace) bool { return n.Namespace == namespace })
		require.Equal(rt, gone, errors.Is(err, eso.ErrShredded))
		return
	default:
		require.NoError(rt, err)
	}
	h.objects = append(h.objects, &object{namespace, sealNote(h.t, k, eso.Single, namespace)})
}

// check opens every object in every process, after a refresh if the process lacks
// the key.
func (h *house) check(rt *rapid.T) {
	for i, k := range h.processes {
		for _, o := range h.objects {
			err := openNote(h.t, k, eso.Single, o.doc)
			if errors.Is(err, eso.ErrNoKey) && !errors.Is(err, eso.ErrShredded) {
				h.refresh(i)
				err = openNote(h.t, k, eso.Single, o.doc)
			}
			if h.shredded[o.namespace] && errors.Is(err, eso.ErrShredded) {
				continue
			}
			require.NoError(rt, err, "%q in process %d", o.namespace, i)
		}
	}
}

// oldFile puts a file of before in the place of that of now: a process that has
// seen the one of now refuses it.
func (h *house) oldFile(rt *rapid.T) {
	now, err := os.ReadFile(h.path)
	require.NoError(rt, err)
	f := read(h.t, now, h.w)
	_, err = f.Add(Native, "", "")
	require.NoError(rt, err)
	newer := text(h.t, f, h.w)
	i := rapid.IntRange(0, len(h.processes)-1).Draw(rt, "process")
	h.refresh(i)
	ahead := open(h.t, h.path, h.w)
	store(h.t, h.path, newer)
	_, err = ahead.Refresh(h.t.Context())
	require.NoError(rt, err)
	store(h.t, h.path, now)
	_, err = ahead.Refresh(h.t.Context())
	require.ErrorIs(rt, err, eso.ErrTampered)
	h.refresh(i)
}

// torn leaves half a file for a moment.
func (h *house) torn(rt *rapid.T) {
	now, err := os.ReadFile(h.path)
	require.NoError(rt, err)
	store(h.t, h.path, now[:rapid.IntRange(0, len(now)-2).Draw(rt, "written")])
	for _, k := range h.processes {
		before := fmt.Sprint(k.Info())
		_, err := k.Refresh(h.t.Context())
		require.ErrorIs(rt, err, eso.ErrMalformed)
		require.Equal(rt, before, fmt.Sprint(k.Info()))
	}
	store(h.t, h.path, now)
}
