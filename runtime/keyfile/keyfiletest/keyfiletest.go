// Package keyfiletest tests implementations of [eso.Wrapper]: those of this
// project, and your own.
//
//	func TestWrapper(t *testing.T) {
//		keyfiletest.TestWrapper(t, keyfiletest.Options{
//			Open:  func(t testing.TB) eso.Wrapper { … },
//			Other: func(t testing.TB) eso.Wrapper { … },
//		})
//	}
package keyfiletest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Options says which Wrapper is tested, and how.
type Options struct {
	// Open returns a Wrapper under one and the same key, a new one at each call.
	Open func(t testing.TB) eso.Wrapper

	// Other returns a Wrapper of the same kind under another key.
	Other func(t testing.TB) eso.Wrapper

	// Every is how many bytes, and lengths, go untested after each that is tested:
	// for a Wrapper that takes long. Zero tests them all.
	Every int

	// Stall lets the service accept calls without answering, until t ends.
	// Nil if there is no service.
	Stall func(t testing.TB)

	// Secrets are what no error and no printing may show beside what is wrapped:
	// a passphrase, a token.
	Secrets [][]byte
}

// TestWrapper fails t unless the Wrapper keeps what the documentation of
// [eso.Wrapper] says.
func TestWrapper(t *testing.T, o Options) {
	s := &suite{Options: o}
	t.Run("id", s.id)
	t.Run("round trip", s.roundTrip)
	t.Run("size of a secret", s.sizes)
	t.Run("another key", s.otherKey)
	t.Run("changed byte", s.changed)
	t.Run("cut or longer", s.cut)
	t.Run("context", s.context)
	t.Run("concurrency", s.concurrency)
	t.Run("printing", s.printing)
}

type suite struct{ Options }

// secret is longer than any text of an error would have by chance.
var secret = []byte("\x00\x01a secret of 64 bytes, as package keyfile wraps them: 0123456789\xff")

// patience is when a call counts as hanging. Nothing is compared with it that
// takes long by itself.
const patience = time.Minute

func (s *suite) wrap(t *testing.T, w eso.Wrapper, plain []byte) []byte {
	t.Helper()
	given := bytes.Clone(plain)
	wrapped, err := w.Wrap(t.Context(), given)
	if err != nil {
		t.Fatalf("Wrap: %v", err)
	}
	if !bytes.Equal(given, plain) {
		t.Fatal("Wrap changed the secret that it was given")
	}
	return wrapped
}

func (s *suite) id(t *testing.T) {
	id := s.Open(t).ID()
	if len(id) < 1 || len(id) > 512 {
		t.Errorf("an id of %d bytes", len(id))
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("%q has a character that is not printable ASCII", id)
	}
	w := s.Open(t)
	s.wrap(t, w, secret)
	if again := w.ID(); again != id {
		t.Errorf("the id was %q, and is %q now", id, again)
	}
	s.conceals(t, "the id", id)
}

func (s *suite) roundTrip(t *testing.T) {
	first, second := s.Open(t), s.Open(t)
	one, two := s.wrap(t, first, secret), s.wrap(t, first, secret)
	if bytes.Equal(one, two) {
		t.Error("wrapping twice gave the same bytes")
	}
	for _, wrapped := range [][]byte{one, two} {
		if len(wrapped) > 64<<10 {
			t.Errorf("%d bytes, more than 64 KiB", len(wrapped))
		}
		if bytes.Contains(wrapped, secret) {
			t.Error("what is wrapped holds the secret")
		}
		for _, w := range []eso.Wrapper{first, second} {
			given := bytes.Clone(wrapped)
			plain, err := w.Unwrap(t.Context(), given)
			if !bytes.Equal(given, wrapped) {
				t.Fatal("Unwrap changed what it was given")
			}
			if err != nil {
				t.Fatalf("Unwrap: %v", err)
			}
			if !bytes.Equal(plain, secret) {
				t.Fatal("Unwrap returned another secret")
			}
			clear(plain) // it belongs to the caller
		}
	}
}

func (s *suite) sizes(t *testing.T) {
	w := s.Open(t)
	for _, size := range []int{1, 2, 32, 1024} {
		plain := bytes.Repeat([]byte{0xa5}, size)
		got, err := w.Unwrap(t.Context(), s.wrap(t, w, plain))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("a secret of %d bytes came back as %d: %v", size, len(got), err)
		}
	}
	for _, size := range []int{0, 1025, 1 << 20} {
		if _, err := w.Wrap(t.Context(), bytes.Repeat([]byte{0xa5}, size)); err == nil {
			t.Errorf("a secret of %d bytes was wrapped", size)
		}
	}
}

func (s *suite) otherKey(t *testing.T) {
	one, other := s.Open(t), s.Other(t)
	s.refused(t, other, s.wrap(t, one, secret), "what another key wrapped")
	s.refused(t, one, s.wrap(t, other, secret), "what another key wrapped")
	// Opening one had no effect on the other.
	if plain, err := one.Unwrap(t.Context(), s.wrap(t, one, secret)); err != nil || !bytes.Equal(plain, secret) {
		t.Errorf("a second Wrapper changed the first one: %v", err)
	}
}

