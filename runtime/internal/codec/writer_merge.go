package codec

import (
	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Merging with the stored text. An object that was read is a frame: its
// stored members are entries, each written value settles one, and the end puts
// the object together again in stored order. Values that are new are written
// as in objects that were not read before.

// frame is an object, a list or a map that is being merged with stored text.
type frame struct {
	kind  frameKind
	outer target // its own place in what is around it
	plain int    // of what is around it
	begin int    // where its text begins, in out

	base    string // the stored text that it is written against
	foreign bool   // which came from elsewhere
	changed bool   // something in it is not as stored
	strict  bool   // stored members that are not written are dropped

	first     int        // its first entry
	firstItem int        // its first item, of a list
	stored    int        // how many entries or items are stored
	at        int        // the entry that is being written, or -1
	next      int        // the entry that will probably be written next
	place     fault.Step // the way to the value that is being written

	nonzero bool // of what is around it
}

type frameKind uint8

const (
	objectFrame frameKind = iota
	topFrame              // the attributes of a document
	newObject             // a new object that is left out if all of it is zero
	listFrame
	mapFrame
)

// entry is a member of an object that is being written. It holds no pointers:
// storing them costs more than the rest while garbage is collected.
type entry struct {
	key, raw jsontext.Span // in the text of the frame; none if it is new, or an attribute of a document
	new      jsontext.Span // its new text, in out
	state    state
	plain    bool // the key spells the name as it is
	secret   bool
}

type state uint8

const (
	untouched state = iota // nothing was said of it: it stays
	kept
	written
	gone
	never // it was not there, and stays away
)

func (w *Writer) frame() *frame { return &w.frames[len(w.frames)-1] }

func (w *Writer) open(kind frameKind) *frame {
	w.frames = append(w.frames, frame{
		kind: kind, outer: w.target, plain: w.plain, begin: len(w.out), foreign: w.foreign,
		first: len(w.entries), firstItem: len(w.items), next: len(w.entries), at: -1, nonzero: w.nonzero,
	})
	w.plain = 0
	return w.frame()
}

// beginObject begins an object that was read as s, or that is written where
// something was stored.
func (w *Writer) beginObject(s Source) {
	switch text := s.text(); {
	case w.checks && w.atTop():
		w.depth--
		w.copies = text != ""
	case text != "":
		moved := text != w.was
		w.nonzero = true
		w.against(w.open(objectFrame), text)
		w.frame().foreign = w.frame().foreign || moved
	case w.isStored('{'):
		// Another object in the place of a stored one: nothing of that one
		// stays that is not written again.
		w.against(w.open(objectFrame), w.was)
		w.frame().strict = true
	case w.was == "" && (w.omitZero || w.counts):
		w.open(newObject)
		if w.blanks++; w.blanks == 1 {
			w.nonzero = false
		}
		w.out = append(w.out, '{')
	default:
		w.freshen()
		w.out = append(w.out, '{')
		w.plain++
	}
}

// atTop reports whether the attributes of a document begin, not the
// value of one.
func (w *Writer) atTop() bool { return len(w.frames) == 1 && w.frames[0].at < 0 }

// against makes the members of an object, which were stored as text, entries of
// the frame.
func (w *Writer) against(s *frame, text string) {
	s.base = text
	for key, raw, plain := jsontext.NextMember(text, 0); key.End > 0; key, raw, plain = jsontext.NextMember(text, raw.End) {
		w.entries = append(w.entries, entry{key: key, raw: raw, plain: plain})
	}
	s.stored = len(w.entries) - s.first
}

// nameAt and rawAt return the name and the value of entry i, which is stored.
func (w *Writer) nameAt(s *frame, i int) string {
	switch e := &w.entries[i]; {
	case s.kind == topFrame:
		return w.stored[i].Name
	case e.plain:
		return s.base[e.key.Begin+1 : e.key.End-1]
	default:
		return jsontext.NameOf(e.key.Of(s.base))
	}
}

func (w *Writer) rawAt(s *frame, i int) string {
	if s.kind == topFrame {
		return w.stored[i].Raw
	}
	return w.entries[i].raw.Of(s.base)
}

// member goes to a member of the frame.
func (w *Writer) member(name string) {
	s, lazy := w.frame(), w.lazy
	w.lazy = false
	s.place = fault.Step{Name: name, Named: true}
	if s.kind == newObject {
		w.anyName(name)
		w.target = target{counts: true}
		return
	}
	w.settle(s)
	if i := w.find(s, name); i >= 0 {
		w.entries[i].new.Begin = len(w.out)
		w.target = target{was: w.rawAt(s, i), foreign: s.foreign}
		s.at, s.next = i, i+1
		return
	}
	s.at = w.add(s, name)
	if s.kind == topFrame && w.stored == nil && !lazy {
		w.freshen()
	} else {
		w.target = target{omitZero: true}
	}
}

// add adds an entry for a member that was not there.
func (w *Writer) add(s *frame, name string) int {
	w.entries = append(w.entries, entry{new: jsontext.Span{Begin: len(w.out)}})
	if s.kind == topFrame {
		w.added = append(w.added, name)
		return len(w.entries) - 1
	}
	out, ok := jsontext.AppendKey(w.out, name)
	w.out = append(out, ':')
	if !ok {
		w.refuse("a name that is not UTF-8", fault.ErrInvalid)
	}
	return len(w.entries) - 1
}

// find returns the place of the named entry of the frame, or -1.
func (w *Writer) find(s *frame, name string) int {
	end := s.first + s.stored
	if s.next < end && w.nameAt(s, s.next) == name {
		return s.next
	}
	for i := s.first; i < end; i++ {
		if w.nameAt(s, i) == name {
			return i
		}
	}
	return -1
}

// settle finishes the entry that was being written.
func (w *Writer) settle(s *frame) {
	if s.at < 0 {
		return
	}
	e := &w.entries[s.at]
	switch {
	case !w.kept:
		e.state = written
		e.new.End = len(w.out)
		s.changed = true
	case s.at < s.first+s.stored:
		e.state = kept
	default:
		e.state = never
		w.out = w.out[:e.new.Begin]
	}
	s.at = -1
}

// absent says that the object of the frame does not have the member.
func (w *Writer) absent(name string) {
	s := w.frame()
	if s.kind == newObject {
		return
	}
	w.settle(s)
	if i := w.find(s, name); i >= 0 {
		w.entries[i].state = gone
		s.next = i + 1
		s.changed = true
	} else if s.kind == topFrame && w.stored == nil {
		w.entries[w.add(s, name)].state = gone
	}
}

func (w *Writer) endObject() bool {
	s := w.frame()
	switch s.kind {
	case topFrame:
		w.settle(s)
		return s.changed
	case newObject:
		return w.endBlank(s)
	}
	w.settle(s)
	for i := s.first; s.strict && i < s.first+s.stored; i++ {
		if w.entries[i].state == untouched {
			w.entries[i].state = gone
			s.changed = true
		}
	}
	if s.changed {
		w.assemble(s)
		w.close(s)
		return w.checks
	}
	return w.endUnchanged(s)
}

// endUnchanged ends a frame in which everything is as in the text that it was
// written against.
func (w *Writer) endUnchanged(s *frame) bool {
	base := s.base
	w.out = w.out[:s.begin]
	w.close(s)
	if base == w.was {
		return w.keep()
	}
	w.text(base)
	return w.checks
}

// endBlank ends a new object. It is left out again if all of it is zero and
// nothing was there.
func (w *Writer) endBlank(s *frame) bool {
	w.blanks--
	begin, nonzero := s.begin, w.nonzero
	if w.blanks == 0 {
		w.nonzero = s.nonzero
	}
	w.close(s)
	if w.omitZero && !nonzero {
		w.deferred = nil
		w.out = w.out[:begin]
		return w.keep()
	}
	if w.blanks == 0 && w.deferred != nil {
		w.fault, w.deferred = w.deferred, nil
	}
	w.out = append(w.out, '}')
	return w.checks
}

// close returns to what is around the frame.
func (w *Writer) close(s *frame) {
	w.target, w.plain = s.outer, s.plain
	w.entries = w.entries[:s.first]
	w.items = w.items[:s.firstItem]
	*s = frame{} // it keeps no text alive
	w.frames = w.frames[:len(w.frames)-1]
}

// assemble puts the object of the frame together: what is stored in its stored
// order, what is new behind it.
func (w *Writer) assemble(s *frame) {
	middle := len(w.out)
	out := append(w.out, '{')
	for i := s.first; i < len(w.entries); i++ {
		e := &w.entries[i]
		if e.state == gone || e.state == never {
			continue
		}
		if len(out) > middle+1 {
			out = append(out, ',')
		}
		if i < s.first+s.stored {
			out = append(out, e.key.Of(s.base)...)
			out = append(out, ':')
		}
		if e.state == written {
			out = append(out, out[e.new.Begin:e.new.End]...)
		} else {
			out = append(out, e.raw.Of(s.base)...)
		}
	}
	out = append(out, '}')
	n := copy(out[s.begin:], out[middle:])
	w.out = out[:s.begin+n]
}

// keep leaves the stored value of the target, if there is one.
func (w *Writer) keep() bool {
	w.kept = true
	return w.foreign && w.checks
}

// leaves reports whether a value keeps an absent member absent.
func (w *Writer) leaves(zero bool) bool {
	if !zero {
		w.nonzero = true
	}
	return zero && w.omitZero
}

// freshen makes the target one for a new value.
func (w *Writer) freshen() {
	w.target = target{fresh: true, begin: len(w.out)}
}
