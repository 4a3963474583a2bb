package objects

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

// Run reads lines, does the worker's operation on each, and writes what comes
// out, in order, as soon as it is there. Blank lines are left out. It returns
// how many lines failed; the error is one of reading, writing or ctx.
func (w *Worker) Run(ctx context.Context, in io.Reader, out io.Writer) (failed int, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	results := make(chan chan result, runtime.GOMAXPROCS(0))
	var readErr error
	go func() {
		defer close(results)
		readErr = w.feed(ctx, in, results)
	}()
	buffered := bufio.NewWriter(out)
	for pending := range results {
		r := <-pending
		if !r.ok {
			failed++
		}
		buffered.Write(append(r.line, '\n'))
		if len(results) == 0 {
			if err := buffered.Flush(); err != nil {
				return failed, err
			}
		}
	}
	return failed, errors.Join(readErr, buffered.Flush())
}

type result struct {
	line []byte
	ok   bool
}

// feed starts the operation on each line, as many at a time as results has
// room for.
func (w *Worker) feed(ctx context.Context, in io.Reader, results chan<- chan result) error {
	reader := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		text, err := readLine(reader)
		if err != nil && !errors.Is(err, errTooLong) && !errors.Is(err, io.EOF) {
			return err
		}
		if len(bytes.TrimSpace(text)) > 0 || errors.Is(err, errTooLong) {
			pending := make(chan result, 1)
			select {
			case results <- pending:
			case <-ctx.Done():
				return ctx.Err()
			}
			go func(err error) {
				if errors.Is(err, errTooLong) {
					pending <- result{noObject(number, errTooLong), false}
					return
				}
				line, ok := w.Do(ctx, number, text)
				pending <- result{line, ok}
			}(err)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
}

var errTooLong = fmt.Errorf("%w: a line has at most %d bytes", eso.ErrTooLarge, maxLine)

// readLine returns the next line without its end. It skips the rest of a line
// that is too long. With io.EOF may come a last line without an end.
func readLine(reader *bufio.Reader) ([]byte, error) {
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
