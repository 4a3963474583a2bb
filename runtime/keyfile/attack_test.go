package keyfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

// The attack table: what somebody can do who writes the key file, and whether a
// process notices when it starts, and when it refreshes. docs/security.md shows it
// to readers; the names of the tests are those of its lines.

type outcome string

const (
	detected    outcome = "detected"
	notDetected outcome = "not detected" // and the process uses what the attacker chose
	noEffect    outcome = "no effect"
)

// attack is a line of the table. Its texts are all that the attacker makes.
type attack struct {
	start, refresh outcome
	texts          func(x *target) map[string][]byte // nil: the provider is the attacker
}

// target is what is attacked: a key file of the third generation, that of the
// second, and another file under the same provider's key.
type target struct {
	t            *testing.T
	w            *testWrapper
	text         []byte
	older, other []byte
}

func newTarget(t *testing.T) *target {
	x := &target{t: t, w: newWrapper("w")}
	f := newFile(t, "first")
	add(t, f, "second", "")
	for _, namespace := range []string{"acme", "beta", "gone"} {
		add(t, f, namespace+"/1", namespace)
		add(t, f, namespace+"/2", namespace)
	}
	text(t, f, x.w)
	add(t, f, "third", "")
	x.older = text(t, f, x.w)
	require.NoError(t, f.Retire("first"))
	_, err := f.Shred("gone", shredTime)
	require.NoError(t, err)
	x.text = text(t, f, x.w)

	f = newFile(t, "first")
	add(t, f, "third", "")
	add(t, f, "acme/2", "acme")
	x.other = text(t, f, x.w)
	return x
}

// content returns what a text says, unverified.
func (x *target) content(text []byte) (*content, [macSize]byte) {
	c, mac, err := parse(text)
	require.NoError(x.t, err)
	return c, mac
}

// fields makes texts whose fields were changed, under the MAC that there was.
func fields(changes map[string]func(x *target, c *content)) func(x *target) map[string][]byte {
	return func(x *target) map[string][]byte {
		texts := map[string][]byte{}
		for name, change := range changes {
			c, mac := x.content(x.text)
			change(x, c)
			texts[name] = c.text(mac)
		}
		return texts
	}
}

func field(change func(x *target, c *content)) func(x *target) map[string][]byte {
	return fields(map[string]func(x *target, c *content){"": change})
}

// edits makes texts in which one text was replaced by another.
func edits(pairs ...string) func(x *target) map[string][]byte {
	return func(x *target) map[string][]byte {
		texts := map[string][]byte{}
		for i := 0; i < len(pairs); i += 2 {
			old := []byte(pairs[i])
			require.True(x.t, bytes.Contains(x.text, old), pairs[i])
			texts[pairs[i+1]] = bytes.Replace(x.text, old, []byte(pairs[i+1]), 1)
		}
		return texts
	}
}

func whole(text func(x *target) []byte) func(x *target) map[string][]byte {
	return func(x *target) map[string][]byte { return map[string][]byte{"": text(x)} }
}

// forged is a file that somebody made who may wrap under a provider's key, and not
// unwrap: change has its keys, of which it knows none of the real ones.
func (x *target) forged(w eso.Wrapper, change func(f *File, real *content)) []byte {
	real, _ := x.content(x.text)
	f := newFile(x.t, "mine")
	f.content.fileID, f.content.generation = real.fileID, real.generation
	require.NoError(x.t, f.reseal(nil))
	_, err := f.Add(Native, "own", "")
	require.NoError(x.t, err)
	require.NoError(x.t, f.SetPrimary("own"))
	change(f, real)
	return text(x.t, f, w)
}

// claim adds the keys of the real file to a forged one: their ids and check
// values, over keys of the attacker's.
func claim(f *File, real *content) {
	for _, r := range real.rows {
		r.Primary = r.Primary && r.Namespace != ""
		r.sealed = f.key.seal(&r, []byte(strings.Repeat(string(r.ID[0]), nativeSize)))
		f.content.rows = append(f.content.rows, r)
	}
	f.content.retired, f.content.shredded = real.retired, real.shredded
}

func without(c *content, id string) {
	c.rows = slices.DeleteFunc(slices.Clone(c.rows), func(r row) bool { return r.ID == id })
}

func TestAttack(t *testing.T) {
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			x := newTarget(t)
			if a.texts == nil {
				for variant, unwrap := range badProviders {
					x := newTarget(t)
					start, refresh := x.withProvider(unwrap)
					assert.Equal(t, a.start, start, variant)
					assert.Equal(t, a.refresh, refresh, variant)
				}
				return
			}
			texts := a.texts(x)
			require.NotEmpty(t, texts)
			for variant, forged := range texts {
				require.NotEqual(t, sha256.Sum256(x.text), sha256.Sum256(forged), variant)
				assert.Equal(t, a.start, x.atStart(forged), "start: %s", clipped(variant))
				assert.Equal(t, a.refresh, x.atRefresh(forged), "refresh: %s", clipped(variant))
			}
		})
	}
}

