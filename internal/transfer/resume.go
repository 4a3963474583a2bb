package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	eso "github.com/esogen/esogen/runtime"
)

// File is what a stream is resumed in: an *os.File.
type File interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
}

// Resume continues the stream in a file: it verifies what is there, and cuts off what is
// behind the last checkpoint. In an empty file, or one whose header is torn, it begins a
// stream of the given types. Types returns those of the stream. Resume fails with
// ErrFormat if the file holds something else, with ErrForged if the stream does not
// verify, and if the keyring seals under another key than that of the stream; the file is
// then as it was.
func Resume(ctx context.Context, file File, keys eso.Keyring, types []string) (*Writer, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r, err := NewReader(ctx, file, keys)
	if errors.Is(err, ErrIncomplete) {
		if err := cut(file, 0); err != nil {
			return nil, err
		}
		return NewWriter(ctx, file, keys, types)
	}
	if err != nil {
		return nil, err
	}
	key, err := keys.SealingKey(ctx, eso.Ref{})
	if err != nil {
		return nil, fmt.Errorf("the transfer key: %w", err)
	}
	if key.ID() != r.header.Key {
		return nil, fmt.Errorf("the stream is under the transfer key %q, and the primary key is %q", r.header.Key, key.ID())
	}
	w := &Writer{out: file, chain: r.chain, header: r.header}
	for {
		s, err := r.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			w.total, w.number, w.complete = r.total, r.number, true
			return w, nil
		case errors.Is(err, ErrIncomplete):
			w.total, w.number = r.total, r.number
			r.chain.text.Reset() // of the lines that are cut off
			return w, cut(file, r.offset)
		case err != nil:
			return nil, err
		}
		w.at = s.at
		for _, line := range s.Lines {
			if f := line.Failure; f != nil && f.Reason != shredded && countOf(w.failures, f.Type) < maxFailures {
				w.failures = append(w.failures, *f)
			}
		}
	}
}

// Verify reads the stream in a file again, to its end: what an export reports as written is
// there, and an import can read it. It fails if another export has written to the file.
func Verify(ctx context.Context, file io.ReadSeeker, keys eso.Keyring, w *Writer) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r, err := NewReader(ctx, file, keys)
	for err == nil {
		_, err = r.Next(ctx)
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	if r.header.Stream != w.header.Stream || !r.total.same(w.total) {
		return fmt.Errorf("%w: it is another stream than the one that was written", ErrForged)
	}
	return nil
}

func countOf(failures []Failure, typ string) (n int64) {
	for i := range failures {
		if failures[i].Type == typ {
			n++
		}
	}
	return n
}

// cut cuts a file off, and goes to its end.
func cut(file File, size int64) error {
	if err := file.Truncate(size); err != nil {
		return err
	}
	_, err := file.Seek(size, io.SeekStart)
	return err
}

// Types returns the types of the stream, in their order.
func (w *Writer) Types() []string { return w.header.Types }

// Complete reports whether the stream has its trailer.
func (w *Writer) Complete() bool { return w.complete }

// Resumed reports whether an earlier run wrote a part of the stream.
func (w *Writer) Resumed() bool { return w.number > 0 }

// Written returns how many objects earlier runs wrote, or could not.
func (w *Writer) Written() int64 {
	total := sum(w.total)
	return total.All()
}
