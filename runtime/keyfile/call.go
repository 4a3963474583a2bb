package keyfile

import (
	"context"
	"errors"
	"fmt"
)

// errPanicked is what a Wrapper gave that panicked. The value of the panic may be
// anything, and stays untold.
var errPanicked = errors.New("the provider panicked")

// slots limits how many calls run at a time; nil sets no limit.
type slots chan struct{}

// maxCalls is how many calls of a keyring may hang before no further one is made.
const maxCalls = 8

// call calls f, and gives up when the context ends, whether or not f does. A
// panic of f is an error. A call that hangs keeps its slot.
func call[T any](ctx context.Context, s slots, f func(ctx context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	if s != nil {
		select {
		case s <- struct{}{}:
		case <-ctx.Done():
			var none T
			return none, fmt.Errorf("%w: %d earlier calls still hang", context.Cause(ctx), maxCalls)
		}
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if s != nil {
				<-s
			}
			if p := recover(); p != nil {
				r = result{err: fmt.Errorf("%w (a %T)", errPanicked, p)}
			}
			done <- r
		}()
		r.value, r.err = f(ctx)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
