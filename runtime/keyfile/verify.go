package keyfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"runtime"
	"sync"
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
			return tampered("key %q does not unwrap: the file was changed", r.ID)
		}
		sum := sha256.Sum256(secret)
		clear(secret)
		if other, twice := seen[sum]; twice {
			return tampered("key %q is key %q under another id", r.ID, other)
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
