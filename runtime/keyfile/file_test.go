package keyfile

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

const (
	plainOne = "a passphrase of a plain file, one"
	plainTwo = "a passphrase of a plain file, two"
)

var shredTime = time.Date(2026, 11, 30, 12, 0, 0, 999, time.FixedZone("", 3600))

// fullFile is a file with every kind of content.
func fullFile(t testing.TB) *File {
	t.Helper()
	f := newFile(t, "first")
	add(t, f, "second", "")
	for _, namespace := range []string{"acme", "beta", "gone"} {
		add(t, f, namespace+"/1", namespace)
		add(t, f, namespace+"/2", namespace)
	}
	require.NoError(t, f.Retire("beta/1"))
	_, err := f.AddPassphrase("", plainOne)
	require.NoError(t, err)
	_, err = f.Add(Passphrase, "made", "")
	require.NoError(t, err)
	add(t, f, "third", "")
	require.NoError(t, f.Retire("first"))
	ids, err := f.Shred("gone", shredTime)
	require.NoError(t, err)
	require.Equal(t, []string{"gone/1", "gone/2"}, ids)
	return f
}

func TestFileRoundTrip(t *testing.T) {
	w := newWrapper("w")
	f := fullFile(t)
	assert.Zero(t, f.Info().Generation)
	b := text(t, f, w)
	assert.True(t, json.Valid(b))
	assert.True(t, IsKeyFile(b))

	again := read(t, b, w)
	assert.Equal(t, f.Info(), again.Info())
	assert.Equal(t, string(b), string(text(t, again, w)), "nothing changed")
	assert.EqualValues(t, 1, w.wraps.Load(), "the wrapped file key stays")
	assert.EqualValues(t, 1, w.calls.Load())

	info, err := Inspect(b)
	require.NoError(t, err)
	assert.Equal(t, f.Info(), info)
	assert.EqualValues(t, 1, info.Generation)
	assert.Equal(t, "test:w", info.WrapperID)
	assert.Equal(t, []string{"second", "acme/1", "acme/2", "beta/2", "p-" + plainOneID, "made", "third"}, ids(info))
	assert.Equal(t, []ShreddedNamespace{{
		Namespace: "gone", KeyIDs: []string{"gone/1", "gone/2"}, At: time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC), State: Recoverable,
	}}, info.Shredded)
	require.Len(t, info.Retired, 2)
	assert.Equal(t, "beta", info.Retired[0].Namespace)

	require.NoError(t, again.ConfirmShred("gone"))
	require.NoError(t, again.ConfirmShred("gone"))
	later := text(t, again, w)
	info, err = Inspect(later)
	require.NoError(t, err)
	assert.EqualValues(t, 2, info.Generation)
	assert.Equal(t, Destroyed, info.Shredded[0].State)
	assert.EqualValues(t, 1, w.wraps.Load())
}

const plainOneID = "9a44f25c29d1e8e5"

func ids(info Info) (ids []string) {
	for _, k := range info.Keys {
		ids = append(ids, k.ID)
	}
	return ids
}

// What a key sealed opens after the file was written, read, and wrapped anew by
// another provider. The old provider's key opens the new file no more.
func TestRewrap(t *testing.T) {
	old, w := newWrapper("old"), newWrapper("new")
	f := newFile(t, "")
	add(t, f, "acme/1", "acme")
	k, err := f.Keyring()
	require.NoError(t, err)
	installation, tenant := sealNote(t, k, eso.Single, ""), sealNote(t, k, eso.Single, "acme")
	first := text(t, f, old)

	f = read(t, first, old)
	_, err = f.Text(t.Context(), w)
	require.ErrorIs(t, err, eso.ErrNoKey)
	require.NoError(t, f.Rewrap())
	second := text(t, f, w)
	_, err = Read(t.Context(), second, old)
	require.ErrorIs(t, err, eso.ErrNoKey)
	for _, b := range [][]byte{first, second} {
		f := read(t, b, map[bool]eso.Wrapper{true: old, false: w}[&b[0] == &first[0]])
		k, err := f.Keyring()
		require.NoError(t, err)
		require.NoError(t, openNote(t, k, eso.Single, installation))
		require.NoError(t, openNote(t, k, eso.Single, tenant))
	}
	one, err := Inspect(first)
	require.NoError(t, err)
	two, err := Inspect(second)
	require.NoError(t, err)
	assert.Equal(t, one.Keys, two.Keys)
	for _, line := range bytes.Split(first, []byte("\n")) {
		if i := bytes.Index(line, []byte(`"sealed"`)); i > 0 {
			assert.NotContains(t, string(second), string(line[i:]), "each key is sealed anew")
		}
	}
}

