package codec

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/esogen/esogen/runtime/internal/fault"
	"github.com/esogen/esogen/runtime/internal/jsontext"
)

// Writer writes an object as JSON. Generated code drives it:
//
//	w.Begin(x.source)
//	w.Member("title").String(x.Title)
//	esoimpl.WriteOptional(w, "expiresAt", x.ExpiresAt, (*esoimpl.Writer).Time)
//	w.End()
//
// A value that means the same as the stored text leaves that text alone, byte for
// byte. The methods for values report whether the value changed and must be
// checked against the spec; in MarshalJSON, which shows objects and checks
// nothing, they return false.
//
// The first error stays. A Writer serves one goroutine, and only during the
// call to which it was handed.
type Writer struct {
	out    []byte
	depth  int
	plain  int // objects and maps that are open and written as new, within the innermost frame
	target     // of the next value

	// Objects, lists and maps that are written against what was stored.
	frames  []frame
	entries []entry
	items   []jsontext.Span

	nonzero  bool         // something in a new object is not zero
	blanks   int          // new objects that are open and may yet be left out
	deferred *fault.Error // what is wrong with one of them

	lazy   bool     // the next attribute of a new object is left out where it is zero
	copies bool     // the new object was read as that of another document
	checks bool     // what is written will be stored, and so has to keep the rules
	stored Members  // the attributes of the document to which it will be stored
	added  []string // names of attributes that are new
	secret bool     // a secret is being written: errors do not tell places within it
	fault  *fault.Error
}

// target is the place of one value.
type target struct {
	fresh bool // nothing was there, and the value is just written
	begin int  // where the new text begins, in out

	was      string // the stored text, or ""
	foreign  bool   // it came with an object from elsewhere: it must be checked
	omitZero bool   // nothing was there, and a zero value leaves it so
	counts   bool   // in a new object, which is left out again if all of it is zero

	kept bool // the outcome: nothing was written, what was there stays
}

// maxSpare is the largest buffer that is kept for the next object.
const maxSpare = 64 << 10

var writers = sync.Pool{New: func() any { return new(Writer) }}

// Marshal returns the text of an object, without its secrets. It does not check
// the rules of the spec. The error is a [*fault.Error] with the attribute, and wraps
// ErrInvalid where a value has no JSON form (a string that is not UTF-8, an
// infinity, a year beyond 9999), or ErrTooLarge.
func Marshal(write func(*Writer)) ([]byte, error) {
	w := writers.Get().(*Writer)
	w.fresh = true
	write(w)
	text := make([]byte, len(w.out))
	copy(text, w.out)
	err := w.finish(len(text))
	w.reuse()
	if err != nil {
		return nil, err
	}
	return text, nil
}

// appendMarshal is Marshal, appending to dst. It returns dst unchanged if it
// fails.
func appendMarshal(dst []byte, write func(*Writer)) ([]byte, error) {
	w := writers.Get().(*Writer)
	spare := w.out
	w.out, w.fresh, w.begin = dst, true, len(dst)
	write(w)
	text, err := w.out, w.finish(len(w.out)-len(dst))
	w.out = spare
	w.reuse()
	if err != nil {
		return dst, err
	}
	return text, nil
}

func (w *Writer) finish(size int) error {
	if w.fault == nil && size > fault.MaxSize {
		w.fault = fault.TooLarge()
	}
	return w.Err()
}

// reuse readies the writer for the next object. It keeps no text of this one
// alive but the shown one in its buffer.
func (w *Writer) reuse() {
	if w.fault != nil || cap(w.out) > maxSpare || cap(w.entries) > maxSpare || cap(w.items) > maxSpare {
		return // what is half written, or large, is not worth the care
	}
	w.out, w.target, w.depth, w.nonzero = w.out[:0], target{}, 0, false
	writers.Put(w)
}

// Err returns the first error, with the attribute.
func (w *Writer) Err() error {
	if w.fault == nil {
		return nil
	}
	return w.fault
}

