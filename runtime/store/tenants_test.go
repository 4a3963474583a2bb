package store_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile"
	"github.com/esogen/esogen/runtime/store"
)

// localWrapper wraps file keys under a fixed key, and keeps what it has seen.
type localWrapper struct {
	mu   sync.Mutex
	seen [][]byte
}

func (w *localWrapper) ID() string { return "local:test" }

func (w *localWrapper) aead() cipher.AEAD {
	block, err := aes.NewCipher([]byte("thirty-two bytes, of tests only!"))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (w *localWrapper) Wrap(_ context.Context, secret []byte) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, slices.Clone(secret))
	return w.aead().Seal(nil, nil, secret, nil), nil
}

func (w *localWrapper) Unwrap(_ context.Context, wrapped []byte) ([]byte, error) {
	secret, err := w.aead().Open(nil, nil, wrapped, nil)
	if err != nil {
		return nil, eso.ErrTampered
	}
	return secret, nil
}

// tenants is a key file with keys for namespaces, and the processes that use it.
type tenants struct {
	file    *keyfile.File
	path    string
	wrapper *localWrapper
}

func newTenants(t testing.TB, namespaces ...string) *tenants {
	t.Helper()
	file, err := keyfile.New(keyfile.Native, "main")
	require.NoError(t, err)
	w := &tenants{file, filepath.Join(t.TempDir(), "keys"), &localWrapper{}}
	w.provision(t, namespaces...)
	w.save(t)
	return w
}

// provision gives namespaces keys of their own, "ns-" and the namespace, which seal.
func (w *tenants) provision(t testing.TB, namespaces ...string) {
	t.Helper()
	for _, n := range namespaces {
		_, err := w.file.Add(keyfile.Native, "ns-"+n, n)
		require.NoError(t, err)
		require.NoError(t, w.file.SetPrimary("ns-"+n))
	}
}

// save writes the file, and returns its text.
func (w *tenants) save(t testing.TB) []byte {
	t.Helper()
	text, err := w.file.Text(t.Context(), w.wrapper)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.path, text, 0o600))
	return text
}

func (w *tenants) open(t testing.TB) *keyfile.Keyring {
	t.Helper()
	keys, err := keyfile.Open(t.Context(), w.path, w.wrapper, keyfile.Options{})
	require.NoError(t, err)
	return keys
}

func refresh(t testing.TB, rings ...*keyfile.Keyring) {
	t.Helper()
	for _, k := range rings {
		changed, err := k.Refresh(t.Context())
		require.NoError(t, err)
		require.True(t, changed)
	}
}

// underKeys are the keys of a scan, with how many objects of all types are under each.
func underKeys(t testing.TB, s *store.Store, o store.ScanOptions) map[string]int64 {
	t.Helper()
	scan, err := s.ScanKeys(t.Context(), o)
	require.NoError(t, err)
	found := map[string]int64{}
	sum := scan.Keyless
	for _, u := range scan.Uses {
		found[u.KeyID] += u.Objects
		sum += u.Objects
	}
	assert.Equal(t, scan.Objects, sum, "each object is accounted for")
	return found
}