// A failing call of the provider, or a text that cannot be, leaves the file as it
// was.
func TestTextFails(t *testing.T) {
	w := newWrapper("w")
	f := newFile(t, "first")
	w.wrap = func(context.Context, []byte) ([]byte, error) { return nil, context.DeadlineExceeded }
	_, err := f.Text(t.Context(), w)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for _, size := range []int{0, MaxWrapped + 1} {
		w.wrap = func(context.Context, []byte) ([]byte, error) { return make([]byte, size), nil }
		_, err = f.Text(t.Context(), w)
		require.ErrorContains(t, err, fmt.Sprintf("as %d bytes", size))
	}
	w.wrap = func(context.Context, []byte) ([]byte, error) { panic("s3cret") }
	_, err = f.Text(t.Context(), w)
	require.ErrorIs(t, err, errPanicked)
	assert.NotContains(t, err.Error(), "s3cret")
	w.wrap = nil
	_, err = f.Text(t.Context(), newWrapper("tab\t"))
	require.ErrorContains(t, err, "printable")
	assert.Zero(t, f.Info().Generation)
	assert.EqualValues(t, 1, read(t, text(t, f, w), w).Info().Generation)

	require.NoError(t, f.Rewrap())
	w.wrap = func(context.Context, []byte) ([]byte, error) { return nil, context.DeadlineExceeded }
	_, err = f.Text(t.Context(), w)
	require.Error(t, err)
	w.wrap = nil
	assert.EqualValues(t, 2, read(t, text(t, f, w), w).Info().Generation)
}