// Refuse records that the value that was just written breaks a rule of the
// spec: ErrInvalid. The text must not hold the value.
func (w *Writer) Refuse(format string, args ...any) {
	w.refuse(fmt.Sprintf(format, args...), fault.ErrInvalid)
}

func (w *Writer) refuse(reason string, kind error) {
	if w.fault != nil || w.deferred != nil {
		return
	}
	steps := w.steps()
	if w.secret {
		steps = steps[:min(1, len(steps))]
	}
	err := fault.At("", steps, reason, kind)
	if w.blanks > 0 {
		w.deferred = err
	} else {
		w.fault = err
	}
}

// steps returns the way to the value that is being written.
func (w *Writer) steps() []fault.Step {
	var steps []fault.Step
	for i := range w.frames {
		s := &w.frames[i]
		if s.outer.fresh {
			steps = append(steps, jsontext.StepsTo(string(w.out[s.outer.begin:s.begin]), s.begin-s.outer.begin)...)
		}
		steps = append(steps, s.place)
	}
	if w.fresh {
		text := string(w.out[w.begin:])
		steps = append(steps, jsontext.StepsTo(text, len(text))...)
	}
	return steps
}

// deepen goes one object, list or map deeper.
func (w *Writer) deepen() {
	if w.depth++; w.depth > fault.MaxDepth {
		w.refuse("nested too deep", fault.ErrTooLarge)
	}
}

// Begin begins an object, which was read as s.
func (w *Writer) Begin(s Source) {
	w.deepen()
	if w.fresh && s.whole == nil {
		w.out = append(w.out, '{')
		w.plain++
		return
	}
	w.beginObject(s)
}

// End ends the object, and returns whether it is another than what is stored.
func (w *Writer) End() bool {
	w.depth--
	if w.plain == 0 {
		return w.endObject()
	}
	w.plain--
	w.out = append(w.out, '}')
	return w.checks
}

// Computed returns the writer, to write an attribute that creation computes: a
// new object that has the zero value there leaves it to the function, unless it
// was read.
func (w *Writer) Computed() *Writer {
	w.lazy = w.checks && !w.copies
	return w
}

// Member begins a member of the object. Its value must be written next.
func (w *Writer) Member(name string) *Writer {
	w.name(name)
	return w
}

func (w *Writer) name(name string) {
	if w.plain == 0 {
		w.member(name)
		return
	}
	n := len(w.out)
	if cap(w.out)-n < len(name)+len(`,"":`) {
		w.grow(len(name))
	}
	out := w.out[n-1 : n+len(name)+len(`,"":`)]
	at := 1
	if out[0] != '{' {
		out[1] = ','
		at = 2
	}
	out[at] = '"'
	if !jsontext.CopyPlain(out[at+1:], name) {
		w.anyName(name)
		return
	}
	at += len(name)
	out[at+1], out[at+2] = '"', ':'
	w.out = w.out[:n+at+2]
}

// anyName writes the name of a member of a new object. A name with a lone
// surrogate is not text, and not every format could bind it: it is shown,
// and stays where it is stored, but no write brings in another.
func (w *Writer) anyName(name string) {
	if w.out[len(w.out)-1] != '{' {
		w.out = append(w.out, ',')
	}
	out, ok := jsontext.AppendKey(w.out, name)
	w.out = append(out, ':')
	if !ok || w.checks && !utf8.ValidString(name) {
		w.refuse("a name that is not UTF-8", fault.ErrInvalid)
	}
}

// grow makes room for n bytes and more. What is written within the room leaves
// the pointer of out alone: storing pointers costs more than the bytes while
// garbage is collected.
//
//go:noinline
func (w *Writer) grow(n int) { w.out = slices.Grow(w.out, n+512) }

// text writes text as it is.
func (w *Writer) text(text string) {
	n := len(w.out)
	if cap(w.out)-n < len(text) {
		w.grow(len(text))
	}
	w.out = w.out[:n+len(text)]
	copy(w.out[n:], text)
}

// Absent says that the object does not have the member.
func (w *Writer) Absent(name string) {
	if w.plain == 0 {
		w.absent(name)
	}
}
