package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	eso "github.com/esogen/esogen/runtime"
)

// maxLine is the greatest length of a line: the attributes of an object, and
// room for the rest of it.
const maxLine = eso.MaxSize + 1<<20

// Tally counts lines by their outcome. The summary of an export is none.
type Tally struct{ Done, Unchanged, Passed, Shredded, Failed int }

func (t *Tally) add(outcome Outcome) {
	switch outcome {
	case Done:
		t.Done++
	case Unchanged:
		t.Unchanged++
	case Passed:
		t.Passed++
	case Shredded:
		t.Shredded++
	case Summary:
	default:
		t.Failed++
	}
}

// Run reads lines, does the worker's operation on each, and writes what comes
// out, in order, as soon as it is there. Blank lines are left out. It returns
// the outcomes of the lines; the error is one of reading, writing or ctx.
func (w *Worker) Run(ctx context.Context, in io.Reader, out io.Writer) (Tally, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	results := make(chan chan result, runtime.GOMAXPROCS(0))
	var readErr error
	go func() {
		defer close(results)
		readErr = w.feed(ctx, in, results)
	}()
	var tally Tally
	buffered := bufio.NewWriter(out)
	for pending := range results {
		r := <-pending
		tally.add(r.outcome)
		buffered.Write(append(r.line, '\n'))
		if len(results) == 0 {
			if err := buffered.Flush(); err != nil {
				return tally, err
			}
		}
	}
	return tally, errors.Join(readErr, buffered.Flush())
}

type result struct {
	line    []byte
	outcome Outcome
}

// feed starts the operation on each line, as many at a time as results has
// room for.
func (w *Worker) feed(ctx context.Context, in io.Reader, results chan<- chan result) error {
	reader := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		text, err := ReadLine(reader)
		if err != nil && !errors.Is(err, errTooLong) && !errors.Is(err, io.EOF) {
			return err
		}
		text = withoutMark(text)
		if len(bytes.TrimSpace(text)) > 0 || errors.Is(err, errTooLong) {
			pending := make(chan result, 1)
			select {
			case results <- pending:
			case <-ctx.Done():
				return ctx.Err()
			}
			go func(err error) {
				if errors.Is(err, errTooLong) {
					pending <- result{noObject(number, errTooLong), Failed}
					return
				}
				line, outcome := w.Do(ctx, number, text)
				pending <- result{line, outcome}
			}(err)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
}

// withoutMark leaves out a byte order mark, where a file begins.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

var errTooLong = fmt.Errorf("%w: a line has at most %d bytes", eso.ErrTooLarge, maxLine)

// ReadLine returns the next line. It skips the rest of a line that is too long, for
// which the error wraps [eso.ErrTooLarge]. With io.EOF may come a last line.
func ReadLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := reader.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case long:
			return nil, errors.Join(errTooLong, err) // the end of the input, or nil
		default:
			return line, err
		}
	}
}
