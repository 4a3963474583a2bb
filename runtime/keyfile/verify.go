package keyfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"runtime"
	"sync"

	eso "github.com/esogen/esogen/runtime"
)

// verify unwraps all keys, compares them with their check values, and finds one
// that is there twice.
func verify(ctx context.Context, rows []row, key *fileKey) error {
	seen := make(map[[sha256.Size]byte]string, len(rows))
	errs := make([]error, len(rows))
	var all sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range rows {
		r := &rows[i]
		secret, ok := key.open(r)
		if !ok {
			return errorf("%w: key %q", eso.ErrTampered, r.ID)
		}
		sum := sha256.Sum256(secret)
		clear(secret)
		if other, twice := seen[sum]; twice {
			return errorf("%w: key %q is key %q under another id", eso.ErrTampered, r.ID, other)
		}
		seen[sum] = r.ID
		check := func() { _, errs[i] = unsealing(r, key)() }
		if r.Kind == Native {
			check()
			continue
		}
		turns <- struct{}{} // stretching takes a processor
		all.Go(func() {
			defer func() { <-turns }()
			if ctx.Err() == nil {
				check()
			}
		})
	}
	all.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}
