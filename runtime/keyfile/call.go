package keyfile

import (
	"context"
	"errors"
	"fmt"
)

// errPanicked is what a Wrapper gave that panicked. The value of the panic may be
// anything, and stays untold.
var errPanicked = errors.New("the provider panicked")

// call calls f, and gives up when the context ends, whether or not f does. A
// panic of f is an error.
func call[T any](ctx context.Context, f func(ctx context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
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