// What a change refuses leaves the file as it was.
func TestRefusedChanges(t *testing.T) {
	w := newWrapper("w")
	f := fullFile(t)
	before := text(t, f, w)
	fails := func(want string, err error) {
		t.Helper()
		require.ErrorContains(t, err, want)
		assert.False(t, f.changed, want)
		assert.Equal(t, string(before), string(text(t, f, w)), want)
	}
	adding := func(kind Kind, id, namespace string) error {
		_, err := f.Add(kind, id, namespace)
		return err
	}
	passphrase := func(id, passphrase string) error {
		_, err := f.AddPassphrase(id, passphrase)
		assert.NotContains(t, fmt.Sprint(err), passphrase)
		return err
	}
	shredding := func(namespace string, at time.Time) error {
		_, err := f.Shred(namespace, at)
		return err
	}
	fails("has a key with this id", adding(Native, "second", ""))
	fails("has a key with this id", adding(Native, "acme/1", "acme"))
	fails("was retired", adding(Native, "first", ""))
	fails("was retired", adding(Native, "beta/1", "beta"))
	fails("was shredded", adding(Native, "gone/1", "acme"))
	fails("was shredded", adding(Native, "", "gone"))
	fails("unknown kind", adding("kibana", "", ""))
	fails("not a namespace", adding(Native, "", "Acme"))
	fails("not a namespace", adding(Native, "", "*"))
	fails("not a namespace", adding(Native, "", strings.Repeat("n", MaxNamespace+1)))
	fails("key of the installation", adding(Passphrase, "", "acme"))
	fails("an id has", adding(Native, "a b", ""))
	fails("an id has", adding(Passphrase, strings.Repeat("k", 65), ""))
	fails("under another id", passphrase("other", plainOne))
	fails("has a key with this id", passphrase("", plainOne))
	fails("fewer than 32", passphrase("", "short"))
	fails("not valid UTF-8", passphrase("", strings.Repeat("\xff", 40)))
	fails("too large", passphrase("", strings.Repeat("p", MaxPassphrase+1)))
	fails("no key", f.SetPrimary("unheard-of"))
	fails("was retired", f.SetPrimary("first"))
	fails("was shredded", f.SetPrimary("gone/1"))
	fails("is the primary one", f.Retire("third"))
	fails(`is the primary one of namespace "acme"`, f.Retire("acme/2"))
	fails("was retired", f.Retire("first"))
	fails("no key", f.Retire("unheard-of"))
	fails("default namespace", shredding("", shredTime))
	fails("default namespace", shredding("default", shredTime))
	fails("shredded before, on 2026-11-30T11:00:00Z", shredding("gone", shredTime))
	fails("no keys of its own", shredding("delta", shredTime))
	fails("years 1 to 9999", shredding("acme", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
	fails("was not shredded", f.ConfirmShred("acme"))
	require.NoError(t, f.SetPrimary("third"))
	assert.False(t, f.changed, "it is primary already")
}

func TestMadeKeys(t *testing.T) {
	f, err := New(Passphrase, "")
	require.NoError(t, err)
	first := f.Info().Keys[0]
	assert.Regexp(t, "^p-[0-9a-f]{16}$", first.ID)
	assert.True(t, first.Primary)
	secret, ok := f.key.open(&f.content.rows[0])
	require.True(t, ok)
	assert.Len(t, secret, 44)
	native, err := f.Add(Native, "", "default")
	require.NoError(t, err)
	assert.Regexp(t, "^k-[0-9a-f]{16}$", native.ID)
	assert.Empty(t, native.Namespace)
	assert.False(t, native.Primary)
	assert.WithinDuration(t, time.Now(), native.Made, time.Minute)
	_, err = New("other", "")
	require.Error(t, err)

	// A keyring of the same passphrase opens what the file's sealed, and has its id.
	k, err := f.Keyring()
	require.NoError(t, err)
	plain, err := eso.NewKeyring(string(secret))
	require.NoError(t, err)
	require.NoError(t, openNote(t, plain, eso.Single, sealNote(t, k, eso.Single, "")))
	kibana := note(eso.Kibana, eso.Single)
	doc, err := kibana.SealJSON(t.Context(), k, eso.Ref{Type: "note", ID: "n"}, []byte(noteText))
	require.NoError(t, err)
	_, err = kibana.OpenJSON(t.Context(), plain, doc)
	require.NoError(t, err)
}

// Changes of a file do not show in what it gave before.
func TestFileGivesCopies(t *testing.T) {
	f := fullFile(t)
	k, err := f.Keyring()
	require.NoError(t, err)
	info, shown := f.Info(), k.Info()
	want := slices.Clone(shown.Keys)
	require.NoError(t, f.SetPrimary("second"))
	require.NoError(t, f.ConfirmShred("gone"))
	_, err = f.Shred("acme", shredTime)
	require.NoError(t, err)
	assert.Equal(t, want, shown.Keys)
	assert.Equal(t, want, info.Keys)
	assert.Equal(t, want, k.Info().Keys)
	assert.Equal(t, Recoverable, k.Info().Shredded[0].State)
	info.Shredded[0].KeyIDs[0], info.Keys[0].ID = "x", "x"
	assert.NotEqual(t, "x", f.Info().Shredded[0].KeyIDs[0])
}

// The file of after a shredding has no part of a shredded key, and nothing of the
// file before it opens what it has.
func TestShredLeavesNothing(t *testing.T) {
	w := newWrapper("w")
	f := newFile(t, "first")
	add(t, f, "acme/1", "acme")
	add(t, f, "beta/1", "beta")
	before, _, err := parse(text(t, f, w))
	require.NoError(t, err)
	old := f.key
	_, err = f.Shred("acme", shredTime)
	require.NoError(t, err)
	b := text(t, f, w)
	after, _, err := parse(b)
	require.NoError(t, err)
	assert.NotEqual(t, before.wrapped, after.wrapped)
	for i := range after.rows {
		_, ok := old.open(&after.rows[i])
		assert.False(t, ok, "the file key is another one")
	}
	for i := range before.rows {
		r := &before.rows[i]
		_, ok := f.key.open(r)
		assert.False(t, ok)
		assert.NotContains(t, string(b), base64.StdEncoding.EncodeToString(r.sealed))
		secret, ok := old.open(r)
		require.True(t, ok)
		assert.False(t, bytes.Contains(b, secret))
		assert.NotContains(t, string(b), base64.StdEncoding.EncodeToString(secret))
	}
	assert.NotContains(t, string(b), before.find("acme/1").Check)
}