func (s *suite) changed(t *testing.T) {
	w := s.Open(t)
	wrapped := s.wrap(t, w, secret)
	for i := 0; i < len(wrapped); i += 1 + s.Every {
		for _, bit := range []byte{1, 0x80} {
			forged := bytes.Clone(wrapped)
			forged[i] ^= bit
			s.refused(t, w, forged, fmt.Sprintf("byte %d of %d changed by %#x", i, len(wrapped), bit))
		}
	}
}

func (s *suite) cut(t *testing.T) {
	w := s.Open(t)
	wrapped := s.wrap(t, w, secret)
	for length := 0; length < len(wrapped); length += 1 + s.Every {
		s.refused(t, w, wrapped[:length], fmt.Sprintf("cut to %d of %d bytes", length, len(wrapped)))
		s.refused(t, w, wrapped[length+1:], fmt.Sprintf("without its first %d of %d bytes", length+1, len(wrapped)))
	}
	s.refused(t, w, nil, "nothing")
	s.refused(t, w, append(bytes.Clone(wrapped), 0), "a byte more")
	s.refused(t, w, append(bytes.Clone(wrapped), wrapped...), "twice")
	for _, size := range []int{1, 64 << 10, 1 << 20} {
		s.refused(t, w, make([]byte, size), fmt.Sprintf("%d zeros", size))
		s.refused(t, w, bytes.Repeat([]byte{0xff}, size), fmt.Sprintf("%d times 0xff", size))
		s.refused(t, w, append(bytes.Clone(wrapped[:1]), bytes.Repeat([]byte{0xff}, size)...), fmt.Sprintf("%d times 0xff after a good byte", size))
	}
}

// refused asks for a final error, without anything of a secret, soon.
func (s *suite) refused(t *testing.T, w eso.Wrapper, wrapped []byte, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	plain, err := w.Unwrap(ctx, wrapped)
	switch {
	case err == nil && bytes.Equal(plain, secret):
		t.Errorf("%s: it unwraps all the same", what)
	case err == nil:
		t.Errorf("%s: it unwraps to something else", what)
	case plain != nil:
		t.Errorf("%s: Unwrap returned bytes and an error", what)
	case !errors.Is(err, eso.ErrNoKey) && !errors.Is(err, eso.ErrTampered):
		t.Errorf("%s: the error is not final, it wraps neither ErrNoKey nor ErrTampered: %v", what, err)
	default:
		s.conceals(t, what, err.Error())
	}
}

func (s *suite) context(t *testing.T) {
	w := s.Open(t)
	wrapped := s.wrap(t, w, secret)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	s.ends(t, canceled, w, wrapped, context.Canceled)
	if s.Stall == nil {
		return
	}
	s.Stall(t)
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s.ends(t, short, w, wrapped, context.DeadlineExceeded)
	later, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	s.ends(t, later, w, wrapped, context.Canceled)
}

// ends asks for calls that end with the context, by an error that is not final.
func (s *suite) ends(t *testing.T, ctx context.Context, w eso.Wrapper, wrapped []byte, want error) {
	t.Helper()
	for name, call := range map[string]func() ([]byte, error){
		"Wrap":   func() ([]byte, error) { return w.Wrap(ctx, bytes.Clone(secret)) },
		"Unwrap": func() ([]byte, error) { return w.Unwrap(ctx, wrapped) },
	} {
		done := make(chan error, 1)
		go func() {
			_, err := call()
			done <- err
		}()
		select {
		case err := <-done:
			switch {
			case !errors.Is(err, want):
				t.Errorf("%s under a context that ended with %q: %v", name, want, err)
			case errors.Is(err, eso.ErrNoKey) || errors.Is(err, eso.ErrTampered):
				t.Errorf("%s: a context that ended is no final error: %v", name, err)
			default:
				s.conceals(t, name, err.Error())
			}
		case <-time.After(patience):
			t.Fatalf("%s goes on after its context ended with %q", name, want)
		}
	}
}

func (s *suite) concurrency(t *testing.T) {
	w := s.Open(t)
	wrapped := s.wrap(t, w, secret)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			plain, err := w.Unwrap(t.Context(), wrapped)
			if err != nil || !bytes.Equal(plain, secret) {
				t.Errorf("Unwrap beside others: %v", err)
			}
			if _, err := w.Wrap(t.Context(), bytes.Clone(secret)); err != nil {
				t.Errorf("Wrap beside others: %v", err)
			}
			_ = w.ID()
		})
	}
	all.Wait()
}

// printing prints a Wrapper by itself, and as an unexported field, where fmt calls no
// method.
func (s *suite) printing(t *testing.T) {
	w := s.Open(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		s.conceals(t, verb, fmt.Sprintf(verb, w))
		s.conceals(t, verb, fmt.Sprintf(verb, struct{ w eso.Wrapper }{w}))
	}
}

// conceals asks that a text shows no secret, in no usual form.
func (s *suite) conceals(t *testing.T, what, text string) {
	t.Helper()
	for _, hidden := range append([][]byte{secret}, s.Secrets...) {
		for _, form := range []string{
			string(hidden), fmt.Sprintf("%q", hidden), fmt.Sprint(hidden), hex.EncodeToString(hidden),
			base64.StdEncoding.EncodeToString(hidden), base64.URLEncoding.EncodeToString(hidden), base64.RawStdEncoding.EncodeToString(hidden),
		} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				t.Errorf("%s shows a secret", what)
				return
			}
		}
	}
}