func clipped(variant string) string { return variant[:min(len(variant), 80)] }

// atStart opens a forged file, and compares what its keyring would do with what
// that of the real one does.
func (x *target) atStart(forged []byte) outcome {
	path := newPath(x.t)
	store(x.t, path, x.text)
	real := open(x.t, path, x.w)
	store(x.t, path, forged)
	k, err := Open(x.t.Context(), path, x.w, quick)
	if err != nil {
		x.saysLittle(err)
		return detected
	}
	if assert.ObjectsAreEqual(real.Info(), k.Info()) {
		return noEffect
	}
	return notDetected
}

func (x *target) atRefresh(forged []byte) outcome {
	path := newPath(x.t)
	store(x.t, path, x.text)
	k := open(x.t, path, x.w)
	doc := sealNote(x.t, k, eso.Single, "acme")
	before := k.state.Load()
	store(x.t, path, forged)
	changed, err := k.Refresh(x.t.Context())
	require.NoError(x.t, openNote(x.t, k, eso.Single, doc))
	switch {
	case err != nil:
		x.saysLittle(err)
		require.Same(x.t, before, k.state.Load())
		return detected
	case changed:
		return notDetected
	}
	return noEffect
}

// withProvider opens and refreshes a file with a provider that has gone wrong.
func (x *target) withProvider(unwrap func(ctx context.Context, wrapped []byte) ([]byte, error)) (start, refresh outcome) {
	path := newPath(x.t)
	store(x.t, path, x.text)
	k := open(x.t, path, x.w)
	before := k.state.Load()
	f := read(x.t, x.text, x.w)
	require.NoError(x.t, f.Rewrap())
	store(x.t, path, text(x.t, f, x.w))
	x.w = newWrapper("w")
	x.w.unwrap = unwrap
	k.source.wrapper, k.source.options.Attempts, k.source.options.Timeout = x.w, 1, 50*time.Millisecond
	start, refresh = notDetected, notDetected
	if _, err := Open(x.t.Context(), path, x.w, k.source.options); err != nil {
		start = detected
		assert.NotContains(x.t, err.Error(), "s3cret")
	}
	if _, err := k.Refresh(x.t.Context()); err != nil && k.state.Load() == before {
		refresh = detected
		assert.NotContains(x.t, err.Error(), "s3cret")
	}
	return start, refresh
}

// saysLittle checks that an error is short, and of a kind that no retry changes.
func (x *target) saysLittle(err error) {
	x.t.Helper()
	assert.True(x.t, isFinal(err), "%v", err)
	assert.Less(x.t, len(err.Error()), 600)
	assert.NotContains(x.t, err.Error(), "\n")
}

// The table of docs/security.md is that of the tests.
func TestAttackTableOfThePage(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n| attack on a key file | at the start | at a refresh |\n|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	shown := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		require.Len(t, cells, 3, line)
		played, found := attacks[cells[0]]
		if assert.True(t, found, "nobody plays %q", cells[0]) {
			assert.Equal(t, []string{string(played.start), string(played.refresh)}, cells[1:], cells[0])
			assert.False(t, shown[cells[0]], "%q twice", cells[0])
			shown[cells[0]] = true
		}
	}
	for name := range attacks {
		assert.True(t, shown[name], "%q is not on the page", name)
	}
}

// Whatever bit of a key file is flipped, and wherever it is cut off: it does not
// open, or says the same.
func TestEveryBit(t *testing.T) {
	w := newWrapper("w")
	f := newFile(t, "first")
	add(t, f, "a/1", "a")
	add(t, f, "b/1", "b")
	add(t, f, "second", "")
	require.NoError(t, f.Retire("first"))
	_, err := f.Shred("b", shredTime)
	require.NoError(t, err)
	b := text(t, f, w)
	for i := range b {
		for bit := range 8 {
			flipped := bytes.Clone(b)
			flipped[i] ^= 1 << bit
			if again, err := Read(t.Context(), flipped, w); err == nil {
				require.Equal(t, string(b), string(text(t, again, w)), "byte %d, bit %d", i, bit)
			}
		}
		if i < len(b)-1 { // the last line end
			_, err := Read(t.Context(), b[:i], w)
			require.Error(t, err, fmt.Sprint(i))
		}
	}
}
