package codec

import "slices"

// Change is what a patch does to an attribute that may be absent. The zero
// value leaves it alone.
type Change[T any] struct {
	value T
	does  action
}

type action uint8

const (
	leave action = iota
	set
	unset
)

// Set gives the attribute a value.
func Set[T any](value T) Change[T] { return Change[T]{value, set} }

// Unset removes the attribute.
func Unset[T any]() Change[T] { return Change[T]{does: unset} }

// PatchOf is what a Patch of a generated package asks for, tied to the type of
// its objects: a patch of another type does not compile in its place. The zero value changes nothing.
//
// A PatchOf is a value that nobody changes, and so is safe for concurrent use as
// long as nobody changes what the patch points to.
type PatchOf[T any] struct {
	write func(*Writer)
}

// NewPatch returns the patch that writes the attributes that change with write.
func NewPatch[T any](write func(*Writer)) PatchOf[T] { return PatchOf[T]{write} }

// PatchDeltas returns what a patch changes.
func PatchDeltas[T any](patch PatchOf[T]) ([]Delta, error) {
	if patch.write == nil {
		return nil, nil
	}
	w := NewWriter(nil)
	patch.write(w)
	return w.deltas()
}

// Delta is what a write does to one attribute of a document.
type Delta struct {
	Name   string
	Raw    string // the text of the new value
	Absent bool   // the attribute is removed
	secret bool   // the value is that of a secret
}

// NewWriter returns a writer of changes to the attributes of a document, secrets
// in plaintext. If there is no document, stored is nil, and all that is written
// is a change, absent attributes too. Whatever source an object comes from, its
// attributes are written against the stored ones; one that was absent and is
// still zero is not a change. A patch may write its members without Begin and
// End.
func NewWriter(stored Members) *Writer {
	w := &Writer{checks: true, stored: stored, depth: 1}
	s := w.open(topFrame)
	for i := range stored {
		w.entries = append(w.entries, entry{secret: stored[i].Secret})
	}
	s.stored = len(stored)
	return w
}

// NewObjectWriter returns a writer of a new object that may have that many
// attributes.
func NewObjectWriter(attributes int) *Writer {
	w := NewWriter(nil)
	w.entries = slices.Grow(w.entries, attributes)
	w.added = make([]string, 0, attributes)
	w.out = make([]byte, 0, 64*attributes)
	return w
}

// Deltas returns what a writer changes, in stored order, what is new behind
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

// secretMember begins the value of a secret.
func (w *Writer) secretMember() {
	w.secret = true
	if s := w.frame(); s.kind == topFrame {
		w.entries[s.at].secret = true
	}
}

func (w *Writer) endSecret() { w.secret = false }
