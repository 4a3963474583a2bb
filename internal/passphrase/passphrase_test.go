package passphrase

import (
	"bytes"
	"context"
	"crypto/fips140"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
)

const secretPassphrase = "correct horse battery staple"

func TestMain(m *testing.M) {
	if fips140.Enforced() && !strings.Contains(strings.Join(os.Args, " "), "TestFIPS") {
		fmt.Println("skipped: GODEBUG=fips140=only forbids all of this, as TestFIPS shows")
		return
	}
	m.Run()
}

// never fails the test if it is asked.
func never(t *testing.T) Ask {
	return func(context.Context) ([]byte, error) {
		t.Error("the passphrase was asked for")
		return nil, errors.New("not to be asked")
	}
}

func open(t *testing.T, ask Ask, costs Costs) eso.Wrapper {
	t.Helper()
	w, err := New(ask, costs)
	require.NoError(t, err)
	return w
}

func TestRoundTripAtDefaultCosts(t *testing.T) {
	w := open(t, Of([]byte(secretPassphrase)), Costs{})
	wrapped, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	assert.Len(t, wrapped, headerSize+len("a secret")+16)
	h, _, err := parse(wrapped)
	require.NoError(t, err)
	assert.Equal(t, DefaultCosts, h.costs)
	secret, err := w.Unwrap(t.Context(), wrapped)
	require.NoError(t, err)
	assert.Equal(t, "a secret", string(secret))
}

// What is forged is refused before anybody types a passphrase, and before memory
// is taken for it.
func TestCostsAreBoundedBeforeAsking(t *testing.T) {
	good := header{costs: DefaultCosts}.text()
	good = append(good, make([]byte, 32+16)...)
	forge := func(memory, passes uint32, lanes uint8) []byte {
		forged := bytes.Clone(good)
		binary.BigEndian.PutUint32(forged[1:], memory)
		binary.BigEndian.PutUint32(forged[5:], passes)
		forged[9] = lanes
		return forged
	}
	w := open(t, never(t), Costs{})
	for name, forged := range map[string][]byte{
		"nothing":              nil,
		"a version to come":    append([]byte{2}, good[1:]...),
		"version 0":            append([]byte{0}, good[1:]...),
		"a header alone":       good[:headerSize],
		"no secret":            good[:headerSize+16],
		"too long":             append(bytes.Clone(good), make([]byte, maxSecret)...),
		"4 TiB":                forge(1<<32-1, 1, 4),
		"2 GiB":                forge(2<<20, 1, 4),
		"no memory":            forge(0, 3, 4),
		"little memory":        forge(minMemory-1, 64, 4),
		"no passes":            forge(64<<10, 0, 4),
		"cheap":                forge(minMemory, 1, 4),
		"2^32-1 passes":        forge(64<<10, 1<<32-1, 4),
		"passes that overflow": forge(64<<10, 1<<16, 4),
		"no lanes":             forge(64<<10, 3, 0),
		"255 lanes":            forge(64<<10, 3, 255),
		"all at their most":    forge(maxMemory, maxPasses, maxLanes),
		"the product":          forge(maxMemory, 5, 1),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Unwrap(t.Context(), forged)
			require.ErrorIs(t, err, eso.ErrTampered)
		})
	}
	for _, costs := range []Costs{{Memory: 1, Passes: 1, Lanes: 1}, {Memory: 64 << 10, Passes: 3}, {Memory: maxMemory, Passes: 64, Lanes: 1}} {
		_, err := New(never(t), costs)
		assert.Error(t, err, "%+v", costs)
	}
	_, err := New(nil, Costs{})
	assert.Error(t, err)
	for _, size := range []int{0, maxSecret + 1} {
		_, err := w.Wrap(t.Context(), make([]byte, size))
		assert.Error(t, err, "a secret of %d bytes", size)
	}
}

func TestBoundsAreInside(t *testing.T) {
	for _, costs := range []Costs{
		DefaultCosts,
		{Memory: minMemory, Passes: 2, Lanes: 1}, {Memory: minWork, Passes: 1, Lanes: maxLanes},
		{Memory: maxMemory, Passes: 4, Lanes: 1}, {Memory: 64 << 10, Passes: maxPasses, Lanes: 1},
	} {
		assert.NoError(t, costs.check(), "%+v", costs)
	}
}

func TestWrongPassphrase(t *testing.T) {
	allowCheap(t)
	wrapped, err := open(t, Of([]byte(secretPassphrase)), cheap).Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	_, err = open(t, Of([]byte(secretPassphrase+".")), cheap).Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrTampered)
	assert.EqualError(t, err, "passphrase: does not open: sealed under another key, or changed since: the passphrase is wrong, or what it wraps has changed")

	away := errors.New("the terminal is gone")
	_, err = open(t, func(context.Context) ([]byte, error) { return nil, away }, cheap).Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, away)
	assert.NotErrorIs(t, err, eso.ErrNoKey)
	assert.NotErrorIs(t, err, eso.ErrTampered)
}

