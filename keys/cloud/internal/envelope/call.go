package envelope

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	eso "github.com/esogen/esogen/runtime"
)

// Verdict is what an error of a service means.
type Verdict int

const (
	Unknown  Verdict = iota // the caller may try again
	Busy                    // throttled, or not ready: it is tried again here
	Denied                  // final: not allowed, no such key, disabled
	Tampered                // final, unwrapping: the service does not open the ciphertext
	Late                    // the service, or its client, gave up before our clock said so
)

// attempts is how often a busy service is asked. Package keyfile tries longer.
const attempts = 3

// firstPause is that before the second attempt; each is twice that before.
const firstPause = 200 * time.Millisecond

// errPanicked is the error of a client that panicked. The value of the panic may
// hold the answer, and is not shown.
var errPanicked = errors.New("the client of the service panicked, which it does if the answer lacks a part")

// call calls the service, each attempt under the timeout. It returns when the
// context ends, whether or not the client heeds it. The error holds nothing of
// sent, which is a key on its way to be encrypted or nil.
func call[T any](ctx context.Context, w *wrapper, sent []byte, f func(ctx context.Context) (T, error)) (T, error) {
	var none T
	doing := "wrapping"
	if sent == nil {
		doing = "unwrapping"
	}
	pause := firstPause
	for attempt := 1; ; attempt++ {
		value, err := attemptOnce(ctx, w.timeout, f)
		if err == nil {
			return value, nil
		}
		if ctx.Err() != nil {
			return none, fmt.Errorf("%s: %s: %w", w.scheme, doing, ctx.Err())
		}
		verdict := Unknown
		switch {
		case errors.Is(err, errLate):
			return none, fmt.Errorf("%s: %s: no answer within %v: %w", w.scheme, doing, w.timeout, context.DeadlineExceeded)
		case errors.Is(err, errPanicked):
			if sent == nil {
				verdict = Tampered
			}
		default:
			verdict = w.service.Judge(err)
		}
		switch said := saying(err, sent); {
		case verdict == Late:
			return none, fmt.Errorf("%s: %s: %w: %s", w.scheme, doing, context.DeadlineExceeded, said)
		case verdict == Denied:
			return none, fmt.Errorf("%s: %s: %w: %s", w.scheme, doing, eso.ErrNoKey, said)
		case verdict == Tampered && sent == nil:
			return none, fmt.Errorf("%s: %s: %w: %s", w.scheme, doing, eso.ErrTampered, said)
		case verdict != Busy || attempt == attempts:
			return none, fmt.Errorf("%s: %s: %s", w.scheme, doing, said)
		}
		select {
		case <-time.After(pause + rand.N(pause)):
			pause *= 2
		case <-ctx.Done():
			return none, fmt.Errorf("%s: %s: %w", w.scheme, doing, ctx.Err())
		}
	}
}

// errLate means that the timeout of an attempt ran out.
var errLate = errors.New("late")

func attemptOnce[T any](ctx context.Context, timeout time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errLate)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		r := result{err: errPanicked}
		defer func() {
			_ = recover()
			done <- r
		}()
		r.value, r.err = f(ctx)
	}()
	select {
	case r := <-done:
		if r.err != nil && errors.Is(context.Cause(ctx), errLate) {
			r.err = errLate
		}
		return r.value, r.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// maxSaid is how much of the text of a service's error is repeated.
const maxSaid = 400

// saying returns the text of a service's error in one line. A service may repeat
// what it was asked: if anything looks like the key that was sent, the text is
// withheld. The error itself is not wrapped: what it holds is up to the client.
func saying(err error, sent []byte) string {
	text := err.Error()
	if _, rest, ok := strings.Cut(text, "): "); ok && strings.HasPrefix(text, "secrets (code=") {
		text = rest // without the code of gocloud.dev, which is often Unknown
	}
	for _, form := range []string{
		string(sent), hex.EncodeToString(sent), strings.ToUpper(hex.EncodeToString(sent)),
		base64.RawStdEncoding.EncodeToString(sent), base64.RawURLEncoding.EncodeToString(sent),
		strings.Trim(fmt.Sprint(sent), "[]"), fmt.Sprintf("%q", sent),
	} {
		if len(sent) > 0 && strings.Contains(text, form) {
			return "the text of the service's error is withheld, since it repeats what was sent"
		}
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	words = slices.DeleteFunc(words, func(word string) bool { return strings.Trim(word, "-*") == "" }) // rules between lines
	text = strings.Join(words, " ")
	if len(text) > maxSaid {
		text = strings.ToValidUTF8(text[:maxSaid], "") + "…"
	}
	return text
}
