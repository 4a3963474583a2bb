package transfer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	eso "github.com/esogen/esogen/runtime"
)

// Reader reads a stream, checkpoint by checkpoint.
type Reader struct {
	in     *bufio.Reader
	chain  *chain
	header header

	number int64
	total  tally
	offset int64 // of what follows the last line that verified
	ended  bool
}

// Segment is what a checkpoint vouches for. It has verified.
type Segment struct {
	Number int64
	Mark   string // its MAC
	Lines  []*Line

	at position
}

// NewReader reads the header of a stream, under one of the keys of a keyring. It fails
// with [ErrFormat], [ErrIncomplete], [ErrForged], and as the keyring does.
func NewReader(ctx context.Context, in io.Reader, keys eso.Keyring) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, 1<<16)}
	line, err := r.line()
	switch {
	case errors.Is(err, io.EOF) && mayBeHeader(line):
		return nil, ErrIncomplete
	case errors.Is(err, io.EOF):
		return nil, ErrFormat
	case err != nil:
		return nil, err
	case !mayBeHeader(line):
		return nil, ErrFormat
	}
	var claimed struct {
		header
		MAC string `json:"mac"`
	}
	if err := strict(line, &claimed); err != nil {
		return nil, err
	}
	key, err := keys.OpeningKey(ctx, eso.Ref{}, claimed.Key)
	if err == nil && key == nil {
		err = eso.ErrNoKey
	}
	if err != nil {
		return nil, fmt.Errorf("the stream is under the transfer key %.64q: %w", claimed.Key, err)
	}
	r.chain = newChain(key)
	if err := r.chain.verify(ctx, headerLabel, line, &r.header); err != nil {
		return nil, err
	}
	if r.header.Format != Format || len(r.header.Types) > maxTypes {
		return nil, ErrFormat
	}
	r.offset = int64(len(line))
	return r, nil
}

// headerBegin begins every header.
const headerBegin = `{"format":"` + Format + `",`

// mayBeHeader reports whether a text may be the beginning of a header.
func mayBeHeader(text []byte) bool {
	n := min(len(text), len(headerBegin))
	return string(text[:n]) == headerBegin[:n]
}

// Types returns the types of the stream, in their order.
func (r *Reader) Types() []string { return r.header.Types }

// Stream returns the name of the stream.
func (r *Reader) Stream() string { return r.header.Stream }

// Key returns the key that vouches for the stream.
func (r *Reader) Key() eso.Key { return r.chain.key }

// Counts returns what the export did, up to the last segment that was read, or, at the
// end, in all.
func (r *Reader) Counts() []*Counts { return r.total }

// Next returns the next segment that verifies, io.EOF after the trailer, ErrIncomplete if
// the stream ends before that, and ErrForged if what follows does not verify.
func (r *Reader) Next(ctx context.Context) (*Segment, error) {
	if r.ended {
		return nil, io.EOF
	}
	var lines [][]byte
	size := 0
	for {
		line, err := r.line()
		switch {
		case errors.Is(err, io.EOF):
			return nil, ErrIncomplete
		case err != nil:
			return nil, err
		case bytes.HasPrefix(line, []byte(`{"checkpoint":`)):
			return r.segment(ctx, lines, line)
		case bytes.HasPrefix(line, []byte(`{"end":`)):
			if err := r.end(ctx, len(lines), line); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		size += len(line)
		if len(lines) >= maxLines || size > maxSegment+maxLine {
			return nil, fmt.Errorf("%w: no checkpoint after %d lines", ErrForged, len(lines)+1)
		}
		r.chain.covers(line)
		lines = append(lines, line)
	}
}

// segment verifies what a checkpoint vouches for.
func (r *Reader) segment(ctx context.Context, lines [][]byte, last []byte) (*Segment, error) {
	var c checkpoint
	if err := r.chain.verify(ctx, checkpointLabel, last, &c); err != nil {
		return nil, err
	}
	s := &Segment{Number: c.Number, Mark: hex.EncodeToString(r.chain.before), at: position{c.Type, c.After, c.Ended}}
	r.offset += int64(len(last))
	var counts tally
	for _, text := range lines {
		line, err := parseLine(text)
		if err != nil {
			return nil, err
		}
		if line.Object != nil {
			counts.of(line.Object.Doc.Ref.Type).Exported++
		} else {
			countFailure(&counts, *line.Failure)
		}
		s.Lines = append(s.Lines, line)
		r.offset += int64(len(text))
	}
	for _, stated := range c.Counts { // which alone says how many rows were unreadable
		if stated.Unreadable > 0 {
			counts.of(stated.Type).Unreadable = stated.Unreadable
		}
	}
	if r.number++; c.Number != r.number || !counts.same(c.Counts) {
		return nil, fmt.Errorf("%w: checkpoint %d miscounts", ErrForged, r.number)
	}
	r.total.add(c.Counts)
	return s, nil
}

// end verifies the trailer, and that nothing follows.
func (r *Reader) end(ctx context.Context, lines int, line []byte) error {
	var t trailer
	if err := r.chain.verify(ctx, endLabel, line, &t); err != nil {
		return err
	}
	if lines > 0 || t.Checkpoints != r.number || !r.total.same(t.Counts) {
		return fmt.Errorf("%w: the trailer miscounts", ErrForged)
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = fmt.Errorf("%w: something follows its end", ErrForged)
		}
		return err
	}
	r.offset += int64(len(line))
	r.ended = true
	return nil
}

// line returns the next line with its line feed. A last one without comes with io.EOF.
func (r *Reader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, fmt.Errorf("%w: a line of the stream", eso.ErrTooLarge)
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
