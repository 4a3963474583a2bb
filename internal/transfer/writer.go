package transfer

import (
	"context"
	"fmt"
	"io"

	jsonv2 "github.com/go-json-experiment/json"

	eso "github.com/esogen/esogen/runtime"
)

// position is how far an export has come.
type position struct {
	typ   string
	after string // a cursor
	ended bool   // all of the type
}

// Writer writes a stream. What it is given reaches the output with the next checkpoint.
type Writer struct {
	out    io.Writer
	chain  *chain
	header header

	number   int64 // of checkpoints
	at       position
	pending  []byte // lines since the last checkpoint
	lines    int
	counts   tally // since then
	total    tally
	failures []Failure // the first ones of each type
	complete bool
}

// maxFailures is how many failures of each type are kept for a report.
const maxFailures = 1000

// NewWriter begins a stream under the key with which the keyring seals.
func NewWriter(ctx context.Context, out io.Writer, keys eso.Keyring, types []string) (*Writer, error) {
	key, err := keys.SealingKey(ctx, eso.Ref{})
	if err == nil && key == nil {
		err = eso.ErrNoKey
	}
	if err != nil {
		return nil, fmt.Errorf("the transfer key: %w", err)
	}
	if len(types) > maxTypes {
		return nil, fmt.Errorf("%w: a stream has at most %d types", eso.ErrTooLarge, maxTypes)
	}
	w := &Writer{out: out, chain: newChain(key), header: header{Format, eso.NewID(), key.ID(), types}}
	line, err := w.chain.seal(ctx, headerLabel, &w.header)
	if err != nil {
		return nil, err
	}
	_, err = out.Write(line)
	return w, err
}

// object adds an object, at its place in the order of its type.
func (w *Writer) object(ctx context.Context, o *Object, cursor string) error {
	before := len(w.pending)
	w.pending = appendObject(w.pending, o)
	if len(w.pending)-before > maxLine {
		return fmt.Errorf("%w: a line of the stream", eso.ErrTooLarge)
	}
	w.counts.of(o.Doc.Ref.Type).Exported++
	return w.added(ctx, position{typ: o.Doc.Ref.Type, after: cursor})
}

// failure adds an object that could not be exported.
func (w *Writer) failure(ctx context.Context, f Failure, cursor string) error {
	line, err := jsonv2.Marshal(failedLine{f})
	if err != nil {
		return err
	}
	w.pending = append(append(w.pending, line...), '\n')
	countFailure(&w.counts, f)
	w.keep(f)
	return w.added(ctx, position{typ: f.Type, after: cursor})
}

func countFailure(counts *tally, f Failure) {
	if c := counts.of(f.Type); f.Reason == shredded {
		c.Shredded++
	} else {
		c.Failed++
	}
}

// keep remembers a failure for the report.
func (w *Writer) keep(f Failure) {
	if f.Reason != shredded && w.total.get(f.Type).Failed+w.counts.get(f.Type).Failed <= maxFailures {
		w.failures = append(w.failures, f)
	}
}

// ended notes that all objects of a type were added, and how many rows of it are none.
func (w *Writer) ended(typ string, unreadable int64) {
	if unreadable > 0 {
		w.counts.of(typ).Unreadable += unreadable
	}
	w.at = position{typ: typ, ended: true}
}

func (w *Writer) added(ctx context.Context, at position) error {
	w.at = at
	if w.lines++; w.lines < maxLines && len(w.pending) < maxSegment {
		return nil
	}
	return w.flush(ctx)
}

// flush writes the lines since the last checkpoint, and a checkpoint.
func (w *Writer) flush(ctx context.Context) error {
	if w.lines == 0 && len(w.counts) == 0 {
		return nil
	}
	w.chain.covers(w.pending)
	w.number++
	line, err := w.chain.seal(ctx, checkpointLabel, &checkpoint{w.number, w.at.typ, w.at.after, w.at.ended, w.counts})
	if err != nil {
		return err
	}
	if _, err := w.out.Write(append(w.pending, line...)); err != nil {
		return err
	}
	w.total.add(w.counts)
	w.pending, w.lines, w.counts = w.pending[:0], 0, nil
	return nil
}

// end writes the trailer.
func (w *Writer) end(ctx context.Context) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	line, err := w.chain.seal(ctx, endLabel, &trailer{w.number, w.total})
	if err == nil {
		_, err = w.out.Write(line)
	}
	w.complete = err == nil
	return err
}