// The ciphertext alone is not what a passphrase is compared with: the commitment
// fits one passphrase only.
func TestCommitment(t *testing.T) {
	allowCheap(t)
	w := open(t, Of([]byte(secretPassphrase)), cheap)
	wrapped, err := w.Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	wrapped[headerSize] ^= 1 // the ciphertext
	_, err = w.Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, eso.ErrTampered)
	assert.ErrorContains(t, err, "the passphrase fits")
	wrapped[headerSize] ^= 1
	wrapped[headerSize-1] ^= 1 // the commitment
	_, err = w.Unwrap(t.Context(), wrapped)
	require.ErrorIs(t, err, errWrong)
}

func TestRules(t *testing.T) {
	allowCheap(t)
	wrapped, err := open(t, Of([]byte(secretPassphrase)), cheap).Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	for passphrase, want := range map[string]string{
		"":                            "empty",
		"fifteen letters":             "fewer than 16 characters",
		"ößéüàçñøåæœłžšý":             "fewer than 16 characters",
		secretPassphrase + "\n":       "line break",
		secretPassphrase + "\r":       "line break",
		"tab\tinside of sixteen":      "control character",
		"nul\x00inside of sixteen":    "control character",
		"c1\u0085inside of sixteen":   "control character",
		" " + secretPassphrase:        "white space",
		secretPassphrase + "\u00a0":   "white space",
		"\ufeff" + secretPassphrase:   "byte order mark",
		secretPassphrase + "\xff":     "not valid UTF-8",
		strings.Repeat("x", 1025):     "more than 1024 bytes",
		"\xed\xa0\x80" + "x234567890": "not valid UTF-8",
	} {
		err := Check([]byte(passphrase))
		require.ErrorContains(t, err, want, "%q", passphrase)
		if passphrase != "" {
			assert.NotContains(t, err.Error(), passphrase)
		}
		w := open(t, Of([]byte(passphrase)), cheap)
		_, err = w.Wrap(t.Context(), []byte("a secret"))
		require.ErrorIs(t, err, eso.ErrNoKey, "%q", passphrase)
		_, err = w.Unwrap(t.Context(), wrapped)
		require.ErrorIs(t, err, eso.ErrNoKey, "%q", passphrase)
	}
	for _, passphrase := range []string{"sixteen letters!", strings.Repeat("ö", 16), strings.Repeat("x", 1024), "a\u3000b" + strings.Repeat("😀", 13)} {
		assert.NoError(t, Check([]byte(passphrase)), "%q", passphrase)
	}
}

// The wrapper overwrites the passphrase that it was given, whatever happens.
func TestPassphraseIsCleared(t *testing.T) {
	allowCheap(t)
	wrapped, err := open(t, Of([]byte(secretPassphrase)), cheap).Wrap(t.Context(), []byte("a secret"))
	require.NoError(t, err)
	for name, passphrase := range map[string]string{"right": secretPassphrase, "wrong": "another one that is long enough", "refused": "short"} {
		t.Run(name, func(t *testing.T) {
			given := []byte(passphrase)
			w := open(t, func(context.Context) ([]byte, error) { return given, nil }, cheap)
			_, _ = w.Unwrap(t.Context(), wrapped)
			assert.Eventually(t, func() bool {
				turn <- struct{}{} // the derivation has ended
				defer func() { <-turn }()
				return bytes.Equal(given, make([]byte, len(given)))
			}, 10*time.Second, time.Millisecond)
		})
	}
}

// Waiting for the turn, and for a derivation, ends with the context.
func TestContext(t *testing.T) {
	w := open(t, Of([]byte(secretPassphrase)), Costs{})
	turn <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := w.Wrap(ctx, []byte("a secret"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	<-turn

	dear := open(t, Of([]byte(secretPassphrase)), Costs{Memory: 64 << 10, Passes: 16, Lanes: 1})
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = dear.Wrap(ctx, []byte("a secret"))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	_, err = open(t, never(t), Costs{}).Wrap(ctx, []byte("a secret"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestOneDerivationAtATime(t *testing.T) {
	allowCheap(t)
	w := open(t, Of([]byte(secretPassphrase)), cheap)
	turn <- struct{}{}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { _, errs[i] = w.Wrap(t.Context(), []byte("a secret")) })
	}
	<-turn
	all.Wait()
	assert.NoError(t, errors.Join(errs...))
	assert.Empty(t, turn)
}

func TestNothingIsPrinted(t *testing.T) {
	w := open(t, Of([]byte(secretPassphrase)), Costs{})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		said := fmt.Sprintf(verb, w) + fmt.Sprintf(verb, struct{ w eso.Wrapper }{w})
		assert.NotContains(t, said, secretPassphrase)
		assert.NotContains(t, said, fmt.Sprintf("%x", secretPassphrase))
		assert.NotContains(t, said, fmt.Sprint([]byte(secretPassphrase)))
	}
}