// TestLifeOfNamespaceKeys goes from one key to keys of namespaces, and shreds one of
// them, beside a second process.
func TestLifeOfNamespaceKeys(t *testing.T) {
	overDatabases(t, func(t *testing.T, db database) {
		ctx := t.Context()
		w := newTenants(t)
		first, second := w.open(t), w.open(t)
		var events []store.Event
		s := db.open(t, first, store.Options{Process: "first", Observe: collect(&events)})
		other := db.open(t, second, store.Options{Process: "second"})
		own, shared := kinds(eso.Native, 1, eso.Single), kinds(eso.Native, 1, eso.Multiple)
		shared.Type = "shared"
		types := []*eso.Definition{own, shared}
		c := store.Of(s, things(own))
		for _, namespace := range []string{"", "a", "b"} {
			for _, id := range []string{"1", "2", "3"} {
				_, err := c.Create(ctx, eso.Ref{Namespace: namespace, ID: id}, secretThing(own))
				require.NoError(t, err)
			}
			_, err := store.Of(s, things(shared)).Create(ctx, eso.Ref{Namespace: namespace, ID: "of " + namespace}, secretThing(shared))
			require.NoError(t, err)
		}
		check := func(stores ...*store.Store) {
			t.Helper()
			for _, s := range stores {
				report, err := s.CheckKeys(ctx)
				require.NoError(t, err)
				assert.Empty(t, report.Newer)
			}
		}
		check(s, other)
		assert.Equal(t, map[string]int64{"main": 12}, underKeys(t, s, store.ScanOptions{}))

		// Known everywhere before any seals.
		for _, n := range []string{"a", "b"} {
			_, err := w.file.Add(keyfile.Native, "ns-"+n, n)
			require.NoError(t, err)
		}
		w.save(t)
		refresh(t, first)
		check(s, other)
		lacking, err := s.ProcessesLacking(ctx, "ns-a", 0)
		require.NoError(t, err)
		require.Len(t, lacking, 1)
		assert.Equal(t, "second", lacking[0].About)
		refresh(t, second)
		check(other)
		lacking, err = s.ProcessesLacking(ctx, "ns-a", 0)
		require.NoError(t, err)
		assert.Empty(t, lacking)

		require.NoError(t, w.file.SetPrimary("ns-a"))
		require.NoError(t, w.file.SetPrimary("ns-b"))
		before := w.save(t)
		refresh(t, first)
		check(s, other)
		sealing, err := s.ProcessesSealing(ctx, "ns-x", 0)
		require.NoError(t, err)
		require.Len(t, sealing, 1, "the second process has not taken the file in")
		assert.Equal(t, "second", sealing[0].About)
		refresh(t, second)
		check(other)
		report, err := s.Rotate(ctx, types, store.JobOptions{Batch: 2})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 6, Unchanged: 6}, report.Counts)
		assert.Equal(t, map[string]int64{"main": 6, "ns-a": 3, "ns-b": 3}, underKeys(t, s, store.ScanOptions{Batch: 2}))
		assert.Equal(t, map[string]int64{"main": 1, "ns-a": 3}, underKeys(t, s, store.ScanOptions{Namespace: new("a")}))

		ids, err := w.file.Shred("a", time.Now())
		require.NoError(t, err)
		w.save(t)
		require.NoError(t, s.MarkKeys(ctx, store.KeyShredded, ids...))
		_, err = other.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys, "it has a shredded key still")
		refresh(t, first, second)
		check(s, other)
		for _, s := range []*store.Store{s, other} {
			shreddedIn(t, s, own, "a", "1")
		}
		for _, ref := range []eso.Ref{{Namespace: "b", ID: "1"}, {ID: "2"}} {
			o, err := c.Open(ctx, ref)
			require.NoError(t, err)
			assert.Equal(t, `"s3cret"`, o.Value.Text("password"))
		}
		_, err = store.Of(s, things(shared)).Open(ctx, eso.Ref{Namespace: "a", ID: "of a"})
		require.NoError(t, err, "a shared object has the key of the installation")
		failed, read := 0, 0
		for o, err := range c.Find(ctx, store.Query{}) {
			if err != nil {
				assert.ErrorIs(t, err, eso.ErrShredded)
				assert.Equal(t, "a", o.Ref.Namespace)
				failed++
				continue
			}
			read++
		}
		assert.Equal(t, []int{3, 6}, []int{failed, read})

		// Audit: when, and which key.
		audited := 0
		for _, e := range events {
			if e.Reason == store.ReasonShredded && e.Op == eso.OpOpen {
				audited++
				assert.WithinDuration(t, time.Now(), e.Time, time.Minute)
				assert.Equal(t, []string{"ns-a"}, e.KeyIDs)
				assert.Equal(t, "1", e.Ref.ID)
			}
		}
		assert.Equal(t, 1, audited)

		newer := kinds(eso.Native, 2, eso.Single, eso.Single)
		report, err = s.Migrate(ctx, []*eso.Definition{newer}, store.JobOptions{Batch: 2})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Done: 6, Shredded: 3}, report.Counts)
		assert.Empty(t, report.Failures)
		report, err = s.Rotate(ctx, []*eso.Definition{newer, shared}, store.JobOptions{Batch: 2})
		require.NoError(t, err)
		assert.Equal(t, store.Counts{Unchanged: 9, Shredded: 3}, report.Counts)
		assert.EqualValues(t, 12, report.All())

		// The key file of before does not pass.
		require.NoError(t, os.WriteFile(w.path, before, 0o600))
		again := db.open(t, w.open(t), store.Options{})
		found, err := again.CheckKeys(ctx)
		require.ErrorIs(t, err, store.ErrKeys)
		assert.Equal(t, []string{"ns-a"}, found.Shredded)
		assert.ErrorContains(t, err, "an older key file was put back")

		require.NoError(t, c.Delete(ctx, eso.Ref{Namespace: "a", ID: "1"}))
		everything := db.everything(t)
		require.NotEmpty(t, w.wrapper.seen)
		for _, secret := range w.wrapper.seen {
			for _, text := range []string{string(secret[len(secret)-32:]), hex.EncodeToString(secret[len(secret)-32:]), base64.StdEncoding.EncodeToString(secret)} {
				assert.False(t, strings.Contains(everything, text), "the database holds a file key")
			}
		}
	})
}

