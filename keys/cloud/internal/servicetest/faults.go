package servicetest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/keyfile/keyfiletest"
)

// Setup starts a server with the key and another one, and returns how to open the
// Wrappers of both. A test may call it many times.
type Setup func(t testing.TB) *Service

// Service is a server that runs, and its Wrappers.
type Service struct {
	*Server

	// Open returns a new Wrapper of the key, with a timeout, zero for the default.
	Open func(t testing.TB, timeout time.Duration) eso.Wrapper

	// OpenOther does the same for the other key.
	OpenOther func(t testing.TB) eso.Wrapper

	// Without are the faults that the service cannot show.
	Without []Fault
}

// outcome is what has to come of a call.
type outcome struct {
	err   error // the sentinel, or nil
	final bool
	calls int
}

var (
	succeeds = func(calls int) outcome { return outcome{nil, false, calls} }
	denied   = outcome{eso.ErrNoKey, true, 1}
	tampered = outcome{eso.ErrTampered, true, 1}
	failed   = func(calls int) outcome { return outcome{errAny, false, calls} }
	errAny   = errors.New("any error that is not final")
	late     = outcome{context.DeadlineExceeded, false, -1} // on a slow machine, before it gets there
)

// TestFaults plays every fault to Wrap and to Unwrap.
func TestFaults(t *testing.T, setup Setup) {
	for _, c := range []struct {
		fault        Fault
		times        int
		wrap, unwrap outcome
	}{
		{"", 0, succeeds(1), succeeds(1)},
		{Deny, -1, denied, denied},
		{Missing, -1, denied, denied},
		{Disabled, -1, denied, denied},
		{Throttle, 1, succeeds(2), succeeds(2)},
		{Throttle, 2, succeeds(3), succeeds(3)},
		{Throttle, -1, failed(3), failed(3)},
		{Down, 1, succeeds(2), succeeds(2)},
		{Down, -1, failed(3), failed(3)},
		{Stall, -1, late, late},
		{Unopened, -1, outcome{}, tampered},
		{Other, -1, outcome{}, tampered},
		{Short, -1, outcome{}, tampered},
		{Empty, -1, failed(1), tampered},
		{Cut, -1, failed(1), failed(1)},
		{Foreign, -1, failed(1), tampered},
		{Echo, -1, denied, outcome{}},
	} {
		t.Run(fmt.Sprintf("%s, %d times", c.fault, c.times), func(t *testing.T) {
			t.Parallel() // some wait before they try again
			s := setup(t)
			for _, without := range s.Without {
				if without == c.fault {
					t.Skip("the service cannot show it")
				}
			}
			// Only what is to be late has little time: the machine may be slow.
			w := s.Open(t, 0)
			faulty := w
			if c.fault == Stall {
				faulty = s.Open(t, time.Second)
			}
			secret := []byte("a secret of a test")
			wrapped, err := w.Wrap(t.Context(), secret)
			require.NoError(t, err)
			if c.wrap != (outcome{}) {
				s.Play(c.fault, c.times)
				_, err := faulty.Wrap(t.Context(), secret)
				c.wrap.check(t, s, "Wrap", err)
			}
			if c.unwrap != (outcome{}) {
				s.Play(c.fault, c.times)
				plain, err := faulty.Unwrap(t.Context(), wrapped)
				c.unwrap.check(t, s, "Unwrap", err)
				if err == nil {
					assert.Equal(t, secret, plain)
				}
			}
			s.release()
			s.Play("", 0)
			plain, err := w.Unwrap(t.Context(), wrapped)
			require.NoError(t, err, "after the fault")
			assert.Equal(t, secret, plain)
		})
	}
}

func (o outcome) check(t *testing.T, s *Service, call string, err error) {
	t.Helper()
	switch {
	case o.err == nil:
		require.NoError(t, err, call)
	case o.err == errAny:
		require.Error(t, err, call)
	default:
		require.ErrorIs(t, err, o.err, call)
	}
	if err != nil {
		t.Log(call, "says:", err)
		assert.Equal(t, o.final, errors.Is(err, eso.ErrNoKey) || errors.Is(err, eso.ErrTampered), "%s: final: %v", call, err)
		for _, form := range []string{base64.StdEncoding.EncodeToString(s.Sent()), string(s.Sent())} {
			assert.NotContains(t, err.Error(), form, "%s shows what was to be encrypted", call)
		}
		assert.Less(t, len(err.Error()), 1000, call)
		assert.NotContains(t, err.Error(), "\n", call)
	}
	if o.calls >= 0 {
		assert.Equal(t, o.calls, s.Calls(), "calls of %s", call)
	}
}

// TestWrapper runs the conformance test of all Wrappers.
func TestWrapper(t *testing.T, setup Setup, secrets ...string) {
	s := setup(t)
	o := keyfiletest.Options{
		Open:  func(t testing.TB) eso.Wrapper { return s.Open(t, 0) },
		Other: s.OpenOther,
		Stall: func(t testing.TB) {
			s.Play(Stall, -1)
			t.Cleanup(func() { s.Play("", 0) })
		},
	}
	for _, secret := range secrets {
		o.Secrets = append(o.Secrets, []byte(secret))
	}
	keyfiletest.TestWrapper(t, o)
}
