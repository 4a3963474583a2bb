package keyfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	eso "github.com/esogen/esogen/runtime"
)

// Options configures [Open]. The zero value is ready to use.
type Options struct {
	// Attempts is how often the file is read and unwrapped before Open gives up:
	// 5 if it is 0.
	Attempts int

	// Timeout bounds one attempt, whatever the provider does: 10 seconds if it is
	// 0.
	Timeout time.Duration

	// Backoff is the pause after the first attempt: 200 milliseconds if it is 0.
	// Each further pause is twice as long, and a random part of up to a half is
	// taken off.
	Backoff time.Duration

	// Retrying, if not nil, is told why an attempt failed that is followed by
	// another.
	Retrying func(err error)
}

func (o Options) withDefaults() Options {
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Backoff <= 0 {
		o.Backoff = 200 * time.Millisecond
	}
	return o
}

// source is where the file of a keyring is.
type source struct {
	path    string
	wrapper eso.Wrapper
	options Options
	calls   slots // of the file system and the provider
}

// Open reads a key file and returns its keyring. It calls the provider once, and
// again, after a pause, if the provider does not answer or fails, or if the file
// cannot be read: see [Options]. What no retry can change ends it at once: a
// provider that denies, and a file that is wrapped by another key, malformed or
// changed.
//
// After that no operation on an object calls the provider.
//
// The error wraps [eso.ErrNoKey], [eso.ErrTampered], [eso.ErrMalformed] or
// [eso.ErrTooLarge], that of the provider or of the file system, or
// context.DeadlineExceeded. It names the file and the provider's key, and says what
// to do.
func Open(ctx context.Context, path string, w eso.Wrapper, o Options) (*Keyring, error) {
	if w == nil {
		return nil, errorf("%s: no provider", path)
	}
	src := &source{path: path, wrapper: w, options: o.withDefaults(), calls: make(slots, maxCalls)}
	s, err := src.load(ctx, nil)
	if err != nil {
		return nil, err
	}
	k := &Keyring{redacted: keyringRedacted, source: src}
	k.state.Store(s)
	return k, nil
}

// load reads the file until that succeeds, or a retry would change nothing. It
// returns the state before, if the file is the same.
func (src *source) load(ctx context.Context, before *state) (*state, error) {
	o := src.options
	pause := o.Backoff
	for attempt := 1; ; attempt++ {
		within, cancel := context.WithTimeout(ctx, o.Timeout)
		s, err := src.attempt(within, before)
		slow := within.Err() != nil && ctx.Err() == nil
		cancel()
		if err != nil && slow && !isFinal(err) { // whatever the provider calls it
			err = slowError{err}
		}
		if err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, src.givenUp(ctx, err)
		}
		if isFinal(err) || attempt == o.Attempts {
			return nil, src.explain(err, attempt)
		}
		if o.Retrying != nil {
			o.Retrying(src.explain(err, attempt))
		}
		select {
		case <-ctx.Done():
			return nil, src.givenUp(ctx, err)
		case <-time.After(pause - rand.N(pause/2+1)):
		}
		pause *= 2
	}
}

// slowError is an error of an attempt that took too long.
type slowError struct{ error }

func (e slowError) Unwrap() []error { return []error{e.error, context.DeadlineExceeded} }

// isFinal reports whether a retry would change nothing.
func isFinal(err error) bool {
	for _, final := range []error{eso.ErrNoKey, eso.ErrTampered, eso.ErrMalformed, eso.ErrTooLarge} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// fileError is an error of the file system.
type fileError struct{ error }

func (e fileError) Unwrap() error { return e.error }

// attempt reads the file once.
func (src *source) attempt(ctx context.Context, before *state) (*state, error) {
	text, err := call(ctx, src.calls, func(context.Context) ([]byte, error) { return readFile(src.path) })
	if err != nil {
		return nil, fileError{err}
	}
	sum := sha256.Sum256(text)
	if before != nil && sum == before.text {
		return before, nil
	}
	c, mac, err := parse(text)
	if err != nil {
		return nil, err
	}
	if before != nil {
		return before.next(ctx, c, mac, sum, src)
	}
	key, err := unlock(ctx, c, mac, src.wrapper, src.calls)
	if err != nil {
		return nil, err
	}
	key.forgetWrapped()
	s, err := newState(c, key, mac, nil)
	if err != nil {
		return nil, err
	}
	s.text = sum
	return s, nil
}

// readFile reads a file of at most MaxSize bytes, and one more.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, MaxSize+1))
}

// explain says what failed, and what to do about it.
func (src *source) explain(err error, attempts int) error {
	times := ""
	if attempts > 1 {
		times = fmt.Sprintf(", %d times", attempts)
	}
	id := src.wrapper.ID()
	var file fileError
	slow := errors.As(err, new(slowError))
	switch {
	case errors.As(err, &file) && slow:
		return errorf("%s: reading it took more than %s%s: %w", src.path, src.options.Timeout, times, err)
	case errors.As(err, &file) && errors.Is(err, fs.ErrNotExist):
		return errorf("%w%s; %s, or restore it", err, times, howMade)
	case errors.As(err, &file):
		return errorf("%w%s", err, times)
	case !errors.As(err, new(providerError)):
		return errorf("%s: %w", src.path, trimmed{err})
	case errors.Is(err, eso.ErrNoKey):
		return errorf("%s: %q denies: %w; check that its key exists, and what this process may do with it", src.path, id, err)
	case errors.Is(err, eso.ErrTampered):
		return errorf("%s: it does not unwrap with %q: %w; check the key or the passphrase, or restore the file", src.path, id, err)
	case slow:
		return errorf("%s: %q did not answer within %s%s: %w; check that it is reachable from here", src.path, id, src.options.Timeout, times, err)
	}
	return errorf("%s: %q failed%s: %w; check that it is reachable from here, and try again", src.path, id, times, err)
}

// givenUp is the error of a context that has ended, after another failure.
func (src *source) givenUp(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		return errorf("%s: given up: %w", src.path, cause)
	}
	return errorf("%s: given up: %w; before that: %w", src.path, cause, trimmed{err})
}

// trimmed is an error without the name of the package, which is in front already.
type trimmed struct{ error }

func (e trimmed) Error() string { return strings.TrimPrefix(e.error.Error(), "keyfile: ") }

func (e trimmed) Unwrap() error { return e.error }