// shreddedIn asks for an object of a shredded namespace in every way.
func shreddedIn(t *testing.T, s *store.Store, d *eso.Definition, namespace, id string) {
	t.Helper()
	ctx, ref := t.Context(), eso.Ref{Namespace: namespace, ID: id}
	c := store.Of(s, things(d))
	doc, revision, err := c.Raw(ctx, ref)
	require.NoError(t, err)
	said := outcomes(ctx, c, d, ref, revision)
	for _, name := range []string{"Raw", "GetUnverified"} {
		assert.NoError(t, said[name], name)
		delete(said, name)
	}
	for _, name := range []string{"Patch", "PatchAt", "ReplaceAt"} { // patches of nothing may give a new revision
		delete(said, name)
	}
	for name, err := range said {
		assert.ErrorIs(t, err, eso.ErrShredded, name)
		assert.Equal(t, store.ReasonShredded, store.ReasonOf(err), name)
	}
	assert.NoError(t, c.Patch(ctx, ref, patch{"title": `"patched"`}), "plain attributes stay usable")

	_, err = c.Create(ctx, ref, secretThing(d))
	assert.ErrorIs(t, err, store.ErrExists, "the id stays taken")
	_, err = c.Create(ctx, eso.Ref{Namespace: namespace, ID: "new"}, secretThing(d))
	assert.ErrorIs(t, err, eso.ErrShredded)
	assert.NotErrorIs(t, err, store.ErrExists)
	_, err = c.CreateAll(ctx, []store.NewObject[thing]{{Ref: eso.Ref{Namespace: namespace, ID: "new"}, Object: secretThing(d)}})
	var bulk *store.BulkError
	assert.ErrorAs(t, err, &bulk)
	assert.ErrorIs(t, err, eso.ErrShredded)
	assert.ErrorIs(t, c.PutRaw(ctx, doc), eso.ErrShredded)
	_, err = c.Create(ctx, eso.Ref{Namespace: "unprovisioned", ID: "new"}, secretThing(d))
	assert.ErrorIs(t, err, eso.ErrNoKey)
	assert.NotErrorIs(t, err, eso.ErrShredded)
}
