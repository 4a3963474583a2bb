package codec

import "slices"

// change is what a write does to one attribute of a document.
type Delta struct {
	Name   string
	Raw    string // the text of the new value
	Absent bool   // the attribute is to be removed
	secret bool   // the value is that of a secret
}

// newWriterAgainst returns a writer of changes to the attributes of a document,
// secrets in the clear. Where there is none, stored is nil, and all that is
// written is a change, absent attributes too. Whatever source an object comes
// from, its attributes are written against the stored ones; one that was absent
// and is still zero is no change. A patch, which is no object, writes its members
// without Begin and End.
func NewWriter(stored Members) *Writer {
	w := &Writer{checks: true, stored: stored, depth: 1}
	s := w.open(topFrame)
	for i := range stored {
		w.entries = append(w.entries, entry{secret: stored[i].Secret})
	}
	s.stored = len(stored)
	return w
}

// newWriterOf returns a writer of a new object that may have that many
// attributes.
func NewObjectWriter(attributes int) *Writer {
	w := NewWriter(nil)
	w.entries = slices.Grow(w.entries, attributes)
	w.added = make([]string, 0, attributes)
	w.out = make([]byte, 0, 64*attributes)
	return w
}

// takeDeltas returns what a writer changes, in stored order, what is new behind
// it.
func Deltas(w *Writer) ([]Delta, error) { return w.deltas() }

// deltas returns what is to change, in stored order, what is new behind it.
func (w *Writer) deltas() ([]Delta, error) {
	w.settle(w.frame())
	if err := w.finish(len(w.out)); err != nil {
		return nil, err
	}
	text := string(w.out)
	list := make([]Delta, 0, len(w.entries))
	for i := range w.entries {
		e := &w.entries[i]
		if e.state != written && e.state != gone {
			continue
		}
		c := Delta{Absent: e.state == gone, secret: e.secret}
		if i < len(w.stored) {
			c.Name = w.stored[i].Name
		} else {
			c.Name = w.added[i-len(w.stored)]
		}
		if !c.Absent {
			c.Raw = e.new.Of(text)
		}
		list = append(list, c)
	}
	return list, nil
}

// secretMember tells that the value of a secret is written next.
func (w *Writer) secretMember() {
	w.secret = true
	if s := w.frame(); s.kind == topFrame {
		w.entries[s.at].secret = true
	}
}

func (w *Writer) endSecret() { w.secret = false }
