// Package transfer moves objects between the stores of two installations, as a stream of
// lines. The secrets in it are sealed under a transfer key, which both installations have
// for the purpose; the stream itself may go over any way.
//
// # The stream
//
// The format is "esogen-export/1": lines of JSON in UTF-8, each ended by "\n". A program
// refuses what it would not have written itself, byte for byte.
//
// The first line is the header. It names the stream, the id of the transfer key, and the
// types, in the order in which their objects follow:
//
//	{"format":"esogen-export/1","stream":UUID,"key":ID,"types":[…],"mac":MAC}
//
// Each object is a line as the other commands of esogen take it, at its own model:
//
//	{"type":…,"id":…,"namespace":…,"namespaces":[…],"typeMigrationVersion":"10.N.0","attributes":{…}}
//
// "namespace" is left out for the default one, and "namespaces" unless the object is of
// the kind multiple and was shared. An object that could not be exported leaves a line in
// its place, whose reason is a [store.Reason]:
//
//	{"failed":{"type":…,"id":…,"namespace":…,"model":N,"attribute":…,"reason":…}}
//
// A checkpoint follows at most 10,000 such lines. It says how far the export has come: to
// the type, after the cursor, or to the end of the type. It counts the objects
// since the checkpoint before it by their outcome:
//
//	{"checkpoint":N,"type":…,"after":CURSOR,"ended":BOOL,"counts":[{"type":…,"exported":N,"failed":N,"shredded":N,"unreadable":N},…],"mac":MAC}
//
// The trailer ends the stream, with the totals:
//
//	{"end":N,"counts":[…],"mac":MAC}
//
// N is the number of checkpoints.
//
// # The chain
//
// A MAC is [eso.Key.MAC] of the transfer key, in hexadecimal. Its message is a label, a
// zero byte, the MAC before it (32 bytes, none for the header) and the SHA-256 of the
// text that it covers: from the end of the MAC's line before to its own `,"mac":`. The
// labels are "esogen export 1 header", "esogen export 1 checkpoint" and "esogen export 1
// end". So each checkpoint vouches for all that is before it, and nothing after a
// checkpoint that verifies was reordered, left out or added.
//
// An import stores the objects of a checkpoint when that has verified, and is complete
// with the trailer. Whoever lacks the transfer key can only cut the stream off, which the
// missing trailer shows. Whoever has it can make objects, as a holder of any key can, but
// no object that holds in plaintext what its model encrypts.
package transfer

import (
	"errors"

	eso "github.com/esogen/esogen/runtime"
)

// Format is what the header of a stream says.
const Format = "esogen-export/1"

var (
	// ErrIncomplete means that a stream ends before its trailer.
	ErrIncomplete = errors.New("the stream is incomplete")

	// ErrForged means that a part of a stream does not verify: it was changed, or
	// belongs to another stream.
	ErrForged = errors.New("the stream does not verify")

	// ErrFormat means that a text is not a stream of this format.
	ErrFormat = errors.New("not a stream of " + Format)
)

// Limits of a stream. Whoever lacks the transfer key can make a reader hold no more than
// one checkpoint's lines in memory.
const (
	maxLine    = eso.MaxSize + 1<<20
	maxLines   = 10_000  // of a checkpoint
	maxSegment = 8 << 20 // bytes, beyond which a checkpoint follows
	maxTypes   = 100_000
)

// Counts counts the objects of a type by their outcome in an export.
type Counts struct {
	Type       string `json:"type"`
	Exported   int64  `json:"exported"`
	Failed     int64  `json:"failed"`
	Shredded   int64  `json:"shredded"`   // their keys were destroyed
	Unreadable int64  `json:"unreadable"` // rows with keys that the store would not have written
}

// All returns how many objects there were.
func (c *Counts) All() int64 { return c.Exported + c.Failed + c.Shredded + c.Unreadable }

func (c *Counts) add(other *Counts) {
	c.Exported += other.Exported
	c.Failed += other.Failed
	c.Shredded += other.Shredded
	c.Unreadable += other.Unreadable
}

// tally is Counts for each type, in the order in which the types came.
type tally []*Counts

// of returns the counts of a type, which it adds if there are none.
func (t *tally) of(name string) *Counts {
	if c := t.find(name); c != nil {
		return c
	}
	c := &Counts{Type: name}
	*t = append(*t, c)
	return c
}

// find returns the counts of a type, nil if there are none.
func (t tally) find(name string) *Counts {
	for i := len(t) - 1; i >= 0; i-- { // mostly the last one
		if t[i].Type == name {
			return t[i]
		}
	}
	return nil
}

// get returns the counts of a type.
func (t tally) get(name string) Counts {
	if c := t.find(name); c != nil {
		return *c
	}
	return Counts{Type: name}
}

// same reports whether two tallies say the same.
func (t tally) same(other tally) bool {
	for _, c := range t {
		if other.get(c.Type) != *c {
			return false
		}
	}
	return len(t) == len(other)
}

func (t *tally) add(other tally) {
	for _, c := range other {
		t.of(c.Type).add(c)
	}
}
