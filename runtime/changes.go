package eso

import "slices"

// change is what a write does to one attribute of a document.
type change struct {
	name   string
	raw    string // the text of the new value
	absent bool   // the attribute is to be removed
	secret bool   // the value is that of a secret
}

// newWriterAgainst returns a writer of changes to the attributes of a document,
// secrets in the clear. Where there is none, stored is nil, and all that is
// written is a change, absent attributes too. Whatever source an object comes
// from, its attributes are written against the stored ones; one that was absent
// and is still zero is no change. A patch, which is no object, writes its members
// without Begin and End.
func newWriterAgainst(stored members) *Writer {
	w := &Writer{checks: true, stored: stored, depth: 1}
	s := w.open(topScope)
	for i := range stored {
		w.entries = append(w.entries, entry{secret: stored[i].secret})
	}
	s.stored = len(stored)
	return w
}

// newWriterOf returns a writer of a new object that may have that many
// attributes.
func newWriterOf(attributes int) *Writer {
	w := newWriterAgainst(nil)
	w.entries = slices.Grow(w.entries, attributes)
	w.added = make([]string, 0, attributes)
	w.out = make([]byte, 0, 64*attributes)
	return w
}

// changes returns what is to change, in stored order, what is new behind it.
func (w *Writer) changes() ([]change, error) {
	w.settle(w.scope())
	if err := w.finish(len(w.out)); err != nil {
		return nil, err
	}
	text := string(w.out)
	list := make([]change, 0, len(w.entries))
	for i := range w.entries {
		e := &w.entries[i]
		if e.state != written && e.state != gone {
			continue
		}
		c := change{absent: e.state == gone, secret: e.secret}
		if i < len(w.stored) {
			c.name = w.stored[i].name
		} else {
			c.name = w.added[i-len(w.stored)]
		}
		if !c.absent {
			c.raw = e.new.Of(text)
		}
		list = append(list, c)
	}
	return list, nil
}

// secretMember tells that the value of a secret is written next.
func (w *Writer) secretMember() {
	w.secret = true
	if s := w.scope(); s.kind == topScope {
		w.entries[s.at].secret = true
	}
}

func (w *Writer) endSecret() { w.secret = false }
