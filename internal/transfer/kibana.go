package transfer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/esogen/esogen/internal/jsonl"
	eso "github.com/esogen/esogen/runtime"
	"github.com/esogen/esogen/runtime/store"
)

// A Source is where the objects of an import come from.
type Source interface {
	Types() []string // that it may have, nil if it does not know
	Stream() string  // names it for the notes of the store
	Key() eso.Key    // authenticates these notes
	Counts() []*Counts

	// Next returns the objects to store together. It returns io.EOF after the last ones.
	Next(ctx context.Context) (*Segment, error)
}

var _, _ Source = (*Reader)(nil), (*Kibana)(nil)

// Kibana reads objects that are Kibana's: hits of searches in Elasticsearch, and lines of
// Kibana's API and exports. Nothing vouches for the lines: what is missing, nobody knows.
//
// The same lines are the same stream, as long as the first hundred are the same.
type Kibana struct {
	in    *bufio.Reader
	key   eso.Key
	known func(typeName string) *eso.Definition

	stream string
	next   *Segment // the first one, which names the stream
	err    error
	number int64
	line   int64

	unknown   map[string]bool
	referring int64
	unbound   jsonl.Unbound
}

const (
	kibanaLines = 100  // that are stored together
	maxUnknown  = 1000 // types that no definition is of, and that are counted by name
)

// NewKibana reads the first lines. keys opens the objects; known finds the definition of
// a type, nil if there is none. An error comes from keys or in.
func NewKibana(ctx context.Context, in io.Reader, keys eso.Keyring, known func(typeName string) *eso.Definition) (*Kibana, error) {
	key, err := keys.SealingKey(ctx, eso.Ref{})
	if err != nil {
		return nil, err
	}
	k := &Kibana{in: bufio.NewReaderSize(in, 1<<16), key: key, known: known, unknown: map[string]bool{}}
	if k.next, err = k.read(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	k.err, k.stream = err, "kibana"
	if k.next != nil {
		k.stream += "-" + k.next.Mark[:32]
	}
	return k, nil
}

// Types returns nil.
func (k *Kibana) Types() []string { return nil }

// Stream returns the name of the stream.
func (k *Kibana) Stream() string { return k.stream }

// Key returns the primary key of the keyring that opens the objects.
func (k *Kibana) Key() eso.Key { return k.key }

// Counts returns nil.
func (k *Kibana) Counts() []*Counts { return nil }

// Referring returns how many objects so far have references to others. A store has no
// place for these.
func (k *Kibana) Referring() int64 { return k.referring }

// Unbound returns attributes that may be why objects did not open.
func (k *Kibana) Unbound() []jsonl.Name { return k.unbound.List() }

// Next returns the next objects.
func (k *Kibana) Next(ctx context.Context) (*Segment, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s := k.next; s != nil {
		k.next = nil
		return s, nil
	}
	if k.err != nil {
		return nil, k.err
	}
	var s *Segment
	if s, k.err = k.read(); s != nil {
		return s, nil
	}
	return nil, k.err
}

// read returns a segment, nil if there is none left, and what ends the reading.
func (k *Kibana) read() (*Segment, error) {
	s := &Segment{Number: k.number + 1}
	hash := sha256.New()
	size := 0
	var err error
	for len(s.Lines) < kibanaLines && size < maxSegment && err == nil {
		var text []byte
		text, err = jsonl.ReadLine(k.in)
		k.line++
		long := errors.Is(err, eso.ErrTooLarge)
		if err != nil && !long && !errors.Is(err, io.EOF) {
			return nil, err // what was read is read again by the next run
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 && !long {
			continue
		}
		size += len(text)
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		hash.Write(text)
		if !long {
			if line := k.parse(text); line != nil {
				s.Lines = append(s.Lines, line)
			}
			continue
		}
		s.Lines = append(s.Lines, k.failed(eso.Ref{}, 0, err))
		if !errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if len(s.Lines) == 0 {
		return nil, io.EOF
	}
	k.number++
	s.Mark = hex.EncodeToString(hash.Sum(nil))
	return s, err
}

// parse returns what a line stands for, nil if that is no object.
func (k *Kibana) parse(text []byte) *Line {
	stored, err := jsonl.ParseStored(text, k.known)
	switch {
	case stored == nil:
		return nil
	case errors.Is(err, eso.ErrType):
		name := clip(stored.Ref.Type)
		if !k.unknown[name] && len(k.unknown) >= maxUnknown {
			name = otherTypes
		}
		k.unknown[name] = true
		line := k.failed(eso.Ref{Type: name}, 0, err)
		line.Unknown = name
		return line
	case err != nil:
		return k.failed(stored.Ref, stored.Document.Model, err)
	}
	if stored.Referring {
		k.referring++
	}
	return &Line{Object: &Object{Doc: stored.Document, Namespaces: stored.Namespaces}}
}

// failed is a line that holds no object to store.
func (k *Kibana) failed(ref eso.Ref, model int, err error) *Line {
	f := failureOf(eso.Document{Ref: ref, Model: model}, err)
	if f.Type == "" {
		f.Type = noType
	}
	if f.ID == "" {
		f.ID = fmt.Sprintf("line %d", k.line)
	}
	if f.Reason == string(store.ReasonOther) {
		f.Reason = string(store.ReasonMalformed)
	}
	return &Line{Failure: &f, unreadable: true}
}

// What stands for the types of lines that have none, and of those that have too many.
const (
	noType     = "(no type)"
	otherTypes = "(other types)"
)
